/** `check FILE`: all that is wrong with a scenario or a foreign file, and whether its VMs fit on their hosts. */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { PAGE_SIZE_KIB } from '../../shared/units/index.ts';
import { HostSide } from '../engine/host/index.ts';
import type { ForeignFacts, GuestFileFacts, TextKind } from '../formats/index.ts';
import { detectKind, isGuestFile, KIND_NAMES, readForeign } from '../formats/index.ts';
import { plural, size } from '../../shared/view/number-format.ts';
import type { Scenario } from '../scenario/index.ts';
import { placementDiagnostics, readScenario, toWorldConfig } from '../scenario/index.ts';
import { inputName, readInput } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote, printResult } from './output.ts';

interface Checked {
  readonly kind: TextKind | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What the file holds; null when there is an error. */
  readonly holds: string | null;
}

export async function check(path: string, flags: { readonly json?: true }): Promise<ExitCode> {
  const { kind, diagnostics, holds } = await checkFile(path);
  const ok = !hasErrors(diagnostics);
  if (flags.json) printResult(`${JSON.stringify({ file: inputName(path), kind, ok, diagnostics }, null, 2)}\n`);
  else printDiagnostics(diagnostics);
  if (ok && kind !== null) printNote(`ok: ${KIND_NAMES[kind]}: ${holds}`);
  return ok ? 0 : 1;
}

async function checkFile(path: string): Promise<Checked> {
  const file = inputName(path);
  const input = await readInput(path);
  if (input.value === null) return { kind: null, diagnostics: input.diagnostics, holds: null };
  const detected = detectKind(input.value, file);
  if (detected.value === null) return { kind: null, diagnostics: detected.diagnostics, holds: null };
  const kind = detected.value;
  if (kind !== 'scenario') {
    const { value, diagnostics } = readForeign(input.value, file);
    return { kind, diagnostics, holds: value === null ? null : factsText(value) };
  }
  const { value, diagnostics } = readScenario(input.value, file);
  if (value === null) return { kind, diagnostics, holds: null };
  // The hosts' side alone: a guest's pages need not be made to know whether it fits.
  const { problems } = HostSide.create(toWorldConfig(value));
  return {
    kind,
    diagnostics: [...diagnostics, ...placementDiagnostics(problems, value, file, input.value)],
    holds: scenarioText(value),
  };
}

/** What a scenario holds, in a few words. */
export function scenarioText(scenario: Scenario): string {
  const { hosts, guests, schedule } = toWorldConfig(scenario);
  const nodes = hosts.flatMap((host) => host.nodes);
  const memory = size(nodes.reduce((sum, node) => sum + node.totalPages, 0));
  const holes = (ranges: readonly { start: number; end: number }[]): number =>
    ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const guestMemory = size(guests.reduce((sum, { mm }) => sum + mm.nrPages - holes(mm.holes), 0));
  return `${plural(hosts.length, 'host')} (${plural(nodes.length, 'node')}, ${memory}), ${plural(guests.length, 'VM')} (${guestMemory}), ${plural(schedule.length, 'command')}`;
}

function factsText(facts: ForeignFacts): string {
  if (isGuestFile(facts)) return guestFileText(facts);
  const sizeText = (kib: number | null): string => (kib === null ? 'memory not stated' : size(kib / PAGE_SIZE_KIB));
  if (facts.kind === 'domain')
    return `VM ${facts.name}, ${plural(facts.vcpus, 'vCPU')}, ${sizeText(facts.memoryKiB)}, ${plural(facts.cells.length, 'cell')}`;
  const stated = facts.nodes.filter((node) => node.memoryKiB !== null);
  const kib = stated.length === 0 ? null : stated.reduce((sum, node) => sum + (node.memoryKiB ?? 0), 0);
  return `${plural(facts.nodes.length, 'node')}, ${plural(facts.nodes.flatMap((node) => node.cpus).length, 'CPU')}, ${sizeText(kib)}`;
}

function guestFileText(facts: GuestFileFacts): string {
  switch (facts.kind) {
    case 'linux-dmesg':
      return `${plural(facts.nodeRanges.length, 'range')} of memory of ${nodesText(facts.nodeRanges)}`;
    case 'linux-iomem':
      return plural(facts.resources.length, 'resource');
    case 'linux-node-meminfo':
      return nodesText(facts.nodes);
    case 'linux-pagetypeinfo':
      return `${plural(facts.free.length, 'list')} of free blocks of ${nodesText(facts.free)}`;
    default:
      return `${plural(facts.zones.length, 'zone')} of ${nodesText(facts.zones)}`;
  }
}

const nodesText = (rows: readonly { readonly nid: number }[]): string =>
  plural(new Set(rows.map(({ nid }) => nid)).size, 'node');
