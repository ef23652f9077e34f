export { Guest, truthOf } from './guest.ts';
export type { BackingChanges } from './guest.ts';
export { drawLifetime, drawResidual } from './lifetime.ts';
export type { HostTruth } from './telling.ts';
export { Workload } from './workload.ts';
