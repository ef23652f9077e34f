/**
 * From a problem to a plan: which solver is asked, what is proved, and an order in which every step fits.
 *
 * (a) What proves fastest comes first: nothing to do; matching and sets of nodes for fit; packing patterns for new VMs; least
 *     sums for a threshold; all states where room is tight and states are few; otherwise a mixed integer program.
 * (b) A program chooses where things end. Where no order of single moves leads there, the placement is excluded and the next best
 *     is looked at; a way through scratch room is kept and wins once no placement can be cheaper.
 * (c) Nothing here reads a clock: limits are numbers of states, nodes and rounds. `stopped` alone ends it sooner, and then the
 *     best plan so far is what there is.
 */
import type { ObjectiveName, ObjectiveValue, PlanStatus } from '../../../shared/model/plan.ts';
import type { Assignment } from '../model/assignment.ts';
import {
  distanceOf,
  hostsUsed,
  isAnswer,
  objectiveNames,
  STAYS,
  totalMoved,
  unchanged,
  unplaced,
} from '../model/assignment.ts';
import type { Problem, Vm } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import { directOrder, movedInAll, scratchOrder } from '../schedule/order.ts';
import type { Step } from '../schedule/step.ts';
import { stepsBetween } from '../schedule/step.ts';
import { BASELINES } from './baseline.ts';
import type { HallSet } from './fit.ts';
import { solveFit } from './fit.ts';
import type { MilpSolver } from './milp.ts';
import { isPackable, pack } from './pack.ts';
import type { NoGood } from './placement-program.ts';
import { placementProgram } from './placement-program.ts';
import { relieve } from './relieve.ts';
import { isSearchable, searchStates } from './state-search.ts';

export interface Outcome {
  readonly status: PlanStatus;
  readonly assignment: Assignment | null;
  readonly steps: readonly Step[];
  readonly objective: readonly ObjectiveValue[] | null;
  readonly bound: readonly ObjectiveValue[] | null;
  readonly provedBy: string | null;
  readonly solver: string;
  /** Of an infeasible fit. */
  readonly halls: readonly HallSet[];
  /** Of a placement that no order leads to: what gets stuck on the way. */
  readonly stuck: readonly Step[];
}

interface SolveProgress {
  readonly phase: string;
  /** The best plan so far. */
  readonly best: Outcome | null;
}

export interface SolveOptions {
  readonly milp: MilpSolver;
  readonly stopped: () => boolean;
  /** `exact`, `fast`, or the name of a heuristic. */
  readonly solver: string;
}

type Solving<T> = Generator<() => SolveProgress, T, boolean>;

/** Search states that are looked at where they may be few. */
const MAX_STATES = 150_000;
const MAX_ROUNDS = 60;

const NOTHING: Pick<Outcome, 'halls' | 'stuck' | 'steps'> = { halls: [], stuck: [], steps: [] };

export function* solve(problem: Problem, reach: Reach, options: SolveOptions): Solving<Outcome> {
  const baseline = BASELINES.find(({ name }) => name === options.solver);
  if (baseline !== undefined) return byHeuristic(problem, baseline.name, baseline.run(problem));
  const idle = nothingToDo(problem);
  if (idle !== null) return idle;
  if (problem.goal.type === 'fit') return fit(problem, problem.goal.vm, options);
  if (isPackable(problem)) {
    const packed = yield* told(pack(problem, options.milp, options.stopped));
    if (packed !== null && !isAnswer(problem, packed.assignment)) return infeasible('arithmetic', 'patterns');
    if (packed !== null) {
      const { assignment, hosts, bound, provedBy } = packed;
      const values = valuesOf(problem, assignment, 0);
      const bounds = bound === null ? null : [value('unplaced', 0), value('hostsUsed', bound), value('movedMiB', 0)];
      const optimal = hosts === bound;
      return {
        ...NOTHING,
        status: optimal ? 'optimal' : 'feasible',
        assignment,
        steps: stepsBetween(problem, unchanged(problem), assignment),
        objective: values,
        bound: bounds,
        provedBy: optimal ? provedBy : null,
        solver: 'patterns',
      };
    }
  }
  if (problem.goal.type === 'rebalance') {
    const relieved = relief(problem, reach);
    if (relieved !== null) return relieved;
  }
  if (mayBeSearched(problem)) {
    const found = search(problem, reach, MAX_STATES, Infinity, options);
    if (found !== null) return found;
  }
  return yield* byProgram(problem, reach, options);
}

function* told<T>(steps: Generator<string, T, boolean>): Solving<T> {
  let step = steps.next(false);
  while (step.done !== true) {
    const phase = step.value;
    const stop = yield () => ({ phase, best: null });
    step = steps.next(stop);
  }
  return step.value;
}

const value = (name: ObjectiveName, amount: number): ObjectiveValue => ({ name, value: amount });

/** The values of a goal's objective. @param moved in all, scratch moves counted. */
export function valuesOf(problem: Problem, assignment: Assignment, moved: number): ObjectiveValue[] {
  const counts: Readonly<Record<ObjectiveName, () => number>> = {
    unplaced: () => unplaced(problem, assignment),
    hostsUsed: () => hostsUsed(problem, assignment),
    movedMiB: () => moved,
    distance: () => distanceOf(problem, assignment),
  };
  return objectiveNames(problem).map((name) => value(name, counts[name]()));
}

function optimal(
  problem: Problem,
  assignment: Assignment,
  steps: readonly Step[],
  moved: number,
  provedBy: string,
  solver: string,
): Outcome {
  // prettier-ignore
  const objective = valuesOf(problem, assignment, moved);
  return { ...NOTHING, status: 'optimal', assignment, steps, objective, bound: objective, provedBy, solver };
}

const infeasible = (provedBy: string, solver: string): Outcome => ({
  ...NOTHING,
  status: 'infeasible',
  assignment: null,
  objective: null,
  bound: null,
  provedBy,
  solver,
});

/** Where all that is asked holds already. Fewest hosts is proved otherwise. */
function nothingToDo(problem: Problem): Outcome | null {
  const assignment = unchanged(problem);
  if (problem.vms.some(({ host, items }) => host < 0 && items.length > 0)) return null;
  if (!isAnswer(problem, assignment)) return null;
  if (problem.goal.type === 'consolidate' && hostsUsed(problem, assignment) > 1) return null;
  return optimal(problem, assignment, [], 0, 'nothing to do', 'exact');
}

function byHeuristic(problem: Problem, name: string, assignment: Assignment): Outcome {
  const complete = unplaced(problem, assignment) === 0;
  const isPlan = isAnswer(problem, assignment) && (complete || problem.goal.type === 'place');
  if (!isPlan) return { ...infeasible('', name), status: 'unknown', provedBy: null };
  return {
    ...NOTHING,
    status: 'feasible',
    assignment,
    steps: stepsBetween(problem, unchanged(problem), assignment),
    objective: valuesOf(problem, assignment, 0),
    bound: null,
    provedBy: null,
    solver: name,
  };
}

function fit(problem: Problem, name: string, { stopped }: SolveOptions): Outcome {
  const vm = problem.vms.find((each) => each.name === name)!;
  const { assignment, distance, bound, halls } = solveFit(problem, vm, stopped);
  if (assignment === null) return { ...infeasible('matching', 'matching'), halls };
  // Rules that those who run break already: nothing that runs may move.
  if (!isAnswer(problem, withoutOthers(problem, vm, assignment))) return infeasible('arithmetic', 'matching');
  const proved = distance === bound;
  return {
    ...NOTHING,
    status: proved ? 'optimal' : 'feasible',
    assignment,
    steps: stepsBetween(problem, unchanged(problem), assignment),
    objective: [value('distance', distance!)],
    bound: [value('distance', bound!)],
    provedBy: proved ? 'matching, branch and bound over sets of nodes' : null,
    solver: 'matching',
  };
}

/** The assignment as the goal has it: other new VMs are none of its business. */
function withoutOthers(problem: Problem, vm: Vm, assignment: Assignment): Assignment {
  return assignment.map((place, i) => (vm.items.includes(i) ? place : problem.items[i]!.at.length > 0 ? STAYS : place));
}

function relief(problem: Problem, reach: Reach): Outcome | null {
  if (problem.groups.length > 0 || problem.vms.some(({ host, items }) => host < 0 || items.length > 1)) return null;
  if (problem.items.some(({ home, mayStay }) => home < 0 || !mayStay)) return null;
  const { assignment, bound } = relieve(problem, reach);
  if (assignment === null) return null;
  const moved = totalMoved(problem, assignment);
  if (moved > bound) return null;
  const { steps } = directOrder(problem, assignment);
  if (steps === null) return null;
  return optimal(problem, assignment, steps, moved, 'the least sums of sizes that bring each place below its limit, reached', 'relieve'); // prettier-ignore
}

/** Few VMs on few places, as in swaps; or states so few that all can be seen. */
function mayBeSearched(problem: Problem): boolean {
  if (!isSearchable(problem) || problem.goal.type === 'consolidate' || problem.goal.type === 'place') return false;
  const free = problem.items.filter(({ fixed }) => !fixed).length;
  const log = free * Math.log2(Math.max(2, problem.places.length));
  return log <= 18 || (problem.goal.type === 'swap' && log <= 40);
}

function search(problem: Problem, reach: Reach, states: number, limit: number, options: SolveOptions): Outcome | null {
  const found = searchStates(problem, reach, states, limit, options.stopped);
  if (found.status === 'unknown') return null;
  const provedBy = `search of all states (${found.states} seen)`;
  if (found.status === 'none') return infeasible(provedBy, 'states');
  const assignment = endOf(problem, found.steps);
  return optimal(problem, assignment, found.steps, found.moved, provedBy, 'states');
}

/** Where a sequence of steps ends. */
function endOf(problem: Problem, steps: readonly Step[]): Assignment {
  const assignment = unchanged(problem);
  for (const { changes } of steps)
    for (const { item, to } of changes) assignment[item] = to === problem.items[item]!.home ? STAYS : to;
  return assignment;
}

interface Candidate {
  readonly assignment: Assignment;
  readonly steps: readonly Step[];
  readonly moved: number;
}

function* byProgram(problem: Problem, reach: Reach, options: SolveOptions): Solving<Outcome> {
  const { milp, stopped } = options;
  // Fast: what the first relaxation and its heuristics give, with the bound that it proves.
  const nodes = options.solver === 'fast' ? { maxNodes: 1 } : {};
  const names = objectiveNames(problem);
  const atMost: Partial<Record<ObjectiveName, number>> = {};
  const bounds: ObjectiveValue[] = [];
  let start: Assignment | null = null;
  let proved = true;
  // What comes first in the objective is settled first.
  for (const name of names.slice(0, -1)) {
    const { program, possible, assignmentOf, startOf } = placementProgram(problem, reach, { minimise: name, atMost, noGoods: [] }); // prettier-ignore
    if (!possible) return infeasible('arithmetic', 'exact');
    yield () => ({ phase: `program of ${program.cost.length} columns`, best: null });
    const { status, x, objective, bound } = milp.solve(program, {
      stopped,
      ...nodes,
      start: start === null ? null : startOf(start),
    });
    if (status === 'infeasible') return infeasible(milp.name, 'exact');
    if (x === null) return { ...infeasible('', 'exact'), status: 'unknown', provedBy: null };
    proved &&= status === 'optimal';
    start = assignmentOf(x);
    atMost[name] = Math.round(objective!);
    bounds.push(value(name, proved ? Math.round(objective!) : Math.max(0, Math.ceil((bound ?? 0) - 1e-6))));
  }
  const last = names.at(-1)!;
  const noGoods: NoGood[] = [];
  let best: Candidate | null = null;
  let lowest: number | null = null;
  let stuck: readonly Step[] = [];
  const scratchLeast = Math.min(Infinity, ...problem.items.filter(({ fixed, at }) => !fixed && at.length > 0).map(({ mib }) => mib)); // prettier-ignore
  let everySkipped = Infinity;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const built = placementProgram(problem, reach, { minimise: last, atMost, noGoods });
    if (!built.possible) return infeasible('arithmetic', 'exact');
    const soFar = best;
    yield () => ({
      phase: `program of ${built.program.cost.length} columns, round ${round + 1}`,
      best: soFar === null ? null : outcomeOf(problem, soFar, null, 'feasible', null),
    });
    const solved = milp.solve(built.program, {
      stopped,
      ...nodes,
      start: start === null ? null : built.startOf(start),
    });
    start = null;
    if (solved.status === 'infeasible') {
      if (noGoods.length === 0 && names.length === 1) return infeasible(milp.name, 'exact');
      if (noGoods.length === 0) return infeasible(milp.name, 'exact');
      // Every placement is known, and none has a direct order.
      if (best !== null && best.moved <= everySkipped) return finish(best, best.moved);
      break;
    }
    const cost = solved.status === 'optimal' ? Math.round(solved.objective!) : null;
    if (round === 0) lowest = cost ?? (solved.bound === null ? null : Math.ceil(solved.bound - 1e-6));
    // No placement is cheaper than the best plan, and none that was skipped can be, through scratch room.
    if (best !== null && cost !== null && cost >= best.moved && best.moved <= everySkipped)
      return finish(best, best.moved);
    if (solved.x === null) break;
    const assignment = built.assignmentOf(solved.x);
    const direct = directOrder(problem, assignment);
    if (direct.steps !== null) {
      const moved = totalMoved(problem, assignment);
      if (best === null || moved < best.moved) best = { assignment, steps: direct.steps, moved };
      if (cost !== null && moved <= cost && moved <= everySkipped) return finish(best, moved);
      if (cost === null) break;
    } else {
      stuck = direct.stuck;
      const around = scratchOrder(problem, reach, assignment);
      if (around !== null) {
        const moved = movedInAll(problem, around);
        if (best === null || moved < best.moved) best = { assignment: endOf(problem, around), steps: around, moved };
      }
      everySkipped = Math.min(everySkipped, totalMoved(problem, assignment) + scratchLeast);
      if (!direct.proved) everySkipped = Math.min(everySkipped, totalMoved(problem, assignment));
    }
    noGoods.push(noGoodOf(problem, assignment, direct.stuck));
    if (stopped()) break;
  }
  // Tight room: all sequences of moves, if they are few enough.
  if (!stopped() && isSearchable(problem) && problem.goal.type !== 'consolidate' && problem.goal.type !== 'place') {
    const found = search(problem, reach, 4 * MAX_STATES, best === null ? Infinity : best.moved, options);
    if (found !== null && found.status === 'optimal') return found;
    if (found !== null && best !== null) return outcomeOf(problem, best, valuesOf(problem, best.assignment, best.moved), 'optimal', found.provedBy); // prettier-ignore
    if (found !== null) return { ...found, stuck };
  }
  if (best === null) return { ...infeasible('', 'exact'), status: 'unknown', provedBy: null, stuck };
  const bound = lowest === null ? null : [...bounds, value(last, Math.min(lowest, best.moved))];
  return outcomeOf(problem, best, bound, 'feasible', null);

  function finish(candidate: Candidate, moved: number): Outcome {
    const objective = valuesOf(problem, candidate.assignment, candidate.moved);
    const isProved = proved && bounds.every((each, i) => each.value === objective[i]!.value);
    return outcomeOf(
      problem,
      candidate,
      isProved ? objective : [...bounds, value(last, moved)],
      isProved ? 'optimal' : 'feasible',
      isProved ? milp.name : null,
    );
  }
}

function outcomeOf(
  problem: Problem,
  { assignment, steps, moved }: Candidate,
  bound: readonly ObjectiveValue[] | null,
  status: PlanStatus,
  provedBy: string | null,
): Outcome {
  return { ...NOTHING, status, assignment, steps, objective: valuesOf(problem, assignment, moved), bound, provedBy, solver: 'exact' }; // prettier-ignore
}

/**
 * What to exclude when no order leads to a placement. Where those that are stuck would be so whatever else moves, as long as what
 * lies at their ends stays: only these. Otherwise the placement of everything that moves, and that the rest stays.
 */
function noGoodOf(problem: Problem, assignment: Assignment, stuck: readonly Step[]): NoGood {
  const ends = new Set(stuck.flatMap(({ changes }) => changes.map(({ to }) => to)));
  const movers = new Set(stuck.flatMap(({ changes }) => changes.map(({ item }) => item)));
  const staying = problem.items.filter(
    (item) =>
      !item.fixed &&
      item.at.length > 0 &&
      assignment[item.index] === STAYS &&
      item.at.some((part) => ends.has(part.place)),
  );
  const blockers = new Set([...staying.map(({ index }) => index), ...movers]);
  const isEnough =
    stuck.length > 0 &&
    problem.groups.length === 0 &&
    stuck.every(({ changes }) =>
      changes.some(({ item: index, to }) => {
        const item = problem.items[index]!;
        const held = problem.items
          .filter((other) => (blockers.has(other.index) || other.fixed) && other.kind === item.kind)
          .reduce((sum, other) => sum + (other.at.find((part) => part.place === to)?.mib ?? 0), 0);
        const own = item.at.find((part) => part.place === to)?.mib ?? 0;
        return held + item.takes - own > problem.places[to]!.capacity[item.kind]!;
      }),
    );
  const within = isEnough ? (item: number): boolean => blockers.has(item) : (): boolean => true;
  return problem.items
    .filter((item) => !item.fixed && within(item.index))
    .map((item) => ({ item: item.index, place: assignment[item.index]! }));
}
