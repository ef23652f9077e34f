/** The four structures of a layout answer alike, at every border and in between. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LayoutRange } from '../../shared/model/config.ts';
import { STRUCTURES, structuresOf } from './layout-structure.ts';

/** Layouts that begin anywhere, with holes, with neighbours of one node, down to ranges of a page. */
const layouts = fc
  .record({
    nrPages: fc.integer({ min: 64, max: 2 ** 19 + 77 }),
    cuts: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 })), { minLength: 1, maxLength: 40 }),
    near: fc.nat({ max: 2048 }),
  })
  .map(({ nrPages, cuts, near }) => {
    // Every other cut lies near the one before, so that pageblocks and words of 32 pages have several ranges.
    const at = cuts.map(([cut], i) => (i % 2 === 0 ? cut : (cuts[i - 1]![0] + (cut % (near + 1))) >>> 0) % nrPages);
    const starts = [...new Set(at)].sort((a, b) => a - b);
    const ranges = starts.map((start, i): LayoutRange => ({ start, end: starts[i + 1] ?? nrPages, nid: cuts[i]![1] }));
    return { nrPages, ranges };
  });

function plainNid(ranges: readonly LayoutRange[], pfn: number): number {
  return (ranges.filter(({ start }) => start <= pfn).at(-1) ?? ranges[0]!).nid;
}

it('every structure answers as the plain list of ranges', () => {
  fc.assert(
    fc.property(layouts, fc.array(fc.nat(), { maxLength: 30 }), ({ nrPages, ranges }, some) => {
      const borders = ranges.flatMap(({ start, end }) => [start - 1, start, start + 1, end - 1]);
      const pfns = [...borders, ...some.map((pfn) => pfn % nrPages), 0, nrPages - 1];
      const inside = Uint32Array.from(pfns.filter((pfn) => pfn >= 0 && pfn < nrPages));
      const expected = Array.from(inside, (pfn) => plainNid(ranges, pfn));
      for (const structure of structuresOf(ranges, nrPages)) {
        expect(Array.from(inside, (pfn) => structure.nidOf(pfn))).toEqual(expected);
        expect(structure.sumOf(inside)).toBe(expected.reduce((sum, nid) => sum + nid, 0));
        for (const pfn of inside) expect(structure.stepsOf(pfn)).toBeGreaterThan(0);
      }
    }),
  );
});

it('steps: the table one, the radix one a level, the runs and the tree by halves', () => {
  const ranges = Array.from({ length: 1024 }, (_, i) => ({ start: i * 512, end: (i + 1) * 512, nid: i % 4 }));
  const steps = structuresOf(ranges, 1024 * 512).map((structure) => structure.stepsOf(777 * 512 + 5));
  expect(steps).toHaveLength(STRUCTURES.length);
  const [tree, runs, radix, table] = steps;
  expect({ runs, radix, table }).toEqual({ runs: 11, radix: 2, table: 1 });
  expect(tree).toBeGreaterThanOrEqual(2);
  expect(tree).toBeLessThanOrEqual(12);
});
