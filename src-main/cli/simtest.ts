/**
 * `simtest`: by seed a random world, until one breaks a law, and a random guest's memory, until it differs from the naive
 * allocator's. `simtest --mm`: long runs of the latter alone, until so many operations are done. One seed at a time, so
 * that Ctrl+C is heard.
 */
import { setImmediate } from 'node:timers/promises';
import { count, decimal, plural } from '../../shared/view/number-format.ts';
import { addTally, differMm, engineFactory, fuzzMm, newTally, runSimtest } from '../simtest/index.ts';
import type { MmProfile } from '../simtest/index.ts';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printNote, printResult } from './output.ts';
import { duration, ProgressLine } from './progress.ts';

export async function simtest({ seeds, first }: { readonly seeds: number; readonly first: number }): Promise<ExitCode> {
  const line = new ProgressLine();
  const startMs = performance.now();
  const total = { done: 0, commands: 0, refused: 0 };
  return interruptible(async (signal) => {
    while (total.done < seeds && !signal.aborted) {
      const seed = first + total.done;
      const { commands, refused, failure } = runSimtest({ firstSeed: seed, seeds: 1, onProgress: () => true });
      const report = failure?.report ?? fuzzMm(engineFactory, seed, 1);
      total.done++;
      total.commands += commands;
      total.refused += refused;
      if (report !== null) {
        line.clear();
        printResult(`${report}\n`);
        printNote(`seed ${seed} fails; again: npm run --silent pageshift -- simtest --first ${seed} --seeds 1`);
        return 1;
      }
      const secondsEach = (performance.now() - startMs) / 1000 / total.done;
      line.show(
        () =>
          `${total.done} of ${seeds} seeds, ${decimal(1 / secondsEach)} seeds/s, ${duration((seeds - total.done) * secondsEach)} left`,
      );
      await setImmediate();
    }
    line.clear();
    const range = `from ${first} to ${first + total.done - 1}`;
    printResult(
      `${plural(total.done, 'seed')} ${range}: ${count(total.commands)} commands, ${count(total.refused)} of them refused, guest memory as the naive allocator has it, no law broken\n`,
    );
    if (!signal.aborted) return 0;
    printNote(`interrupted: ${count(seeds - total.done)} seeds are still to do`);
    return 130;
  });
}

export interface DifferFlags {
  readonly operations: number;
  readonly first: number;
  readonly profile: MmProfile;
}

/** Engine against oracle, seed after seed, until so many operations are done or one differs. */
export async function differ({ operations, first, profile }: DifferFlags): Promise<ExitCode> {
  const line = new ProgressLine();
  const startMs = performance.now();
  const total = newTally();
  return interruptible(async (signal) => {
    let seed = first;
    let report: string | null = null;
    for (; report === null && total.operations < operations && !signal.aborted; seed++) {
      const result = differMm(engineFactory, seed, profile);
      addTally(total, result.tally);
      report = result.report;
      const perSec = total.operations / ((performance.now() - startMs) / 1000);
      line.show(
        () =>
          `${count(total.operations)} of ${count(operations)} operations, ${count(Math.round(perSec))}/s, ${duration((operations - total.operations) / perSec)} left`,
      );
      await setImmediate();
    }
    line.clear();
    if (report !== null) printResult(`${report}\n`);
    printResult(
      `${count(total.operations)} operations on guest memory, ${profile}, seeds ${first} to ${seed - 1}: ` +
        `${plural(total.commits, 'commit')} and ${count(total.refusedCommits)} refused, ` +
        `${count(total.transplants)} frees that transplanted, ${plural(total.lookups, 'lookup')}, ` +
        `${plural(total.lostMarks, 'flag')} lost, ${plural(total.plugged, 'memory block')} plugged in, all compared ${count(total.comparisons)} times, ` +
        `${plural(report === null ? 0 : 1, 'difference')}\n`,
    );
    printNote(`${duration((performance.now() - startMs) / 1000)}`);
    if (report !== null) {
      const again = `simtest --mm --profile ${profile} --first ${seed - 1} --operations 1`;
      printNote(`seed ${seed - 1} differs; again: npm run --silent pageshift -- ${again}`);
      return 1;
    }
    return signal.aborted ? 130 : 0;
  });
}
