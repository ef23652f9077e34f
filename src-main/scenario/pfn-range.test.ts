import { describe, expect, it } from 'vitest';
import { firstOverlap, mergeRanges, subtractRanges } from './pfn-range.ts';

const r = (start: number, end: number) => ({ start, end });

/** Every list of up to three ranges within 5 pages, held against sets of pages. */
const ranges = [0, 1, 2, 3, 4].flatMap((a) => [1, 2, 3, 4, 5].filter((b) => b > a).map((b) => r(a, b)));
const pages = (list: readonly { start: number; end: number }[]): number[] =>
  [0, 1, 2, 3, 4].filter((p) => list.some((x) => x.start <= p && p < x.end));

describe('pfn ranges, all small cases', () => {
  it('merges to maximal ranges of the same pages', () => {
    for (const a of ranges)
      for (const b of ranges) {
        const merged = mergeRanges([a, b]);
        expect(pages(merged)).toEqual(pages([a, b]));
        // Maximal: a page lies between any two.
        for (let i = 1; i < merged.length; i++) expect(merged[i]!.start).toBeGreaterThan(merged[i - 1]!.end);
      }
  });

  it('subtracts, and finds overlaps by their places in the list', () => {
    for (const a of ranges)
      for (const b of ranges) {
        const rest = subtractRanges(a, [b]);
        expect(pages(rest)).toEqual(pages([a]).filter((p) => !pages([b]).includes(p)));
        expect(rest.every((x) => x.start < x.end)).toBe(true);
        const common = pages([a]).some((p) => pages([b]).includes(p));
        expect(firstOverlap([a, b])).toEqual(common ? [0, 1] : null);
      }
    expect(subtractRanges(r(0, 9), [r(1, 2), r(4, 6), r(8, 12)])).toEqual([r(0, 1), r(2, 4), r(6, 8)]);
    expect(firstOverlap([r(5, 9), r(0, 2), r(1, 3)])).toEqual([1, 2]);
  });
});
