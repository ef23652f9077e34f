/**
 * Freeing as the posted code does it: by the stored mark of a page, not by what the layout says of it. A page whose mark
 * is missing goes back to the node it was on, wherever it belongs; a larger block follows its first page with
 * orderHeadOnly. README.md, "Freeing" and "drain".
 */
import { forEachAligned } from '../buddy.ts';
import { countForNode, ON_FREE } from '../commit-stat.ts';
import { NR_ZONES } from '../limit.ts';
import { targetNid } from '../memlayout.ts';
import { zoneIndex, type Mm, zoneTypeOf } from '../mm.ts';
import { addFreeBlock } from '../segment.ts';
import { growSpan } from '../span.ts';
import { countLookup } from '../transplant.ts';
import { clearFlags, flagsIn, testAndClear } from './flags.ts';
import { countMisplaced, countPopulated, countStranded, forEachTarget, settleSpan } from './ledger.ts';
import type { RfcState } from './rfc-state.ts';

/** Pages [start, end) of one zone, in use on `actual`, become free on `to`. Returns those whose node changed. */
function release(mm: Mm, rfc: RfcState, start: number, end: number, actual: number, to: number): number {
  countStranded(mm, start, end, actual, -1);
  countMisplaced(mm, rfc, start, end, to, 1);
  forEachAligned(start, end, (pfn, order) => addFreeBlock(mm, pfn, order, to));
  const zone = zoneIndex(to, zoneTypeOf(mm, start));
  if (to === actual) return 0;
  growSpan(mm.zones.spanStart, mm.zones.spanEnd, zone, start, end);
  if (!mm.committing) countPopulated(mm, rfc, zone);
  countForNode(mm, to, ON_FREE, end - start);
  return end - start;
}

/** Frees [pfn, pfn + 2^order), which was one allocation on node `actual`, to the buddy lists. */
export function rfcFreeBlock(mm: Mm, rfc: RfcState, pfn: number, order: number, actual: number): void {
  const end = pfn + (1 << order);
  if (order === 0 || rfc.switches.orderHeadOnly) {
    mm.moved.free += release(mm, rfc, pfn, end, actual, nodeByFirst(mm, rfc, pfn, actual));
  } else if (flagsIn(rfc.flag, pfn, end) > 0) {
    clearFlags(rfc.flag, pfn, end);
    let moved = 0;
    let parts = 0;
    forEachTarget(mm, pfn, end, (from, to, target) => {
      countLookup(mm, from);
      if (target === actual) rfc.counters.lookupsRight++;
      moved += release(mm, rfc, from, to, actual, target);
      parts++;
    });
    if (parts > 1) mm.commitStat.splitPages += 1 << order;
    mm.moved.free += moved;
  } else {
    release(mm, rfc, pfn, end, actual, actual);
  }
  settleSpan(mm, actual * NR_ZONES + zoneTypeOf(mm, pfn));
}

/** Where the kernel sends what begins with this page: to the page's target if its mark is set, which it clears. */
function nodeByFirst(mm: Mm, rfc: RfcState, pfn: number, actual: number): number {
  if (!testAndClear(rfc.flag, pfn)) return actual;
  countLookup(mm, pfn);
  const target = targetNid(mm.layout, pfn);
  if (target === actual) rfc.counters.lookupsRight++;
  return target;
}

/** Whether a single page in use on `actual` was marked and has been freed to its target; the mark is gone either way. */
export function rfcFreeMarked(mm: Mm, rfc: RfcState, pfn: number, actual: number): boolean {
  const to = nodeByFirst(mm, rfc, pfn, actual);
  if (to === actual) return false;
  mm.moved.free += release(mm, rfc, pfn, pfn + 1, actual, to);
  settleSpan(mm, actual * NR_ZONES + zoneTypeOf(mm, pfn));
  return true;
}

/** A page leaves a per-CPU list of node `actual` for the buddy lists. */
export function rfcGiveBack(mm: Mm, rfc: RfcState, pfn: number, actual: number): void {
  const to = nodeByFirst(mm, rfc, pfn, actual);
  const moved = release(mm, rfc, pfn, pfn + 1, actual, to);
  mm.moved.drain += moved;
  if (moved > 0 && rfc.switches.pcpFreeLeak) rfc.freeLeak[zoneIndex(to, zoneTypeOf(mm, pfn))]!++;
  settleSpan(mm, actual * NR_ZONES + zoneTypeOf(mm, pfn));
}
