/** Runs the scenario of a file, with progress and Ctrl+C, and reports on stderr how the run ended. */
import { migrationsOf } from '../../shared/columns/index.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { RunEnding } from '../../shared/view/index.ts';
import { convergedGuests } from '../../shared/view/index.ts';
import { COMMAND_NAMES, pendingText } from '../../shared/view/words/index.ts';
import { placementDiagnostics } from '../scenario/index.ts';
import type { Run, RunUntil } from '../jobs/index.ts';
import { isJobStopped, runJob } from '../runtime/index.ts';
import { interruptible } from './interrupt.ts';
import type { RunFlags } from './option.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote } from './output.ts';
import { ProgressLine, RunMeter } from './progress.ts';
import { inputName } from './input.ts';
import { loadScenario } from './scenario-file.ts';
import { VERSION } from './version.ts';

/** Without a run the input was at fault, and all about it has been said. */
export interface RunOfFile {
  readonly run: Run | null;
  readonly code: ExitCode;
}

const CODES: Readonly<Record<RunEnding, ExitCode>> = {
  settled: 0,
  ticks: 0,
  maxTicks: 1,
  neverSettles: 1,
  brokenLaw: 1,
  interrupted: 130,
};

/** Ctrl+C is heard from the beginning, so that it never loses what a run has. */
export const runFile = (path: string, flags: RunFlags): Promise<RunOfFile> =>
  interruptible((signal) => runUntilStopped(path, flags, signal));

async function runUntilStopped(path: string, flags: RunFlags, signal: AbortSignal): Promise<RunOfFile> {
  const { value: scenario, diagnostics } = await loadScenario(path, flags);
  printDiagnostics(diagnostics);
  if (scenario === null) return { run: null, code: diagnostics.some(isUsage) ? 2 : 1 };
  const { ticks, maxTicks } = flags;
  const until: RunUntil = ticks === undefined ? { converged: true, maxTicks } : { converged: false, ticks };
  const line = new ProgressLine();
  const meter = new RunMeter();
  let madeAll = false;
  const output = await runJob(
    'run',
    { scenario, until, version: VERSION },
    {
      signal,
      onProgress: (progress) => {
        madeAll = progress.making === undefined;
        if (madeAll) meter.add(progress, performance.now());
        line.show(() => meter.text(progress));
      },
    },
  )
    .catch((error: unknown) => {
      if (isJobStopped(error)) return null;
      throw error;
    })
    .finally(() => line.clear());
  if (output === null) {
    printNote(
      madeAll
        ? 'stopped inside a tick that was not soon done: there is no result'
        : 'stopped while the hosts and guests were made, their warm-up included: there is no result',
    );
    return { run: null, code: 130 };
  }
  const { run, problems } = output;
  if (run === null) {
    printDiagnostics(placementDiagnostics(problems, scenario, inputName(path)));
    return { run: null, code: 1 };
  }
  for (const note of endingNotes(run)) printNote(note);
  return { run, code: codeOf(run, ticks === undefined) };
}

/**
 * Asked to run until it has converged, the answer is no when a VM has not, when a command was rejected, or when a
 * migration failed. Asked for a number of ticks, that many is the answer.
 */
function codeOf({ record }: Run, untilConverged: boolean): ExitCode {
  const code = CODES[record.ending];
  if (code !== 0 || !untilConverged) return code;
  const asked = record.commands.every(({ applied }) => applied);
  const moved = migrationsOf(record.after).every(({ phase }) => phase !== 'failed');
  return asked && moved && convergedGuests(record).every(Boolean) ? 0 : 1;
}

/** A command that was typed in a form which no scenario could make right. */
const isUsage = ({ slug, where }: Diagnostic): boolean =>
  where.path?.startsWith('--') === true && (slug === 'command-text' || slug === 'id-list');

/** What a person must not miss, also where the result goes into a file. */
function endingNotes({ record, pendingWork }: Run): string[] {
  const { ending } = record;
  const { tick } = record.after.header;
  const rejected = record.commands
    .filter(({ applied }) => !applied)
    .map(
      ({ tick: at, command, text }) =>
        `rejected at tick ${at}: ${COMMAND_NAMES[command.type]} of ${command.vm}: ${text}`,
    );
  switch (ending) {
    case 'settled':
    case 'ticks':
      return rejected;
    case 'maxTicks':
      return [...rejected, `not converged after ${tick} ticks${pendingList(pendingWork)}`];
    case 'neverSettles':
      return [...rejected, `will never converge, as is seen at tick ${tick}${pendingList(pendingWork)}`];
    case 'brokenLaw':
      return [
        ...rejected,
        ...record.laws.broken.slice(0, 10).map(({ law, vm, text }) => brokenText(law, vm, text, tick, record.seed)),
      ];
    case 'interrupted':
      return [
        ...rejected,
        `interrupted at tick ${tick}: the result is partial, true of that tick${pendingList(pendingWork)}`,
      ];
  }
}

const MAX_PENDING = 5;

function pendingList(pending: Run['pendingWork']): string {
  if (pending.length === 0) return '';
  const more = pending.length - MAX_PENDING;
  return `: ${pending.slice(0, MAX_PENDING).map(pendingText).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const brokenText = (law: string, vm: string | null, text: string, tick: number, seed: number): string =>
  `law ${law} is broken at tick ${tick} with seed ${seed}${vm === null ? '' : ` in VM ${vm}`}: ${text}. This is a bug in Pageshift.`;

/** The command line that gives the same run, to the same tick. */
export function againText(
  path: string,
  { compact = [], migrate = [], dirty = [], link = [], downtimeMs }: Partial<RunFlags>,
  { record }: Run,
): string {
  const words = [
    ...['npm', 'run', '--silent', 'pageshift', '--', 'run', path],
    ...(record.ending === 'settled' ? ['--until', 'converged'] : ['--ticks', String(record.after.header.tick)]),
    ...compact.flatMap((text) => ['--compact', text]),
    ...migrate.flatMap((text) => ['--migrate', text]),
    ...dirty.flatMap((text) => ['--dirty', text]),
    ...link.flatMap((text) => ['--link', text]),
    ...(downtimeMs === undefined ? [] : ['--downtime-ms', String(downtimeMs)]),
  ];
  return words.map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
