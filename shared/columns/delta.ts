/**
 * The difference between two snapshots: the rows of each table that were removed, added or changed, and the changed
 * parts of the header. A history is made of key frames and such deltas.
 *
 * (a) applyDelta(previous, deltaOf(previous, next)) equals next exactly, for any two snapshots; both encode to the same
 *     bytes. Correctness does not depend on the order of rows; ascending keys make a delta small.
 * (b) An unchanged table costs nothing. A changed table costs one pass over its rows, plus the rows that changed.
 * (c) decodeDelta(encodeDelta(d)) equals d. The bytes are written by this program only, so malformed ones throw.
 */
import { asciiJson, asciiText, putAscii } from '../ascii/index.ts';
import { typeOf } from './codec.ts';
import { TABLE_NAMES, TABLES } from './schema.ts';
import type { ColumnType, TableName } from './schema.ts';
import { CONSTRUCTORS } from './table.ts';
import type { AnyTable, Column, Snapshot, SnapshotHeader, Tables } from './table.ts';

interface SnapshotDelta {
  /** Null: unchanged. */
  readonly header: ValuePatch | null;
  /** Without those that are unchanged. */
  readonly tables: Readonly<Partial<Record<TableName, TableDelta>>>;
}

interface TableDelta {
  /** Of the table it makes. */
  readonly rows: number;
  /** Triples of counts: rows kept, rows of the previous table dropped, rows of `put` inserted. */
  readonly runs: Uint32Array;
  readonly put: Readonly<Record<string, Column>>;
}

/** A value of JSON made another: by another value, by keys of the same object, or by entries of a list and its length. */
type ValuePatch =
  | { readonly value: unknown }
  | { readonly keys: readonly (readonly [string, ValuePatch])[] }
  | { readonly length: number; readonly entries: readonly (readonly [number, ValuePatch])[] };

export function deltaOf(previous: Snapshot, next: Snapshot): SnapshotDelta {
  const tables: Partial<Record<TableName, TableDelta>> = {};
  for (const name of TABLE_NAMES) {
    const delta = tableDelta(previous.tables[name], next.tables[name], TABLES[name].keys);
    if (delta !== null) tables[name] = delta;
  }
  return { header: patchOf(previous.header, next.header), tables };
}

/** What is unchanged is shared with `previous`, not copied. @param delta one made from `previous`. */
export function applyDelta(previous: Snapshot, delta: SnapshotDelta): Snapshot {
  const tables = Object.fromEntries(
    TABLE_NAMES.map((name) => {
      const change = delta.tables[name];
      return [name, change === undefined ? previous.tables[name] : changedTable(previous.tables[name], change)];
    }),
  ) as unknown as Tables;
  const header = delta.header === null ? previous.header : (patched(previous.header, delta.header) as SnapshotHeader);
  return { header, tables };
}

function tableDelta(previous: AnyTable, next: AnyTable, keys: readonly string[]): TableDelta | null {
  if (previous === next) return null;
  const names = Object.keys(next.columns);
  const runs = sameColumns(previous, next, names)
    ? changedRuns(previous, next, names, keys)
    : [0, previous.rows, next.rows];
  if (runs.length === 0) return null;
  return { rows: next.rows, runs: Uint32Array.from(runs), put: putRows(next, names, runs) };
}

function sameColumns(a: AnyTable, b: AnyTable, names: readonly string[]): boolean {
  const others = Object.keys(a.columns);
  return (
    others.length === names.length &&
    names.every((name, i) => others[i] === name && typeOf(a.columns[name]!) === typeOf(b.columns[name]!))
  );
}

/**
 * Rows compared at once, column by column, so that a difference found in one ends the search in the others there. Few at
 * first, behind a difference, where the next one is often near; twice as many each time all are the same.
 */
const FEW_ROWS = 8;
const MAX_ROWS = 4096;

/** The runs that make `next` of `previous`; empty when they are equal. */
function changedRuns(previous: AnyTable, next: AnyTable, names: readonly string[], keys: readonly string[]): number[] {
  const pairs = names.map((name) => new ColumnPair(previous.columns[name]!, next.columns[name]!));
  const keyPairs = keys.map((key) => [previous.columns[key]!, next.columns[key]!] as const);
  const runs: number[] = [];
  let kept = 0;
  let dropped = 0;
  let put = 0;
  let stride = FEW_ROWS;
  for (let i = 0, j = 0; i < previous.rows || j < next.rows;) {
    let same = Math.min(previous.rows - i, next.rows - j, stride);
    for (const pair of pairs) {
      if (same === 0) break;
      same = pair.sameRows(i, j, same);
    }
    stride = same === stride ? Math.min(MAX_ROWS, 2 * stride) : FEW_ROWS;
    if (same > 0) {
      if (dropped + put > 0) {
        runs.push(kept, dropped, put);
        kept = dropped = put = 0;
      }
      kept += same;
      i += same;
      j += same;
      continue;
    }
    const order = i === previous.rows ? 1 : j === next.rows ? -1 : compareKeys(keyPairs, i, j);
    if (order <= 0) {
      dropped++;
      i++;
    }
    if (order >= 0) {
      put++;
      j++;
    }
  }
  if (dropped + put > 0) runs.push(kept, dropped, put);
  return runs;
}

function compareKeys(keys: readonly (readonly [Column, Column])[], i: number, j: number): number {
  for (const [a, b] of keys) {
    const difference = a[i]! - b[j]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The same column of two tables, compared by its bytes: of two kinds of array only, which keeps the loop fast. */
class ColumnPair {
  readonly #a: Uint8Array | Uint16Array;
  readonly #b: Uint8Array | Uint16Array;
  /** Elements compared for one row. */
  readonly #width: number;

  constructor(a: Column, b: Column) {
    const bytes = a.BYTES_PER_ELEMENT;
    this.#width = bytes === 1 ? 1 : bytes / 2;
    const view = ({ buffer, byteOffset, length }: Column): Uint8Array | Uint16Array =>
      bytes === 1
        ? new Uint8Array(buffer, byteOffset, length)
        : new Uint16Array(buffer, byteOffset, length * this.#width);
    this.#a = view(a);
    this.#b = view(b);
  }

  /** How many rows from i and j on are the same, at most `rows`. */
  sameRows(i: number, j: number, rows: number): number {
    const a = this.#a;
    const b = this.#b;
    const width = this.#width;
    const end = (i + rows) * width;
    const shift = (j - i) * width;
    for (let k = i * width; k < end; k++) if (a[k] !== b[k + shift]) return Math.floor(k / width) - i;
    return rows;
  }
}

function putRows(next: AnyTable, names: readonly string[], runs: readonly number[]): Record<string, Column> {
  let rows = 0;
  for (let r = 2; r < runs.length; r += 3) rows += runs[r]!;
  return Object.fromEntries(
    names.map((name) => {
      const from = next.columns[name]!;
      const to = new CONSTRUCTORS[typeOf(from)](rows);
      for (let r = 0, at = 0, out = 0; r < runs.length; r += 3) {
        at += runs[r]!;
        for (const end = at + runs[r + 2]!; at < end;) to[out++] = from[at++]!;
      }
      return [name, to];
    }),
  );
}

function changedTable(previous: AnyTable, { rows, runs, put }: TableDelta): AnyTable {
  const columns = Object.entries(put).map(([name, added]) => {
    const to = new CONSTRUCTORS[typeOf(added)](rows);
    const from = previous.columns[name] ?? new CONSTRUCTORS[typeOf(added)](0);
    let source = 0;
    let out = 0;
    let taken = 0;
    for (let r = 0; r < runs.length; r += 3) {
      const kept = runs[r]!;
      to.set(from.subarray(source, source + kept), out);
      source += kept + runs[r + 1]!;
      out += kept;
      to.set(added.subarray(taken, taken + runs[r + 2]!), out);
      out += runs[r + 2]!;
      taken += runs[r + 2]!;
    }
    to.set(from.subarray(source, source + rows - out), out);
    return [name, to] as const;
  });
  return { rows, columns: Object.fromEntries(columns) };
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null when the two are equal. */
function patchOf(previous: unknown, next: unknown): ValuePatch | null {
  if (previous === next) return null;
  if (Array.isArray(previous) && Array.isArray(next)) return listPatch(previous, next);
  if (isObject(previous) && isObject(next)) return objectPatch(previous, next);
  return { value: next };
}

function listPatch(previous: readonly unknown[], next: readonly unknown[]): ValuePatch | null {
  const entries: (readonly [number, ValuePatch])[] = [];
  next.forEach((value, i) => {
    const patch = i < previous.length ? patchOf(previous[i], value) : { value };
    if (patch !== null) entries.push([i, patch]);
  });
  return entries.length === 0 && previous.length === next.length ? null : { length: next.length, entries };
}

function objectPatch(previous: Json, next: Json): ValuePatch | null {
  const names = Object.keys(next);
  const others = Object.keys(previous);
  // The order of keys is that of the text.
  if (names.length !== others.length || names.some((name, i) => others[i] !== name)) return { value: next };
  const keys: (readonly [string, ValuePatch])[] = [];
  for (const name of names) {
    const patch = patchOf(previous[name], next[name]);
    if (patch !== null) keys.push([name, patch]);
  }
  return keys.length === 0 ? null : { keys };
}

function patched(previous: unknown, patch: ValuePatch): unknown {
  if ('value' in patch) return patch.value;
  if ('keys' in patch) {
    const changes = new Map(patch.keys);
    const entries = Object.entries(previous as Json).map(([name, value]) => {
      const change = changes.get(name);
      return [name, change === undefined ? value : patched(value, change)] as const;
    });
    // Not by assignment: a name may be __proto__.
    return Object.fromEntries(entries);
  }
  const list = (previous as readonly unknown[]).slice(0, patch.length);
  for (const [i, change] of patch.entries) list[i] = patched(list[i], change);
  return list;
}

const PREFIX_BYTES = 8;
const ALIGN = 8;
const alignUp = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

/** Of each table: its name, rows, number of runs, rows put, and its columns. */
type DirectoryEntry = readonly [TableName, number, number, number, readonly (readonly [string, ColumnType])[]];

/** u32 length of the JSON, u32 zero, the JSON in ASCII, then runs and columns of each table, each aligned to 8 bytes. */
export function encodeDelta(delta: SnapshotDelta): Uint8Array {
  const arrays: Column[] = [];
  const directory = Object.entries(delta.tables).map(([name, { rows, runs, put }]): DirectoryEntry => {
    arrays.push(runs, ...Object.values(put));
    const columns = Object.entries(put).map(([column, array]) => [column, typeOf(array)] as const);
    return [name as TableName, rows, runs.length, Object.values(put)[0]?.length ?? 0, columns];
  });
  const json = asciiJson({ header: delta.header, directory });
  let at = alignUp(PREFIX_BYTES + json.length);
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + alignUp(byteLength), at));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  putAscii(bytes, PREFIX_BYTES, json);
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += alignUp(byteLength);
  }
  return bytes;
}

/** The columns are views of the bytes. @throws RangeError when they are not those of a delta. */
export function decodeDelta(bytes: Uint8Array): SnapshotDelta {
  const own = bytes.byteOffset % ALIGN === 0 ? bytes : bytes.slice();
  const length = new DataView(own.buffer, own.byteOffset).getUint32(0, true);
  const { header, directory } = JSON.parse(asciiText(own.subarray(PREFIX_BYTES, PREFIX_BYTES + length))) as {
    header: ValuePatch | null;
    directory: readonly DirectoryEntry[];
  };
  let at = alignUp(PREFIX_BYTES + length);
  const take = <C extends Column>(make: new (b: ArrayBufferLike, o: number, n: number) => C, count: number): C => {
    const array = new make(own.buffer, own.byteOffset + at, count);
    at += alignUp(array.byteLength);
    if (at > own.length) throw new RangeError(`a delta of ${own.length} bytes has a column that ends at ${at}`);
    return array;
  };
  const tables = directory.map(([name, rows, runs, put, columns]) => [
    name,
    {
      rows,
      runs: take(Uint32Array, runs),
      put: Object.fromEntries(columns.map(([column, type]) => [column, take<Column>(CONSTRUCTORS[type], put)])),
    },
  ]);
  return { header, tables: Object.fromEntries(tables) as SnapshotDelta['tables'] };
}
