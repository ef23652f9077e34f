/**
 * `findings FILE...`: what is wrong with the host and the VMs of a scenario, or of files of other tools. It moves nothing and
 * runs nothing.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { FindingReport, MigrationQuestion } from '../../shared/model/finding.ts';
import { plural } from '../../shared/view/number-format.ts';
import { findingReport, refusedStarts } from '../findings/index.ts';
import type { ForeignFacts } from '../formats/index.ts';
import { readDocument, recognise } from '../formats/index.ts';
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

export async function findings(paths: readonly string[], flags: FindingsFlags): Promise<ExitCode> {
  const { scenario, diagnostics } = await scenarioOf(paths);
  printDiagnostics(diagnostics);
  if (scenario === null) return 1;
  const { report, problem } = findingReport(scenario, questionOf(flags));
  if (report === null) {
    printNote(`error: --migrate ${flags.migrate}: ${problem}`);
    return 2;
  }
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
    const document = readDocument(input.value, file);
    read = { parts: partsOf(document, file, input.value), diagnostics: document.diagnostics };
  } else read = await readParts(paths);
  const { parts, diagnostics } = read;
  if (hasErrors(diagnostics)) return { scenario: null, diagnostics };
  const whole = assembleScenario(sortParts(parts), { rehearsal: false, sha256: textHash, refused: refusedStarts });
  return { scenario: whole.value, diagnostics: [...diagnostics, ...whole.diagnostics] };
}

/** `VM=HOST` and the figures beside it; null where no migration is asked about. */
function questionOf(flags: FindingsFlags): MigrationQuestion | null {
  if (flags.migrate === undefined) return null;
  const split = flags.migrate.lastIndexOf('=');
  return {
    vm: split === -1 ? flags.migrate : flags.migrate.slice(0, split),
    toHost: split === -1 ? '' : flags.migrate.slice(split + 1),
    dirtyMibPerSec: flags.dirtyMibS ?? null,
    workingSetMib: flags.workingSetMib ?? null,
    linkMibPerSec: flags.linkMibS ?? null,
    downtimeLimitMs: flags.downtimeMs ?? null,
  };
}

function reportText({ findings: found, notTested, assumed }: FindingReport): string {
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
  if (notTested.length > 0) {
    lines.push('', 'Not tested:');
    for (const { title, id, of, needs, measure } of notTested) {
      const whom = of.length > 3 ? `${of.length} of them` : of.join(', ');
      lines.push(
        `  ${title} (${id}; ${whom}): needs ${needs}${measure === null ? '' : `. Measure it with: ${measure}`}`,
      );
    }
  }
  if (assumed.length > 0) {
    lines.push('', 'Assumed, as no source states it:');
    for (const { vm, host, text, measure } of assumed)
      lines.push(`  ${vm ?? host ?? ''}: ${text}${measure === null ? '' : ` Measure it with: ${measure}`}`);
  }
  return `${lines.join('\n')}\n`;
}
