import { expect, test } from 'vitest';
import { numberProblem } from './number-input.ts';

const rule = { min: 1, max: 128, whole: true };

test.each(['1', '128', ' 7 ', '1e2'])('%j is taken', (text) => {
  expect(numberProblem(text, rule)).toBe(null);
});

test.each([
  ['', 'Empty; enter a whole number from 1 to 128.'],
  ['0', 'Found 0; enter a whole number from 1 to 128.'],
  ['129', 'Found 129; enter a whole number from 1 to 128.'],
  ['1.5', 'Found 1.5; enter a whole number from 1 to 128.'],
  ['many', 'Found many; enter a whole number from 1 to 128.'],
  ['Infinity', 'Found Infinity; enter a whole number from 1 to 128.'],
])('%j is a problem', (text, problem) => {
  expect(numberProblem(text, rule)).toBe(problem);
});

test('says the unit, and no upper bound where there is none', () => {
  const open = { min: 0, max: Number.MAX_SAFE_INTEGER, whole: false, unit: 'MiB/s' };
  expect(numberProblem('0.5', open)).toBe(null);
  expect(numberProblem('-1', open)).toBe('Found -1; enter a number from 0 MiB/s.');
});
