/**
 * The invariants of a guest's memory, G1 to G10 and G12, and the shape of the lists: what is kept beside what recount.ts
 * counts page by page.
 *
 *   G1  the layout gives every page exactly one target, and the pageblock table agrees with the ranges
 *   G2  present and managed of each zone are the pages with that target; their sum is the guest
 *   G3  free of each zone is the sum of its lists, and the lists hold exactly the free blocks
 *       (and of each pageblock and segment: its free, used and pinned pages, and the A of the used ones)
 *   G4  every free page is on its target node; free <= managed <= present
 *   G5  size - free = allocated + reserved + per-CPU pages with target n
 *   G6  the stranded matrix counts the pages in use with A != T, pinned ones apart
 *   G7  actual(n) = present(n) - stranded in + stranded out
 *   G8  every page in use with A != T is marked (marks are derived from the layout in force); none is on a per-CPU list
 *   G9  the free lists are the unique maximal aligned decomposition of the free pages of each zone; allocations
 *       are whole
 *   G10 spans contain the pages with that A; zones with pages have been set up
 *   G11 (committing the layout in force moves nothing) is a law of an operation: commit.test.ts and the fuzzer check it
 *   G12 min watermarks are each their managed share of min_free_kbytes, and their sum does not exceed it
 *
 * An RFC guest (rfc/README.md) is held to what none of its defects explains; what they do explain is in rfc/faults.ts.
 *
 * Cost: O(pages), a few nanoseconds each. Between two steps of a commit G4, G5, G7, G8 and G12 are not checked: the
 * rest of the commit restores them.
 */
import { wholePagesFromKib } from '../../../shared/units/index.ts';
import type { Parts } from '../core/index.ts';
import {
  NID_MIXED,
  NR_MIGRATE_TYPES,
  NR_PAGE_ORDERS,
  NR_ZONES,
  PAGEBLOCK_ORDER,
  PAGES_PER_PAGEBLOCK,
} from './limit.ts';
import { type Mm, validIn, zoneTypeOf } from './mm.ts';
import { KIND_MASK, PCP, stateOf } from './page.ts';
import {
  countFreeBlocks,
  countRuns,
  emptyRecount,
  expectEqual,
  type Fail,
  freePages,
  type Recount,
  recount,
  type Walk,
} from './recount.ts';
import { checkMarks, checkRfc } from './rfc/rfc-check.ts';
import { kernelManaged } from './rfc/rfc-state.ts';
import { blockOf, countOf, linkedOf, listOf, nextOf, nidOf, prevOf } from './segment-table.ts';
import { outsideText } from './span.ts';
import { usedNid } from './transplant.ts';
import { watermarkBasis } from './watermark.ts';

/** A law that does not hold: its number and what was expected and found. */
export interface MmViolation {
  readonly law: string;
  readonly text: string;
}

/** Laws that a layout breaks when it is published, and that hold again once its commit is settled. */
const UNSETTLED: ReadonlySet<string> = new Set(['G4', 'G5', 'G7', 'G8', 'G12']);

/** Pages looked at between two stops: some milliseconds. A multiple of the largest block's. */
const PART_PAGES = 2 ** 17;

/** Every broken law. The guest must not change between two parts. */
export function* checkMm(mm: Mm): Parts<readonly MmViolation[]> {
  const out: MmViolation[] = [];
  const fail = (law: string, text: string): void => {
    if (mm.committing && UNSETTLED.has(law)) return;
    if (out.length < 50) out.push({ law, text });
  };
  checkLayout(mm, fail);
  const { size } = mm.page;
  const parts = Array.from({ length: Math.ceil(size / PART_PAGES) }, (_, i) => i * PART_PAGES);
  const freeNid = new Int16Array(size).fill(-1);
  for (const start of parts) {
    freePages(mm, start, Math.min(size, start + PART_PAGES), freeNid, fail);
    yield;
  }
  const n = emptyRecount(mm);
  const walk: Walk = { range: 0, tail: 0 };
  for (const start of parts) {
    recount(mm, start, Math.min(mm.nrPages, start + PART_PAGES), freeNid, n, walk, fail);
    yield;
  }
  const run = new Uint16Array(size + 1);
  for (const start of [...parts].reverse()) {
    countRuns(freeNid, start, Math.min(size, start + PART_PAGES), run);
    yield;
  }
  for (const start of parts) {
    countFreeBlocks(mm, freeNid, start, Math.min(size, start + PART_PAGES), run, n);
    yield;
  }
  checkZones(mm, n, fail);
  checkStranded(mm, n, fail);
  if (mm.rfc !== null) {
    checkRfc(mm, mm.rfc, { misplaced: n.misplaced, out: n.misplacedOut, in: n.misplacedIn }, fail);
    for (const start of parts) {
      checkMarks(mm, mm.rfc, start, Math.min(mm.nrPages, start + PART_PAGES), fail);
      yield;
    }
  }
  checkLists(mm, fail);
  checkPageblocks(mm, n, fail);
  checkWatermarks(mm, fail);
  return out;
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
    const whole = layout.start[r + 1]! >= Math.min(pfn + PAGES_PER_PAGEBLOCK, mm.nrPages);
    const expected = whole ? layout.nid[r]! : NID_MIXED;
    const got = layout.blockNid[pfn >>> PAGEBLOCK_ORDER]!;
    if (got !== expected || layout.first[pfn >>> PAGEBLOCK_ORDER] !== r) {
      fail('G1', `the pageblock at pfn ${pfn} answers node ${got}, its ranges say ${expected}`);
    }
  }
  if (mm.markLayout !== layout) fail('G8', 'marks are derived from a layout that is not in force');
}

function checkZones(mm: Mm, n: Recount, fail: Fail): void {
  const { zones } = mm;
  let total = 0;
  for (let c = 0; c < mm.zoneCount; c++) {
    const name = `node ${Math.floor(c / NR_ZONES)} zone ${c % NR_ZONES}`;
    total += n.present[c]!;
    expectEqual(fail, 'G2', `${name} present`, n.present[c]!, zones.present[c]!);
    expectEqual(fail, 'G2', `${name} managed`, n.present[c]! - n.reserved[c]!, zones.managed[c]!);
    expectEqual(fail, 'G3', `${name} free`, n.free[c]!, zones.free[c]!);
    for (let o = 0; o < NR_PAGE_ORDERS; o++) {
      const i = c * NR_PAGE_ORDERS + o;
      expectEqual(fail, 'G9', `${name} order ${o} blocks`, n.nrFree[i]!, zones.nrFree[i]!);
    }
    expectEqual(fail, 'G3', `${name} per-CPU pages`, n.pcp[c]!, zones.pcp[c]!);
    // Free pages by T: the same as those listed, but for what defects leave on other nodes.
    const free = zones.free[c]! - (n.explained ? n.misplacedOut[c]! - n.misplacedIn[c]! : 0);
    if (!(free <= zones.managed[c]! && zones.managed[c]! <= zones.present[c]!)) {
      fail('G4', `${name}: free ${free} <= managed ${zones.managed[c]} <= present ${zones.present[c]} fails`);
    }
    const used = n.allocatedTarget[c]! + n.reserved[c]! + n.pcpTarget[c]!;
    expectEqual(fail, 'G5', `${name} size less free`, used, zones.present[c]! - free);
    expectEqual(fail, 'G6', `${name} pages stranded here`, n.strandedOut[c]!, zones.strandedOut[c]!);
    if (
      n.spanStart[c]! < n.spanEnd[c]! &&
      (n.spanStart[c]! < zones.spanStart[c]! || n.spanEnd[c]! > zones.spanEnd[c]!)
    ) {
      const out = n.spanStart[c]! < zones.spanStart[c]! ? n.spanStart[c]! : n.spanEnd[c]! - 1;
      fail('G10', outsideText(mm, out, c));
    }
    if (zones.present[c]! > 0 && zones.initialised[c] === 0) fail('G10', `${name} has pages but was never set up`);
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
      const pages = mm.stranded[i]! + mm.strandedPinned[i]! + (n.explained ? n.misplaced[i]! : 0);
      net[from]! += pages;
      net[to]! -= pages;
    }
  }
  for (let nid = 0; nid < k; nid++) {
    let actual = 0;
    let present = 0;
    for (let z = 0; z < NR_ZONES; z++) {
      actual += n.actual[nid * NR_ZONES + z]!;
      present += mm.zones.present[nid * NR_ZONES + z]!;
    }
    expectEqual(fail, 'G7', `node ${nid} actual`, actual, present + net[nid]!);
  }
}

/** Every list links, both ways, segments of its zone and type only, and each that has a block of its order. */
function checkLists(mm: Mm, fail: Fail): void {
  const t = mm.segment;
  const listed = new Float64Array(mm.zoneCount * NR_PAGE_ORDERS);
  for (let c = 0; c < mm.zoneCount; c++) {
    for (let type = 0; type < NR_MIGRATE_TYPES; type++) {
      for (let o = 0; o < NR_PAGE_ORDERS; o++) {
        let last = -1;
        let steps = 0;
        for (let seg = t.head[listOf(c, type, o)]!; seg !== -1; seg = nextOf(t, seg, o)) {
          const block = blockOf(t, seg);
          const zone = nidOf(t, seg) * NR_ZONES + zoneTypeOf(mm, block << PAGEBLOCK_ORDER);
          const blocks = countOf(t, seg, o);
          const known = ((linkedOf(t, seg) >>> o) & 1) === 1 && prevOf(t, seg, o) === last;
          if (zone !== c || mm.blockType[block] !== type || !known) {
            fail('G3', `the order ${o} list of zone ${c} type ${type} holds segment ${seg}, which is not its`);
            break;
          }
          listed[c * NR_PAGE_ORDERS + o]! += blocks;
          last = seg;
          if (++steps > t.used) {
            fail('G3', `the order ${o} list of zone ${c} does not end`);
            break;
          }
        }
      }
    }
  }
  listed.forEach((blocks, i) => {
    expectEqual(fail, 'G3', `blocks listed at ${i}`, blocks, mm.zones.nrFree[i]!);
  });
  checkPcpLists(mm, fail);
}

function checkPcpLists(mm: Mm, fail: Fail): void {
  const listed = new Float64Array(mm.pcpCount.length);
  mm.pcp.forEach((list, i) => {
    for (const pfn of list ?? []) {
      const owner = Math.floor(i / NR_MIGRATE_TYPES);
      listed[owner]!++;
      const zone = usedNid(mm, pfn) * NR_ZONES + zoneTypeOf(mm, pfn);
      const right = (stateOf(mm.page, pfn) & KIND_MASK) === PCP && zone === owner % mm.zoneCount;
      if (!right) fail('G3', `per-CPU list ${i} holds pfn ${pfn}, which is not its`);
    }
  });
  listed.forEach((pages, i) => {
    expectEqual(fail, 'G3', `pages on CPU ${Math.floor(i / mm.zoneCount)}'s lists`, pages, mm.pcpCount[i]!);
  });
}

function checkPageblocks(mm: Mm, n: Recount, fail: Fail): void {
  for (let b = 0; b < mm.block.free.length; b++) {
    expectEqual(fail, 'G3', `pageblock ${b} free`, n.blockFree[b]!, mm.block.free[b]!);
    expectEqual(fail, 'G2', `pageblock ${b} valid`, n.blockValid[b]!, mm.block.valid[b]!);
    expectEqual(fail, 'G3', `pageblock ${b} pinned`, n.blockPinned[b]!, mm.block.pinned[b]!);
  }
}

function checkWatermarks(mm: Mm, fail: Fail): void {
  const minFreePages = wholePagesFromKib(mm.minFreeKib);
  let total = 0;
  let sum = 0;
  const managed = watermarkBasis(mm, kernelManaged(mm));
  for (const pages of managed) total += pages;
  for (let c = 0; c < mm.zoneCount; c++) {
    const share = total === 0 ? 0 : (minFreePages * managed[c]!) / total;
    const min = mm.zones.wmarkMin[c]!;
    sum += min;
    if (min > share || min <= share - 1) fail('G12', `zone ${c}: min watermark ${min}, its share is ${share}`);
    if (mm.zones.wmarkLow[c]! < min || mm.zones.wmarkHigh[c]! < mm.zones.wmarkLow[c]!) {
      fail('G12', `zone ${c}: watermarks ${min}, ${mm.zones.wmarkLow[c]}, ${mm.zones.wmarkHigh[c]} are not in order`);
    }
  }
  if (sum > minFreePages) fail('G12', `min watermarks add up to ${sum}, above ${minFreePages}`);
}
