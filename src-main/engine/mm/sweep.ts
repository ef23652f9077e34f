/**
 * The sweep of a commit: free pages of the runs whose target changed go to their new node. Runs are cut at pageblocks:
 *
 *     pageblocks  |       0       |       1       |       2       |       3       |
 *     runs                 <---- to node 1 ----------><2><- to node 1 ->
 *     cut into             [ part ][    whole     ][p][p][    p   ]
 *
 * (a) A whole pageblock is given away at once, whatever is free in it: moveFreePages.
 * (b) All parts of a pageblock are given away together, when the last of them is known: moveFreeParts. Pageblock 2 above
 *     has three, pageblock 0 one.
 * (c) Parts come in ascending order, so a part of another pageblock, or the end, says that the last one was the last.
 * (d) No part crosses a pageblock, so none crosses a zone.
 */
import { countForNode, FREELIST_ADD } from './commit-stat.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { forEachDelta, type Memlayout } from './memlayout.ts';
import type { Mm } from './mm.ts';
import { BlockParts, moveFreePages, moveFreeParts } from './segment-move.ts';

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
