export { Guest, truthOf } from './guest.ts';
export type { HostTruth } from './guest.ts';
export { drawLifetime, drawResidual } from './lifetime.ts';
export { Workload } from './workload.ts';
