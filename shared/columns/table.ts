/**
 * A snapshot is a header (JSON, small whatever the size of the world but for the names in it) and tables of typed-array
 * columns, which schema.ts lists. There are two levels of detail:
 *
 * - accounts: everything that a sum, a table or the layout lanes need; its size follows ranges, nodes and VMs;
 * - blocks: the same and one row per (pageblock, guest node) of the map of actual nodes, for the guests whose
 *   pageblocks were requested (by default all). A guest without such rows was not requested, as every guest has pages.
 */
import type { GuestBeyond } from '../model/beyond.ts';
import { TABLES, columnNames } from './schema.ts';
import type { ColumnName, ColumnSpec, ColumnType, TableName } from './schema.ts';

export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

export const CONSTRUCTORS = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f64: Float64Array,
} as const;

type ColumnOf<T extends ColumnType> = InstanceType<(typeof CONSTRUCTORS)[T]>;

export type TableColumns<T extends TableName> = {
  readonly [C in ColumnName<T>]: (typeof TABLES)[T]['columns'][C] extends ColumnSpec<infer Type>
    ? ColumnOf<Type>
    : never;
};

export interface Table<T extends TableName> {
  readonly rows: number;
  readonly columns: TableColumns<T>;
}

/** A table as codec and deltas see it. */
export interface AnyTable {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}

/** A row of a table as plain numbers. */
export type Row<T extends TableName> = { readonly [C in ColumnName<T>]: number };

export const SNAPSHOT_VERSION = 3;

export type SnapshotLevel = 'accounts' | 'blocks';

export interface SnapshotHeader {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly level: SnapshotLevel;
  readonly tick: number;
  readonly tickMs: number;
  readonly seed: number;
  /** Hash chain of everything that happened up to this tick, 16 hex digits. */
  readonly chain: string;
  /** They do not change while a world runs, so a delta does not have them; nor `vms`. */
  readonly hosts: readonly HostHeader[];
  /** Names of the guests; what else there is of them is in the tables. */
  readonly vms: readonly string[];
  /** What guests of this world run, each once. */
  readonly kernels: readonly KernelHeader[];
}

export interface HostHeader {
  readonly name: string;
  readonly nids: readonly number[];
  readonly cpus: readonly (readonly number[])[];
  readonly distances: readonly (readonly number[])[];
}

export interface KernelHeader {
  /** Whose kernel's rules it follows: '3.10' or '6.1'. */
  readonly era: string;
  /** Switches of the posted code's defects that are on, by name; none: the correct algorithm. */
  readonly defects: readonly string[];
  readonly beyond: GuestBeyond;
}

export type Tables = { readonly [T in TableName]: Table<T> };

export interface Snapshot {
  readonly header: SnapshotHeader;
  readonly tables: Tables;
}

/** The part of a snapshot that is followed over time, tick by tick. */
export interface Figures {
  readonly header: Pick<SnapshotHeader, 'tick' | 'hosts' | 'vms'>;
  readonly tables: Pick<Tables, 'hostNodes' | 'guests' | 'stranded'>;
}

/** The rows [first, end) of a guest. Cost: the logarithm of the rows. */
export function rowsOf<T extends GuestTable>(
  snapshot: { readonly tables: Pick<Tables, T> },
  table: T,
  guest: number,
): [first: number, end: number] {
  const { rows, columns } = snapshot.tables[table];
  return [lowerBound(columns.guest, rows, guest), lowerBound(columns.guest, rows, guest + 1)];
}

/** Tables whose rows are ordered by guest first. */
export type GuestTable = {
  [T in TableName]: (typeof TABLES)[T]['keys'][0] extends 'guest' ? T : never;
}[TableName];

/** The first of `rows` sorted values that is not below `limit`. */
function lowerBound(values: Column, rows: number, limit: number): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One row of a table as plain numbers. */
export const rowAt = <T extends TableName>(table: T, { columns }: Table<T>, row: number): Row<T> =>
  Object.fromEntries(columnNames(table).map((name) => [name, (columns as AnyTable['columns'])[name]![row]!])) as Row<T>;

/** Writes a table row by row. Throws on a value that does not fit its column. */
export class TableWriter<T extends TableName> {
  rows = 0;
  /** Longer than there are rows. Replaced when they are full. */
  columns: TableColumns<T>;
  /** The same in their order. */
  #arrays: readonly Column[];
  readonly #names: readonly ColumnName<T>[];
  readonly #specs: Readonly<Record<string, ColumnSpec>>;
  #room: number;

  /** @param rows that are likely to come. */
  constructor(table: T, rows = 16) {
    this.#names = columnNames(table);
    this.#specs = TABLES[table].columns;
    this.#room = Math.max(1, rows);
    this.columns = this.#resized(null, this.#room);
    this.#arrays = Object.values<Column>(this.columns);
  }

  push(row: Row<T>): void {
    const at = this.next();
    for (let i = 0; i < this.#names.length; i++) {
      const value = row[this.#names[i]!];
      const column = this.#arrays[i]!;
      column[at] = value;
      if (column[at] !== value) throw new RangeError(`${value} does not fit the column ${this.#names[i]!}`);
    }
  }

  /** A row whose columns the caller sets. @returns its number. */
  next(): number {
    if (this.rows === this.#room) this.reserve(2 * this.#room);
    return this.rows++;
  }

  reserve(rows: number): void {
    if (rows <= this.#room) return;
    this.#room = rows;
    this.columns = this.#resized(this.columns, rows);
    this.#arrays = Object.values<Column>(this.columns);
  }

  /** What was written; the writer is not used any more. */
  table(): Table<T> {
    const columns = Object.entries(this.columns as AnyTable['columns']);
    const cut = columns.map(([name, column]) => [name, column.slice(0, this.rows)]);
    return { rows: this.rows, columns: Object.fromEntries(cut) as TableColumns<T> };
  }

  #resized(from: TableColumns<T> | null, rows: number): TableColumns<T> {
    const columns = this.#names.map((name) => {
      const column = new CONSTRUCTORS[this.#specs[name]!.type](rows);
      if (from !== null) column.set((from as AnyTable['columns'])[name]!);
      return [name, column];
    });
    return Object.fromEntries(columns) as TableColumns<T>;
  }
}

export function tableOf<T extends TableName>(table: T, rows: readonly Row<T>[]): Table<T> {
  const writer = new TableWriter(table, rows.length);
  for (const row of rows) writer.push(row);
  return writer.table();
}
