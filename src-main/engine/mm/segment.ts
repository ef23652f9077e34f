/**
 * A segment is the free pages of one pageblock that are on one node: 512 bits and the number of maximal free blocks of
 * each order. The buddy lists link segments, not blocks: list (cell, migrate type, order) holds every segment of that
 * cell and type that has a block of that order; which block is found by looking at the bits. Two things follow. Freeing
 * or taking a page changes bits and counters that fit a cache, wherever the page is. And giving a whole pageblock's free
 * pages to another node relinks one segment, however fragmented it is.
 *
 * (a) Segment b (< nrPageblocks) is pageblock b's own; further nodes with free pages in b have extra segments, chained
 *     from it. No node has two segments in a pageblock; an extra segment has at least one free page.
 * (b) No page is free in two segments; a free page is not special (page.ts).
 * (c) count[o] is the number of maximal aligned blocks of order o in the bits; merging never crosses segments, so blocks
 *     never mix nodes.
 * (d) A block of order 10 is two whole segments of one node in pageblocks 2i and 2i + 1: whenever both are whole they are
 *     counted as one block of order 10 of the even one, and as none of order 9.
 * (e) A segment is linked in the list of an order when its count is not 0, newest first. One that has lost its last block
 *     of the order may stay linked until an allocation comes upon it: most get another before that, and taking the last
 *     page of one here and there is then as cheap as taking any. `linked` says in which lists a segment is.
 *
 * Counters changed here: count, free of segments; cell.free, cell.nrFree; block.free.
 */
import { WORDS, clearBlock, countBlocks, countIn, mergedOrder, rangeMask, setBlock } from './bitmap.ts';
import { NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { type Mm, zoneOf } from './mm.ts';
import { grow, listOf } from './segment-table.ts';

/** Cell of a segment. */
const cellOfSegment = (mm: Mm, seg: number): number =>
  mm.segment.nid[seg]! * NR_ZONES + zoneOf(mm, mm.segment.block[seg]! << PAGEBLOCK_ORDER);

function link(mm: Mm, seg: number, cell: number, order: number): void {
  const { head, next, prev, block, linked } = mm.segment;
  const list = listOf(cell, mm.blockType[block[seg]!]!, order);
  const first = head[list]!;
  const i = seg * NR_PAGE_ORDERS + order;
  next[i] = first;
  prev[i] = -1;
  if (first !== -1) prev[first * NR_PAGE_ORDERS + order] = seg;
  head[list] = seg;
  linked[seg]! |= 1 << order;
}

function unlink(mm: Mm, seg: number, cell: number, order: number): void {
  const { head, next, prev, block, linked } = mm.segment;
  const i = seg * NR_PAGE_ORDERS + order;
  const n = next[i]!;
  const p = prev[i]!;
  if (p === -1) head[listOf(cell, mm.blockType[block[seg]!]!, order)] = n;
  else next[p * NR_PAGE_ORDERS + order] = n;
  if (n !== -1) prev[n * NR_PAGE_ORDERS + order] = p;
  linked[seg]! &= ~(1 << order);
}

/** Out of all lists, before the cell of a segment changes. */
function unlinkAll(mm: Mm, seg: number): void {
  if (mm.segment.linked[seg] === 0) return;
  const cell = cellOfSegment(mm, seg);
  for (let o = 0; o < NR_PAGE_ORDERS; o++) if (((mm.segment.linked[seg]! >>> o) & 1) === 1) unlink(mm, seg, cell, o);
}

/** Into the lists of all orders that it has a block of; it is in none. */
function linkAll(mm: Mm, seg: number): void {
  const cell = cellOfSegment(mm, seg);
  for (let o = 0; o < NR_PAGE_ORDERS; o++) if (mm.segment.count[seg * NR_PAGE_ORDERS + o]! > 0) link(mm, seg, cell, o);
}

/** The newest segment of a list that has a block of its order, -1 if none; those that have none leave the list. */
export function firstOf(mm: Mm, cell: number, type: number, order: number): number {
  const { head, count } = mm.segment;
  const list = listOf(cell, type, order);
  for (;;) {
    const seg = head[list]!;
    if (seg === -1 || count[seg * NR_PAGE_ORDERS + order]! > 0) return seg;
    unlink(mm, seg, cell, order);
  }
}

/** Changes the number of blocks of an order, and with it the lists. */
function bump(mm: Mm, seg: number, cell: number, order: number, by: number): void {
  mm.segment.count[seg * NR_PAGE_ORDERS + order]! += by;
  mm.cell.nrFree[cell * NR_PAGE_ORDERS + order]! += by;
  if (by > 0 && ((mm.segment.linked[seg]! >>> order) & 1) === 0) link(mm, seg, cell, order);
}

/** The segment of a node in a pageblock; -1 when it has no free page there. */
export function findSegment(mm: Mm, block: number, nid: number): number {
  const t = mm.segment;
  if (t.nid[block] === nid && t.free[block]! > 0) return block;
  for (let seg = t.chain[block]!; seg !== -1; seg = t.chain[seg]!) if (t.nid[seg] === nid) return seg;
  return -1;
}

/** The same, made if need be. */
function openSegment(mm: Mm, block: number, nid: number): number {
  const found = findSegment(mm, block, nid);
  if (found !== -1) return found;
  const t = mm.segment;
  if (t.free[block] === 0) {
    unlinkAll(mm, block);
    t.nid[block] = nid;
    return block;
  }
  let seg = t.spare;
  if (seg !== -1) {
    t.spare = t.chain[seg]!;
  } else {
    if (t.used === t.free.length) grow(t);
    seg = t.used++;
  }
  t.nid[seg] = nid;
  t.block[seg] = block;
  t.chain[seg] = t.chain[block]!;
  t.chain[block] = seg;
  return seg;
}

/** Gives back an extra segment whose last page has left. */
function closeSegment(mm: Mm, seg: number): void {
  const t = mm.segment;
  const block = t.block[seg]!;
  if (t.free[seg] !== 0 || seg === block) return;
  unlinkAll(mm, seg);
  let before = block;
  while (t.chain[before] !== seg) before = t.chain[before]!;
  t.chain[before] = t.chain[seg]!;
  t.chain[seg] = t.spare;
  t.spare = seg;
}

/** The segment in which a page is free; -1 when it is not. */
export function segmentOfFree(mm: Mm, pfn: number): number {
  const { bits, chain } = mm.segment;
  const word = (pfn >>> 5) & (WORDS - 1);
  for (let seg = pfn >>> PAGEBLOCK_ORDER; seg !== -1; seg = chain[seg]!) {
    if (((bits[seg * WORDS + word]! >>> (pfn & 31)) & 1) === 1) return seg;
  }
  return -1;
}

/** The whole segment of the same node in the other pageblock of the pair; -1 when there is none. */
function wholePartner(mm: Mm, seg: number): number {
  const { block, nid, free } = mm.segment;
  const other = block[seg]! ^ 1;
  const partner = findSegment(mm, other, nid[seg]!);
  return partner !== -1 && free[partner] === PAGES_PER_PAGEBLOCK ? partner : -1;
}

/** After `seg` has become whole: (d). */
function pair(mm: Mm, seg: number, cell: number): void {
  const partner = wholePartner(mm, seg);
  if (partner === -1) return;
  bump(mm, partner, cell, PAGEBLOCK_ORDER, -1);
  bump(mm, seg, cell, PAGEBLOCK_ORDER, -1);
  bump(mm, mm.segment.block[seg]! % 2 === 0 ? seg : partner, cell, PAGEBLOCK_ORDER + 1, 1);
}

/** Before a whole `seg` loses a page or its node: undoes (d). */
function unpair(mm: Mm, seg: number, cell: number): void {
  const partner = wholePartner(mm, seg);
  if (partner === -1) return;
  bump(mm, mm.segment.block[seg]! % 2 === 0 ? seg : partner, cell, PAGEBLOCK_ORDER + 1, -1);
  bump(mm, partner, cell, PAGEBLOCK_ORDER, 1);
  bump(mm, seg, cell, PAGEBLOCK_ORDER, 1);
}

/**
 * Frees the pages [pfn, pfn + 2^order), none of which is free, into node nid, merging upwards. Cost O(orders).
 */
export function addFreeBlock(mm: Mm, pfn: number, order: number, nid: number): void {
  if (order > PAGEBLOCK_ORDER) {
    addFreeBlock(mm, pfn, PAGEBLOCK_ORDER, nid);
    addFreeBlock(mm, pfn + PAGES_PER_PAGEBLOCK, PAGEBLOCK_ORDER, nid);
    return;
  }
  const block = pfn >>> PAGEBLOCK_ORDER;
  const own = mm.segment.nid[block] === nid && mm.segment.free[block]! > 0;
  const seg = own ? block : openSegment(mm, block, nid);
  const { bits, free } = mm.segment;
  const cell = nid * NR_ZONES + zoneOf(mm, pfn);
  const at = seg * WORDS;
  const offset = pfn & (PAGES_PER_PAGEBLOCK - 1);
  setBlock(bits, at, offset, order);
  free[seg]! += 1 << order;
  mm.block.free[block]! += 1 << order;
  mm.cell.free[cell]! += 1 << order;
  const merged = mergedOrder(bits, at, offset, order);
  for (let o = order; o < merged; o++) bump(mm, seg, cell, o, -1);
  bump(mm, seg, cell, merged, 1);
  if (merged === PAGEBLOCK_ORDER) pair(mm, seg, cell);
}

/**
 * Takes [pfn, pfn + 2^order), all of it free in `seg`, out of the free lists; the rest of the block it was in is cut into
 * its largest parts. Order at most PAGEBLOCK_ORDER. Cost O(orders).
 */
export function takeFromSegment(mm: Mm, seg: number, pfn: number, order: number): void {
  const { bits, free } = mm.segment;
  const cell = mm.segment.nid[seg]! * NR_ZONES + zoneOf(mm, pfn);
  if (free[seg] === PAGES_PER_PAGEBLOCK) unpair(mm, seg, cell);
  const at = seg * WORDS;
  const offset = pfn & (PAGES_PER_PAGEBLOCK - 1);
  const merged = mergedOrder(bits, at, offset, order);
  bump(mm, seg, cell, merged, -1);
  for (let o = merged - 1; o >= order; o--) bump(mm, seg, cell, o, 1);
  clearBlock(bits, at, offset, order);
  free[seg]! -= 1 << order;
  mm.block.free[pfn >>> PAGEBLOCK_ORDER]! -= 1 << order;
  mm.cell.free[cell]! -= 1 << order;
  if (free[seg] === 0) closeSegment(mm, seg);
}

/** Gives a whole segment to a node that has none in its pageblock: its bits stay, its lists change. */
function relabel(mm: Mm, seg: number, nid: number): void {
  const t = mm.segment;
  const from = cellOfSegment(mm, seg);
  const whole = t.free[seg] === PAGES_PER_PAGEBLOCK;
  if (whole) unpair(mm, seg, from);
  const to = nid * NR_ZONES + (from % NR_ZONES);
  unlinkAll(mm, seg);
  for (let o = 0; o < NR_PAGE_ORDERS; o++) {
    const blocks = t.count[seg * NR_PAGE_ORDERS + o]!;
    mm.cell.nrFree[from * NR_PAGE_ORDERS + o]! -= blocks;
    mm.cell.nrFree[to * NR_PAGE_ORDERS + o]! += blocks;
  }
  mm.cell.free[from]! -= t.free[seg]!;
  mm.cell.free[to]! += t.free[seg]!;
  t.nid[seg] = nid;
  linkAll(mm, seg);
  if (whole) pair(mm, seg, to);
}

const fresh = new Uint16Array(NR_PAGE_ORDERS);

/** Brings the counters of a segment into line with its bits, which may have changed in any way while it was unpaired. */
function recount(mm: Mm, seg: number): void {
  const t = mm.segment;
  const cell = cellOfSegment(mm, seg);
  const pages = countBlocks(t.bits, seg * WORDS, fresh);
  for (let o = 0; o < NR_PAGE_ORDERS; o++) {
    const by = fresh[o]! - t.count[seg * NR_PAGE_ORDERS + o]!;
    if (by !== 0) bump(mm, seg, cell, o, by);
  }
  mm.cell.free[cell]! += pages - t.free[seg]!;
  mm.block.free[t.block[seg]!]! += pages - t.free[seg]!;
  t.free[seg] = pages;
}

/**
 * Gives the free pages of [start, end), a part of one pageblock, to node nid, from whatever node they are on. Returns the
 * pages that changed node. Cost: the segments of the pageblock, not the blocks in them.
 */
export function moveFreePages(mm: Mm, start: number, end: number, nid: number): number {
  const t = mm.segment;
  const block = start >>> PAGEBLOCK_ORDER;
  if (mm.block.free[block] === 0) return 0;
  const whole = end - start === PAGES_PER_PAGEBLOCK || end === mm.nrPages;
  if (whole && start % PAGES_PER_PAGEBLOCK === 0 && t.chain[block] === -1) {
    if (t.nid[block] === nid) return 0;
    relabel(mm, block, nid);
    return t.free[block]!;
  }
  let moved = 0;
  for (let seg = block; seg !== -1;) {
    const after = t.chain[seg]!;
    if (t.nid[seg] !== nid && t.free[seg]! > 0) moved += moveBits(mm, seg, start, end, nid);
    seg = after;
  }
  return moved;
}

/** The part of moveFreePages that concerns one segment of another node. */
function moveBits(mm: Mm, seg: number, start: number, end: number, nid: number): number {
  const first = start & (PAGES_PER_PAGEBLOCK - 1);
  const last = first + end - start;
  const moved = countIn(mm.segment.bits, seg * WORDS, first, last);
  if (moved === 0) return 0;
  // Opened while `seg` still has its pages, so that it is another segment.
  const to = openSegment(mm, mm.segment.block[seg]!, nid);
  const { bits, free } = mm.segment;
  if (free[seg] === PAGES_PER_PAGEBLOCK) unpair(mm, seg, cellOfSegment(mm, seg));
  for (let w = first >>> 5; w < WORDS && w << 5 < last; w++) {
    const part = bits[seg * WORDS + w]! & rangeMask(w, first, last);
    bits[seg * WORDS + w]! &= ~part;
    bits[to * WORDS + w]! |= part;
  }
  recount(mm, seg);
  recount(mm, to);
  if (free[to] === PAGES_PER_PAGEBLOCK) pair(mm, to, cellOfSegment(mm, to));
  closeSegment(mm, seg);
  return moved;
}

/** Changes the migrate type of a pageblock, and with it the lists of all its segments. */
export function setBlockType(mm: Mm, block: number, type: number): void {
  const { chain } = mm.segment;
  for (let seg = block; seg !== -1; seg = chain[seg]!) unlinkAll(mm, seg);
  mm.blockType[block] = type;
  for (let seg = block; seg !== -1; seg = chain[seg]!) linkAll(mm, seg);
}

/** Free pages in [start, end), a part of one pageblock, on any node. */
export function freeIn(mm: Mm, start: number, end: number): number {
  const { bits, chain } = mm.segment;
  const first = start & (PAGES_PER_PAGEBLOCK - 1);
  let pages = 0;
  for (let seg = start >>> PAGEBLOCK_ORDER; seg !== -1; seg = chain[seg]!) {
    pages += countIn(bits, seg * WORDS, first, first + end - start);
  }
  return pages;
}
