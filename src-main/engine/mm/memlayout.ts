/**
 * A memlayout: the complete, frozen map pfn -> target node (T) of a guest, as ascending ranges without holes, with a
 * table of pageblocks over it so that a lookup is one load unless the pageblock is mixed. It is never changed after it
 * is made; a commit replaces it.
 *
 * (a) range i covers [start[i], start[i + 1]); start[0] = 0 and the sentinel start[count] = nrPages;
 * (b) blockNid[b] is the one node of pageblock b, or NID_MIXED; first[b] is the range that holds the block's first page.
 *
 * Source: patch 13 of the RFC's version 3. Ranges here are half-open; the RFC's are inclusive.
 */
import type { LayoutRange } from '../../../shared/model/config.ts';
import type { LayoutProblem } from '../../../shared/model/rejection.ts';
import { NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';

export interface Memlayout {
  readonly seq: number;
  readonly count: number;
  /** First pfn of each range, and nrPages at the end. Uint32Array[count + 1]. */
  readonly start: Uint32Array;
  /** Node of each range. Uint8Array[count]. */
  readonly nid: Uint8Array;
  /** Uint8Array[pageblocks]. */
  readonly blockNid: Uint8Array;
  /** Uint32Array[pageblocks]. */
  readonly first: Uint32Array;
}

const FEW_RANGES = 4;

/** Whether the ranges are given in ascending order and have no problem: looked at once, since layouts may be long. */
function isPlain(ranges: readonly LayoutRange[], nrPages: number, nrNodeIds: number): boolean {
  let at = 0;
  for (let i = 0; i < ranges.length; i++) {
    const { start, end, nid } = ranges[i]!;
    if (!(start >= at && start < end && end <= nrPages && nid >= 0 && nid < nrNodeIds)) return false;
    if (!(Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(nid))) return false;
    at = end;
  }
  return true;
}

/** All problems of a staged layout, in the order of its ranges. */
export function validateLayout(
  ranges: readonly LayoutRange[],
  nrPages: number,
  nrNodeIds: number,
): readonly LayoutProblem[] {
  if (ranges.length === 0) {
    return [{ slug: 'layout-empty' }];
  }
  if (isPlain(ranges, nrPages, nrNodeIds)) return [];
  const problems: Exclude<LayoutProblem, { slug: 'layout-empty' }>[] = [];
  ranges.forEach((r, index) => {
    if (!(r.start < r.end)) {
      problems.push({ slug: 'layout-range-empty', index, range: r });
    } else if (r.start < 0 || r.end > nrPages || !Number.isInteger(r.start) || !Number.isInteger(r.end)) {
      problems.push({ slug: 'layout-range-outside', index, range: r, nrPages });
    }
    if (!(Number.isInteger(r.nid) && r.nid >= 0 && r.nid < nrNodeIds)) {
      problems.push({ slug: 'layout-nid', index, range: r, nrNodeIds });
    }
  });
  const sorted = ranges.map((_, i) => i).sort((a, b) => ranges[a]!.start - ranges[b]!.start || a - b);
  // The range below that reaches furthest: every range that begins inside it is named.
  let furthest: LayoutRange | null = null;
  for (const index of sorted) {
    const range: LayoutRange = ranges[index]!;
    if (furthest !== null && range.start < furthest.end) {
      problems.push({ slug: 'layout-overlap', index, range, other: furthest });
    }
    if (furthest === null || range.end > furthest.end) furthest = range;
  }
  return problems.sort((a, b) => a.index - b.index);
}

/**
 * The layout of validated ranges: sorted, holes given to the range below (the first range also takes what is below it),
 * neighbours of one node joined. Cost O(ranges log ranges + pageblocks).
 */
export function createLayout(ranges: readonly LayoutRange[], nrPages: number, seq: number): Memlayout {
  const sorted = ascending(ranges);
  let start = new Uint32Array(sorted.length + 1);
  let nid = new Uint8Array(sorted.length);
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    const r = sorted[i]!;
    if (count > 0 && nid[count - 1] === r.nid) continue;
    start[count] = count === 0 ? 0 : r.start;
    nid[count++] = r.nid;
  }
  if (count < sorted.length) {
    start = start.slice(0, count + 1);
    nid = nid.slice(0, count);
  }
  start[count] = nrPages;
  const blocks = Math.ceil(nrPages / PAGES_PER_PAGEBLOCK);
  const blockNid = new Uint8Array(blocks);
  const first = new Uint32Array(blocks);
  let range = 0;
  for (let b = 0; b < blocks; b++) {
    const pfn = b << PAGEBLOCK_ORDER;
    while (start[range + 1]! <= pfn) range++;
    first[b] = range;
    const end = Math.min(pfn + PAGES_PER_PAGEBLOCK, nrPages);
    blockNid[b] = start[range + 1]! >= end ? nid[range]! : NID_MIXED;
  }
  return { seq, count, start, nid, blockNid, first };
}

/** The ranges by their start; a list that is in order is taken as it is. */
function ascending(ranges: readonly LayoutRange[]): readonly LayoutRange[] {
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i - 1]!.start > ranges[i]!.start) return [...ranges].sort((a, b) => a.start - b.start);
  }
  return ranges;
}

/** Index of the range that contains pfn (< nrPages). */
export function rangeOf(layout: Memlayout, pfn: number): number {
  const block = pfn >>> PAGEBLOCK_ORDER;
  const { start } = layout;
  let lo = layout.first[block]!;
  // A pageblock has a handful of ranges.
  for (let i = 0; i < FEW_RANGES; i++) {
    if (start[lo + 1]! > pfn) return lo;
    lo++;
  }
  let hi = block + 1 < layout.first.length ? layout.first[block + 1]! : layout.count - 1;
  // The last range that starts at or below pfn.
  while (lo < hi) {
    const mid = (lo + hi + 1) >>> 1;
    if (start[mid]! <= pfn) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}

/** T(pfn), the node the layout says pfn belongs to. */
export function targetNid(layout: Memlayout, pfn: number): number {
  const nid = layout.blockNid[pfn >>> PAGEBLOCK_ORDER]!;
  return nid === NID_MIXED ? layout.nid[rangeOf(layout, pfn)]! : nid;
}

/** Calls back for each maximal run of pfns whose target differs, ascending. Cost O(ranges of both). */
export function forEachDelta(
  from: Memlayout,
  to: Memlayout,
  visit: (start: number, end: number, oldNid: number, newNid: number) => void,
): void {
  let i = 0;
  let j = 0;
  let pfn = 0;
  let runStart = 0;
  let runOld = -1;
  let runNew = -1;
  while (i < from.count && j < to.count) {
    const end = Math.min(from.start[i + 1]!, to.start[j + 1]!);
    const oldNid = from.nid[i]!;
    const newNid = to.nid[j]!;
    if (oldNid !== runOld || newNid !== runNew) {
      if (runOld !== runNew) visit(runStart, pfn, runOld, runNew);
      runStart = pfn;
      runOld = oldNid;
      runNew = newNid;
    }
    if (from.start[i + 1] === end) i++;
    if (to.start[j + 1] === end) j++;
    pfn = end;
  }
  if (runOld !== runNew) visit(runStart, pfn, runOld, runNew);
}

/** The ranges, for printing and for saving. */
export function layoutRanges(layout: Memlayout): readonly LayoutRange[] {
  return Array.from({ length: layout.count }, (_, i) => ({
    start: layout.start[i]!,
    end: layout.start[i + 1]!,
    nid: layout.nid[i]!,
  }));
}
