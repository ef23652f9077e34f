/**
 * What is short, place by place, before a plan begins: of each resource how much a cell would need beyond what is free, and who
 * holds it.
 */
import type { WhyNot } from '../../../shared/model/plan.ts';
import type { Problem } from '../model/problem.ts';
import { cpuOf, mibAt, resourceName, startUse, wholePages } from '../model/problem.ts';

/** Of one cell on one place; null where it fits, rules apart. */
export function shortage(problem: Problem, index: number, place: number, use = startUse(problem)): WhyNot | null {
  const item = problem.items[index]!;
  const vm = problem.vms[item.vm]!;
  const { capacity, name } = problem.places[place]!;
  const short: Record<string, number> = {};
  const kinds: number[] = [];
  const lack = (kind: number, needs: number): void => {
    const missing = use[place]![kind]! + needs - capacity[kind]!;
    if (needs <= 0 || missing <= 0) return;
    short[resourceName(problem, kind)] = missing;
    kinds.push(kind);
  };
  lack(item.kind, item.takes - wholePages(mibAt(item, place), problem.kinds[item.kind]!));
  if (item.home !== place) lack(cpuOf(problem), item.vcpus);
  if (kinds.length === 0) return null;
  return { vm: vm.name, cell: item.cell, place: name, short, heldBy: holders(problem, place, kinds, item.vm) };
}

/** VMs that hold any of these resources of a place, those that hold most first. */
function holders(problem: Problem, place: number, kinds: readonly number[], but: number): string[] {
  const held = new Map<number, number>();
  for (const item of problem.items) {
    if (item.vm === but) continue;
    const memory = kinds.includes(item.kind) ? mibAt(item, place) : 0;
    const cpus = kinds.includes(cpuOf(problem)) && item.home === place ? item.vcpus : 0;
    if (memory + cpus > 0) held.set(item.vm, (held.get(item.vm) ?? 0) + memory + cpus);
  }
  return [...held].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([vm]) => problem.vms[vm]!.name);
}

/** For every place why a cell cannot have it now: a rule, or what is short. Places where it fits are left out. */
export function everyPlace(problem: Problem, index: number): WhyNot[] {
  const use = startUse(problem);
  const item = problem.items[index]!;
  return problem.places.flatMap((place): WhyNot[] => {
    const rules = problem.keptOff(index, place.index);
    if (rules.length > 0)
      return [{ vm: problem.vms[item.vm]!.name, cell: item.cell, place: place.name, byRules: rules }];
    const short = shortage(problem, index, place.index, use);
    return short === null ? [] : [short];
  });
}
