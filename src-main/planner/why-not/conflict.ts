/**
 * Smallest sets that cannot all hold: of rules, and of cells that must be somewhere. One after the other is left out for good
 * where what is left still cannot hold (deletion filter), so that without any of the rest it could.
 */
import { isAnswer } from '../model/assignment.ts';
import type { Item, Problem } from '../model/problem.ts';
import type { Reach } from '../model/reach.ts';
import { reachOf } from '../model/reach.ts';
import type { Rule } from '../question/request-schema.ts';
import { directOrder } from '../schedule/order.ts';
import type { Step } from '../schedule/step.ts';
import { solveFit } from '../solver/fit.ts';
import type { MilpSolver } from '../solver/milp.ts';
import { placementProgram } from '../solver/placement-program.ts';

export interface ConflictTools {
  readonly milp: MilpSolver;
  readonly stopped: () => boolean;
  /** The same question with these rules alone. */
  readonly withRules: (rules: readonly Rule[]) => Problem;
}

/** Whether any placement meets all that must hold at the end; what gets stuck on the way to one. */
export function placementOf(
  problem: Problem,
  reach: Reach,
  { milp, stopped }: ConflictTools,
): { readonly possible: boolean; readonly stuck: readonly Step[] } {
  const { goal } = problem;
  if (goal.type === 'fit') {
    const vm = problem.vms.find(({ name }) => name === goal.vm)!;
    const { assignment } = solveFit(problem, vm, stopped);
    return { possible: assignment !== null && isAnswer(problem, assignment), stuck: [] };
  }
  const built = placementProgram(problem, reach, { minimise: 'movedMiB', atMost: {}, noGoods: [] });
  if (!built.possible) return { possible: false, stuck: [] };
  const { status, x } = milp.solve(built.program, { stopped });
  if (status === 'infeasible' || x === null) return { possible: status !== 'infeasible', stuck: [] };
  return { possible: true, stuck: directOrder(problem, built.assignmentOf(x)).stuck };
}

/** Indexes of a smallest set of rules that cannot hold with the goal; null where it is not the rules. */
export function ruleConflict(problem: Problem, tools: ConflictTools): number[] | null {
  const { rules } = problem;
  const possible = (left: readonly number[]): boolean => {
    const without = tools.withRules(left.map((rule) => rules[rule]!));
    return placementOf(without, reachOf(without), tools).possible;
  };
  if (rules.length === 0 || !possible([])) return null;
  let left = [...rules.keys()];
  for (const rule of rules.keys()) {
    const without = left.filter((each) => each !== rule);
    if (!possible(without)) left = without;
  }
  return left;
}

/** Cells that cannot all be where they must be; null where none is found. */
export function cellConflict(problem: Problem, reach: Reach, tools: ConflictTools): number[] | null {
  const must = problem.items.filter((item) => (item.at.length === 0 || !item.mayStay) && !item.fixed);
  // Without those that must move: any that lie somewhere.
  return smallest(problem, reach, tools, must, letOff) ?? smallest(problem, reach, tools, problem.items, gone);
}

/** Let off, a cell stays where it is; a new one takes nothing. */
const letOff = (item: Item): Item => (item.at.length > 0 ? { ...item, mayStay: true } : gone(item));

const gone = (item: Item): Item => ({ ...item, at: [], home: -1, takes: 0, vcpus: 0, fixed: true, mayStay: true });

const MAX_CELLS = 60;

function smallest(
  problem: Problem,
  reach: Reach,
  tools: ConflictTools,
  from: readonly Item[],
  release: (item: Item) => Item,
): number[] | null {
  const all = from.map(({ index }) => index);
  const possible = (kept: readonly number[]): boolean => {
    const items = problem.items.map((item) => (all.includes(item.index) && !kept.includes(item.index) ? release(item) : item)); // prettier-ignore
    return placementOf({ ...problem, items }, reach, tools).possible;
  };
  if (all.length === 0 || all.length > MAX_CELLS || possible(all)) return null;
  let left = all;
  for (const item of all) {
    if (tools.stopped()) return null;
    const without = left.filter((each) => each !== item);
    if (!possible(without)) left = without;
  }
  return left.length === 0 ? null : left;
}
