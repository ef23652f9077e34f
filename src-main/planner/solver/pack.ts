/**
 * Placing new VMs on the fewest hosts where many are alike (goal `place`): classes of sizes and of hosts, a bound by packing
 * patterns, and a packing by heuristics, by whole patterns, or by rounding.
 */
import type { Assignment } from '../model/assignment.ts';
import { hostsUsed, unchanged, UNPLACED } from '../model/assignment.ts';
import type { Problem } from '../model/problem.ts';
import { startUse } from '../model/problem.ts';
import { BASELINES } from './baseline.ts';
import type { MilpSolver } from './milp.ts';
import type { BinClass, Demand, Pattern } from './pattern.ts';
import { dive, packByCounts, packWith, patternBound } from './pattern.ts';

/** Of searches by program: some tenths of a second for what is usual. */
const MAX_NODES = 5000;

export interface PackResult {
  readonly assignment: Assignment;
  readonly hosts: number;
  /** Hosts that any packing uses at least; null: not known. */
  readonly bound: number | null;
  readonly provedBy: string | null;
}

/** Whether VMs differ in size alone, and hosts in room alone. */
export function isPackable(problem: Problem): boolean {
  return (
    problem.goal.type === 'place' &&
    problem.groups.length === 0 &&
    problem.vms.every(
      ({ host, items }) =>
        host >= 0 || (items.length === 1 && problem.items[items[0]!]!.allowed.every((allowed) => allowed === 1)),
    )
  );
}

export function* pack(
  problem: Problem,
  milp: MilpSolver,
  stopped: () => boolean,
): Generator<string, PackResult | null, boolean> {
  const best = bestBaseline(problem);
  const use = startUse(problem);
  const before = hostsUsed(problem, unchanged(problem));
  const news = problem.vms.filter(({ host }) => host < 0).map(({ items }) => problem.items[items[0]!]!);
  if (news.length === 0)
    return { assignment: unchanged(problem), hosts: before, bound: before, provedBy: 'nothing to place' };

  const sizes = new Map<string, { readonly demand: Demand; readonly items: number[] }>();
  for (const item of news) {
    const demand = problem.kinds.map((_, kind) => (kind === item.kind ? item.takes : 0));
    demand.push(item.vcpus);
    const key = demand.join(',');
    const size = sizes.get(key);
    if (size === undefined) sizes.set(key, { demand, items: [item.index] });
    else size.items.push(item.index);
  }
  const list = [...sizes.values()];
  const demands = list.map(({ demand }) => demand);
  const counts = list.map(({ items }) => items.length);

  const classes = new Map<string, { readonly bin: BinClass; readonly hosts: number[] }>();
  problem.hosts.forEach((_, host) => {
    const places = problem.places.filter((place) => place.host === host);
    const nodes = places.map((place) => place.final.map((final, k) => Math.max(0, final - use[place.index]![k]!)));
    const isUsed = problem.items.some(({ at }) => at.some((part) => problem.places[part.place]!.host === host));
    const key = `${isUsed} ${nodes.map((room) => room.join(',')).join(';')}`;
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { bin: { nodes, count: 1, cost: isUsed ? 0 : 1 }, hosts: [host] });
    else {
      known.hosts.push(host);
      classes.set(key, { ...known, bin: { ...known.bin, count: known.hosts.length } });
    }
  });
  const bins = [...classes.values()].map(({ bin }) => bin);
  const hostsOf = [...classes.values()].map(({ hosts }) => hosts);

  const first = best === null ? [] : patternsOf(problem, best, hostsOf, list);
  const relaxed = yield* patternBound(milp, bins, demands, counts, first, stopped);
  const lower = relaxed.exact && relaxed.feasible ? Math.ceil(relaxed.value - 1e-6) : null;
  const provedBy = `packing patterns, ${milp.name}`;
  let bound = lower === null ? null : before + lower;
  let result = best as Assignment | null;
  if (result !== null && bound !== null && hostsUsed(problem, result) <= bound)
    return { assignment: result, hosts: hostsUsed(problem, result), bound, provedBy };
  if (!relaxed.feasible && relaxed.exact) return null;
  const better = (patterns: readonly Pattern[], times: readonly number[]): void => {
    const packed = fromPatterns(problem, patterns, times, hostsOf, list);
    if (packed.includes(UNPLACED)) return;
    if (result === null || hostsUsed(problem, packed) < hostsUsed(problem, result)) result = packed;
  };
  const isBest = (): boolean => result !== null && bound !== null && hostsUsed(problem, result) <= bound;
  const whole = packWith(milp, bins, relaxed.patterns, counts, lower ?? 0, MAX_NODES, stopped);
  if (whole.use !== null) better(relaxed.patterns, whole.use);
  if (!isBest()) {
    const dived = yield* dive(milp, bins, demands, counts, relaxed, stopped);
    if (dived.packed) better(dived.patterns, dived.use);
    if (!isBest()) {
      const again = packWith(milp, bins, dived.patterns, counts, lower ?? 0, MAX_NODES, stopped);
      if (again.use !== null) better(dived.patterns, again.use);
    }
  }
  // Whether as many as the bound says are really enough.
  if (!isBest() && bound !== null) {
    yield 'counts';
    const most = result === null ? problem.hosts.length : hostsUsed(problem, result) - before - 1;
    const exact = packByCounts(milp, bins, demands, counts, lower!, most, MAX_NODES, stopped);
    if (exact.patterns !== null) better(exact.patterns, exact.patterns.map(() => 1)); // prettier-ignore
    // No fewer than what is there.
    if (exact.impossible && result !== null) bound = hostsUsed(problem, result);
    else if (exact.bound !== null) bound = Math.max(bound, before + Math.ceil(exact.bound - 1e-6));
  }
  if (result === null) return null;
  const proved = bound !== null && hostsUsed(problem, result) <= bound;
  return { assignment: result, hosts: hostsUsed(problem, result), bound, provedBy: proved ? provedBy : null };
}

/** The packing of the best of the named heuristics; null when none places all. */
function bestBaseline(problem: Problem): Assignment | null {
  let best: Assignment | null = null;
  for (const { run } of BASELINES) {
    const assignment = run(problem);
    if (assignment.includes(UNPLACED)) continue;
    if (best === null || hostsUsed(problem, assignment) < hostsUsed(problem, best)) best = assignment;
  }
  return best;
}

interface Size {
  readonly items: readonly number[];
}

/** The patterns of a packing. */
function patternsOf(
  problem: Problem,
  assignment: Assignment,
  hostsOf: readonly (readonly number[])[],
  sizes: readonly Size[],
): Pattern[] {
  const sizeOf = new Map(sizes.flatMap(({ items }, size) => items.map((item) => [item, size] as const)));
  return hostsOf.flatMap((hosts, bin) =>
    hosts.flatMap((host): Pattern[] => {
      const places = problem.places.filter((place) => place.host === host);
      const nodes = places.map((place) => {
        const counts = sizes.map(() => 0);
        for (const [item, size] of sizeOf) if (assignment[item] === place.index) counts[size]!++;
        return counts;
      });
      const counts = sizes.map((_, size) => nodes.reduce((sum, node) => sum + node[size]!, 0));
      return counts.some((n) => n > 0) ? [{ bin, nodes, counts }] : [];
    }),
  );
}

/** Gives the items of each size to the hosts, pattern by pattern; what a pattern has room for beyond them stays free. */
function fromPatterns(
  problem: Problem,
  patterns: readonly Pattern[],
  use: readonly number[],
  hostsOf: readonly (readonly number[])[],
  sizes: readonly Size[],
): Assignment {
  const assignment = unchanged(problem);
  const left = sizes.map(({ items }) => [...items]);
  const next = hostsOf.map(() => 0);
  patterns.forEach(({ bin, nodes }, i) => {
    for (let n = 0; n < use[i]!; n++) {
      const host = hostsOf[bin]![next[bin]!++]!;
      const places = problem.places.filter((place) => place.host === host);
      nodes.forEach((counts, node) =>
        counts.forEach((count, size) => {
          for (let k = 0; k < count; k++) {
            const item = left[size]!.shift();
            if (item !== undefined) assignment[item] = places[node]!.index;
          }
        }),
      );
    }
  });
  return assignment;
}
