export { Guest, truthOf } from './guest.ts';
export type { BackingChanges } from './guest.ts';
export * from './kernel-log.ts';
export { commandLine, logOops, rangeText, versionLine } from './kernel-words.ts';
export { addRange, MAX_LAYOUT_PFN } from './layout-history.ts';
export type { KeptLayout } from './layout-history.ts';
export { Workload } from './workload.ts';
