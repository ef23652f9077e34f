/**
 * A guest's pages counted anew, one by one, for check.ts: each page's kind, A and T are read on their own (T from the
 * ranges, not from the pageblock table), and the free blocks follow from the free pages alone, in a way that shares
 * nothing with segment.ts. What a page by itself shows to be wrong is reported on the way.
 */
import { MAX_PAGE_ORDER, NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { type Mm, zoneTypeOf } from './mm.ts';
import {
  ALLOCATED,
  HELD,
  HOLE,
  isSpecial,
  KIND_MASK,
  ORDER_MASK,
  PCP,
  PINNED,
  RESERVED,
  stateOf,
  TAIL,
} from './page.ts';
import { mayMisplace } from './rfc/rfc-check.ts';
import { bitsAt, chainOf, nidOf, pagesOf } from './segment-table.ts';
import { usedNid } from './transplant.ts';

export type Fail = (law: string, text: string) => void;

export function expectEqual(fail: Fail, law: string, what: string, expected: number, found: number): void {
  if (expected !== found) fail(law, `${what}: counted ${expected}, kept ${found}`);
}

/** Everything counted anew. Arrays by zone unless said. */
export interface Recount {
  readonly present: Float64Array;
  readonly reserved: Float64Array;
  readonly free: Float64Array;
  readonly nrFree: Float64Array;
  readonly pcp: Float64Array;
  readonly pcpTarget: Float64Array;
  readonly allocatedTarget: Float64Array;
  readonly actual: Float64Array;
  readonly spanStart: Float64Array;
  readonly spanEnd: Float64Array;
  readonly strandedOut: Float64Array;
  /** By from * nrNodeIds + to. */
  readonly stranded: Float64Array;
  readonly pinned: Float64Array;
  /** Free pages with A != T: by from * nrNodeIds + to, and by the zones that they are on and belong to. */
  readonly misplaced: Float64Array;
  readonly misplacedOut: Float64Array;
  readonly misplacedIn: Float64Array;
  /** Whether a defect of the guest explains them, and pages of other nodes on per-CPU lists. */
  readonly explained: boolean;
  /** By pageblock. */
  readonly blockFree: Float64Array;
  readonly blockPinned: Float64Array;
  readonly blockValid: Float64Array;
}

/** Node of each free page, -1 left of the others: from the segments' bits, which must not overlap. */
export function freePages(mm: Mm, start: number, end: number, out: Int16Array, fail: Fail): void {
  const t = mm.segment;
  const blocks = Math.min(mm.block.free.length, Math.ceil(end / PAGES_PER_PAGEBLOCK));
  for (let block = start >>> PAGEBLOCK_ORDER; block < blocks; block++) {
    for (let seg = block; seg !== -1; seg = chainOf(t, seg)) {
      let pages = 0;
      for (let i = 0; i < PAGES_PER_PAGEBLOCK; i++) {
        if (((t.row[bitsAt(seg) + (i >>> 5)]! >>> (i & 31)) & 1) === 0) continue;
        const pfn = (block << PAGEBLOCK_ORDER) + i;
        if (out[pfn] !== -1) fail('G9', `pfn ${pfn} is free on nodes ${out[pfn]} and ${nidOf(t, seg)}`);
        if (pfn >= mm.nrPages || isSpecial(mm.page, pfn)) fail('G9', `pfn ${pfn} is free and in use`);
        out[pfn] = nidOf(t, seg);
        pages++;
      }
      expectEqual(fail, 'G3', `free pages of segment ${seg}`, pages, pagesOf(t, seg));
      if (seg !== block && pages === 0) fail('G3', `segment ${seg} of pageblock ${block} is kept and empty`);
    }
  }
}

export function emptyRecount(mm: Mm): Recount {
  const zones = (): Float64Array => new Float64Array(mm.zoneCount);
  const pairs = (): Float64Array => new Float64Array(mm.nrNodeIds * mm.nrNodeIds);
  return {
    present: zones(),
    reserved: zones(),
    free: zones(),
    nrFree: new Float64Array(mm.zoneCount * NR_PAGE_ORDERS),
    pcp: zones(),
    pcpTarget: zones(),
    allocatedTarget: zones(),
    actual: zones(),
    spanStart: zones().fill(Infinity),
    spanEnd: zones(),
    strandedOut: zones(),
    stranded: pairs(),
    pinned: pairs(),
    misplaced: pairs(),
    misplacedOut: zones(),
    misplacedIn: zones(),
    explained: mayMisplace(mm),
    blockFree: new Float64Array(mm.block.free.length),
    blockPinned: new Float64Array(mm.block.free.length),
    blockValid: new Float64Array(mm.block.free.length),
  };
}

/** Position of a walk over the pages: in which range, and how many pages of an allocation are to come. */
export interface Walk {
  range: number;
  tail: number;
}

export function recount(
  mm: Mm,
  start: number,
  end: number,
  freeNid: Int16Array,
  n: Recount,
  walk: Walk,
  fail: Fail,
): void {
  let { range, tail } = walk;
  for (let pfn = start; pfn < end; pfn++) {
    while (mm.layout.start[range + 1]! <= pfn) range++;
    const target = mm.layout.nid[range]!;
    const free = freeNid[pfn]!;
    const state = free === -1 ? stateOf(mm.page, pfn) : -1;
    // An allocation of several pages is its head and then its tail, nothing else.
    if ((state !== -1 && (state & KIND_MASK) === TAIL) !== tail > 0) fail('G9', `pfn ${pfn} is in no whole allocation`);
    tail = tail > 0 ? tail - 1 : headPages(state) - 1;
    const kind = state === -1 ? -1 : state & KIND_MASK;
    if ((kind === HOLE || kind === RESERVED) && !(kind === HOLE ? mm.holes : mm.reserved).has(pfn)) {
      fail('G2', `pfn ${pfn} is kept as ${kind === HOLE ? 'a hole' : 'reserved'}, the guest did not boot with it so`);
    }
    if (kind === HOLE) continue;
    n.blockValid[pfn >>> PAGEBLOCK_ORDER]!++;
    countPage(mm, n, pfn, free, state, target, fail);
  }
  walk.range = range;
  walk.tail = tail;
}

/** Pages of the allocation whose head has this state; 1 for what is none. */
function headPages(state: number): number {
  const kind = state & KIND_MASK;
  return state !== -1 && (kind === ALLOCATED || kind === HELD) ? 1 << (state & ORDER_MASK) : 1;
}

/** @param free the node on which the page is free, -1 when it is in use. */
function countPage(mm: Mm, n: Recount, pfn: number, free: number, state: number, target: number, fail: Fail): void {
  const zoneType = zoneTypeOf(mm, pfn);
  const actual = free === -1 ? usedNid(mm, pfn) : free;
  const to = target * NR_ZONES + zoneType;
  const at = actual * NR_ZONES + zoneType;
  n.present[to]!++;
  n.actual[at]!++;
  if (pfn < n.spanStart[at]!) n.spanStart[at] = pfn;
  n.spanEnd[at] = pfn + 1;
  if (free !== -1) {
    n.free[at]!++;
    n.blockFree[pfn >>> PAGEBLOCK_ORDER]!++;
    if (actual === target) return;
    n.misplaced[actual * mm.nrNodeIds + target]!++;
    n.misplacedOut[at]!++;
    n.misplacedIn[to]!++;
    if (!n.explained) fail('G4', `free pfn ${pfn} is on node ${actual}, its target is ${target}`);
    return;
  }
  const kind = state & KIND_MASK;
  const pinned = kind === RESERVED || (state & PINNED) !== 0;
  if (pinned) n.blockPinned[pfn >>> PAGEBLOCK_ORDER]!++;
  if (kind === RESERVED) n.reserved[to]!++;
  else if (kind === PCP) {
    n.pcp[at]!++;
    n.pcpTarget[to]!++;
    if (actual !== target && !n.explained)
      fail('G8', `pfn ${pfn} is on a per-CPU list of node ${actual}, its target is ${target}`);
  } else n.allocatedTarget[to]!++;
  if (actual !== target) {
    (pinned ? n.pinned : n.stranded)[actual * mm.nrNodeIds + target]!++;
    n.strandedOut[at]!++;
  }
}

/** Free pages of one node from each pfn on, up to the largest block. From behind. */
export function countRuns(freeNid: Int16Array, start: number, end: number, run: Uint16Array): void {
  const size = freeNid.length;
  for (let pfn = end - 1; pfn >= start; pfn--) {
    const goesOn = pfn + 1 < size && freeNid[pfn + 1] === freeNid[pfn];
    run[pfn] = freeNid[pfn] === -1 ? 0 : Math.min(1 << MAX_PAGE_ORDER, (goesOn ? run[pfn + 1]! : 0) + 1);
  }
}

/**
 * The maximal aligned decomposition, greedily from the bottom: at each pfn the largest aligned block that is free. No
 * block crosses the end of a part, which is a multiple of the largest.
 */
export function countFreeBlocks(
  mm: Mm,
  freeNid: Int16Array,
  start: number,
  end: number,
  run: Uint16Array,
  n: Recount,
): void {
  for (let pfn = start; pfn < end;) {
    if (run[pfn] === 0) {
      pfn++;
      continue;
    }
    let order = MAX_PAGE_ORDER;
    while (pfn % (1 << order) !== 0 || run[pfn]! < 1 << order) order--;
    n.nrFree[(freeNid[pfn]! * NR_ZONES + zoneTypeOf(mm, pfn)) * NR_PAGE_ORDERS + order]!++;
    pfn += 1 << order;
  }
}
