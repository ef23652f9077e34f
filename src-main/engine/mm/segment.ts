/**
 * A segment is the free pages of one pageblock that are on one node: 512 bits and the number of maximal free blocks of
 * each order. The buddy lists link segments, not blocks: list (zone, migrate type, order) holds every segment of that
 * zone and type that has a block of that order; which block is found by looking at the bits. Two things follow. Freeing
 * or taking a page changes bits and counters that fit a cache, wherever the page is. And giving a whole pageblock's free
 * pages to another node relinks one segment, however fragmented it is.
 *
 * (a) Segment b (< nrPageblocks) is pageblock b's own; further nodes with free pages in b have extra segments, chained
 *     from it, the first of them at nrPageblocks + b: two are found by the pfn alone, more are seldom. No node has two
 *     segments in a pageblock; an extra segment has at least one free page.
 * (b) No page is free in two segments; a free page is not special (page.ts).
 * (c) count[o] is the number of maximal aligned blocks of order o in the bits; merging never crosses segments, so blocks
 *     never mix nodes.
 * (d) A block of order 10 is two whole segments of one node in pageblocks 2i and 2i + 1: whenever both are whole they are
 *     counted as one block of order 10 of the even one, and as none of order 9.
 * (e) A segment is linked in the list of an order when its count is not 0, newest first. One that has lost its last block
 *     of the order may stay linked until an allocation comes upon it: most get another before that, and taking the last
 *     page of one here and there is then as cheap as taking any. `linked` says in which lists a segment is.
 *
 * Counters changed here: count, free of segments; zones.free, zones.nrFree; block.free.
 */
import { WORDS, clearBlock, countIn, mergedOrder, setBlock } from './bitmap.ts';
import { NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { type Mm, zoneTypeOf } from './mm.ts';
import {
  BLOCK,
  blockOf,
  CHAIN,
  chainOf,
  COUNT16,
  countOf,
  FREE16,
  giveExtra,
  LINK,
  LINKED16,
  linkedOf,
  listOf,
  NID8,
  nidOf,
  pagesOf,
  ROW,
  ROW16,
  ROW8,
  secondOf,
  takeExtra,
} from './segment-table.ts';

/** Zone of a segment. */
export const zoneOfSegment = (mm: Mm, seg: number): number =>
  nidOf(mm.segment, seg) * NR_ZONES + zoneTypeOf(mm, blockOf(mm.segment, seg) << PAGEBLOCK_ORDER);

function addToList(mm: Mm, seg: number, zone: number, order: number): void {
  const { head, link, row, row16 } = mm.segment;
  const list = listOf(zone, mm.blockType[row[seg * ROW + BLOCK]!]!, order);
  const first = head[list]!;
  const i = seg * LINK + 2 * order;
  link[i] = first;
  link[i + 1] = -1;
  if (first !== -1) link[first * LINK + 2 * order + 1] = seg;
  head[list] = seg;
  row16[seg * ROW16 + LINKED16]! |= 1 << order;
}

function unlink(mm: Mm, seg: number, zone: number, order: number): void {
  const { head, link, row, row16 } = mm.segment;
  const i = seg * LINK + 2 * order;
  const next = link[i]!;
  const prev = link[i + 1]!;
  if (prev === -1) head[listOf(zone, mm.blockType[row[seg * ROW + BLOCK]!]!, order)] = next;
  else link[prev * LINK + 2 * order] = next;
  if (next !== -1) link[next * LINK + 2 * order + 1] = prev;
  row16[seg * ROW16 + LINKED16]! &= ~(1 << order);
}

/** Out of all lists, before the zone of a segment changes. */
export function unlinkAll(mm: Mm, seg: number): void {
  let linked = linkedOf(mm.segment, seg);
  if (linked === 0) return;
  const zone = zoneOfSegment(mm, seg);
  for (; linked !== 0; linked &= linked - 1) unlink(mm, seg, zone, 31 - Math.clz32(linked & -linked));
}

/** Into the lists of all orders that it has a block of; it is in none. */
function linkAll(mm: Mm, seg: number): void {
  const zone = zoneOfSegment(mm, seg);
  for (let o = 0; o < NR_PAGE_ORDERS; o++) if (countOf(mm.segment, seg, o) > 0) addToList(mm, seg, zone, o);
}

/** The newest segment of a list that has a block of its order, -1 if none; those that have none leave the list. */
export function firstOf(mm: Mm, zone: number, type: number, order: number): number {
  const list = listOf(zone, type, order);
  for (;;) {
    const seg = mm.segment.head[list]!;
    if (seg === -1 || countOf(mm.segment, seg, order) > 0) return seg;
    unlink(mm, seg, zone, order);
  }
}

/** Changes the number of blocks of an order, and with it the lists. */
export function bump(mm: Mm, seg: number, zone: number, order: number, by: number): void {
  const { row16 } = mm.segment;
  row16[seg * ROW16 + COUNT16 + order]! += by;
  mm.zones.nrFree[zone * NR_PAGE_ORDERS + order]! += by;
  if (by > 0 && ((row16[seg * ROW16 + LINKED16]! >>> order) & 1) === 0) addToList(mm, seg, zone, order);
}

/** The segment of a node in a pageblock; -1 when it has no free page there. */
export function findSegment(mm: Mm, block: number, nid: number): number {
  const t = mm.segment;
  if (nidOf(t, block) === nid && pagesOf(t, block) > 0) return block;
  const chain = chainOf(t, block);
  if (chain === -1) return -1;
  const second = secondOf(t, block);
  if (nidOf(t, second) === nid && pagesOf(t, second) > 0) return second;
  for (let seg = chain; seg !== -1; seg = chainOf(t, seg)) if (nidOf(t, seg) === nid) return seg;
  return -1;
}

/** The same, made if need be. */
function openSegment(mm: Mm, block: number, nid: number): number {
  const found = findSegment(mm, block, nid);
  if (found !== -1) return found;
  const t = mm.segment;
  if (pagesOf(t, block) === 0) {
    unlinkAll(mm, block);
    t.row8[block * ROW8 + NID8] = nid;
    return block;
  }
  return addExtra(mm, block, nid);
}

export function addExtra(mm: Mm, block: number, nid: number): number {
  const t = mm.segment;
  const seg = takeExtra(t, block);
  t.row8[seg * ROW8 + NID8] = nid;
  t.row[seg * ROW + BLOCK] = block;
  t.row[seg * ROW + CHAIN] = t.row[block * ROW + CHAIN]!;
  t.row[block * ROW + CHAIN] = seg;
  return seg;
}

/** Gives back an extra segment whose last page has left. */
export function closeSegment(mm: Mm, seg: number): void {
  const t = mm.segment;
  const block = blockOf(t, seg);
  if (pagesOf(t, seg) !== 0 || seg === block) return;
  unlinkAll(mm, seg);
  let before = block;
  while (chainOf(t, before) !== seg) before = chainOf(t, before);
  t.row[before * ROW + CHAIN] = chainOf(t, seg);
  giveExtra(t, seg);
}

/** The segment in which a page is free; -1 when it is not. */
export function segmentOfFree(mm: Mm, pfn: number): number {
  const { row } = mm.segment;
  const block = pfn >>> PAGEBLOCK_ORDER;
  const word = (pfn >>> 5) & (WORDS - 1);
  const bit = pfn & 31;
  if (((row[block * ROW + word]! >>> bit) & 1) === 1) return block;
  const chain = row[block * ROW + CHAIN]!;
  if (chain === -1) return -1;
  // It need not be in use; then it has no bits.
  const second = secondOf(mm.segment, block);
  if (((row[second * ROW + word]! >>> bit) & 1) === 1) return second;
  for (let seg = chain; seg !== -1; seg = row[seg * ROW + CHAIN]!) {
    if (((row[seg * ROW + word]! >>> bit) & 1) === 1) return seg;
  }
  return -1;
}

/** The pages among 32 that are not free on any node: in use, or holes. */
export function usedWord(mm: Mm, block: number, word: number): number {
  const { row } = mm.segment;
  let free = 0;
  for (let seg = block; seg !== -1; seg = row[seg * ROW + CHAIN]!) free |= row[seg * ROW + word]!;
  return ~free;
}

/** The whole segment of the same node in the other pageblock of the pair; -1 when there is none. */
function wholePartner(mm: Mm, seg: number): number {
  const t = mm.segment;
  const partner = findSegment(mm, blockOf(t, seg) ^ 1, nidOf(t, seg));
  return partner !== -1 && pagesOf(t, partner) === PAGES_PER_PAGEBLOCK ? partner : -1;
}

/** After `seg` has become whole: (d). */
export function pair(mm: Mm, seg: number, zone: number): void {
  const partner = wholePartner(mm, seg);
  if (partner === -1) return;
  bump(mm, partner, zone, PAGEBLOCK_ORDER, -1);
  bump(mm, seg, zone, PAGEBLOCK_ORDER, -1);
  bump(mm, blockOf(mm.segment, seg) % 2 === 0 ? seg : partner, zone, PAGEBLOCK_ORDER + 1, 1);
}

/** Before a whole `seg` loses a page or its node: undoes (d). */
export function unpair(mm: Mm, seg: number, zone: number): void {
  const partner = wholePartner(mm, seg);
  if (partner === -1) return;
  bump(mm, blockOf(mm.segment, seg) % 2 === 0 ? seg : partner, zone, PAGEBLOCK_ORDER + 1, -1);
  bump(mm, partner, zone, PAGEBLOCK_ORDER, 1);
  bump(mm, seg, zone, PAGEBLOCK_ORDER, 1);
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
  const own = nidOf(mm.segment, block) === nid && pagesOf(mm.segment, block) > 0;
  const seg = own ? block : openSegment(mm, block, nid);
  const { row, row16 } = mm.segment;
  const zone = nid * NR_ZONES + zoneTypeOf(mm, pfn);
  const at = seg * ROW;
  const offset = pfn & (PAGES_PER_PAGEBLOCK - 1);
  setBlock(row, at, offset, order);
  row16[seg * ROW16 + FREE16]! += 1 << order;
  mm.block.free[block]! += 1 << order;
  mm.zones.free[zone]! += 1 << order;
  const merged = mergedOrder(row, at, offset, order);
  for (let o = order; o < merged; o++) bump(mm, seg, zone, o, -1);
  bump(mm, seg, zone, merged, 1);
  if (merged === PAGEBLOCK_ORDER) pair(mm, seg, zone);
}

/**
 * Takes [pfn, pfn + 2^order), all of it free in `seg`, out of the free lists; the rest of the block it was in is cut into
 * its largest parts. Order at most PAGEBLOCK_ORDER. Cost O(orders).
 * @param from order of the block that it is a part of, within the pageblock; looked up when it is not given.
 */
export function takeFromSegment(mm: Mm, seg: number, pfn: number, order: number, from?: number): void {
  const { row, row16 } = mm.segment;
  const zone = nidOf(mm.segment, seg) * NR_ZONES + zoneTypeOf(mm, pfn);
  if (row16[seg * ROW16 + FREE16] === PAGES_PER_PAGEBLOCK) unpair(mm, seg, zone);
  const at = seg * ROW;
  const offset = pfn & (PAGES_PER_PAGEBLOCK - 1);
  const merged = from ?? mergedOrder(row, at, offset, order);
  bump(mm, seg, zone, merged, -1);
  for (let o = merged - 1; o >= order; o--) bump(mm, seg, zone, o, 1);
  clearBlock(row, at, offset, order);
  row16[seg * ROW16 + FREE16]! -= 1 << order;
  mm.block.free[pfn >>> PAGEBLOCK_ORDER]! -= 1 << order;
  mm.zones.free[zone]! -= 1 << order;
  if (row16[seg * ROW16 + FREE16] === 0) closeSegment(mm, seg);
}

/** Changes the migrate type of a pageblock, and with it the lists of all its segments. */
export function setBlockType(mm: Mm, block: number, type: number): void {
  const t = mm.segment;
  for (let seg = block; seg !== -1; seg = chainOf(t, seg)) unlinkAll(mm, seg);
  mm.blockType[block] = type;
  for (let seg = block; seg !== -1; seg = chainOf(t, seg)) linkAll(mm, seg);
}

/** Free pages in [start, end), a part of one pageblock, on any node. */
export function freeIn(mm: Mm, start: number, end: number): number {
  const t = mm.segment;
  const first = start & (PAGES_PER_PAGEBLOCK - 1);
  let pages = 0;
  for (let seg = start >>> PAGEBLOCK_ORDER; seg !== -1; seg = chainOf(t, seg)) {
    pages += countIn(t.row, seg * ROW, first, first + end - start);
  }
  return pages;
}
