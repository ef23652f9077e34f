/**
 * Plans for a fleet, by classes: hosts that are alike are decided together.
 *
 * (a) Place: the bound is that of packing patterns. The relaxation's patterns are used as often as they are whole, and what is
 *     left, a few hosts' worth, is packed by a program of the same patterns.
 * (b) A VM lies wholly on one node. Where it runs says which host; on its nodes they lie as first fit, largest first, puts them.
 * (c) Drain and rebalance move the least that must leave, and find room by best fit. Consolidate empties the emptiest hosts that
 *     the others can take; its bound is that of a packing from scratch.
 */
import type { FleetAnswer, FleetClass, ObjectiveName, ObjectiveValue, PlanStatus } from '../../../shared/model/plan.ts';
import type { MilpSolver } from '../solver/milp.ts';
import type { BinClass, Pattern } from '../solver/pattern.ts';
import { packWith, patternBound } from '../solver/pattern.ts';
import type { FleetQuestion } from './read-fleet.ts';

export interface FleetProgress {
  readonly phase: string;
  readonly best: FleetAnswer | null;
}

interface Host {
  readonly shape: number;
  /** Free MiB and CPUs of each node. */
  readonly mib: number[];
  readonly cpus: number[];
  /** By node, the VMs on it. */
  readonly vms: number[][];
}

const value = (name: ObjectiveName, amount: number): ObjectiveValue => ({ name, value: amount });

export function* planFleet(
  question: FleetQuestion,
  milp: MilpSolver,
  stopped: () => boolean,
): Generator<() => FleetProgress, FleetAnswer, boolean> {
  const { fleet, goal, cpuOvercommit } = question;
  const cpusOf = (cpus: number): number => Math.floor(cpus * cpuOvercommit + 1e-9);
  const { vmShapes, vms } = fleet;
  const hosts: Host[] = [];
  for (const [shape, count] of fleet.hosts) {
    const { nodes } = fleet.hostShapes[shape]!;
    for (let i = 0; i < count; i++)
      hosts.push({
        shape,
        mib: nodes.map(({ memoryMiB }) => memoryMiB),
        cpus: nodes.map(({ cpus }) => cpusOf(cpus)),
        vms: nodes.map(() => []),
      });
  }
  const capacity = hosts.map(({ mib }) => [...mib]);
  const at = fleet.at ?? vms.map(() => null);
  const order = [...vms.keys()]
    .filter((vm) => at[vm] !== null)
    .sort((a, b) => vmShapes[vms[b]!]!.memoryMiB - vmShapes[vms[a]!]!.memoryMiB || a - b);
  const take = (host: Host, node: number, vm: number): void => {
    const { memoryMiB, vcpus } = vmShapes[vms[vm]!]!;
    host.mib[node]! -= memoryMiB;
    host.cpus[node]! -= vcpus;
    host.vms[node]!.push(vm);
  };
  const drop = (host: Host, node: number, vm: number): void => {
    const { memoryMiB, vcpus } = vmShapes[vms[vm]!]!;
    host.mib[node]! += memoryMiB;
    host.cpus[node]! += vcpus;
    host.vms[node]!.splice(host.vms[node]!.indexOf(vm), 1);
  };
  const fits = (host: Host, node: number, vm: number): boolean => {
    const { memoryMiB, vcpus } = vmShapes[vms[vm]!]!;
    return host.mib[node]! >= memoryMiB && host.cpus[node]! >= vcpus;
  };
  for (const vm of order) {
    const host = hosts[at[vm]!]!;
    let node = host.mib.findIndex((_, n) => fits(host, n, vm));
    // Fuller than its nodes: it lies where most is free, and nothing more comes there.
    if (node < 0) node = host.mib.indexOf(Math.max(...host.mib));
    take(host, node, vm);
  }
  const isUsed = (host: Host): boolean => host.vms.some((of) => of.length > 0);
  const used = (): number => hosts.filter(isUsed).length;
  const before = used();
  const news = [...vms.keys()].filter((vm) => at[vm] === null);
  const doNothing = (): ObjectiveValue[] => valuesFor(goal.type, news.length, before, 0);

  const answer = (
    status: PlanStatus,
    objective: readonly ObjectiveValue[] | null,
    bound: readonly ObjectiveValue[] | null,
    provedBy: string | null,
    byClass: readonly FleetClass[],
  ): FleetAnswer => ({
    status,
    objective,
    bound,
    gapPercent: gapOf(objective, bound),
    provedBy,
    solver: 'patterns',
    seconds: 0,
    doNothing: doNothing(),
    byClass,
    whyNot: [],
  });

  /** Classes of hosts by what lies on them. */
  const classes = (): FleetClass[] => {
    const found = new Map<string, { host: number; vms: Map<number, number>; count: number }>();
    for (const host of hosts) {
      if (!isUsed(host)) continue;
      const counts = new Map<number, number>();
      for (const of of host.vms) for (const vm of of) counts.set(vms[vm]!, (counts.get(vms[vm]!) ?? 0) + 1);
      const key = `${host.shape}:${[...counts].sort((a, b) => a[0] - b[0]).join(';')}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { host: host.shape, vms: counts, count: 1 });
      else known.count++;
    }
    return [...found.values()]
      .map(({ host, vms: counts, count }) => ({
        host,
        vms: Object.fromEntries([...counts].sort((a, b) => a[0] - b[0])),
        count,
      })) // prettier-ignore
      .sort((a, b) => b.count - a.count);
  };

  /** The best fit for a VM among some hosts; those that are used first. */
  const settle = (vm: number, open: readonly Host[]): boolean => {
    let best: { host: Host; node: number; left: number } | null = null;
    const { memoryMiB } = vmShapes[vms[vm]!]!;
    for (const host of open)
      for (let node = 0; node < host.mib.length; node++) {
        if (!fits(host, node, vm)) continue;
        const left = host.mib[node]! - memoryMiB + (isUsed(host) ? 0 : 2 ** 40);
        if (best === null || left < best.left) best = { host, node, left };
        if (left === 0) break;
      }
    if (best === null) return false;
    take(best.host, best.node, vm);
    return true;
  };

  const bySize = (list: number[]): number[] => list.sort((a, b) => vmShapes[vms[b]!]!.memoryMiB - vmShapes[vms[a]!]!.memoryMiB || a - b); // prettier-ignore
  const mibOf = (list: readonly number[]): number => list.reduce((sum, vm) => sum + vmShapes[vms[vm]!]!.memoryMiB, 0);

  if (goal.type === 'drain') {
    const drained = new Set(goal.places.map((place) => Number(place.slice(1))));
    const movers: number[] = [];
    for (const index of drained) for (const of of hosts[index]!.vms) movers.push(...of);
    for (const index of drained) hosts[index]!.vms.forEach((of, node) => [...of].forEach((vm) => drop(hosts[index]!, node, vm))); // prettier-ignore
    const open = hosts.filter((_, index) => !drained.has(index));
    const moved = value('movedMiB', mibOf(movers));
    for (const vm of bySize([...movers, ...news])) {
      if (yield () => ({ phase: 'finding room', best: null })) return answer('unknown', null, null, null, []);
      if (!settle(vm, open)) return answer('unknown', null, [moved], null, []);
    }
    return answer('optimal', [moved], [moved], 'all that lies there must move', classes());
  }

  if (goal.type === 'rebalance') {
    const share = goal.maxUsePercent / 100;
    const movers: number[] = [];
    let least = 0;
    hosts.forEach((host, index) =>
      host.mib.forEach((free, node) => {
        const all = capacity[index]![node]!;
        const over = all - free - Math.floor(all * share + 1e-9);
        if (over <= 0) return;
        const chosen = leastSet(
          host.vms[node]!.map((vm) => ({ vm, mib: vmShapes[vms[vm]!]!.memoryMiB })),
          over,
        );
        least += mibOf(chosen);
        for (const vm of chosen) {
          drop(host, node, vm);
          movers.push(vm);
        }
      }),
    );
    hosts.forEach((host, index) => host.mib.forEach((_, node) => void (host.mib[node]! -= capacity[index]![node]! - Math.floor(capacity[index]![node]! * share + 1e-9)))); // prettier-ignore
    const moved = value('movedMiB', least);
    for (const vm of bySize([...movers, ...news])) {
      if (yield () => ({ phase: 'finding room', best: null })) return answer('unknown', null, null, null, []);
      if (!settle(vm, hosts)) return answer('unknown', null, [moved], null, []);
    }
    return answer('optimal', [moved], [moved], 'the least sums of sizes that bring each node below its limit, reached', classes()); // prettier-ignore
  }

  // Sizes that are asked for, and hosts by what is free on them.
  const consolidates = goal.type === 'consolidate';
  const packed = consolidates ? [...vms.keys()] : news;
  const counts = vmShapes.map((_, shape) => packed.reduce((sum, vm) => sum + (vms[vm] === shape ? 1 : 0), 0));
  const demands = vmShapes.map(({ memoryMiB, vcpus }) => [memoryMiB, vcpus]);
  const grouped = new Map<string, { readonly bin: BinClass; readonly hosts: number[] }>();
  hosts.forEach((host, index) => {
    const free = consolidates ? capacity[index]! : host.mib;
    const { nodes } = fleet.hostShapes[host.shape]!;
    const cpus = consolidates ? nodes.map((node) => cpusOf(node.cpus)) : host.cpus;
    const cost = !consolidates && isUsed(host) ? 0 : 1;
    const key = `${cost} ${host.shape} ${free.join()} ${cpus.join()}`;
    const known = grouped.get(key);
    if (known === undefined) {
      const rooms = free.map((mib, node) => [Math.max(0, mib), Math.max(0, cpus[node]!)]);
      grouped.set(key, { bin: { nodes: rooms, count: 1, cost }, hosts: [index] });
    } else known.hosts.push(index);
  });
  const list = [...grouped.values()];
  const bins = list.map(({ bin, hosts: of }) => ({ ...bin, count: of.length }));
  const steps = patternBound(milp, bins, demands, counts, [], stopped);
  let step = steps.next(false);
  while (step.done !== true) {
    const phase = step.value;
    step = steps.next(yield () => ({ phase, best: null }));
  }
  const relaxed = step.value;
  const lower = relaxed.exact && relaxed.feasible ? Math.ceil(relaxed.value - 1e-6) : null;
  const hostsAtLeast = lower === null ? null : lower + (consolidates ? 0 : before);

  if (consolidates) {
    const target = hostsAtLeast ?? 1;
    const movers: number[] = [];
    const byUse = [...hosts.keys()].filter((index) => isUsed(hosts[index]!)).sort((a, b) => mibOf(hosts[a]!.vms.flat()) - mibOf(hosts[b]!.vms.flat()) || a - b); // prettier-ignore
    let left = before;
    for (const index of byUse) {
      if (left <= target || stopped()) break;
      if (yield () => ({ phase: `${left} hosts used, at least ${target} are`, best: null })) break;
      const host = hosts[index]!;
      const own = host.vms.map((of) => [...of]);
      const open = hosts.filter((each) => each !== host && isUsed(each));
      own.forEach((of, node) => of.forEach((vm) => drop(host, node, vm)));
      const settled: number[] = [];
      const all = bySize(own.flat()).every((vm) => {
        const done = settle(vm, open);
        if (done) settled.push(vm);
        return done;
      });
      if (all) {
        left--;
        movers.push(...own.flat());
        continue;
      }
      for (const vm of settled) {
        const there = open.find((each) => each.vms.some((of) => of.includes(vm)))!;
        drop(there, there.vms.findIndex((of) => of.includes(vm)), vm); // prettier-ignore
      }
      own.forEach((of, node) => of.forEach((vm) => take(host, node, vm)));
    }
    const moved = mibOf(movers.filter((vm) => !hosts[at[vm] ?? -1]?.vms.some((of) => of.includes(vm))));
    const objective = [value('hostsUsed', used()), value('movedMiB', moved)];
    const bound = hostsAtLeast === null ? null : [value('hostsUsed', hostsAtLeast), value('movedMiB', 0)];
    const proved = bound !== null && moved === 0 && used() === hostsAtLeast;
    return answer(proved ? 'optimal' : 'feasible', objective, bound, proved ? `packing patterns, ${milp.name}` : null, classes()); // prettier-ignore
  }

  // Whole patterns of the relaxation, then what is left over.
  const whole = relaxed.use.map((amount) => Math.floor(amount + 1e-6));
  const rest = counts.map((count, size) => Math.max(0, count - relaxed.patterns.reduce((sum, pattern, i) => sum + pattern.counts[size]! * whole[i]!, 0))); // prettier-ignore
  const restBins = bins.map((bin, b) => ({ ...bin, count: bin.count - relaxed.patterns.reduce((sum, pattern, i) => sum + (pattern.bin === b ? whole[i]! : 0), 0) })); // prettier-ignore
  const last = packWith(milp, restBins, relaxed.patterns, rest, 0, 2000, stopped);
  const chosen = relaxed.patterns.map((pattern, i) => ({ pattern, times: whole[i]! + (last.use?.[i] ?? 0) }));
  const queue = vmShapes.map((_, shape) => news.filter((vm) => vms[vm] === shape));
  const next = list.map(() => 0);
  const place = ({ bin, nodes }: Pattern, times: number): void => {
    for (let n = 0; n < times; n++) {
      const host = hosts[list[bin]!.hosts[next[bin]!++]!]!;
      nodes.forEach((of, node) =>
        of.forEach((count, shape) => {
          for (let k = 0; k < count; k++) {
            const vm = queue[shape]!.pop();
            if (vm !== undefined) take(host, node, vm);
          }
        }),
      );
    }
  };
  for (const { pattern, times } of chosen) place(pattern, times);
  let missing = 0;
  for (const vm of bySize(queue.flat())) if (!settle(vm, hosts)) missing++;
  const objective = valuesFor('place', missing, used(), 0);
  const bound = hostsAtLeast === null ? null : valuesFor('place', 0, hostsAtLeast, 0);
  const proved = missing === 0 && used() === hostsAtLeast;
  return answer(proved ? 'optimal' : 'feasible', objective, bound, proved ? `packing patterns, ${milp.name}` : null, classes()); // prettier-ignore
}

function valuesFor(goal: string, unplaced: number, hosts: number, moved: number): ObjectiveValue[] {
  if (goal === 'place') return [value('unplaced', unplaced), value('hostsUsed', hosts), value('movedMiB', moved)];
  return goal === 'consolidate' ? [value('hostsUsed', hosts), value('movedMiB', moved)] : [value('movedMiB', moved)];
}

function gapOf(objective: readonly ObjectiveValue[] | null, bound: readonly ObjectiveValue[] | null): number | null {
  if (objective === null || bound === null) return null;
  const first = objective.findIndex((each, i) => each.value > bound[i]!.value);
  if (first < 0) return 0;
  return Math.round((10_000 * (objective[first]!.value - bound[first]!.value)) / objective[first]!.value) / 100;
}

/** VMs of the least sum that is at least `over`; all where none is. */
function leastSet(vms: readonly { readonly vm: number; readonly mib: number }[], over: number): number[] {
  let sums = new Map<number, readonly number[]>([[0, []]]);
  for (const { vm, mib } of vms) {
    const next = new Map(sums);
    for (const [sum, set] of sums) if (sum < over && !next.has(sum + mib)) next.set(sum + mib, [...set, vm]);
    sums = next;
  }
  const enough = [...sums.keys()].filter((sum) => sum >= over);
  return enough.length === 0 ? vms.map(({ vm }) => vm) : [...sums.get(Math.min(...enough))!];
}
