/** Figures of an RFC guest that are counted when they are asked for. */
import { NID_MIXED, NR_ZONES, PAGES_PER_PAGEBLOCK } from '../limit.ts';
import { targetNid } from '../memlayout.ts';
import { type Mm, zoneOf } from '../mm.ts';
import { usedNid } from '../transplant.ts';
import { flagsIn, hasFlag } from './flags.ts';
import { forEachFreePiece, freeNid } from './free-piece.ts';
import type { RfcState } from './rfc-state.ts';

/** Flagged pages by A. Cost: pageblocks and free blocks; page by page only where a pageblock is in use on several nodes. */
export function flaggedByNode(mm: Mm, rfc: RfcState): Uint32Array {
  const out = new Uint32Array(mm.nrNodeIds);
  for (let start = 0; start < mm.nrPages; start += PAGES_PER_PAGEBLOCK) {
    const end = Math.min(start + PAGES_PER_PAGEBLOCK, mm.nrPages);
    let inUse = flagsIn(rfc.flag, start, end);
    if (inUse === 0) continue;
    forEachFreePiece(mm, start, end, (from, to, nid) => {
      const flagged = flagsIn(rfc.flag, from, to);
      out[nid]! += flagged;
      inUse -= flagged;
    });
    const actual = mm.block.actual[start / PAGES_PER_PAGEBLOCK]!;
    if (inUse === 0) continue;
    if (actual !== NID_MIXED) {
      out[actual]! += inUse;
      continue;
    }
    for (let pfn = start; pfn < end; pfn++) {
      if (hasFlag(rfc.flag, pfn) && freeNid(mm, pfn) === -1) out[usedNid(mm, pfn)]!++;
    }
  }
  return out;
}

/** Pages of per-CPU lists by T, of one cell. */
export function pcpByTarget(mm: Mm, cell: number): number {
  let pages = 0;
  for (const list of mm.pcp) {
    for (const pfn of list ?? []) if (targetNid(mm.layout, pfn) * NR_ZONES + zoneOf(mm, pfn) === cell) pages++;
  }
  return pages;
}

/** Free pages by T, of one cell. */
export const freeByTarget = (mm: Mm, rfc: RfcState, cell: number): number =>
  mm.cell.free[cell]! - rfc.misplacedOut[cell]! + rfc.misplacedIn[cell]!;
