/** `simtest` and `simtest --mm`: attacks the engine, seed after seed, and says which seed failed. */
import { count, decimal, plural } from '../../shared/view/number-format.ts';
import type { MmProfile } from '../simtest/index.ts';
import { runJob } from '../runtime/index.ts';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printNote, printResult } from './output.ts';
import { duration, ProgressLine } from './progress.ts';

export async function simtest(input: { readonly seeds: number; readonly first: number }): Promise<ExitCode> {
  const { seeds, first } = input;
  const line = new ProgressLine();
  const startMs = performance.now();
  return interruptible(async (signal) => {
    const { done, commands, rejected, failure } = await runJob('simtest', input, {
      signal,
      onProgress: (soFar) => {
        const secondsEach = (performance.now() - startMs) / 1000 / soFar.done;
        line.show(
          () =>
            `${soFar.done} of ${seeds} seeds, ${decimal(1 / secondsEach)} seeds/s, ${duration((seeds - soFar.done) * secondsEach)} left`,
        );
      },
    });
    line.clear();
    if (failure !== null) {
      const { seed, report } = failure;
      printResult(`${report}\n`);
      printNote(`seed ${seed} fails; again: npm run --silent pageshift -- simtest --first ${seed} --seeds 1`);
      return 1;
    }
    const range = `from ${first} to ${first + done - 1}`;
    printResult(
      `${plural(done, 'seed')} ${range}: ${count(commands)} commands, ${count(rejected)} of them rejected, guest memory as the naive allocator has it, no law broken\n`,
    );
    if (done === seeds) return 0;
    printNote(`interrupted: ${count(seeds - done)} seeds are still to do`);
    return 130;
  });
}

export interface DifferFlags {
  readonly operations: number;
  readonly first: number;
  readonly profile: MmProfile;
}

/** Engine against oracle, seed after seed, until so many operations are done or one differs. */
export async function differ(input: DifferFlags): Promise<ExitCode> {
  const { operations, first, profile } = input;
  const line = new ProgressLine();
  const startMs = performance.now();
  return interruptible(async (signal) => {
    const { nextSeed, tally, report } = await runJob('simtestMm', input, {
      signal,
      onProgress: (soFar) => {
        const perSec = soFar.operations / ((performance.now() - startMs) / 1000);
        line.show(
          () =>
            `${count(soFar.operations)} of ${count(operations)} operations, ${count(Math.round(perSec))}/s, ${duration((operations - soFar.operations) / perSec)} left`,
        );
      },
    });
    line.clear();
    if (report !== null) printResult(`${report}\n`);
    printResult(
      `${count(tally.operations)} operations on guest memory, ${profile}, seeds ${first} to ${nextSeed - 1}: ` +
        `${plural(tally.commits, 'commit')} and ${count(tally.rejectedCommits)} rejected, ` +
        `${count(tally.transplants)} frees that transplanted, ${plural(tally.lookups, 'lookup')}, ` +
        `${plural(tally.lostMarks, 'flag')} lost, ${plural(tally.plugged, 'memory block')} plugged in, all compared ${count(tally.comparisons)} times, ` +
        `${plural(report === null ? 0 : 1, 'difference')}\n`,
    );
    printNote(`${duration((performance.now() - startMs) / 1000)}`);
    if (report !== null) {
      const again = `simtest --mm --profile ${profile} --first ${nextSeed - 1} --operations 1`;
      printNote(`seed ${nextSeed - 1} differs; again: npm run --silent pageshift -- ${again}`);
      return 1;
    }
    return tally.operations < operations ? 130 : 0;
  });
}
