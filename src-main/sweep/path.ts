/**
 * Paths into a JSON document, as a person writes them: a JSON pointer (`/vms/0/dirty/rateMiBps`) or dots and brackets
 * (`vms[0].dirty.rateMiBps`, `vms.shop.dirty.rateMiBps`).
 *
 * (a) A part that is no position of a list is the name of one of its entries: its `name`, `vm`, `id` or `nid`.
 * (b) Reading, `*` stands for every entry. Writing, every part but the last must be there.
 */

export type DocumentPath = readonly string[];

/** The parts of a path; null where the text is none. */
export function parsePath(text: string): DocumentPath | null {
  if (text.startsWith('/')) {
    const parts = text.slice(1).split('/');
    return parts.includes('') || /~(?![01])/.test(text)
      ? null
      : parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const parts: string[] = [];
  const part = /\.?([^.[\]"]+)|\.?\[(?:"((?:[^"\\]|\\.)*)"|([^\]"]+))\]/y;
  while (part.lastIndex < text.length) {
    const start = part.lastIndex;
    const found = part.exec(text);
    const isFirst = start === 0;
    const hasDot = text[start] === '.';
    if (found === null || (isFirst ? hasDot : !hasDot && text[start] !== '[')) return null;
    parts.push(found[1] ?? found[3] ?? (JSON.parse(`"${found[2]}"`) as string));
  }
  return parts.length === 0 ? null : parts;
}

const ENTRY_NAMES = ['name', 'vm', 'id', 'nid'] as const;

/** Where in a value the part leads: the key of an object or the position in a list; null where there is no such place. */
function keyOf(value: unknown, part: string): string | number | null {
  if (Array.isArray(value)) {
    if (/^(0|[1-9]\d{0,8})$/.test(part) && Number(part) < value.length) return Number(part);
    const entry = value.findIndex(
      (each: unknown) => isObject(each) && ENTRY_NAMES.some((key) => String(each[key]) === part),
    );
    return entry < 0 ? null : entry;
  }
  return isObject(value) && Object.hasOwn(value, part) ? part : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All values that the path leads to. */
export function valuesAt(document: unknown, path: DocumentPath): readonly unknown[] {
  let found: readonly unknown[] = [document];
  for (const part of path) {
    found = found.flatMap((value) => {
      if (part === '*') return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
      const key = keyOf(value, part);
      return key === null ? [] : [(value as Record<string | number, unknown>)[key]];
    });
  }
  return found;
}

/**
 * Puts a value at a path, where the document is changed in place. A last part that is no key yet becomes one: what the
 * document may hold is for its schema to say.
 * @returns the part that leads nowhere; null when it is done.
 */
export function setAt(document: unknown, path: DocumentPath, value: unknown): string | null {
  let place = document;
  for (const part of path.slice(0, -1)) {
    const key = keyOf(place, part);
    if (key === null) return part;
    place = (place as Record<string | number, unknown>)[key];
  }
  const last = path.at(-1)!;
  const key = keyOf(place, last) ?? (isObject(place) && last !== '__proto__' ? last : null);
  if (key === null) return last;
  (place as Record<string | number, unknown>)[key] = value;
  return null;
}

/** A copy of a JSON value, to be changed. */
export const copyOf = <T>(value: T): T =>
  typeof value === 'object' ? (JSON.parse(JSON.stringify(value)) as T) : value;
