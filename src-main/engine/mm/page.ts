/**
 * One column per property of a page, index = pfn, rounded up to whole largest blocks. 11 bytes a page.
 *
 * The guest's pages are partitioned into blocks: aligned, of 2^order pages, order 0 to 10. A block is free, allocated,
 * on a per-CPU list, boot-reserved, or a hole. Only the columns of a block's first page (its head) mean anything:
 *
 * (a) `state[head]` is kind | order, and the next block begins at head + 2^order;
 * (b) `nid[head]` is the actual node A of every page in the block: a block never mixes nodes;
 * (c) interior pages keep whatever they held before. Nothing reads them: a walk steps from head to head, and a buddy
 *     address is always a head (were it interior to a larger block, that block would contain the page that asks);
 * (d) a largest-block boundary is always a head, so a walk can begin at any multiple of MAX_BLOCK_PAGES.
 *
 * Because of (c) moving a free block to another node writes one page, not 2^order. Because everything is reached
 * through heads, the columns of a largest block that is one block need not exist: that is the way to 2 bytes a page.
 */
import { MAX_BLOCK_PAGES, MAX_PAGE_ORDER } from './limit.ts';

/** Kinds, in the high nibble of `state`; the order is in the low one. */
export const HOLE = 0x00;
export const RESERVED = 0x10;
export const FREE = 0x20;
export const ALLOCATED = 0x30;
/** A single page on a per-CPU list. */
export const PCP = 0x40;
/** A piece of a block that is being cut: no longer in a list, not yet in the next. Never seen between operations. */
export const ISOLATED = 0x50;

export const KIND_MASK = 0xf0;
export const ORDER_MASK = 0x0f;

/** In `flag`: this allocation is never freed (kernel); it is counted apart from pages that can converge. */
export const FLAG_PINNED = 0x01;
/** In `flag`: held by hand (the holdPages command), so only releasePages frees it. */
export const FLAG_HELD = 0x02;

export interface PageColumns {
  readonly state: Uint8Array;
  readonly nid: Uint8Array;
  readonly flag: Uint8Array;
  /**
   * List links, circular, with one sentinel per list after the pages (index >= size). For an allocated block they are
   * the workload's: `next` chains blocks that die in the same wheel slot, `prev` is the time of death.
   */
  readonly next: Uint32Array;
  readonly prev: Uint32Array;
  /** Pages the columns hold: nrPages rounded up. Pages at or above nrPages are holes. */
  readonly size: number;
}

/** @param nrLists sentinels to append to the links. */
export function createPageColumns(nrPages: number, nrLists: number): PageColumns {
  const size = Math.ceil(nrPages / MAX_BLOCK_PAGES) * MAX_BLOCK_PAGES;
  return {
    state: new Uint8Array(size),
    nid: new Uint8Array(size),
    flag: new Uint8Array(size),
    next: new Uint32Array(size + nrLists),
    prev: new Uint32Array(size + nrLists),
    size,
  };
}

/** Bytes of columns for each page of the guest, without the sentinels. */
export const BYTES_PER_PAGE = 11;

/** Head of the block that contains pfn. At most 11 probes: each smaller alignment is a head by induction from (d). */
export function headOf(state: Uint8Array, pfn: number): number {
  for (let order = MAX_PAGE_ORDER; order > 0; order--) {
    const head = (pfn >>> order) << order;
    if (pfn < head + (1 << (state[head]! & ORDER_MASK))) return head;
  }
  return pfn;
}

/** Order of the largest aligned block that starts at pfn and ends by `end`. */
export function largestOrder(pfn: number, end: number): number {
  let order = pfn === 0 ? MAX_PAGE_ORDER : Math.min(MAX_PAGE_ORDER, 31 - Math.clz32(pfn & -pfn));
  while (pfn + (1 << order) > end) order--;
  return order;
}
