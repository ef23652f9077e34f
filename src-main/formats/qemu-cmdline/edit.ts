/**
 * Changes values of a QEMU command line and nothing else. A path is `/object[2]/host-nodes`: the second -object, and of its
 * properties one, in its list or in its JSON; `/m` is all behind -m.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Change } from '../format.ts';
import { admitText } from '../input.ts';
import type { Word } from './arguments.ts';
import { optionsOf, programOf, wordsOf } from './arguments.ts';

export function editQemu(text: string, file: string, changes: readonly Change[]): Read<string> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const found = admitted === null ? null : programOf(admitted);
  const words = admitted === null || found === null ? null : wordsOf(admitted.slice(found.from));
  if (admitted === null || found === null || words === null) {
    if (!list.hasErrors) list.error('command-cut', 'The text has no whole command line of QEMU.', { line: 1 });
    return list.read<string>(null);
  }
  const options = optionsOf(words);
  const replacements = changes.flatMap(({ path, value }) => {
    const [, name = '', nth = '1', property] = /^\/([\w-]+)(?:\[(\d{1,5})\])?(?:\/([\w-]+))?$/.exec(path) ?? [];
    const word = options.filter((option) => option.name === name)[Number(nth) - 1]?.word ?? null;
    const span = word === null ? null : spanOf(admitted.slice(found.from), word, property);
    if (!/^[\w.:+/=-]{1,300}$/.test(value)) {
      list.error(
        'edit-character',
        'A value has a character that would need quotes.',
        { path },
        { found: quote(value) },
      );
      return [];
    }
    if (span === null) list.error('edit-path', 'There is no such value in the text.', { path });
    return span === null ? [] : [{ start: span.start + found.from, end: span.end + found.from, by: value }];
  });
  let edited = text.slice(0, text.length - admitted.length);
  let at = 0;
  for (const { start, end, by } of replacements.sort((a, b) => a.start - b.start)) {
    if (start < at) {
      list.error('edit-twice', 'A value is to be changed twice.', { line: 1 });
      break;
    }
    edited += admitted.slice(at, start) + by;
    at = end;
  }
  return list.read(edited + admitted.slice(at));
}

/** The characters of a property within its word, as it is written, quotes and all. */
function spanOf(
  text: string,
  { start, end }: Word,
  property: string | undefined,
): { readonly start: number; readonly end: number } | null {
  const written = text.slice(start, end);
  const quotes = /^['"]/.test(written) ? 1 : 0;
  if (property === undefined) return { start: start + quotes, end: end - quotes };
  const inJson = new RegExp(`"${property}"\\s*:\\s*(\\[[^\\]]*\\]|"[^"]*"|[\\w.+-]+)`).exec(written);
  const inList = new RegExp(`(?:^['"]?|,)${property}=([^,'"]*)`).exec(written);
  const match = inJson ?? inList;
  if (match === null) return null;
  const whole = match[1]!;
  // Of a list the numbers, of a text what is between its quotes.
  const inner = inJson !== null && /^["[]/.test(whole) ? 1 : 0;
  const from = start + match.index + match[0].length - whole.length + inner;
  return { start: from, end: from + whole.length - 2 * inner };
}
