/**
 * Sets of CPU and node ids as ranges, so that checking a list costs what it takes to write it, not how many ids it names.
 *
 * (a) Ranges are inclusive at both ends, as they are written: `0-3` is {first: 0, last: 3}.
 * (b) They ascend, and no two of them overlap or touch: one set has one form.
 */
import { readIdTerms } from './id-list.ts';

interface IdRange {
  readonly first: number;
  readonly last: number;
}

export type IdSet = readonly IdRange[];

/** The set of a list that the schema has accepted. */
export function idSetOf(text: string): IdSet {
  const terms = readIdTerms(text, Number.POSITIVE_INFINITY);
  return typeof terms === 'string' ? [] : normal(terms);
}

export const union = (...sets: readonly IdSet[]): IdSet => normal(sets.flat());

function normal(ranges: readonly IdRange[]): IdSet {
  const merged: IdRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { first: before.first, last: range.last };
  }
  return merged;
}

export function intersection(a: IdSet, b: IdSet): IdSet {
  const common: IdRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const first = Math.max(a[i]!.first, b[j]!.first);
    const last = Math.min(a[i]!.last, b[j]!.last);
    if (first <= last) common.push({ first, last });
    if (a[i]!.last < b[j]!.last) i++;
    else j++;
  }
  return common;
}

/** Ids of `a` that are not in `b`. */
export function difference(a: IdSet, b: IdSet): IdSet {
  const rest: IdRange[] = [];
  let j = 0;
  for (const { first, last } of a) {
    let from = first;
    while (j < b.length && b[j]!.last < from) j++;
    for (let k = j; k < b.length && b[k]!.first <= last; k++) {
      if (b[k]!.first > from) rest.push({ first: from, last: b[k]!.first - 1 });
      from = b[k]!.last + 1;
    }
    if (from <= last) rest.push({ first: from, last });
  }
  return rest;
}

export const sizeOf = (set: IdSet): number => set.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** `0-3,8` */
export const idSetText = (set: IdSet): string =>
  set.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
