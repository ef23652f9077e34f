/**
 * A file, or what a person pasted, → the texts in it, each with its format. One file may hold several: outputs of commands one
 * after the other, a mail around them, two domains, an answer of QEMU after its question.
 *
 * (a) A prompt, or another file's name, ends a text. Within one command's output a text goes on until a line that is
 *     another format's mark.
 * (b) XML and JSON documents are cut out whole, whatever stands around them.
 * (c) What is no text of a format is named by its lines, never dropped in silence.
 * (d) Diagnostics name lines of the file, not of the text that was cut out.
 */
import type { Diagnostic, Place, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { plural } from '../../shared/view/number-format.ts';
import { quote } from './diagnostic-list.ts';
import type { Format } from './format.ts';
import type { PastedLine } from './paste/clean.ts';
import { cleanLines } from './paste/clean.ts';
import type { Origin } from './paste/prompt.ts';
import { commandOf, pathOf } from './paste/prompt.ts';

/** A text of one format within a file. */
export interface Piece {
  readonly format: Format;
  readonly text: string;
  readonly origin: Origin;
  /** Where each line of `text` stood. */
  readonly lines: readonly PastedLine[];
}

/** Lines of the file that nothing was made of. */
export interface IgnoredLines {
  readonly first: number;
  readonly last: number;
  /** The first of them, cut. */
  readonly text: string;
}

export interface Pieces {
  readonly pieces: readonly Piece[];
  readonly ignored: readonly IgnoredLines[];
  /** Root elements of XML documents that no format reads. */
  readonly otherRoots: readonly string[];
}

export function piecesOf(text: string, file: string, formats: readonly Format[]): Pieces {
  return new Splitter(formats, cleanLines(text), originOfFile(file)).split();
}

/** A file below /proc or /sys is what its path says, also within the folder of a copy of them. */
function originOfFile(file: string): Origin {
  const path = file.replace(/\\/g, '/');
  const match = /(?:^|\/)((?:proc|sys)\/.{1,400})$/.exec(path);
  return { command: null, path: match === null ? path : `/${match[1]}` };
}

/** A tag that begins a document. Not `<pre>` and other HTML, which is gone already. */
const XML_OPEN = /^\s*<(?:\?xml\b|!--|!DOCTYPE\b|([A-Za-z_][\w.-]{0,60}))/;
const JSON_OPEN = /^\s*(?:\{|\[\s*(?:[{["\]]|$))/;

/** Texts that look like JSON and are none cost a scan each. */
const MAX_JSON_TRIES = 50;
const MAX_JSON_DEPTH = 64;
/** As much of a root element as tells what it is. */
const MAX_MARK_CHARS = 400;

class Splitter {
  readonly #formats: readonly Format[];
  readonly #texts: readonly (Format & Required<Pick<Format, 'lines'>>)[];
  readonly #any: RegExp;
  readonly #lines: readonly PastedLine[];
  readonly #fileOrigin: Origin;
  readonly #pieces: Piece[] = [];
  readonly #taken: boolean[];
  readonly #otherRoots: string[] = [];
  /** What stands behind a document on its last line. */
  readonly #behind: { readonly at: number; readonly text: string }[] = [];
  /** Lines that are part of a piece. */
  readonly #used: boolean[];
  readonly #joined = new Map<boolean, { readonly text: string; readonly starts: readonly number[] }>();
  #jsonTries = MAX_JSON_TRIES;
  #origin: Origin;
  #current: { format: Format & Required<Pick<Format, 'lines'>>; from: number; origin: Origin } | null = null;

  constructor(formats: readonly Format[], lines: readonly PastedLine[], fileOrigin: Origin) {
    this.#formats = formats;
    this.#texts = formats.flatMap((format) => (format.lines === undefined ? [] : [{ ...format, lines: format.lines }]));
    this.#any = new RegExp(this.#texts.map(({ lines: { mark } }) => `(?:${mark.source})`).join('|'), 'i');
    this.#lines = lines;
    this.#fileOrigin = fileOrigin;
    this.#origin = fileOrigin;
    this.#taken = new Array<boolean>(lines.length).fill(false);
    this.#used = new Array<boolean>(lines.length).fill(false);
  }

  split(): Pieces {
    const lines = this.#lines;
    let path: string | null = null;
    /** Where the lines between two prompts, or of one file, begin. */
    let blockStart = true;
    for (let i = 0; i < lines.length;) {
      const line = lines[i]!;
      if (line.path !== path) {
        this.#close(i);
        blockStart = true;
        path = line.path;
        this.#origin = path === null ? this.#fileOrigin : { command: this.#origin.command, path };
      }
      if (line.text.trim() === '') {
        this.#taken[i++] = true;
        continue;
      }
      const command = commandOf(line.text);
      if (command !== null) {
        this.#close(i);
        blockStart = true;
        this.#taken[i++] = true;
        if (command !== '') this.#origin = { command, path: pathOf(command) };
        continue;
      }
      i = (blockStart ? this.#block(i) : null) ?? this.#document(i) ?? this.#line(i);
      blockStart = false;
    }
    this.#close(lines.length);
    this.#byOrigin();
    return { pieces: this.#pieces, ignored: this.#ignored(), otherRoots: this.#otherRoots };
  }

  /** All lines from `i` to the next prompt as one text, where a format holds them: the line after it. */
  #block(i: number): number | null {
    const blocks = this.#formats.filter(({ holdsBlock }) => holdsBlock !== undefined);
    const { path } = this.#lines[i]!;
    let end = i;
    while (end < this.#lines.length && this.#lines[end]!.path === path && commandOf(this.#lines[end]!.text) === null)
      end++;
    const lines = this.#lines.slice(i, end);
    const text = `${lines.map((line) => line.text).join('\n')}\n`;
    const format = blocks.find(({ holdsBlock }) => holdsBlock!(text));
    if (format === undefined) return null;
    for (let at = i; at < end; at++) this.#taken[at] = this.#used[at] = true;
    this.#pieces.push({ format, text, origin: this.#origin, lines });
    return end;
  }

  /** A whole XML or JSON document that begins at line `i`: the line after it. */
  #document(i: number): number | null {
    const { text, raw, depth } = this.#lines[i]!;
    const own = depth === 0 ? raw : text;
    if (XML_OPEN.test(own)) return this.#xml(i, depth === 0);
    if (!JSON_OPEN.test(own)) return null;
    return this.#json(i, depth === 0);
  }

  /** All lines as one text, with quote marks or without. */
  #join(asIs: boolean): { readonly text: string; readonly starts: readonly number[] } {
    const known = this.#joined.get(asIs);
    if (known !== undefined) return known;
    const starts: number[] = [];
    let length = 0;
    const parts = this.#lines.map(({ raw, text }) => {
      starts.push(length);
      const part = asIs ? raw : text;
      length += part.length + 1;
      return part;
    });
    const joined = { text: parts.join('\n'), starts };
    this.#joined.set(asIs, joined);
    return joined;
  }

  #xml(i: number, asIs: boolean): number | null {
    const { text, starts } = this.#join(asIs);
    const root = rootOf(text, starts[i]!);
    if (root === null) return null;
    const format = this.#formats.find(
      ({ roots, rootMark }) =>
        roots?.includes(root.name) === true &&
        (rootMark === undefined ||
          root.start === -1 ||
          rootMark.test(text.slice(root.start, root.start + MAX_MARK_CHARS))),
    );
    if (format === undefined) {
      if (!this.#otherRoots.includes(root.name)) this.#otherRoots.push(root.name);
      return null;
    }
    return this.#whole(format, i, asIs, endOfElement(text, root));
  }

  #json(i: number, asIs: boolean): number | null {
    if (this.#jsonTries === 0) return null;
    this.#jsonTries--;
    const { text, starts } = this.#join(asIs);
    const end = endOfJson(text, starts[i]!);
    if (end === null) return null;
    let value: unknown;
    try {
      value = JSON.parse(text.slice(starts[i], end));
    } catch {
      return null;
    }
    const format = this.#formats.find(({ holdsJson }) => holdsJson?.(value) === true);
    return format === undefined ? null : this.#whole(format, i, asIs, end);
  }

  /** A document from line `i` to the offset `end`: the line behind it. */
  #whole(format: Format, i: number, asIs: boolean, end: number): number {
    const { text, starts } = this.#join(asIs);
    this.#close(i);
    const document = text.slice(starts[i], end);
    const behind = i + document.split('\n').length;
    for (let at = i; at < behind; at++) this.#taken[at] = this.#used[at] = true;
    this.#pieces.push({ format, text: document, origin: this.#origin, lines: this.#lines.slice(i, behind) });
    const rest = text.slice(end, (starts[behind] ?? text.length + 1) - 1);
    if (rest.trim() !== '') this.#behind.push({ at: behind - 1, text: rest.trim().slice(0, 80) });
    return behind;
  }

  #line(i: number): number {
    const { text } = this.#lines[i]!;
    const current = this.#current;
    const short = text.length > 2000 ? text.slice(0, 2000) : text;
    if (current !== null) {
      const { mark, begins, holds } = current.format.lines;
      const again = begins?.test(short) === true;
      if (again && this.#hasBegun(i, current)) this.#close(i);
      else if (again || mark.test(short) || holds?.test(short) === true) {
        this.#taken[i] = true;
        return i + 1;
      }
    }
    if (this.#any.test(short)) {
      const found = this.#texts.filter(({ lines }) => lines.mark.test(short));
      if (found.length > 0) {
        const format = found.reduce((a, b) => (b.lines.confidence > a.lines.confidence ? b : a));
        if (this.#current === null || format.id !== this.#current.format.id) {
          this.#close(i);
          this.#current = { format, from: i, origin: this.#origin };
        }
        this.#taken[i] = true;
        return i + 1;
      }
    }
    if (this.#current !== null && this.#current.format.lines.holds === undefined) this.#taken[i] = true;
    return i + 1;
  }

  #hasBegun(i: number, { from, format }: { from: number; format: Required<Pick<Format, 'lines'>> }): boolean {
    const { begins } = format.lines;
    return begins !== undefined && this.#lines.slice(from, i).some(({ text }) => begins.test(text));
  }

  #close(end: number): void {
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    const lines = this.#lines.slice(current.from, end);
    for (let at = current.from; at < end; at++) this.#used[at] = true;
    const text = lines.map((line) => line.text).join('\n');
    this.#pieces.push({ format: current.format, text: `${text}\n`, origin: current.origin, lines });
  }

  /** Texts that only their path tells: blocks of lines of one origin. */
  #byOrigin(): void {
    let from = 0;
    let origin = this.#fileOrigin;
    const take = (end: number): void => {
      const format = this.#formats.find(({ isFrom }) => isFrom?.(origin) === true);
      const lines = this.#lines.slice(from, end);
      if (format === undefined || this.#used.slice(from, end).includes(true)) return;
      // Blank lines between two commands say nothing; an empty file may.
      if (lines.every(({ text }) => text.trim() === '') && lines.length !== this.#lines.length) return;
      for (let i = from; i < end; i++) this.#taken[i] = true;
      const text = lines.map((line) => line.text).join('\n');
      this.#pieces.push({ format, text, origin, lines });
    };
    this.#lines.forEach((line, i) => {
      const command = commandOf(line.text);
      const named = line.path !== null && line.path !== origin.path;
      if (command === null && !named) return;
      take(i);
      from = command === null ? i : i + 1;
      if (command === '') origin = { command: null, path: null };
      else
        origin = command === null ? { command: origin.command, path: line.path } : { command, path: pathOf(command) };
    });
    take(this.#lines.length);
  }

  #ignored(): readonly IgnoredLines[] {
    const out: { first: number; last: number; text: string; at: number }[] = [];
    for (const { at, text } of this.#behind)
      out.push({ first: this.#lines[at]!.line, last: this.#lines[at]!.line, text, at: -2 });
    this.#lines.forEach((line, i) => {
      if (this.#taken[i]) return;
      const last = out.at(-1);
      if (last !== undefined && last.at === i - 1) {
        last.last = line.line;
        last.at = i;
      } else out.push({ first: line.line, last: line.line, text: line.text.trim().slice(0, 80), at: i });
    });
    return out.sort((a, b) => a.first - b.first).map(({ first, last, text }) => ({ first, last, text }));
  }
}

/** Blanks, comments, instructions and a DOCTYPE before the root element, and its name. */
function rootOf(text: string, from: number): { readonly name: string; readonly start: number } | null {
  const prologue = /(?:\s|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)/y;
  let offset = from;
  for (;;) {
    prologue.lastIndex = offset;
    if (!prologue.test(text)) break;
    offset = prologue.lastIndex;
  }
  const doctype = /<!DOCTYPE\s+([^\s>[]{1,60})/y;
  doctype.lastIndex = offset;
  const declared = doctype.exec(text);
  // Refused by the XML reader: here it must not hide what the document is, and all of it is that document.
  if (declared !== null) return { name: declared[1]!, start: -1 };
  const tag = /<([A-Za-z_:][\w:.-]{0,60})/y;
  tag.lastIndex = offset;
  const name = tag.exec(text)?.[1];
  return name === undefined ? null : { name, start: offset };
}

/** The offset behind the element's closing tag; the end of the text when it is not closed. */
function endOfElement(text: string, { name, start }: { readonly name: string; readonly start: number }): number {
  if (start === -1) return text.length;
  const markup = /<!--|<!\[CDATA\[|<\?|<\/?([A-Za-z_:][\w:.-]*)/g;
  markup.lastIndex = start;
  let depth = 0;
  for (let match = markup.exec(text); match !== null; match = markup.exec(text)) {
    const [found, tag] = match;
    const skip = found === '<!--' ? '-->' : found === '<![CDATA[' ? ']]>' : found === '<?' ? '?>' : null;
    if (skip !== null) {
      const close = text.indexOf(skip, markup.lastIndex);
      if (close === -1) return text.length;
      markup.lastIndex = close + skip.length;
      continue;
    }
    if (tag !== name) continue;
    const close = endOfTag(text, markup.lastIndex);
    if (close === null) return text.length;
    markup.lastIndex = close;
    if (found.startsWith('</')) depth--;
    else if (text[close - 2] !== '/') depth++;
    if (depth <= 0) return close;
  }
  return text.length;
}

/** Behind the `>` of a tag, quoted values skipped. */
function endOfTag(text: string, from: number): number | null {
  const stop = /["'>]/g;
  stop.lastIndex = from;
  for (let match = stop.exec(text); match !== null; match = stop.exec(text)) {
    if (match[0] === '>') return match.index + 1;
    const close = text.indexOf(match[0], match.index + 1);
    if (close === -1) return null;
    stop.lastIndex = close + 1;
  }
  return null;
}

/** Behind the bracket that closes the first; null when none does. */
function endOfJson(text: string, from: number): number | null {
  const stop = /["{}[\]]/g;
  stop.lastIndex = from;
  let depth = 0;
  for (let match = stop.exec(text); match !== null; match = stop.exec(text)) {
    if (match[0] === '"') {
      const close = /(?:[^"\\]|\\.)*"/gy;
      close.lastIndex = match.index + 1;
      if (!close.test(text)) return null;
      stop.lastIndex = close.lastIndex;
    } else depth += match[0] === '{' || match[0] === '[' ? 1 : -1;
    if (depth === 0) return match.index + 1;
    if (depth > MAX_JSON_DEPTH) return null;
  }
  return null;
}

/** Diagnostics of a piece, with the lines of the file. */
export function placed(diagnostics: readonly Diagnostic[], { lines }: Piece): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => ({ ...diagnostic, where: placeOf(diagnostic.where, lines) }));
}

function placeOf(where: Place, lines: readonly PastedLine[]): Place {
  if (where.line === undefined) return where;
  const line = lines[Math.min(where.line, lines.length) - 1];
  if (line === undefined) return where;
  return {
    ...where,
    line: line.line,
    ...(where.column === undefined ? {} : { column: where.column + line.column }),
  };
}

/** A note on lines that were left out; null when none were. */
export function ignoredNote(ignored: readonly IgnoredLines[], file: string): Diagnostic | null {
  const [first] = ignored;
  if (first === undefined) return null;
  const total = ignored.reduce((sum, { first: from, last }) => sum + last - from + 1, 0);
  const named = ignored
    .slice(0, 10)
    .map(({ first: from, last }) => (from === last ? `${from}` : `${from}-${last}`))
    .join(', ');
  const more = ignored.length > 10 ? ' and more' : '';
  return {
    severity: 'note',
    slug: 'lines-ignored',
    message: `${plural(total, 'line')} of the file ${total === 1 ? 'is' : 'are'} not read: line ${named}${more}.`,
    where: { file, line: first.first },
    found: quote(first.text),
  };
}

/** The value of a reading whose diagnostics were placed: null when one is an error. */
export const readOf = <T>(value: T | null, diagnostics: readonly Diagnostic[]): Read<T> => ({
  value: hasErrors(diagnostics) ? null : value,
  diagnostics,
});
