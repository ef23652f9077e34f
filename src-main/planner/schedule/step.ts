/** One step of a plan: what a move takes and frees, and the room that a world in between has for it. */
import { hostOf, movedMib, placesOf, STAYS } from '../model/assignment.ts';
import type { Assignment } from '../model/assignment.ts';
import type { Problem } from '../model/problem.ts';
import { cpuOf, startUse, wholePages } from '../model/problem.ts';

export interface Step {
  readonly vm: number;
  readonly type: 'start' | 'compact' | 'migrate';
  readonly changes: readonly { readonly item: number; readonly to: number }[];
}

interface Demand {
  readonly place: number;
  readonly kind: number;
  readonly amount: number;
}

/** Where everything lies between two steps. Changed in place; `undo` takes the last step back. */
export class Layout {
  readonly problem: Problem;
  readonly use: Float64Array[];
  /** Of each item a place, STAYS (as at the start), or UNPLACED. */
  readonly at: Assignment;

  constructor(problem: Problem, at: Assignment) {
    this.problem = problem;
    this.at = at.slice();
    this.use = startUse(problem);
    for (const item of problem.items) {
      const place = at[item.index]!;
      if (place < 0) continue;
      for (const { place: from, kind, amount } of this.#held(item.index, STAYS)) this.use[from]![kind]! -= amount;
      for (const { place: to, kind, amount } of this.#held(item.index, place)) this.use[to]![kind]! += amount;
    }
  }

  /** What an item takes while it lies so. */
  #held(index: number, place: number): Demand[] {
    const { problem } = this;
    const item = problem.items[index]!;
    const cpu = cpuOf(problem);
    if (place >= 0) {
      const memory = { place, kind: item.kind, amount: item.takes };
      return item.vcpus > 0 ? [memory, { place, kind: cpu, amount: item.vcpus }] : [memory];
    }
    if (place !== STAYS) return [];
    const demands: Demand[] = item.at.map((part) => ({
      place: part.place,
      kind: item.kind,
      amount: wholePages(part.mib, problem.kinds[item.kind]!),
    }));
    if (item.home >= 0 && item.vcpus > 0) demands.push({ place: item.home, kind: cpu, amount: item.vcpus });
    return demands;
  }

  /** What a step takes beyond what its VM holds already: it holds its old and its new place until it ends. */
  arrivals({ changes }: Step): Demand[] {
    const sums = new Map<string, { place: number; kind: number; amount: number }>();
    for (const { item, to } of changes) {
      const held = this.#held(item, this.at[item]!);
      for (const { place, kind, amount } of this.#held(item, to)) {
        const has = held.find((each) => each.place === place && each.kind === kind)?.amount ?? 0;
        if (amount <= has) continue;
        const key = `${place} ${kind}`;
        const sum = sums.get(key);
        if (sum === undefined) sums.set(key, { place, kind, amount: amount - has });
        else sum.amount += amount - has;
      }
    }
    return [...sums.values()];
  }

  /** What it frees when it ends. */
  departures({ changes }: Step): Demand[] {
    return changes.flatMap(({ item, to }) => {
      const next = this.#held(item, to);
      return this.#held(item, this.at[item]!)
        .map(({ place, kind, amount }) => ({
          place,
          kind,
          amount: amount - (next.find((each) => each.place === place && each.kind === kind)?.amount ?? 0),
        }))
        .filter(({ amount }) => amount > 0);
    });
  }

  /** Whether it may be done now: there is room, and no VM comes to one that it is to be apart from. */
  fits(step: Step): boolean {
    const { places } = this.problem;
    return (
      this.arrivals(step).every(
        ({ place, kind, amount }) => this.use[place]![kind]! + amount <= places[place]!.capacity[kind]!,
      ) && this.#staysApart(step)
    );
  }

  #staysApart({ vm, changes }: Step): boolean {
    const { problem, at } = this;
    return problem.groups.every(({ kind, grain, items }) => {
      if (kind !== 'apart') return true;
      const own = items.find((of) => of.some((item) => problem.items[item]!.vm === vm));
      if (own === undefined) return true;
      const endOf = (place: number): number => (grain === 'host' ? problem.places[place]!.host : place);
      for (const { item, to } of changes) {
        const mine = items.find((of) => of.includes(item));
        if (mine === undefined) continue;
        const now = placesOf(problem.items[item]!, at[item]!).map(endOf);
        if (now.includes(endOf(to))) continue;
        for (const of of items)
          if (of !== mine)
            for (const other of of) {
              if (changes.some((change) => change.item === other)) continue;
              if (placesOf(problem.items[other]!, at[other]!).some((place) => endOf(place) === endOf(to))) return false;
            }
      }
      return true;
    });
  }

  /** @returns how to take it back. */
  apply(step: Step): () => void {
    const before = step.changes.map(({ item }) => this.at[item]!);
    const deltas: Demand[] = [];
    step.changes.forEach(({ item, to }) => {
      for (const each of this.#held(item, this.at[item]!)) deltas.push({ ...each, amount: -each.amount });
      for (const each of this.#held(item, to)) deltas.push(each);
      this.at[item] = to;
    });
    for (const { place, kind, amount } of deltas) this.use[place]![kind]! += amount;
    return () => {
      for (const { place, kind, amount } of deltas) this.use[place]![kind]! -= amount;
      step.changes.forEach(({ item }, i) => void (this.at[item] = before[i]!));
    };
  }
}

/** What leads from one assignment to another, a step a VM and host; cells that move within their host, a step each. */
export function stepsBetween(problem: Problem, from: Assignment, to: Assignment): Step[] {
  const steps: Step[] = [];
  for (const vm of problem.vms) {
    const changed = vm.items.filter((item) => to[item] !== from[item] && to[item]! >= 0);
    if (changed.length === 0) continue;
    const changes = (items: readonly number[]): Step['changes'] => items.map((item) => ({ item, to: to[item]! }));
    const before = hostOf(problem, from, vm.index);
    const after = hostOf(problem, to, vm.index);
    if (before < 0) steps.push({ vm: vm.index, type: 'start', changes: changes(vm.items) });
    else if (before !== after) steps.push({ vm: vm.index, type: 'migrate', changes: changes(vm.items) });
    else for (const item of changed) steps.push({ vm: vm.index, type: 'compact', changes: changes([item]) });
  }
  return steps;
}

/** What a step moves from where things lie now. */
export function movedBy(problem: Problem, at: Assignment, { type, changes }: Step): number {
  if (type === 'start') return 0;
  return changes.reduce((sum, { item, to }) => {
    const now = at[item]!;
    if (now === to) return sum + (type === 'migrate' ? problem.items[item]!.mib : 0);
    return sum + (now >= 0 ? problem.items[item]!.mib : movedMib(problem, problem.items[item]!, to));
  }, 0);
}
