/**
 * All sequences of moves, the cheapest first (A*): exact where the states are few, as when room is so tight that VMs must pass
 * through scratch places. A state is where every item lies between two moves.
 *
 * (a) Only for VMs of one cell. (b) What is still to move is bounded from below: each item that may not stay where it is moves
 * once more, and from a place that is too full for what must come, so much moves away. (c) States looked at are limited by
 * number, so that the answer does not depend on time.
 */
import type { Assignment } from '../model/assignment.ts';
import { isAnswer, normal, STAYS, unchanged, UNPLACED } from '../model/assignment.ts';
import type { Problem } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import type { Step } from '../schedule/step.ts';
import { Layout, movedBy } from '../schedule/step.ts';

export interface StateSearch {
  readonly status: 'found' | 'none' | 'unknown';
  readonly steps: readonly Step[];
  readonly moved: number;
  /** No sequence moves less. */
  readonly bound: number;
  readonly states: number;
}

/** Whether it can be asked at all. */
export const isSearchable = (problem: Problem): boolean => problem.vms.every(({ items }) => items.length <= 1);

interface Node {
  readonly at: Assignment;
  readonly cost: number;
  readonly step: Step | null;
  readonly parent: Node | null;
}

/** @param limit sequences that move so much or more are of no interest. */
export function searchStates(
  problem: Problem,
  reach: Reach,
  maxStates: number,
  limit: number,
  stopped: () => boolean,
): StateSearch {
  const start = unchanged(problem);
  const heap = new Heap<Node>();
  const costs = new Map<string, number>();
  const keyOf = (at: Assignment): string => String.fromCharCode(...at.map((place) => place + 3));
  const bound = lowerBound(problem);
  const closed = new Set<string>();
  const push = (node: Node): void => {
    const rest = bound(node.at);
    if (node.cost + rest >= limit) return;
    const key = keyOf(node.at);
    const known = costs.get(key);
    if (known !== undefined && known <= node.cost) return;
    costs.set(key, node.cost);
    heap.push(node.cost + rest, rest, node);
  };
  push({ at: start, cost: 0, step: null, parent: null });
  let looked = 0;
  for (;;) {
    const top = heap.pop();
    if (top === null) return { status: 'none', steps: [], moved: 0, bound: limit, states: costs.size };
    const node = top.value;
    const key = keyOf(node.at);
    if (closed.has(key)) continue;
    closed.add(key);
    if (isEnd(problem, node.at)) {
      const steps: Step[] = [];
      for (let each: Node | null = node; each?.step != null; each = each.parent) steps.unshift(each.step);
      return { status: 'found', steps, moved: node.cost, bound: node.cost, states: costs.size };
    }
    if (++looked > maxStates || ((looked & 1023) === 0 && stopped()))
      return { status: 'unknown', steps: [], moved: 0, bound: top.priority, states: costs.size };
    const layout = new Layout(problem, node.at);
    for (const vm of problem.vms) {
      const index = vm.items[0];
      if (index === undefined) continue;
      const item = problem.items[index]!;
      const now = node.at[index]!;
      if (item.fixed) continue;
      const here = now >= 0 ? now : now === UNPLACED ? -1 : item.home;
      const from = now === UNPLACED ? -1 : now >= 0 ? problem.places[now]!.host : vm.host;
      for (const place of problem.places) {
        if (place.index === here || item.passes[place.index] !== 1 || !reach.hosts(from, place.host)) continue;
        const type = from < 0 ? 'start' : from === place.host ? 'compact' : 'migrate';
        const step: Step = { vm: vm.index, type, changes: [{ item: index, to: place.index }] };
        if (!layout.fits(step)) continue;
        const at = node.at.slice();
        at[index] = place.index === item.home ? STAYS : place.index;
        push({ at, cost: node.cost + movedBy(problem, node.at, step), step, parent: node });
      }
    }
  }
}

const isEnd = (problem: Problem, at: Assignment): boolean => {
  if (at.some((place) => place === UNPLACED)) return false;
  return isAnswer(problem, normal(problem, at));
};

/** What a state must still move at least. */
function lowerBound(problem: Problem): (at: Assignment) => number {
  const { items, places } = problem;
  return (at) => {
    let sum = 0;
    const load = places.map((place) => new Float64Array(place.capacity.length));
    const leavable: { mib: number; takes: number }[][] = places.map(() => []);
    for (const item of items) {
      const place = at[item.index]!;
      const stays = place >= 0 ? item.allowed[place] === 1 || (place === item.home && item.mayStay) : place === STAYS && item.mayStay; // prettier-ignore
      if (!stays) {
        const targets = [...item.allowed.keys()].filter((target) => item.allowed[target] === 1);
        if (place !== UNPLACED) {
          const has =
            place >= 0 ? 0 : Math.max(0, ...item.at.map((part) => (item.allowed[part.place] === 1 ? part.mib : 0)));
          sum += item.mib - has;
        }
        // Where it can go to one place alone, that must have room.
        if (targets.length === 1) load[targets[0]!]![item.kind]! += item.takes;
        continue;
      }
      if (place >= 0 || item.home >= 0) {
        const here = place >= 0 ? place : item.home;
        load[here]![item.kind]! += item.takes;
        if (!item.fixed && item.kind === 0) leavable[here]!.push({ mib: item.mib, takes: item.takes });
      }
    }
    places.forEach((place, p) => {
      const over = load[p]![0]! - place.final[0]!;
      if (over > 0) sum += leastCover(leavable[p]!, over);
    });
    return sum;
  };
}

/** The least sum of memory that is at least `need`; what there is when all do not suffice. */
function leastCover(items: readonly { mib: number; takes: number }[], need: number): number {
  let sums = new Set<number>([0]);
  for (const { mib } of items) {
    const next = new Set(sums);
    for (const sum of sums) if (sum < need) next.add(sum + mib);
    sums = next;
    if (sums.size > 5000) return need;
  }
  let least = Infinity;
  for (const sum of sums) if (sum >= need && sum < least) least = sum;
  return least === Infinity ? need : least;
}

/** By priority, then by what remains, then by age. */
class Heap<T> {
  readonly #items: { readonly priority: number; readonly second: number; readonly age: number; readonly value: T }[] =
    [];
  #age = 0;

  push(priority: number, second: number, value: T): void {
    const items = this.#items;
    const item = { priority, second, age: this.#age++, value };
    let i = items.length;
    items.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): { readonly priority: number; readonly value: T } | null {
    const items = this.#items;
    const top = items[0];
    if (top === undefined) return null;
    const last = items.pop()!;
    if (items.length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= items.length) break;
        if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
        if (!before(items[child]!, last)) break;
        items[i] = items[child]!;
        i = child;
      }
      items[i] = last;
    }
    return top;
  }
}

const before = (
  a: { readonly priority: number; readonly second: number; readonly age: number },
  b: { readonly priority: number; readonly second: number; readonly age: number },
): boolean => a.priority - b.priority < 0 || (a.priority === b.priority && (a.second - b.second || a.age - b.age) < 0);
