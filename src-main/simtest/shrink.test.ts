import { describe, expect, it } from 'vitest';
import { shrinkList, shrinkValue } from './shrink.ts';

const numbers = Array.from({ length: 100 }, (_, i) => i);

describe('shrinkList', () => {
  it('keeps exactly the items that the failure needs, in order', () => {
    const needs = (list: readonly number[]): boolean => [3, 50, 51, 99].every((n) => list.includes(n));
    expect(shrinkList(numbers, { left: 1000 }, needs)).toEqual([3, 50, 51, 99]);
  });

  it('empties a list that fails whatever is in it', () => {
    expect(shrinkList(numbers, { left: 1000 }, () => true)).toEqual([]);
  });

  it('stops when the budget is spent, still failing', () => {
    const budget = { left: 10 };
    const needs = (list: readonly number[]): boolean => list.includes(7);
    expect(needs(shrinkList(numbers, budget, needs))).toBe(true);
    expect(budget.left).toBe(0);
  });
});

describe('shrinkValue', () => {
  it('goes down to the least value that fails', () => {
    const halves = function* (n: number): Iterable<number> {
      yield n >> 1;
      yield n - 1;
    };
    expect(shrinkValue(1000, { left: 1000 }, halves, (n) => n >= 37)).toBe(37);
  });
});
