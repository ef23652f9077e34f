/** Steps worlds in real time: here, or in a worker. Node. */
export { compareInWorker } from './compare.ts';
export type { CompareCallbacks, CompareRequest } from './compare.ts';
export { isNotNow, NotNow } from './not-now.ts';
export { runInWorker } from './run-in-worker.ts';
export type { WorkerResult } from './run-in-worker.ts';
export { runWorld } from './run.ts';
export type { Run, RunOptions, RunProgress, RunStart, RunUntil } from './run.ts';
export { besideThis as sessionThread, startSession } from './session.ts';
export type {
  FrameRequest,
  Session,
  SessionJournal,
  SessionOptions,
  SessionStart,
  SessionState,
} from './session-api.ts';
