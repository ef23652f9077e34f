/** CSV → rows by the names of their columns. Delimiter, quotes, line breaks in fields and a byte order mark as tools write them. */
import Papa from 'papaparse';
import type { DiagnosticList } from './diagnostic-list.ts';
import { quote } from './diagnostic-list.ts';
import { admitText } from './input.ts';

const MAX_ROWS = 100_000;
const MAX_CELLS = 4_000_000;

export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly line: number }[];
}

export function parseCsv(text: string, list: DiagnosticList): CsvTable | null {
  const admitted = admitText(text, list);
  if (admitted === null) return null;
  const head = admitted.split('\n', 1)[0]!;
  const delimiter = [',', ';', '\t'].reduce((a, b) => (head.split(b).length > head.split(a).length ? b : a));
  const { data, errors } = Papa.parse<readonly string[]>(admitted, {
    delimiter,
    preview: MAX_ROWS + 1,
    skipEmptyLines: 'greedy',
  });
  const [damaged] = errors;
  if (damaged !== undefined) {
    const where = { line: (damaged.row ?? 0) + 1 };
    list.error('csv-invalid', 'The text is not CSV that can be read.', where, { found: quote(damaged.message) });
    return null;
  }
  const [columns = [], ...rows] = data;
  if (rows.length > MAX_ROWS || columns.length * rows.length > MAX_CELLS) {
    const detail = {
      found: `${rows.length} rows of ${columns.length} columns`,
      expected: `at most ${MAX_CELLS} cells`,
    };
    list.error('csv-too-large', 'The table is too large.', { line: 1 }, detail);
    return null;
  }
  let line = 1;
  const linesOf = (cells: readonly string[]): number => 1 + cells.join('').split('\n').length - 1;
  line += linesOf(columns) - 1;
  return {
    columns: columns.map((name) => name.trim()),
    rows: rows.map((cells) => {
      const at = line + 1;
      line += linesOf(cells);
      return { cells, line: at };
    }),
  };
}

/** A figure as a locale prints it: `785,964`, `785.964`, `65536.00`, `12 345`; null when it is none. */
export function figureOf(text: string): number | null {
  const plain = text.trim().replace(/[\u00a0\u202f ']/g, '');
  if (/^\d{1,15}(?:\.\d{1,6})?$/.test(plain)) {
    // One group of three behind a point may be thousands or thousandths: figures here are whole MiB.
    return /^\d{1,3}\.\d{3}$/.test(plain) ? Number(plain.replace('.', '')) : Number(plain);
  }
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?$/.test(plain)) return Number(plain.replaceAll(',', ''));
  if (/^\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?$/.test(plain)) return Number(plain.replaceAll('.', '').replace(',', '.'));
  return /^\d{1,15},\d{1,2}$/.test(plain) ? Number(plain.replace(',', '.')) : null;
}
