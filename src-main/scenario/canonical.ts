/**
 * The canonical text of a scenario: keys in the order of the schema, fixed defaults written out (so that a file gives
 * the same run when a later version changes a default), derived values left out, units as written, 2 spaces.
 *
 * A list or object that fits a line stays on one line, so a range, a cell or a row of a matrix is one line of a diff.
 * canonical(read(canonical(x))) = canonical(x).
 */
import { visibleJson } from '../../shared/errors/index.ts';
import type { Scenario, ScenarioInput } from './schema.ts';
import { scenarioSchema } from './schema.ts';

const LINE_CHARS = 110;

/** @param scenario one that passes the schema; throws where it does not, which is our bug. */
export function canonicalText(scenario: Scenario | ScenarioInput): string {
  return visibleJson(`${print(scenarioSchema.parse(scenario), 0)}\n`);
}

function print(value: unknown, indent: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const entries = isList
    ? value.map((item: unknown) => ({ key: '', item }))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => ({ key: `${JSON.stringify(key)}: `, item: item as unknown }));
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return open + close;
  const line = oneLine(entries, isList, LINE_CHARS - indent);
  if (line !== null) return line;
  const pad = ' '.repeat(indent + 2);
  const lines = entries.map(({ key, item }) => `${pad}${key}${print(item, indent + 2)}`);
  return `${open}\n${lines.join(',\n')}\n${' '.repeat(indent)}${close}`;
}

/** All on one line when it holds only plain values (lists may be inside an object) and fits. */
function oneLine(
  entries: readonly { readonly key: string; readonly item: unknown }[],
  isList: boolean,
  room: number,
): string | null {
  const plain = (item: unknown): boolean => typeof item !== 'object' || item === null;
  const flat = (item: unknown): boolean => plain(item) || (!isList && Array.isArray(item) && item.every(plain));
  if (!entries.every(({ item }) => flat(item))) return null;
  const text = entries
    .map(
      ({ key, item }) =>
        key + (Array.isArray(item) ? `[${item.map((x) => JSON.stringify(x)).join(', ')}]` : JSON.stringify(item)),
    )
    .join(', ');
  const line = isList ? `[${text}]` : `{ ${text} }`;
  return line.length <= room ? line : null;
}
