/** Figures of an RFC guest that are counted on request. */
import { popcount, WORDS } from '../bitmap.ts';
import { NID_MIXED, NR_ZONES, PAGEBLOCK_ORDER } from '../limit.ts';
import { targetNid } from '../memlayout.ts';
import { type Mm, zoneTypeOf } from '../mm.ts';
import { bitsAt, chainOf, nidOf, pagesOf } from '../segment-table.ts';
import { usedNid } from '../transplant.ts';
import type { RfcState } from './rfc-state.ts';

/**
 * Flagged pages by A: words of 32 pages, against the free bits of each segment of the pageblock; single pages only where
 * those in use are on several nodes.
 */
export function flaggedByNode(mm: Mm, rfc: RfcState): Uint32Array {
  const out = new Uint32Array(mm.nrNodeIds);
  const inUse = new Int32Array(WORDS);
  for (let block = 0; block << PAGEBLOCK_ORDER < mm.nrPages; block++) {
    inUse.set(rfc.flag.subarray(block * WORDS, (block + 1) * WORDS));
    if (inUse.every((word) => word === 0)) continue;
    for (let seg = block; seg !== -1; seg = chainOf(mm.segment, seg)) {
      if (pagesOf(mm.segment, seg) === 0) continue;
      let flagged = 0;
      for (let w = 0; w < WORDS; w++) {
        const free = mm.segment.row[bitsAt(seg) + w]!;
        flagged += popcount(inUse[w]! & free);
        inUse[w]! &= ~free;
      }
      out[nidOf(mm.segment, seg)]! += flagged;
    }
    const actual = mm.block.actual[block]!;
    for (let w = 0; w < WORDS; w++) {
      if (actual !== NID_MIXED) out[actual]! += popcount(inUse[w]!);
      else for (const pfn of pagesOfWord(block, w, inUse[w]!)) out[usedNid(mm, pfn)]!++;
    }
  }
  return out;
}

function pagesOfWord(block: number, word: number, bits: number): number[] {
  const first = (block << PAGEBLOCK_ORDER) + (word << 5);
  const pfns: number[] = [];
  for (let left = bits; left !== 0; left &= left - 1) pfns.push(first + 31 - Math.clz32(left & -left));
  return pfns;
}

/** Pages of per-CPU lists by T, of one zone. */
export function pcpByTarget(mm: Mm, zone: number): number {
  let pages = 0;
  for (const list of mm.pcp) {
    for (const pfn of list ?? []) if (targetNid(mm.layout, pfn) * NR_ZONES + zoneTypeOf(mm, pfn) === zone) pages++;
  }
  return pages;
}

/** Free pages by T, of one zone. */
export const freeByTarget = (mm: Mm, rfc: RfcState, zone: number): number =>
  mm.zones.free[zone]! - rfc.misplacedOut[zone]! + rfc.misplacedIn[zone]!;
