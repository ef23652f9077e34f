/**
 * The cost of a lookup in the guest's kernel, by the structure that its layout is configured to be kept in. The engine
 * itself always uses the table of memlayout.ts, as all structures give the same answer (bench/layout-structure.ts has
 * all of them); the guest reports how many records its kernel would have read.
 *
 *   tree   the RFC's: a one-range cache shared by all CPUs, then a balanced tree of ranges. A step is a range looked at.
 *   runs   a binary search over the sorted starts of the ranges. A step is a start looked at.
 *   radix  a tree of 64 slots a level over pageblocks. A step is a slot; in a pageblock with several ranges, and a start.
 *   table  an entry a pageblock. A step is an entry; in a pageblock with several ranges, and a start.
 */
import type { BeyondConfig } from '../../../shared/model/config.ts';
import { NID_MIXED, PAGEBLOCK_ORDER } from './limit.ts';
import type { Memlayout } from './memlayout.ts';

export type LookupKind = BeyondConfig['lookup'];

const RADIX_BITS = 6;

/** @param cached whether the RFC's cache holds the range of pfn. */
export function lookupSteps(layout: Memlayout, pfn: number, kind: LookupKind, cached: boolean): number {
  switch (kind) {
    case 'tree':
      return cached ? 1 : throughTree(layout, pfn);
    case 'runs':
      return Math.max(1, halvings(layout, pfn, 0, layout.count - 1));
    case 'radix':
      return throughBlock(layout, pfn, radixLevels(layout.blockNid.length));
    case 'table':
      return throughBlock(layout, pfn, 1);
  }
}

/** The cache is a step; then down a tree whose nodes are the middles of what is left. */
function throughTree({ start, count }: Memlayout, pfn: number): number {
  let steps = 1;
  let low = 0;
  let high = count - 1;
  for (;;) {
    const middle = (low + high) >>> 1;
    steps++;
    if (start[middle]! > pfn) high = middle - 1;
    else if (start[middle + 1]! <= pfn) low = middle + 1;
    else return steps;
  }
}

/** Until one is left of the ranges from first to last, the last that starts at or below pfn. */
function halvings({ start }: Memlayout, pfn: number, first: number, last: number): number {
  let steps = 0;
  for (let low = first, high = last; low < high; steps++) {
    const middle = (low + high + 1) >>> 1;
    if (start[middle]! <= pfn) low = middle;
    else high = middle - 1;
  }
  return steps;
}

function throughBlock(layout: Memlayout, pfn: number, steps: number): number {
  const block = pfn >>> PAGEBLOCK_ORDER;
  if (layout.blockNid[block] !== NID_MIXED) return steps;
  const last = block + 1 < layout.first.length ? layout.first[block + 1]! : layout.count - 1;
  return steps + halvings(layout, pfn, layout.first[block]!, last);
}

/** Levels of a radix tree over so many pageblocks. */
export function radixLevels(blocks: number): number {
  let levels = 1;
  for (let reach = 1 << RADIX_BITS; reach < blocks; reach *= 1 << RADIX_BITS) levels++;
  return levels;
}
