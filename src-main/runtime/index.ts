/** What runs in threads: jobs, and sessions that a person steers. Node. */
export { isNotNow, NotNow } from './not-now.ts';
export { isJobStopped, runJob } from './run-job.ts';
export type { JobOptions } from './run-job.ts';
export { startSession } from './session.ts';
export type {
  FrameRequest,
  Session,
  SessionJournal,
  SessionOptions,
  SessionStart,
  SessionState,
} from './session-api.ts';
export type { ThreadFile, ThreadPlace } from './thread.ts';
