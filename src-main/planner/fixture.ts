/** For tests: answers to questions that are given as plain data, with HiGHS as the solver of programs. */
import type { PlanAnswer } from '../../shared/model/plan.ts';
import { readScenario } from '../scenario/read.ts';
import { plan } from './plan.ts';
import { poolsOfRequest, readRequest } from './question/read-request.ts';
import type { MilpSolver } from './solver/milp.ts';

export function answerToText(
  milp: MilpSolver,
  scenarioText: string,
  requestText: string,
  solver = 'exact',
): PlanAnswer {
  const scenario = readScenario(scenarioText, 'scenario', poolsOfRequest(requestText));
  if (scenario.value === null) throw new Error(JSON.stringify(scenario.diagnostics));
  const request = readRequest(requestText, 'request', scenario.value);
  if (request.value === null) throw new Error(JSON.stringify(request.diagnostics));
  const steps = plan(scenario.value, request.value, { milp, stopped: () => false, solver });
  let step = steps.next(false);
  while (step.done !== true) step = steps.next(false);
  return step.value;
}
