/**
 * Where a document is saved, and whether it may be: nothing that another wrote is lost.
 *
 * (a) With native dialogs the person chooses the place there, and a name that the window gives is only suggested.
 *     Without, a name means a file of the documents folder itself: no folder in it, and no link that leads elsewhere.
 * (b) Another file of that name, or a file that changed since it was read, is replaced only when that was asked for, and
 *     the earlier one is kept as NAME~.
 * (c) A file is written whole, and is on the disk before it has its name.
 */
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { filePrint, keepEarlier, MISSING, printOf, standingAt, unwritable, writeFiles } from '../store/index.ts';
import type { OpenedDocument } from './document.ts';
import type { CheckedInput } from '../../shared/protocol/index.ts';
import { fileStem, scenarioFile } from '../../shared/view/export-name.ts';
import type { Shell } from './shell.ts';

/** Neither a place nor diagnostics: the person cancelled. */
export interface Saved {
  readonly place: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

interface Target {
  readonly path: string;
  /** Another file that stands there may go. */
  readonly overwrite: boolean;
}

type Chosen = Target | Diagnostic | 'cancelled';

/** What opens by a double click, and what is offered when one opens. */
const ENDING = '.pageshift.json';
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export async function saveDocument(
  document: OpenedDocument,
  asked: CheckedInput<'document.save'>,
  window: string,
  shell: Shell,
): Promise<Saved> {
  const own = document.place !== null && !asked.as && asked.name === null;
  const target: Chosen = own
    ? { path: document.place, overwrite: asked.overwrite }
    : shell.dialogs === null
      ? await placeByName(asked, shell.documentsFolder)
      : await placeByDialog(asked.name ?? suggestedName(document), window, shell.dialogs);
  if (target === 'cancelled') return { place: null, diagnostics: [] };
  if ('severity' in target) return { place: null, diagnostics: [target] };
  const refusal = await write(document, target);
  if (refusal !== null) return { place: null, diagnostics: [refusal] };
  return { place: target.path, diagnostics: [] };
}

const suggestedName = (document: OpenedDocument): string =>
  document.place === null ? scenarioFile(fileStem(document.name)) : basename(document.place);

async function placeByDialog(name: string, window: string, dialogs: NonNullable<Shell['dialogs']>): Promise<Chosen> {
  const chosen = await dialogs.saveFile(window, name);
  if (chosen === null) return 'cancelled';
  // Through a link to the file behind it, so that the link stays one. The dialog has asked about a file that exists.
  return { path: await realPlace(chosen), overwrite: true };
}

/** The path as the file system has it, also of a file that does not exist yet. */
export async function realPlace(path: string): Promise<string> {
  return await realpath(path).catch(async () => {
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  });
}

async function placeByName({ name, overwrite }: CheckedInput<'document.save'>, folder: string): Promise<Chosen> {
  if (name === null)
    return problem('save-name-missing', 'The document has no name to be saved under yet.', '', 'Give it one.');
  if (RESERVED.test(name) || name.endsWith('.'))
    return problem('save-name', 'A file cannot have this name on every system.', name, 'Choose another name.');
  const file = name.toLowerCase().endsWith('.json') ? name : `${name}${ENDING}`;
  try {
    await mkdir(folder, { recursive: true });
    const path = join(await realpath(folder), file);
    const found = await lstat(path).catch(() => null);
    if (found?.isSymbolicLink() === true)
      return problem(
        'save-link',
        'There is a link of this name: it would be written elsewhere.',
        path,
        'Choose another name.',
      );
    return { path, overwrite };
  } catch (error) {
    return unwritable(error as NodeJS.ErrnoException, folder);
  }
}

async function write(document: OpenedDocument, { path, overwrite }: Target): Promise<Diagnostic | null> {
  // A pipe without a reader would hold the writing for ever, and so would the look at what it holds.
  if ((await standingAt(path)) === 'device') return notAFile(path);
  const text = await document.session.text();
  const print = await filePrint(path);
  const isOwnPlace = path === document.place;
  const standing = isOwnPlace ? document.standing(print) : 'unknown';
  const nothingLost = print === MISSING || print === printOf(text) || standing === 'own';
  if (!nothingLost && standing !== 'accepted' && !overwrite) return isOwnPlace ? changedOnDisk(path) : exists(path);
  const kept = nothingLost ? null : await keepEarlier(path, text);
  const refusal = kept?.diagnostic ?? (await writeFiles([{ path, content: text }]));
  if (refusal !== null) return refusal;
  await document.savedAs(path, text, printOf(text));
  return null;
}

const changedOnDisk = (path: string): Diagnostic =>
  problem(
    'changed-on-disk',
    'The file was changed by another program since it was read, and was not written over.',
    path,
    'Reload it, save under another name, or replace it (the other is kept beside it).',
  );

const notAFile = (path: string): Diagnostic =>
  problem('save-not-a-file', 'This is a pipe or a device, not a file.', path, 'Choose another name or place.');

const exists = (path: string): Diagnostic =>
  problem(
    'output-exists',
    'There is a file of this name already.',
    path,
    'Choose another name, or replace it (it is kept beside the new one).',
  );

function problem(slug: string, message: string, file: string, hint: string): Diagnostic {
  return { severity: 'error', slug, message, where: file === '' ? {} : { file }, hint };
}
