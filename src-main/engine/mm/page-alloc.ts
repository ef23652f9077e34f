/**
 * Allocation and freeing as the guest's kernel does them, with the hooks of the RFC: a block that is freed goes to the
 * node the layout says, cut at range boundaries when it straddles one. Source: spec/dnuma.md sections 2.7 and 9.
 */
import { assert } from '../core/index.ts';
import { addFreeBlock, takeBlock } from './buddy.ts';
import { NO_PFN, PAGEBLOCK_ORDER } from './limit.ts';
import type { Mm } from './mm.ts';
import { ALLOCATED, FLAG_PINNED, KIND_MASK, ORDER_MASK } from './page.ts';
import { pcpPut, pcpTake, pcpTrim } from './pcp.ts';
import { addByTarget, differsFrom, leaveStranded } from './transplant.ts';
import { watermarkOk } from './watermark.ts';

/**
 * Allocates 2^order pages near the CPU: its node's zonelist is tried down to the low watermarks, then down to min.
 * @returns the first pfn, or NO_PFN when every zone would fall below min (the simulated ENOMEM).
 */
export function allocPages(mm: Mm, order: number, cpu: number, type: number): number {
  const pfn = allocAbove(mm, order, cpu, type, mm.cell.wmarkLow);
  return pfn !== NO_PFN ? pfn : allocAbove(mm, order, cpu, type, mm.cell.wmarkMin);
}

function allocAbove(mm: Mm, order: number, cpu: number, type: number, marks: Uint32Array): number {
  const list = mm.zonelist[mm.config.cpuNode[cpu]!]!;
  for (let i = 0; i < list.length; i++) {
    const cell = list[i]!;
    if (!watermarkOk(mm, cell, order, marks[cell]!)) continue;
    const pfn = order === 0 ? pcpTake(mm, cpu, cell, type) : takeBlock(mm, cell, order, type);
    if (pfn !== NO_PFN) {
      mm.page.flag[pfn] = 0;
      return pfn;
    }
  }
  return NO_PFN;
}

/** Says that an allocation, not stranded and of at most a pageblock, is never freed. */
export function pinBlock(mm: Mm, pfn: number): void {
  const { flag, state, nid } = mm.page;
  assert((state[pfn]! & KIND_MASK) === ALLOCATED, 'pin-not-allocated', { pfn });
  assert((state[pfn]! & ORDER_MASK) <= PAGEBLOCK_ORDER, 'pin-order', { pfn });
  assert(!differsFrom(mm.layout, pfn, state[pfn]! & ORDER_MASK, nid[pfn]!), 'pin-stranded', { pfn });
  flag[pfn]! |= FLAG_PINNED;
  mm.block.pinned[pfn >>> PAGEBLOCK_ORDER]! += 1 << (state[pfn]! & ORDER_MASK);
}

/** Frees an allocation to the buddy lists, never through a per-CPU list. `order` must be the one it was allocated with. */
export function freePagesDirect(mm: Mm, pfn: number, order: number): void {
  const { state, nid, flag } = mm.page;
  assert(state[pfn] === (ALLOCATED | order), 'free-not-allocated', { pfn, order, state: state[pfn] ?? -1 });
  const actual = nid[pfn]!;
  flag[pfn] = 0;
  if (!differsFrom(mm.markLayout, pfn, order, actual)) {
    // Not marked. Between a commit's publish and mark it may be owed already: the sweep will find it free.
    if (mm.layout !== mm.markLayout) leaveStranded(mm, pfn, order, false);
    addFreeBlock(mm, pfn, order, actual);
    return;
  }
  leaveStranded(mm, pfn, order, false);
  mm.moved.free += addByTarget(mm, pfn, order, true);
}

/** Frees an allocation: a single page that need not move goes to the CPU's list, all else to the buddy lists. */
export function freePages(mm: Mm, pfn: number, order: number, cpu: number): void {
  if (order > 0 || differsFrom(mm.markLayout, pfn, 0, mm.page.nid[pfn]!)) {
    freePagesDirect(mm, pfn, order);
    return;
  }
  assert(mm.page.state[pfn] === ALLOCATED, 'free-not-allocated', { pfn, order, state: mm.page.state[pfn] ?? -1 });
  mm.page.flag[pfn] = 0;
  pcpPut(mm, pfn, cpu);
  pcpTrim(mm, pfn, cpu);
}
