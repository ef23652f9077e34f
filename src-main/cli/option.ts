/** Options that several commands share, and how their values are read. Loaded with every command line: imports little. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';

/** What `run` and `report` are told of a run. */
export interface RunFlags {
  readonly until?: 'converged';
  readonly ticks?: number;
  readonly maxTicks: number;
  readonly compact: readonly string[];
  readonly migrate: readonly string[];
}

const MAX_TICKS = 2 ** 31 - 1;
const DEFAULT_MAX_TICKS = 100_000;

/** Reads a whole number in [least, most]; anything else is wrong usage. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };

/** A tick, or the word `converged`. */
export const tickOrConverged = (text: string): number | 'converged' =>
  text === 'converged' ? text : wholeNumber(0, MAX_TICKS)(text);

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

export const compactOption = (): Option =>
  new Option(
    '--compact <VM[=NODES][@TICK]>',
    'gather a VM on host nodes such as 0-1,3, or on the best; may be repeated',
  )
    .argParser(collect)
    .default([], 'none');

export const migrateOption = (): Option =>
  new Option('--migrate <VM=HOST[@TICK]>', 'live-migrate a VM to another host; may be repeated')
    .argParser(collect)
    .default([], 'none');

export const addRunOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--until <state>', 'run until nothing is left to wait for (default)')
        .choices(['converged'])
        .conflicts('ticks'),
    )
    .addOption(new Option('--ticks <N>', 'run so many ticks instead').argParser(wholeNumber(0, MAX_TICKS)))
    .addOption(
      new Option('--max-ticks <N>', 'with --until: the answer is no after so many ticks')
        .argParser(wholeNumber(0, MAX_TICKS))
        .default(DEFAULT_MAX_TICKS)
        .conflicts('ticks'),
    )
    .addOption(compactOption())
    .addOption(migrateOption());
