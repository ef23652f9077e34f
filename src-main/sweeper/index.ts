/** A sweep under way: where its jobs run, what is done, and what it ends in. Node. */
export { probeCost } from './cost.ts';
export type { SweepCost } from './cost.ts';
export { driveSweep } from './drive.ts';
export type { SweepProgress } from './drive.ts';
export { openFolder } from './folder.ts';
export { threadPool } from './pool.ts';
