/**
 * What a reader accepts as input: a text of bounded size, without NUL, with its byte order mark and the NULs of UTF-16 removed. Checked once,
 * before any parsing, so that no reader has to repeat it.
 */
import type { Read } from '../../shared/errors/index.ts';
import { DiagnosticList } from './diagnostic-list.ts';
import { withoutUtf16 } from './paste/clean.ts';
import { SourcePosition } from './source-position.ts';

/**
 * The largest file that is read: 16 MiB. The largest real one is far below 1 MiB (virsh capabilities of a host of some
 * thousand CPUs). Whoever opens files refuses by file size first and never loads more.
 */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** What a reader answers to a file of `bytes` bytes that is too large to be loaded. */
export function refuseTooLarge(bytes: number, file: string): Read<never> {
  const list = new DiagnosticList(file);
  reportTooLarge(bytes, list);
  return list.read<never>(null);
}

function reportTooLarge(bytes: number, list: DiagnosticList): void {
  const detail = { found: `${bytes} bytes`, expected: `at most ${MAX_INPUT_BYTES} bytes` };
  list.error('input-too-large', 'The file is too large to be a topology or a VM description.', { line: 1 }, detail);
}

/** /proc/PID/cmdline has NUL after each argument. */
const ARGUMENTS = /^[^\s\0]{1,400}\0-\w/;

/** On one line, those with blanks or quotes in quotes, as a shell would have them. */
const argumentsOf = (text: string): string =>
  text
    .replace(/\0\n?$/, '')
    .split('\0')
    .map((word) => (/[\s'"\\]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : word))
    .join(' ');

/** The text to parse, or null when it is refused; the reason is then in `list`. */
export function admitText(text: string, list: DiagnosticList): string | null {
  // A character is at least one byte of UTF-8, so this never refuses what the limit in bytes would admit.
  if (text.length > MAX_INPUT_BYTES) {
    reportTooLarge(text.length, list);
    return null;
  }
  const decoded = withoutUtf16(text);
  const plain = ARGUMENTS.test(decoded) ? argumentsOf(decoded) : decoded;
  const nul = plain.indexOf('\0');
  if (nul !== -1) {
    const where = new SourcePosition(plain).at(nul);
    list.error('input-nul', 'The text has a NUL byte: it is binary, or damaged.', where, { expected: 'text' });
    return null;
  }
  const admitted = plain.startsWith('\ufeff') ? plain.slice(1) : plain;
  if (admitted.trim() !== '') return admitted;
  list.error('input-empty', 'The file is empty.', { line: 1 }, { expected: 'a topology or a VM description' });
  return null;
}
