/** The one table of jobs: what Pageshift does that takes long, as pure functions from plain data to plain data (job.ts). */
import { compareGuest } from './compare.ts';
import { findings } from './findings.ts';
import type { Job, JobSteps } from './job.ts';
import { fitMigration, predict } from './predict/index.ts';
import { readFiles } from './read-files.ts';
import { runPoint } from './point.ts';
import { figure, report } from './report.ts';
import { runScenario } from './run.ts';
import type { RunInput } from './run.ts';
import { simtest, simtestMm } from './simtest.ts';

const jobs = {
  /** A scenario to its end: the record of the run. */
  run: (input: RunInput) => runScenario(input),
  /** Texts that a person gives to a scenario. */
  read: readFiles,
  /** What is wrong with the hosts and VMs of a scenario. */
  findings,
  /** A record to the files of its report. */
  report,
  /** A record to one figure of its report. */
  figure,
  /** One guest beside itself without a defect, or without what goes beyond the RFC. */
  compare: compareGuest,
  /** Whether a live migration ends, when, and what would make it. */
  predict,
  /** Which dirtying explains a live migration that went on, and what would have helped. */
  fitMigration,
  /** One point of a sweep: another job, and what of its document is kept. */
  point: runPoint,
  /** Random worlds and random guests against the laws and the naive allocator. */
  simtest,
  /** Random guests against the naive allocator. */
  simtestMm,
} as const;

export type JobName = keyof typeof jobs;
export type JobInput<N extends JobName> = Parameters<(typeof jobs)[N]>[0];
type Steps<N extends JobName> = ReturnType<(typeof jobs)[N]>;
export type JobProgress<N extends JobName> = Steps<N> extends JobSteps<infer Progress, infer _> ? Progress : never;
export type JobOutput<N extends JobName> = Steps<N> extends JobSteps<infer _, infer Output> ? Output : never;

/** The row of a job, with the types of its name. */
export const jobOf = <N extends JobName>(name: N): Job<JobInput<N>, JobProgress<N>, JobOutput<N>> =>
  jobs[name] as unknown as Job<JobInput<N>, JobProgress<N>, JobOutput<N>>;

export { questionOfReplies } from './predict/from-replies.ts';
export { questionOfScenario } from './predict/from-scenario.ts';
export { EMPTY_QUESTION } from './predict/index.ts';
export type { PredictQuestion } from './predict/index.ts';
export { endedRunDocument } from './run-document.ts';
export { decodeRecord, encodeRecord } from './record-codec.ts';
export type { GivenFile, Imported, Source } from './read-files.ts';
export type { Run, RunProgress, RunUntil } from './run.ts';
