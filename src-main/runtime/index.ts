/** What runs in threads: jobs, and sessions that a person steers. Node. */
export { isRequestDenied, RequestDenied } from './request-denied.ts';
export { isJobStopped, overLimit, runJob } from './run-job.ts';
export type { JobOptions } from './run-job.ts';
export type { FrameRequest } from './session-table.ts';
export { startSession } from './session.ts';
export type { Session, SessionOptions, SessionState } from './session-api.ts';
export type { ThreadPlace } from './thread.ts';
