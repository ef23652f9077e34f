/**
 * Answers a question about placement in a thread of its own, within a time and until it is stopped.
 *
 * (a) At the limit, or when it is asked to stop, the thread is told so and gives what it has; one that does not answer soon is
 *     ended, and the best plan that it has told of is the answer.
 * (b) Time decides nothing else: without a limit that is reached the answer is the same every time.
 */
import { Worker } from 'node:worker_threads';
import type { FleetAnswer, PlanAnswer } from '../../shared/model/plan.ts';
import type { FleetInput, FleetOutput, PlanInput, PlanOutput } from '../jobs/plan.ts';
import type { FleetProgress, PlanProgress } from '../planner/index.ts';
import type { ErrorData } from './thread.ts';
import { besideThis, errorOf } from './thread.ts';

export type PlanMessage =
  | { readonly progress: PlanProgress | FleetProgress }
  | { readonly output: PlanOutput | FleetOutput }
  | { readonly error: ErrorData };

interface PlanOptions {
  readonly signal?: AbortSignal;
  /** From now; null: as long as it takes. */
  readonly limitMs: number | null;
  readonly onProgress?: (progress: PlanProgress | FleetProgress) => void;
}

interface PlanRun {
  readonly answer: PlanAnswer | FleetAnswer | null;
  readonly diagnostics: PlanOutput['diagnostics'];
  readonly ended: 'done' | 'limit' | 'stopped';
}

/** For the thread to answer after it was told to stop. */
const PATIENCE_MS = 1000;

export function runPlan(input: PlanInput | FleetInput, { signal, limitMs, onProgress }: PlanOptions): Promise<PlanRun> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const { promise, resolve, reject } = Promise.withResolvers<PlanRun>();
  let best: PlanAnswer | FleetAnswer | null = null;
  let ended: PlanRun['ended'] = 'done';
  let patience: NodeJS.Timeout | undefined;
  const worker = new Worker(besideThis('plan-worker'), { workerData: { ...input, stop } });
  const tell = (why: 'limit' | 'stopped', patienceMs: number): void => {
    if (ended !== 'done') return;
    ended = why;
    Atomics.store(stop, 0, 1);
    patience = setTimeout(() => resolve({ answer: best ?? NO_PLAN, diagnostics: [], ended }), patienceMs);
  };
  // Asked a little before the limit, so that it answers within it.
  const patienceMs = limitMs === null ? PATIENCE_MS : Math.min(PATIENCE_MS, limitMs / 20);
  const late =
    limitMs === null ? undefined : setTimeout(() => tell('limit', patienceMs), Math.max(0, limitMs - patienceMs));
  const interrupt = (): void => tell('stopped', PATIENCE_MS);
  worker.on('message', (message: PlanMessage) => {
    if ('progress' in message) {
      best = message.progress.best ?? best;
      onProgress?.(message.progress);
    } else if ('output' in message) resolve({ ...message.output, ended });
    else reject(errorOf(message.error));
  });
  worker.on('error', reject);
  if (signal?.aborted === true) interrupt();
  else signal?.addEventListener('abort', interrupt, { once: true });
  return promise.finally(() => {
    clearTimeout(late);
    clearTimeout(patience);
    signal?.removeEventListener('abort', interrupt);
    void worker.terminate();
  });
}

const NO_PLAN: PlanAnswer = {
  status: 'unknown',
  objective: null,
  bound: null,
  gapPercent: null,
  provedBy: null,
  solver: 'exact',
  seconds: 0,
  doNothing: null,
  moves: [],
  placement: [],
  whyNot: [],
};
