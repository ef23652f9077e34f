/**
 * `check FILE...`: every problem of scenarios and foreign files, each for itself, and whether the VMs of a scenario fit on their
 * hosts. One file gives one JSON document, several files and folders a list of them.
 */
import { totalmem } from 'node:os';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { Fleet } from '../engine/fleet/index.ts';
import type { ForeignPart, Recognised } from '../formats/index.ts';
import { readDocument, recognise } from '../formats/index.ts';
import { decimal, plural, size } from '../../shared/view/number-format.ts';
import { pagesFromMib } from '../../shared/units/index.ts';
import type { Scenario, WorkEstimate } from '../scenario/index.ts';
import { placementDiagnostics, readScenario, toWorldConfig, workEstimate } from '../scenario/index.ts';
import { filesOf, inputName, notRead, readInput } from './input.ts';
import { duration } from './progress.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote } from './output.ts';

interface Checked {
  readonly format: Recognised | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What the file holds; null when there is an error. */
  readonly holds: string | null;
  /** What it takes to run a scenario; null: it is none, or has an error. */
  readonly estimate: WorkEstimate | null;
}

export async function check(paths: readonly string[], flags: { readonly json?: true }): Promise<ExitCode> {
  const several: Diagnostic[] = [];
  const files = await filesOf(paths, several);
  const isOne = paths.length === 1 && files.length === 1 && files[0]!.path === paths[0];
  const checked = await Promise.all(files.map(({ path, inFolder }) => checkedFile(path, inFolder)));
  const ok = checked.length > 0 && checked.every((each) => each.ok);
  if (flags.json) {
    const documents = checked.map(({ file, format, ok: own, diagnostics, estimate }) => ({
      file,
      kind: format?.id ?? null,
      ok: own,
      diagnostics,
      estimate,
    }));
    printJson(`${JSON.stringify(isOne ? documents[0] : { ok, files: documents }, null, 2)}\n`);
  } else printDiagnostics([...several, ...checked.flatMap(({ diagnostics }) => diagnostics)]);
  for (const { file, ok: own, format, holds, estimate } of checked) {
    const where = isOne ? '' : `${file}: `;
    if (own && format !== null) printNote(`${where}ok: ${format.name}: ${holds}`);
    if (estimate !== null && isMuch(estimate)) printNote(`${where}to run it takes ${estimateText(estimate)}`);
  }
  if (checked.length === 0) printNote(`error: there is no file in ${paths.join(', ')}`);
  return ok ? 0 : 1;
}

/** A file of a folder that is nothing which is read is no mistake of it. */
async function checkedFile(path: string, inFolder: boolean): Promise<Checked & { file: string; ok: boolean }> {
  const file = inputName(path);
  const checked = await checkFile(path);
  const isOther = inFolder && checked.holds === null && checked.format?.role !== 'scenario';
  const diagnostics = isOther ? notRead(file, checked.diagnostics) : checked.diagnostics;
  return { ...checked, diagnostics, file, ok: !hasErrors(diagnostics) };
}

async function checkFile(path: string): Promise<Checked> {
  const file = inputName(path);
  const input = await readInput(path);
  if (input.value === null) return { format: null, diagnostics: input.diagnostics, holds: null, estimate: null };
  const { value: format, diagnostics: unknown } = recognise(input.value, file);
  if (format === null) return { format, diagnostics: unknown, holds: null, estimate: null };
  if (format.role !== 'scenario') {
    const { parts, diagnostics } = readDocument(input.value, file);
    return { format, diagnostics, holds: parts.length === 0 ? null : summaryOf(parts), estimate: null };
  }
  const { value, diagnostics } = readScenario(input.value, file);
  if (value === null) return { format, diagnostics, holds: null, estimate: null };
  // The hosts' side alone: a guest's pages need not be made to know whether it fits.
  const { problems } = Fleet.create(toWorldConfig(value));
  const estimate = workEstimate(value);
  const placement = placementDiagnostics(problems, value, file, input.value);
  return {
    format,
    diagnostics: [...diagnostics, ...placement, ...memoryWarning(estimate, file, totalmem() / 2 ** 20)],
    holds: scenarioText(value),
    estimate,
  };
}

/** Part of the machine's memory that may be taken without a word. */
const MEMORY_SHARE = 0.75;

function memoryWarning({ memoryMiB }: WorkEstimate, file: string, machineMiB: number): Diagnostic[] {
  if (memoryMiB <= MEMORY_SHARE * machineMiB) return [];
  return [
    {
      severity: 'warning',
      slug: 'memory-too-small',
      message: 'Running it takes more memory than this machine can well give.',
      where: { file },
      found: `about ${size(pagesFromMib(memoryMiB))}`,
      expected: `at most ${size(pagesFromMib(Math.floor(MEMORY_SHARE * machineMiB)))} of ${size(pagesFromMib(Math.floor(machineMiB)))}`,
      hint: 'Give fewer or smaller VMs, or less memory in use by their workloads.',
    },
  ];
}

/** Worth a line: a person would notice. */
const isMuch = ({ memoryMiB, makeSec, tickSec }: WorkEstimate): boolean =>
  memoryMiB > 1024 || makeSec > 2 || tickSec > 0.2;

const estimateText = ({ memoryMiB, makeSec, tickSec }: WorkEstimate): string =>
  `about ${size(pagesFromMib(memoryMiB))} of memory, ${duration(makeSec)} to be made and ${tickSec < 0.1 ? 'less than 0.1 s' : `${decimal(tickSec)} s`} a tick`;

/** What a file of other tools holds, in a few words: the first text as its format, the others with theirs. */
const summaryOf = (parts: readonly ForeignPart[]): string =>
  parts.map(({ format, facts }, i) => `${i === 0 ? '' : `${format.name}: `}${format.summary(facts)}`).join('; ');

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
