/** The simulator that attacks the engine. The command line and the tests use these doors. */
export { engineFactory } from './engine-mm.ts';
export type { MmCase, MmOp, MmProfile } from './mm-draw.ts';
export { addTally, newTally } from './mm-case.ts';
export type { MmFailure, MmTally } from './mm-case.ts';
export { differMm, fuzzMm } from './mm-fuzz.ts';
export type { DifferentialResult } from './mm-fuzz.ts';
export type { MmFactory, MmUnderTest } from './mm-under-test.ts';
export type { Vector } from './vectors.ts';
export type { WorldCase } from './world-draw.ts';
export { runSimtest } from './world-sim.ts';
export type { SimtestOptions, SimtestResult } from './world-sim.ts';
