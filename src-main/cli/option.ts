/**
 * Options that several commands share, and how their values are read. Loaded with every command line: imports little.
 */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { FlagCommand } from '../../shared/model/command.ts';
import { COMMANDS, FLAG_COMMANDS, flagGrammar } from '../../shared/model/command.ts';

/** Commands of the world, by the flag that gives them. */
export type CommandFlags = { readonly [Type in FlagCommand]: readonly string[] };

/** What VMs write and links carry. */
export interface FigureFlags {
  readonly dirty: readonly string[];
  readonly link: readonly string[];
  readonly downtimeMs?: number;
}

/** The options of `run` and `report` that describe a run. */
export interface RunFlags extends CommandFlags, FigureFlags {
  readonly until?: 'converged';
  readonly ticks?: number;
  readonly maxTicks: number;
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

const MAX_AMOUNT = 2 ** 40;

/** Reads a number from 0 on, with decimals. */
export function amount(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value <= MAX_AMOUNT) return value;
  throw new InvalidArgumentError(`It takes a number from 0 to ${MAX_AMOUNT}.`);
}

/** A tick, or the word `converged`. */
export const tickOrConverged = (text: string): number | 'converged' =>
  text === 'converged' ? text : wholeNumber(0, MAX_TICKS)(text);

/** Of an option that may be given several times. */
export const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** A flag for each command of the world that has one. */
export function addCommandOptions(command: Command): Command {
  for (const type of FLAG_COMMANDS) {
    const option = new Option(`--${type} <${flagGrammar(type)}>`, COMMANDS[type].flag.does);
    command.addOption(option.argParser(collect).default([], 'none'));
  }
  return command;
}

/** Flags for what VMs write and links carry. */
export const addFigureOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--dirty <VM=MIB_S[:MIB]>', 'what a VM writes a second, and over how much memory; may be repeated')
        .argParser(collect)
        .default([], 'as the scenario says'),
    )
    .addOption(
      new Option('--link <[HOST,HOST=]MIB_S>', 'what a link carries, or every link; may be repeated')
        .argParser(collect)
        .default([], 'as the scenario says'),
    )
    .addOption(new Option('--downtime-ms <N>', 'downtime limit of every migration').argParser(amount));

export const addRunOptions = (command: Command): Command =>
  addCommandOptions(
    addFigureOptions(
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
        ),
    ),
  );
