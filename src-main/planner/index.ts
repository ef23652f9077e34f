/** Where VMs should live, which moves lead there, and how far that is from the best. */
export { plan } from './plan.ts';
export type { PlanProgress } from './plan.ts';
export { poolsOfRequest, readRequest } from './question/read-request.ts';
export type { MilpSolver } from './solver/milp.ts';
export { planFleet } from './fleet/plan-fleet.ts';
export type { FleetProgress } from './fleet/plan-fleet.ts';
export { readFleet } from './fleet/read-fleet.ts';
export { rehearsalOfPlan } from './rehearsal.ts';
