/** Updates the stranded matrix for the pages in use of a run whose target changes when a layout is published. */
import { NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { zoneIndex, type Mm, zoneTypeOf } from './mm.ts';
import { findSegment, freeIn } from './segment.ts';
import { pagesOf } from './segment-table.ts';
import { setOneNode, UsedCounts } from './used-node.ts';

/**
 * Pages in use inside a delta run change what they are owed: from (A, old T) to (A, new T). The run is cut at pageblocks,
 * and how a part is counted depends on what is in its pageblock:
 *
 *     pageblocks  |       0       |       1       |       2       |  3  (nrPages ends here)
 *     run                  <------------------------------------------->
 *     parts                [ part ][    whole     ][    whole     ][ all there is: whole ]
 *
 * (a) Nothing in use: nothing is owed.
 * (b) In use on one node: the pageblock's counters say how many. Of a part they do only where no page is pinned or a
 *     hole: its pages less the free ones.
 * (c) In use on several nodes, or a part of a pageblock with pinned pages or holes: counted, 32 pages at a time.
 * (d) A whole pageblock that was thought to be mixed and is found to be on one node is one from then on.
 */
export function moveStranded(mm: Mm, start: number, end: number, oldNid: number, newNid: number): void {
  const { valid, free, pinned, actual } = mm.block;
  for (let pfn = start; pfn < end;) {
    const block = pfn >>> PAGEBLOCK_ORDER;
    const blockEnd = Math.min((block + 1) << PAGEBLOCK_ORDER, mm.nrPages);
    const next = Math.min(blockEnd, end);
    const whole = next === blockEnd && pfn % PAGES_PER_PAGEBLOCK === 0;
    const zoneType = zoneTypeOf(mm, pfn);
    if (free[block] === valid[block]) {
      // None is in use.
    } else if (actual[block] === NID_MIXED) {
      const only = countStranded(mm, pfn, next, zoneType, oldNid, newNid);
      if (whole && only !== NID_MIXED) setOneNode(mm, block, only);
    } else if (whole) {
      owe(mm, actual[block]!, zoneType, oldNid, newNid, valid[block]! - free[block]! - pinned[block]!, false);
      owe(mm, actual[block]!, zoneType, oldNid, newNid, pinned[block]!, true);
    } else if (pinned[block] === 0 && valid[block] === PAGES_PER_PAGEBLOCK) {
      owe(mm, actual[block]!, zoneType, oldNid, newNid, next - pfn - freeInRun(mm, pfn, next, oldNid), false);
    } else {
      countStranded(mm, pfn, next, zoneType, oldNid, newNid);
    }
    pfn = next;
  }
}

/**
 * Free pages of a run's part of a pageblock. They are where they belong until the layout in force gives way: so, where
 * the part is all that the pageblock had of the old target, they are the pages of one segment.
 */
function freeInRun(mm: Mm, start: number, end: number, oldNid: number): number {
  if (mm.rfc !== null || !isAllOf(mm, start, end, oldNid)) return freeIn(mm, start, end);
  const seg = findSegment(mm, start >>> PAGEBLOCK_ORDER, oldNid);
  return seg === -1 ? 0 : pagesOf(mm.segment, seg);
}

/** Whether [start, end) is all that its pageblock has of a node in the layout in force. */
function isAllOf({ layout }: Mm, start: number, end: number, nid: number): boolean {
  const block = start >>> PAGEBLOCK_ORDER;
  const blockStart = block << PAGEBLOCK_ORDER;
  const blockEnd = blockStart + PAGES_PER_PAGEBLOCK;
  let found = false;
  for (let r = layout.first[block]!; r < layout.count && layout.start[r]! < blockEnd; r++) {
    if (layout.nid[r] !== nid) continue;
    const from = Math.max(blockStart, layout.start[r]!);
    const to = Math.min(blockEnd, layout.start[r + 1]!);
    if (found || from !== start || to !== end) return false;
    found = true;
  }
  return found;
}

const counts = new UsedCounts();

/** The same where pages are on several nodes or pinned, inside one pageblock. Returns their one A, or NID_MIXED. */
function countStranded(mm: Mm, start: number, end: number, zoneType: number, oldNid: number, newNid: number): number {
  counts.clear();
  counts.add(mm, start, end);
  for (const nid of counts.met) {
    owe(mm, nid, zoneType, oldNid, newNid, counts.used[nid]!, false);
    owe(mm, nid, zoneType, oldNid, newNid, counts.pinned[nid]!, true);
  }
  return counts.met.length === 1 ? counts.met[0]! : NID_MIXED;
}

function owe(
  mm: Mm,
  actual: number,
  zoneType: number,
  oldNid: number,
  newNid: number,
  pages: number,
  pinned: boolean,
): void {
  const matrix = pinned ? mm.strandedPinned : mm.stranded;
  const zone = zoneIndex(actual, zoneType);
  if (actual !== oldNid) {
    matrix[actual * mm.nrNodeIds + oldNid]! -= pages;
    mm.zones.strandedOut[zone]! -= pages;
  }
  if (actual !== newNid) {
    matrix[actual * mm.nrNodeIds + newNid]! += pages;
    mm.zones.strandedOut[zone]! += pages;
  }
}
