/**
 * The threads of this machine that run the points of a sweep (piscina).
 *
 * (a) A thread that dies costs its point one retry, in another thread. A point that fails twice is lost: the reason is
 *     given, and the sweep goes on.
 * (b) Memory is bounded for each thread: the heap of the language by Node, all of it by the thread itself.
 * (c) Stopped, threads end where they are: what they were at has no result.
 */
import Piscina from 'piscina';
import type { PointInput } from '../sweep/index.ts';
import type { LoggedResult } from './result-log.ts';

export interface PointTask {
  readonly input: PointInput;
  readonly memoryMib: number;
}

/** Where the points of a sweep run. Rejects where a point is lost, with the reason. */
export interface PointRunner {
  run(input: PointInput, key: string): Promise<LoggedResult>;
  /** So many at once keep it busy. */
  readonly width: number;
  /** Ends what runs: it is rejected. */
  close(): Promise<void>;
}

const TRIES = 2;
/** With less a thread would not even begin. */
const LEAST_HEAP_MIB = 128;

/** @param worker the file of a thread, for tests that need one that dies. */
export function threadPool(threads: number, memoryMib: number, worker = beside('point-worker')): PointRunner {
  const pool = new Piscina<PointTask, LoggedResult>({
    filename: worker.href,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxOldGenerationSizeMb: Math.max(memoryMib, LEAST_HEAP_MIB) },
    // A thread sleeps where it waits for the next point instead of looking for it.
    atomics: 'disabled',
  });
  let isClosed = false;
  let hasRun = false;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  // A thread that dies while it has nothing to do is replaced. One that cannot even begin is not: nothing would ever run.
  pool.on('error', (error) => {
    if (!hasRun) broken.reject(error);
  });
  return {
    // One waits for each thread, so that none stands still while a result goes to the disk.
    width: 2 * threads,
    run: async (input) => {
      for (let tries = 1; ; tries++) {
        try {
          const logged = await Promise.race([pool.run({ input, memoryMib }), broken.promise]);
          hasRun = true;
          return logged;
        } catch (error) {
          if (isClosed || tries >= TRIES) throw error;
        }
      }
    },
    close: async () => {
      isClosed = true;
      await pool.destroy();
    },
  };
}

/** Beside this file, as it is written or as it was built. */
const beside = (file: string): URL =>
  new URL(import.meta.url.endsWith('.ts') ? `./${file}.ts` : `./${file}.mjs`, import.meta.url);
