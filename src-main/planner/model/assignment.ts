/**
 * Where every item ends: a place, or -1 for one that stays as it lies (split or whole), or -2 for a new one that is not
 * placed. What such an assignment costs and takes, and whether it is an answer.
 */
import type { ObjectiveName } from '../../../shared/model/plan.ts';
import type { Item, Problem } from './problem.ts';
import { cpuOf, mibAt, startUse, wholePages } from './problem.ts';

export const STAYS = -1;
export const UNPLACED = -2;

export type Assignment = Int32Array;

/** Everything stays, new VMs are not placed. */
export function unchanged(problem: Problem): Assignment {
  return Int32Array.from(problem.items, (item) => (problem.vms[item.vm]!.host < 0 ? UNPLACED : STAYS));
}

/** A whole item that is assigned to where it is stays. */
export const normal = (problem: Problem, assignment: Assignment): Assignment =>
  assignment.map((place, i) => (place >= 0 && place === problem.items[i]!.home ? STAYS : place));

/** The host of a VM under an assignment; -1: not placed. */
export function hostOf(problem: Problem, assignment: Assignment, vm: number): number {
  const { items, host } = problem.vms[vm]!;
  for (const item of items) {
    const place = assignment[item]!;
    if (place >= 0) return problem.places[place]!.host;
    if (place === UNPLACED) return -1;
  }
  return host;
}

/** What arrives anew of an item. */
export function movedMib(problem: Problem, item: Item, place: number): number {
  if (place < 0 || item.at.length === 0 || place === item.home) return 0;
  return item.mib - mibAt(item, place);
}

export function totalMoved(problem: Problem, assignment: Assignment): number {
  return problem.items.reduce((sum, item) => sum + movedMib(problem, item, assignment[item.index]!), 0);
}

/** Use of each resource of each place at the end. */
function endUse(problem: Problem, assignment: Assignment): Float64Array[] {
  const use = problem.places.map((place) => new Float64Array(place.capacity.length));
  for (const item of problem.items) {
    const place = assignment[item.index]!;
    if (place >= 0) {
      use[place]![item.kind]! += item.takes;
      use[place]![cpuOf(problem)]! += item.vcpus;
    } else if (place === STAYS) {
      for (const part of item.at) use[part.place]![item.kind]! += wholePages(part.mib, problem.kinds[item.kind]!);
      if (item.home >= 0) use[item.home]![cpuOf(problem)]! += item.vcpus;
    }
  }
  return use;
}

/** Places on which an item lies at the end. */
export function placesOf(item: Item, place: number): readonly number[] {
  return place >= 0 ? [place] : place === STAYS ? item.at.map((part) => part.place) : [];
}

/** Whether the groups hold for those of their VMs that are placed. */
function groupsHold(problem: Problem, assignment: Assignment): boolean {
  return problem.groups.every(({ kind, grain, items }) => {
    const sets = items
      .map((of) => of.flatMap((item) => placesOf(problem.items[item]!, assignment[item]!)))
      .filter((places) => places.length > 0)
      .map((places) => new Set(grain === 'host' ? places.map((place) => problem.places[place]!.host) : places));
    if (kind === 'together') return new Set(sets.flatMap((set) => [...set])).size <= 1;
    const all = sets.flatMap((set) => [...set]);
    return new Set(all).size === all.length;
  });
}

/** Whether an assignment meets all that must hold at the end, new VMs that are not placed apart. */
export function isAnswer(problem: Problem, assignment: Assignment): boolean {
  const use = endUse(problem, assignment);
  const start = startUse(problem);
  const arrived = problem.places.map((place) => new Uint8Array(place.capacity.length));
  for (const item of problem.items) {
    const place = assignment[item.index]!;
    if (place === STAYS && !item.mayStay) return false;
    if (place >= 0 && place !== item.home) {
      if (item.fixed || item.allowed[place] !== 1) return false;
      arrived[place]![item.kind] = 1;
      if (item.vcpus > 0) arrived[place]![cpuOf(problem)] = 1;
    }
    if (place >= 0 && place === item.home && !item.mayStay) return false;
  }
  for (const place of problem.places)
    for (let k = 0; k < place.capacity.length; k++) {
      const used = use[place.index]![k]!;
      if (used <= place.final[k]!) continue;
      const wasFull = start[place.index]![k]! > place.capacity[k]! && place.final[k] === place.capacity[k];
      if (!wasFull || arrived[place.index]![k] === 1 || used > start[place.index]![k]!) return false;
    }
  for (const vm of problem.vms) {
    const hosts = new Set(
      vm.items.map((item) => {
        const place = assignment[item]!;
        return place >= 0 ? problem.places[place]!.host : place === UNPLACED ? -1 : vm.host;
      }),
    );
    if (hosts.size > 1) return false;
  }
  return groupsHold(problem, assignment);
}

export function hostsUsed(problem: Problem, assignment: Assignment): number {
  const used = new Set<number>();
  for (const item of problem.items)
    for (const place of placesOf(item, assignment[item.index]!)) used.add(problem.places[place]!.host);
  return used.size;
}

export function unplaced(problem: Problem, assignment: Assignment): number {
  return problem.vms.filter(({ items }) => items.some((item) => assignment[item] === UNPLACED)).length;
}

/** Sum over the ordered pairs of cells of the goal's VM. */
export function distanceOf(problem: Problem, assignment: Assignment): number {
  if (problem.goal.type !== 'fit') return 0;
  const { vm: name } = problem.goal;
  const { items } = problem.vms.find((vm) => vm.name === name)!;
  const places = items.map((item) => assignment[item]!);
  let sum = 0;
  places.forEach((a, i) => places.forEach((b, j) => void (sum += i === j ? 0 : problem.distance(a, b))));
  return sum;
}

/** What a goal counts, most important first. */
export function objectiveNames(problem: Problem): readonly ObjectiveName[] {
  switch (problem.goal.type) {
    case 'place':
      return ['unplaced', 'hostsUsed', 'movedMiB'];
    case 'fit':
      return ['distance'];
    case 'consolidate':
      return ['hostsUsed', 'movedMiB'];
    default:
      return ['movedMiB'];
  }
}
