/** Sums and differences of half-open pfn ranges. Lists are ascending and disjoint where not said otherwise. */
import type { PfnRange } from '../../shared/units/index.ts';

export const pagesIn = (ranges: readonly PfnRange[]): number => ranges.reduce((sum, r) => sum + r.end - r.start, 0);

export const byStart = (a: PfnRange, b: PfnRange): number => a.start - b.start;

/** What of `range` is not in `holes`. */
export function subtractRanges(range: PfnRange, holes: readonly PfnRange[]): PfnRange[] {
  const rest: PfnRange[] = [];
  let start = range.start;
  for (const hole of holes) {
    if (hole.end <= start) continue;
    if (hole.start >= range.end) break;
    if (hole.start > start) rest.push({ start, end: hole.start });
    start = hole.end;
  }
  if (start < range.end) rest.push({ start, end: range.end });
  return rest;
}

/** The union of ranges in any order, as maximal ranges. */
export function mergeRanges(ranges: readonly PfnRange[]): PfnRange[] {
  const merged: { start: number; end: number }[] = [];
  for (const range of [...ranges].sort(byStart)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ start: range.start, end: range.end });
  }
  return merged;
}

/** The first two of a list in any order that share a page, as indexes into it; null when none do. */
export function firstOverlap(ranges: readonly PfnRange[]): readonly [number, number] | null {
  const order = ranges.map((_, i) => i).sort((a, b) => ranges[a]!.start - ranges[b]!.start || a - b);
  for (let k = 1; k < order.length; k++) {
    const a = order[k - 1]!;
    const b = order[k]!;
    if (ranges[b]!.start < ranges[a]!.end) return a < b ? [a, b] : [b, a];
  }
  return null;
}
