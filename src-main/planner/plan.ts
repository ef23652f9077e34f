/** From a scenario and a question to the answer: in parts, so that it can be followed and stopped. */
import type { PlanAnswer } from '../../shared/model/plan.ts';
import type { Scenario } from '../scenario/schema.ts';
import { answerOf } from './answer.ts';
import { problemOf } from './model/build.ts';
import { reachOf } from './model/reach.ts';
import type { Request } from './question/read-request.ts';
import type { Outcome, SolveOptions } from './solver/solve.ts';
import { solve } from './solver/solve.ts';
import { whyNotOf } from './why-not/why-not.ts';

export interface PlanProgress {
  readonly phase: string;
  /** The best plan so far. */
  readonly best: PlanAnswer | null;
}

export function* plan(
  scenario: Scenario,
  request: Request,
  options: SolveOptions,
): Generator<() => PlanProgress, PlanAnswer, boolean> {
  const problem = problemOf(scenario, request);
  const reach = reachOf(problem);
  const steps = solve(problem, reach, options);
  let step = steps.next(false);
  while (step.done !== true) {
    const progress = step.value;
    const stop = yield () => {
      const { phase, best } = progress();
      return { phase, best: best === null ? null : answerOf(problem, reach, best, []) };
    };
    step = steps.next(stop);
  }
  const outcome = withoutSplitting(request, step.value);
  return answerOf(
    problem,
    reach,
    outcome,
    whyNotOf(problem, reach, outcome, {
      milp: options.milp,
      stopped: options.stopped,
      withRules: (rules) => problemOf(scenario, request, rules),
    }),
  );
}

/**
 * Plans leave each cell that they move on one node, also where it might be split: what is proved of such plans says nothing of
 * those that split. Fit asks for whole cells, and to move nothing is best in any case.
 */
function withoutSplitting({ goal, limits }: Request, outcome: Outcome): Outcome {
  if (!limits.split || goal.type === 'fit' || outcome.steps.length === 0) {
    const isOpen = limits.split && goal.type !== 'fit' && outcome.status === 'infeasible';
    return isOpen ? { ...outcome, status: 'unknown', provedBy: null } : outcome;
  }
  return { ...outcome, status: 'feasible', bound: null, provedBy: null };
}
