/**
 * The job that answers a question about placement. Stopped, it gives the best plan so far.
 *
 * It needs a solver of mixed integer programs, which no pure folder has: whoever runs it installs one first.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { FleetAnswer, PlanAnswer } from '../../shared/model/plan.ts';
import type { FleetProgress, MilpSolver, PlanProgress } from '../planner/index.ts';
import { plan, planFleet, poolsOfRequest, readFleet, readRequest } from '../planner/index.ts';
import { readScenario } from '../scenario/read.ts';
import type { JobSteps } from './job.ts';

export { poolsOfRequest, rehearsalOfPlan } from '../planner/index.ts';

interface NamedText {
  readonly text: string;
  readonly file: string;
}

export interface PlanInput {
  readonly scenario: NamedText;
  readonly request: NamedText;
  /** `exact`, `fast`, or the name of a heuristic. */
  readonly solver: string;
  readonly seed: number;
  /** Another thread sets its first number to ask for an end while a solver runs, which cannot yield. */
  readonly stop?: Int32Array;
}

export interface PlanOutput {
  /** Null: the input was at fault. */
  readonly answer: PlanAnswer | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface FleetInput {
  readonly fleet: NamedText;
  /** Null: place all. */
  readonly request: NamedText | null;
  readonly stop?: Int32Array;
}

export interface FleetOutput {
  readonly answer: FleetAnswer | null;
  readonly diagnostics: readonly Diagnostic[];
}

let installed: MilpSolver | null = null;

export const installMilp = (solver: MilpSolver): void => void (installed = solver);

export function* planPlacement({ scenario, request, solver, stop }: PlanInput): JobSteps<PlanProgress, PlanOutput> {
  if (installed === null) throw new Error('no solver of mixed integer programs is installed');
  const read = readScenario(scenario.text, scenario.file, poolsOfRequest(request.text));
  if (read.value === null || hasErrors(read.diagnostics)) return { answer: null, diagnostics: read.diagnostics };
  const asked = readRequest(request.text, request.file, read.value);
  const diagnostics = [...read.diagnostics, ...asked.diagnostics];
  if (asked.value === null) return { answer: null, diagnostics };
  let told = false;
  const stopped = (): boolean => told || (stop !== undefined && Atomics.load(stop, 0) !== 0);
  const steps = plan(read.value, asked.value, { milp: installed, stopped, solver });
  let step = steps.next(false);
  while (step.done !== true) {
    told ||= yield step.value;
    step = steps.next(stopped());
  }
  return { answer: step.value, diagnostics };
}

/** The same of a fleet, by classes of hosts that are alike. */
export function* planFleetPlacement({ fleet, request, stop }: FleetInput): JobSteps<FleetProgress, FleetOutput> {
  if (installed === null) throw new Error('no solver of mixed integer programs is installed');
  const { value: question, diagnostics } = readFleet(fleet.text, fleet.file, request);
  if (question === null) return { answer: null, diagnostics };
  let told = false;
  const stopped = (): boolean => told || (stop !== undefined && Atomics.load(stop, 0) !== 0);
  const steps = planFleet(question, installed, stopped);
  let step = steps.next(false);
  while (step.done !== true) {
    told ||= yield step.value;
    step = steps.next(stopped());
  }
  return { answer: step.value, diagnostics };
}
