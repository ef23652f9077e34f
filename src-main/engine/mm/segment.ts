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
import { WORDS, clearBlock, countBlocks, countIn, mergedOrder, popcount, rangeMask, setBlock } from './bitmap.ts';
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
const zoneOfSegment = (mm: Mm, seg: number): number =>
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
function unlinkAll(mm: Mm, seg: number): void {
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
function bump(mm: Mm, seg: number, zone: number, order: number, by: number): void {
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

function addExtra(mm: Mm, block: number, nid: number): number {
  const t = mm.segment;
  const seg = takeExtra(t, block);
  t.row8[seg * ROW8 + NID8] = nid;
  t.row[seg * ROW + BLOCK] = block;
  t.row[seg * ROW + CHAIN] = t.row[block * ROW + CHAIN]!;
  t.row[block * ROW + CHAIN] = seg;
  return seg;
}

/** Gives back an extra segment whose last page has left. */
function closeSegment(mm: Mm, seg: number): void {
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
function pair(mm: Mm, seg: number, zone: number): void {
  const partner = wholePartner(mm, seg);
  if (partner === -1) return;
  bump(mm, partner, zone, PAGEBLOCK_ORDER, -1);
  bump(mm, seg, zone, PAGEBLOCK_ORDER, -1);
  bump(mm, blockOf(mm.segment, seg) % 2 === 0 ? seg : partner, zone, PAGEBLOCK_ORDER + 1, 1);
}

/** Before a whole `seg` loses a page or its node: undoes (d). */
function unpair(mm: Mm, seg: number, zone: number): void {
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
 */
export function takeFromSegment(mm: Mm, seg: number, pfn: number, order: number): void {
  const { row, row16 } = mm.segment;
  const zone = nidOf(mm.segment, seg) * NR_ZONES + zoneTypeOf(mm, pfn);
  if (row16[seg * ROW16 + FREE16] === PAGES_PER_PAGEBLOCK) unpair(mm, seg, zone);
  const at = seg * ROW;
  const offset = pfn & (PAGES_PER_PAGEBLOCK - 1);
  const merged = mergedOrder(row, at, offset, order);
  bump(mm, seg, zone, merged, -1);
  for (let o = merged - 1; o >= order; o--) bump(mm, seg, zone, o, 1);
  clearBlock(row, at, offset, order);
  row16[seg * ROW16 + FREE16]! -= 1 << order;
  mm.block.free[pfn >>> PAGEBLOCK_ORDER]! -= 1 << order;
  mm.zones.free[zone]! -= 1 << order;
  if (row16[seg * ROW16 + FREE16] === 0) closeSegment(mm, seg);
}

/** Gives a whole segment to a node that has none in its pageblock: its bits stay, its lists change. */
function relabel(mm: Mm, seg: number, nid: number): void {
  const t = mm.segment;
  const from = zoneOfSegment(mm, seg);
  const pages = pagesOf(t, seg);
  if (pages === PAGES_PER_PAGEBLOCK) unpair(mm, seg, from);
  const to = nid * NR_ZONES + (from % NR_ZONES);
  t.row8[seg * ROW8 + NID8] = nid;
  mm.zones.free[from]! -= pages;
  mm.zones.free[to]! += pages;
  relist(mm, seg, from, to);
  if (pages === PAGES_PER_PAGEBLOCK) pair(mm, seg, to);
}

/** From the lists of one zone to those of another, with its blocks. Lists of orders that it has none of it just leaves. */
function relist(mm: Mm, seg: number, from: number, to: number): void {
  const { head, link, row, row16 } = mm.segment;
  const { nrFree } = mm.zones;
  const type = mm.blockType[row[seg * ROW + BLOCK]!]!;
  const fromList = listOf(from, type, 0);
  const toList = listOf(to, type, 0);
  for (let left = row16[seg * ROW16 + LINKED16]!; left !== 0; left &= left - 1) {
    const o = 31 - Math.clz32(left & -left);
    const i = seg * LINK + 2 * o;
    const next = link[i]!;
    const prev = link[i + 1]!;
    if (prev === -1) head[fromList + o] = next;
    else link[prev * LINK + 2 * o] = next;
    if (next !== -1) link[next * LINK + 2 * o + 1] = prev;
    const blocks = row16[seg * ROW16 + COUNT16 + o]!;
    if (blocks === 0) {
      row16[seg * ROW16 + LINKED16]! &= ~(1 << o);
      continue;
    }
    nrFree[from * NR_PAGE_ORDERS + o]! -= blocks;
    nrFree[to * NR_PAGE_ORDERS + o]! += blocks;
    const first = head[toList + o]!;
    link[i] = first;
    link[i + 1] = -1;
    if (first !== -1) link[first * LINK + 2 * o + 1] = seg;
    head[toList + o] = seg;
  }
}

const fresh = new Uint16Array(NR_PAGE_ORDERS);

/** Brings the counters of a segment into line with its bits, which may have changed in any way while it was unpaired. */
function recount(mm: Mm, seg: number): void {
  const t = mm.segment;
  const zone = zoneOfSegment(mm, seg);
  const pages = countBlocks(t.row, seg * ROW, fresh);
  for (let o = 0; o < NR_PAGE_ORDERS; o++) {
    const by = fresh[o]! - countOf(t, seg, o);
    if (by !== 0) bump(mm, seg, zone, o, by);
  }
  const more = pages - pagesOf(t, seg);
  mm.zones.free[zone]! += more;
  mm.block.free[blockOf(t, seg)]! += more;
  t.row16[seg * ROW16 + FREE16] = pages;
}

/** Parts of one pageblock and where their free pages are to go: ascending, disjoint. */
export class BlockParts {
  block = -1;
  count = 0;
  /** By part: offsets in the pageblock, and the node. */
  readonly first = new Uint16Array(PAGES_PER_PAGEBLOCK);
  readonly last = new Uint16Array(PAGES_PER_PAGEBLOCK);
  readonly nid = new Uint8Array(PAGES_PER_PAGEBLOCK);

  begin(block: number): void {
    this.block = block;
    this.count = 0;
  }

  add(start: number, end: number, nid: number): void {
    const first = start & (PAGES_PER_PAGEBLOCK - 1);
    this.first[this.count] = first;
    this.last[this.count] = first + end - start;
    this.nid[this.count++] = nid;
  }
}

const onePart = new BlockParts();

/**
 * Gives the free pages of [start, end), a part of one pageblock, to node nid, from whatever node they are on. Returns the
 * pages that changed node. Cost: the segments of the pageblock, not the blocks in them.
 */
export function moveFreePages(mm: Mm, start: number, end: number, nid: number): number {
  const t = mm.segment;
  const block = start >>> PAGEBLOCK_ORDER;
  if (mm.block.free[block] === 0) return 0;
  const whole = end - start === PAGES_PER_PAGEBLOCK || end === mm.nrPages;
  if (whole && start % PAGES_PER_PAGEBLOCK === 0 && chainOf(t, block) === -1) {
    if (nidOf(t, block) === nid) return 0;
    relabel(mm, block, nid);
    return pagesOf(t, block);
  }
  onePart.begin(block);
  onePart.add(start, end, nid);
  return moveFreeParts(mm, onePart, () => undefined);
}

/** Whether any bit of [first, last) is set. */
function anyIn(row: Int32Array, at: number, first: number, last: number): boolean {
  if (((first | last) & 31) === 0) {
    for (let w = first >>> 5; w < last >>> 5; w++) if (row[at + w] !== 0) return true;
    return false;
  }
  for (let w = first >>> 5; w << 5 < last; w++) {
    const bits = row[at + w]!;
    if (bits !== 0 && (bits & rangeMask(w, first, last)) !== 0) return true;
  }
  return false;
}

/** Several nodes: no segment goes to it whole. */
const SEVERAL = -1;

/** The one node on which a segment's pages would all be; SEVERAL if there is none. */
function goesTo(mm: Mm, seg: number, parts: BlockParts): number {
  const { row } = mm.segment;
  const at = seg * ROW;
  const nid = nidOf(mm.segment, seg);
  let to = SEVERAL;
  let done = 0;
  for (let p = 0; p <= parts.count; p++) {
    const first = p < parts.count ? parts.first[p]! : PAGES_PER_PAGEBLOCK;
    if (done < first && to !== nid && anyIn(row, at, done, first)) {
      if (to !== SEVERAL) return SEVERAL;
      to = nid;
    }
    if (p === parts.count) break;
    done = parts.last[p]!;
    if (to !== parts.nid[p] && anyIn(row, at, first, done)) {
      if (to !== SEVERAL) return SEVERAL;
      to = parts.nid[p]!;
    }
  }
  return to;
}

/** Segments of the pageblock at hand that have pages, and where each of them goes whole. */
const planSeg = new Int32Array(PAGES_PER_PAGEBLOCK);
const planNid = new Int16Array(PAGES_PER_PAGEBLOCK);

/**
 * Gives the free pages of parts of one pageblock to the node of each. Returns the pages that changed node, and calls back
 * for how many came to which.
 *
 *     pageblock   |.....##########.....#####...|   free pages: ####
 *     parts            [  to 1   ]    [to 2]       two parts; what is in none stays where it is
 *
 * (a) Mostly a layout exchanges the nodes of a pageblock's parts, so that each segment goes to another node as it is:
 *     it is relabelled, and nothing is counted.
 * (b) Otherwise, where the pages of a segment part company or two segments would go to one node, the bits are dealt anew
 *     and each segment is counted once.
 */
export function moveFreeParts(mm: Mm, parts: BlockParts, came: (nid: number, pages: number) => void): number {
  const t = mm.segment;
  if (mm.block.free[parts.block] === 0) return 0;
  let n = 0;
  for (let seg = parts.block; seg !== -1; seg = chainOf(t, seg)) {
    if (pagesOf(t, seg) === 0) continue;
    const to = goesTo(mm, seg, parts);
    if (to === SEVERAL) return dealFreeParts(mm, parts, came);
    for (let i = 0; i < n; i++) if (planNid[i] === to) return dealFreeParts(mm, parts, came);
    planSeg[n] = seg;
    planNid[n++] = to;
  }
  let moved = 0;
  for (let i = 0; i < n; i++) {
    const seg = planSeg[i]!;
    if (planNid[i] === nidOf(t, seg)) continue;
    relabel(mm, seg, planNid[i]!);
    came(planNid[i]!, pagesOf(t, seg));
    moved += pagesOf(t, seg);
  }
  return moved;
}

/** The first node that a segment's own pageblock would give pages to, if none of them stays; SEVERAL if some would. */
function leavesFor(mm: Mm, parts: BlockParts): number {
  const { row } = mm.segment;
  const at = parts.block * ROW;
  const nid = nidOf(mm.segment, parts.block);
  let to = SEVERAL;
  let done = 0;
  for (let p = 0; p < parts.count; p++) {
    const first = parts.first[p]!;
    if (done < first && anyIn(row, at, done, first)) return SEVERAL;
    done = parts.last[p]!;
    if (!anyIn(row, at, first, done)) continue;
    if (parts.nid[p] === nid) return SEVERAL;
    if (to === SEVERAL) to = parts.nid[p]!;
  }
  return done < PAGES_PER_PAGEBLOCK && anyIn(row, at, done, PAGES_PER_PAGEBLOCK) ? SEVERAL : to;
}

function dealFreeParts(mm: Mm, parts: BlockParts, came: (nid: number, pages: number) => void): number {
  const t = mm.segment;
  const { block } = parts;
  // When nothing stays in the own segment it follows its first pages, so that it is not left empty beside extra ones.
  let follows = leavesFor(mm, parts);
  for (let seg = chainOf(t, block); seg !== -1; seg = chainOf(t, seg)) if (nidOf(t, seg) === follows) follows = SEVERAL;
  let stayed = follows === SEVERAL ? 0 : pagesOf(t, block);
  if (follows !== SEVERAL) relabel(mm, block, follows);
  for (let seg = block; seg !== -1; seg = chainOf(t, seg)) {
    if (pagesOf(t, seg) === PAGES_PER_PAGEBLOCK) unpair(mm, seg, zoneOfSegment(mm, seg));
  }
  // Counters keep their old values until all bits are dealt, so they cannot show which segments are open.
  let ownOpen = pagesOf(t, block) > 0;
  const open = (nid: number): number => {
    for (let seg = ownOpen ? block : chainOf(t, block); seg !== -1; seg = chainOf(t, seg)) {
      if (nidOf(t, seg) === nid) return seg;
    }
    if (ownOpen) return addExtra(mm, block, nid);
    ownOpen = true;
    unlinkAll(mm, block);
    t.row8[block * ROW8 + NID8] = nid;
    return block;
  };
  let moved = 0;
  for (let p = 0; p < parts.count; p++) {
    const first = parts.first[p]!;
    const last = parts.last[p]!;
    let pages = 0;
    for (let seg = block; seg !== -1; seg = chainOf(t, seg)) {
      if (nidOf(t, seg) === parts.nid[p] || !anyIn(t.row, seg * ROW, first, last)) continue;
      const to = open(parts.nid[p]!);
      const { row } = t;
      for (let w = first >>> 5; w << 5 < last; w++) {
        const part = row[seg * ROW + w]! & rangeMask(w, first, last);
        row[seg * ROW + w]! &= ~part;
        row[to * ROW + w]! |= part;
        pages += popcount(part);
        if (seg === block) stayed -= popcount(part);
      }
    }
    if (pages > 0) came(parts.nid[p]!, pages);
    moved += pages;
  }
  if (follows !== SEVERAL) {
    if (stayed > 0) came(follows, stayed);
    moved += stayed;
  }
  for (let seg = block; seg !== -1;) {
    const after = chainOf(t, seg);
    recount(mm, seg);
    if (pagesOf(t, seg) === PAGES_PER_PAGEBLOCK) pair(mm, seg, zoneOfSegment(mm, seg));
    else if (pagesOf(t, seg) === 0) closeSegment(mm, seg);
    seg = after;
  }
  return moved;
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
