/**
 * The jobs that attack the engine, seed after seed. Stopped, each gives what it has done so far.
 *
 * (a) `simtest`: by seed a random world, until one breaks a law, and a random guest's memory, until it differs from the
 *     naive allocator's.
 * (b) `simtestMm`: the latter alone, until so many operations are done.
 */
import { addTally, differMm, engineFactory, fuzzMm, newTally, runSimtest } from '../simtest/index.ts';
import type { MmProfile, MmTally } from '../simtest/index.ts';
import type { JobSteps } from './job.ts';

export interface SimtestInput {
  readonly first: number;
  readonly seeds: number;
}

export interface SimtestOutput {
  /** Seeds done, the failing one included. */
  readonly done: number;
  readonly commands: number;
  readonly rejected: number;
  /** The seed that failed, with its report, shrunk. */
  readonly failure: { readonly seed: number; readonly report: string } | null;
}

export function* simtest({ first, seeds }: SimtestInput): JobSteps<SimtestOutput, SimtestOutput> {
  let total: SimtestOutput = { done: 0, commands: 0, rejected: 0, failure: null };
  while (total.done < seeds) {
    const seed = first + total.done;
    const { commands, rejected, failure } = runSimtest({ firstSeed: seed, seeds: 1, onProgress: () => true });
    const report = failure?.report ?? fuzzMm(engineFactory, seed, 1);
    total = {
      done: total.done + 1,
      commands: total.commands + commands,
      rejected: total.rejected + rejected,
      failure: report === null ? null : { seed, report },
    };
    if (report !== null) break;
    const soFar = total;
    if (yield () => soFar) break;
  }
  return total;
}

export interface SimtestMmInput {
  readonly first: number;
  readonly operations: number;
  readonly profile: MmProfile;
}

export interface SimtestMmOutput {
  /** The seed after the last one done. */
  readonly nextSeed: number;
  readonly tally: MmTally;
  /** Of the last seed, where engine and naive allocator differ; null when they do not. */
  readonly report: string | null;
}

export function* simtestMm({
  first,
  operations,
  profile,
}: SimtestMmInput): JobSteps<{ readonly operations: number }, SimtestMmOutput> {
  const tally = newTally();
  let nextSeed = first;
  let report: string | null = null;
  while (report === null && tally.operations < operations) {
    const result = differMm(engineFactory, nextSeed++, profile);
    addTally(tally, result.tally);
    report = result.report;
    if (yield () => ({ operations: tally.operations })) break;
  }
  return { nextSeed, tally, report };
}
