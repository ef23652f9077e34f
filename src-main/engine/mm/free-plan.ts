/**
 * Places for free blocks of which only the number by order is known, as a buddyinfo counts them: the planned blocks
 * are the maximal aligned decomposition of the free pages, so that the allocator's own merging changes no count.
 *
 * (a) Two free buddies of one order would be one block of the next order, so at most one of two siblings is wholly
 *     free. The other has a page that is not free.
 * (b) From the largest order down: the free blocks of an order are taken from the siblings that the larger orders left,
 *     the lowest first.
 * (c) It fails only when there is no arrangement: an order leaves the same number of whole subtrees to the lower orders
 *     whichever it takes, and a whole subtree yields one free block at each lower order.
 *
 * Pure arithmetic on ranges: a scenario is checked with the same code that the boot uses.
 */
import type { PfnRange } from '../../../shared/units/index.ts';

const MAX_ORDER = 10;
const CHUNK = 1 << MAX_ORDER;

interface FreeBlock {
  readonly pfn: number;
  readonly order: number;
}

export type FreePlan =
  | { readonly ok: true; /** Ascending by pfn. */ readonly blocks: readonly FreeBlock[] }
  | {
      readonly ok: false;
      /** The first order for which there is no room, and how many blocks of it have. */ readonly order: number;
      readonly room: number;
    };

/**
 * @param pieces pages that may be free, ascending and disjoint.
 * @param counts blocks by order, 0 to 10.
 */
export function planFreeBlocks(pieces: readonly PfnRange[], counts: readonly number[]): FreePlan {
  const ranges = joined(pieces);
  const within = new Within(ranges);
  let { whole, part } = chunksOf(ranges);
  const blocks: FreeBlock[] = [];
  const most = counts[MAX_ORDER] ?? 0;
  if (whole.length < most) return { ok: false, order: MAX_ORDER, room: whole.length };
  for (const pfn of whole.slice(0, most)) blocks.push({ pfn, order: MAX_ORDER });
  whole = whole.slice(most);
  for (let order = MAX_ORDER - 1; order >= 0; order--) {
    // More than the lower orders can ask for need not be looked at: it stays in use.
    const needed = counts.slice(0, order + 1).reduce((a, b) => Math.max(a, b), 0);
    const parents = merged(whole.slice(0, needed), part);
    whole = [];
    part = [];
    let left = counts[order] ?? 0;
    for (const parent of parents) {
      let taken = left === 0;
      for (const pfn of [parent, parent + (1 << order)]) {
        const pages = within.count(pfn, pfn + (1 << order));
        if (pages === 0) continue;
        if (pages < 1 << order) part.push(pfn);
        else if (taken) whole.push(pfn);
        else {
          taken = true;
          left--;
          blocks.push({ pfn, order });
        }
      }
    }
    if (left > 0) return { ok: false, order, room: (counts[order] ?? 0) - left };
  }
  return { ok: true, blocks: blocks.sort((a, b) => a.pfn - b.pfn) };
}

/** Ranges that touch become one. */
function joined(pieces: readonly PfnRange[]): PfnRange[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, end } of pieces) {
    const last = out.at(-1);
    if (last?.end === start) last.end = end;
    else if (start < end) out.push({ start, end });
  }
  return out;
}

/** Largest blocks that lie wholly in the ranges, and those of which only a part does. Ascending. */
function chunksOf(ranges: readonly PfnRange[]): { whole: number[]; part: number[] } {
  const whole: number[] = [];
  const part: number[] = [];
  const addPart = (pfn: number): void => {
    if (part.at(-1) !== pfn) part.push(pfn);
  };
  for (const { start, end } of ranges) {
    const first = Math.ceil(start / CHUNK) * CHUNK;
    const last = Math.floor(end / CHUNK) * CHUNK;
    if (first > start) addPart(first - CHUNK);
    for (let pfn = first; pfn < last; pfn += CHUNK) whole.push(pfn);
    if (last < end && last >= start) addPart(last);
  }
  return { whole, part };
}

function merged(a: readonly number[], b: readonly number[]): number[] {
  return [...a, ...b].sort((x, y) => x - y);
}

/** How many pages of the ranges lie in an interval; intervals are asked for in any order. */
class Within {
  readonly #ranges: readonly PfnRange[];

  constructor(ranges: readonly PfnRange[]) {
    this.#ranges = ranges;
  }

  count(start: number, end: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.end <= start) low = middle + 1;
      else high = middle;
    }
    let pages = 0;
    for (let i = low; i < this.#ranges.length && this.#ranges[i]!.start < end; i++) {
      pages += Math.min(end, this.#ranges[i]!.end) - Math.max(start, this.#ranges[i]!.start);
    }
    return pages;
  }
}
