/**
 * A worker: takes points from a queue and runs them on threads here.
 *
 * (a) What it holds is renewed while it runs, by this thread, which is never busy. A worker that dies or stands still
 *     loses what it holds after `stalledMs`, and another one runs it; what it then still sends is not taken.
 * (b) Asked to stop, it takes nothing more, ends what it has begun, and ends.
 * (c) The server away: it waits for it.
 */
import { UnrecoverableError, Worker } from 'bullmq';
import { threadPool } from '../pool.ts';
import type { QueueAddress } from './address.ts';
import { connect } from './connection.ts';
import { QUEUE_NAME, QUEUE_PREFIX, readJob } from './point-queue.ts';

export interface QueueWorkerOptions {
  readonly version: string;
  readonly threads: number;
  readonly memoryMib: number;
  readonly stalledMs: number;
  onDone(done: { readonly ran: number; readonly refused: number }): void;
  /** In words: a refused job, a server that is away. */
  onNote(text: string): void;
}

/** How often a point may be lost with its worker before it counts as one that kills them. */
const MAX_STALLED = 5;

/** Resolves when it has stopped. */
export async function runQueueWorker(
  address: QueueAddress,
  options: QueueWorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { version, threads, memoryMib, stalledMs, onDone, onNote } = options;
  const pool = threadPool(threads, memoryMib);
  const redis = connect(address);
  let ran = 0;
  let refused = 0;
  const worker = new Worker(
    QUEUE_NAME,
    async (job) => {
      const read = readJob(job.name, job.id, job.data, version);
      if (read.input === null) {
        refused++;
        onNote(`refused: ${read.refused}`);
        throw read.isFinal ? new UnrecoverableError(read.refused) : new Error(read.refused);
      }
      const logged = await pool.run(read.input, job.id!);
      ran++;
      onDone({ ran, refused });
      return logged;
    },
    {
      connection: redis,
      prefix: QUEUE_PREFIX,
      concurrency: threads,
      lockDuration: stalledMs,
      stalledInterval: stalledMs,
      maxStalledCount: MAX_STALLED,
    },
  );
  let isAway = false;
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const isServer = error.code !== undefined || /closed|ECONN/i.test(error.message);
    if (!isServer) return onNote(error.message);
    if (!isAway) onNote('the server is away; waiting for it');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) onNote('the server is back');
    isAway = false;
  });
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await worker.close(redis.status !== 'ready');
  } finally {
    await pool.close();
    redis.disconnect();
  }
}
