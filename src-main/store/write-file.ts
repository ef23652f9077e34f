/**
 * Writes results as files, all of them or none: each is first written beside its place, then all are renamed. An
 * existing file is kept unless the caller allows replacing it; devices and pipes are written to and never replaced.
 * The content is on the disk before it gets its name. A file that replaces another gets its mode and owner.
 */
import { chmod, chown, mkdir, open, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './private-mode.ts';

export interface OutFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permissions; by default those of the replaced file, or the user's usual ones. */
  readonly mode?: number;
}

export type Standing = 'nothing' | 'file' | 'folder' | 'device';

/** What is at a place now. Rejects when that cannot be determined. */
export async function standingAt(path: string): Promise<Standing> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'device';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nothing';
    throw error;
  }
}

/** The first bytes of a file, as text: enough to recognise it. */
export async function headOf(path: string): Promise<string> {
  await using handle = await open(path);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

/** Why none of `outputs` may be written: one is a file that was read. A name is compared as the file system has it. */
export async function overInput(inputs: readonly string[], outputs: readonly string[]): Promise<Diagnostic | null> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => path);
  const read = new Set(await Promise.all(inputs.map(real)));
  for (const path of outputs) {
    if (!read.has(await real(path))) continue;
    const message = 'This file was read; it is never written over, even with --force.';
    return { severity: 'error', slug: 'output-is-input', message, where: { file: path }, hint: 'Choose another name.' };
  }
  return null;
}

/** So that two writings of one place at once do not meet. */
let made = 0;

/** @returns null when all are written; otherwise none is, and this is the first reason. */
export async function writeFiles(files: readonly OutFile[]): Promise<Diagnostic | null> {
  const staged: { readonly path: string; readonly temporary: string }[] = [];
  for (const { path, content, mode } of files) {
    try {
      const standing = await standingAt(path);
      if (standing === 'folder') throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
      if (standing === 'device') {
        await writeFile(path, content);
        continue;
      }
      const temporary = `${path}.${process.pid}.${++made}.tmp`;
      staged.push({ path, temporary });
      await writeFile(temporary, content, { flag: 'wx', flush: true, ...(mode !== undefined && { mode }) });
      if (standing === 'file') await takeAttributes(path, temporary, mode);
    } catch (error) {
      await Promise.allSettled(staged.map(({ temporary }) => unlink(temporary)));
      return unwritable(error as NodeJS.ErrnoException, path);
    }
  }
  for (const { path, temporary } of staged) {
    try {
      await rename(temporary, path);
    } catch (error) {
      await Promise.allSettled(staged.map((file) => unlink(file.temporary)));
      return unwritable(error as NodeJS.ErrnoException, path);
    }
  }
  return null;
}

/** Gives `to` the owner and, unless another is asked for, the mode of `from`. */
async function takeAttributes(from: string, to: string, mode: number | undefined): Promise<void> {
  const { uid, gid, mode: had } = await stat(from);
  const own = await stat(to);
  // Only root may give a file away. A group that this user is not in is not kept, as with any editor.
  if (own.uid !== uid || own.gid !== gid) await chown(to, uid, gid).catch(() => undefined);
  await chmod(to, mode ?? had & 0o7777);
}

/** A folder that only this user can read, created if needed. Rejects when it cannot be created. */
export async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) await chmod(path, PRIVATE_FOLDER).catch(() => undefined);
}

/** What cannot go on for a reason outside of Pageshift: its message is a diagnostic, for a person, and needs no stack. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** As privateFolder, tried by writing into it. Rejects with a Refusal that names the folder and says what to do. */
export async function writableFolder(path: string): Promise<void> {
  const probe = join(path, `.write-${process.pid}.tmp`);
  try {
    await privateFolder(path);
    await writeFile(probe, '', { mode: PRIVATE_FILE });
    await unlink(probe);
  } catch (error) {
    throw new Refusal(
      formatDiagnostic({
        severity: 'error',
        slug: 'data-folder',
        message: 'Pageshift cannot write into the folder where it keeps journals of open documents.',
        where: { file: path },
        found: (error as Error).message,
        hint: 'Give yourself the right to write there, make room, or choose another folder (--data FOLDER; --user-data-dir=FOLDER in Electron).',
      }),
    );
  }
}

/** Backups kept of one file; more are an error, as a person should look at them. */
const MAX_KEPT = 100;

/**
 * Existing content that differs from what is to be written is kept beside its place: as `NAME~`, or as `NAME~2` and on
 * where an earlier one is kept already, so that none is lost.
 * @returns null when there is nothing to keep; otherwise where it is kept, or why it cannot be.
 */
export async function keepEarlier(
  path: string,
  text: string,
): Promise<{ readonly path: string; readonly diagnostic: Diagnostic | null } | null> {
  try {
    if ((await standingAt(path)) !== 'file') return null;
    const earlier = await readFile(path);
    if (earlier.equals(Buffer.from(text))) return null;
    const { mode } = await stat(path);
    for (let n = 1; n <= MAX_KEPT; n++) {
      const kept = n === 1 ? `${path}~` : `${path}~${n}`;
      const standing = await standingAt(kept);
      if (standing === 'file' && (await readFile(kept)).equals(earlier)) return { path: kept, diagnostic: null };
      if (standing !== 'nothing') continue;
      return { path: kept, diagnostic: await writeFiles([{ path: kept, content: earlier, mode: mode & 0o777 }]) };
    }
    const full = Object.assign(new Error(`${MAX_KEPT} earlier contents are kept beside it already`), { code: 'EKEPT' });
    return { path, diagnostic: unwritable(full, path) };
  } catch (error) {
    return { path, diagnostic: unwritable(error as NodeJS.ErrnoException, path) };
  }
}

/** Why a file cannot be written, and what to do. */
export function unwritable(error: NodeJS.ErrnoException, file: string): Diagnostic {
  const told = (slug: string, message: string, hint: string): Diagnostic => ({
    severity: 'error',
    slug,
    message,
    where: { file },
    hint,
  });
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return told('output-no-folder', 'The folder to write into does not exist.', 'Make it first (mkdir -p).');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return told('output-permission', 'The file may not be written here.', 'Choose another place.');
    case 'EISDIR':
      return told('output-is-folder', 'This is a folder.', 'Name a file in it.');
    case 'EEXIST':
      return told('output-is-file', 'There is a file where a folder should be.', 'Choose another place.');
    case 'EKEPT':
      return told('output-kept', `${error.message}.`, 'Remove those that are not needed, or choose another place.');
    case 'ENOSPC':
    case 'EDQUOT':
      return told(
        'output-no-space',
        'There is no space left to write the file.',
        'Make room, or choose another place.',
      );
    default:
      return {
        ...told('output-failed', 'The file cannot be written.', 'Choose another place.'),
        found: error.message,
      };
  }
}
