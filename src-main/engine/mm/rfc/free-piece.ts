/** Free blocks of a part of the guest, and the node of each, for the walks that an RFC guest pays for. */
import { freeOrder } from '../buddy.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from '../limit.ts';
import type { Mm } from '../mm.ts';
import { nidOf } from '../segment-table.ts';
import { segmentOfFree } from '../segment.ts';

/** The node whose lists hold the free pages of a segment. */
export const nodeOfFree = (mm: Mm, seg: number): number => nidOf(mm.segment, seg);

/** Node of a free page; -1 when it is not free. */
export function freeNid(mm: Mm, pfn: number): number {
  const seg = segmentOfFree(mm, pfn);
  return seg === -1 ? -1 : nodeOfFree(mm, seg);
}

/** The free blocks of [start, end), ascending; those that reach beyond it are cut there. */
export function forEachFreePiece(
  mm: Mm,
  start: number,
  end: number,
  visit: (start: number, end: number, nid: number) => void,
): void {
  for (let pfn = start; pfn < end;) {
    if (pfn % PAGES_PER_PAGEBLOCK === 0 && mm.block.free[pfn >>> PAGEBLOCK_ORDER] === 0) {
      pfn += PAGES_PER_PAGEBLOCK;
      continue;
    }
    const seg = segmentOfFree(mm, pfn);
    if (seg === -1) {
      pfn++;
      continue;
    }
    const pages = 1 << freeOrder(mm, seg, pfn);
    const stop = Math.min(end, pfn - (pfn % pages) + pages);
    visit(pfn, stop, nodeOfFree(mm, seg));
    pfn = stop;
  }
}
