/**
 * The thread of a plan. It loads no other job, so that a small question is answered at once; its solvers cannot yield, so it is
 * stopped through shared memory.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { PlanInput } from '../jobs/plan.ts';
import { installMilp, planPlacement } from '../jobs/plan.ts';
import { highsSolver } from './highs-solver.ts';
import type { PlanMessage } from './run-plan.ts';
import { errorData } from './thread.ts';

const port = parentPort!;
const post = (message: PlanMessage): void => port.postMessage(message);

try {
  installMilp(await highsSolver());
  const steps = planPlacement(workerData as PlanInput);
  let step = steps.next(false);
  while (step.done !== true) {
    post({ progress: step.value() });
    step = steps.next(false);
  }
  post({ output: step.value });
} catch (error) {
  post({ error: errorData(error) });
}
