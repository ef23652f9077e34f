/** `run FILE`: runs a scenario; the document or the summary goes to stdout. */
import type { RunFlags } from './option.ts';
import type { ExitCode } from './output.ts';
import { printJson, printResult } from './output.ts';
import { againText, runFile } from './run-file.ts';
import { documentText, summaryText } from './run-output.ts';

export async function run(path: string, flags: RunFlags & { readonly json?: true }): Promise<ExitCode> {
  const { run: done, code } = await runFile(path, flags);
  if (done !== null && flags.json) printJson(documentText(done));
  else if (done !== null)
    printResult(summaryText(done, againText(path, flags, done), process.stdout.columns || Infinity));
  return code;
}
