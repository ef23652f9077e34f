/**
 * The two matrices of an RFC guest, page by page of what moves between them: `stranded` counts pages in use with A != T
 * (it is every guest's), `misplaced` the free ones. A correct guest has no misplaced page outside a commit, so only an
 * RFC guest keeps the second; a correct one comes here when pages are taken inside a commit.
 *
 * Counters changed: stranded, zones.strandedOut, rfc.misplaced, misplacedOut, misplacedIn, populated, zonelist
 * rebuilds.
 */
import { NR_ZONES } from '../limit.ts';
import { rangeOf } from '../memlayout.ts';
import { type Mm, zoneTypeOf } from '../mm.ts';
import { shrinkSpan } from '../span.ts';
import { setFlags } from './flags.ts';
import type { RfcState } from './rfc-state.ts';

/** Calls back for each part of [start, end) that has one target. */
export function forEachTarget(
  mm: Mm,
  start: number,
  end: number,
  visit: (from: number, to: number, target: number) => void,
): void {
  const { layout } = mm;
  for (let r = rangeOf(layout, start); r < layout.count && layout.start[r]! < end; r++) {
    visit(Math.max(start, layout.start[r]!), Math.min(end, layout.start[r + 1]!), layout.nid[r]!);
  }
}

/** Free pages of one zone, on node `actual`, are counted (sign 1) or no longer counted (-1) as misplaced. */
export function countMisplaced(mm: Mm, rfc: RfcState, start: number, end: number, actual: number, sign: 1 | -1): void {
  forEachTarget(mm, start, end, (from, to, target) => {
    countMisplacedTo(mm, rfc, from, actual, target, sign * (to - from));
  });
}

/** The same for a number of pages of one target, with the zone of pfn. */
export function countMisplacedTo(
  mm: Mm,
  rfc: RfcState,
  pfn: number,
  actual: number,
  target: number,
  pages: number,
): void {
  if (target === actual) return;
  const zoneType = zoneTypeOf(mm, pfn);
  rfc.misplaced[actual * mm.nrNodeIds + target]! += pages;
  rfc.misplacedOut[actual * NR_ZONES + zoneType]! += pages;
  rfc.misplacedIn[target * NR_ZONES + zoneType]! += pages;
}

/** Pages in use of one zone, that are not pinned, on node `actual`: the same for the stranded matrix. */
export function countStranded(mm: Mm, start: number, end: number, actual: number, sign: 1 | -1): void {
  const zone = actual * NR_ZONES + zoneTypeOf(mm, start);
  forEachTarget(mm, start, end, (from, to, target) => {
    if (target === actual) return;
    const pages = sign * (to - from);
    mm.stranded[actual * mm.nrNodeIds + target]! += pages;
    mm.zones.strandedOut[zone]! += pages;
  });
}

/** Free pages of node `actual` have come into use there: those that were misplaced are stranded now. */
export function noteTaken(mm: Mm, rfc: RfcState, start: number, end: number, actual: number): void {
  if (rfc.misplacedOut[actual * NR_ZONES + zoneTypeOf(mm, start)] === 0) return;
  countStranded(mm, start, end, actual, 1);
  countMisplaced(mm, rfc, start, end, actual, -1);
  if (!mm.committing || mm.layout !== mm.markLayout) return;
  // The sweep of this commit has not come by yet, and will not find it.
  forEachTarget(mm, start, end, (from, to, target) => {
    if (target !== actual) setFlags(rfc.flag, from, to);
  });
}

/** The span of a zone that has neither a stranded nor a misplaced page left shrinks to its target, outside a commit. */
export function settleSpan(mm: Mm, zone: number): void {
  if (!mm.committing && mm.zones.strandedOut[zone] === 0) shrinkSpan(mm, zone);
}

/** Zonelists are rebuilt for each zone that gains its first page. Counted where pages have come to stay. */
export function countPopulated(mm: Mm, rfc: RfcState, zone: number): void {
  if (rfc.populated[zone] === 1 || mm.zones.free[zone] === 0) return;
  rfc.populated[zone] = 1;
  mm.commitStat.withRebuild++;
}
