/**
 * The sweep of a commit: free pages of the runs whose target changed go to their new node, pageblock by pageblock. A
 * pageblock that several runs touch is settled once, with all of its parts together.
 */
import { countForNode, FREELIST_ADD } from './commit-stat.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { forEachDelta, type Memlayout } from './memlayout.ts';
import type { Mm } from './mm.ts';
import { BlockParts, moveFreePages, moveFreeParts } from './segment.ts';

/** Gives the free pages whose target differs between two layouts to their node in `to`. Returns the pages moved. */
export function sweepDelta(mm: Mm, from: Memlayout, to: Memlayout): number {
  const parts = new BlockParts();
  let moved = 0;
  forEachDelta(from, to, (start, end, _oldNid, newNid) => {
    for (let pfn = start; pfn < end;) {
      const block = pfn >>> PAGEBLOCK_ORDER;
      const next = Math.min(end, (block + 1) << PAGEBLOCK_ORDER);
      if (next - pfn === PAGES_PER_PAGEBLOCK) {
        const pages = moveFreePages(mm, pfn, next, newNid);
        countForNode(mm, newNid, FREELIST_ADD, pages);
        moved += pages;
      } else {
        if (block !== parts.block) {
          if (parts.count > 0) moved += moveParts(mm, parts);
          parts.begin(block);
        }
        parts.add(pfn, next, newNid);
      }
      pfn = next;
    }
  });
  if (parts.count > 0) moved += moveParts(mm, parts);
  return moved;
}

function moveParts(mm: Mm, parts: BlockParts): number {
  return moveFreeParts(mm, parts, (nid, pages) => countForNode(mm, nid, FREELIST_ADD, pages));
}

/** The same for one run, which goes to newNid: where the order of the runs matters (rfc/). */
export function sweepRun(mm: Mm, start: number, end: number, newNid: number): number {
  let moved = 0;
  for (let pfn = start; pfn < end;) {
    const next = Math.min(end, ((pfn >>> PAGEBLOCK_ORDER) + 1) << PAGEBLOCK_ORDER);
    moved += moveFreePages(mm, pfn, next, newNid);
    pfn = next;
  }
  countForNode(mm, newNid, FREELIST_ADD, moved);
  return moved;
}
