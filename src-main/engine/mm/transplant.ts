/**
 * Transplanting: giving free pages to the node the layout says they belong to. Nothing is copied; a label and two
 * counters change. It happens in three places:
 *   - a free (page-alloc.ts): transplantWhole where the block goes to one node, else addByTarget;
 *   - the drain of the per-CPU lists (pcp.ts): addByTarget;
 *   - the sweep of a commit (sweep.ts), which does not come here: it moves whole segments (segment-move.ts).
 * A guest with the posted code's defects has its own (rfc/rfc-free.ts, rfc/rfc-sweep.ts).
 */
import { forEachAligned } from './buddy.ts';
import { countForNode, ON_FREE } from './commit-stat.ts';
import { lookupSteps } from './lookup-steps.ts';
import { type Memlayout, rangeOf } from './memlayout.ts';
import { NID_MIXED, NR_ZONES, PAGEBLOCK_ORDER } from './limit.ts';
import { type Mm, zoneTypeOf } from './mm.ts';
import { addFreeBlock } from './segment.ts';
import { shrinkSpan } from './span.ts';

export { usedNid } from './used-node.ts';

/** Counts a lookup of pfn in the published layout: its steps, and what the RFC's one-range cache would have answered. */
export function countLookup(mm: Mm, pfn: number): void {
  const cached = pfn >= mm.cacheStart && pfn < mm.cacheEnd;
  mm.beyondCounters.lookupSteps += lookupSteps(mm.layout, pfn, mm.beyond.lookup, cached);
  if (cached) {
    mm.lookups.hit++;
    return;
  }
  const range = rangeOf(mm.layout, pfn);
  mm.lookups.miss++;
  mm.cacheStart = mm.layout.start[range]!;
  mm.cacheEnd = mm.layout.start[range + 1]!;
}

/** Whether any page of [pfn, pfn + 2^order) has a target other than nid in `layout`. Order at most PAGEBLOCK_ORDER + 1. */
export function differsFrom(layout: Memlayout, pfn: number, order: number, nid: number): boolean {
  const block = layout.blockNid[pfn >>> PAGEBLOCK_ORDER]!;
  if (block !== NID_MIXED && order <= PAGEBLOCK_ORDER) return block !== nid;
  const end = pfn + (1 << order);
  for (let r = rangeOf(layout, pfn); r < layout.count && layout.start[r]! < end; r++) {
    if (layout.nid[r] !== nid) return true;
  }
  return false;
}

/**
 * Frees a block that is owed whole to one node: what leaveStranded and addByTarget come to for nearly every block that
 * is freed while pages are stranded.
 */
export function transplantWhole(mm: Mm, pfn: number, order: number, actual: number, target: number): void {
  const pages = 1 << order;
  countLookup(mm, pfn);
  mm.stranded[actual * mm.nrNodeIds + target]! -= pages;
  leaveZone(mm, actual * NR_ZONES + zoneTypeOf(mm, pfn), pages);
  mm.moved.free += pages;
  countForNode(mm, target, ON_FREE, pages);
  addFreeBlock(mm, pfn, order, target);
}

/**
 * Frees a block that was in use on node `actual` by the published layout: cut at range boundaries, each piece to its
 * target node, one lookup a range. Returns the pages whose node changed.
 */
export function addByTarget(mm: Mm, pfn: number, order: number, actual: number): number {
  const { layout } = mm;
  const end = pfn + (1 << order);
  let moved = 0;
  for (let r = rangeOf(layout, pfn); r < layout.count && layout.start[r]! < end; r++) {
    const from = Math.max(pfn, layout.start[r]!);
    const to = Math.min(end, layout.start[r + 1]!);
    const target = layout.nid[r]!;
    countLookup(mm, from);
    if (to - from < 1 << order && from === pfn) mm.commitStat.splitPages += 1 << order;
    if (target !== actual) {
      moved += to - from;
      countForNode(mm, target, ON_FREE, to - from);
    }
    forEachAligned(from, to, (p, o) => addFreeBlock(mm, p, o, target));
  }
  return moved;
}

/**
 * A block in use leaves the stranded matrix: its pages with A != T (published) are no longer owed. When the last page
 * stranded on a zone leaves it, the zone's span shrinks to what the layout gives it.
 */
export function leaveStranded(mm: Mm, pfn: number, order: number, actual: number): void {
  const { layout, nrNodeIds } = mm;
  const zone = actual * NR_ZONES + zoneTypeOf(mm, pfn);
  const end = pfn + (1 << order);
  let left = 0;
  for (let r = rangeOf(layout, pfn); r < layout.count && layout.start[r]! < end; r++) {
    const target = layout.nid[r]!;
    if (target === actual) continue;
    const pages = Math.min(end, layout.start[r + 1]!) - Math.max(pfn, layout.start[r]!);
    mm.stranded[actual * nrNodeIds + target]! -= pages;
    left += pages;
  }
  if (left > 0) leaveZone(mm, zone, left);
}

function leaveZone(mm: Mm, zone: number, pages: number): void {
  mm.zones.strandedOut[zone]! -= pages;
  if (mm.zones.strandedOut[zone] === 0 && !mm.committing) shrinkSpan(mm, zone);
}
