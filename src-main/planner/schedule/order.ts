/**
 * An order of moves in which every step fits.
 *
 * (a) Direct: each VM moves once, to where it ends. To move early what fits is never wrong for itself, but it may take the
 *     room that another needs before something leaves: where the greedy order gets stuck, orders are searched, and no set of
 *     done steps is looked at twice.
 * (b) Through scratch room: where no direct order exists, what is in the way waits elsewhere and comes back, or goes on.
 */
import type { Assignment } from '../model/assignment.ts';
import { unchanged } from '../model/assignment.ts';
import type { Problem } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import type { Step } from './step.ts';
import { Layout, movedBy, stepsBetween } from './step.ts';

export interface DirectOrder {
  /** Null: none was found. */
  readonly steps: readonly Step[] | null;
  /** Without an order: true where none exists. */
  readonly proved: boolean;
  /** Steps that were left when the greedy order got stuck. */
  readonly stuck: readonly Step[];
}

const MAX_SETS = 20_000;

export function directOrder(problem: Problem, target: Assignment): DirectOrder {
  const from = unchanged(problem);
  const steps = stepsBetween(problem, from, target);
  const order = greedyOrder(new Layout(problem, from), steps);
  if (order.rest.length === 0) return { steps: order.done, proved: true, stuck: [] };
  if (steps.length > 30) return { steps: null, proved: false, stuck: order.rest };
  const layout = new Layout(problem, from);
  const seen = new Set<string>();
  const done: Step[] = [];
  const left = new Set(steps);
  let budget = MAX_SETS;
  const search = (): boolean => {
    if (left.size === 0) return true;
    const key = steps.map((step) => (left.has(step) ? '1' : '0')).join('');
    if (seen.has(key) || budget <= 0) return false;
    seen.add(key);
    budget--;
    for (const step of [...left]) {
      if (!layout.fits(step)) continue;
      const undo = layout.apply(step);
      left.delete(step);
      done.push(step);
      if (search()) return true;
      done.pop();
      left.add(step);
      undo();
    }
    return false;
  };
  const found = search();
  return { steps: found ? done : null, proved: found || budget > 0, stuck: order.rest };
}

/** Does what fits, what frees needed room first, until nothing does. Leaves `layout` where that ends. */
function greedyOrder(layout: Layout, steps: readonly Step[]): { readonly done: Step[]; readonly rest: Step[] } {
  const done: Step[] = [];
  let rest = [...steps];
  for (;;) {
    const blocked = new Set<number>();
    const open: Step[] = [];
    for (const step of rest) {
      if (layout.fits(step)) open.push(step);
      else for (const { place } of layout.arrivals(step)) blocked.add(place);
    }
    if (open.length === 0) return { done, rest };
    const rank = (step: Step): number =>
      (layout.departures(step).some(({ place }) => blocked.has(place)) ? 0 : 2) +
      (layout.arrivals(step).some(({ place }) => blocked.has(place)) ? 1 : 0);
    let best = open[0]!;
    for (const step of open) if (rank(step) < rank(best)) best = step;
    layout.apply(best);
    done.push(best);
    rest = rest.filter((step) => step !== best);
  }
}

/**
 * An order through scratch room: whenever nothing fits, the cheapest move of something in the way to a place where nobody
 * waits. Null where that does not lead there within `budget` detours.
 */
export function scratchOrder(problem: Problem, reach: Reach, target: Assignment, budget = 200): readonly Step[] | null {
  const from = unchanged(problem);
  const layout = new Layout(problem, from);
  const all: Step[] = [];
  const states = new Set<string>();
  let parked = new Set<number>();
  for (let detours = 0; detours <= budget;) {
    const pending = stepsBetween(problem, layout.at, endOf(layout.at, target));
    const { done, rest } = greedyOrder(layout, pending);
    all.push(...done);
    if (done.length > 0) parked = new Set();
    if (rest.length === 0) return all;
    const detour = bestDetour(problem, reach, layout, rest, parked, states);
    if (detour === null) return null;
    layout.apply(detour);
    all.push(detour);
    parked.add(detour.vm);
    detours++;
  }
  return null;

  function endOf(at: Assignment, end: Assignment): Assignment {
    return end.map((place, i) => {
      if (place >= 0) return place;
      // What stays goes back to where it was, if it was moved out of the way.
      const { home } = problem.items[i]!;
      return at[i]! >= 0 && home >= 0 ? home : at[i]!;
    });
  }
}

function bestDetour(
  problem: Problem,
  reach: Reach,
  layout: Layout,
  rest: readonly Step[],
  parked: ReadonlySet<number>,
  states: Set<string>,
): Step | null {
  const wanted = new Set(rest.flatMap((step) => layout.arrivals(step).map(({ place }) => place)));
  let best: { step: Step; cost: number; key: string } | null = null;
  for (const vm of problem.vms) {
    if (vm.host < 0 || parked.has(vm.index) || vm.items.length !== 1) continue;
    const item = problem.items[vm.items[0]!]!;
    if (item.fixed) continue;
    const here = layout.at[item.index]! >= 0 ? layout.at[item.index]! : item.home;
    // What is split has no place to come back to.
    if (here < 0 || !wanted.has(here)) continue;
    for (const place of problem.places) {
      if (place.index === here || item.passes[place.index] !== 1) continue;
      const from = problem.places[here]!.host;
      if (!reach.hosts(from, place.host)) continue;
      const type = place.host === from ? 'compact' : 'migrate';
      const step: Step = { vm: vm.index, type, changes: [{ item: item.index, to: place.index }] };
      if (!layout.fits(step)) continue;
      const undo = layout.apply(step);
      const key = layout.at.join(',');
      const unblocks = rest.some((each) => each.vm !== vm.index && layout.fits(each));
      undo();
      if (states.has(key)) continue;
      const cost =
        movedBy(problem, layout.at, step) + (unblocks ? 0 : 2 ** 30) + (wanted.has(place.index) ? 2 ** 31 : 0);
      if (best === null || cost < best.cost) best = { step, cost, key };
    }
  }
  if (best !== null) states.add(best.key);
  return best?.step ?? null;
}

/** What an order moves in all. */
export function movedInAll(problem: Problem, steps: readonly Step[]): number {
  const layout = new Layout(problem, unchanged(problem));
  return steps.reduce((sum, step) => {
    const moved = movedBy(problem, layout.at, step);
    layout.apply(step);
    return sum + moved;
  }, 0);
}
