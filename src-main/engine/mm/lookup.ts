/**
 * Four ways from a pfn to its range of the layout, with the steps each takes. All give the same answer; what differs is
 * how many records are read. The allocator itself asks the table (memlayout.ts), whichever is set: these are walked where
 * a lookup is counted, so that a guest shows what its kernel's structure would have cost.
 *
 *   tree   the RFC's: a one-range cache shared by all CPUs, then a balanced tree of ranges. A step is a range looked at.
 *   runs   a binary search over the sorted starts of the ranges. A step is a start looked at.
 *   radix  a tree of 64 slots a level over pageblocks. A step is a slot; in a pageblock with several ranges, and a start.
 *   table  an entry a pageblock. A step is an entry; in a pageblock with several ranges, and a start.
 *
 * Counters changed: beyondCounters.lookupSteps.
 */
import type { BeyondConfig } from '../../../shared/model/config.ts';
import { NID_MIXED, PAGEBLOCK_ORDER } from './limit.ts';
import type { Memlayout } from './memlayout.ts';

export type LookupKind = BeyondConfig['lookup'];

const RADIX_BITS = 6;

/** Index of the range and steps in one number, since every transplant makes one: below 2^28 ranges, below 64 steps. */
export type LookedUp = number;
const MAX_STEPS = 64;
const found = (range: number, steps: number): LookedUp => range * MAX_STEPS + steps;
export const rangeFound = (lookedUp: LookedUp): number => Math.floor(lookedUp / MAX_STEPS);
export const stepsOf = (lookedUp: LookedUp): number => lookedUp % MAX_STEPS;

/** @param cached whether the RFC's cache holds the range of pfn. */
export function lookUp(layout: Memlayout, pfn: number, kind: LookupKind, cached: boolean): LookedUp {
  switch (kind) {
    case 'tree':
      return throughTree(layout, pfn, cached);
    case 'runs':
      return search(layout, pfn, 0, layout.count - 1, 0);
    case 'radix':
      return throughBlock(layout, pfn, radixLevels(layout.blockNid.length));
    case 'table':
      return throughBlock(layout, pfn, 1);
  }
}

/** The cache is a step; then down a tree whose nodes are the middles of what is left. */
function throughTree({ start, count }: Memlayout, pfn: number, cached: boolean): LookedUp {
  let steps = 1;
  let low = 0;
  let high = count - 1;
  for (;;) {
    const middle = (low + high) >>> 1;
    if (!cached) steps++;
    if (start[middle]! > pfn) high = middle - 1;
    else if (start[middle + 1]! <= pfn) low = middle + 1;
    else return found(middle, steps);
  }
}

/** The last range of low to high that starts at or below pfn. */
function search({ start }: Memlayout, pfn: number, first: number, last: number, before: number): LookedUp {
  let low = first;
  let high = last;
  let steps = before;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    steps++;
    if (start[middle]! <= pfn) low = middle;
    else high = middle - 1;
  }
  return found(low, Math.max(1, steps));
}

function throughBlock(layout: Memlayout, pfn: number, steps: number): LookedUp {
  const block = pfn >>> PAGEBLOCK_ORDER;
  const first = layout.first[block]!;
  if (layout.blockNid[block] !== NID_MIXED) return found(first, steps);
  const last = block + 1 < layout.first.length ? layout.first[block + 1]! : layout.count - 1;
  return search(layout, pfn, first, last, steps);
}

/** Levels of a radix tree over so many pageblocks. */
export function radixLevels(blocks: number): number {
  let levels = 1;
  for (let reach = 1 << RADIX_BITS; reach < blocks; reach *= 1 << RADIX_BITS) levels++;
  return levels;
}
