/** Free blocks of a part of the guest, and the node of each, for the walks that an RFC guest pays for. */
import { blockEnd, forEachFreeBlock } from '../free-walk.ts';
import type { Mm } from '../mm.ts';
import { nidOf } from '../segment-table.ts';
import { segmentOfFree } from '../segment.ts';

/** Node of a free page; -1 when it is not free. */
export function freeNid(mm: Mm, pfn: number): number {
  const seg = segmentOfFree(mm, pfn);
  return seg === -1 ? -1 : nidOf(mm.segment, seg);
}

/** The free blocks of [start, end), ascending; those that reach beyond it are cut there. */
export function forEachFreePiece(
  mm: Mm,
  start: number,
  end: number,
  visit: (start: number, end: number, nid: number) => void,
): void {
  forEachFreeBlock(mm, start, end, (pfn, order, nid) => visit(pfn, Math.min(end, blockEnd(pfn, order)), nid));
}
