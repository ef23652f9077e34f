/**
 * Tables of numastat: a head with a column a node and mostly a total, then rows of figures. Wide tables are folded by numastat
 * (the head comes again, with the next nodes) and by terminals (figures go on in the next line). With -z columns of zeros are
 * left out, so that only the head says whose a figure is.
 *
 * Figures are MiB that numastat calls MB, with two decimals or, by -c, whole; the tables of counters are pages.
 */
import type { DiagnosticList } from './diagnostic-list.ts';
import { quote } from './diagnostic-list.ts';
import type { KibOnNode } from './measured.ts';
import type { OutputLine } from './output-lines.ts';
import { admitNode, decimalOf } from './output-lines.ts';

const HEAD = /^(?:PID\s+)?((?:Node \d{1,9}\s*)*)(Total)?$/;
const RULE = /^[\s-]+$/;
const NOISE = /^Token \S{1,64} not in hash table\.$/;
const FIGURES = /^\d{1,16}(?:[.,]\d{1,4})?(?:\s+\d{1,16}(?:[.,]\d{1,4})?)*$/;
const ROW =
  /^(\d{1,10} \(.{0,64}?\)?|[A-Za-z_][\w()]{0,40})\s+(\d{1,16}(?:[.,]\d{1,4})?(?:\s+\d{1,16}(?:[.,]\d{1,4})?)*)$/;
const MAX_ROWS = 65_536;

export interface NumastatRow {
  /** `Huge`, `MemTotal`, `3649 (qemu-system-x86)`. */
  readonly name: string;
  readonly line: number;
  /** By node, as printed. */
  readonly figures: ReadonlyMap<number, number>;
  readonly total: number | null;
}

export interface NumastatTable {
  readonly nodes: readonly number[];
  readonly rows: readonly NumastatRow[];
  /** Hundredths or whole ones. */
  readonly decimals: number;
}

interface Building {
  readonly name: string;
  readonly line: number;
  texts: string[];
}

interface Columns {
  readonly nodes: readonly number[];
  readonly hasTotal: boolean;
}

/** Whether a line belongs to such a table. */
export const TABLE_LINE = new RegExp(
  `^\\s*(?:PID\\s+(?:Node \\d|Total)|Node \\d{1,9}\\b(?! Mem)|Total\\s*$|-[\\s-]*$|Token \\S{1,64} not in hash|[\\d.,\\s]+$|\\d{1,10} \\(.{0,2000}\\s[\\d.]+\\s*$|[A-Za-z_][\\w()]{0,40}(?:\\s+[\\d.,]+)+\\s*$)`,
);

export function tableOf(lines: readonly OutputLine[], list: DiagnosticList): NumastatTable {
  const rows = new Map<string, { line: number; figures: Map<number, number>; total: number | null }>();
  const nodes = new Set<number>();
  let columns: Columns | null = null;
  let row: Building | null = null;
  let decimals = 0;
  const close = (): void => {
    if (row === null || columns === null) return;
    decimals = Math.max(decimals, ...row.texts.map((text) => (/[.,](\d+)$/.exec(text)?.[1] ?? '').length));
    take(row, columns, rows, list);
    row = null;
  };
  for (const { text, line } of lines) {
    const head = text === '' ? null : HEAD.exec(text);
    if (head !== null && (head[1] !== '' || head[2] !== undefined)) {
      close();
      columns = columnsOf(head, nodes, line, list);
      continue;
    }
    if (RULE.test(text) || NOISE.test(text)) {
      close();
      continue;
    }
    if (row !== null && FIGURES.test(text)) {
      row.texts.push(...figuresOf(text));
      continue;
    }
    const match = ROW.exec(text);
    if (match === null || columns === null) continue;
    close();
    row = { name: match[1]!, line, texts: figuresOf(match[2]!) };
  }
  close();
  return {
    nodes: [...nodes].sort((a, b) => a - b),
    rows: [...rows].map(([name, { line, figures, total }]) => ({ name, line, figures, total })),
    decimals,
  };
}

const figuresOf = (text: string): string[] => text.trim().split(/\s+/);

function columnsOf(head: RegExpExecArray, nodes: Set<number>, line: number, list: DiagnosticList): Columns {
  const own = [...head[1]!.matchAll(/Node (\d{1,9})/g)].map((match) => Number(match[1]));
  if (new Set(own).size !== own.length) {
    list.error('node-duplicate', 'A node has two columns.', { line }, { found: quote(head[0]) });
  }
  for (const node of own) if (admitNode(node, nodes.size, { line }, list)) nodes.add(node);
  return { nodes: own, hasTotal: head[2] !== undefined };
}

function take(
  { name, line, texts }: Building,
  { nodes, hasTotal }: Columns,
  rows: Map<string, { line: number; figures: Map<number, number>; total: number | null }>,
  list: DiagnosticList,
): void {
  const path = `/${name}`;
  const values = texts.map(decimalOf);
  const expected = nodes.length + (hasTotal ? 1 : 0);
  // Narrow screens cut the total off.
  const cut = hasTotal && values.length === nodes.length;
  if (values.includes(null) || (values.length !== expected && !cut)) {
    const detail = { found: quote(texts.join(' ')), expected: `${expected} figures, as the head has columns` };
    list.error('row-cut', `The row ${quote(name)} is cut, or a number in it is torn.`, { line, path }, detail);
    return;
  }
  const known = rows.get(name) ?? { line, figures: new Map<number, number>(), total: null };
  if (rows.size >= MAX_ROWS && !rows.has(name)) {
    list.error('too-many-rows', 'There are too many rows.', { line }, { expected: `at most ${MAX_ROWS}` });
    return;
  }
  rows.set(name, known);
  nodes.forEach((node, i) => {
    if (known.figures.has(node)) {
      const hint = 'Are these two outputs in one file?';
      list.error('row-duplicate', `The row ${quote(name)} is given twice.`, { line, path }, { hint });
    } else known.figures.set(node, values[i]!);
  });
  if (hasTotal && !cut) known.total = values.at(-1)!;
}

/** Rows add up to their total, but for rounding: a torn or lost digit would not. */
export function checkSums({ rows, decimals }: NumastatTable, list: DiagnosticList): void {
  for (const { name, line, figures, total } of rows) {
    if (total === null) continue;
    const sum = [...figures.values()].reduce((a, b) => a + b, 0);
    // Each figure is rounded by itself, and the last decimal may be lost.
    const tolerance = (figures.size + 1) * 10 ** -decimals + 0.1;
    if (Math.abs(sum - total) <= tolerance) continue;
    const detail = { found: `${sum.toFixed(decimals)} in all columns`, expected: `${total}, as its total says` };
    list.error(
      'row-sum',
      `The row ${quote(name)} does not add up: is a number torn?`,
      { line, path: `/${name}` },
      detail,
    );
  }
}

/** MiB as printed to KiB. */
export const kibOf = (mib: number): number => Math.round(mib * 1024);

export const kibByNode = (figures: ReadonlyMap<number, number>): readonly KibOnNode[] =>
  [...figures].sort(([a], [b]) => a - b).map(([node, mib]) => ({ node, kib: kibOf(mib) }));

/** How coarse the figures are. */
export const resolutionKiB = (decimals: number): number =>
  decimals === 0 ? 1024 : Math.round(102_400 / 10 ** decimals) / 100;
