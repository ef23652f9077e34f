export { findAll } from './find.ts';
export { refusedStarts } from './refused.ts';
export { assumptionsOf, factsOf } from './from-scenario.ts';
export type { MigrationFacts } from './facts.ts';
