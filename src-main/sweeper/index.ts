/** A sweep under way: where its jobs run, what is done, and what it ends in. Node. */
export { probeCost } from './cost.ts';
export type { SweepCost } from './cost.ts';
export { driveSweep } from './drive.ts';
export type { SweepProgress } from './drive.ts';
export { openFolder } from './folder.ts';
export { threadPool } from './pool.ts';
export { queueAddress } from './queue/address.ts';
export type { QueueAddress } from './queue/address.ts';
export { whyNoServer } from './queue/connection.ts';
export { queueRunner } from './queue/queue-runner.ts';
export { cleanQueue, queueState } from './queue/queue-state.ts';
export { runQueueWorker } from './queue/queue-worker.ts';
