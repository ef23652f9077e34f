/** Reads the files that a person names. `-` is stdin. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
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

/** The facts of one foreign text. It is kept once, whatever it holds. */
export function partsOf(
  text: string,
  file: string,
): { readonly parts: readonly ImportPart<ForeignFacts>[]; readonly diagnostics: readonly Diagnostic[] } {
  const { parts, diagnostics } = readDocument(text, file);
  return { parts: parts.map(({ facts }, i) => ({ file, facts, ...(i === 0 ? { text } : {}) })), diagnostics };
}

/** The facts of foreign files that could be read, and what is wrong with any. */
export async function readParts(
  paths: readonly string[],
): Promise<{ readonly parts: readonly ImportPart<ForeignFacts>[]; readonly diagnostics: Diagnostic[] }> {
  const parts: ImportPart<ForeignFacts>[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { path, inFolder } of await filesOf(paths, diagnostics)) {
    const file = inputName(path);
    const input = await readInput(path);
    if (input.value === null) {
      diagnostics.push(...(inFolder ? notRead(file, input.diagnostics) : input.diagnostics));
      continue;
    }
    const read = partsOf(input.value, file);
    const isOther = inFolder && read.parts.length === 0;
    diagnostics.push(...(isOther ? notRead(file, read.diagnostics) : read.diagnostics));
    parts.push(...read.parts);
  }
  return { parts, diagnostics };
}

/** A folder of a host's files has some hundred. */
const MAX_FILES = 4096;
const MAX_FOLDER_DEPTH = 16;

/** The files that a person names, and those below the folders that they name, in the order of their names. */
export async function isFolder(path: string): Promise<boolean> {
  return path !== '-' && (await stat(resolvePath(path)).catch(() => null))?.isDirectory() === true;
}

async function filesOf(
  paths: readonly string[],
  diagnostics: Diagnostic[],
): Promise<readonly { readonly path: string; readonly inFolder: boolean }[]> {
  const files: { readonly path: string; readonly inFolder: boolean }[] = [];
  const walk = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(resolvePath(path), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (files.length > MAX_FILES) return;
      // Links may lead out of the folder, or in a circle.
      if (entry.isDirectory() && depth < MAX_FOLDER_DEPTH) await walk(join(path, entry.name), depth + 1);
      else if (entry.isFile()) files.push({ path: join(path, entry.name), inFolder: true });
    }
  };
  for (const path of paths) {
    if (await isFolder(path)) await walk(path, 0);
    else files.push({ path, inFolder: false });
  }
  if (files.length > MAX_FILES) {
    const message = `More than ${MAX_FILES} files are named; the first ${MAX_FILES} are read.`;
    diagnostics.push({ severity: 'warning', slug: 'files-too-many', message, where: {} });
  }
  return files.slice(0, MAX_FILES);
}

/** A file of a folder that is nothing which is read is named, and no reason to read nothing. */
function notRead(file: string, [first]: readonly Diagnostic[]): Diagnostic[] {
  const found = first?.found;
  const detail = found === undefined ? {} : { found };
  return [{ severity: 'note', slug: 'file-not-read', message: 'This file is not read.', where: { file }, ...detail }];
}
