/**
 * `sweep FILE -o OUT`: runs a scenario at many points, on threads here or on the workers of a queue. What is done is kept as it comes: Ctrl+C, a kill and a
 * lost machine cost at most what was under way, and the same command line goes on.
 */
import { relative } from 'node:path';
import { count, decimal, plural } from '../../shared/view/number-format.ts';
import { driveSweep, openFolder, queueRunner, threadPool } from '../sweeper/index.ts';
import type { QueueAddress, SweepProgress } from '../sweeper/index.ts';
import type { QueueFlags } from './queue-place.ts';
import { queuePlace } from './queue-place.ts';
import type { SweepResults, WholeSweep } from '../sweep/index.ts';
import { countsOf, edgeWords } from '../sweep/index.ts';
import { edgeText, sweepCountText } from '../../shared/view/words/index.ts';
import { availableParallelism } from 'node:os';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote, printResult } from './output.ts';
import { baseFolder, resolvePath } from './path.ts';
import { duration, ProgressLine } from './progress.ts';
import type { SweepFlags } from './sweep-input.ts';
import { loadSweep } from './sweep-input.ts';
import { VERSION } from './version.ts';

export async function sweep(
  path: string,
  flags: SweepFlags & Partial<QueueFlags> & { readonly output?: string; readonly force?: true },
): Promise<ExitCode> {
  if (flags.output === undefined) {
    printNote('error: a sweep needs a folder for its results: -o OUT');
    return 2;
  }
  const { value, diagnostics, isUsage } = await loadSweep(path, flags);
  printDiagnostics(diagnostics);
  if (value === null) return isUsage ? 2 : 1;
  const address = flags.queue === undefined ? null : await queuePlace({ ...flags, queue: flags.queue });
  if (typeof address === 'string') return address === 'usage' ? 2 : 1;
  const folder = await openFolder(resolvePath(flags.output), value, { version: VERSION, force: flags.force === true });
  if ('severity' in folder) {
    printDiagnostics([folder]);
    return 1;
  }
  try {
    if (folder.log.damaged > 0)
      printNote(`warning: ${plural(folder.log.damaged, 'result')} could not be read and will run again`);
    const results = await interruptible((signal) => driven(value, flags, address, folder.log, signal));
    const written = await folder.write(results);
    if ('severity' in written) {
      printDiagnostics([written]);
      return 1;
    }
    printResult(summaryText(value, results));
    for (const file of written) printResult(`${relative(baseFolder(), file)}\n`);
    const ending = endingOf(results);
    if (ending === 130) printNote('stopped: what is done is kept, and the same command line goes on from here');
    return ending;
  } finally {
    await folder.close();
  }
}

async function driven(
  value: WholeSweep,
  { threads = availableParallelism(), memory }: SweepFlags,
  address: QueueAddress | null,
  log: Parameters<typeof driveSweep>[2],
  signal: AbortSignal,
): Promise<SweepResults> {
  const pool = address === null ? threadPool(threads, memory) : queueRunner(address);
  const line = new ProgressLine();
  const begunMs = performance.now();
  let last: SweepProgress | null = null;
  try {
    const results = await driveSweep(value, pool, log, {
      version: VERSION,
      signal,
      onProgress: (progress) => {
        last = progress;
        line.show(() => progressText(progress, (performance.now() - begunMs) / 1000));
      },
    });
    line.clear();
    const known = (last as SweepProgress | null)?.known ?? 0;
    if (known > 0) printNote(`${count(known)} of ${plural(results.rows.length, 'run')} had been done before`);
    return results;
  } finally {
    line.clear();
    await pool.close();
  }
}

function progressText({ done, known, lost, total }: SweepProgress, passedSec: number): string {
  const ran = done - known;
  const perSec = passedSec > 0 ? ran / passedSec : 0;
  return [
    `${count(done)} of ${count(total)} runs (${Math.floor((100 * done) / total)} %)`,
    perSec > 0 ? `${decimal(perSec)} runs/s` : '',
    perSec > 0 ? `about ${duration((total - done) / perSec)} left` : '',
    lost > 0 ? `${count(lost)} lost` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function endingOf({ rows, isWhole }: SweepResults): ExitCode {
  if (!isWhole && rows.every(({ result }) => result.status !== 'lost')) return 130;
  return rows.some(({ result }) => result.status === 'lost' || result.status === 'brokenLaw') ? 1 : 0;
}

function summaryText(asked: WholeSweep, results: SweepResults): string {
  const { rows, edges } = results;
  const reasons = [...new Set(rows.flatMap(({ result }) => (result.status === 'done' ? [] : [result.reason ?? ''])))];
  const more = reasons.length - MAX_REASONS;
  return [
    sweepCountText(countsOf(rows)),
    ...reasons.slice(0, MAX_REASONS).map((reason) => `  ${reason}`),
    ...(more > 0 ? [`  and ${plural(more, 'other reason')}`] : []),
    ...edges.slice(0, MAX_EDGES).map((each) => `${cellText(asked, each)}${edgeText(edgeWords(asked, each))}`),
    ...(edges.length > MAX_EDGES ? [`and ${plural(edges.length - MAX_EDGES, 'more edge')} in edges.csv`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const MAX_REASONS = 5;
const MAX_EDGES = 20;

/** Which point and seed, where there are several. */
function cellText({ vary, edge, seeds }: WholeSweep, { cell }: SweepResults['edges'][number]): string {
  const names = vary.filter(({ name }) => name !== edge?.axis).map(({ name }) => name);
  const parts = [
    ...names.map(
      (name, i) => `${name} ${typeof cell.values[i] === 'string' ? cell.values[i] : JSON.stringify(cell.values[i])}`,
    ),
    ...(seeds === null ? [] : [`seed ${cell.seed}`]),
  ];
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}
