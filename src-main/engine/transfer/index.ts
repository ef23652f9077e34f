export type { CompactionForecast, MigrationForecast } from './forecast.ts';
export type { Planned } from './plan.ts';
export { sentBytes } from './precopy.ts';
export { Transfers } from './transfers.ts';
