/**
 * Runs a job of the table where its caller wants it: in this thread, or in one of its own.
 *
 * (a) The output is the same; so is what happens when it is stopped: a job with a partial output resolves to it, another
 *     rejects with JobStopped.
 * (b) In this thread the event loop gets a turn about twenty times a second; that is when progress is reported, and when a
 *     stop from elsewhere is seen.
 */
import { setImmediate } from 'node:timers/promises';
import type { JobInput, JobName, JobOutput, JobProgress } from '../jobs/index.ts';
import { jobOf } from '../jobs/index.ts';
import type { ErrorData, ThreadPlace } from './thread.ts';
import { besideThis, errorOf, Thread } from './thread.ts';

export interface JobOptions<N extends JobName> {
  /** `here`: in this thread, which is the default. */
  readonly where?: 'here' | 'worker';
  readonly onProgress?: (progress: JobProgress<N>) => void;
  readonly signal?: AbortSignal;
  /** Of a worker: it is ended with the signal, wherever it is; for a job that has nothing to show when it is stopped. */
  readonly endsAtOnce?: true;
  /** Of a worker: beyond them it is ended, and the job rejects (overLimit). */
  readonly limits?: { readonly ms: number; readonly memoryMib: number };
  /** Of the worker's file, where that is not beside this one (a bundled build). */
  readonly threadPlace?: ThreadPlace;
}

/** A job that was stopped and has nothing to show. Known by its name, which crosses threads. */
class JobStopped extends Error {
  override readonly name = 'JobStopped';
}

/** A job that took more than it may. */
class JobOverLimit extends Error {
  override readonly name = 'JobOverLimit';
  readonly what: 'time' | 'memory';

  constructor(what: 'time' | 'memory') {
    super(`The job takes too much ${what}.`);
    this.what = what;
  }
}

/** What a job took too much of; null when that is not why it rejected. */
export const overLimit = (error: unknown): 'time' | 'memory' | null =>
  error instanceof JobOverLimit ? error.what : null;

export const isJobStopped = (error: unknown): boolean => error instanceof Error && error.name === 'JobStopped';

export function runJob<N extends JobName>(
  name: N,
  input: JobInput<N>,
  options: JobOptions<N> = {},
): Promise<JobOutput<N>> {
  return options.where === 'worker' ? runInWorker(name, input, options) : runHere(name, input, options);
}

/** Wall time between two turns of the event loop. */
const TURN_MS = 50;

async function runHere<N extends JobName>(
  name: N,
  input: JobInput<N>,
  { onProgress, signal }: JobOptions<N>,
): Promise<JobOutput<N>> {
  const steps = jobOf(name)(input);
  let turnMs = performance.now();
  let step = steps.next();
  while (step.done !== true) {
    if (performance.now() - turnMs >= TURN_MS) {
      onProgress?.(step.value());
      await setImmediate();
      turnMs = performance.now();
    }
    const stopped = signal?.aborted === true;
    step = steps.next(stopped);
    if (stopped && step.done !== true) {
      steps.return(undefined as never);
      throw new JobStopped(`The job ${name} was stopped.`);
    }
  }
  return step.value;
}

/** What the worker is made with. */
export interface JobData {
  readonly name: JobName;
  readonly input: unknown;
}

export type JobMessage = { readonly progress: unknown } | { readonly output: unknown } | { readonly error: ErrorData };

/** The one message to the worker. */
export const STOP = 'stop';

async function runInWorker<N extends JobName>(
  name: N,
  input: JobInput<N>,
  { onProgress, signal, endsAtOnce, limits, threadPlace = besideThis }: JobOptions<N>,
): Promise<JobOutput<N>> {
  const { promise, resolve, reject } = Promise.withResolvers<JobOutput<N>>();
  const data = { name, input } satisfies JobData;
  const listener = {
    message: (message: JobMessage) => {
      if ('progress' in message) onProgress?.(message.progress as JobProgress<N>);
      else if ('output' in message) resolve(message.output as JobOutput<N>);
      else reject(errorOf(message.error));
    },
    ended: (error: Error) => reject(isOutOfMemory(error) ? new JobOverLimit('memory') : error),
  };
  const thread = new Thread<typeof STOP, JobMessage>(threadPlace('job-worker'), data, listener, limits?.memoryMib);
  const late = setTimeout(() => {
    reject(new JobOverLimit('time'));
    void thread.end();
  }, limits?.ms ?? MAX_TIMER_MS);
  const stop = (): void => {
    if (endsAtOnce !== true) return thread.post(STOP);
    reject(new JobStopped(`The job ${name} was stopped.`));
    void thread.end(0);
  };
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return await promise.finally(() => {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
  });
}

const MAX_TIMER_MS = 2 ** 31 - 1;
const isOutOfMemory = (error: Error): boolean => (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
