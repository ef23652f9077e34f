/**
 * The folder of a sweep: its document, what is done so far, and when it ends its tables.
 *
 *   sweep.json     the document, whole: it alone begins the sweep again
 *   results.jsonl  what is done (result-log.ts)
 *   table.*        one row a run: CSV, JSON Lines, Parquet
 *   points.csv     statistics by point, over the seeds
 *   edges.csv      where an edge was looked for
 *   report.html    all of it for a person, with the figures; each of them as figure-*.svg, too
 *   times.csv      what each run took, apart: times differ from machine to machine, tables do not
 *
 * (a) Only one process at a time works in a folder. (b) A folder with other files is taken only when it is asked for.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { OutFile } from '../store/index.ts';
import { dropLock, takeLock, unwritable, writeFiles } from '../store/index.ts';
import type { SweepResults, WholeSweep } from '../sweep/index.ts';
import {
  edgeTable,
  figuresOf,
  figureSvg,
  pointSummaries,
  pointTable,
  runTable,
  sweepReport,
  sweepText,
  tableCsv,
  tableJsonLines,
} from '../sweep/index.ts';
import { tableParquet } from './parquet.ts';
import { ResultLog } from './result-log.ts';

const DOCUMENT = 'sweep.json';
const RESULTS = 'results.jsonl';
const LOCK = 'sweep.lock';

export interface SweepFolder {
  readonly log: ResultLog;
  /** Writes tables of what there is. @returns their paths, or why they cannot be written. */
  write(results: SweepResults): Promise<readonly string[] | Diagnostic>;
  close(): Promise<void>;
}

export async function openFolder(
  path: string,
  sweep: WholeSweep,
  options: { readonly version: string; readonly force: boolean },
): Promise<SweepFolder | Diagnostic> {
  const told = (slug: string, message: string, hint: string): Diagnostic => ({
    severity: 'error',
    slug,
    message,
    where: { file: path },
    hint,
  });
  try {
    await mkdir(path, { recursive: true });
    const names = await readdir(path);
    if (names.length > 0 && !names.includes(RESULTS) && !names.includes(LOCK) && !options.force)
      return told(
        'output-exists',
        'The folder has files that are of no sweep.',
        'Choose another name, or write into it with --force.',
      );
    if (!(await takeLock(join(path, LOCK))))
      return told(
        'output-in-use',
        'Another process runs a sweep in this folder.',
        'Wait for it, or choose another folder.',
      );
  } catch (error) {
    return unwritable(error as NodeJS.ErrnoException, path);
  }
  try {
    const refusal = await writeFiles([{ path: join(path, DOCUMENT), content: sweepText(sweep) }]);
    if (refusal !== null) {
      await dropLock(join(path, LOCK));
      return refusal;
    }
    const log = await ResultLog.open(join(path, RESULTS));
    return {
      log,
      write: async (results) => {
        const files = filesOf(sweep, results, log, options.version).map((file) => ({
          ...file,
          path: join(path, file.path),
        }));
        return (await writeFiles(files)) ?? files.map((file) => file.path);
      },
      close: async () => {
        await log.close();
        await dropLock(join(path, LOCK));
      },
    };
  } catch (error) {
    await dropLock(join(path, LOCK));
    return unwritable(error as NodeJS.ErrnoException, path);
  }
}

function filesOf(sweep: WholeSweep, results: SweepResults, log: ResultLog, version: string): OutFile[] {
  const runs = runTable(sweep, results);
  const points = pointSummaries(sweep, results);
  const figures = figuresOf(sweep, results, points);
  const times = results.rows.map(({ key }, i) => {
    const logged = log.get(key);
    return [i, key, logged?.ms ?? null, logged === undefined ? null : Math.ceil(logged.memoryBytes / 2 ** 20)];
  });
  return [
    { path: 'report.html', content: sweepReport(sweep, results, points, figures, version) },
    { path: 'table.csv', content: tableCsv(runs) },
    { path: 'table.jsonl', content: tableJsonLines(runs) },
    { path: 'table.parquet', content: tableParquet(runs) },
    { path: 'points.csv', content: tableCsv(pointTable(sweep, points)) },
    ...(sweep.edge === null ? [] : [{ path: 'edges.csv', content: tableCsv(edgeTable(sweep, results)) }]),
    ...figures.map((figure) => ({ path: `figure-${figure.name}.svg`, content: figureSvg(figure) })),
    { path: 'times.csv', content: tableCsv({ columns: ['row', 'key', 'ms', 'memory MiB'], rows: times }) },
  ];
}
