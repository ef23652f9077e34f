/**
 * `facts FILE`: what a foreign file says, as JSON on stdout; nothing is printed if it has an error. A file of one text gives its
 * facts; one of several gives `parts`, with the lines and the command of each. `ignored` names the lines that are not read.
 */
import { readDocument } from '../formats/index.ts';
import { inputName, readInput } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson } from './output.ts';

export async function facts(path: string): Promise<ExitCode> {
  const input = await readInput(path);
  if (input.value === null) {
    printDiagnostics(input.diagnostics);
    return 1;
  }
  const { parts, ignored, diagnostics } = readDocument(input.value, inputName(path));
  printDiagnostics([...input.diagnostics, ...diagnostics]);
  const [only] = parts;
  if (only === undefined) return 1;
  const rest = ignored.length === 0 ? {} : { ignored };
  const all = parts.map(({ facts: each, first, last, command }) => ({ ...each, lines: { first, last }, command }));
  const printed = parts.length === 1 ? { ...only.facts, ...rest } : { parts: all, ...rest };
  printJson(`${JSON.stringify(printed, null, 2)}\n`);
  return 0;
}
