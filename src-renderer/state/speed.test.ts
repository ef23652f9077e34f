import { expect, test } from 'vitest';
import { nextSpeed, SPEEDS } from './speed.ts';

test('the next speed is the neighbour, or the nearest of a speed that is not among them', () => {
  expect(nextSpeed(1000, 1)).toBe(null);
  expect(nextSpeed(null, 1)).toBe(null);
  expect(nextSpeed(null, -1)).toBe(1000);
  expect(nextSpeed(1, -1)).toBe(1);
  expect([nextSpeed(30, 1), nextSpeed(30, -1)]).toEqual([100, 10]);
  expect(SPEEDS.at(-1)).toBe(null);
});
