/**
 * Commands that a person submits while the world runs, as commands of the scenario.
 *
 * (a) A command is entered at the tick at which it was submitted, before the commands of that tick that are still to
 *     come and behind those submitted before it: the order in which a world of this scenario applies them.
 * (b) A command that makes no sense (a VM, a host or a node that is not there) is rejected; nothing is thrown.
 */
import type { Rejection } from '../../shared/model/rejection.ts';
import { newCheck, draftOf } from './check.ts';
import { MAX_COMMANDS } from '../../shared/model/limit.ts';
import type { ScenarioCommand } from '../../shared/schema/command.ts';
import { commandSchema } from '../../shared/schema/command.ts';
import type { Problem } from './problem.ts';
import { sentence } from './problem.ts';
import { rehearsalOf } from './rehearsal.ts';
import type { Scenario } from './schema.ts';
import { validateCommands } from './validate-command.ts';
import { tickOf } from './world-config.ts';

/** A command without its time. */
interface CommandToEnter {
  readonly type: string;
  readonly vm: string;
}

type EnteredCommand =
  | { readonly command: ScenarioCommand; readonly scenario: Scenario; readonly rejection: null }
  | { readonly command: null; readonly rejection: Rejection };

/**
 * @param base the scenario without the commands submitted so far.
 * @param earlier those, in order.
 * @returns the command, and the scenario with it and those submitted before.
 */
export function enterCommand(
  base: Scenario,
  earlier: readonly ScenarioCommand[],
  command: CommandToEnter,
  tick: number,
): EnteredCommand {
  const parsed = commandSchema.safeParse({ at: tick, ...command });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const place = issue.path.length === 0 ? '' : ` (${issue.path.join('/')})`;
    return rejected({ slug: 'command-form', message: `this is no command: ${issue.message}${place}` });
  }
  const all = [...earlier, parsed.data];
  const scenario = withSubmitted(base, all);
  if (scenario.commands.length > MAX_COMMANDS) {
    return rejected({ slug: 'too-many', message: `a scenario has at most ${MAX_COMMANDS} commands` });
  }
  const index = submittedIndexes(base, all).at(-1);
  const problem = commandErrors(scenario).find(({ path }) => path[1] === index);
  return problem === undefined ? { command: parsed.data, scenario, rejection: null } : rejected(problem);
}

function commandErrors(scenario: Scenario): Problem[] {
  const problems: Problem[] = [];
  validateCommands(newCheck(draftOf(scenario), problems));
  return problems.filter(({ severity }) => severity === 'error');
}

/** A command that makes no sense in this scenario, and why: nodes of a host that its VM never comes to. Null: none. */
export function wrongCommand(scenario: Scenario): { readonly command: ScenarioCommand; readonly why: string } | null {
  const [error] = commandErrors(scenario);
  const command = scenario.commands[Number(error?.path[1])];
  return error === undefined || command === undefined ? null : { command, why: wholeText(error) };
}

/** A command in the form of a scenario; null: it is none. */
export const parsedCommand = (value: unknown): ScenarioCommand | null => commandSchema.safeParse(value).data ?? null;

function rejected(problem: Omit<Problem, 'severity' | 'path'>): EnteredCommand {
  const text = wholeText(problem);
  return { command: null, rejection: { slug: 'command-invalid', problem: problem.slug, message: text } };
}

function wholeText({ message, found, expected }: Omit<Problem, 'severity' | 'path'>): string {
  const details = [found === undefined ? '' : `found ${found}`, expected === undefined ? '' : `expected ${expected}`];
  const tail = details.filter((detail) => detail !== '').join('; ');
  return sentence(tail === '' ? message : `${message} (${tail})`);
}

/** A change of the commands that are still to come. */
export interface ScheduleChange {
  /** Each as it stands in the scenario. */
  readonly removed: readonly ScenarioCommand[];
  readonly added: readonly ScenarioCommand[];
}

export const withScheduleChange = (base: Scenario, { removed, added }: ScheduleChange): Scenario => {
  const gone = new Set(removed);
  return withSubmitted({ ...base, commands: base.commands.filter((command) => !gone.has(command)) }, added);
};

/** A compaction of each VM, one after the other from a tick on; null: the scenario has no room for them. */
export function rehearsalFrom(scenario: Scenario, tick: number): readonly ScenarioCommand[] | null {
  const commands = rehearsalOf(scenario.vms, tick);
  if (scenario.commands.length + commands.length > MAX_COMMANDS) return null;
  const parsed = commands.map((command) => commandSchema.safeParse(command));
  return parsed.every(({ success }) => success) ? parsed.map(({ data }) => data!) : null;
}

/** The scenario with these commands, which were submitted in this order. */
export function withSubmitted(base: Scenario, submitted: readonly ScenarioCommand[]): Scenario {
  const commands: ScenarioCommand[] = [...base.commands];
  // From behind, so that places before it stay as they are counted in the base.
  for (const { place, command } of placed(base, submitted).reverse()) commands.splice(place, 0, command);
  return { ...base, commands };
}

/** Where the submitted commands stand in `withSubmitted(base, submitted).commands`. */
export function submittedIndexes(base: Scenario, submitted: readonly ScenarioCommand[]): number[] {
  const order = placed(base, submitted);
  const indexes = new Map(order.map(({ nth, place }, i) => [nth, place + i]));
  return submitted.map((_, nth) => indexes.get(nth)!);
}

/** By place in the base's list, those of one place in the order in which they were submitted. */
function placed(
  base: Scenario,
  submitted: readonly ScenarioCommand[],
): { readonly nth: number; readonly place: number; readonly command: ScenarioCommand }[] {
  const firstOf = new Map<number, number>();
  base.commands.forEach((command, i) => {
    const tick = tickOf(command, base.tickMs);
    if (!firstOf.has(tick)) firstOf.set(tick, i);
  });
  return submitted
    .map((command, nth) => ({
      nth,
      place: firstOf.get(tickOf(command, base.tickMs)) ?? base.commands.length,
      command,
    }))
    .sort((a, b) => a.place - b.place || a.nth - b.nth);
}
