export { assert, InvariantError } from './assert.ts';
export { StateHash } from './hash.ts';
export { wholeOf } from './parts.ts';
export type { Parts } from './parts.ts';
export { Prng, unitOf } from './prng.ts';
export { exp, ln, pow } from './real.ts';
export { bytesOfState, StateCollector, StateHasher, StateReader } from './state.ts';
export type { Json, StateColumn, StatePart, StateWriter, WorldState } from './state.ts';
