/**
 * What is kept for each page, index = pfn, rounded up to whole largest blocks (pages at or above nrPages are holes).
 *
 * A page is free, or in use (allocated, on a per-CPU list, boot-reserved), or a hole. Free pages are bits in the segments
 * of segment.ts. Of the others:
 *
 * (a) a page whose `special` bit is clear is an ordinary allocation of one page, and nothing else is stored for it;
 * (b) a special page has its kind, order and pin in `state`: reserved, hole, on a per-CPU list, pinned, held by hand, or
 *     part of an allocation of several pages (the order is in its head, the rest are TAIL);
 * (c) `nid` holds A of a page in use only where its pageblock has pages in use on several nodes (block.actual is
 *     NID_MIXED); elsewhere the pageblock says it. Free pages have the node of their segment.
 *
 * So freeing or taking an ordinary page touches bits and counters of its pageblock and no column: that is what makes
 * random frees in a large guest cheap. 2 bytes and 2 bits a page, segments included about 2.6; both byte columns are
 * needed only in pageblocks that are mixed or special, which is the way below 2.
 */
import { MAX_BLOCK_PAGES } from './limit.ts';

/** Kinds, in bits 4 to 6 of `state`; the order is in bits 0 to 3. */
export const HOLE = 0x00;
export const RESERVED = 0x10;
export const ALLOCATED = 0x20;
/** Not the first page of its allocation. */
export const TAIL = 0x30;
/** A single page on a per-CPU list. */
export const PCP = 0x40;
/** Allocated by hand (holdPages), so only releasePages frees it. */
export const HELD = 0x50;

export const KIND_MASK = 0x70;
export const ORDER_MASK = 0x0f;
/** On every page of an allocation that is never freed. */
export const PINNED = 0x80;

export interface PageColumns {
  /** One bit a page: `state` tells. Uint32 words. */
  readonly special: Int32Array;
  readonly state: Uint8Array;
  readonly nid: Uint8Array;
  /** Pages the columns hold: nrPages rounded up. */
  readonly size: number;
}

export function createPageColumns(nrPages: number): PageColumns {
  const size = Math.ceil(nrPages / MAX_BLOCK_PAGES) * MAX_BLOCK_PAGES;
  return { special: new Int32Array(size >>> 5), state: new Uint8Array(size), nid: new Uint8Array(size), size };
}

export const isSpecial = (page: PageColumns, pfn: number): boolean =>
  ((page.special[pfn >>> 5]! >>> (pfn & 31)) & 1) === 1;

/** Writes the state of one page and says that it has one. */
export function setSpecial(page: PageColumns, pfn: number, state: number): void {
  page.special[pfn >>> 5]! |= 1 << (pfn & 31);
  page.state[pfn] = state;
}

export function clearSpecial(page: PageColumns, pfn: number): void {
  page.special[pfn >>> 5]! &= ~(1 << (pfn & 31));
}

/** State of a page that is not free: what `state` says, or an ordinary allocation. */
export const stateOf = (page: PageColumns, pfn: number): number =>
  isSpecial(page, pfn) ? page.state[pfn]! : ALLOCATED;

/** Makes [pfn, pfn + 2^order) one special allocation. `head` is the state of its first page. */
export function markAllocated(page: PageColumns, pfn: number, order: number, head: number): void {
  setSpecial(page, pfn, head | order);
  for (let p = pfn + 1; p < pfn + (1 << order); p++) setSpecial(page, p, TAIL | (head & PINNED));
}

/** Forgets an allocation's states before its pages become free. */
export function clearAllocated(page: PageColumns, pfn: number, order: number): void {
  if (order === 0) {
    if (isSpecial(page, pfn)) clearSpecial(page, pfn);
  } else if (order < 5) {
    for (let p = pfn; p < pfn + (1 << order); p++) clearSpecial(page, p);
  } else {
    page.special.fill(0, pfn >>> 5, (pfn + (1 << order)) >>> 5);
  }
}
