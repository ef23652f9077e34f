/** The scenario that a person names, with the commands of the command line behind its own. */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { PlacementProblem } from '../engine/index.ts';
import type { TextKind } from '../formats/index.ts';
import { detectKind } from '../formats/index.ts';
import type { Scenario, ScenarioCommand } from '../scenario/index.ts';
import { commandFromText, readScenario, withCommands } from '../scenario/index.ts';
import { inputName, readInput } from './input.ts';

/** Commands as they are typed. */
export interface CommandTexts {
  readonly compact: readonly string[];
  readonly migrate: readonly string[];
}

/** What a kind of text is called. */
export const KIND_NAMES: Readonly<Record<TextKind, string>> = {
  capabilities: 'libvirt capabilities (a host)',
  domain: 'a libvirt domain (a VM)',
  'numactl-hardware': 'the output of numactl --hardware (a host)',
  scenario: 'a Pageshift scenario',
};

export async function loadScenario(path: string, texts: CommandTexts): Promise<Read<Scenario>> {
  const input = await readInput(path);
  if (input.value === null) return { value: null, diagnostics: input.diagnostics };
  const file = inputName(path);
  const kind = detectKind(input.value, file);
  if (kind.value === null) return { value: null, diagnostics: kind.diagnostics };
  if (kind.value !== 'scenario') return { value: null, diagnostics: [foreign(kind.value, file)] };
  const read = readScenario(input.value, file);
  return read.value === null ? read : withTexts(read.value, texts, read.diagnostics);
}

function foreign(kind: TextKind, file: string): Diagnostic {
  const message = `This is ${KIND_NAMES[kind]}, not a scenario.`;
  const hint = 'Make a scenario of it: pageshift import HOST VM... -o NAME.pageshift.json';
  return { severity: 'error', slug: 'not-a-scenario', message, where: { file }, hint };
}

function withTexts(scenario: Scenario, texts: CommandTexts, before: readonly Diagnostic[]): Read<Scenario> {
  const diagnostics = [...before];
  const commands: ScenarioCommand[] = [];
  for (const kind of ['compact', 'migrate'] as const) {
    for (const text of texts[kind]) {
      const command = commandFromText(kind, text, scenario);
      diagnostics.push(...command.diagnostics);
      if (command.value !== null) commands.push(command.value);
    }
  }
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  if (commands.length === 0) return { value: scenario, diagnostics };
  const whole = withCommands(scenario, commands);
  // The scenario alone was found sound, so only what the added commands are told is new.
  const added = /^\/commands\/(\d+)/;
  diagnostics.push(
    ...whole.diagnostics.filter(
      ({ where }) => Number(added.exec(where.path ?? '')?.[1] ?? -1) >= scenario.commands.length,
    ),
  );
  return { value: whole.value, diagnostics };
}

/** VMs that do not fit on their hosts, as diagnostics of the scenario. */
export const placementDiagnostics = (
  problems: readonly PlacementProblem[],
  scenario: Scenario,
  path: string,
): Diagnostic[] =>
  problems.map(({ guest, text }) => ({
    severity: 'error',
    slug: 'placement-short',
    message: text,
    where: { file: inputName(path), path: `/vms/${scenario.vms.findIndex((vm) => vm.name === guest)}` },
    hint: 'Give the node more memory or the VM less, or place it on other nodes.',
  }));
