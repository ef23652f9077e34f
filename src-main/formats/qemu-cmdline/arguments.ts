/**
 * The words of a command line, however it was had: from a shell or a script (quotes, backslashes at line ends), from ps or
 * /proc/PID/cmdline (no quotes: a JSON object is one word, whatever blanks it has), from libvirt's log (JSON in quotes).
 * Each word knows where it stood, so that one value of it can be changed.
 */

export interface Word {
  /** Without quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Null where a quote or a bracket is not closed: the line is cut. */
export function wordsOf(text: string): readonly Word[] | null {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = /(?:\s|\\\r?\n)+/y;
    blank.lastIndex = at;
    if (blank.test(text)) at = blank.lastIndex;
    if (at >= text.length) break;
    const word = text[at] === '{' ? jsonWord(text, at) : shellWord(text, at);
    if (word === null) return null;
    words.push(word);
    at = word.end;
  }
  return words;
}

/** `{"qom-type":"secret"}` as ps prints it. */
function jsonWord(text: string, start: number): Word | null {
  const stop = /["{}]/g;
  stop.lastIndex = start;
  let depth = 0;
  for (let match = stop.exec(text); match !== null; match = stop.exec(text)) {
    if (match[0] === '"') {
      const close = /(?:[^"\\]|\\.)*"/gy;
      close.lastIndex = match.index + 1;
      if (!close.test(text)) return null;
      stop.lastIndex = close.lastIndex;
    } else depth += match[0] === '{' ? 1 : -1;
    if (depth === 0) return { text: text.slice(start, match.index + 1), start, end: match.index + 1 };
  }
  return null;
}

function shellWord(text: string, start: number): Word | null {
  let word = '';
  let at = start;
  while (at < text.length) {
    const c = text[at]!;
    if (/\s/.test(c)) break;
    if (c === "'") {
      const close = text.indexOf("'", at + 1);
      if (close === -1) return null;
      word += text.slice(at + 1, close);
      at = close + 1;
    } else if (c === '"') {
      const close = /"((?:[^"\\]|\\[^])*)"/y;
      close.lastIndex = at;
      const match = close.exec(text);
      if (match === null) return null;
      word += match[1]!.replace(/\\(["\\$`])/g, '$1');
      at = close.lastIndex;
    } else if (c === '\\') {
      if (/^\\\r?\n/.test(text.slice(at, at + 3))) break;
      word += text[at + 1] ?? '';
      at += 2;
    } else {
      word += c;
      at++;
    }
  }
  return { text: word, start, end: Math.max(at, start + 1) };
}

/** `key=value,flag`: `,,` is a comma within a value. Keys may repeat; a first part without `=` has the key ''. */
export function propertiesOf(value: string): readonly (readonly [key: string, value: string])[] {
  return value
    .replaceAll(',,', '\0')
    .split(',')
    .map((part, i) => {
      const plain = part.replaceAll('\0', ',');
      const at = plain.indexOf('=');
      if (at !== -1) return [plain.slice(0, at), plain.slice(at + 1)] as const;
      return i === 0 ? (['', plain] as const) : ([plain, 'on'] as const);
    });
}

const PROGRAM = /(?:^|[\s/'"])((?:qemu-system-[\w-]{1,20}|qemu-kvm|kvm)(?:\.exe)?)['"]?(?=\s)/;

export interface Option {
  readonly name: string;
  readonly value: string;
}

/** Options by their name, without the dashes before it. */
export function optionsOf(words: readonly Word[]): readonly (Option & { readonly word: Word | null })[] {
  const options: (Option & { readonly word: Word | null })[] = [];
  for (let i = 0; i < words.length; i++) {
    const name = /^--?([a-zA-Z][\w-]*)$/.exec(words[i]!.text)?.[1];
    if (name === undefined) continue;
    const next = words[i + 1];
    const value = next === undefined || /^--?[a-zA-Z]/.test(next.text) ? null : next;
    options.push({ name, value: value?.text ?? '', word: value });
    if (value !== null) i++;
  }
  return options;
}

export function programOf(text: string): { readonly program: string; readonly from: number } | null {
  const match = PROGRAM.exec(text);
  return match === null ? null : { program: match[1]!, from: match.index + match[0].length };
}
/** A word in the quotes that a POSIX shell needs. */
export const shellQuoted = (word: string): string =>
  /^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
