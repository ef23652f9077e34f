/**
 * Finds where a verdict changes along a range, with as few questions as halving takes.
 *
 * (a) Both ends are asked first; where they agree there is no edge between them that halving could find.
 * (b) It ends when the two sides are closer than the precision: a share of the upper one in amount, or one whole number.
 * (c) Of a verdict that changes several times it finds one of the changes.
 */
import type { RangeAxis } from './axis.ts';
import { middle } from './axis.ts';

export type Edge =
  | {
      readonly found: true;
      /** The last value with the verdict of `from`, and the first known with the other one. */
      readonly near: number;
      readonly far: number;
      /** The middle of the two. */
      readonly value: number;
      /** The verdict at `from`. */
      readonly verdictAtFrom: boolean;
      readonly runs: number;
    }
  | { readonly found: false; readonly verdict: boolean; readonly runs: number };

/** Yields the values whose verdict it needs, one after the other. */
export function* bisect(axis: RangeAxis, precisionPercent: number): Generator<number, Edge, boolean> {
  let runs = 2;
  const verdictAtFrom = yield axis.from;
  if ((yield axis.to) === verdictAtFrom) return { found: false, verdict: verdictAtFrom, runs };
  let near = axis.from;
  let far = axis.to;
  while (!isClose(near, far, axis.whole === true, precisionPercent)) {
    const between = middle(axis, near, far);
    // Numbers have an end, too.
    if (between === near || between === far) break;
    if ((yield between) === verdictAtFrom) near = between;
    else far = between;
    runs++;
  }
  return { found: true, near, far, value: middle({ ...axis, whole: false }, near, far), verdictAtFrom, runs };
}

function isClose(a: number, b: number, whole: boolean, precisionPercent: number): boolean {
  const gap = Math.abs(a - b);
  return (whole && gap <= 1) || gap <= (precisionPercent / 100) * Math.max(Math.abs(a), Math.abs(b));
}

/** The most runs that a bisection of this axis may take. */
export function mostRuns(axis: RangeAxis, precisionPercent: number): number {
  let most = 0;
  // Halving linearly it takes longest where the edge is at the small end, otherwise it does not matter.
  for (const low of [true, false]) {
    const halving = bisect(axis, precisionPercent);
    const atFrom = low === axis.from < axis.to;
    let step = halving.next();
    let asked = 0;
    while (step.done !== true) {
      const value = step.value;
      asked++;
      step = halving.next(atFrom ? value === axis.from : value !== axis.to);
    }
    most = Math.max(most, asked);
  }
  return most;
}
