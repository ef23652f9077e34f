/**
 * A text as people paste it → its lines without what pasting put around them: colour codes, mail quotes, code fences,
 * HTML line breaks, blanks that are none, prefixes of grep, of containers and of `tail -v`. Pure, and it never fails: what is
 * not recognised as wrapping stays. Each line knows where it stood, so that a diagnostic names the line of the file.
 *
 * (a) Lines are never reordered, and none is invented.
 * (b) A prefix is only removed where it cannot be content: XML whose first line has no quote mark is taken as it is.
 */

export interface PastedLine {
  /** Without quote marks and prefixes; its own indentation is kept. */
  readonly text: string;
  /** With them, so that a document that begins without them can be taken as it is. */
  readonly raw: string;
  /** Line of the original, from 1. */
  readonly line: number;
  /** Characters of the original line before `text`. */
  readonly column: number;
  /** Quote marks before it. */
  readonly depth: number;
  /** File that grep or tail named before it. */
  readonly path: string | null;
}

/** Text in UTF-16 that was read as bytes has a NUL in every second place. ASCII survives without them. */
export function withoutUtf16(text: string): string {
  const head = text.slice(0, 64);
  const nuls = head.split('\0').length - 1;
  return nuls * 3 < head.length || nuls === 0 ? text : text.replace(/\0/g, '').replace(/^[\ufffd\ufeff\ufffe]+/, '');
}

const ESCAPE = '\u001b';
// CSI, OSC and the two-byte escapes of terminals; a bell or backspace alone says nothing.
const COLOUR = new RegExp(
  `${ESCAPE}\\[[0-9;:?]*[ -/]*[@-~]|${ESCAPE}\\][^\\u0007${ESCAPE}]{0,256}(?:\\u0007|${ESCAPE}\\\\)|${ESCAPE}[()][A-Z0-9]|${ESCAPE}[=>78cM]|\\u0007|\\u0008`,
  'g',
);
const BLANKS = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;
const NOTHING = /[\u200b-\u200d\u2060\ufeff\u00ad]/g;

/** One line without what a terminal or an editor put into it. */
function plain(line: string): string {
  if (!/[\u0007\u0008\u001b\u00a0\u00ad\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/.test(line)) return line;
  return line.replace(COLOUR, '').replace(BLANKS, ' ').replace(NOTHING, '');
}

const QUOTES = /^(?:[ \t]{0,8}[>|])+[ \t]?/;
const FENCE =
  /^\s*(?:`{3,}|~{3,})\s*[\w+-]{0,20}\s*$|^\s*[[{]\/?(?:code|noformat|quote|pre)(?:[:=][^\]}]{0,40})?[\]}]\s*$/i;
const HTML_ONLY = /^\s*<\/?(?:pre|code|p|div|blockquote|span|tt|font|html|body)\b[^<>]{0,200}>\s*$/i;
const SUDO = /^\s*\[sudo\] (?:password for|Passwort f\u00fcr|mot de passe de)[^:\n]{0,64}:\s?/i;
const TAIL = /^==> (\S.{0,300}) <==$/;
/** `compute | `, `[pod/virt-launcher-x/compute] `: the same before every line. */
const CONTAINER = /^(?:[\w.-]{1,64}(?:\s{1,30})?\| |\[(?:pod\/)?[\w./-]{1,120}\] )/;
/** grep names an absolute or relative path, maybe a line number; `-` on lines of context. */
const GREP = /^((?:\/|\.{1,2}\/)?(?:[\w.@+*~=,-]{1,80}\/)*[\w.@+*~=,-]{1,80})(?:([:-])(\d{1,7}))?([:-])(?=.)/;

export function cleanLines(original: string): readonly PastedLine[] {
  // A carriage return alone ends a line too, as old systems and progress bars write it.
  const text = withoutUtf16(original).replace(/\r\n?/g, '\n');
  const html = /<br\s*\/?>/i.test(text);
  const lines: PastedLine[] = [];
  let path: string | null = null;
  let number = 0;
  for (let start = 0; start <= text.length;) {
    number++;
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    const physical = text.slice(start, end);
    start = end + 1;
    let column = 0;
    for (const part of html ? physical.split(/<br\s*\/?>/i) : [physical]) {
      const tail = TAIL.exec(part.trim());
      if (tail !== null) path = tail[1]!;
      else lines.push(lineOf(html ? withoutHtml(part) : plain(part), number, column, path));
      column += part.length + 4;
    }
  }
  return withoutPrefixes(lines);
}

function lineOf(untrimmed: string, line: number, column: number, path: string | null): PastedLine {
  const raw = untrimmed.trimEnd();
  if (FENCE.test(raw) || HTML_ONLY.test(raw)) return { text: '', raw: '', line, column, depth: 0, path };
  const quotes = QUOTES.exec(raw)?.[0] ?? '';
  const sudo = SUDO.exec(raw.slice(quotes.length))?.[0] ?? '';
  const cut = quotes.length + sudo.length;
  const unquoted = cut === 0 ? raw : raw.slice(cut);
  if (cut > 0 && FENCE.test(unquoted)) return { text: '', raw: '', line, column, depth: 0, path };
  return {
    text: unquoted,
    raw: quotes === '' ? unquoted : raw,
    line,
    column: column + cut,
    depth: quotes.replace(/[^>|]/g, '').length,
    path,
  };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ' };

function withoutHtml(line: string): string {
  return plain(line)
    .replace(/<\/?(?:pre|code|p|div|blockquote|span|tt|font|html|body|b|i)\b[^<>]{0,200}>/gi, '')
    .replace(/&(lt|gt|amp|quot|nbsp);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** Prefixes of containers and of grep, where neighbouring lines have them too. */
function withoutPrefixes(lines: readonly PastedLine[]): readonly PastedLine[] {
  const container = runsOf(lines, (text) => CONTAINER.exec(text)?.[0] ?? null);
  const once = withoutNumbers(lines.map((line, i) => cut(line, container[i] ?? null, null)));
  const grep = runsOf(once, (text) => (KEPT_PATH.test(text) ? null : grepPrefix(text)));
  return once.map((line, i) => {
    if (grep[i] !== null) return cut(line, GREP.exec(line.text)?.[0] ?? null, grep[i] ?? null);
    // A single line of a file whose path says what it is.
    const alone = KEPT_PATH.test(line.text) ? null : /^\/(?:proc|sys|var\/log)\/[^\s:]{1,200}:(?=.)/.exec(line.text);
    return alone === null ? line : cut(line, alone[0], alone[0].slice(0, -1));
  });
}

const NUMBERED = /^(\d{1,7})[:-]/;

/**
 * `1:` to `n:` of grep -n: two lines or more with numbers that ascend. The first has no blank behind its colon, which tells
 * them from rows of a table by node (`0:  10  21`).
 */
function withoutNumbers(lines: readonly PastedLine[]): readonly PastedLine[] {
  const out = [...lines];
  for (let i = 0; i < lines.length; i++) {
    let last = -1;
    let end = i;
    if (!/^\d{1,7}:[^\s\d-]/.test(lines[i]!.text)) continue;
    for (; end < lines.length; end++) {
      const number = NUMBERED.exec(lines[end]!.text)?.[1];
      if (number === undefined || Number(number) <= last) break;
      last = Number(number);
    }
    if (end - i >= 2)
      for (let at = i; at < end; at++) out[at] = cut(lines[at]!, NUMBERED.exec(lines[at]!.text)![0], null);
    i = Math.max(i, end - 1);
  }
  return out;
}

/** Attributes of the kernel are read by their paths, so these are content. */
const KEPT_PATH =
  /^\.?\/?(?:[\w.-]{1,64}\/){0,8}?(?:sys\/|devices\/system\/|node\d{1,5}\/|hugepages-\d|ksm\/)[^\s:]{1,300}:/;

/** What grep put before a line, without its line number: the same for each line of one file. */
function grepPrefix(text: string): string | null {
  const match = GREP.exec(text);
  if (match === null) return null;
  const [, file, , number] = match;
  // A word and a colon is how most labels look: only a path, a name with an extension, or a line number is grep's.
  if (/^\d+$/.test(file!)) return null;
  return file!.includes('/') || number !== undefined || /\.\w{1,8}$/.test(file!) ? file! : null;
}

/** The prefix of each line that shares it with a neighbour; null for the others. */
function runsOf(lines: readonly PastedLine[], prefixOf: (text: string) => string | null): readonly (string | null)[] {
  const prefixes = lines.map(({ text }) => (text === '' ? null : prefixOf(text)));
  return prefixes.map((prefix, i) => {
    if (prefix === null) return null;
    return prefixes[i - 1] === prefix || prefixes[i + 1] === prefix ? prefix : null;
  });
}

const cut = (line: PastedLine, prefix: string | null, path: string | null): PastedLine =>
  prefix === null
    ? line
    : {
        ...line,
        text: line.text.slice(prefix.length),
        column: line.column + prefix.length,
        depth: line.depth + 1,
        path: path ?? line.path,
      };
