/** The simulator that attacks the engine. The command line and the tests use these doors. */
export { engineFactory } from './engine-mm.ts';
export { drawMmCase } from './mm-draw.ts';
export type { MmCase, MmOp, MmProfile } from './mm-draw.ts';
export { addTally, newTally, runMmCase } from './mm-case.ts';
export type { MmFailure, MmTally } from './mm-case.ts';
export { differMm, formatMmFailure, fuzzMm, shrinkMmCase } from './mm-fuzz.ts';
export type { DifferentialResult } from './mm-fuzz.ts';
export type { MmFactory, MmUnderTest } from './mm-under-test.ts';
export { NaiveMm, naiveFactory } from './naive-mm.ts';
export { NaiveRfcMm, oracleFactory } from './naive-rfc-mm.ts';
export { runVector, vectors } from './vectors.ts';
export type { Vector } from './vectors.ts';
export { drawWorldCase } from './world-draw.ts';
export type { WorldCase } from './world-draw.ts';
export { CALM_TICKS, runSimtest, runWorldCase, shrinkWorldCase } from './world-sim.ts';
export type { SimtestOptions, SimtestResult } from './world-sim.ts';
