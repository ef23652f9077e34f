/**
 * Named placement heuristics, as they are: each places the new VMs one after the other, moves nothing, and proves nothing.
 *
 * (a) A VM goes to one host, each of its cells wholly to one node of it. (b) A load is a share of the capacity, summed over the
 * resources where nothing else is said. (c) Ties: the first.
 */
import type { Assignment } from '../model/assignment.ts';
import { unchanged, UNPLACED } from '../model/assignment.ts';
import type { Item, Place, Problem, Vm } from '../model/problem.ts';
import { cpuOf, startUse } from '../model/problem.ts';

export interface Baseline {
  readonly name: string;
  run(problem: Problem): Assignment;
}

/** What is free while VMs are placed. */
class Room {
  readonly problem: Problem;
  readonly free: Float64Array[];

  constructor(problem: Problem) {
    this.problem = problem;
    const use = startUse(problem);
    this.free = problem.places.map((place) => Float64Array.from(place.final, (final, k) => final - use[place.index]![k]!)); // prettier-ignore
  }

  fits(item: Item, place: Place): boolean {
    const free = this.free[place.index]!;
    if (item.allowed[place.index] !== 1) return false;
    const cpu = cpuOf(this.problem);
    return item.takes <= free[item.kind]! && (item.vcpus === 0 || item.vcpus <= free[cpu]!);
  }

  take(item: Item, place: Place, sign = 1): void {
    const free = this.free[place.index]!;
    free[item.kind]! -= sign * item.takes;
    free[cpuOf(this.problem)]! -= sign * item.vcpus;
  }
}

const newVms = (problem: Problem): Vm[] => problem.vms.filter(({ host }) => host < 0);

/** Share of a place that an item takes, over all resources. */
function share(problem: Problem, item: Item, place: Place): number {
  const cpu = cpuOf(problem);
  const memory = place.capacity[item.kind]! > 0 ? item.takes / place.capacity[item.kind]! : 0;
  return memory + (place.capacity[cpu]! > 0 ? item.vcpus / place.capacity[cpu]! : 0);
}

/** Shares of a place that would be free. */
function freeShare(room: Room, item: Item, place: Place): number {
  const { problem, free } = room;
  const cpu = cpuOf(problem);
  const of = (kind: number, taken: number): number =>
    place.capacity[kind]! > 0 ? (free[place.index]![kind]! - taken) / place.capacity[kind]! : 0;
  return of(item.kind, item.takes) + of(cpu, item.vcpus);
}

/** Size of a VM by the largest place of the problem. */
function size(problem: Problem, vm: Vm): number {
  const [first] = problem.places;
  return first === undefined ? 0 : vm.items.reduce((sum, item) => sum + share(problem, problem.items[item]!, first), 0);
}

type Score = (room: Room, item: Item, place: Place) => number;

/** Places VM by VM; of the places that fit, the one with the least score. */
function oneByOne(order: (problem: Problem) => Vm[], score: Score): (problem: Problem) => Assignment {
  return (problem) => {
    const room = new Room(problem);
    const assignment = unchanged(problem);
    for (const vm of order(problem)) placeVm(problem, room, vm, score, assignment);
    return assignment;
  };
}

function placeVm(problem: Problem, room: Room, vm: Vm, score: Score, assignment: Assignment): void {
  let best: { readonly places: readonly Place[]; readonly score: number } | null = null;
  problem.hosts.forEach((_, host) => {
    const taken: Place[] = [];
    let sum = 0;
    const fits = vm.items.every((index) => {
      const item = problem.items[index]!;
      let least: { place: Place; score: number } | null = null;
      for (const place of problem.places) {
        if (place.host !== host || !room.fits(item, place)) continue;
        const value = score(room, item, place);
        if (least === null || value < least.score) least = { place, score: value };
      }
      if (least === null) return false;
      room.take(item, least.place);
      taken.push(least.place);
      sum += least.score;
      return true;
    });
    taken.forEach((place, i) => room.take(problem.items[vm.items[i]!]!, place, -1));
    if (fits && (best === null || sum < best.score)) best = { places: taken, score: sum };
  });
  if (best === null) return;
  const { places } = best as { readonly places: readonly Place[] };
  places.forEach((place, i) => {
    const item = problem.items[vm.items[i]!]!;
    room.take(item, place);
    assignment[item.index] = place.index;
  });
}

const asGiven = newVms;
const decreasing = (problem: Problem): Vm[] =>
  newVms(problem)
    .map((vm) => ({ vm, size: size(problem, vm) }))
    .sort((a, b) => b.size - a.size || a.vm.index - b.vm.index)
    .map(({ vm }) => vm);

const first: Score = (_, __, place) => place.index;
const fullest: Score = (room, item, place) => freeShare(room, item, place);
const emptiest: Score = (room, item, place) => -freeShare(room, item, place);

/** Nova's packing and spreading of cells: by what is free of the memory, most or least used nodes first. */
const novaPack: Score = (room, item, place) => room.free[place.index]![item.kind]!;
const novaSpread: Score = (room, item, place) => -room.free[place.index]![item.kind]!;

/** numad: memory and CPUs that are free, those asked for weighing 10 and 6 times, those beyond 4 and 1. */
const numad: Score = (room, item, place) => {
  const free = room.free[place.index]!;
  return -magnitude(free[item.kind]!, free[cpuOf(room.problem)]! * 100, item.takes, item.vcpus * 100);
};

/** @param cpu and the request in hundredths of a core. */
export function magnitude(freeMib: number, freeCpu: number, askedMib: number, askedCpu: number): number {
  const memory = Math.min(freeMib, askedMib);
  const cpu = Math.min(freeCpu, askedCpu);
  return (10 * memory + 4 * Math.max(0, freeMib - askedMib)) * (6 * cpu + Math.max(0, freeCpu - askedCpu));
}

/**
 * numad's choice of nodes for one process: for each start node the others by distance, then magnitude; the start whose first
 * `least` nodes have the largest sum of magnitude over squared distance wins, and its nodes are taken in that order until they
 * suffice, 100 MB kept free on each.
 */
export function numadNodes(
  nodes: readonly { readonly freeMib: number; readonly freeCpu: number }[],
  distance: (from: number, to: number) => number,
  ask: { readonly mib: number; readonly cpu: number },
  nodeMib: number,
  nodeCpu: number,
  utilisationPercent = 85,
): number[] {
  const values = nodes.map(({ freeMib, freeCpu }) => magnitude(freeMib, freeCpu, ask.mib, ask.cpu));
  const flex = ((100 - utilisationPercent) * nodeCpu) / 200;
  const least = Math.max(1, Math.ceil(ask.mib / nodeMib), Math.ceil((ask.cpu - flex) / nodeCpu));
  let best: { readonly order: number[]; readonly score: number } | null = null;
  nodes.forEach((_, start) => {
    const order = nodes.map((__, node) => node);
    order.sort((a, b) => distance(start, a) - distance(start, b) || values[b]! - values[a]! || a - b);
    const score = order
      .slice(0, least)
      .reduce((sum, node) => sum + Math.floor(values[node]! / distance(start, node) ** 2), 0);
    if (best === null || score > best.score) best = { order, score };
  });
  const chosen: number[] = [];
  let { mib, cpu } = ask;
  for (const node of (best as { readonly order: number[] } | null)?.order ?? []) {
    if (mib <= 0 && cpu <= flex) break;
    chosen.push(node);
    mib -= Math.max(0, nodes[node]!.freeMib - 100);
    cpu -= nodes[node]!.freeCpu;
  }
  return chosen.sort((a, b) => a - b);
}

interface LibxlCandidate {
  readonly nodes: readonly number[];
  readonly runnableVcpus: number;
  readonly freeMib: number;
}

/** libxl: candidates of the fewest nodes first, then with fewer runnable vCPUs, then with more free memory. */
export const libxlOrder = (candidates: readonly LibxlCandidate[]): LibxlCandidate[] =>
  [...candidates].sort(
    (a, b) => a.nodes.length - b.nodes.length || a.runnableVcpus - b.runnableVcpus || b.freeMib - a.freeMib,
  );

/** libxl for one node each: fewer vCPUs that run there, then more free memory. */
const libxl: Score = (room, _, place) => {
  const cpu = cpuOf(room.problem);
  const running = place.capacity[cpu]! - room.free[place.index]![cpu]!;
  return running * 2 ** 32 - room.free[place.index]![0]!;
};

/** ESXi at power-on: the node whose CPUs and memory are loaded least, the fuller of the two counting. */
const esxi: Score = (room, item, place) => {
  const cpu = cpuOf(room.problem);
  const load = (kind: number, taken: number): number =>
    place.capacity[kind]! > 0 ? 1 - (room.free[place.index]![kind]! - taken) / place.capacity[kind]! : 1;
  return Math.max(load(item.kind, item.takes), load(cpu, item.vcpus));
};

/** Proxmox's static load: the root mean square of the loads of CPUs and memory, memory counting more. */
const proxmox: Score = (room, item, place) => {
  const cpu = cpuOf(room.problem);
  const load = (kind: number, taken: number): number =>
    place.capacity[kind]! > 0 ? 1 - (room.free[place.index]![kind]! - taken) / place.capacity[kind]! : 1;
  return load(item.kind, item.takes) ** 2 * 4 + load(cpu, item.vcpus) ** 2;
};

/** Panigrahy's dot product: one node after the other is filled with what fits and matches best what is still free of it. */
function dotProduct(problem: Problem): Assignment {
  const room = new Room(problem);
  const assignment = unchanged(problem);
  const left = newVms(problem).filter(({ items }) => items.length === 1);
  const cpu = cpuOf(problem);
  for (const place of problem.places) {
    for (;;) {
      let best = -1;
      let most = -1;
      left.forEach((vm, i) => {
        const item = problem.items[vm.items[0]!]!;
        if (!room.fits(item, place)) return;
        const free = room.free[place.index]!;
        const of = (kind: number, amount: number): number =>
          place.capacity[kind]! > 0 ? (amount / place.capacity[kind]!) * (free[kind]! / place.capacity[kind]!) : 0;
        const value = of(item.kind, item.takes) + of(cpu, item.vcpus);
        if (value > most) {
          most = value;
          best = i;
        }
      });
      if (best < 0) break;
      const item = problem.items[left[best]!.items[0]!]!;
      room.take(item, place);
      assignment[item.index] = place.index;
      left.splice(best, 1);
    }
  }
  for (const vm of newVms(problem))
    if (vm.items.some((item) => assignment[item] === UNPLACED)) placeVm(problem, room, vm, first, assignment);
  return assignment;
}

/** In the order of the tables. */
export const BASELINES: readonly Baseline[] = [
  { name: 'first-fit', run: oneByOne(asGiven, first) },
  { name: 'best-fit', run: oneByOne(asGiven, fullest) },
  { name: 'worst-fit', run: oneByOne(asGiven, emptiest) },
  { name: 'ffd', run: oneByOne(decreasing, first) },
  { name: 'bfd', run: oneByOne(decreasing, fullest) },
  { name: 'dot-product', run: dotProduct },
  { name: 'nova-pack', run: oneByOne(asGiven, novaPack) },
  { name: 'nova-spread', run: oneByOne(asGiven, novaSpread) },
  { name: 'numad', run: oneByOne(asGiven, numad) },
  { name: 'esxi-like', run: oneByOne(asGiven, esxi) },
  { name: 'proxmox-like', run: oneByOne(asGiven, proxmox) },
  { name: 'libxl', run: oneByOne(asGiven, libxl) },
];
