/**
 * Changes scalars of KubeVirt's YAML (or JSON) and nothing else: the characters of the value, in the quotes that it has. A path is
 * `/spec/template/spec/domain/memory/guest`; of several documents it begins with `[2]`, of a list with `/items[1]`.
 */
import type { Document, Node } from 'yaml';
import { isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Change } from '../format.ts';
import { parseYaml } from '../yaml-text.ts';

export function editKubevirt(text: string, file: string, changes: readonly Change[]): Read<string> {
  const list = new DiagnosticList(file);
  if (parseYaml(text, list) === null || list.hasErrors) return list.read<string>(null);
  const documents = parseAllDocuments(text, { uniqueKeys: false, keepSourceTokens: true });
  const replacements = changes.flatMap((change) => {
    const found = Array.isArray(documents) ? spanOf(change, documents) : null;
    if (found === null) list.error('edit-path', 'There is no such value in the text.', { path: change.path });
    return found === null ? [] : [found];
  });
  let edited = '';
  let at = 0;
  for (const { start, end, by } of replacements.sort((a, b) => a.start - b.start)) {
    if (start < at) {
      list.error('edit-twice', 'A value is to be changed twice.', { line: 1 });
      break;
    }
    edited += text.slice(at, start) + by;
    at = end;
  }
  return list.read(edited + text.slice(at));
}

const PLAIN = /^[\w.+-]{1,200}$/;

function spanOf(
  { path, value }: Change,
  documents: readonly Document[],
): { readonly start: number; readonly end: number; readonly by: string } | null {
  const [, nth = '1', rest = ''] = /^(?:\[(\d{1,5})\])?(.*)$/.exec(path) ?? [];
  let node: Node | null | undefined = documents[Number(nth) - 1]?.contents as Node | null | undefined;
  for (const [, name = '', index] of rest.matchAll(/\/([^/[\]]+)(?:\[(\d{1,6})\])?/g)) {
    node = isMap(node) ? (node.get(name, true) as Node | undefined) : undefined;
    if (index !== undefined) node = isSeq(node) ? (node.get(Number(index) - 1, true) as Node | undefined) : undefined;
  }
  if (!isScalar(node) || node.range === undefined || node.range === null) return null;
  const [start, end] = node.range;
  const quotes = node.type === 'QUOTE_DOUBLE' ? '"' : node.type === 'QUOTE_SINGLE' ? "'" : '';
  const isPlain = PLAIN.test(value);
  if (!isPlain && quotes === '') return { start, end, by: quote(value) };
  return isPlain ? { start, end, by: `${quotes}${value}${quotes}` } : { start, end, by: JSON.stringify(value) };
}
