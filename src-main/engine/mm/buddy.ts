/**
 * Choosing blocks: from the lists of a zone as Linux does (smallest order that will do, lowest part kept, other migrate
 * types only when one's own is exhausted), or by hand. The lists themselves are segment.ts.
 *
 * Left out: CMA, isolation, the tail placement of blocks about to merge, orders above 10.
 */
import { firstBlock, mergedOrder } from './bitmap.ts';
import {
  MAX_PAGE_ORDER,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  NO_PFN,
  NR_PAGE_ORDERS,
  PAGEBLOCK_ORDER,
  PAGES_PER_PAGEBLOCK,
} from './limit.ts';
import type { Mm } from './mm.ts';
import { ALLOCATED, markAllocated } from './page.ts';
import { bitsAt, blockOf, nidOf, pagesOf } from './segment-table.ts';
import { countStranded, noteTaken } from './rfc/ledger.ts';
import { findSegment, firstOf, segmentOfFree, setBlockType, takeFromSegment } from './segment.ts';
import { setUsedNid } from './used-node.ts';

/**
 * Takes a block that is wholly free on one node and makes it one allocation with `head` as its first page's state; the
 * pageblock's record of where its used pages are follows.
 * @param from order of the free block that it is a part of; looked up when it is not given.
 */
function takeAt(mm: Mm, seg: number, pfn: number, order: number, head: number, from?: number): void {
  const nid = nidOf(mm.segment, seg);
  if (mm.rfc !== null) noteTaken(mm, mm.rfc, pfn, pfn + (1 << order), nid);
  else if (mm.committing) countStranded(mm, pfn, pfn + (1 << order), nid, 1);
  if (order > PAGEBLOCK_ORDER) {
    const upper = findSegment(mm, (pfn >>> PAGEBLOCK_ORDER) + 1, nid);
    takePages(mm, seg, pfn, PAGEBLOCK_ORDER, nid);
    takePages(mm, upper, pfn + PAGES_PER_PAGEBLOCK, PAGEBLOCK_ORDER, nid);
  } else {
    takePages(mm, seg, pfn, order, nid, from);
  }
  // A free page is not special, and an ordinary allocation need not be.
  if (order > 0 || head !== ALLOCATED) markAllocated(mm.page, pfn, order, head);
}

function takePages(mm: Mm, seg: number, pfn: number, order: number, nid: number, from?: number): void {
  setUsedNid(mm, pfn, order, nid);
  // The halves of a block of two pageblocks are blocks of their own as soon as one of them is cut.
  takeFromSegment(mm, seg, pfn, order, from === undefined ? from : Math.min(from, PAGEBLOCK_ORDER));
}

/** Takes a block of 2^order from the lists of one migrate type; NO_PFN if none of its blocks is large enough. */
function takeSmallest(mm: Mm, zone: number, order: number, type: number): number {
  for (let o = order; o <= MAX_PAGE_ORDER; o++) {
    if (mm.zones.nrFree[zone * NR_PAGE_ORDERS + o] === 0) continue;
    const seg = firstOf(mm, zone, type, o);
    if (seg === -1) continue;
    const offset = o > PAGEBLOCK_ORDER ? 0 : firstBlock(mm.segment.row, bitsAt(seg), o);
    const pfn = (blockOf(mm.segment, seg) << PAGEBLOCK_ORDER) + offset;
    takeAt(mm, seg, pfn, order, ALLOCATED, o);
    return pfn;
  }
  return NO_PFN;
}

/** Where an empty type may take from, in order (3.10's fallbacks[]). Index migrate type. */
const FALLBACKS: readonly (readonly number[])[] = [
  [MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE],
  [MIGRATE_UNMOVABLE, MIGRATE_MOVABLE],
  [MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE],
];

/**
 * Steals from another migrate type: the largest block of the first type that has one, since a large theft pollutes
 * least. A theft of at least half a pageblock's order takes the pageblock when most of it is free (3.10's
 * __rmqueue_fallback; there the free pages change list even when the pageblock keeps its type, here the lists follow
 * the type). Pageblocks with pages of several nodes have one type.
 */
function steal(mm: Mm, zone: number, order: number, type: number): number {
  for (let o = MAX_PAGE_ORDER; o >= order; o--) {
    for (const from of FALLBACKS[type]!) {
      const seg = firstOf(mm, zone, from, o);
      if (seg === -1) continue;
      const first = blockOf(mm.segment, seg);
      if (o > PAGEBLOCK_ORDER) setBlockType(mm, first + 1, type);
      const most = mm.block.free[first]! >= PAGES_PER_PAGEBLOCK >> 1;
      if (most && (o >= PAGEBLOCK_ORDER >> 1 || type === MIGRATE_RECLAIMABLE)) setBlockType(mm, first, type);
      const offset = o > PAGEBLOCK_ORDER ? 0 : firstBlock(mm.segment.row, bitsAt(seg), o);
      const pfn = (first << PAGEBLOCK_ORDER) + offset;
      takeAt(mm, seg, pfn, order, ALLOCATED);
      return pfn;
    }
  }
  return NO_PFN;
}

/** Allocates a block of 2^order pages of the migrate type from one zone, ignoring watermarks; NO_PFN if it cannot. */
export function takeBlock(mm: Mm, zone: number, order: number, type: number): number {
  const pfn = takeSmallest(mm, zone, order, type);
  return pfn !== NO_PFN ? pfn : steal(mm, zone, order, type);
}

/**
 * Takes exactly [pfn, pfn + 2^order) out of the free lists as one allocation, `head` being its first page's state.
 * False, and nothing done, unless all of it is free on one node.
 */
export function takeExactly(mm: Mm, pfn: number, order: number, head: number): boolean {
  const seg = segmentOfBlock(mm, pfn, order);
  if (seg === -1) return false;
  takeAt(mm, seg, pfn, order, head);
  return true;
}

/** The segment of the first page of [pfn, pfn + 2^order), if all of it is a block and free on one node; else -1. */
export function segmentOfBlock(mm: Mm, pfn: number, order: number): number {
  if (!(order >= 0 && order <= MAX_PAGE_ORDER && pfn >= 0 && pfn % (1 << order) === 0)) return -1;
  if (pfn + (1 << order) > mm.nrPages) return -1;
  const seg = segmentOfFree(mm, pfn);
  return seg === -1 || (order > 0 && freeOrder(mm, seg, pfn) < order) ? -1 : seg;
}

/** Largest order at which the aligned block that contains pfn, free in `seg`, is wholly free on its node. */
export function freeOrder(mm: Mm, seg: number, pfn: number): number {
  const t = mm.segment;
  if (pagesOf(t, seg) === PAGES_PER_PAGEBLOCK) {
    const partner = findSegment(mm, blockOf(t, seg) ^ 1, nidOf(t, seg));
    return partner !== -1 && pagesOf(t, partner) === PAGES_PER_PAGEBLOCK ? MAX_PAGE_ORDER : PAGEBLOCK_ORDER;
  }
  return mergedOrder(t.row, bitsAt(seg), pfn & (PAGES_PER_PAGEBLOCK - 1), 0);
}

/** Cuts [start, end) into the fewest aligned blocks, in ascending order: visit(pfn, order). */
export function forEachAligned(start: number, end: number, visit: (pfn: number, order: number) => void): void {
  for (let pfn = start; pfn < end;) {
    const order = largestOrder(pfn, end);
    visit(pfn, order);
    pfn += 1 << order;
  }
}

/** Order of the largest aligned block that starts at pfn and ends by `end`. */
function largestOrder(pfn: number, end: number): number {
  let order = pfn === 0 ? MAX_PAGE_ORDER : Math.min(MAX_PAGE_ORDER, 31 - Math.clz32(pfn & -pfn));
  while (pfn + (1 << order) > end) order--;
  return order;
}
