import { describe, expect, test } from 'vitest';
import { pointAt } from '../../shared/view/time-steps.ts';
import { snapped, steppedTick } from './time-seek.ts';

describe('scrubbing', () => {
  const recorded = { first: 10, now: 100, ticks: [10, 20, 40, 70, 100] };

  test('snaps to the nearest recorded tick, and to the present at its end', () => {
    expect([-5, 10, 14, 16, 31, 60, 84, 86, 100, 400].map((tick) => snapped(recorded, tick))).toEqual([
      10,
      10,
      10,
      20,
      40,
      70,
      70,
      null,
      null,
      null,
    ]);
    expect(snapped({ first: 0, now: 0, ticks: [] }, 5)).toBeNull();
  });

  test('steps from one recorded tick to the next, from wherever one is', () => {
    expect(steppedTick(recorded, 40, 1)).toBe(70);
    expect(steppedTick(recorded, 40, -1)).toBe(20);
    expect(steppedTick(recorded, 45, -1)).toBe(40);
    expect(steppedTick(recorded, 45, 1)).toBe(70);
    expect(steppedTick(recorded, 10, -1)).toBe(10);
    expect(steppedTick(recorded, 70, 1)).toBeNull();
    expect(steppedTick(recorded, 100, -1)).toBe(70);
    expect([5, 10, 39, 40, 1000].map((tick) => pointAt(recorded.ticks, tick))).toEqual([-1, 0, 1, 2, 4]);
  });
});
