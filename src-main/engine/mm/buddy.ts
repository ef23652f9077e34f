/**
 * The buddy allocator's lists: one per (cell, migrate type, order). Eager merging, newest block first.
 *
 * Two free blocks merge when (mm/page_alloc.c, page_is_buddy, 3.10):
 * (a) the buddy is not a hole;  (b) it is free;  (c) it has the same order;  (d) it is in the same zone of the same node.
 * Merging ignores migrate types; the merged block goes to the list of the freed part's pageblock type.
 * Consequence kept by every operation here: the free lists are the unique maximal aligned decomposition of the free
 * pages of each cell. Counters changed: cell.free, cell.nrFree, block.free, block.actual.
 *
 * Left out: CMA, isolation, the tail placement of blocks about to merge, the order above 10.
 */
import { MAX_PAGE_ORDER, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, NID_MIXED, NO_PFN } from './limit.ts';
import { NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { buddySentinel, type Mm, zoneOf } from './mm.ts';
import { ALLOCATED, FREE, headOf, ISOLATED, KIND_MASK, largestOrder, ORDER_MASK } from './page.ts';

function link(mm: Mm, pfn: number, sentinel: number): void {
  const { next, prev } = mm.page;
  const first = next[sentinel]!;
  next[pfn] = first;
  prev[pfn] = sentinel;
  prev[first] = pfn;
  next[sentinel] = pfn;
}

function unlink(mm: Mm, pfn: number): void {
  const { next, prev } = mm.page;
  const n = next[pfn]!;
  const p = prev[pfn]!;
  next[p] = n;
  prev[n] = p;
}

/** Counts 2^order pages from pfn as free (or, negative, as taken) in their pageblocks. */
function countFree(mm: Mm, pfn: number, order: number, sign: 1 | -1): void {
  const { free } = mm.block;
  const block = pfn >>> PAGEBLOCK_ORDER;
  if (order <= PAGEBLOCK_ORDER) {
    free[block]! += sign * (1 << order);
  } else {
    free[block]! += sign * PAGES_PER_PAGEBLOCK;
    free[block + 1]! += sign * PAGES_PER_PAGEBLOCK;
  }
}

/**
 * A removed block is in use from now on: its pageblock's `actual` follows. Called while the block still counts as
 * free in its pageblock, which is how the first user of a pageblock is told from a later one.
 */
function beginUse(mm: Mm, pfn: number, order: number, state: number): void {
  const { valid, free, actual } = mm.block;
  const nid = mm.page.nid[pfn]!;
  const first = pfn >>> PAGEBLOCK_ORDER;
  const last = (pfn + (1 << order) - 1) >>> PAGEBLOCK_ORDER;
  for (let b = first; b <= last; b++) {
    if (free[b] === valid[b]) actual[b] = nid;
    else if (actual[b] !== nid) actual[b] = NID_MIXED;
  }
  countFree(mm, pfn, order, -1);
  mm.page.state[pfn] = state | order;
}

/**
 * Frees the block [pfn, pfn + 2^order) into node nid, merging upwards. The block must be in no list and its pages not
 * free. Returns the end of the block it became part of, so that a walk can go on behind it. Cost O(orders).
 */
export function addFreeBlock(mm: Mm, pfn: number, order: number, nid: number): number {
  const { state, nid: nidOf } = mm.page;
  const nrFree = mm.cell.nrFree;
  const cell = nid * NR_ZONES + zoneOf(mm, pfn);
  const type = mm.blockType[pfn >>> PAGEBLOCK_ORDER]!;
  mm.cell.free[cell]! += 1 << order;
  countFree(mm, pfn, order, 1);
  let head = pfn;
  let o = order;
  while (o < MAX_PAGE_ORDER) {
    const buddy = head ^ (1 << o);
    if (state[buddy] !== (FREE | o) || nidOf[buddy] !== nid) break;
    unlink(mm, buddy);
    nrFree[cell * NR_PAGE_ORDERS + o]!--;
    if (buddy < head) head = buddy;
    o++;
  }
  state[head] = FREE | o;
  nidOf[head] = nid;
  nrFree[cell * NR_PAGE_ORDERS + o]!++;
  link(mm, head, buddySentinel(mm, cell, type, o));
  return head + (1 << o);
}

/** Takes a whole free block out of its list, to be given to other nodes; its head becomes `ISOLATED`. */
export function isolateFreeBlock(mm: Mm, head: number): void {
  removeFreeBlock(mm, head);
  countFree(mm, head, mm.page.state[head]! & ORDER_MASK, -1);
}

/** Out of its list and cell, its pages still counted free in their pageblocks. */
function removeFreeBlock(mm: Mm, head: number): void {
  const { state, nid } = mm.page;
  const order = state[head]! & ORDER_MASK;
  const cell = nid[head]! * NR_ZONES + zoneOf(mm, head);
  unlink(mm, head);
  mm.cell.nrFree[cell * NR_PAGE_ORDERS + order]!--;
  mm.cell.free[cell]! -= 1 << order;
  state[head] = ISOLATED | order;
}

/**
 * Cuts an isolated block (head, order) so that [pfn, pfn + 2^want) is a block of its own; the halves it is not in go
 * back to the free lists of the same node, largest first. `type` is the list they go to. The wanted block is isolated.
 */
function carve(mm: Mm, head: number, order: number, pfn: number, want: number, type: number): void {
  const { state, nid: nidOf } = mm.page;
  const nid = nidOf[head]!;
  const cell = nid * NR_ZONES + zoneOf(mm, head);
  let at = head;
  for (let o = order - 1; o >= want; o--) {
    const half = at + (1 << o);
    const keepUpper = pfn >= half;
    const given = keepUpper ? at : half;
    if (keepUpper) at = half;
    state[given] = FREE | o;
    nidOf[given] = nid;
    mm.cell.nrFree[cell * NR_PAGE_ORDERS + o]!++;
    mm.cell.free[cell]! += 1 << o;
    link(mm, given, buddySentinel(mm, cell, type, o));
  }
  state[pfn] = ISOLATED | want;
  nidOf[pfn] = nid;
}

/** Takes a block of at least `order` from one list, newest first; NO_PFN if there is none. Keeps the lower half. */
function takeSmallest(mm: Mm, cell: number, order: number, type: number): number {
  const { next } = mm.page;
  for (let o = order; o <= MAX_PAGE_ORDER; o++) {
    const sentinel = buddySentinel(mm, cell, type, o);
    const head = next[sentinel]!;
    if (head === sentinel) continue;
    removeFreeBlock(mm, head);
    if (o > order) carve(mm, head, o, head, order, type);
    beginUse(mm, head, order, ALLOCATED);
    return head;
  }
  return NO_PFN;
}

/** Where an empty type may take from, in order (3.10's fallbacks[]). Index migrate type. */
const FALLBACKS: readonly (readonly number[])[] = [
  [MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE],
  [MIGRATE_UNMOVABLE, MIGRATE_MOVABLE],
  [MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE],
];

/** Moves the free blocks of this node in a pageblock to the lists of `type`; returns their pages. */
function retypePageblock(mm: Mm, pageblock: number, nid: number, type: number): number {
  const { state, nid: nidOf } = mm.page;
  const start = pageblock << PAGEBLOCK_ORDER;
  let pages = 0;
  for (let pfn = start; pfn < start + PAGES_PER_PAGEBLOCK;) {
    const order = state[pfn]! & ORDER_MASK;
    if ((state[pfn]! & KIND_MASK) === FREE && nidOf[pfn] === nid) {
      unlink(mm, pfn);
      link(mm, pfn, buddySentinel(mm, nid * NR_ZONES + zoneOf(mm, pfn), type, order));
      pages += 1 << order;
    }
    pfn += 1 << order;
  }
  return pages;
}

/**
 * Steals from another migrate type: the largest block of the first type that has one, since a large theft pollutes
 * least. A theft of at least half a pageblock takes the free rest of its pageblock along, and the pageblock itself when
 * most of it was free (3.10's __rmqueue_fallback). Pageblocks with pages of several nodes share one type.
 */
function steal(mm: Mm, cell: number, order: number, type: number): number {
  const { next, nid } = mm.page;
  for (let o = MAX_PAGE_ORDER; o >= order; o--) {
    for (const from of FALLBACKS[type]!) {
      const sentinel = buddySentinel(mm, cell, from, o);
      const head = next[sentinel]!;
      if (head === sentinel) continue;
      const pageblock = head >>> PAGEBLOCK_ORDER;
      if (o >= PAGEBLOCK_ORDER) {
        for (let b = pageblock; b < pageblock + (1 << (o - PAGEBLOCK_ORDER)); b++) mm.blockType[b] = type;
      } else if (o >= PAGEBLOCK_ORDER >> 1 || type === MIGRATE_RECLAIMABLE) {
        const moved = retypePageblock(mm, pageblock, nid[head]!, type);
        if (moved >= PAGES_PER_PAGEBLOCK >> 1) mm.blockType[pageblock] = type;
      }
      removeFreeBlock(mm, head);
      if (o > order) carve(mm, head, o, head, order, mm.blockType[pageblock]!);
      beginUse(mm, head, order, ALLOCATED);
      return head;
    }
  }
  return NO_PFN;
}

/** Allocates a block of 2^order pages of the migrate type from one cell, ignoring watermarks; NO_PFN if it cannot. */
export function takeBlock(mm: Mm, cell: number, order: number, type: number): number {
  const pfn = takeSmallest(mm, cell, order, type);
  return pfn !== NO_PFN ? pfn : steal(mm, cell, order, type);
}

/** Takes exactly [pfn, pfn + 2^order) out of the free lists as one allocation; false unless all of it is one free block's. */
export function holdBlock(mm: Mm, pfn: number, order: number): boolean {
  const { state } = mm.page;
  if (order < 0 || order > MAX_PAGE_ORDER || pfn % (1 << order) !== 0 || pfn + (1 << order) > mm.nrPages) return false;
  const head = headOf(state, pfn);
  const have = state[head]! & ORDER_MASK;
  if ((state[head]! & KIND_MASK) !== FREE || have < order) return false;
  removeFreeBlock(mm, head);
  if (have > order) carve(mm, head, have, pfn, order, mm.blockType[head >>> PAGEBLOCK_ORDER]!);
  beginUse(mm, pfn, order, ALLOCATED);
  return true;
}

/** Cuts [start, end) into the fewest aligned blocks, in ascending order: visit(pfn, order). */
export function forEachAligned(start: number, end: number, visit: (pfn: number, order: number) => void): void {
  for (let pfn = start; pfn < end;) {
    const order = largestOrder(pfn, end);
    visit(pfn, order);
    pfn += 1 << order;
  }
}
