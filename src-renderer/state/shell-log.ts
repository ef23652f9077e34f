/**
 * What the console of one VM holds: lines that were given and what they printed, the history of lines, and what Tab does
 * to a line. Without a screen.
 *
 * (a) Bounded: at most MAX_LOG_LINES lines of text are kept; what falls out is counted, the newest stays.
 * (b) Text is text: nothing in it is interpreted, and a control character is shown as a picture of itself.
 */
import type { ShellCompletion, ShellReply } from '../../shared/protocol/guest.ts';

export const MAX_LOG_LINES = 4000;
export const MAX_HISTORY = 500;

export interface LogPart {
  readonly stream: 'out' | 'err' | 'note';
  readonly text: string;
}

/** One line that was entered, and its output. */
export interface LogEntry {
  readonly id: number;
  /** null: no line was entered; a note of the console itself. */
  readonly given: { readonly prompt: string; readonly line: string } | null;
  readonly parts: readonly LogPart[];
  /** null: it runs, or there was none. */
  readonly exitCode: number | null;
}

export interface ShellLog {
  readonly entries: readonly LogEntry[];
  /** Lines of text that fell out. */
  readonly droppedLines: number;
}

export const EMPTY_LOG: ShellLog = { entries: [], droppedLines: 0 };

/** The same without the line end that closes the last line. */
export function shownText(text: string): string {
  const visible = text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (sign) =>
    String.fromCodePoint(0x2400 + sign.codePointAt(0)!),
  );
  return visible.endsWith('\n') ? visible.slice(0, -1) : visible;
}

const linesOf = (text: string): number => text.split('\n').length;
const entryLines = ({ given, parts }: LogEntry): number =>
  (given === null ? 0 : linesOf(given.line)) + parts.reduce((sum, { text }) => sum + linesOf(text), 0);

export const withEntry = ({ entries, droppedLines }: ShellLog, entry: LogEntry): ShellLog =>
  bounded([...entries, cutEntry(entry)], droppedLines);

/** The entry with this id becomes another; one that has fallen out stays out. */
export const withChanged = ({ entries, droppedLines }: ShellLog, entry: LogEntry): ShellLog =>
  bounded(
    entries.map((each) => (each.id === entry.id ? cutEntry(entry) : each)),
    droppedLines,
  );

function bounded(entries: readonly LogEntry[], droppedLines: number): ShellLog {
  let first = entries.length;
  let lines = 0;
  while (first > 0 && lines + entryLines(entries[first - 1]!) <= MAX_LOG_LINES) lines += entryLines(entries[--first]!);
  first = Math.min(first, Math.max(0, entries.length - 1)); // the newest stays, whole as it was cut
  const dropped = entries.slice(0, first).reduce((sum, entry) => sum + entryLines(entry), 0);
  return { entries: first === 0 ? entries : entries.slice(first), droppedLines: droppedLines + dropped };
}

/** The end of what it printed, where that alone is more than the log holds. */
function cutEntry(entry: LogEntry): LogEntry {
  let room = MAX_LOG_LINES - 2;
  if (entryLines(entry) <= room) return entry;
  const parts: LogPart[] = [];
  let cut = 0;
  for (const part of [...entry.parts].reverse()) {
    const lines = part.text.split('\n');
    const kept = Math.min(room, lines.length);
    cut += lines.length - kept;
    room -= kept;
    if (kept > 0) parts.unshift({ ...part, text: lines.slice(lines.length - kept).join('\n') });
  }
  return { ...entry, parts: [{ stream: 'note', text: `${cut} earlier lines are left out` }, ...parts] };
}

/** Neighbours of one stream are one part; what main cut off is marked. */
export function replyParts({ output, cutChars }: Pick<ShellReply, 'output' | 'cutChars'>): LogPart[] {
  const joined: { stream: LogPart['stream']; text: string }[] = [];
  for (const { stream, text } of output) {
    if (text === '') continue;
    if (joined.at(-1)?.stream === stream) joined.at(-1)!.text += text;
    else joined.push({ stream, text });
  }
  const parts: LogPart[] = joined.map(({ stream, text }) => ({ stream, text: shownText(text) }));
  if (cutChars > 0) parts.push({ stream: 'note', text: `${cutChars} more characters were printed and are not shown` });
  return parts;
}

/** All of it as text, as a terminal would have it. */
export const logText = ({ entries }: ShellLog): string =>
  entries
    .flatMap(({ given, parts }) => [
      ...(given === null ? [] : [`${given.prompt}${given.line}`]),
      ...parts.map(({ text }) => text),
    ])
    .map((text) => `${text}\n`)
    .join('');

/** Lines that were given, and where one is among them. */
export class History {
  readonly #lines: string[] = [];
  /** Equal to the length: the line that is being written. */
  #at = 0;
  #draft = '';

  /** An empty line, and the last one again, are not kept. */
  add(line: string): void {
    if (line.trim() !== '' && this.#lines.at(-1) !== line) this.#lines.push(line);
    if (this.#lines.length > MAX_HISTORY) this.#lines.shift();
    this.#at = this.#lines.length;
    this.#draft = '';
  }

  /** @param line what stands there now; kept while one looks at older ones. @returns null: there is none */
  go(direction: -1 | 1, line: string): string | null {
    const at = this.#at + direction;
    if (at < 0 || at > this.#lines.length) return null;
    if (this.#at === this.#lines.length) this.#draft = line;
    this.#at = at;
    return at === this.#lines.length ? this.#draft : this.#lines[at]!;
  }
}

/**
 * What Tab makes of a line whose text up to `cursor` was asked about. `list`: what could stand there, where Tab changed
 * nothing and there are several.
 */
export function completed(
  line: string,
  cursor: number,
  { candidates, from }: ShellCompletion,
): { readonly line: string; readonly cursor: number; readonly list: readonly string[] } {
  const begun = line.slice(from, cursor);
  const rest = line.slice(cursor);
  if (candidates.length === 0 || from > cursor) return { line, cursor, list: [] };
  const common = commonStart(candidates);
  const alone = candidates.length === 1;
  // A folder may go on; anything else is a word that has ended.
  const text = alone && !/[/ ]$/.test(common) && !rest.startsWith(' ') ? `${common} ` : common;
  if (!alone && text.length <= begun.length) return { line, cursor, list: candidates };
  const head = line.slice(0, from) + text;
  return { line: head + rest, cursor: head.length, list: [] };
}

function commonStart(texts: readonly string[]): string {
  let common = texts[0]!;
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1);
  return common;
}
