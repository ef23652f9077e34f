/**
 * The final placement as a mixed integer program: which place each item ends on, so that all that must hold at the end holds
 * and the objective is least. Whether an order of moves leads there is another question (schedule/).
 *
 * (a) A column for each item and place that may have it, one for a split item that stays, and for each VM of several items one
 *     a host. (b) Capacity of each resource of each place; what is overfull at the start either takes nothing in or comes below
 *     its capacity. (c) A host that has anything is used: its capacities count only then.
 */
import type { ObjectiveName } from '../../../shared/model/plan.ts';
import type { Assignment } from '../model/assignment.ts';
import { movedMib, normal, STAYS, UNPLACED } from '../model/assignment.ts';
import type { Item, Problem } from '../model/problem.ts';
import { cpuOf, startUse, wholePages } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import type { MilpProgram } from './milp.ts';
import { ProgramBuilder } from './milp.ts';

/** Excludes assignments: of these items on these ends, not all at once. */
export type NoGood = readonly { readonly item: number; readonly place: number }[];

export interface PlacementOptions {
  readonly minimise: ObjectiveName;
  /** Values that earlier objectives must not exceed. */
  readonly atMost: Partial<Readonly<Record<ObjectiveName, number>>>;
  readonly noGoods: readonly NoGood[];
  /** No number of this sum is below what another proof says. */
  readonly movedAtLeast?: number;
}

export interface PlacementProgram {
  readonly program: MilpProgram;
  /** False: it cannot be met, as is seen without solving it. */
  readonly possible: boolean;
  assignmentOf(x: Float64Array): Assignment;
  startOf(assignment: Assignment): Float64Array;
}

export function placementProgram(problem: Problem, reach: Reach, options: PlacementOptions): PlacementProgram {
  const build = new ProgramBuilder();
  const { places, items, vms, hosts } = problem;
  const cpu = cpuOf(problem);
  const { minimise, atMost } = options;
  const moved = minimise === 'movedMiB';
  const mayBeUnplaced = problem.goal.type === 'place';
  let possible = true;

  // Columns.
  const on: Map<number, number>[] = items.map(() => new Map());
  const stay = new Int32Array(items.length).fill(-1);
  const movable = (item: Item): boolean => !item.fixed;
  for (const item of items) {
    if (!movable(item)) {
      if (!item.mayStay) possible = false;
      continue;
    }
    for (const place of places) {
      const home = place.index === item.home;
      if (home ? !item.mayStay : item.allowed[place.index] !== 1) continue;
      if (!home) {
        if (item.takes > place.final[item.kind]! || item.vcpus > place.final[cpu]!) continue;
        if (!reach.hosts(vms[item.vm]!.host, place.host)) continue;
      }
      on[item.index]!.set(place.index, build.column(moved ? movedMib(problem, item, place.index) : 0, 0, 1, true));
    }
    if (item.home < 0 && item.mayStay) stay[item.index] = build.column(0, 0, 1, true);
  }
  const unplacedOf = new Map<number, number>();
  if (mayBeUnplaced)
    for (const vm of vms)
      if (vm.host < 0) unplacedOf.set(vm.index, build.column(minimise === 'unplaced' ? 1 : 0, 0, 1, true));
  const countsHosts = minimise === 'hostsUsed' || atMost.hostsUsed !== undefined;
  const used = countsHosts ? hosts.map(() => build.column(minimise === 'hostsUsed' ? 1 : 0, 0, 1, true)) : [];

  // Each item ends somewhere.
  for (const item of items) {
    if (!movable(item)) continue;
    const terms: [number, number][] = [...on[item.index]!.values()].map((column) => [column, 1]);
    if (stay[item.index]! >= 0) terms.push([stay[item.index]!, 1]);
    const isUnplaced = unplacedOf.get(item.vm);
    if (isUnplaced !== undefined) terms.push([isUnplaced, 1]);
    if (terms.length === 0) possible = false;
    build.row(1, 1, terms);
  }

  // A VM is on one host.
  const onHost: Map<number, readonly (readonly [number, number])[]>[] = vms.map(() => new Map());
  for (const vm of vms) {
    if (vm.items.length === 0 || vm.items.some((item) => items[item]!.fixed)) continue;
    const byItem = vm.items.map((index) => {
      const terms = new Map<number, [number, number][]>();
      for (const [place, column] of on[index]!) {
        const { host } = places[place]!;
        terms.set(host, [...(terms.get(host) ?? []), [column, 1]]);
      }
      if (stay[index]! >= 0) terms.set(vm.host, [...(terms.get(vm.host) ?? []), [stay[index]!, 1]]);
      return terms;
    });
    const all = new Set(byItem.flatMap((terms) => [...terms.keys()]));
    for (const host of all) {
      if (byItem.length === 1) {
        onHost[vm.index]!.set(host, byItem[0]!.get(host) ?? []);
        continue;
      }
      const column = build.column(0, 0, 1, true);
      for (const terms of byItem) build.row(0, 0, [...(terms.get(host) ?? []), [column, -1]]);
      onHost[vm.index]!.set(host, [[column, 1]]);
    }
  }

  // Capacities.
  const start = startUse(problem);
  const isTaken: boolean[][] = places.map((place) => place.capacity.map(() => false));
  const load: [number, number][][][] = places.map((place) => place.capacity.map(() => []));
  const arrivals: number[][][] = places.map((place) => place.capacity.map(() => []));
  const fixedLoad = places.map((place) => new Float64Array(place.capacity.length));
  const fixedHosts = new Set<number>();
  for (const item of items) {
    if (!movable(item)) {
      for (const { place, mib } of item.at) {
        fixedLoad[place]![item.kind]! += wholePages(mib, problem.kinds[item.kind]!);
        fixedHosts.add(places[place]!.host);
      }
      if (item.home >= 0) fixedLoad[item.home]![cpu]! += item.vcpus;
      continue;
    }
    for (const [place, column] of on[item.index]!) {
      load[place]![item.kind]!.push([column, item.takes]);
      if (item.vcpus > 0) load[place]![cpu]!.push([column, item.vcpus]);
      if (place !== item.home) {
        arrivals[place]![item.kind]!.push(column);
        if (item.vcpus > 0) arrivals[place]![cpu]!.push(column);
      }
    }
    if (stay[item.index]! >= 0)
      for (const { place, mib } of item.at)
        load[place]![item.kind]!.push([stay[item.index]!, wholePages(mib, problem.kinds[item.kind]!)]);
  }
  for (const place of places)
    place.capacity.forEach((capacity, k) => {
      const terms = load[place.index]![k]!;
      const fixed = fixedLoad[place.index]![k]!;
      const final = place.final[k]!;
      const before = start[place.index]![k]!;
      isTaken[place.index]![k] = terms.length > 0;
      if (before > capacity && final === capacity) {
        const takesIn = build.column(0, 0, 1, true);
        build.row(-Infinity, before - fixed, [...terms, [takesIn, before - capacity]]);
        for (const arrival of arrivals[place.index]![k]!) build.row(-Infinity, 0, [[arrival, 1], [takesIn, -1]]); // prettier-ignore
        return;
      }
      if (fixed > final) possible = false;
      if (terms.length === 0) return;
      const most = terms.reduce((sum, [, value]) => sum + value, 0);
      const usedColumn = used[place.host];
      if (usedColumn !== undefined && !fixedHosts.has(place.host))
        build.row(-Infinity, 0, [...terms, [usedColumn, -Math.min(final, most)]]);
      else if (most > final - fixed) build.row(-Infinity, final - fixed, terms);
    });
  if (countsHosts)
    hosts.forEach((_, host) => {
      if (fixedHosts.has(host)) build.row(1, 1, [[used[host]!, 1]]);
    });

  // Groups.
  for (const group of problem.groups) addGroup(group);
  function addGroup({ kind, grain, items: sets }: Problem['groups'][number]): void {
    if (kind === 'together' && grain === 'node') {
      const all = sets.flat();
      if (all.length < 2) return;
      for (const place of places) {
        const terms = all.map((index) => termsAt(index, place.index));
        for (let i = 1; i < terms.length; i++)
          build.row(terms[0]!.constant - terms[i]!.constant, terms[0]!.constant - terms[i]!.constant, [
            ...terms[i]!.terms,
            ...terms[0]!.terms.map(([column, value]): [number, number] => [column, -value]),
          ]);
      }
      for (const index of all) if (stay[index]! >= 0) build.row(0, 0, [[stay[index]!, 1]]);
      return;
    }
    const ends = grain === 'host' ? hosts.map((_, host) => host) : places.map((place) => place.index);
    for (const end of ends) {
      const presences = sets.map((of) => presence(of, end, grain));
      if (kind === 'apart') {
        const constant = presences.reduce((sum, each) => sum + each.constant, 0);
        if (constant > 1) possible = false;
        const terms = presences.flatMap((each) => each.terms);
        if (terms.length + constant > 1) build.row(-Infinity, 1 - constant, terms);
      } else
        for (let i = 1; i < presences.length; i++) {
          const gap = presences[0]!.constant - presences[i]!.constant;
          build.row(gap, gap, [
            ...presences[i]!.terms,
            ...presences[0]!.terms.map(([column, value]): [number, number] => [column, -value]),
          ]);
        }
    }
  }
  interface Presence {
    readonly terms: readonly (readonly [number, number])[];
    readonly constant: number;
  }
  function termsAt(index: number, place: number): Presence {
    const item = items[index]!;
    if (!movable(item)) return { terms: [], constant: item.at.some((part) => part.place === place) ? 1 : 0 };
    const column = on[index]!.get(place);
    return { terms: column === undefined ? [] : [[column, 1]], constant: 0 };
  }
  /** 1 where the VM of these items is on a host or a node, at least partly. */
  function presence(of: readonly number[], end: number, grain: 'host' | 'node'): Presence {
    if (of.length === 0) return { terms: [], constant: 0 };
    const vm = vms[items[of[0]!]!.vm]!;
    const isFixed = of.some((index) => !movable(items[index]!));
    if (grain === 'host') {
      if (isFixed) return { terms: [], constant: vm.host === end ? 1 : 0 };
      return { terms: onHost[vm.index]!.get(end) ?? [], constant: 0 };
    }
    const each = of.map((index) => {
      const at = termsAt(index, end);
      const splits = stay[index]! >= 0 && items[index]!.at.some((part) => part.place === end);
      return splits ? { terms: [...at.terms, [stay[index]!, 1] as const], constant: at.constant } : at;
    });
    if (each.some(({ constant }) => constant > 0)) return { terms: [], constant: 1 };
    if (each.length === 1) return each[0]!;
    const column = build.column(0, 0, 1, true);
    for (const { terms } of each) if (terms.length > 0) build.row(-Infinity, 0, [...terms, [column, -1]]);
    return { terms: [[column, 1]], constant: 0 };
  }

  // Earlier objectives stay as good as they are.
  if (atMost.unplaced !== undefined)
    build.row(-Infinity, atMost.unplaced, [...unplacedOf.values()].map((column) => [column, 1] as const)); // prettier-ignore
  if (atMost.hostsUsed !== undefined) build.row(-Infinity, atMost.hostsUsed, used.map((column) => [column, 1] as const)); // prettier-ignore
  if (options.movedAtLeast !== undefined && moved) {
    const terms = build.program.cost.map((cost, column): [number, number] => [column, cost]).filter(([, c]) => c > 0);
    if (terms.length > 0) build.row(options.movedAtLeast, Infinity, terms);
  }
  for (const noGood of options.noGoods) {
    const columns = noGood.map(({ item, place }) =>
      place === STAYS && items[item]!.home >= 0
        ? on[item]!.get(items[item]!.home)
        : place === STAYS
          ? stay[item]
          : on[item]!.get(place),
    );
    if (columns.some((column) => column === undefined || column < 0)) continue;
    build.row(-Infinity, columns.length - 1, columns.map((column) => [column!, 1] as const)); // prettier-ignore
  }

  return {
    program: build.program,
    possible,
    assignmentOf: (x) => {
      const assignment = new Int32Array(items.length).fill(STAYS);
      for (const item of items) {
        if (!movable(item)) continue;
        if (unplacedOf.has(item.vm) && x[unplacedOf.get(item.vm)!]! > 0.5) {
          assignment[item.index] = UNPLACED;
          continue;
        }
        for (const [place, column] of on[item.index]!) if (x[column]! > 0.5) assignment[item.index] = place;
      }
      return normal(problem, assignment);
    },
    startOf: (assignment) => {
      const x = new Float64Array(build.program.cost.length);
      for (const item of items) {
        if (!movable(item)) continue;
        const place = assignment[item.index]!;
        const column =
          place >= 0
            ? on[item.index]!.get(place)
            : place === STAYS
              ? item.home >= 0
                ? on[item.index]!.get(item.home)
                : stay[item.index]
              : unplacedOf.get(item.vm);
        if (column !== undefined && column >= 0) x[column] = 1;
      }
      return x;
    },
  };
}
