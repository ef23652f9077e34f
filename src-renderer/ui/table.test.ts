import { describe, expect, test } from 'vitest';
import { cellText, filterRows, hasSums, nextSorting, sortRows, toTsv, total } from './table.ts';
import type { DataColumn } from './table.ts';

interface Row {
  readonly name: string;
  readonly pages: number | null;
}
const rows: Row[] = [
  { name: 'node 10', pages: 512 },
  { name: 'node 2', pages: null },
  { name: 'node 1', pages: 1024 },
];
const columns: DataColumn<Row>[] = [
  { id: 'name', title: 'Node', words: true, value: ({ name }) => name, sum: 'sum' },
  {
    id: 'pages',
    title: 'Free (A)',
    value: ({ pages }) => pages,
    text: ({ pages }) => `${pages! / 256} MiB`,
    sum: String,
  },
];
const names = (list: readonly Row[]): string[] => list.map(({ name }) => name);

describe('sorting', () => {
  test('by value, numbers in names as numbers, the unknown last either way', () => {
    const by = (column: string, descending: boolean) => names(sortRows(rows, columns, { column, descending }));
    expect(by('name', false)).toEqual(['node 1', 'node 2', 'node 10']);
    expect(by('pages', false)).toEqual(['node 10', 'node 1', 'node 2']);
    expect(by('pages', true)).toEqual(['node 1', 'node 10', 'node 2']);
    expect(names(sortRows(rows, columns, null))).toEqual(names(rows));
  });

  test('figures begin with the largest, words with A; the third press gives the order back', () => {
    const figures = [null, null, null].map(
      (
        (now) => () =>
          (now = nextSorting(now, 'pages', false))
      )(null as ReturnType<typeof nextSorting>),
    );
    expect(figures).toEqual([{ column: 'pages', descending: true }, { column: 'pages', descending: false }, null]);
    expect(nextSorting(null, 'name', true)).toEqual({ column: 'name', descending: false });
    expect(nextSorting({ column: 'name', descending: true }, 'pages', false)).toEqual({
      ...{ column: 'pages', descending: true },
    });
  });
});

test('filters by every word, as shown or exact', () => {
  expect(names(filterRows(rows, columns, ''))).toEqual(names(rows));
  expect(names(filterRows(rows, columns, '4 mib'))).toEqual(['node 1']);
  expect(names(filterRows(rows, columns, '1024'))).toEqual(['node 1']);
  expect(names(filterRows(rows, columns, 'node 512'))).toEqual(['node 10']);
  expect(filterRows(rows, columns, 'nowhere')).toEqual([]);
});

test('unknown is a dash to read, nothing to paste, and no part of the sum', () => {
  expect(cellText(columns[1]!, rows[1]!)).toBe('–');
  expect(total(columns[1]!, rows)).toBe(1536);
  expect(hasSums(columns)).toBe(true);
  expect(toTsv(rows, columns)).toBe('Node\tFree (A)\nnode 10\t512\nnode 2\t\nnode 1\t1024\nsum\t1536\n');
});

test('a name cannot break the lines of what is pasted', () => {
  const odd = [{ name: 'a\tb\nc', pages: 1 }];
  expect(toTsv(odd, columns.slice(0, 1))).toBe('Node\na b c\nsum\n');
});
