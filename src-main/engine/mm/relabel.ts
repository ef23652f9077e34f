/**
 * Relabelling in place: a block in use that is owed to another node is booked there without being freed. Nothing is
 * copied, as the host has moved the memory already. In the RFC such a block waits until it is freed.
 *
 * (a) Only whole allocations that belong on one node: a block across a boundary has no single node to be booked on, and
 *     waits to be freed, when it can be cut. Pinned and reserved pages are never relabelled.
 * (b) Never while a commit is under way, as its sweep and drain count what they find.
 *
 * Counters changed: stranded, zones.strandedOut and spans, block.actual, beyondCounters.relabelled; the mark is
 * cleared.
 */
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { targetNid } from './memlayout.ts';
import type { Mm } from './mm.ts';
import { ALLOCATED, HELD, KIND_MASK, ORDER_MASK, PINNED, stateOf } from './page.ts';
import { clearFlags } from './rfc/flags.ts';
import { usedWord } from './segment.ts';
import { differsFrom, leaveStranded } from './transplant.ts';
import { setOneNode, setUsedNid, usedNid } from './used-node.ts';

/** Order of the allocation that begins at a page in use and could be relabelled now; -1 if there is none. */
export function relabelOrder(mm: Mm, pfn: number): number {
  const state = stateOf(mm.page, pfn);
  const kind = state & KIND_MASK;
  if ((kind !== ALLOCATED && kind !== HELD) || (state & PINNED) !== 0) return -1;
  const order = state & ORDER_MASK;
  const target = targetNid(mm.layout, pfn);
  return usedNid(mm, pfn) === target || differsFrom(mm.layout, pfn, order, target) ? -1 : order;
}

/** Relabels the allocation of that order: relabelOrder has said so. */
export function relabel(mm: Mm, pfn: number, order: number): void {
  const target = targetNid(mm.layout, pfn);
  leaveStranded(mm, pfn, order, usedNid(mm, pfn));
  if (mm.rfc !== null) clearFlags(mm.rfc.flag, pfn, pfn + (1 << order));
  if (order < PAGEBLOCK_ORDER) setUsedNid(mm, pfn, order, target);
  else
    for (let p = pfn; p < pfn + (1 << order); p += PAGES_PER_PAGEBLOCK) setOneNode(mm, p >>> PAGEBLOCK_ORDER, target);
  mm.beyondCounters.relabelled += 1 << order;
}

/**
 * The first allocation at or above pfn that could be relabelled, and how many pages were looked at for it; pfn -1 when
 * there is none below `end` or `most` pages were looked at. Pageblocks without a page owed cost nothing.
 */
export function nextRelabel(
  mm: Mm,
  pfn: number,
  end: number,
  most: number,
): { readonly pfn: number; readonly order: number; readonly looked: number; readonly reached: number } {
  const { valid, free, actual } = mm.block;
  let looked = 0;
  let at = pfn;
  while (at < end && looked < most) {
    const block = at >>> PAGEBLOCK_ORDER;
    const blockEnd = (block + 1) << PAGEBLOCK_ORDER;
    const target = mm.layout.blockNid[block]!;
    if (valid[block] === free[block] || actual[block] === target) {
      at = blockEnd;
      continue;
    }
    const inUse = usedWord(mm, block, (at >>> 5) & ((PAGES_PER_PAGEBLOCK >>> 5) - 1)) >>> (at & 31);
    if (inUse === 0) {
      at = ((at >>> 5) + 1) << 5;
      continue;
    }
    at += 31 - Math.clz32(inUse & -inUse);
    if (at >= end) break;
    looked++;
    const order = relabelOrder(mm, at);
    if (order >= 0) return { pfn: at, order, looked, reached: at };
    at++;
  }
  return { pfn: -1, order: -1, looked, reached: Math.min(at, end) };
}
