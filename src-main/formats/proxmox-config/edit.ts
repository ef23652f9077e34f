/**
 * Changes values of a Proxmox configuration and nothing else: `/memory` is all behind the colon, `/numa0/hostnodes` one property
 * of it. Only lines of the VM itself are changed, not those of snapshots.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Change } from '../format.ts';
import { admitText } from '../input.ts';

export function editProxmox(text: string, file: string, changes: readonly Change[]): Read<string> {
  const list = new DiagnosticList(file);
  if (admitText(text, list) === null) return list.read<string>(null);
  const section = text.search(/^\[[^\]\n]{1,60}\]/m);
  const own = section === -1 ? text : text.slice(0, section);
  const replacements = changes.flatMap(({ path, value }) => {
    if (!/^[^\r\n]{0,1000}$/.test(value)) {
      list.error('edit-character', 'A value is of one line.', { path }, { found: quote(value) });
      return [];
    }
    const span = spanOf(own, path);
    if (span === null) list.error('edit-path', 'There is no such value in the text.', { path });
    return span === null ? [] : [{ ...span, by: value }];
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

function spanOf(text: string, path: string): { readonly start: number; readonly end: number } | null {
  const [, key = '', property] = /^\/([\w-]{1,40})(?:\/([\w-]{1,40}))?$/.exec(path) ?? [];
  const line = key === '' ? null : new RegExp(`^(${key}:[ \\t]*)([^\\r\\n]*?)[ \\t]*\\r?$`, 'm').exec(text);
  if (line === null) return null;
  const start = line.index + line[1]!.length;
  if (property === undefined) return { start, end: start + line[2]!.length };
  const part = new RegExp(`(^|,)(${property}=)([^,]*)`).exec(line[2]!);
  if (part === null) return null;
  const from = start + part.index + part[1]!.length + part[2]!.length;
  return { start: from, end: from + part[3]!.length };
}
