/** The sweep of a commit: free pages of the runs whose target changed go to their new node, pageblock by pageblock. */
import { PAGEBLOCK_ORDER } from './limit.ts';
import type { Mm } from './mm.ts';
import { moveFreePages } from './segment.ts';

/** Gives the free pages of [start, end) to newNid, pageblock by pageblock. Returns the pages moved. */
export function sweepRun(mm: Mm, start: number, end: number, newNid: number): number {
  let moved = 0;
  for (let pfn = start; pfn < end;) {
    const next = Math.min(end, ((pfn >>> PAGEBLOCK_ORDER) + 1) << PAGEBLOCK_ORDER);
    moved += moveFreePages(mm, pfn, next, newNid);
    pfn = next;
  }
  return moved;
}
