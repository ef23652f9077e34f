export { findAll } from './find.ts';
export { assumptionsOf, factsOf } from './from-scenario.ts';
export type { MigrationFacts } from './facts.ts';
