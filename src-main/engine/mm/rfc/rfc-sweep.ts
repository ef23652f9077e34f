/**
 * The sweep of a commit in an RFC guest. With one of splitStuck, headOnly and mergeUnmoved it walks the free blocks of
 * the whole layout as the posted code does: a block is judged by its first page, and what reaches beyond its range is
 * not always cut. Without them the free pages of the delta go to their targets. README.md, "sweep".
 *
 * A "free block" is a block of the maximal aligned decomposition: at the moment when the walk reaches it
 * (mergeUnmoved: a block that has just been moved may merge with the next one, whose head is then never found), or
 * before the sweep.
 */
import { forEachAligned } from '../buddy.ts';
import { countForNode, FREELIST_ADD } from '../commit-stat.ts';
import { forEachFreeBlock } from '../free-walk.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from '../limit.ts';
import { forEachDelta, type Memlayout, rangeOf } from '../memlayout.ts';
import { zoneIndex, type Mm, zoneTypeOf } from '../mm.ts';
import { addFreeBlock, segmentOfFree, takeFromSegment } from '../segment.ts';
import { growSpan } from '../span.ts';
import { sweepRun } from '../sweep.ts';
import { clearFlags } from './flags.ts';
import { forEachFreePiece } from './free-piece.ts';
import { countMisplaced, countMisplacedTo, forEachTarget } from './ledger.ts';
import type { RfcState } from './rfc-state.ts';

const walksBlocks = ({ switches }: RfcState): boolean =>
  switches.splitStuck || switches.headOnly || switches.mergeUnmoved;

/** Returns the pages whose node changed. */
export function rfcSweep(mm: Mm, rfc: RfcState, from: Memlayout, to: Memlayout): number {
  if (!walksBlocks(rfc)) return sweepDelta(mm, rfc, from, to);
  return rfc.switches.mergeUnmoved ? walkLive(mm, rfc) : walkFrozen(mm, rfc);
}

function sweepDelta(mm: Mm, rfc: RfcState, from: Memlayout, to: Memlayout): number {
  let moved = 0;
  forEachDelta(from, to, (start, end, _oldNid, newNid) => {
    forEachFreePiece(mm, start, end, (first, stop, actual) => {
      if (actual === newNid) return;
      clearFlags(rfc.flag, first, stop);
      countMisplacedTo(mm, rfc, first, actual, newNid, first - stop);
    });
    moved += sweepRun(mm, start, end, newNid);
  });
  return moved;
}

/** Blocks at the moment when the walk reaches them. */
function walkLive(mm: Mm, rfc: RfcState): number {
  const { layout } = mm;
  let moved = 0;
  for (let r = 0; r < layout.count; r++) {
    forEachFreeBlock(mm, layout.start[r]!, layout.start[r + 1]!, (pfn, order, actual) => {
      // Inside a block that begins before its range, no page is a head until the block ends.
      if (pfn % (1 << order) === 0) moved += visitBlock(mm, rfc, pfn, pfn + (1 << order), actual, r);
    });
  }
  return moved;
}

/** Every block that there was before the sweep, by the range that its head lies in. */
function walkFrozen(mm: Mm, rfc: RfcState): number {
  const heads: number[] = [];
  const stops: number[] = [];
  const nodes: number[] = [];
  forEachFreePiece(mm, 0, mm.nrPages, (start, end, actual) => {
    heads.push(start);
    stops.push(end);
    nodes.push(actual);
  });
  let moved = 0;
  heads.forEach((pfn, i) => (moved += visitBlock(mm, rfc, pfn, stops[i]!, nodes[i]!, rangeOf(mm.layout, pfn))));
  return moved;
}

/** The free block [pfn, stop) on node `actual`, whose first page lies in range r. Returns the pages that changed node. */
function visitBlock(mm: Mm, rfc: RfcState, pfn: number, stop: number, actual: number, r: number): number {
  const { splitStuck, headOnly } = rfc.switches;
  const nid = mm.layout.nid[r]!;
  const over = stop > mm.layout.start[r + 1]!;
  if (actual === nid && (!over || headOnly)) return 0;
  if (over) rfc.counters.straddles++;
  clearFlags(rfc.flag, pfn, stop);
  if (actual !== nid && (!over || splitStuck)) return move(mm, rfc, pfn, stop, actual, nid);
  mm.commitStat.splitPages += stop - pfn;
  let moved = 0;
  forEachTarget(mm, pfn, stop, (from, to, target) => (moved += move(mm, rfc, from, to, actual, target)));
  return moved;
}

/** Gives free pages of one block to a node, if they are not on it. */
function move(mm: Mm, rfc: RfcState, start: number, end: number, actual: number, nid: number): number {
  if (actual === nid) return 0;
  countMisplaced(mm, rfc, start, end, actual, -1);
  countMisplaced(mm, rfc, start, end, nid, 1);
  growSpan(mm.zones.spanStart, mm.zones.spanEnd, zoneIndex(nid, zoneTypeOf(mm, start)), start, end);
  forEachAligned(start, end, (pfn, order) => {
    takeFree(mm, pfn, Math.min(order, PAGEBLOCK_ORDER));
    if (order > PAGEBLOCK_ORDER) takeFree(mm, pfn + PAGES_PER_PAGEBLOCK, PAGEBLOCK_ORDER);
    addFreeBlock(mm, pfn, order, nid);
  });
  countForNode(mm, nid, FREELIST_ADD, end - start);
  return end - start;
}

/** Takes free pages of one node and pageblock off their lists. */
function takeFree(mm: Mm, pfn: number, order: number): void {
  takeFromSegment(mm, segmentOfFree(mm, pfn), pfn, order);
}
