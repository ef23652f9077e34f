/** The simulator that attacks the engine. The command line and the tests use these doors. */
export { engineFactory } from './engine-mm.ts';
export type { MmProfile } from './mm-draw.ts';
export { addTally, newTally } from './mm-case.ts';
export type { MmTally } from './mm-case.ts';
export { differMm, fuzzMm } from './mm-fuzz.ts';
export { runSimtest } from './world-sim.ts';
