/** What a guest writes and what of it is dirty, in small numbers; and what channels carry. */
import { describe, expect, test } from 'vitest';
import { DirtyBitmap } from './dirty-bitmap.ts';
import { SetWriter, type WrittenSet } from './dirtying.ts';
import { channelsMibPerSec } from './wire.ts';

const SET: WrittenSet = {
  pages: 10,
  pattern: 'sequential',
  rates: [
    { fromMs: 0, pagesPerSec: 100 },
    { fromMs: 2000, pagesPerSec: 30 },
  ],
};

test('a rate holds from its moment on', () => {
  const writer = new SetWriter(SET, false);
  expect([0, 1999, 2000, 1e9].map((ms) => writer.rateAt(ms))).toEqual([100, 100, 30, 30]);
});

describe('a bitmap', () => {
  const COSTS = { zero: 9, other: 4104, sets: [4104] };
  const bitmap = (): DirtyBitmap => new DirtyBitmap({ zeroPages: 0, sets: [new SetWriter(SET, true)], otherPages: 0 });

  test('sends a single page where there is room for one, and none where there is not', () => {
    const dirty = bitmap();
    expect(dirty.send(4104, COSTS, true)).toEqual({ pages: 1, zeroPages: 0, bytes: 4104 });
    expect(dirty.send(4103, COSTS, true)).toEqual({ pages: 0, zeroPages: 0, bytes: 0 });
    expect([dirty.dirty, dirty.bytesUntil(0, COSTS)]).toEqual([9, 9 * 4104]);
    expect(dirty.send(Infinity, COSTS, true)).toMatchObject({ pages: 9 });
    expect(dirty.dirty).toBe(0);
  });
});

test('channels carry what was measured, and between two measurements what lies on the line between them', () => {
  expect([1, 2, 8, 16, 64].map(channelsMibPerSec)).toEqual([1617.29, 3752.15, 11502.83, 10683.72, 10683.72]);
  expect(channelsMibPerSec(3)).toBeCloseTo((3752.15 + 7238.08) / 2, 6);
  expect(channelsMibPerSec(12)).toBeCloseTo((11502.83 + 10683.72) / 2, 6);
});
