/**
 * Bringing places below what may be taken of them with the fewest bytes moved, on a scale where a program of all items and
 * places is too large (goal `rebalance`).
 *
 * (a) From a place that is too full so much must leave at least: the least sum of sizes of what lies there that covers the
 *     excess. The sum over all such places is a bound.
 * (b) What leaves goes where there is room, the largest first, into the room that it fills best. Where that works out with
 *     sets of the least sums, the bound is reached, and the plan is proved. Other sets of the same sums are tried in turn.
 */
import type { Assignment } from '../model/assignment.ts';
import { isAnswer, unchanged } from '../model/assignment.ts';
import type { Item, Problem } from '../model/problem.ts';
import { cpuOf, startUse } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';

export interface Relief {
  /** Null: no placement was found. */
  readonly assignment: Assignment | null;
  readonly bound: number;
}

const ATTEMPTS = 24;

export function relieve(problem: Problem, reach: Reach): Relief {
  const use = startUse(problem);
  let bound = 0;
  const overfull: { readonly place: number; readonly kind: number; readonly table: Covers }[] = [];
  for (const place of problem.places)
    for (let kind = 0; kind < cpuOf(problem); kind++) {
      const over = use[place.index]![kind]! - place.final[kind]!;
      if (over <= 0) continue;
      const items = problem.items.filter((item) => item.home === place.index && item.kind === kind && isFree(problem, item)); // prettier-ignore
      const table = new Covers(items, over);
      if (table.least === null) return { assignment: null, bound };
      bound += table.least;
      overfull.push({ place: place.index, kind, table });
    }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const assignment = unchanged(problem);
    const free = problem.places.map((place) => Float64Array.from(place.final, (final, k) => final - use[place.index]![k]!)); // prettier-ignore
    const movers: Item[] = [];
    for (const { place, kind, table } of overfull)
      for (const item of table.pick(attempt)) {
        movers.push(item);
        free[place]![kind]! += item.takes;
        free[place]![cpuOf(problem)]! += item.vcpus;
      }
    movers.sort((a, b) => b.takes - a.takes || b.vcpus - a.vcpus || a.index - b.index);
    if (settle(problem, reach, movers, free, assignment, attempt) && isAnswer(problem, assignment))
      return { assignment, bound };
  }
  return { assignment: null, bound };
}

/** A VM of one cell that may move. */
const isFree = (problem: Problem, item: Item): boolean => !item.fixed && problem.vms[item.vm]!.items.length === 1;

/** Each mover to the room that it fills best. */
function settle(
  problem: Problem,
  reach: Reach,
  movers: readonly Item[],
  free: readonly Float64Array[],
  assignment: Assignment,
  attempt: number,
): boolean {
  const cpu = cpuOf(problem);
  for (const item of movers) {
    let best = -1;
    let least = Infinity;
    for (const { index, host } of problem.places) {
      if (index === item.home || item.allowed[index] !== 1) continue;
      const left = free[index]![item.kind]! - item.takes;
      if (left < 0 || free[index]![cpu]! < item.vcpus) continue;
      const from = problem.vms[item.vm]!.host;
      if (!reach.hosts(from, host)) continue;
      // On its own host where that is as good; every other attempt spreads instead.
      const score = (attempt % 2 === 0 ? left : -left) - (host === from ? 0.5 : 0);
      if (score < least) {
        least = score;
        best = index;
      }
    }
    if (best < 0) return false;
    free[best]![item.kind]! -= item.takes;
    free[best]![cpu]! -= item.vcpus;
    assignment[item.index] = best;
  }
  return true;
}

/** Sums of sizes that cover an excess. */
class Covers {
  /** Null: all together do not. */
  readonly least: number | null;
  readonly #items: readonly Item[];
  /** By sum, the last item of the first set found with it. */
  readonly #reach: Int32Array[];
  readonly #unit: number;

  constructor(items: readonly Item[], over: number) {
    this.#items = items;
    this.#unit = items.reduce((gcd, item) => gcdOf(gcd, item.takes), 0) || 1;
    const total = items.reduce((sum, item) => sum + item.takes, 0);
    this.#reach = [];
    if (total < over) {
      this.least = null;
      return;
    }
    const size = total / this.#unit + 1;
    let reach = new Int32Array(size).fill(-2);
    reach[0] = -1;
    this.#reach.push(reach);
    items.forEach((item, i) => {
      const step = item.takes / this.#unit;
      const next = reach.slice();
      for (let sum = size - 1; sum >= step; sum--) if (reach[sum - step] !== -2 && next[sum] === -2) next[sum] = i;
      reach = next;
      this.#reach.push(reach);
    });
    let least = Math.ceil(over / this.#unit);
    while (reach[least] === -2) least++;
    this.least = least * this.#unit;
  }

  /** A set with the least sum; other numbers give other sets, where there are any. */
  pick(attempt: number): Item[] {
    let sum = this.least! / this.#unit;
    const picked: Item[] = [];
    for (let i = this.#items.length; i > 0 && sum > 0; i--) {
      const item = this.#items[i - 1]!;
      const step = item.takes / this.#unit;
      const without = this.#reach[i - 1]![sum] !== -2;
      const within = sum >= step && this.#reach[i - 1]![sum - step] !== -2;
      const prefersWithout = ((attempt >> 1) & (1 << (i % 5))) === 0;
      if (within && (!without || !prefersWithout)) {
        picked.push(item);
        sum -= step;
      }
    }
    return picked;
  }
}

const gcdOf = (a: number, b: number): number => (b === 0 ? a : gcdOf(b, a % b));
