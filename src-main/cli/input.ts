/** Reads the files that a person names. `-` is stdin. */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import type { ForeignFacts } from '../formats/index.ts';
import { readDocument } from '../formats/index.ts';
import type { ImportPart } from '../scenario/index.ts';
import { readText, readTextStream } from '../store/index.ts';
import { baseFolder, resolvePath } from './path.ts';

/** The name of an input in messages. */
export const inputName = (path: string): string => (path === '-' ? '<stdin>' : path);

/** The text of a file, or why it cannot be had. */
export const readInput = (path: string): Promise<Read<string>> =>
  path === '-'
    ? readTextStream(process.stdin, inputName(path))
    : readText(resolvePath(path), path, `Relative names start at ${baseFolder()}.`);

/** The facts of foreign files that could be read, and what is wrong with any. */
export async function readParts(
  paths: readonly string[],
): Promise<{ readonly parts: readonly ImportPart<ForeignFacts>[]; readonly diagnostics: Diagnostic[] }> {
  const parts: ImportPart<ForeignFacts>[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const path of paths) {
    const file = inputName(path);
    const input = await readInput(path);
    diagnostics.push(...input.diagnostics);
    if (input.value === null) continue;
    const read = readDocument(input.value, file);
    diagnostics.push(...read.diagnostics);
    // A file is kept once, whatever it holds.
    read.parts.forEach(({ facts }, i) => parts.push({ file, facts, ...(i === 0 ? { text: input.value! } : {}) }));
  }
  return { parts, diagnostics };
}
