export { GuestMm } from './guest-mm.ts';
export type { CellFigures, CommitOutcome, PageState } from './guest-mm.ts';
export type { MmViolation } from './check.ts';
export { Commit, COMMIT_STEPS } from './commit.ts';
export type { CommitResult, CommitStart, CommitStep } from './commit.ts';
export * from './limit.ts';
export { layoutRanges } from './memlayout.ts';
export type { LayoutProblem, Memlayout } from './memlayout.ts';
export type { Mm } from './mm.ts';
