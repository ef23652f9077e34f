/**
 * Reads files as text. Every problem is a diagnostic, and no file larger than the readers of formats accept is loaded.
 */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { Diagnostic, Place, Read } from '../../shared/errors/index.ts';
import { MAX_INPUT_BYTES, refuseTooLarge, tableText } from '../formats/index.ts';

/** @param file its name in messages. @param missingHint what to do when there is none. */
export async function readText(path: string, file: string, missingHint = 'Look where it went.'): Promise<Read<string>> {
  try {
    return textOf(await readBytes(path), file);
  } catch (error) {
    return unreadable(error as NodeJS.ErrnoException, file, missingHint);
  }
}

/** As readText, of what has no name. */
export async function readTextStream(stream: AsyncIterable<Buffer>, file: string): Promise<Read<string>> {
  try {
    return textOf(await readStream(stream), file);
  } catch (error) {
    return unreadable(error as NodeJS.ErrnoException, file, '');
  }
}

const textOf = (bytes: Buffer | Refused, file: string): Read<string> =>
  Buffer.isBuffer(bytes) ? decode(bytes, file) : refusal(bytes, file);

type Refused = { readonly tooLarge: number } | 'directory';

async function readBytes(path: string): Promise<Buffer | Refused> {
  await using handle = await open(path);
  const stat = await handle.stat();
  if (stat.isDirectory()) return 'directory';
  // What is not a file, such as a pipe, has no size until it ends.
  if (stat.isFile() && stat.size > MAX_INPUT_BYTES) return { tooLarge: stat.size };
  return await readStream(handle.createReadStream({ autoClose: false }));
}

async function readStream(stream: AsyncIterable<Buffer>): Promise<Buffer | Refused> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MAX_INPUT_BYTES) return { tooLarge: bytes };
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusal(refused: Refused, file: string): Read<string> {
  if (refused !== 'directory') return refuseTooLarge(refused.tooLarge, file);
  return failed('input-directory', 'This is a folder, not a file.', { file }, { hint: 'Name the file in it.' });
}

function decode(bytes: Buffer, file: string): Read<string> {
  // Windows writes it. Without a byte order mark the readers of formats know it by its NULs.
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  if (utf16 !== null) return { value: new TextDecoder(utf16).decode(bytes), diagnostics: [] };
  // An ACPI table is read as the bytes that hexdump shows.
  const table = tableText(bytes);
  if (table !== null) return { value: table, diagnostics: [] };
  if (isUtf8(bytes)) return { value: bytes.toString('utf8'), diagnostics: [] };
  const line = firstBadLine(bytes);
  return failed(
    'input-not-utf8',
    'The text is not UTF-8: it is in another encoding, binary, or damaged.',
    { file, line },
    { expected: 'UTF-8' },
  );
}

/** Counted from 1. A line feed is never part of another character in UTF-8, so lines can be judged alone. */
function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.length : feed + 1;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end;
  }
  return line;
}

function unreadable(error: NodeJS.ErrnoException, file: string, missingHint: string): Read<string> {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failed('input-missing', 'There is no such file.', { file }, { hint: missingHint });
    case 'EACCES':
    case 'EPERM':
      return failed(
        'input-permission',
        'The file may not be read.',
        { file },
        { hint: 'Give yourself the right to read it, or read a copy.' },
      );
    default:
      return failed('input-unreadable', 'The file cannot be read.', { file }, { found: error.message });
  }
}

const failed = (slug: string, message: string, where: Place, more: Partial<Diagnostic>): Read<string> => ({
  value: null,
  diagnostics: [{ severity: 'error', slug, message, where, ...more }],
});
