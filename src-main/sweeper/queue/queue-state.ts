/** What is in a queue, for a person, and its cleaning. */
import { Queue } from 'bullmq';
import type { QueueAddress } from './address.ts';
import { connect } from './connection.ts';
import { QUEUE_NAME, QUEUE_PREFIX } from './point-queue.ts';

export interface QueueState {
  readonly workers: number;
  /** By priority or not: to be run. */
  readonly waiting: number;
  readonly active: number;
  /** To be tried again later. */
  readonly delayed: number;
  readonly completed: number;
  readonly failed: number;
  /** Why the last ones failed, each reason once. */
  readonly reasons: readonly string[];
}

const MAX_REASONS = 10;

async function withQueue<T>(address: QueueAddress, work: (queue: Queue) => Promise<T>): Promise<T> {
  const redis = connect(address);
  const queue = new Queue(QUEUE_NAME, { connection: redis, prefix: QUEUE_PREFIX });
  queue.on('error', () => undefined);
  try {
    return await work(queue);
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

export const queueState = (address: QueueAddress): Promise<QueueState> =>
  withQueue(address, async (queue) => {
    const counts = await queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'completed', 'failed');
    const failed = await queue.getFailed(0, 99);
    const workers = await queue.getWorkersCount();
    const of = (state: string): number => counts[state] ?? 0;
    return {
      workers,
      waiting: of('wait') + of('prioritized'),
      active: of('active'),
      delayed: of('delayed'),
      completed: of('completed'),
      failed: of('failed'),
      reasons: [...new Set(failed.map(({ failedReason }) => failedReason ?? 'no reason'))].slice(0, MAX_REASONS),
    };
  });

/** Removes what has ended; with `all` also what waits. What runs is left to its worker. @returns how many jobs went. */
export const cleanQueue = (address: QueueAddress, all: boolean): Promise<number> =>
  withQueue(address, async (queue) => {
    const states = ['completed', 'failed', ...(all ? (['wait', 'prioritized', 'delayed'] as const) : [])] as const;
    let gone = 0;
    for (const state of states) {
      for (;;) {
        const removed = await queue.clean(0, 1000, state);
        gone += removed.length;
        if (removed.length < 1000) break;
      }
    }
    return gone;
  });
