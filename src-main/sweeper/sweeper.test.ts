/** A sweep on threads: the same tables however it ran, threads that die, the log of what is done. */
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SweepResults, WholeSweep } from '../sweep/index.ts';
import { runTable, tableCsv, tableJsonLines } from '../sweep/index.ts';
import { driveSweep } from './drive.ts';
import type { SweepProgress } from './drive.ts';
import { openFolder } from './folder.ts';
import { smallSweep } from './fixture.ts';
import { tableParquet } from './parquet.ts';
import type { PointRunner } from './pool.ts';
import { threadPool } from './pool.ts';
import { ResultLog } from './result-log.ts';

/** Threads begin with the whole program: on a busy machine that takes seconds. */
vi.setConfig({ testTimeout: 120_000 });

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'pageshift-sweep-'))));
afterAll(async () => await rm(folder, { recursive: true, force: true }));

interface Driven {
  readonly results: SweepResults;
  readonly progress: SweepProgress;
}

async function driven(
  sweep: WholeSweep,
  runner: PointRunner,
  file: string,
  signal = new AbortController().signal,
): Promise<Driven> {
  const log = await ResultLog.open(join(folder, file));
  let progress: SweepProgress = { done: 0, known: 0, lost: 0, total: 0 };
  try {
    const results = await driveSweep(sweep, runner, log, {
      version: 'test',
      signal,
      onProgress: (now) => (progress = now),
    });
    return { results, progress };
  } finally {
    await runner.close();
    await log.close();
  }
}

const csvOf = (sweep: WholeSweep, { results }: Driven): string => tableCsv(runTable(sweep, results));

describe('results', () => {
  test('are the same to the byte on one thread and on two, and begun again nothing runs', async () => {
    const sweep = smallSweep(10);
    const one = await driven(sweep, threadPool(1, 512), 'one.jsonl');
    const two = await driven(sweep, threadPool(2, 512), 'two.jsonl');
    expect(one.results.rows).toHaveLength(10);
    expect(one.results.rows.every(({ result }) => result.status === 'done')).toBe(true);
    expect(csvOf(sweep, two)).toBe(csvOf(sweep, one));
    expect(tableJsonLines(runTable(sweep, two.results))).toBe(tableJsonLines(runTable(sweep, one.results)));
    expect(tableParquet(runTable(sweep, two.results))).toEqual(tableParquet(runTable(sweep, one.results)));
    const again = await driven(sweep, nobody(), 'one.jsonl');
    expect(again.progress).toEqual({ done: 10, known: 10, lost: 0, total: 10 });
    expect(csvOf(sweep, again)).toBe(csvOf(sweep, one));
  });

  test('differ between seeds and points: what is varied reaches the run', async () => {
    const sweep = smallSweep(8);
    const { results } = await driven(sweep, threadPool(1, 512), 'differ.jsonl');
    expect(new Set(results.rows.map(({ result }) => ('values' in result ? result.values[2] : null))).size).toBe(8);
  });

  test('a stopped sweep keeps what is done, and the next one runs the rest', async () => {
    const sweep = smallSweep(16);
    const stop = new AbortController();
    const pool = threadPool(2, 512);
    let ran = 0;
    const counting: PointRunner = {
      ...pool,
      run: async (input, key) => {
        const logged = await pool.run(input, key);
        if (++ran === 5) stop.abort();
        return logged;
      },
    };
    const first = await driven(sweep, counting, 'stopped.jsonl', stop.signal);
    expect(first.results.isWhole).toBe(false);
    const kept = first.results.rows.length;
    expect(kept).toBeGreaterThanOrEqual(4);
    expect(kept).toBeLessThan(16);
    const second = await driven(sweep, threadPool(2, 512), 'stopped.jsonl');
    expect(second.progress).toMatchObject({ done: 16, known: kept });
    const whole = await driven(sweep, threadPool(1, 512), 'whole.jsonl');
    expect(csvOf(sweep, second)).toBe(csvOf(sweep, whole));
  });

  test('equal jobs run once', async () => {
    const sweep = smallSweep(2, {
      vary: [{ name: 'x', path: '/name', values: ['small', 'small', 'small'] }],
      seeds: null,
    });
    const pool = threadPool(1, 512);
    let ran = 0;
    const counting: PointRunner = { ...pool, run: (input, key) => (ran++, pool.run(input, key)) };
    const { results } = await driven(sweep, counting, 'equal.jsonl');
    expect([ran, results.rows.length]).toEqual([1, 3]);
  });

  test('a point that the world refuses says why, and the others go on', async () => {
    const sweep = smallSweep(2, {
      vary: [
        { name: 'memory', path: '/vms/v/memoryMiB', values: [4, 12] },
        { name: 'place', path: '/vms/v/placement', values: [{ mode: 'spread' }, { mode: 'strict', nodes: [0] }] },
      ],
      seeds: null,
    });
    const { results } = await driven(sweep, threadPool(1, 512), 'refused.jsonl');
    // Each value is right beside the first one of the other axis; only the last pair does not fit.
    expect(results.rows.map(({ result }) => result.status)).toEqual(['done', 'done', 'done', 'refused']);
    expect(results.rows[3]!.result.reason).toContain('larger than the nodes');
    expect(results.isWhole).toBe(true);
  });

  test('an edge is found by halving, and its probes are rows', async () => {
    // Frames have 2 MiB: four MiB take 1024 pages of node 0, five take 1536.
    const sweep = smallSweep(2, {
      vary: [{ name: 'memory', path: '/vms/v/memoryMiB', from: 1, to: 8 }],
      edge: { axis: 'memory', path: '/hosts/0/nodes/0/usedPages', is: '<=', value: 1300 },
      options: { ticks: 0 },
      seeds: { first: 1, count: 2 },
    });
    const { results } = await driven(sweep, threadPool(2, 512), 'edge.jsonl');
    expect(results.edges.map(({ edge }) => edge)).toEqual(
      [1, 2].map(() => ({ found: true, near: 4, far: 5, value: 4.5, verdictAtFrom: true, runs: 5 })),
    );
    expect(results.rows).toHaveLength(10);
    for (const { probe, result } of results.rows) expect('verdict' in result && result.verdict).toBe(probe!.value <= 4);
  });
});

describe('threads', () => {
  const dying = new URL('./fixture-dying-worker.ts', import.meta.url);

  test('one that dies costs its point one retry; a point that fails twice is lost, and the sweep goes on', async () => {
    process.env['PAGESHIFT_TEST_FOLDER'] = folder;
    const sweep = smallSweep(2, { vary: [], seeds: { first: 1, count: 5 } });
    const { results, progress } = await driven(sweep, threadPool(2, 512, dying), 'dying.jsonl');
    expect(results.rows.map(({ result }) => result.status)).toEqual(['done', 'lost', 'lost', 'done', 'done']);
    expect(results.rows[1]!.result.reason).toContain('exited');
    expect(results.rows[2]!.result.reason).toContain('seed 3');
    expect(progress.lost).toBe(2);
    expect(results.isWhole).toBe(false);
    // What was lost is not done: it runs again.
    const again = await driven(sweep, threadPool(1, 512), 'dying.jsonl');
    expect(again.progress).toMatchObject({ done: 5, known: 3, lost: 0 });
    expect(again.results.isWhole).toBe(true);
  });

  test('a run that takes more memory than it may is lost, with the reason', async () => {
    const sweep = smallSweep(2, { vary: [], seeds: null });
    const { results } = await driven(sweep, threadPool(1, 8), 'memory.jsonl');
    expect(results.rows[0]!.result).toMatchObject({ status: 'lost' });
    expect(results.rows[0]!.result.reason).toMatch(/memory/);
  });
});

describe('the log', () => {
  test('a last line that was cut off is dropped wherever the cut is, and the job runs again', async () => {
    const sweep = smallSweep(4);
    const whole = await driven(sweep, threadPool(1, 512), 'cut.jsonl');
    const path = join(folder, 'cut.jsonl');
    const bytes = await readFile(path);
    const lines = bytes.toString().split('\n').length - 2;
    expect(lines).toBe(4);
    const lastBegins = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (const cut of [lastBegins, lastBegins + 1, bytes.length - 1, 5]) {
      await writeFile(path, bytes.subarray(0, cut));
      const again = await driven(sweep, threadPool(1, 512), 'cut.jsonl');
      expect(again.progress.known, `cut at ${cut}`).toBe(cut === 5 ? 0 : 3);
      expect(csvOf(sweep, again)).toBe(csvOf(sweep, whole));
    }
  });

  test('a damaged line counts as not written, those behind it count', async () => {
    const sweep = smallSweep(4);
    await driven(sweep, threadPool(1, 512), 'damaged.jsonl');
    const path = join(folder, 'damaged.jsonl');
    const lines = (await readFile(path, 'utf8')).split('\n');
    lines[2] = lines[2]!.replace('"status":"done"', '"status":"DONE"');
    await writeFile(path, lines.join('\n'));
    const log = await ResultLog.open(path);
    expect(log.damaged).toBe(1);
    await log.close();
    expect((await driven(sweep, threadPool(1, 512), 'damaged.jsonl')).progress.known).toBe(3);
  });

  test('another file of that name is not touched', async () => {
    const path = join(folder, 'other.jsonl');
    await writeFile(path, 'my own notes\n');
    await expect(ResultLog.open(path)).rejects.toThrow('no list');
    await appendFile(path, 'x');
    await truncate(path, 5);
    await expect(ResultLog.open(path)).rejects.toThrow('no list');
    expect(await readFile(path, 'utf8')).toBe('my ow');
  });

  test('a folder is used by one process at a time, and one with other files is left alone', async () => {
    const sweep = smallSweep(2);
    const place = join(folder, 'out');
    const first = await openFolder(place, sweep, { version: 'test', force: false });
    if ('severity' in first) throw new Error(first.message);
    expect(await openFolder(place, sweep, { version: 'test', force: false })).toMatchObject({ slug: 'output-in-use' });
    await first.close();
    const other = await mkdtemp(join(folder, 'other-'));
    await writeFile(join(other, 'mine.txt'), '');
    expect(await openFolder(other, sweep, { version: 'test', force: false })).toMatchObject({ slug: 'output-exists' });
  });
});

test('a table comes back from Parquet with its types', async () => {
  const bytes = tableParquet({
    columns: ['n', 'flag', 'text', 'mixed', 'empty'],
    rows: [
      [1.5, true, 'ä', 1, null],
      [-2, null, null, 'x', null],
    ],
  });
  const rows = await parquetReadObjects({ file: bytes.slice().buffer });
  expect(rows).toEqual([
    { n: 1.5, flag: true, text: 'ä', mixed: '1', empty: null },
    { n: -2, flag: null, text: null, mixed: 'x', empty: null },
  ]);
});

const nobody = (): PointRunner => ({
  width: 2,
  run: () => Promise.reject(new Error('nothing is to run')),
  close: () => Promise.resolve(),
});
