/** An outcome as the document that comes back. */
import type { ObjectiveValue, PlacedCell, PlanAnswer, WhyNot } from '../../shared/model/plan.ts';
import { placesOf, unchanged, UNPLACED } from './model/assignment.ts';
import type { Problem } from './model/problem.ts';
import type { Reach } from './model/reach.ts';
import { mibByPlace, timed } from './schedule/timing.ts';
import type { Outcome } from './solver/solve.ts';
import { valuesOf } from './solver/solve.ts';

/** Without the time that it took, which only its caller knows. */
export function answerOf(problem: Problem, reach: Reach, outcome: Outcome, whyNot: readonly WhyNot[]): PlanAnswer {
  const { status, objective, bound, provedBy, solver, steps } = outcome;
  const assignment = outcome.assignment ?? unchanged(problem);
  const placement: PlacedCell[] = problem.items.flatMap((item) => {
    const place = assignment[item.index]!;
    if (place === UNPLACED || placesOf(item, place).length === 0) return [];
    return [{ vm: problem.vms[item.vm]!.name, cell: item.cell, at: mibByPlace(problem, item.index, place) }];
  });
  return {
    status,
    objective,
    bound,
    gapPercent: gapPercent(objective, bound),
    provedBy,
    solver,
    seconds: 0,
    doNothing: doNothing(problem),
    moves: timed(problem, reach, steps),
    placement,
    whyNot,
  };
}

/** Of the first value that is not at its bound, in percent of the value. */
function gapPercent(
  objective: readonly ObjectiveValue[] | null,
  bound: readonly ObjectiveValue[] | null,
): number | null {
  if (objective === null || bound === null) return null;
  for (const [i, { value }] of objective.entries()) {
    const least = bound[i]?.value ?? 0;
    if (value > least) return Math.round((10_000 * (value - least)) / value) / 100;
  }
  return 0;
}

/** The objective of leaving everything as it is, whether that answers the question or not. */
const doNothing = (problem: Problem): ObjectiveValue[] | null =>
  problem.goal.type === 'fit' ? null : valuesOf(problem, unchanged(problem), 0);
