/**
 * Commands as they are typed on a command line, for those that have a flag: `--compact VM[=NODES][@TICK]`,
 * `--migrate VM=HOST[:NODES][@TICK]`. NODES is a list such as 0-1,3; without it the engine chooses. Without TICK the command is applied before the first step.
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { FlagCommand } from '../../shared/model/command.ts';
import { COMMANDS, FLAG_COMMANDS, flagGrammar } from '../../shared/model/command.ts';
import { MAX_HOST_NID, MAX_TICK } from '../../shared/model/limit.ts';
import type { ScenarioCommand } from '../../shared/schema/command.ts';
import { commandSchema } from '../../shared/schema/command.ts';
import { draftOf } from './check.ts';
import { parseIdList } from './id-list.ts';
import { nameHint } from './name-hint.ts';
import { diagnosticOf, pointerOf, sentence } from './problem.ts';
import type { Scenario } from './schema.ts';
import { validateScenario } from './validate.ts';

/** Commands as they are typed, by flag. */
export type CommandTexts = { readonly [Type in FlagCommand]?: readonly string[] | undefined };

/**
 * @param text what follows the flag of the command.
 * @param scenario knows the names; a VM's name may hold `=` and `@`.
 */
export function commandFromText(type: FlagCommand, text: string, scenario: Scenario): Read<ScenarioCommand> {
  const fail = (slug: string, message: string, more: Partial<Diagnostic> = {}): Read<ScenarioCommand> => ({
    value: null,
    diagnostics: [
      {
        severity: 'error',
        slug,
        message: sentence(message),
        where: { path: `--${type}` },
        found: `"${text}"`,
        ...more,
      },
    ],
  });
  const { subject, target, at } = split(
    text,
    scenario.vms.map((vm) => vm.name),
  );
  const { flag } = COMMANDS[type];
  if (subject === '' || (flag.isTargetRequired && (target === null || target === ''))) {
    return fail('command-text', 'the command is incomplete', { expected: flagGrammar(type) });
  }
  if (at > MAX_TICK) return fail('command-text', `tick ${at} is too late`, { expected: `at most ${MAX_TICK}` });
  const vms = scenario.vms.map((vm) => vm.name);
  if (!vms.includes(subject)) {
    const kept = scenario.notPlaced?.find(({ vm }) => vm.name === subject);
    if (kept !== undefined)
      return fail(
        'vm-not-placed',
        `VM "${subject}" is kept, but not placed: its start would be refused. ${kept.reason}`,
      );
    return fail('unknown-vm', `there is no VM "${subject}"`, nameHint(subject, vms));
  }
  const command = (parameter: unknown, nodes?: readonly number[]): Read<ScenarioCommand> => ({
    value: commandSchema.parse({
      at,
      type,
      vm: subject,
      [flag.to]: parameter,
      ...(nodes === undefined ? {} : { nodes }),
    }),
    diagnostics: [],
  });
  if (target === null) return command(undefined);
  if (flag.target === 'HOST') {
    const hosts = scenario.hosts.map((host) => host.name);
    if (hosts.includes(target)) return command(target);
    // The nodes there that its memory is to be on: a host's name may hold `:` too.
    const colon = target.lastIndexOf(':');
    const host = target.slice(0, Math.max(0, colon));
    if (!hosts.includes(host)) return fail('unknown-host', `there is no host "${target}"`, nameHint(target, hosts));
    const nodes = parseIdList(target.slice(colon + 1), MAX_HOST_NID + 1);
    if (typeof nodes === 'string' || nodes.length === 0)
      return fail('id-list', typeof nodes === 'string' ? nodes : 'no node is named', {
        expected: 'nodes such as 0-1,3',
      });
    return command(host, [...nodes]);
  }
  const nodes = parseIdList(target, MAX_HOST_NID + 1);
  if (typeof nodes === 'string' || nodes.length === 0) {
    return fail('id-list', typeof nodes === 'string' ? nodes : 'no node is named', { expected: 'nodes such as 0-1,3' });
  }
  return command([...nodes]);
}

/** The longest known VM name that the text begins with wins; otherwise the text up to the last `=`. */
function split(
  text: string,
  vms: readonly string[],
): { readonly subject: string; readonly target: string | null; readonly at: number } {
  const known = vms.filter(
    (vm) => text === vm || text.startsWith(`${vm}=`) || /^@\d+$/.test(text.startsWith(vm) ? text.slice(vm.length) : ''),
  );
  const subjectKnown = known.sort((a, b) => b.length - a.length)[0];
  const tail = subjectKnown === undefined ? text : text.slice(subjectKnown.length);
  const match = /@(\d+)$/.exec(tail);
  const at = match === null ? 0 : Number(match[1]);
  const rest = match === null ? tail : tail.slice(0, match.index);
  if (subjectKnown !== undefined) return { subject: subjectKnown, target: rest === '' ? null : rest.slice(1), at };
  const equals = rest.lastIndexOf('=');
  return equals === -1
    ? { subject: rest, target: null, at }
    : { subject: rest.slice(0, equals), target: rest.slice(equals + 1), at };
}

/**
 * The scenario with the commands of `texts` behind its own. What was said of the scenario alone is not said again.
 * @param scenario one that was found sound.
 */
export function withCommandTexts(scenario: Scenario, texts: CommandTexts): Read<Scenario> {
  const diagnostics: Diagnostic[] = [];
  const commands: ScenarioCommand[] = [];
  for (const type of FLAG_COMMANDS) {
    for (const text of texts[type] ?? []) {
      const command = commandFromText(type, text, scenario);
      diagnostics.push(...command.diagnostics);
      if (command.value !== null) commands.push(command.value);
    }
  }
  const value: Scenario = { ...scenario, commands: [...scenario.commands, ...commands] };
  for (const problem of commands.length === 0 ? [] : validateScenario(draftOf(value))) {
    const [section, index] = problem.path;
    const isAdded = section === 'commands' && Number(index) >= scenario.commands.length;
    if (isAdded || problem.severity === 'error')
      diagnostics.push(diagnosticOf(problem, { path: pointerOf(problem.path) }));
  }
  return { value: hasErrors(diagnostics) ? null : value, diagnostics };
}
