/**
 * A comparison in a thread of its own: the scenario crosses as text, so that what is compared is what a file holds.
 *
 * (a) The run that a person steers goes on meanwhile and is not touched.
 * (b) When it is aborted its thread ends at once, and the promise rejects with NotNow.
 */
import { Worker } from 'node:worker_threads';
import type { Comparison } from '../../shared/model/comparison.ts';
import type { CompareProgress } from '../engine/index.ts';
import { NotNow } from './not-now.ts';
import type { ErrorData } from './session-message.ts';

export interface CompareRequest {
  /** Canonical text of a sound scenario whose VMs fit. */
  readonly text: string;
  readonly vm: string;
  readonly of: Comparison['of'];
  readonly until: number | 'converged';
  /** With until converged. */
  readonly maxTicks: number;
}

/** What the session's thread is given when it is to compare. */
export interface CompareData {
  readonly compare: CompareRequest;
}

export type CompareMessage =
  { readonly progress: CompareProgress } | { readonly comparison: Comparison } | { readonly error: ErrorData };

export interface CompareCallbacks {
  readonly onProgress?: (progress: CompareProgress) => void;
  readonly signal?: AbortSignal;
}

const STOPPED = 'The comparison was stopped.';

/** @param workerUrl the session's thread, where it is not beside this file. */
export function compareInWorker(
  request: CompareRequest,
  { onProgress, signal }: CompareCallbacks,
  workerUrl: URL,
): Promise<Comparison> {
  if (signal?.aborted === true) return Promise.reject(new NotNow(STOPPED));
  const worker = new Worker(workerUrl, { workerData: { compare: request } satisfies CompareData });
  const { promise, resolve, reject } = Promise.withResolvers<Comparison>();
  const stop = (): void => {
    reject(new NotNow(STOPPED));
    void worker.terminate();
  };
  signal?.addEventListener('abort', stop, { once: true });
  worker.on('message', (message: CompareMessage) => {
    if ('progress' in message) onProgress?.(message.progress);
    else if ('comparison' in message) resolve(message.comparison);
    else reject(Object.assign(new Error(message.error.message), { name: message.error.name }));
  });
  worker.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (code) => reject(new Error(`The thread of the comparison ended with code ${code}.`)));
  return promise.finally(() => signal?.removeEventListener('abort', stop));
}
