/**
 * A fixed set of pfns as disjoint ascending ranges, for holes and boot-reserved pages: how many of them lie below a
 * pfn, in O(log ranges). It never changes; memory that is plugged in makes another set of holes.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert } from '../core/index.ts';

export class RangeSet {
  readonly ranges: readonly PfnRange[];
  /** pages in all ranges before the i-th. */
  readonly #before: readonly number[];
  /** All members lie in [#start, #end), which is empty when there are none. */
  readonly #start: number;
  readonly #end: number;

  constructor(ranges: readonly PfnRange[]) {
    const before: number[] = [];
    let total = 0;
    let last = 0;
    for (const r of ranges) {
      assert(r.start >= last && r.end > r.start, 'range-set-order', { start: r.start, end: r.end, last });
      before.push(total);
      total += r.end - r.start;
      last = r.end;
    }
    before.push(total);
    this.ranges = ranges;
    this.#before = before;
    this.#start = ranges[0]?.start ?? 0;
    this.#end = last;
  }

  /** Members below pfn. */
  #below(pfn: number): number {
    let lo = 0;
    let hi = this.ranges.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (this.ranges[mid]!.start < pfn) lo = mid + 1;
      else hi = mid;
    }
    if (lo === 0) return 0;
    const r = this.ranges[lo - 1]!;
    return this.#before[lo - 1]! + Math.min(pfn, r.end) - r.start;
  }

  has(pfn: number): boolean {
    return this.countIn(pfn, pfn + 1) === 1;
  }

  /** Members in [start, end). */
  countIn(start: number, end: number): number {
    if (end <= this.#start || start >= this.#end) return 0;
    return this.#below(end) - this.#below(start);
  }

  /** [start, end) without the members at its two ends; empty (start = end) when all of it is in the set. */
  trim(start: number, end: number): PfnRange {
    if (end <= this.#start || start >= this.#end) return { start, end };
    let from = start;
    let to = end;
    for (const r of this.ranges) if (r.start <= from && from < r.end) from = r.end;
    for (let i = this.ranges.length - 1; i >= 0; i--) {
      const r = this.ranges[i]!;
      if (r.start < to && to <= r.end) to = r.start;
    }
    return from < to ? { start: from, end: to } : { start, end: start };
  }
}

/** Disjoint ranges in any order as maximal ascending ones. */
export function joined(ranges: readonly PfnRange[]): PfnRange[] {
  const out: PfnRange[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && last.end === start) out[out.length - 1] = { start: last.start, end };
    else out.push({ start, end });
  }
  return out;
}

/** Ascending ranges less others, ascending. */
export function without(ranges: readonly PfnRange[], others: readonly PfnRange[]): PfnRange[] {
  return ranges.flatMap(({ start, end }) => {
    const rest: PfnRange[] = [];
    let from = start;
    for (const other of others) {
      if (other.end <= from || other.start >= end) continue;
      if (other.start > from) rest.push({ start: from, end: other.start });
      from = other.end;
    }
    return from < end ? [...rest, { start: from, end }] : rest;
  });
}
