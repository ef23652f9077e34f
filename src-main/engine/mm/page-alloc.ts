/**
 * Allocation and freeing as the guest's kernel does them, with the hooks of the RFC: a block that is freed goes to the
 * node the layout says, cut at range boundaries when it straddles one. Source: patches 20 and
 * 21 of the RFC's version 3.
 */
import { assert, InvariantError } from '../core/index.ts';
import { takeBlock } from './buddy.ts';
import { MAX_PAGE_ORDER, NID_MIXED, NO_PFN, PAGEBLOCK_ORDER } from './limit.ts';
import { type Memlayout, rangeOf } from './memlayout.ts';
import type { Mm } from './mm.ts';
import { countAllocation, PAGES_FREED } from './numa-event.ts';
import { ALLOCATED, clearAllocated, HELD, markAllocated, ORDER_MASK, PINNED, stateOf } from './page.ts';
import { pcpPut, pcpTake, pcpTrim } from './pcp.ts';
import { forEachTarget } from './rfc/ledger.ts';
import { rfcFreeBlock, rfcFreeMarked } from './rfc/rfc-free.ts';
import { allocConsulting } from './consult.ts';
import { addFreeBlock, segmentOfFree } from './segment.ts';
import { addByTarget, differsFrom, leaveStranded, transplantWhole, usedNid } from './transplant.ts';
import { watermarkOk } from './watermark.ts';

/**
 * Allocates 2^order pages near the CPU: its node's zonelist is tried down to the low watermarks, then down to min.
 * @returns the first pfn, or NO_PFN when every zone would fall below min (the simulated ENOMEM).
 */
export function allocPages(mm: Mm, order: number, cpu: number, type: number): number {
  if (mm.committing) return allocInCommit(mm, order, cpu, type);
  const pfn = allocAbove(mm, order, cpu, type, mm.zones.wmarkLow);
  return pfn !== NO_PFN ? pfn : allocAbove(mm, order, cpu, type, mm.zones.wmarkMin);
}

/** The same from lists that the commit under way has not come to yet: what it gives may belong elsewhere already. */
function allocInCommit(mm: Mm, order: number, cpu: number, type: number): number {
  const { beyondCounters, zones } = mm;
  let pfn = mm.beyond.consultTarget ? allocConsulting(mm, order, cpu, type) : NO_PFN;
  if (pfn === NO_PFN) pfn = allocAbove(mm, order, cpu, type, zones.wmarkLow);
  if (pfn === NO_PFN) pfn = allocAbove(mm, order, cpu, type, zones.wmarkMin);
  if (pfn === NO_PFN) return NO_PFN;
  beyondCounters.commitAllocs++;
  if (differsFrom(mm.layout, pfn, order, usedNid(mm, pfn))) beyondCounters.bornStranded++;
  return pfn;
}

function allocAbove(mm: Mm, order: number, cpu: number, type: number, marks: Uint32Array): number {
  const list = mm.zonelist[mm.topology.cpuNode[cpu]!]!;
  for (let i = 0; i < list.length; i++) {
    const zone = list[i]!;
    if (!watermarkOk(mm, zone, order, marks[zone]!)) continue;
    const pfn = order === 0 ? pcpTake(mm, cpu, zone, type) : takeBlock(mm, zone, order, type);
    if (pfn === NO_PFN) continue;
    countAllocation(mm, list[0]!, zone, cpu, order);
    return pfn;
  }
  return NO_PFN;
}

/** Says that an allocation of at most a pageblock is never freed. Where it is stranded it stays so. */
export function pinBlock(mm: Mm, pfn: number): void {
  const state = stateOf(mm.page, pfn);
  const order = state & ORDER_MASK;
  assert((state & ~ORDER_MASK) === ALLOCATED && order <= PAGEBLOCK_ORDER, 'pin-not-allocated', { pfn, state });
  const actual = usedNid(mm, pfn);
  if (differsFrom(mm.layout, pfn, order, actual)) pinStranded(mm, pfn, order, actual);
  markAllocated(mm.page, pfn, order, ALLOCATED | PINNED);
  mm.block.pinned[pfn >>> PAGEBLOCK_ORDER]! += 1 << order;
}

/** A page taken in a commit, or one that a defect left misplaced, may be pinned while it is stranded. */
function pinStranded(mm: Mm, pfn: number, order: number, actual: number): void {
  forEachTarget(mm, pfn, pfn + (1 << order), (from, to, target) => {
    if (target === actual) return;
    mm.stranded[actual * mm.nrNodeIds + target]! -= to - from;
    mm.strandedPinned[actual * mm.nrNodeIds + target]! += to - from;
  });
}

/** Whether [pfn, pfn + 2^order) is one allocation that may be freed. */
export function isAllocated(mm: Mm, pfn: number, order: number): boolean {
  if (!(pfn >= 0 && pfn < mm.nrPages && order >= 0 && order <= MAX_PAGE_ORDER)) return false;
  const state = stateOf(mm.page, pfn);
  return (state === (ALLOCATED | order) || state === (HELD | order)) && segmentOfFree(mm, pfn) === -1;
}

/** Frees an allocation to the buddy lists, never through a per-CPU list. `order` must be the one it was allocated with. */
export function freePagesDirect(mm: Mm, pfn: number, order: number): void {
  if (!isAllocated(mm, pfn, order)) throw new InvariantError('free-not-allocated', { pfn, order });
  const actual = usedNid(mm, pfn);
  mm.pageEvent[PAGES_FREED]! += 1 << order;
  clearAllocated(mm.page, pfn, order);
  if (mm.rfc !== null) {
    rfcFreeBlock(mm, mm.rfc, pfn, order, actual);
    return;
  }
  const { layout, markLayout } = mm;
  const target = order <= PAGEBLOCK_ORDER ? targetOfBlock(layout, pfn, order) : NID_MIXED;
  if (layout === markLayout && target === actual) addFreeBlock(mm, pfn, order, actual);
  else if (layout === markLayout && target !== NID_MIXED) transplantWhole(mm, pfn, order, actual, target);
  else freeByRanges(mm, pfn, order, actual);
}

/** The one target of a block of at most a pageblock; NID_MIXED when a range ends inside it. */
function targetOfBlock(layout: Memlayout, pfn: number, order: number): number {
  const target = layout.blockNid[pfn >>> PAGEBLOCK_ORDER]!;
  if (target !== NID_MIXED) return target;
  const range = rangeOf(layout, pfn);
  return layout.start[range + 1]! >= pfn + (1 << order) ? layout.nid[range]! : NID_MIXED;
}

/** The same where the block's target is not one node, or a commit is between its publish and mark. */
function freeByRanges(mm: Mm, pfn: number, order: number, actual: number): void {
  const marked = differsFrom(mm.markLayout, pfn, order, actual);
  leaveStranded(mm, pfn, order, actual);
  // Not marked but perhaps owed already: it lands on its old list, where the sweep will find it.
  if (!marked) addFreeBlock(mm, pfn, order, actual);
  else mm.moved.free += addByTarget(mm, pfn, order, actual);
}

/** Frees an allocation: a single page that need not move goes to the CPU's list, all else to the buddy lists. */
export function freePages(mm: Mm, pfn: number, order: number, cpu: number): void {
  if (order > 0) freePagesDirect(mm, pfn, order);
  else if (freeToPcp(mm, pfn, cpu)) pcpTrim(mm, pfn, cpu);
}

/** Frees a single page. Whether it is on the CPU's list now, which is left as long as it gets: not if it had to move. */
export function freeToPcp(mm: Mm, pfn: number, cpu: number): boolean {
  if (!isAllocated(mm, pfn, 0)) throw new InvariantError('free-not-allocated', { pfn, order: 0 });
  const actual = usedNid(mm, pfn);
  if (mm.rfc !== null) {
    clearAllocated(mm.page, pfn, 0);
    mm.pageEvent[PAGES_FREED]!++;
    if (rfcFreeMarked(mm, mm.rfc, pfn, actual)) return false;
  } else if (differsFrom(mm.markLayout, pfn, 0, actual)) {
    freePagesDirect(mm, pfn, 0);
    return false;
  } else mm.pageEvent[PAGES_FREED]!++;
  pcpPut(mm, pfn, cpu);
  return true;
}
