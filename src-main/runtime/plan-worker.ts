/**
 * The thread of a plan. It loads no other job, so that a small question is answered at once; its solvers cannot yield, so it is
 * stopped through shared memory.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FleetInput, PlanInput } from '../jobs/plan.ts';
import { installMilp, planFleetPlacement, planPlacement } from '../jobs/plan.ts';
import { highsSolver } from './highs-solver.ts';
import type { PlanMessage } from './run-plan.ts';
import { errorData } from './thread.ts';

/** Between two reports. */
const TOLD_MS = 50;

const port = parentPort!;
const post = (message: PlanMessage): void => port.postMessage(message);

try {
  installMilp(await highsSolver());
  const input = workerData as PlanInput | FleetInput;
  const steps = 'fleet' in input ? planFleetPlacement(input) : planPlacement(input);
  let toldMs = -Infinity;
  let step = steps.next(false);
  while (step.done !== true) {
    // A fleet has a step a VM.
    if ('scenario' in input || performance.now() - toldMs > TOLD_MS) {
      toldMs = performance.now();
      post({ progress: step.value() });
    }
    step = steps.next(false);
  }
  post({ output: step.value });
} catch (error) {
  post({ error: errorData(error) });
}
