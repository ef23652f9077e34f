/** What the pages in use of a run are owed when its target changes: the stranded matrix follows a published layout. */
import { NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { cellOf, type Mm, zoneOf } from './mm.ts';
import { HOLE, KIND_MASK, PINNED, RESERVED, stateOf } from './page.ts';
import { freeIn, segmentOfFree } from './segment.ts';
import { usedNid } from './transplant.ts';

/**
 * Pages in use inside a delta run change what they are owed: from (A, old T) to (A, new T). Where the used pages of a
 * pageblock are on one node they are counted, elsewhere walked.
 */
export function moveStranded(mm: Mm, start: number, end: number, oldNid: number, newNid: number): void {
  const { valid, free, pinned, actual } = mm.block;
  for (let pfn = start; pfn < end;) {
    const block = pfn >>> PAGEBLOCK_ORDER;
    const blockEnd = Math.min((block + 1) << PAGEBLOCK_ORDER, mm.nrPages);
    const next = Math.min(blockEnd, end);
    const whole = next === blockEnd && pfn % PAGES_PER_PAGEBLOCK === 0;
    const zone = zoneOf(mm, pfn);
    if (free[block] === valid[block]) {
      // None is in use.
    } else if (actual[block] === NID_MIXED) {
      const only = walkStranded(mm, pfn, next, zone, oldNid, newNid);
      if (whole) actual[block] = only;
    } else if (whole) {
      owe(mm, actual[block]!, zone, oldNid, newNid, valid[block]! - free[block]! - pinned[block]!, false);
      owe(mm, actual[block]!, zone, oldNid, newNid, pinned[block]!, true);
    } else if (pinned[block] === 0 && valid[block] === PAGES_PER_PAGEBLOCK) {
      owe(mm, actual[block]!, zone, oldNid, newNid, next - pfn - freeIn(mm, pfn, next), false);
    } else {
      walkStranded(mm, pfn, next, zone, oldNid, newNid);
    }
    pfn = next;
  }
}

/** The same page by page, inside one pageblock with pages in use. Returns their one A, or NID_MIXED. */
function walkStranded(mm: Mm, start: number, end: number, zone: number, oldNid: number, newNid: number): number {
  let only = -1;
  for (let pfn = start; pfn < end; pfn++) {
    if (segmentOfFree(mm, pfn) !== -1) continue;
    const state = stateOf(mm.page, pfn);
    const kind = state & KIND_MASK;
    if (kind === HOLE) continue;
    const actual = usedNid(mm, pfn);
    owe(mm, actual, zone, oldNid, newNid, 1, kind === RESERVED || (state & PINNED) !== 0);
    only = only === -1 || only === actual ? actual : NID_MIXED;
  }
  return only === -1 ? NID_MIXED : only;
}

function owe(
  mm: Mm,
  actual: number,
  zone: number,
  oldNid: number,
  newNid: number,
  pages: number,
  pinned: boolean,
): void {
  const matrix = pinned ? mm.strandedPinned : mm.stranded;
  const cell = cellOf(actual, zone);
  if (actual !== oldNid) {
    matrix[actual * mm.nrNodeIds + oldNid]! -= pages;
    mm.cell.strandedOut[cell]! -= pages;
  }
  if (actual !== newNid) {
    matrix[actual * mm.nrNodeIds + newNid]! += pages;
    mm.cell.strandedOut[cell]! += pages;
  }
}
