/**
 * The twelve invariants of spec/dnuma.md section 5.4, recounted from the blocks, plus the shape of the lists. Every
 * figure is counted anew by one walk over the heads and compared with the counter that the operations maintain; T comes
 * from the ranges, not from the pageblock table, so the table is checked too.
 *
 *   G1  the layout gives every page exactly one target, and the pageblock table agrees with the ranges
 *   G2  present and managed of each (node, zone) are the pages with that target; their sum is the guest
 *   G3  free of each (node, zone) is the sum of its lists, and the lists hold exactly the free blocks
 *       (and of each pageblock: its free, used and pinned pages, and the A of the used ones)
 *   G4  every free page is on its target node; free <= managed <= present
 *   G5  size - free = allocated + reserved + per-CPU pages with target n
 *   G6  the stranded matrix counts the pages in use with A != T, pinned ones apart
 *   G7  actual(n) = present(n) - stranded in + stranded out
 *   G8  every page in use with A != T is marked (marks are derived from the layout in force)
 *   G9  blocks are aligned, tile the guest, lie in one zone, and no two free buddies of a node are unmerged
 *   G10 spans contain the pages with that A; nr_zones is one past the highest initialised zone
 *   G11 committing the layout in force has an empty delta
 *   G12 min watermarks are each their managed share of min_free_kbytes, and their sum does not exceed it
 *
 * Cost: O(blocks + lists + ranges). Outside a commit only.
 */
import { forEachDelta, targetNid } from './memlayout.ts';
import {
  MAX_PAGE_ORDER,
  NID_MIXED,
  NR_MIGRATE_TYPES,
  NR_PAGE_ORDERS,
  NR_ZONES,
  PAGEBLOCK_ORDER,
  PAGES_PER_PAGEBLOCK,
} from './limit.ts';
import { buddySentinel, type Mm, pcpSentinel, validIn, zoneOf } from './mm.ts';
import { ALLOCATED, FLAG_PINNED, FREE, HOLE, KIND_MASK, ORDER_MASK, PCP, RESERVED } from './page.ts';

/** A law that does not hold: its number and what was expected and found. */
export interface MmViolation {
  readonly law: string;
  readonly text: string;
}

/** Everything counted anew. Arrays by cell unless said. */
interface Recount {
  readonly present: Float64Array;
  readonly reserved: Float64Array;
  readonly free: Float64Array;
  readonly freeTarget: Float64Array;
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
}

export function checkMm(mm: Mm): readonly MmViolation[] {
  const out: MmViolation[] = [];
  const fail = (law: string, text: string): void => {
    if (out.length < 50) out.push({ law, text });
  };
  checkLayout(mm, fail);
  const n = recount(mm, fail);
  checkCells(mm, n, fail);
  checkStranded(mm, n, fail);
  checkLists(mm, fail);
  checkPageblocks(mm, fail);
  checkWatermarks(mm, fail);
  return out;
}

type Fail = (law: string, text: string) => void;

function expectEqual(fail: Fail, law: string, what: string, expected: number, found: number): void {
  if (expected !== found) fail(law, `${what}: counted ${expected}, kept ${found}`);
}

function checkLayout(mm: Mm, fail: Fail): void {
  const { layout } = mm;
  if (layout.start[0] !== 0) fail('G1', `the first range starts at ${layout.start[0]}, not 0`);
  if (layout.start[layout.count] !== mm.nrPages) fail('G1', `the last range ends at ${layout.start[layout.count]}`);
  for (let r = 0; r < layout.count; r++) {
    if (layout.start[r]! >= layout.start[r + 1]!) fail('G1', `range ${r} is empty`);
    if (layout.nid[r]! >= mm.nrNodeIds) fail('G1', `range ${r} names node ${layout.nid[r]}`);
  }
  let r = 0;
  for (let pfn = 0; pfn < mm.nrPages; pfn += PAGES_PER_PAGEBLOCK) {
    while (layout.start[r + 1]! <= pfn) r++;
    const got = targetNid(layout, pfn);
    if (got !== layout.nid[r])
      fail('G1', `pageblock at pfn ${pfn} answers node ${got}, its range says ${layout.nid[r]}`);
  }
  if (mm.markLayout !== layout) fail('G8', 'marks are derived from a layout that is not in force');
  forEachDelta(layout, layout, (start) => fail('G11', `the layout differs from itself at pfn ${start}`));
}

function recount(mm: Mm, fail: Fail): Recount {
  const cells = (): Float64Array => new Float64Array(mm.nrCells);
  const pairs = (): Float64Array => new Float64Array(mm.nrNodeIds * mm.nrNodeIds);
  const n: Recount = {
    present: cells(),
    reserved: cells(),
    free: cells(),
    freeTarget: cells(),
    nrFree: new Float64Array(mm.nrCells * NR_PAGE_ORDERS),
    pcp: cells(),
    pcpTarget: cells(),
    allocatedTarget: cells(),
    actual: cells(),
    spanStart: cells().fill(Infinity),
    spanEnd: cells(),
    strandedOut: cells(),
    stranded: pairs(),
    pinned: pairs(),
  };
  const { state } = mm.page;
  let range = 0;
  for (let pfn = 0; pfn < mm.page.size;) {
    const order = state[pfn]! & ORDER_MASK;
    const end = pfn + (1 << order);
    if (order > MAX_PAGE_ORDER || pfn % (1 << order) !== 0) {
      fail('G9', `the block at pfn ${pfn} has order ${order}, which is not aligned`);
      break;
    }
    if ((state[pfn]! & KIND_MASK) !== HOLE) {
      if (end > mm.nrPages) fail('G9', `the block at pfn ${pfn} of order ${order} passes the end of memory`);
      if (zoneOf(mm, pfn) !== zoneOf(mm, end - 1)) fail('G9', `the block at pfn ${pfn} crosses a zone boundary`);
      while (mm.layout.start[range + 1]! <= pfn) range++;
      for (let r = range; r < mm.layout.count && mm.layout.start[r]! < end; r++) {
        const pages = Math.min(end, mm.layout.start[r + 1]!) - Math.max(pfn, mm.layout.start[r]!);
        countPiece(mm, n, pfn, pages, mm.layout.nid[r]!, fail);
      }
      const cell = mm.page.nid[pfn]! * NR_ZONES + zoneOf(mm, pfn);
      n.spanStart[cell] = Math.min(n.spanStart[cell]!, pfn);
      n.spanEnd[cell] = Math.max(n.spanEnd[cell]!, end);
      if ((state[pfn]! & KIND_MASK) === FREE) {
        n.nrFree[cell * NR_PAGE_ORDERS + order]!++;
        const buddy = pfn ^ (1 << order);
        if (order < MAX_PAGE_ORDER && state[buddy] === state[pfn] && mm.page.nid[buddy] === mm.page.nid[pfn]) {
          fail('G9', `free blocks at pfns ${pfn} and ${buddy} of order ${order} are buddies and not merged`);
        }
      }
    }
    pfn = end;
  }
  return n;
}

/** `pages` pages of the block at head have target nid. */
function countPiece(mm: Mm, n: Recount, head: number, pages: number, target: number, fail: Fail): void {
  const { state, nid, flag } = mm.page;
  const zone = zoneOf(mm, head);
  const kind = state[head]! & KIND_MASK;
  const actual = nid[head]!;
  const to = target * NR_ZONES + zone;
  const at = actual * NR_ZONES + zone;
  n.present[to]! += pages;
  n.actual[at]! += pages;
  if (kind === FREE) {
    n.free[at]! += pages;
    n.freeTarget[to]! += pages;
    if (actual !== target) fail('G4', `free pages at pfn ${head} are on node ${actual}, their target is ${target}`);
    return;
  }
  const pinned = kind === RESERVED || (flag[head]! & FLAG_PINNED) !== 0;
  if (kind === RESERVED) n.reserved[to]! += pages;
  else if (kind === PCP) {
    n.pcp[at]! += pages;
    n.pcpTarget[to]! += pages;
    if (actual !== target) fail('G8', `pfn ${head} is on a per-CPU list of node ${actual}, its target is ${target}`);
  } else if (kind === ALLOCATED) n.allocatedTarget[to]! += pages;
  else fail('G9', `the block at pfn ${head} has state ${state[head]}`);
  if (actual !== target) {
    (pinned ? n.pinned : n.stranded)[actual * mm.nrNodeIds + target]! += pages;
    n.strandedOut[at]! += pages;
  }
}

function checkCells(mm: Mm, n: Recount, fail: Fail): void {
  const { cell } = mm;
  let total = 0;
  for (let c = 0; c < mm.nrCells; c++) {
    const name = `node ${Math.floor(c / NR_ZONES)} zone ${c % NR_ZONES}`;
    total += n.present[c]!;
    expectEqual(fail, 'G2', `${name} present`, n.present[c]!, cell.present[c]!);
    expectEqual(fail, 'G2', `${name} managed`, n.present[c]! - n.reserved[c]!, cell.managed[c]!);
    expectEqual(fail, 'G3', `${name} free`, n.free[c]!, cell.free[c]!);
    for (let o = 0; o < NR_PAGE_ORDERS; o++) {
      const i = c * NR_PAGE_ORDERS + o;
      expectEqual(fail, 'G3', `${name} order ${o} blocks`, n.nrFree[i]!, cell.nrFree[i]!);
    }
    expectEqual(fail, 'G3', `${name} per-CPU pages`, n.pcp[c]!, cell.pcp[c]!);
    if (!(cell.free[c]! <= cell.managed[c]! && cell.managed[c]! <= cell.present[c]!)) {
      fail('G4', `${name}: free ${cell.free[c]} <= managed ${cell.managed[c]} <= present ${cell.present[c]} fails`);
    }
    const used = n.allocatedTarget[c]! + n.reserved[c]! + n.pcpTarget[c]!;
    expectEqual(fail, 'G5', `${name} size less free`, used, cell.present[c]! - cell.free[c]!);
    expectEqual(fail, 'G6', `${name} pages stranded here`, n.strandedOut[c]!, cell.strandedOut[c]!);
    if (n.spanStart[c]! < n.spanEnd[c]! && (n.spanStart[c]! < cell.spanStart[c]! || n.spanEnd[c]! > cell.spanEnd[c]!)) {
      fail('G10', `${name}: span ${cell.spanStart[c]}-${cell.spanEnd[c]} leaves out ${n.spanStart[c]}-${n.spanEnd[c]}`);
    }
    if (cell.present[c]! > 0 && cell.initialised[c] === 0) fail('G10', `${name} has pages but was never set up`);
  }
  expectEqual(fail, 'G2', 'pages of all nodes', validIn(mm, 0, mm.nrPages), total);
}

function checkStranded(mm: Mm, n: Recount, fail: Fail): void {
  const k = mm.nrNodeIds;
  const net = new Float64Array(k);
  for (let from = 0; from < k; from++) {
    for (let to = 0; to < k; to++) {
      const i = from * k + to;
      expectEqual(fail, 'G6', `stranded ${from} -> ${to}`, n.stranded[i]!, mm.stranded[i]!);
      expectEqual(fail, 'G6', `pinned ${from} -> ${to}`, n.pinned[i]!, mm.strandedPinned[i]!);
      const pages = mm.stranded[i]! + mm.strandedPinned[i]!;
      net[from]! += pages;
      net[to]! -= pages;
    }
  }
  for (let nid = 0; nid < k; nid++) {
    let actual = 0;
    let present = 0;
    for (let z = 0; z < NR_ZONES; z++) {
      actual += n.actual[nid * NR_ZONES + z]!;
      present += mm.cell.present[nid * NR_ZONES + z]!;
    }
    expectEqual(fail, 'G7', `node ${nid} actual`, actual, present + net[nid]!);
  }
}

/** Every list is circular, holds only blocks of its cell and order, and as many as counted. */
function checkLists(mm: Mm, fail: Fail): void {
  const { next, prev, state, nid } = mm.page;
  const walk = (sentinel: number, cell: number, expected: number, what: string): number => {
    let count = 0;
    let last = sentinel;
    for (let pfn = next[sentinel]!; pfn !== sentinel; pfn = next[pfn]!) {
      if (pfn >= mm.nrPages || state[pfn] !== expected || nid[pfn]! * NR_ZONES + zoneOf(mm, pfn) !== cell) {
        fail('G3', `${what} holds pfn ${pfn}, which is not such a block`);
        return count;
      }
      if (prev[pfn] !== last) fail('G3', `${what}: links at pfn ${pfn} disagree`);
      last = pfn;
      if (++count > mm.nrPages) {
        fail('G3', `${what} does not end`);
        return count;
      }
    }
    return count;
  };
  for (let c = 0; c < mm.nrCells; c++) {
    for (let o = 0; o < NR_PAGE_ORDERS; o++) {
      let blocks = 0;
      for (let t = 0; t < NR_MIGRATE_TYPES; t++) {
        blocks += walk(buddySentinel(mm, c, t, o), c, FREE | o, `the order ${o} list of cell ${c}`);
      }
      expectEqual(
        fail,
        'G3',
        `blocks listed for cell ${c} order ${o}`,
        blocks,
        mm.cell.nrFree[c * NR_PAGE_ORDERS + o]!,
      );
    }
    let pages = 0;
    for (let cpu = 0; cpu < mm.nrCpus; cpu++) {
      let listed = 0;
      for (let t = 0; t < NR_MIGRATE_TYPES; t++) {
        listed += walk(pcpSentinel(mm, cpu, c, t), c, PCP, `the list of CPU ${cpu} for cell ${c}`);
      }
      expectEqual(fail, 'G3', `CPU ${cpu} pages of cell ${c}`, listed, mm.pcpCount[cpu * mm.nrCells + c]!);
      pages += listed;
    }
    expectEqual(fail, 'G3', `per-CPU pages listed for cell ${c}`, pages, mm.cell.pcp[c]!);
  }
}

function checkPageblocks(mm: Mm, fail: Fail): void {
  const { state, nid, flag } = mm.page;
  const free = new Uint16Array(mm.block.free.length);
  const pinned = new Uint16Array(free.length);
  for (let pfn = 0; pfn < mm.nrPages;) {
    const order = state[pfn]! & ORDER_MASK;
    const kind = state[pfn]! & KIND_MASK;
    const end = pfn + (1 << order);
    for (let at = pfn; at < end && kind !== HOLE;) {
      const b = at >>> PAGEBLOCK_ORDER;
      const next = Math.min(end, (b + 1) << PAGEBLOCK_ORDER);
      if (kind === FREE) free[b]! += next - at;
      else if (mm.block.actual[b] !== NID_MIXED && mm.block.actual[b] !== nid[pfn]) {
        fail('G3', `pageblock ${b} is kept as in use on node ${mm.block.actual[b]}, pfn ${at} is on ${nid[pfn]}`);
      }
      if (kind === RESERVED || (kind === ALLOCATED && (flag[pfn]! & FLAG_PINNED) !== 0)) pinned[b]! += next - at;
      at = next;
    }
    pfn = end;
  }
  for (let b = 0; b < free.length; b++) {
    expectEqual(fail, 'G3', `pageblock ${b} free`, free[b]!, mm.block.free[b]!);
    expectEqual(fail, 'G3', `pageblock ${b} pinned`, pinned[b]!, mm.block.pinned[b]!);
  }
}

function checkWatermarks(mm: Mm, fail: Fail): void {
  const minFreePages = Math.floor(mm.minFreeKib / 4);
  let total = 0;
  let sum = 0;
  for (let c = 0; c < mm.nrCells; c++) total += mm.cell.managed[c]!;
  for (let c = 0; c < mm.nrCells; c++) {
    const share = total === 0 ? 0 : (minFreePages * mm.cell.managed[c]!) / total;
    const min = mm.cell.wmarkMin[c]!;
    sum += min;
    if (min > share || min <= share - 1) fail('G12', `cell ${c}: min watermark ${min}, its share is ${share}`);
    if (mm.cell.wmarkLow[c]! < min || mm.cell.wmarkHigh[c]! < mm.cell.wmarkLow[c]!) {
      fail('G12', `cell ${c}: watermarks ${min}, ${mm.cell.wmarkLow[c]}, ${mm.cell.wmarkHigh[c]} are not in order`);
    }
  }
  if (sum > minFreePages) fail('G12', `min watermarks add up to ${sum}, above ${minFreePages}`);
}
