/** `sweep check FILE`: all that is wrong with a sweep, and what it would cost, as measured by a few of its runs. */
import { availableParallelism } from 'node:os';
import { count, decimal, plural } from '../../shared/view/number-format.ts';
import { probeCost } from '../sweeper/index.ts';
import type { SweepCost } from '../sweeper/index.ts';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote, printResult } from './output.ts';
import { duration } from './progress.ts';
import type { SweepFlags } from './sweep-input.ts';
import { loadSweep } from './sweep-input.ts';
import { VERSION } from './version.ts';

export async function sweepCheck(path: string, flags: SweepFlags & { readonly json?: true }): Promise<ExitCode> {
  const { value, diagnostics, isUsage } = await loadSweep(path, flags);
  printDiagnostics(diagnostics);
  if (value === null) return isUsage ? 2 : 1;
  const threads = flags.threads ?? availableParallelism();
  const cost = await interruptible((signal) =>
    probeCost(value, { version: VERSION, threads, memoryMib: flags.memory, signal }),
  );
  if (cost === null) {
    printNote('stopped');
    return 130;
  }
  if (flags.json === true) printJson(`${JSON.stringify(cost, null, 2)}\n`);
  else printResult(costText(cost));
  for (const reason of cost.refused) printNote(`warning: a probe gave no result: ${reason}`);
  for (const name of cost.withoutValue) printNote(`warning: no probe has a value of "${name}"`);
  return cost.refused.length === cost.probes ? 1 : 0;
}

const costText = ({ runs, isMost, probes, msLeast, msMean, msMost, memoryMib, threads, seconds }: SweepCost): string =>
  [
    `${isMost ? 'at most ' : ''}${plural(runs, 'run')} on ${plural(threads, 'thread')}`,
    `${plural(probes, 'probe')}: ${count(msLeast)} to ${count(msMost)} ms a run, ${decimal(msMean)} ms on average, up to ${count(memoryMib)} MiB`,
    `about ${duration(seconds)} in all, and ${count(memoryMib * threads)} MiB of memory`,
  ]
    .map((line) => `${line}\n`)
    .join('');
