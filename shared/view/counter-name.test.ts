import { expect, test } from 'vitest';
import { counterName, counterOrder } from './counter-name.ts';

test('a counter has words, and the map that it follows; one that nobody has named keeps its own', () => {
  expect(counterName('freePages')).toBe('free (A)');
  expect(counterName('frobsPerTick')).toBe('frobs per tick');
});

test('sizes before watermarks, the unknown last and as they came', () => {
  const sorted = ['zz', 'wmarkMin', 'aa', 'presentPages', 'layoutSeq'].sort(counterOrder);
  expect(sorted).toEqual(['layoutSeq', 'presentPages', 'wmarkMin', 'zz', 'aa']);
});
