/**
 * Runs the points of a sweep on whichever workers listen to a queue.
 *
 * (a) At most WIDTH are in the queue: a sweep of a hundred thousand points does not fill a server's memory.
 * (b) An event says at once that a point is done. Events may be lost with a connection, so every point that is waited for is
 *     looked at every few seconds, too.
 * (c) A point that the queue no longer knows, as its server lost it, is put in again.
 * (d) Closed, it takes back what no worker has begun.
 */
import { Queue, QueueEvents } from 'bullmq';
import type { PointInput } from '../../sweep/index.ts';
import type { PointRunner } from '../pool.ts';
import type { LoggedResult } from '../result-log.ts';
import type { QueueAddress } from './address.ts';
import { connect } from './connection.ts';
import { jobOptions, POINT_JOB, QUEUE_NAME, QUEUE_PREFIX, readResult } from './point-queue.ts';

const WIDTH = 128;
const LOOK_MS = 2000;

interface Waiting {
  readonly input: PointInput;
  resolve(result: LoggedResult): void;
  reject(error: Error): void;
}

export function queueRunner(address: QueueAddress): PointRunner {
  const redis = connect(address);
  const queue = new Queue(QUEUE_NAME, { connection: redis, prefix: QUEUE_PREFIX });
  const eventConnection = connect(address);
  const events = new QueueEvents(QUEUE_NAME, { connection: eventConnection, prefix: QUEUE_PREFIX });
  const waiting = new Map<string, Waiting>();
  let isClosed = false;
  // Both say so when their connection is away; it comes back.
  queue.on('error', () => undefined);
  events.on('error', () => undefined);

  const done = (key: string, value: unknown): void => {
    const own = waiting.get(key);
    if (own === undefined) return;
    waiting.delete(key);
    const result = readResult(value);
    if (result === null) own.reject(new Error('what a worker sent back is no result of a point'));
    else own.resolve(result);
  };
  const failed = (key: string, reason: string): void => {
    const own = waiting.get(key);
    waiting.delete(key);
    own?.reject(new Error(reason));
  };
  const look = async (key: string): Promise<void> => {
    const own = waiting.get(key);
    const job = own === undefined ? undefined : await queue.getJob(key);
    if (own === undefined || isClosed) return;
    if (job === undefined || job === null) await queue.add(POINT_JOB, own.input, jobOptions(key));
    else if (job.finishedOn !== undefined && job.finishedOn !== null) {
      if (job.failedReason === undefined || job.failedReason === null || job.failedReason === '')
        done(key, job.returnvalue);
      else failed(key, job.failedReason);
    }
  };
  events.on('completed', ({ jobId }) => void look(jobId).catch(() => undefined));
  events.on('failed', ({ jobId }) => void look(jobId).catch(() => undefined));

  let timer: NodeJS.Timeout | undefined;
  const lookAtAll = async (): Promise<void> => {
    for (const key of [...waiting.keys()]) await look(key).catch(() => undefined);
    if (!isClosed) timer = setTimeout(() => void lookAtAll(), LOOK_MS);
  };
  timer = setTimeout(() => void lookAtAll(), LOOK_MS);

  return {
    width: WIDTH,
    run: async (input, key) => {
      const { promise, resolve, reject } = Promise.withResolvers<LoggedResult>();
      waiting.set(key, { input, resolve, reject });
      const before = await queue.getJob(key);
      // One that failed in an earlier sweep is tried anew.
      if (before != null && before.failedReason != null && before.failedReason !== '' && before.finishedOn != null)
        await before.remove().catch(() => undefined);
      await queue.add(POINT_JOB, input, jobOptions(key));
      await look(key);
      return await promise;
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      const left = [...waiting];
      waiting.clear();
      for (const [, own] of left) own.reject(new Error('stopped'));
      const isThere = redis.status === 'ready';
      if (isThere)
        await Promise.all(
          left
            .map(async ([key]) => await (await queue.getJob(key))?.remove())
            .map((each) => each.catch(() => undefined)),
        );
      await Promise.allSettled(isThere ? [events.close(), queue.close()] : []);
      redis.disconnect();
      eventConnection.disconnect();
    },
  };
}
