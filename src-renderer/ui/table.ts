/**
 * What a DataTable does with its rows, without a screen: sort, filter, sum, and text to paste into a spreadsheet.
 *
 * (a) `value` is the exact figure: what is sorted, summed and copied. `text` is how it is read.
 * (b) What is not known (null) sorts last whichever the direction, is shown as "–" and copied as nothing.
 */
import { UNKNOWN } from '../../shared/view/number-format.ts';
import type { NodeColour } from '../../shared/view/node-colour.ts';

type CellValue = number | string | null;

export interface DataColumn<Row> {
  readonly id: string;
  readonly title: string;
  /** What it counts, by which map and in which unit; a tip on the head. */
  readonly hint?: string;
  readonly value: (row: Row) => CellValue;
  /** How the value is shown; the value itself by default. */
  readonly text?: (row: Row) => string;
  /** More about the cell: the exact pages. */
  readonly tip?: (row: Row) => string | null;
  readonly colour?: (row: Row) => NodeColour | null;
  /** A second, small line in the cell: what changed. */
  readonly below?: (row: Row) => string | null;
  readonly tone?: (row: Row) => 'good' | 'bad' | 'warn' | 'soft' | '';
  /** Figures are aligned right, words left. */
  readonly words?: boolean;
  readonly mono?: boolean;
  /** Written below the column: the sum of the values as `text` of a number, or a word. */
  readonly sum?: ((total: number) => string) | string;
}

export interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly DataColumn<Row>[],
  sorting: Sorting | null,
): Row[] {
  const column = columns.find(({ id }) => id === sorting?.column);
  if (column === undefined || sorting === null) return [...rows];
  const direction = sorting.descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: column.value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      return direction * compare(a.value, b.value);
    })
    .map(({ row }) => row);
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const compare = (a: number | string, b: number | string): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));

/** A first press sorts figures from the largest and words from A, a second reverses that, a third restores the order. */
export function nextSorting(sorting: Sorting | null, column: string, words: boolean): Sorting | null {
  if (sorting?.column !== column) return { column, descending: !words };
  return sorting.descending === !words ? { column, descending: words } : null;
}

export const cellText = <Row>(column: DataColumn<Row>, row: Row): string => {
  const value = column.value(row);
  return value === null ? UNKNOWN : (column.text?.(row) ?? String(value));
};

/** Rows in which every word of the filter is found in some column, as it is shown or exactly. */
export function filterRows<Row>(rows: readonly Row[], columns: readonly DataColumn<Row>[], filter: string): Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter((row) => {
    const text = columns
      .map((column) => `${cellText(column, row)} ${column.value(row) ?? ''}`)
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The exact total of a column of numbers; what is not known is not in it. */
export const total = <Row>(column: DataColumn<Row>, rows: readonly Row[]): number =>
  rows.reduce((sum, row) => {
    const value = column.value(row);
    return typeof value === 'number' ? sum + value : sum;
  }, 0);

export const hasSums = <Row>(columns: readonly DataColumn<Row>[]): boolean =>
  columns.some(({ sum }) => sum !== undefined);

/** Head, rows and sums with exact values, tabs between; a tab or line end in a value becomes a blank. */
export function toTsv<Row>(rows: readonly Row[], columns: readonly DataColumn<Row>[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => value(row)))];
  if (hasSums(columns)) {
    lines.push(
      columns.map((column) =>
        column.sum === undefined ? '' : typeof column.sum === 'string' ? column.sum : total(column, rows),
      ),
    );
  }
  return `${lines.map((line) => line.map((cell) => String(cell ?? '').replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n')}\n`;
}
