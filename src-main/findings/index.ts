export { findAll } from './find.ts';
export { refusedStarts } from './refused.ts';
export { findingReport } from './report.ts';
export type { FindingAnswer } from './report.ts';
export { factsOf } from './from-scenario.ts';
