/**
 * Changes values of an XML text and nothing else: what is between the quotes of an attribute, or between the tags of an
 * element that has no elements in it. Order, blanks, comments and everything that is not understood stay to the byte.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Change } from '../format.ts';
import { admitText } from '../input.ts';
import type { Span, XmlElement } from './document.ts';
import { parseXml } from './document.ts';

interface Replacement extends Span {
  readonly by: string;
}

/** The text with all changes made; no value when one of them cannot be. */
export function editXml(text: string, file: string, changes: readonly Change[]): Read<string> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const root = admitted === null ? null : parseXml(admitted, list);
  if (admitted === null || root === null) return list.read<string>(null);
  const replacements: Replacement[] = [];
  for (const change of changes) {
    const replacement = replacementOf(change, root, admitted, list);
    if (replacement === null) continue;
    if (replacements.some(({ start }) => start === replacement.start)) {
      list.error('edit-twice', 'A value is to be changed twice.', { path: change.path });
    } else replacements.push(replacement);
  }
  let edited = text.slice(0, text.length - admitted.length);
  let at = 0;
  for (const { start, end, by } of replacements.sort((a, b) => a.start - b.start)) {
    edited += admitted.slice(at, start) + by;
    at = end;
  }
  return list.read(edited + admitted.slice(at));
}

/** Characters that XML cannot say, not even by reference. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

function replacementOf(
  { path, value }: Change,
  root: XmlElement,
  text: string,
  list: DiagnosticList,
): Replacement | null {
  if (FORBIDDEN.test(value)) {
    const message = 'A value has a character that XML cannot say.';
    list.error('edit-character', message, { path }, { found: quote(value) });
    return null;
  }
  const [, elementPath = path, attribute] = /^(.*)\/@([^/]*)$/.exec(path) ?? [];
  const element = elementAt(root, elementPath);
  const span = element === null || attribute === undefined ? null : element.attributeSpans.get(attribute);
  if (element === null || span === undefined) {
    list.error('edit-path', 'There is no such value in the text.', { path });
    return null;
  }
  if (span !== null) return { ...span, by: escaped(value, text[span.end]!) };
  if (element.children.length > 0) {
    const message = 'An element with others in it has no value to be changed.';
    list.error('edit-content', message, { line: element.line, column: element.column, path });
    return null;
  }
  if (element.content !== null) return { ...element.content, by: escaped(value, '') };
  // One tag becomes two.
  const start = text.lastIndexOf('/', element.end);
  return { start, end: element.end, by: `>${escaped(value, '')}</${element.name}>` };
}

function elementAt(element: XmlElement, path: string): XmlElement | null {
  if (element.path === path) return element;
  const child = element.children.find((each) => path === each.path || path.startsWith(`${each.path}/`));
  return child === undefined ? null : elementAt(child, path);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Line ends and tabs of an attribute would be read as blanks, a CR everywhere as a line feed. @param mark its quote. */
function escaped(value: string, mark: string): string {
  return value.replace(/[&<>"'\t\n\r]/g, (c) => {
    if (c === '"' || c === "'") return c === mark ? ESCAPES[c]! : c;
    if (c === '\r' || (mark !== '' && (c === '\n' || c === '\t'))) return `&#${c.charCodeAt(0)};`;
    return ESCAPES[c] ?? c;
  });
}
