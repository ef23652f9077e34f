import { describe, expect, it } from 'vitest';
import { Prng } from '../core/index.ts';
import type { FrameExtent } from './frame.ts';
import { FrameSpace } from './frame.ts';

/** One flag per frame. */
function freeMap(space: FrameSpace): boolean[] {
  const map = Array.from({ length: space.totalPages }, () => false);
  for (const { frame, pages } of space.freeExtents) map.fill(true, frame, frame + pages);
  return map;
}

/** Lowest aligned frames whose flags are all set, one at a time. */
function takeNaively(map: boolean[], grain: number): number | null {
  for (let f = 0; f + grain <= map.length; f += grain) {
    if (!map.slice(f, f + grain).every((x) => x)) continue;
    map.fill(false, f, f + grain);
    return f;
  }
  return null;
}

describe('FrameSpace', () => {
  it('takes aligned frames from the low end and leaves the unaligned rest free', () => {
    // reserved 3        8       16       24   29
    //        rrr.....|........|........|.....
    // Expect: two frames of 8 are room; [8, 24) is taken; [3, 8) and [24, 29) stay free.
    const space = new FrameSpace(29, 3);
    expect(space.freeFrames(8)).toBe(2);
    expect(space.take(2, 8)).toEqual([{ frame: 8, pages: 16 }]);
    expect(space.freeExtents).toEqual([
      { frame: 3, pages: 5 },
      { frame: 24, pages: 5 },
    ]);
    expect([space.freePages, space.usedPages, space.reservedPages]).toEqual([10, 16, 3]);
  });

  it('has no room on a node without memory or wholly reserved', () => {
    expect(new FrameSpace(0, 0).freeFrames(1)).toBe(0);
    expect(new FrameSpace(64, 64).freeExtents).toEqual([]);
  });

  it('refuses to free a frame twice, to free a reserved one, and to claim one in use', () => {
    const space = new FrameSpace(64, 8);
    const [taken] = space.take(4, 8);
    expect(() => space.claim([taken!])).toThrow('frame-not-free');
    space.release([taken!]);
    expect(() => space.release([taken!])).toThrow('frame-freed-twice');
    expect(() => new FrameSpace(64, 8).release([{ frame: 0, pages: 8 }])).toThrow('frame-freed-twice');
  });

  it.each([1, 2, 3, 4])('agrees with one flag per frame over 300 random operations, seed %i', (seed) => {
    const prng = new Prng(seed, 'frame-test');
    const space = new FrameSpace(200 + prng.below(100), prng.below(20));
    const map = freeMap(space);
    let held: FrameExtent[] = [];
    for (let op = 0; op < 300; op++) {
      const grain = [1, 4, 8][prng.below(3)]!;
      const room = space.freeFrames(grain);
      if (room > 0 && prng.chance(1, 2)) {
        const frames = 1 + prng.below(Math.min(room, 6));
        const expected = Array.from({ length: frames }, () => takeNaively(map, grain)!);
        const taken = space.take(frames, grain);
        expect(taken.flatMap((e) => Array.from({ length: e.pages / grain }, (_, i) => e.frame + i * grain))).toEqual(
          expected,
        );
        held.push(...taken);
      } else {
        expect(takeNaively([...map], grain) === null).toBe(room === 0);
        const back = held.filter(() => prng.chance(1, 3)).reverse();
        held = held.filter((e) => !back.includes(e));
        for (const { frame, pages } of back) map.fill(true, frame, frame + pages);
        const before = space.freeExtents;
        space.release(back);
        const after = space.freeExtents;
        space.claim(back);
        expect(space.freeExtents).toEqual(before);
        space.release(back);
        expect(space.freeExtents).toEqual(after);
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
