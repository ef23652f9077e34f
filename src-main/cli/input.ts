/** Reads the files that a person names. `-` is stdin. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import type { ForeignDocument, ForeignFacts } from '../formats/index.ts';
import { notReadNote, readDocument } from '../formats/index.ts';
import type { ImportPart } from '../scenario/index.ts';
import { isArchive, readArchive, readText, readTextStream } from '../store/index.ts';
import { LIBVIRT_PREFIX, readLibvirt } from './libvirt.ts';
import { baseFolder, resolvePath } from './path.ts';

/** The name of an input in messages. */
export const inputName = (path: string): string => (path === '-' ? '<stdin>' : path);

/** Members of archives that were named, by the archive and their path in it. */
const members = new Map<string, string>();

/** The text of a file, or why it cannot be had. */
export async function readInput(path: string): Promise<Read<string>> {
  const member = members.get(path);
  if (member !== undefined) return { value: member, diagnostics: [] };
  if (path.startsWith(LIBVIRT_PREFIX)) return await readLibvirt(path.slice(LIBVIRT_PREFIX.length));
  if (path === '-') return await readTextStream(process.stdin, inputName(path));
  return await readText(resolvePath(path), path, `Relative names start at ${baseFolder()}.`);
}

/** The facts of one foreign text, which is kept once, whatever it holds. */
export const partsOf = ({ parts }: ForeignDocument, file: string, text: string): readonly ImportPart<ForeignFacts>[] =>
  parts.map(({ facts }, i) => ({ file, facts, ...(i === 0 ? { text } : {}) }));

/** One file of those that a person names, or that stand in a folder. */
interface GivenFile {
  readonly file: string;
  readonly document: ForeignDocument;
  /** Why it is not read: only in a folder, where a file that is nothing which is read is no reason to read nothing. */
  readonly notRead: string | null;
  readonly parts: readonly ImportPart<ForeignFacts>[];
}

const NOTHING: ForeignDocument = { parts: [], ignored: [], diagnostics: [] };

/** What each foreign file says, and what is wrong with any. */
export async function readFiles(
  paths: readonly string[],
): Promise<{ readonly files: readonly GivenFile[]; readonly diagnostics: Diagnostic[] }> {
  const files: GivenFile[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { path, inFolder } of await filesOf(paths, diagnostics)) {
    const file = inputName(path);
    const input = await readInput(path);
    const document = input.value === null ? NOTHING : readDocument(input.value, file);
    const all = [...input.diagnostics, ...document.diagnostics];
    const isOther = inFolder && document.parts.length === 0;
    diagnostics.push(...(isOther ? notRead(file, all) : all));
    const parts = input.value === null ? [] : partsOf(document, file, input.value);
    files.push({ file, document, notRead: isOther ? (all[0]?.message ?? 'It says nothing.') : null, parts });
  }
  return { files, diagnostics };
}

/** The facts of foreign files that could be read, and what is wrong with any. */
export async function readParts(
  paths: readonly string[],
): Promise<{ readonly parts: readonly ImportPart<ForeignFacts>[]; readonly diagnostics: Diagnostic[] }> {
  const { files, diagnostics } = await readFiles(paths);
  return { parts: files.flatMap(({ parts }) => parts), diagnostics };
}

/** A folder of a host's files has some hundred. */
const MAX_FILES = 4096;
const MAX_FOLDER_DEPTH = 16;

/** A folder, or an archive of one. */
export async function isFolder(path: string): Promise<boolean> {
  return (
    path !== '-' &&
    ((await stat(resolvePath(path)).catch(() => null))?.isDirectory() === true || (await isArchive(resolvePath(path))))
  );
}

/** The files that a person names, and those below the folders that they name, in the order of their names. */
export async function filesOf(
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
  // Of stdin there is one text, however often it is named.
  for (const path of new Set(paths)) {
    if (path !== '-' && (await isArchive(resolvePath(path)))) {
      const archive = await readArchive(resolvePath(path), path);
      diagnostics.push(...archive.diagnostics);
      for (const member of archive.members) {
        members.set(`${path}/${member.path}`, member.text);
        files.push({ path: `${path}/${member.path}`, inFolder: true });
      }
    } else if (await isFolder(path)) await walk(path, 0);
    else files.push({ path, inFolder: false });
  }
  if (files.length > MAX_FILES) {
    const message = `More than ${MAX_FILES} files are named; the first ${MAX_FILES} are read.`;
    diagnostics.push({ severity: 'warning', slug: 'files-too-many', message, where: {} });
  }
  return files.slice(0, MAX_FILES);
}

/** A file of a folder that is nothing which is read is named, and no reason to read nothing. */
export function notRead(file: string, problems: readonly Diagnostic[]): Diagnostic[] {
  // An archive has hundreds of files about other things: that is told once.
  return members.has(file) ? [] : [notReadNote(file, problems)];
}
