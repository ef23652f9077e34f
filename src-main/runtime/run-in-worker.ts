/** Runs a scenario in a thread of its own. It crosses as text, so that the worker makes its world from what a file holds. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RunUntil } from './run.ts';

export interface WorkerResult {
  readonly hash: string;
  readonly chain: string;
  readonly tick: number;
}

/** Rejects when the text is not a sound scenario or the worker fails. */
export async function runInWorker(scenarioText: string, until: RunUntil): Promise<WorkerResult> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: { scenarioText, until } });
  const [result] = (await once(worker, 'message')) as [WorkerResult];
  return result;
}
