/** Why there is no plan, or why a VM has no place in it. */
import type { WhyNot } from '../../../shared/model/plan.ts';
import { UNPLACED } from '../model/assignment.ts';
import type { Problem } from '../model/problem.ts';
import { cpuOf, mibAt, resourceName, startUse } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import type { Step } from '../schedule/step.ts';
import type { Outcome } from '../solver/solve.ts';
import type { ConflictTools } from './conflict.ts';
import { cellConflict, placementOf, ruleConflict } from './conflict.ts';
import { everyPlace, shortage } from './shortage.ts';

export function whyNotOf(problem: Problem, reach: Reach, outcome: Outcome, tools: ConflictTools): WhyNot[] {
  const { status, assignment } = outcome;
  if (assignment !== null)
    return problem.items
      .filter((item) => assignment[item.index] === UNPLACED && isAskedFor(problem, item.vm))
      .flatMap((item) => everyPlace(problem, item.index));
  if (status !== 'infeasible') return [];
  const rules = ruleConflict(problem, tools);
  const whyNot: WhyNot[] = rules === null ? [] : [{ rules }];
  if (problem.goal.type === 'fit') return [...whyNot, ...whyNotFit(problem, outcome)];
  const total = totalShortage(problem);
  const { possible, stuck } = placementOf(problem, reach, tools);
  if (possible && rules === null) {
    // Placements there are; no moves lead to one.
    const waiting = waitingCycle(problem, outcome.stuck.length > 0 ? outcome.stuck : stuck);
    if (waiting !== null) return [{ waiting }];
  }
  const places = problem.items.filter((item) => mustMove(problem, item.index)).flatMap((item) => wantedPlaces(problem, item.index)); // prettier-ignore
  if (whyNot.length > 0 || total.length > 0 || places.length > 0) return [...whyNot, ...total, ...places];
  const cells = cellConflict(problem, reach, tools);
  return cells === null ? [] : [{ jointly: cells.map((index) => cellOf(problem, index)) }];
}

function isAskedFor(problem: Problem, vm: number): boolean {
  return problem.goal.type !== 'fit' || problem.vms[vm]!.name === problem.goal.vm;
}

const cellOf = (problem: Problem, index: number): { readonly vm: string; readonly cell: number } => ({
  vm: problem.vms[problem.items[index]!.vm]!.name,
  cell: problem.items[index]!.cell,
});

/** Hall's set for each host, and for its cells what is short everywhere else. */
function whyNotFit(problem: Problem, { halls }: Outcome): WhyNot[] {
  return halls.flatMap(({ host, items, places }): WhyNot[] => [
    { cells: items.map((item) => cellOf(problem, item)), places: places.map((place) => problem.places[place]!.name) },
    ...items.flatMap((item) =>
      everyPlace(problem, item).filter(
        (why) => 'place' in why && problem.places.some((place) => place.host === host && place.name === why.place),
      ),
    ),
  ]);
}

/** Whether an item may not stay where it is. */
function mustMove(problem: Problem, index: number): boolean {
  const item = problem.items[index]!;
  return item.at.length === 0 || !item.mayStay;
}

/** What is short on the places that an item may end on. */
function wantedPlaces(problem: Problem, index: number): WhyNot[] {
  const item = problem.items[index]!;
  const use = startUse(problem);
  return problem.places.flatMap((place): WhyNot[] => {
    const rules = problem.keptOff(index, place.index);
    if (rules.length > 0)
      return [{ vm: problem.vms[item.vm]!.name, cell: item.cell, place: place.name, byRules: rules }];
    if (item.allowed[place.index] !== 1) return [];
    const short = shortage(problem, index, place.index, use);
    return short === null ? [] : [short];
  });
}

/** Where all that must be on some places needs more than those can ever give, whatever else moves. */
function totalShortage(problem: Problem): WhyNot[] {
  const cpu = cpuOf(problem);
  const found: WhyNot[] = [];
  const sets = new Map<string, number[]>();
  for (const item of problem.items) {
    const ends = endsOf(problem, item.index);
    const key = ends.join(',');
    sets.set(key, [...(sets.get(key) ?? []), item.index]);
  }
  for (const [key, own] of sets) {
    const ends = new Set(key === '' ? [] : key.split(',').map(Number));
    const within = problem.items.filter((item) => endsOf(problem, item.index).every((place) => ends.has(place)));
    const short: Record<string, number> = {};
    for (let kind = 0; kind < cpu; kind++) {
      const needs = within.reduce((sum, item) => sum + (item.kind === kind ? item.takes : 0), 0);
      const room = [...ends].reduce((sum, place) => sum + Math.max(0, problem.places[place]!.final[kind]!), 0);
      if (needs > room) short[resourceName(problem, kind)] = needs - room;
    }
    const vcpus = within.reduce((sum, item) => sum + (item.home < 0 && item.mayStay ? 0 : item.vcpus), 0);
    const cpus = [...ends].reduce((sum, place) => sum + Math.max(0, problem.places[place]!.final[cpu]!), 0);
    if (vcpus > cpus && !startsOver(problem, cpu)) short['cpus'] = vcpus - cpus;
    if (Object.keys(short).length === 0) continue;
    const cells = within.map(({ vm, cell }) => ({ vm: problem.vms[vm]!.name, cell }));
    found.push({ together: cells, places: [...ends].map((place) => problem.places[place]!.name), short });
    if (own.length > 0) return found;
  }
  return found;
}

/** Whether any place is overfull of a resource at the start: then its sum proves nothing. */
const startsOver = (problem: Problem, kind: number): boolean => {
  const use = startUse(problem);
  return problem.places.some((place) => use[place.index]![kind]! > place.capacity[kind]!);
};

/** The places that an item can be on at the end, ascending. */
function endsOf(problem: Problem, index: number): number[] {
  const item = problem.items[index]!;
  return problem.places
    .filter((place) => {
      const stays = item.mayStay && mibAt(item, place.index) > 0;
      return stays || (!item.fixed && item.allowed[place.index] === 1);
    })
    .map((place) => place.index);
}

/** VMs each of which waits for room that the next holds. */
function waitingCycle(problem: Problem, stuck: readonly Step[]): string[] | null {
  const use = startUse(problem);
  // From an item that cannot move, to those that lie where it has to go.
  const wants = new Map<number, number>();
  for (const { changes } of stuck) for (const { item, to } of changes) wants.set(item, to);
  if (problem.goal.type === 'swap')
    for (const item of problem.items)
      if (!item.mayStay) {
        const [only, more] = [...item.allowed.keys()].filter((place) => item.allowed[place] === 1);
        if (only !== undefined && more === undefined) wants.set(item.index, only);
      }
  const isBlocked = (index: number, to: number): boolean => shortage(problem, index, to, use) !== null;
  for (const [first, goal] of wants) {
    if (!isBlocked(first, goal)) continue;
    // Breadth first over "a lies where b wants to go".
    const before = new Map<number, number>([[first, -1]]);
    const queue = [first];
    for (const here of queue) {
      const ends = here === first ? [goal] : problem.places.map((place) => place.index);
      for (const end of ends) {
        if (!isBlocked(here, end)) continue;
        for (const other of problem.items) {
          if (other.fixed || other.home !== end || other.index === here) continue;
          if (other.index === first) {
            const cycle: number[] = [];
            for (let each = here; each !== -1; each = before.get(each)!) cycle.unshift(each);
            if (cycle.length > 1) return cycle.map((index) => problem.vms[problem.items[index]!.vm]!.name);
          }
          if (before.has(other.index)) continue;
          before.set(other.index, here);
          queue.push(other.index);
        }
      }
    }
  }
  return null;
}
