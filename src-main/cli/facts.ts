/** `facts FILE`: what a foreign file says, as JSON on stdout; nothing is printed if it has an error. */
import { readForeign } from '../formats/index.ts';
import { inputName, readInput } from './input.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printResult } from './output.ts';

export async function facts(path: string): Promise<ExitCode> {
  const input = await readInput(path);
  const { value, diagnostics } =
    input.value === null ? { ...input, value: null } : readForeign(input.value, inputName(path));
  printDiagnostics(diagnostics);
  if (value === null) return 1;
  printResult(`${JSON.stringify(value, null, 2)}\n`);
  return 0;
}
