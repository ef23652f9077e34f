/**
 * Times of an order of moves: several run at once where room, links and hosts allow.
 *
 * (a) At most one compaction runs on a host, and one migration over a link, each at the full rate: what shares a rate ends no
 *     sooner. A host takes part in at most `migrationsPerHost` migrations.
 * (b) A move starts as soon as it fits beside all that run, old and new places held, if the moves that come before it in the
 *     order can still all be done after it, one by one.
 * (c) `after` names the moves whose end made the room, or the way, for it.
 */
import type { CellMove, MibByPlace, PlanMove } from '../../../shared/model/plan.ts';
import type { Assignment } from '../model/assignment.ts';
import { hostOf, unchanged } from '../model/assignment.ts';
import type { Problem } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import type { Step } from './step.ts';
import { Layout, movedBy } from './step.ts';

interface Running {
  readonly id: number;
  readonly step: Step;
  readonly endMs: number;
  readonly hosts: readonly number[];
  readonly links: readonly number[];
  readonly free: () => void;
}

/** Moves that are looked at beyond the first that has to wait. */
const LOOK_AHEAD = 64;

export function timed(problem: Problem, reach: Reach, steps: readonly Step[]): PlanMove[] {
  const { limits } = problem;
  // What is held: old and new places of all that run, new ones of all that ended.
  const held = new Layout(problem, unchanged(problem));
  const moves: PlanMove[] = [];
  const pending = [...steps];
  let running: Running[] = [];
  const ended: { readonly id: number; readonly step: Step; readonly left: ReadonlySet<string> }[] = [];
  const at = unchanged(problem);
  let nowMs = 0;
  while (pending.length > 0) {
    let started = false;
    for (let i = 0; i < Math.min(pending.length, LOOK_AHEAD); i++) {
      const step = pending[i]!;
      if (pending.slice(0, i).some(({ vm }) => vm === step.vm) || running.some((each) => each.step.vm === step.vm))
        continue;
      if (!held.fits(step)) continue;
      const arrivals = held.arrivals(step);
      const from = hostOf(problem, at, step.vm);
      const to = problem.places[step.changes[0]!.to]!.host;
      const links = step.type === 'migrate' ? reach.path(from, to) : [];
      const hosts = step.type === 'start' ? [] : step.type === 'compact' ? [to] : [from, to];
      if (step.type === 'compact' && running.some((each) => each.step.type === 'compact' && each.hosts[0] === to))
        continue;
      if (step.type === 'migrate') {
        const migrating = running.filter((each) => each.step.type === 'migrate');
        if (migrating.some((each) => each.links.some((link) => links.includes(link)))) continue;
        const onHost = (host: number): number => migrating.filter((each) => each.hosts.includes(host)).length;
        if (hosts.some((host) => onHost(host) >= limits.migrationsPerHost)) continue;
      }
      if (i > 0 && !remainPossible(problem, at, running, step, pending)) continue;
      const movedMiB = movedBy(problem, at, step);
      const rate =
        step.type === 'migrate' ? Math.min(...links.map((link) => problem.links[link]!.mibps)) : limits.compactMiBps;
      const endMs = nowMs + (movedMiB === 0 ? 0 : Math.ceil((movedMiB * 1000) / rate));
      const id = moves.length + 1;
      const cells = cellMoves(problem, at, step);
      const needs = new Set(arrivals.map(({ place, kind }) => `${place} ${kind}`));
      const after = ended
        .filter((each) => each.step.vm === step.vm || [...each.left].some((key) => needs.has(key)))
        .map((each) => each.id);
      moves.push({
        id,
        type: step.type,
        vm: problem.vms[step.vm]!.name,
        movedMiB,
        startMs: nowMs,
        endMs,
        after,
        cells,
        ...(step.type === 'compact' ? { rateMiBps: rate } : {}),
      });
      for (const { place, kind, amount } of arrivals) held.use[place]![kind]! += amount;
      const departures = held.departures(step);
      const free = (): void => {
        for (const { place, kind, amount } of departures) held.use[place]![kind]! -= amount;
        for (const { item, to: place } of step.changes) {
          held.at[item] = place;
          at[item] = place;
        }
        ended.push({ id, step, left: new Set(departures.map(({ place, kind }) => `${place} ${kind}`)) });
      };
      running.push({ id, step, endMs, hosts, links, free });
      pending.splice(i, 1);
      started = true;
      break;
    }
    if (started) {
      // What takes no time is over before anything else starts.
      const over = running.filter(({ endMs }) => endMs <= nowMs);
      for (const each of over) each.free();
      running = running.filter(({ endMs }) => endMs > nowMs);
      continue;
    }
    if (running.length === 0) throw new Error('an order of moves does not fit');
    nowMs = Math.min(...running.map(({ endMs }) => endMs));
    for (const each of running.filter(({ endMs }) => endMs <= nowMs)) each.free();
    running = running.filter(({ endMs }) => endMs > nowMs);
  }
  return moves;
}

/** Whether the order still leads to its end when `step` is started now: all others after it, one by one. */
function remainPossible(
  problem: Problem,
  at: Assignment,
  running: readonly Running[],
  step: Step,
  pending: readonly Step[],
): boolean {
  const layout = new Layout(problem, at);
  for (const each of running) layout.apply(each.step);
  layout.apply(step);
  return pending.every((each) => {
    if (each === step) return true;
    if (!layout.fits(each)) return false;
    layout.apply(each);
    return true;
  });
}

function cellMoves(problem: Problem, at: Assignment, { changes, type }: Step): CellMove[] {
  return changes.map(({ item: index, to }) => {
    const item = problem.items[index]!;
    const now = at[index]!;
    return {
      cell: item.cell,
      from: type === 'start' ? {} : mibByPlace(problem, index, now),
      to: { [problem.places[to]!.name]: item.mib },
    };
  });
}

/** Where an item lies, as plain data. */
export function mibByPlace(problem: Problem, item: number, place: number): MibByPlace {
  const { mib, at } = problem.items[item]!;
  if (place >= 0) return { [problem.places[place]!.name]: mib };
  return Object.fromEntries(at.map((part) => [problem.places[part.place]!.name, part.mib]));
}
