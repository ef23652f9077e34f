/**
 * A command that a person gives while the world runs, as a command of the scenario.
 *
 * (a) It is entered at the tick at which it was given, before the commands of that tick that are still to come and
 *     behind those that were given before it: the order in which a world of this scenario applies them.
 * (b) What makes no sense (a VM, a host or a node that is not there) is a sentence for the person, never thrown.
 */
import type { Rejection } from '../../shared/model/rejection.ts';
import { newCheck, draftOf } from './check.ts';
import { MAX_COMMANDS } from '../../shared/model/limit.ts';
import type { ScenarioCommand } from '../../shared/schema/command.ts';
import { commandSchema } from '../../shared/schema/command.ts';
import type { Problem } from './problem.ts';
import { sentence } from './problem.ts';
import type { Scenario } from './schema.ts';
import { validateCommands } from './validate-command.ts';
import { tickOf } from './world-config.ts';

/** A command without its time. */
export interface CommandGiven {
  readonly type: string;
  readonly vm: string;
}

export type GivenStart =
  | { readonly command: ScenarioCommand; readonly scenario: Scenario; readonly rejection: null }
  | { readonly command: null; readonly rejection: Rejection };

/**
 * @param base the scenario without the commands given so far.
 * @param given those, in order.
 * @returns the command, and the scenario with it and those given before.
 */
export function giveCommand(
  base: Scenario,
  given: readonly ScenarioCommand[],
  command: CommandGiven,
  tick: number,
): GivenStart {
  const parsed = commandSchema.safeParse({ at: tick, ...command });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const place = issue.path.length === 0 ? '' : ` (${issue.path.join('/')})`;
    return refused({ slug: 'command-form', message: `this is no command: ${issue.message}${place}` });
  }
  const all = [...given, parsed.data];
  const scenario = withGiven(base, all);
  if (scenario.commands.length > MAX_COMMANDS) {
    return refused({ slug: 'too-many', message: `a scenario has at most ${MAX_COMMANDS} commands` });
  }
  const index = givenIndexes(base, all).at(-1);
  const problems: Problem[] = [];
  validateCommands(newCheck(draftOf(scenario), problems));
  const problem = problems.find(({ severity, path }) => severity === 'error' && path[1] === index);
  return problem === undefined ? { command: parsed.data, scenario, rejection: null } : refused(problem);
}

function refused({ slug, message, found, expected }: Omit<Problem, 'severity' | 'path'>): GivenStart {
  const details = [found === undefined ? '' : `found ${found}`, expected === undefined ? '' : `expected ${expected}`];
  const tail = details.filter((detail) => detail !== '').join('; ');
  const text = sentence(tail === '' ? message : `${message} (${tail})`);
  return { command: null, rejection: { slug: 'command-invalid', problem: slug, message: text } };
}

/** The scenario with commands given to it, in the order in which they were given. */
export function withGiven(base: Scenario, given: readonly ScenarioCommand[]): Scenario {
  const commands: ScenarioCommand[] = [...base.commands];
  // From behind, so that places before it stay as they are counted in the base.
  for (const { place, command } of placed(base, given).reverse()) commands.splice(place, 0, command);
  return { ...base, commands };
}

/** Where the commands given stand in `withGiven(base, given).commands`. */
export function givenIndexes(base: Scenario, given: readonly ScenarioCommand[]): number[] {
  const order = placed(base, given);
  const indexes = new Map(order.map(({ nth, place }, i) => [nth, place + i]));
  return given.map((_, nth) => indexes.get(nth)!);
}

/** By place in the base's list, those of one place in the order given. */
function placed(
  base: Scenario,
  given: readonly ScenarioCommand[],
): { readonly nth: number; readonly place: number; readonly command: ScenarioCommand }[] {
  const firstOf = new Map<number, number>();
  base.commands.forEach((command, i) => {
    const tick = tickOf(command, base.tickMs);
    if (!firstOf.has(tick)) firstOf.set(tick, i);
  });
  return given
    .map((command, nth) => ({
      nth,
      place: firstOf.get(tickOf(command, base.tickMs)) ?? base.commands.length,
      command,
    }))
    .sort((a, b) => a.place - b.place || a.nth - b.nth);
}
