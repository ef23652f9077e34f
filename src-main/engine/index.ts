export { compareInParts } from './compare/index.ts';
export type { CompareOptions, CompareProgress } from './compare/index.ts';
export { InvariantError, StateHash } from './core/index.ts';
export { bytesOfState } from './core/index.ts';
export type { Parts, StatePart, WorldState } from './core/index.ts';
export type { Errno, FileStat, GuestFiles, Read, Written } from './guestfs/index.ts';
export { World } from './world.ts';
export type { LogEntry, WorldStart } from './world.ts';
export type { SnapshotOptions } from './world-snapshot.ts';
