import { describe, expect, it } from 'vitest';
import { Prng } from '../core/index.ts';
import type { FrameExtent } from './node-frames.ts';
import { NodeFrames } from './node-frames.ts';

/** One flag per frame. */
function freeMap(space: NodeFrames): boolean[] {
  const map = Array.from({ length: space.totalPages }, () => false);
  for (const { frame, pages } of space.freeExtents) map.fill(true, frame, frame + pages);
  return map;
}

/** Lowest aligned frames whose flags are all set, one at a time. */
function takeNaively(map: boolean[], framePages: number): number | null {
  for (let f = 0; f + framePages <= map.length; f += framePages) {
    if (!map.slice(f, f + framePages).every((x) => x)) continue;
    map.fill(false, f, f + framePages);
    return f;
  }
  return null;
}

describe('NodeFrames', () => {
  it('takes aligned frames from the low end and leaves the unaligned rest free', () => {
    // reserved 3        8       16       24   29
    //        rrr.....|........|........|.....
    // Expect: two frames of 8 are room; [8, 24) is taken; [3, 8) and [24, 29) stay free.
    const space = NodeFrames.unused(29, 3);
    expect(space.freeFrames(8)).toBe(2);
    const { taken, rest } = space.take(2, 8);
    expect(taken).toEqual([{ frame: 8, pages: 16 }]);
    expect(rest.freeExtents).toEqual([
      { frame: 3, pages: 5 },
      { frame: 24, pages: 5 },
    ]);
    expect([rest.freePages, rest.usedPages, rest.reservedPages]).toEqual([10, 16, 3]);
    // Expect: the node that they were taken from is as it was.
    expect(space.freeExtents).toEqual([{ frame: 3, pages: 26 }]);
  });

  it('has no room on a node without memory or wholly reserved', () => {
    expect(NodeFrames.unused(0, 0).freeFrames(1)).toBe(0);
    expect(NodeFrames.unused(64, 64).freeExtents).toEqual([]);
  });

  it('refuses to free a frame twice, to free a reserved one, and to claim one in use', () => {
    const space = NodeFrames.unused(64, 8);
    const { taken, rest } = space.take(4, 8);
    expect(() => rest.claim(taken)).toThrow('frame-not-free');
    expect(rest.release(taken)).toEqual(space);
    expect(() => space.release(taken)).toThrow('frame-freed-twice');
    expect(() => NodeFrames.unused(64, 8).release([{ frame: 0, pages: 8 }])).toThrow('frame-freed-twice');
  });

  it.each([1, 2, 3, 4])('agrees with one flag per frame over 300 random operations, seed %i', (seed) => {
    const prng = new Prng(seed, 'frame-test');
    let space = NodeFrames.unused(200 + prng.below(100), prng.below(20));
    const map = freeMap(space);
    let held: FrameExtent[] = [];
    for (let op = 0; op < 300; op++) {
      const framePages = [1, 4, 8][prng.below(3)]!;
      const room = space.freeFrames(framePages);
      if (room > 0 && prng.chance(1, 2)) {
        const frames = 1 + prng.below(Math.min(room, 6));
        const expected = Array.from({ length: frames }, () => takeNaively(map, framePages)!);
        const { taken, rest } = space.take(frames, framePages);
        space = rest;
        expect(
          taken.flatMap((e) => Array.from({ length: e.pages / framePages }, (_, i) => e.frame + i * framePages)),
        ).toEqual(expected);
        held.push(...taken);
      } else {
        expect(takeNaively([...map], framePages) === null).toBe(room === 0);
        const back = held.filter(() => prng.chance(1, 3)).reverse();
        held = held.filter((e) => !back.includes(e));
        for (const { frame, pages } of back) map.fill(true, frame, frame + pages);
        const released = space.release(back);
        expect(released.claim(back)).toEqual(space);
        space = released;
      }
      expect(freeMap(space)).toEqual(map);
      expect(space.freePages).toBe(map.filter((free) => free).length);
      space.freeExtents.reduce((end, e) => {
        expect(e.frame).toBeGreaterThan(end);
        return e.frame + e.pages;
      }, -1);
    }
  });
});
