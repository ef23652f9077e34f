export { Guest, truthOf } from './guest.ts';
export type { BackingChanges } from './guest.ts';
export { GuestKernel } from './guest-kernel.ts';
export * from './kernel-log.ts';
export { expand, LayoutHistory, rangesOf } from './layout-history.ts';
export type { KeptLayout, LayoutOrigin, StagedLayout } from './layout-history.ts';
export { drawLifetime, drawResidual } from './lifetime.ts';
export type { HostTruth } from './telling.ts';
export { Workload } from './workload.ts';
