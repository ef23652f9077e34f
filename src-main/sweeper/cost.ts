/**
 * What a sweep would cost, by running a few of its jobs: the first, the last and some between, as the axes order them. Where
 * an edge is looked for, both ends of its range.
 */
import { cellsOf, edgeAxis, inputOf, inputText, jobCount } from '../sweep/index.ts';
import type { WholeSweep } from '../sweep/index.ts';
import { keyOf } from './drive.ts';
import { threadPool } from './pool.ts';

export interface SweepCost {
  readonly runs: number;
  /** So many at most: an edge may be found with fewer. */
  readonly isMost: boolean;
  readonly threads: number;
  readonly probes: number;
  readonly msLeast: number;
  readonly msMean: number;
  readonly msMost: number;
  /** The most that one thread was seen to use. */
  readonly memoryMib: number;
  /** By the mean of the probes, on that many threads. */
  readonly seconds: number;
  /** Reasons of probes without a result. */
  readonly refused: readonly string[];
  /** Names of metrics of which no probe has a value. */
  readonly withoutValue: readonly string[];
}

const PROBES = 5;

/** Null when it was stopped. One probe at a time: what another thread takes away is not measured. */
export async function probeCost(
  sweep: WholeSweep,
  {
    version,
    threads,
    memoryMib,
    signal,
  }: { readonly version: string; readonly threads: number; readonly memoryMib: number; readonly signal: AbortSignal },
): Promise<SweepCost | null> {
  const cells = cellsOf(sweep);
  const axis = edgeAxis(sweep);
  const tried =
    axis === null
      ? spread(cells, PROBES).map((cell) => ({ cell, value: null }))
      : spread(cells, 2).flatMap((cell) => [axis.from, axis.to].map((value) => ({ cell, value })));
  const pool = threadPool(1, memoryMib);
  const stop = (): void => void pool.close();
  signal.addEventListener('abort', stop, { once: true });
  const times: number[] = [];
  const refused: string[] = [];
  const missing = new Set(sweep.metrics.map((_, m) => m));
  let memoryBytes = 0;
  try {
    // The first run of a thread compiles what the others find compiled.
    for (const [i, { cell, value }] of [tried[0]!, ...tried].entries()) {
      const input = inputOf(sweep, cell, value, version);
      try {
        const logged = await pool.run(input, keyOf(inputText(input)));
        if (i === 0) continue;
        times.push(logged.ms);
        memoryBytes = Math.max(memoryBytes, logged.memoryBytes);
        if (logged.result.reason !== null) refused.push(logged.result.reason);
        logged.result.values.forEach((found, m) => found !== null && missing.delete(m));
      } catch (error) {
        if (signal.aborted) return null;
        if (i > 0) refused.push(error instanceof Error ? error.message : String(error));
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
  const mean = times.length === 0 ? 0 : times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const runs = jobCount(sweep);
  return {
    runs,
    isMost: axis !== null,
    threads,
    probes: tried.length,
    msLeast: Math.min(...times, Infinity) === Infinity ? 0 : Math.min(...times),
    msMean: mean,
    msMost: Math.max(...times, 0),
    memoryMib: Math.ceil(memoryBytes / 2 ** 20),
    seconds: (mean * runs) / 1000 / Math.min(threads, runs),
    refused,
    withoutValue: refused.length === tried.length ? [] : [...missing].map((m) => sweep.metrics[m]!.name),
  };
}

/** At most `n` of a list, its ends among them. */
function spread<T>(list: readonly T[], n: number): readonly T[] {
  if (list.length <= n) return list;
  return Array.from({ length: n }, (_, i) => list[Math.round((i * (list.length - 1)) / (n - 1))]!);
}
