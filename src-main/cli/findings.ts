/**
 * `findings FILE...`: what is wrong with the host and the VMs of a scenario, or of files of other tools. It moves nothing and
 * runs nothing.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { FindingReport } from '../../shared/model/finding.ts';
import { COMMANDS } from '../../shared/model/command.ts';
import { PAGE_SIZE_BYTES, PAGES_PER_MIB } from '../../shared/units/index.ts';
import { plural } from '../../shared/view/number-format.ts';
import type { MigrationFacts } from '../findings/index.ts';
import { assumptionsOf, factsOf, findAll, refusedStarts } from '../findings/index.ts';
import type { ForeignFacts } from '../formats/index.ts';
import { recognise } from '../formats/index.ts';
import type { ImportPart, Scenario } from '../scenario/index.ts';
import { assembleScenario, readScenario, sortParts } from '../scenario/index.ts';
import { textHash } from '../store/index.ts';
import { inputName, isFolder, partsOf, readInput, readParts } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote, printResult } from './output.ts';

export interface FindingsFlags {
  readonly json?: true;
  readonly migrate?: string;
  readonly dirtyMibS?: number;
  readonly workingSetMib?: number;
  readonly linkMibS?: number;
  readonly downtimeMs?: number;
}

const MIB = PAGE_SIZE_BYTES * PAGES_PER_MIB;

export async function findings(paths: readonly string[], flags: FindingsFlags): Promise<ExitCode> {
  const { scenario, diagnostics } = await scenarioOf(paths);
  printDiagnostics(diagnostics);
  if (scenario === null) return 1;
  const migration = migrationOf(scenario, flags);
  if (typeof migration === 'string') {
    printNote(migration);
    return 2;
  }
  const found = findAll(factsOf(scenario, migration));
  const report: FindingReport = { ...found, assumed: assumptionsOf(scenario) };
  if (flags.json) printJson(`${JSON.stringify(report, null, 2)}\n`);
  else printResult(reportText(report));
  return 0;
}

async function scenarioOf(
  paths: readonly string[],
): Promise<{ readonly scenario: Scenario | null; readonly diagnostics: readonly Diagnostic[] }> {
  const [only] = paths;
  let read: { readonly parts: readonly ImportPart<ForeignFacts>[]; readonly diagnostics: readonly Diagnostic[] };
  if (paths.length === 1 && !(await isFolder(only!))) {
    // Read once: stdin gives its text but once.
    const input = await readInput(only!);
    if (input.value === null) return { scenario: null, diagnostics: input.diagnostics };
    const file = inputName(only!);
    if (recognise(input.value, file).value?.role === 'scenario') {
      const { value, diagnostics } = readScenario(input.value, file);
      return { scenario: value, diagnostics };
    }
    read = partsOf(input.value, file);
  } else read = await readParts(paths);
  const { parts, diagnostics } = read;
  if (hasErrors(diagnostics)) return { scenario: null, diagnostics };
  const whole = assembleScenario(sortParts(parts), { rehearsal: false, sha256: textHash, refused: refusedStarts });
  return { scenario: whole.value, diagnostics: [...diagnostics, ...whole.diagnostics] };
}

/** The migration that is asked about, null without one, or what is wrong with the question. */
function migrationOf(scenario: Scenario, flags: FindingsFlags): MigrationFacts | null | string {
  if (flags.migrate === undefined) return null;
  const [name, to] = flags.migrate.split('=') as [string, string | undefined];
  const vm = [...scenario.vms, ...(scenario.notPlaced ?? []).map((one) => one.vm)].find((one) => one.name === name);
  if (vm === undefined) return `error: --migrate ${flags.migrate}: there is no VM "${name}"`;
  if (to === undefined || !scenario.hosts.some((host) => host.name === to))
    return `error: --migrate ${flags.migrate}: there is no host "${to ?? ''}"; there are ${scenario.hosts.map((host) => host.name).join(', ')}`;
  const link = scenario.links.find(({ hosts }) => hosts.includes(vm.host) && hosts.includes(to));
  const stated = vm.dirty.rateMiBps > 0;
  const rate = flags.dirtyMibS ?? (stated ? vm.dirty.rateMiBps : undefined);
  const set = flags.workingSetMib ?? (stated ? vm.dirty.workingSetMiB : undefined);
  // A link that an importer made up says nothing of whether a migration ends.
  const carries = flags.linkMibS ?? (link === undefined || link.assumed === true ? undefined : link.bandwidthMiBps);
  const bytes = (mib: number | undefined): number | null => (mib === undefined ? null : mib * MIB);
  return {
    vm: name,
    to,
    linkBytesPerSec: bytes(carries),
    dirtyBytesPerSec: bytes(rate),
    workingSetBytes: bytes(set),
    downtimeLimitMs: flags.downtimeMs ?? COMMANDS.migrate.numbers.downtimeLimitMs.default,
  };
}

function reportText({ findings: found, untested, assumed }: FindingReport): string {
  const lines: string[] = [];
  for (const finding of found) {
    const where = [finding.vm, `host ${finding.host}`, finding.node === null ? null : `node ${finding.node}`];
    lines.push(`${finding.severity} ${finding.id} (${where.filter((part) => part !== null).join(', ')})`);
    lines.push(`  ${finding.text}`);
    for (const remedy of finding.remedy)
      lines.push(remedy.kind === 'plan' ? `  Plan: ${remedy.text}.` : `  By hand: ${remedy.text}`);
    lines.push(`  Source: ${finding.source}`, '');
  }
  const wrong = found.filter(({ severity }) => severity !== 'note').length;
  lines.push(wrong === 0 ? 'Nothing wrong found.' : `${plural(found.length, 'finding')}.`);
  if (untested.length > 0) {
    lines.push('', 'Not tested:');
    for (const { title, id, of, needs } of untested)
      lines.push(`  ${title} (${id}; ${of.length > 3 ? `${of.length} of them` : of.join(', ')}): needs ${needs}`);
  }
  if (assumed.length > 0) {
    lines.push('', 'Assumed, as no source states it:');
    for (const { vm, host, text, measure } of assumed)
      lines.push(`  ${vm ?? host ?? ''}: ${text}${measure === null ? '' : ` Measure it with: ${measure}`}`);
  }
  return `${lines.join('\n')}\n`;
}
