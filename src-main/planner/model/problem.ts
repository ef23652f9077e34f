/**
 * A question as the solvers see it: places with capacities, items to be placed, and what must hold at the end.
 *
 * (a) A resource is a pool of one page size, in MiB, or the CPUs of a node, in vCPUs: capacities and demands are lists over
 *     `kinds`, CPUs last. Ordinary memory is the pool of 4 KiB pages: what is neither reserved nor in another pool.
 * (b) An item is a guest cell: it takes memory of one pool, and its vCPUs where it lies wholly on one place.
 * (c) `capacity` holds at every instant; what is full beyond it at the start may stay so, and takes nothing in. `final`
 *     holds at the end (thresholds, free huge pages, reserves).
 * (d) All numbers of memory are whole MiB. Nothing here changes.
 */
import type { Goal, Limits, Rule } from '../question/request-schema.ts';

export interface Place {
  readonly index: number;
  /** `HOST/NID`. */
  readonly name: string;
  readonly host: number;
  readonly nid: number;
  readonly capacity: readonly number[];
  readonly final: readonly number[];
}

/** So much of an item on a place. */
export interface Part {
  readonly place: number;
  readonly mib: number;
}

export interface Item {
  readonly index: number;
  readonly vm: number;
  readonly cell: number;
  /** Index into `kinds`. */
  readonly kind: number;
  readonly mib: number;
  /** `mib` in whole pages of the pool. */
  readonly takes: number;
  readonly vcpus: number;
  /** Where it lies at the start; empty for a new one. */
  readonly at: readonly Part[];
  /** The place that has all of it at the start; -1: none. */
  readonly home: number;
  /** It stays where it is. */
  readonly fixed: boolean;
  /** 1 for each place that may have all of it on the way: by bindings, pins and rules. */
  readonly passes: Uint8Array;
  /** 1 for each place that may have all of it at the end: those of them that the goal allows. */
  readonly allowed: Uint8Array;
  /** It may stay as it lies, whole or split. */
  readonly mayStay: boolean;
}

export interface Vm {
  readonly index: number;
  readonly name: string;
  readonly items: readonly number[];
  /** Where it runs; -1: a new one. */
  readonly host: number;
}

export interface Group {
  readonly kind: 'together' | 'apart';
  readonly grain: 'host' | 'node';
  readonly items: readonly (readonly number[])[];
  /** Index of its rule in the request; -1: of the goal. */
  readonly rule: number;
}

interface Link {
  readonly hosts: readonly [number, number];
  readonly mibps: number;
}

export interface Problem {
  readonly goal: Goal;
  readonly rules: readonly Rule[];
  readonly limits: Limits;
  readonly hosts: readonly string[];
  readonly links: readonly Link[];
  /** Page sizes in KiB, ascending; 4 is the first. */
  readonly kinds: readonly number[];
  readonly places: readonly Place[];
  readonly vms: readonly Vm[];
  readonly items: readonly Item[];
  /** Rules about several items, and what the goal asks of them together. */
  readonly groups: readonly Group[];
  /** Distance between two places of one host, by the places' indexes. */
  distance(a: number, b: number): number;
  /** Rules that keep an item off a place: indexes into the rules. */
  keptOff(item: number, place: number): readonly number[];
}

export const cpuOf = (problem: Problem): number => problem.kinds.length;

/** MiB of an item that are on a place at the start. */
export const mibAt = (item: Item, place: number): number => item.at.find((part) => part.place === place)?.mib ?? 0;

/** What a part of an item takes of its pool. */
export const wholePages = (mib: number, pageKiB: number): number => {
  const pageMib = pageKiB / 1024;
  return pageMib <= 1 ? mib : Math.ceil(mib / pageMib) * pageMib;
};

/** What is taken of each resource of each place at the start. */
export function startUse(problem: Problem): Float64Array[] {
  const use = problem.places.map((place) => new Float64Array(place.capacity.length));
  for (const item of problem.items) {
    for (const { place, mib } of item.at) use[place]![item.kind]! += wholePages(mib, problem.kinds[item.kind]!);
    if (item.home >= 0) use[item.home]![cpuOf(problem)]! += item.vcpus;
  }
  return use;
}

/** `MiB4`, `MiB1048576`, `cpus`. */
export const resourceName = (problem: Problem, kind: number): string =>
  kind === cpuOf(problem) ? 'cpus' : `MiB${problem.kinds[kind]}`;
