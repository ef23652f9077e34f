export { Guest } from './guest.ts';
export { truthOf } from './layout-delivery.ts';
export type { BackingChanges } from './layout-forecast.ts';
export * from './kernel-log.ts';
export { commandLine, logOops, rangeText, versionLine } from './kernel-words.ts';
export { addRange, MAX_LAYOUT_PFN } from './layout-history.ts';
export type { KeptLayout } from './layout-history.ts';
export type { StayingPages } from './stays.ts';
export { Workload } from './workload.ts';
