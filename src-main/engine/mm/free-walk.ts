/** Every free block of a guest, one after the other. */
import { freeOrder } from './buddy.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import type { Mm } from './mm.ts';
import { nidOf } from './segment-table.ts';
import { segmentOfFree } from './segment.ts';

/**
 * The free blocks that have a page in [start, end), ascending: visit(pfn, order, nid) with the first page of the block that
 * is in the range and was not visited before. The guest may change during the walk: each block is visited as it is when
 * the walk reaches it, and the walk continues at the end that the block had then. The block begins before pfn when it
 * begins before the range, or has grown downwards meanwhile.
 */
export function forEachFreeBlock(
  mm: Mm,
  start: number,
  end: number,
  visit: (pfn: number, order: number, nid: number) => void,
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
    const order = freeOrder(mm, seg, pfn);
    const stop = blockEnd(pfn, order);
    visit(pfn, order, nidOf(mm.segment, seg));
    pfn = stop;
  }
}

/** End of the block of this order that pfn is in. */
export const blockEnd = (pfn: number, order: number): number => pfn - (pfn % (1 << order)) + (1 << order);
