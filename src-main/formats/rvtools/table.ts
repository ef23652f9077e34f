/**
 * RVTools' sheets as CSV (`-c ExportAll2csv`): one row a VM, or a host. Columns are matched by name, as versions 3 and 4 write them;
 * separators, thousands and a byte order mark follow the locale. `# CPU` of a host counts sockets.
 */
import type { CsvTable } from '../csv-text.ts';
import { figureOf, parseCsv } from '../csv-text.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Read } from '../../../shared/errors/index.ts';

const MAX_ROWS_READ = 10_000;

export interface Row {
  readonly line: number;
  /** Null where the sheet has no such column, or the cell is empty. */
  text(...names: readonly string[]): string | null;
  figure(...names: readonly string[]): number | null;
}

/** Whether the first line names all of these columns. */
export const hasColumns =
  (...names: readonly string[]) =>
  (text: string): boolean => {
    const head = text.slice(0, 8192).split('\n', 1)[0]!;
    const columns = new Set(head.split(/[,;\t]/).map((name) => name.trim().replace(/^"|"$/g, '')));
    return names.every((name) => columns.has(name));
  };

/** One value for each row that `make` makes one of. */
export function readSheet<F>(
  text: string,
  file: string,
  make: (rows: readonly Row[], list: DiagnosticList) => readonly F[],
): Read<readonly F[]> {
  const list = new DiagnosticList(file);
  const table = parseCsv(text, list);
  if (table === null) return list.read<readonly F[]>(null);
  const rows = rowsOf(table);
  if (rows.length > MAX_ROWS_READ) {
    const detail = { found: `${rows.length} rows`, expected: `at most ${MAX_ROWS_READ}` };
    list.error('csv-too-large', 'The sheet has too many rows.', { line: 1 }, detail);
    return list.read<readonly F[]>(null);
  }
  const made = make(rows, list);
  if (made.length === 0 && !list.hasErrors)
    list.error(
      'output-empty',
      'The sheet has no row that is read.',
      { line: 1 },
      { expected: 'a row below its columns' },
    );
  return list.read(made);
}

function rowsOf({ columns, rows }: CsvTable): readonly Row[] {
  const at = new Map(columns.map((name, i) => [name, i]));
  return rows.map(({ cells, line }) => {
    const cell = (names: readonly string[]): string | null => {
      for (const name of names) {
        const value = cells[at.get(name) ?? -1]?.trim();
        if (value !== undefined && value !== '') return value;
      }
      return null;
    };
    return {
      line,
      text: (...names) => cell(names),
      figure: (...names) => {
        const text = cell(names);
        return text === null ? null : figureOf(text);
      },
    };
  });
}

export const isTrue = (text: string | null): boolean => text !== null && /^(?:true|wahr|vrai|1)$/i.test(text);
