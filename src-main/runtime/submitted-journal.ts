/**
 * What a person did, as a journal keeps it beside the text of the scenario, so that it can be taken back after a crash too.
 *
 * (a) `given` are the commands submitted, as their places in the text. Changes of the commands to come name commands by
 *     number: a place in the text, or behind those a place among the commands that the text no longer has.
 * (b) A journal is trusted no more than a file. What does not fit the text is passed over: the run comes back as the text
 *     says, and nothing of it can be taken back.
 */
import type { Scenario, ScenarioCommand, ScheduleChange } from '../scenario/index.ts';
import { parsedCommand, tickOf, withScheduleChange, withSubmitted, wrongCommand } from '../scenario/index.ts';

export interface JournalChanges {
  /** Commands that the text no longer has. */
  readonly removed: readonly ScenarioCommand[];
  /** The commands before the first change and without those submitted, as runs of numbers: the first, and how many. */
  readonly base: readonly (readonly [from: number, count: number])[];
  readonly changes: readonly JournalChange[];
}

interface JournalChange {
  /** So many commands were submitted before it. */
  readonly after: number;
  readonly tick: number;
  readonly label: string;
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** A command that a person submitted, or a change of those to come, in the order in which they were made. */
export type Step =
  | { readonly tick: number; readonly command: ScenarioCommand }
  | { readonly tick: number; readonly command: null; readonly schedule: ScheduleChange; readonly label: string };

/** @param base without any step. @param scenario with all of them. @returns null where commands to come were not changed. */
export function journalChanges(base: Scenario, steps: readonly Step[], scenario: Scenario): JournalChanges | null {
  if (steps.every(({ command }) => command !== null)) return null;
  const numbers = new Map(scenario.commands.map((command, number) => [command, number]));
  const removed: ScenarioCommand[] = [];
  const numberOf = (command: ScenarioCommand): number => {
    const known = numbers.get(command);
    if (known !== undefined) return known;
    const number = scenario.commands.length + removed.push(command) - 1;
    numbers.set(command, number);
    return number;
  };
  const runs = runsOf(base.commands.map(numberOf));
  const changes: JournalChange[] = [];
  let after = 0;
  for (const step of steps) {
    if (step.command !== null) after++;
    else {
      const { tick, label, schedule } = step;
      changes.push({
        ...{ after, tick, label },
        removed: schedule.removed.map(numberOf),
        added: schedule.added.map(numberOf),
      });
    }
  }
  return { removed, base: runs, changes };
}

/** The scenario as it was before a person did anything, and what was done. @param changes as a journal has them, unchecked. */
export function stepsOf(
  scenario: Scenario,
  given: readonly number[],
  changes: unknown,
): { readonly base: Scenario; readonly steps: readonly Step[] } {
  const { tickMs } = scenario;
  const submitted = given
    .flatMap((index) => scenario.commands[index] ?? [])
    .map((command) => ({ command, tick: tickOf(command, tickMs) }))
    .sort((a, b) => a.tick - b.tick);
  const own = new Set(submitted.map(({ command }) => command));
  const whole = { ...scenario, commands: scenario.commands.filter((command) => !own.has(command)) };
  if (changes === null || changes === undefined) return { base: whole, steps: submitted };
  return withChanges(scenario, submitted, changes) ?? { base: whole, steps: submitted };
}

function withChanges(
  scenario: Scenario,
  submitted: readonly Step[],
  unchecked: unknown,
): ReturnType<typeof stepsOf> | null {
  const read = checked(unchecked);
  if (read === null) return null;
  const all = [...scenario.commands, ...read.removed];
  const named = (numbers: readonly number[]): ScenarioCommand[] | null => {
    const commands = numbers.flatMap((number) => all[number] ?? []);
    return commands.length === numbers.length && new Set(commands).size === commands.length ? commands : null;
  };
  const baseCommands = named(read.base.flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i)));
  if (baseCommands === null) return null;
  const base = { ...scenario, commands: baseCommands };
  const steps: Step[] = [];
  let last = base;
  let done = 0;
  for (const { after, tick, label, removed, added } of read.changes) {
    const [out, into] = [named(removed), named(added)];
    if (out === null || into === null || after < done || after > submitted.length) return null;
    steps.push(...submitted.slice(done, after));
    done = after;
    const schedule = { removed: out, added: into };
    if (out.some((command) => !last.commands.includes(command))) return null;
    last = withScheduleChange(last, schedule);
    steps.push({ tick, command: null, schedule, label });
  }
  steps.push(...submitted.slice(done));
  const isSorted = steps.every(({ tick }, i) => i === 0 || steps[i - 1]!.tick <= tick);
  const again = withSubmitted(
    last,
    submitted.map(({ command }) => command!),
  ).commands;
  const isSame = again.length === scenario.commands.length && again.every((c, i) => c === scenario.commands[i]);
  return isSorted && isSame && wrongCommand(base) === null ? { base, steps } : null;
}

/** Of the right form, with commands that are some. */
function checked(value: unknown): JournalChanges | null {
  const { removed, base, changes } = (value ?? {}) as Partial<Record<keyof JournalChanges, unknown>>;
  if (!Array.isArray(removed) || !Array.isArray(base) || !Array.isArray(changes)) return null;
  const commands = removed.flatMap((each) => parsedCommand(each) ?? []);
  const most = MAX_NUMBERS - commands.length;
  const isRun = (run: unknown): boolean => isNumbers(run) && run.length === 2 && run[0]! + run[1]! <= most;
  const sum = base.every(isRun) ? (base as number[][]).reduce((all, run) => all + run[1]!, 0) : Infinity;
  const isChange = (each: unknown): boolean => {
    const { after, tick, label, removed: out, added } = (each ?? {}) as Partial<Record<keyof JournalChange, unknown>>;
    return isNumbers([after, tick]) && typeof label === 'string' && isNumbers(out) && isNumbers(added);
  };
  return commands.length === removed.length && sum <= most && changes.every(isChange)
    ? (value as JournalChanges)
    : null;
}

/** Far above the commands that a scenario may have. */
const MAX_NUMBERS = 1_000_000;

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);

function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === number) last[1]++;
    else runs.push([number, 1]);
  }
  return runs;
}
