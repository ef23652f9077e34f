/** What readers of a command's output share: its lines, bounded numbers, names of VMs. */
import type { Place, Read } from '../../shared/errors/index.ts';
import { DiagnosticList, quote } from './diagnostic-list.ts';
import { parseIdList } from './id-list.ts';
import { admitText } from './input.ts';
import { eachLine } from './linux-text.ts';
import type { VmState, VmStateFacts } from './measured.ts';
import { NO_VM_STATE } from './measured.ts';
import type { Origin } from './paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from './paste/prompt.ts';
import { MAX_NODES } from './topology.ts';

export interface OutputLine {
  /** Trimmed; at its end alone where indentation counts. */
  readonly text: string;
  readonly line: number;
}

/** Never throws; what `make` returns counts only when it told no error. */
export function readOutput<F>(
  text: string,
  file: string,
  make: (lines: readonly OutputLine[], list: DiagnosticList) => F | null,
  { indented = false }: { readonly indented?: boolean } = {},
): Read<F> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<F>(null);
  const lines: OutputLine[] = [];
  eachLine(admitted, (each, line) => {
    if (each.trim() !== '') lines.push({ text: indented ? each : each.trim(), line });
  });
  return list.read(make(lines, list));
}

/** Without a prototype, whatever a text calls its fields. */
export const recordOf = <V>(entries: Iterable<readonly [string, V]>): Readonly<Record<string, V>> =>
  Object.assign(Object.create(null) as Record<string, V>, Object.fromEntries(entries));

/** A whole number up to 2^53; null, with an error, when it is none. */
export function wholeOf(
  text: string,
  where: Place,
  list: DiagnosticList,
  max = Number.MAX_SAFE_INTEGER,
): number | null {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  const detail = { found: quote(text), expected: `a whole number from 0 to ${max}` };
  list.error('number-invalid', 'A number cannot be read.', where, detail);
  return null;
}

/** A number that may have decimals, with a point or, as in other languages, a comma. */
export const decimalOf = (text: string): number | null =>
  /^\d{1,15}(?:[.,]\d{1,9})?$/.test(text) ? Number(text.replace(',', '.')) : null;

/** A list of CPUs or nodes; null, with an error, when it cannot be read. */
export function idsOf(text: string, where: Place, list: DiagnosticList): readonly number[] | null {
  const result = parseIdList(text, 'comma', list.idBudget);
  if (result.ok) return result.ids;
  const message = `A list of ids cannot be read at ${quote(result.term)}: ${result.reason}.`;
  list.error('id-list-invalid', message, where, { found: quote(text), expected: 'a list such as 0-3,8' });
  return null;
}

/** Whether a node may be read: its id and their number are bounded. */
export function admitNode(id: number, known: number, where: Place, list: DiagnosticList): boolean {
  if (id < MAX_NODES * 64 && known < MAX_NODES) return true;
  const detail = { found: `node ${id}`, expected: `at most ${MAX_NODES} nodes` };
  list.error('too-many-nodes', 'There are too many nodes.', where, detail);
  return false;
}

/** The fields of one VM that its text does not name. */
export function vmStateOf(
  kind: string,
  file: string,
  origin: Origin | undefined,
  state: Partial<Omit<VmState, 'name' | 'nameFrom'>>,
): VmStateFacts {
  return { kind, vms: [{ ...vmNameOf(origin ?? NO_ORIGIN, file), ...NO_VM_STATE, ...state }] };
}

/** An output without the lines that make it one: cut, or in a language that is not read. */
export function reportNothing(what: string, expected: string, list: DiagnosticList): null {
  const hint = 'If its labels are in another language, run the command again with LC_ALL=C before it.';
  if (!list.hasErrors)
    list.error('output-empty', `This is no complete output of ${what}.`, { line: 1 }, { expected, hint });
  return null;
}
