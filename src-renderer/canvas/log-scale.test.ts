import { expect, test } from 'vitest';
import { logMarks, logShare, logTop } from './log-scale.ts';

test('counts from none to millions keep their order and their room', () => {
  expect([0, 1, 10, 11, 5000, 1e6].map(logTop)).toEqual([10, 10, 10, 100, 10_000, 1e6]);
  expect(logMarks(1000)).toEqual([1, 10, 100, 1000]);
  expect(logShare(0, 1000)).toBe(0);
  expect(logShare(1000, 1000)).toBe(1);
  const shares = [1, 2, 9, 10, 99, 1000].map((n) => logShare(n, 1000));
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares[0]).toBeGreaterThan(0.1);
});
