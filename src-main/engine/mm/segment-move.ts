/**
 * Gives free pages to another node: the part of a commit's sweep (sweep.ts) inside one pageblock. The cost is that of the
 * pageblock's segments, however fragmented they are.
 *
 * - A whole pageblock that is one segment is relabelled: its bits stay, its lists change.
 * - Parts of a pageblock are given away together: segments that go to one node each are relabelled, and only where the
 *   pages of one part company are bits dealt anew.
 *
 * Counters changed: those of segment.ts.
 */
import { countBlocks, popcount, rangeMask } from './bitmap.ts';
import { NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import type { Mm } from './mm.ts';
import { addExtra, bump, closeSegment, pair, unlinkAll, unpair, zoneOfSegment } from './segment.ts';
import {
  BLOCK,
  blockOf,
  chainOf,
  COUNT16,
  countOf,
  FREE16,
  LINK,
  LINKED16,
  listOf,
  NID8,
  nidOf,
  pagesOf,
  ROW,
  ROW16,
  ROW8,
} from './segment-table.ts';

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
