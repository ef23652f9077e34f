/**
 * `import FILE... -o OUT`: makes a scenario of foreign files, recognised by their content. Writes nothing on an error. A VM that
 * could not start is written as not placed, and the exit code is 1.
 */
import { basename } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { ForeignFacts } from '../formats/index.ts';
import { isOf, linuxZoneinfo } from '../formats/index.ts';
import { count, plural } from '../../shared/view/number-format.ts';
import { refusedStarts } from '../findings/index.ts';
import type { ImportPart, Scenario } from '../scenario/index.ts';
import {
  assembleScenario,
  canonicalText,
  explainManaged,
  guestFromLinuxFiles,
  sortParts,
  withFigures,
} from '../scenario/index.ts';
import { headOf, keepEarlier, overInput, standingAt, textHash, unwritable, writeFiles } from '../store/index.ts';
import { scenarioText } from './check.ts';
import { readParts } from './input.ts';
import type { CommandFlags, FigureFlags } from './option.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote } from './output.ts';
import { resolvePath } from './path.ts';
import { textTable } from './text-table.ts';

export interface ImportFlags extends CommandFlags, FigureFlags {
  readonly output: string;
  readonly name?: string;
  readonly host?: string;
  readonly nodeMemory?: number;
  readonly rehearsal: boolean;
  readonly force?: true;
  readonly explain?: true;
}

export async function importFiles(paths: readonly string[], flags: ImportFlags): Promise<ExitCode> {
  const { parts, diagnostics } = await readParts(paths);
  // Facts of a file that was not read are missing, so the whole is not judged.
  const scenario = hasErrors(diagnostics) ? null : assemble(parts, flags, diagnostics);
  const refusal = scenario === null ? null : await write(scenario, paths, flags);
  printDiagnostics(refusal === null ? diagnostics : [...diagnostics, refusal]);
  if (scenario === null || refusal !== null) {
    printNote('nothing was written');
    return 1;
  }
  printNote(`${flags.output === '-' ? 'made' : `wrote ${flags.output}`}: ${scenarioText(scenario)}`);
  const rehearses =
    flags.rehearsal && flags.compact.length + flags.migrate.length === 0 && scenario.commands.length > 0;
  if (flags.explain) printNote(explanation(parts));
  if (rehearses)
    printNote(
      `it rehearses ${rehearsalText(scenario)}; --no-rehearsal leaves that out, --compact and --migrate replace it`,
    );
  // Their start is refused: the answer to the question that an import asks is no for them.
  return (scenario.notPlaced ?? []).length > 0 ? 1 : 0;
}

/** What a guest's kernel took of each zone by its boot log, beside what its zoneinfo says that it manages. */
function explanation(parts: readonly ImportPart<ForeignFacts>[]): string {
  const { hosts, guestFiles = [] } = sortParts(parts);
  const { value } = guestFromLinuxFiles([...guestFiles, ...hosts]);
  const zones = guestFiles.flatMap(({ facts }) => (isOf(linuxZoneinfo, facts) ? facts.zones : []));
  if (value?.map == null || zones.length === 0)
    return '--explain: needs the boot log and the zoneinfo of one guest (iomem says where its kernel lies)';
  const rows = explainManaged(value.map, zones).map(({ nid, zone, managed, because }) => {
    return [`node ${nid}`, zone, count(managed.real), count(managed.ours), because];
  });
  const head = ['', '', 'managed', 'by its log', ''];
  return `managed pages as zoneinfo has them, and by the log alone:\n${textTable('<<>><', [head, ...rows], process.stderr.columns)}`.trimEnd();
}

/** The commands that an import adds by itself, for a message. */
function rehearsalText({ commands }: Scenario): string {
  const compacted = commands.filter(({ type }) => type === 'compact');
  const deliveries = commands.length - compacted.length;
  const compactions =
    compacted.length === 1 ? `a compaction of ${compacted[0]!.vm}` : `compactions of ${count(compacted.length)} VMs`;
  const delivery = `delivering a layout to ${plural(deliveries, 'VM')} bound cell by cell`;
  return [compacted.length === 0 ? '' : compactions, deliveries === 0 ? '' : delivery]
    .filter((text) => text !== '')
    .join(' and ');
}

function assemble(
  parts: readonly ImportPart<ForeignFacts>[],
  { name, host, nodeMemory, rehearsal, compact, migrate, dirty, link, downtimeMs }: ImportFlags,
  diagnostics: Diagnostic[],
): Scenario | null {
  const read = assembleScenario(sortParts(parts), {
    rehearsal,
    compact,
    migrate,
    sha256: textHash,
    refused: refusedStarts,
    ...(name === undefined ? {} : { name }),
    ...(host === undefined ? {} : { vmHost: host }),
    ...(nodeMemory === undefined ? {} : { nodeMemoryMiB: nodeMemory }),
  });
  diagnostics.push(...read.diagnostics);
  if (read.value === null) return null;
  const stated = withFigures(read.value, { dirty, link, downtimeMs });
  diagnostics.push(...stated.diagnostics);
  return stated.value;
}

/** Why it was not written, or null. */
async function write(
  scenario: Scenario,
  inputs: readonly string[],
  { output, force }: ImportFlags,
): Promise<Diagnostic | null> {
  const text = canonicalText(scenario);
  if (output === '-') {
    printJson(text);
    return null;
  }
  const path = resolvePath(output);
  try {
    if (!force && (await standingAt(path)) === 'file' && !isScenario(await headOf(path))) {
      const message = 'There is a file of this name already, and it is no scenario.';
      return {
        severity: 'error',
        slug: 'output-exists',
        message,
        where: { file: output },
        hint: 'Choose another name, or replace it with --force.',
      };
    }
  } catch (error) {
    return unwritable(error as NodeJS.ErrnoException, output);
  }
  const own = await overInput(inputs.map(resolvePath), [path]);
  // A scenario that stood there and differs may hold a person's edits.
  const kept = own === null ? await keepEarlier(path, text) : null;
  if (kept !== null && kept.diagnostic === null)
    printNote(`the file that stood there is kept as ${basename(kept.path)}`);
  const refusal = own ?? kept?.diagnostic ?? (await writeFiles([{ path, content: text }]));
  return refusal === null ? null : { ...refusal, where: { file: output } };
}

const isScenario = (head: string): boolean => /^\s*\{/.test(head) && /"pageshift"\s*:/.test(head);
