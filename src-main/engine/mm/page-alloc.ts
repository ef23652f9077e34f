/**
 * Allocation and freeing as the guest's kernel does them, with the hooks of the RFC: a block that is freed goes to the
 * node the layout says, cut at range boundaries when it straddles one. Source: spec/dnuma.md sections 2.7 and 9.
 */
import { assert, InvariantError } from '../core/index.ts';
import { takeBlock } from './buddy.ts';
import { MAX_PAGE_ORDER, NID_MIXED, NO_PFN, PAGEBLOCK_ORDER } from './limit.ts';
import type { Mm } from './mm.ts';
import { ALLOCATED, clearAllocated, HELD, markAllocated, ORDER_MASK, PINNED, stateOf } from './page.ts';
import { pcpPut, pcpTake, pcpTrim } from './pcp.ts';
import { addFreeBlock, segmentOfFree } from './segment.ts';
import { addByTarget, differsFrom, leaveStranded, transplantWhole, usedNid } from './transplant.ts';
import { watermarkOk } from './watermark.ts';

/**
 * Allocates 2^order pages near the CPU: its node's zonelist is tried down to the low watermarks, then down to min.
 * @returns the first pfn, or NO_PFN when every zone would fall below min (the simulated ENOMEM).
 */
export function allocPages(mm: Mm, order: number, cpu: number, type: number): number {
  assert(!mm.committing, 'alloc-inside-commit');
  const pfn = allocAbove(mm, order, cpu, type, mm.cell.wmarkLow);
  return pfn !== NO_PFN ? pfn : allocAbove(mm, order, cpu, type, mm.cell.wmarkMin);
}

function allocAbove(mm: Mm, order: number, cpu: number, type: number, marks: Uint32Array): number {
  const list = mm.zonelist[mm.config.cpuNode[cpu]!]!;
  for (let i = 0; i < list.length; i++) {
    const cell = list[i]!;
    if (!watermarkOk(mm, cell, order, marks[cell]!)) continue;
    const pfn = order === 0 ? pcpTake(mm, cpu, cell, type) : takeBlock(mm, cell, order, type);
    if (pfn !== NO_PFN) return pfn;
  }
  return NO_PFN;
}

/** Says that an allocation, not stranded and of at most a pageblock, is never freed. */
export function pinBlock(mm: Mm, pfn: number): void {
  assert(!mm.committing, 'pin-inside-commit');
  const state = stateOf(mm.page, pfn);
  const order = state & ORDER_MASK;
  assert((state & ~ORDER_MASK) === ALLOCATED && order <= PAGEBLOCK_ORDER, 'pin-not-allocated', { pfn, state });
  assert(!differsFrom(mm.layout, pfn, order, usedNid(mm, pfn)), 'pin-stranded', { pfn });
  markAllocated(mm.page, pfn, order, ALLOCATED | PINNED);
  mm.block.pinned[pfn >>> PAGEBLOCK_ORDER]! += 1 << order;
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
  clearAllocated(mm.page, pfn, order);
  const { layout, markLayout } = mm;
  const target = order <= PAGEBLOCK_ORDER ? layout.blockNid[pfn >>> PAGEBLOCK_ORDER]! : NID_MIXED;
  if (layout === markLayout && target === actual) addFreeBlock(mm, pfn, order, actual);
  else if (layout === markLayout && target !== NID_MIXED) transplantWhole(mm, pfn, order, actual, target);
  else freeByRanges(mm, pfn, order, actual);
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
  if (order > 0 || differsFrom(mm.markLayout, pfn, 0, usedNid(mm, pfn))) {
    freePagesDirect(mm, pfn, order);
    return;
  }
  if (!isAllocated(mm, pfn, 0)) throw new InvariantError('free-not-allocated', { pfn, order });
  pcpPut(mm, pfn, cpu);
  pcpTrim(mm, pfn, cpu);
}
