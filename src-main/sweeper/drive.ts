/**
 * Runs the jobs of a sweep where a runner has room, and puts what they give in the order of the table.
 *
 * (a) A job whose key the log knows is not run: begun again, a sweep repeats at most what was under way.
 * (b) Two jobs of one key run once. (c) A result counts when it is in the log. (d) Where an edge is looked for, the
 *     probes of one point follow each other, and several points are looked at together.
 * (e) Stopped, it gives the rows that are done.
 */
import { createHash } from 'node:crypto';
import { bisect, cellsOf, edgeAxis, inputOf, inputText, jobCount } from '../sweep/index.ts';
import type { CellEdge, PointResult, SweepCell, SweepResults, SweepRow, WholeSweep } from '../sweep/index.ts';
import type { PointRunner } from './pool.ts';
import type { ResultLog } from './result-log.ts';

export interface SweepProgress {
  /** Jobs with a row, and of them those that were in the log already. */
  readonly done: number;
  readonly known: number;
  readonly lost: number;
  /** All of them; where an edge is looked for, the most it may take. */
  readonly total: number;
}

export interface DriveOptions {
  readonly version: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SweepProgress) => void;
}

/** The name of a job. */
export const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex');

interface CellRows {
  readonly rows: readonly SweepRow[];
  readonly edge: CellEdge | null;
}

export async function driveSweep(
  sweep: WholeSweep,
  runner: PointRunner,
  log: ResultLog,
  { version, signal, onProgress }: DriveOptions,
): Promise<SweepResults> {
  const cells = cellsOf(sweep);
  const found: (CellRows | undefined)[] = [];
  const underWay = new Map<string, Promise<SweepRow['result'] | null>>();
  let progress: SweepProgress = { done: 0, known: 0, lost: 0, total: jobCount(sweep) };
  const count = (more: Partial<SweepProgress>): void => {
    progress = { ...progress, ...more, done: progress.done + 1 };
    onProgress(progress);
  };

  /** Null when it was stopped. */
  const resultOf = async (
    input: Parameters<PointRunner['run']>[0],
    key: string,
  ): Promise<SweepRow['result'] | null> => {
    const known = log.get(key);
    if (known !== undefined) {
      count({ known: progress.known + 1 });
      return known.result;
    }
    const same = underWay.get(key);
    if (same !== undefined) {
      const result = await same;
      if (result !== null) count({});
      return result;
    }
    const running = (async () => {
      try {
        const logged = await runner.run(input, key);
        await log.add(key, logged);
        count({});
        return logged.result;
      } catch (error) {
        if (signal.aborted) return null;
        if (isDisk(error)) throw error;
        count({ lost: progress.lost + 1 });
        return {
          status: 'lost' as const,
          reason: `Not run: ${error instanceof Error ? error.message : String(error)}`,
        };
      }
    })();
    underWay.set(key, running);
    return await running.finally(() => underWay.delete(key));
  };

  const rowOf = async (cell: SweepCell, probe: SweepRow['probe']): Promise<SweepRow | null> => {
    const input = inputOf(sweep, cell, probe?.value ?? null, version);
    const key = keyOf(inputText(input));
    const result = await resultOf(input, key);
    return result === null ? null : { cell, probe, key, result };
  };

  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < cells.length && !signal.aborted) {
      const index = next++;
      const cell = cells[index]!;
      const axis = edgeAxis(sweep);
      if (axis === null) {
        const row = await rowOf(cell, null);
        if (row !== null) found[index] = { rows: [row], edge: null };
      } else found[index] = await halved(cell, bisect(axis, sweep.edge!.precisionPercent));
    }
  };

  const halved = async (cell: SweepCell, halving: ReturnType<typeof bisect>): Promise<CellRows> => {
    const rows: SweepRow[] = [];
    let step = halving.next();
    while (step.done !== true) {
      const row = signal.aborted ? null : await rowOf(cell, { n: rows.length, value: step.value });
      if (row === null) return { rows, edge: null };
      rows.push(row);
      const verdict = verdictIn(row.result);
      if (verdict === null) return { rows, edge: { cell, edge: null } };
      step = halving.next(verdict);
    }
    return { rows, edge: { cell, edge: step.value } };
  };

  const onAbort = (): void => void runner.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.all(Array.from({ length: Math.min(runner.width, cells.length) }, lane));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  const kept = found.filter((each) => each !== undefined);
  return {
    rows: kept.flatMap(({ rows }) => rows),
    edges: kept.flatMap(({ edge }) => edge ?? []),
    isWhole: !signal.aborted && progress.lost === 0,
  };
}

const verdictIn = (result: SweepRow['result']): boolean | null =>
  'verdict' in result ? (result satisfies PointResult).verdict : null;

/** The log cannot be written: going on would lose what is done. */
const isDisk = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined;
