/**
 * `facts FILE...`: what files of other tools say, as JSON on stdout. A file of one text gives its facts; one of several gives
 * `parts`, with the lines and the command of each. `ignored` names the lines that are not read. Several files, and folders, give
 * what all of them together say of hosts and VMs, and then each file. Nothing is printed where a file that was named has an error.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { refusedStarts } from '../findings/index.ts';
import type { ForeignDocument, ForeignPart } from '../formats/index.ts';
import { readDocument } from '../formats/index.ts';
import type { ImportPart, Scenario } from '../scenario/index.ts';
import { assembleScenario, sortParts, wholeFacts } from '../scenario/index.ts';
import type { ForeignFacts } from '../formats/index.ts';
import { inputName, isFolder, readFiles, readInput } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson } from './output.ts';

export async function facts(paths: readonly string[]): Promise<ExitCode> {
  const [only] = paths;
  return paths.length === 1 && !(await isFolder(only!)) ? await factsOfFile(only!) : await factsOfAll(paths);
}

async function factsOfFile(path: string): Promise<ExitCode> {
  const input = await readInput(path);
  if (input.value === null) {
    printDiagnostics(input.diagnostics);
    return 1;
  }
  const { parts, ignored, diagnostics } = readDocument(input.value, inputName(path));
  printDiagnostics([...input.diagnostics, ...diagnostics]);
  const [first] = parts;
  if (first === undefined) return 1;
  const rest = ignoredOf(ignored);
  print(parts.length === 1 ? { ...first.facts, ...rest } : { parts: parts.map(printedPart), ...rest });
  return 0;
}

async function factsOfAll(paths: readonly string[]): Promise<ExitCode> {
  const { files, diagnostics } = await readFiles(paths);
  const parts = files.flatMap((file) => file.parts);
  const read = hasErrors(diagnostics) || parts.length === 0 ? null : assembled(parts);
  // Files that make no host are no error here: each is printed for itself.
  const asNotes = (read?.diagnostics ?? []).map((each): Diagnostic =>
    each.severity === 'error' ? { ...each, severity: 'warning' } : each,
  );
  printDiagnostics([...diagnostics, ...asNotes]);
  if (hasErrors(diagnostics)) return 1;
  const whole =
    read?.value === null || read === null ? { hosts: [], vms: [], assumptions: [] } : wholeFacts(read.value);
  const printed = files.map(({ file, document, notRead }) => ({
    file,
    notRead,
    parts: document.parts.map(printedPart),
    ...ignoredOf(document.ignored),
  }));
  print({ ...whole, files: printed });
  return parts.length === 0 ? 1 : 0;
}

const assembled = (parts: readonly ImportPart<ForeignFacts>[]): ReturnType<typeof assembleScenario> =>
  assembleScenario(sortParts(parts), { rehearsal: false, refused: (scenario: Scenario) => refusedStarts(scenario) });

const printedPart = ({ facts: own, first, last, command }: ForeignPart) => ({
  ...own,
  lines: { first, last },
  command,
});

const ignoredOf = (ignored: ForeignDocument['ignored']) => (ignored.length === 0 ? {} : { ignored });

const print = (document: object): void => printJson(`${JSON.stringify(document, null, 2)}\n`);
