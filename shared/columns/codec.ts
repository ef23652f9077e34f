/**
 * A snapshot as bytes, to cross a process boundary or to be kept in a file. Little-endian:
 *
 *     0  magic 'PSNP'   4  version u32   8  total length f64   16  JSON length u32   20  zero u32
 *    24  JSON in ASCII: { header, directory: [{ table, rows, columns: [{ name, type, offset }] }] }
 *     …  the columns, each aligned to 8 bytes, in the order of the directory
 *
 * (a) decode(encode(s)) equals s, and equal snapshots give equal bytes. (b) decode never throws: bytes that are not a
 * snapshot give a Diagnostic. (c) What decode returns has every column of its version with the right type and length,
 * every index and code is below what it counts, and there is one row of `guests` for each VM of the header, so that a
 * reader need not check again.
 *
 * It does not check that the numbers make sense together: that is the world's `check`.
 */
import { asciiJson, asciiText, putAscii } from '../ascii/index.ts';
import type { Diagnostic, Read } from '../errors/index.ts';
import { describe, headerProblem } from './header-shape.ts';
import { TABLE_NAMES, TABLES } from './schema.ts';
import type { ColumnSpec, ColumnType, TableName } from './schema.ts';
import { CONSTRUCTORS, SNAPSHOT_VERSION } from './table.ts';
import type { AnyTable, Column, Snapshot, SnapshotHeader, Tables } from './table.ts';

const MAGIC = 0x504e5350; // 'PSNP', little-endian
const PREFIX_BYTES = 24;
const ALIGN = 8;

interface DirectoryColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Bytes from the end of the JSON, rounded up to 8. */
  readonly offset: number;
}

interface DirectoryTable {
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly DirectoryColumn[];
}

/** The snapshot's bytes. Cost: one copy of its columns. */
export function encode(snapshot: Snapshot): ArrayBuffer {
  const arrays: Column[] = [];
  let bytes = 0;
  const directory: DirectoryTable[] = TABLE_NAMES.map((name) => {
    const { rows, columns }: AnyTable = snapshot.tables[name];
    const placed = Object.entries(columns).map(([column, array]) => {
      const entry = { name: column, type: typeOf(array), offset: bytes };
      arrays.push(array);
      bytes += alignUp(array.byteLength);
      return entry;
    });
    return { table: name, rows, columns: placed };
  });
  const json = asciiJson({ header: snapshot.header, directory });
  const body = alignUp(PREFIX_BYTES + json.length);
  const buffer = new ArrayBuffer(body + bytes);
  const view = new DataView(buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, SNAPSHOT_VERSION, true);
  view.setFloat64(8, buffer.byteLength, true);
  view.setUint32(16, json.length, true);
  const out = new Uint8Array(buffer);
  putAscii(out, PREFIX_BYTES, json);
  let at = body;
  for (const array of arrays) {
    out.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += alignUp(array.byteLength);
  }
  return buffer;
}

/** Carries a diagnostic to `decode`, the only place that catches it. Any other error is a bug and passes through. */
class Refusal extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/**
 * Reads what `encode` wrote. The columns are views of `buffer`, nothing is copied.
 * @returns the snapshot, or one diagnostic: `snapshot-not`, `snapshot-version`, `snapshot-truncated`,
 * `snapshot-header`, `snapshot-directory` or `snapshot-bounds`. Never throws.
 */
export function decode(buffer: ArrayBuffer): Read<Snapshot> {
  try {
    return { value: decodeOrRefuse(buffer), diagnostics: [] };
  } catch (error) {
    if (error instanceof Refusal) return { value: null, diagnostics: [error.diagnostic] };
    throw error;
  }
}

function decodeOrRefuse(buffer: ArrayBuffer): Snapshot {
  const { json, body } = readPrefix(buffer);
  const top = parseJson(json);
  if (!isRecord(top)) return refuse('snapshot-header', 'The snapshot holds no header.', '', 'an object');
  const problem = headerProblem(top['header']);
  if (problem !== null)
    return refuse(
      'snapshot-header',
      'The header of the snapshot is damaged.',
      problem.found,
      problem.expected,
      problem.path,
    );
  const header = top['header'] as unknown as SnapshotHeader;
  const directory = top['directory'];
  if (!Array.isArray(directory) || directory.length !== TABLE_NAMES.length) {
    return refuse(
      'snapshot-directory',
      'The snapshot does not list its tables.',
      describe(directory),
      `${TABLE_NAMES.length} tables`,
    );
  }
  const tables = Object.fromEntries(
    TABLE_NAMES.map((name, i) => [name, readTable(buffer, body, name, directory[i] as unknown)]),
  ) as Record<TableName, AnyTable>;
  const limits = {
    vms: header.vms.length,
    hosts: header.hosts.length,
    kernels: header.kernels.length,
    migrations: tables.migrations.rows,
    compactions: tables.compactions.rows,
  };
  for (const name of TABLE_NAMES) checkIndexes(name, tables[name], limits);
  checkNumbered('guests', tables.guests, 'guest', header.vms.length);
  checkNumbered('migrations', tables.migrations, 'migration', tables.migrations.rows);
  checkNumbered('compactions', tables.compactions, 'compaction', tables.compactions.rows);
  return { header, tables: tables as unknown as Tables };
}

function readPrefix(buffer: ArrayBuffer): { json: string; body: number } {
  const size = buffer.byteLength;
  if (size < PREFIX_BYTES) {
    return refuse(
      'snapshot-not',
      'This is not a snapshot: it is too short.',
      `${size} bytes`,
      `at least ${PREFIX_BYTES} bytes`,
    );
  }
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC) {
    return refuse(
      'snapshot-not',
      'This is not a snapshot: it does not begin with PSNP.',
      `0x${view.getUint32(0, true).toString(16)}`,
      `0x${MAGIC.toString(16)}`,
    );
  }
  const version = view.getUint32(4, true);
  if (version !== SNAPSHOT_VERSION) {
    return refuse(
      'snapshot-version',
      'The snapshot was written in another version of the format.',
      `version ${version}`,
      `version ${SNAPSHOT_VERSION}`,
    );
  }
  const total = view.getFloat64(8, true);
  if (total !== size) {
    return refuse(
      'snapshot-truncated',
      'The snapshot does not have the length that it states.',
      `${size} bytes`,
      `${total} bytes`,
    );
  }
  const jsonBytes = view.getUint32(16, true);
  if (view.getUint32(20, true) !== 0 || jsonBytes > size - PREFIX_BYTES) {
    return refuse(
      'snapshot-bounds',
      'The header of the snapshot reaches past its end.',
      `${jsonBytes} bytes`,
      `at most ${size - PREFIX_BYTES} bytes`,
    );
  }
  return { json: asciiText(new Uint8Array(buffer, PREFIX_BYTES, jsonBytes)), body: alignUp(PREFIX_BYTES + jsonBytes) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse('snapshot-header', 'The header of the snapshot is not JSON.', text.slice(0, 40), 'a JSON object');
  }
}

function readTable(buffer: ArrayBuffer, body: number, name: TableName, entry: unknown): AnyTable {
  const path = `/directory/${name}`;
  if (!isRecord(entry) || entry['table'] !== name) {
    return refuse('snapshot-directory', `The snapshot lacks the table ${name}.`, describe(entry), name, path);
  }
  const rows = entry['rows'];
  if (typeof rows !== 'number' || !Number.isInteger(rows) || rows < 0 || rows > 0xffffffff) {
    return refuse(
      'snapshot-directory',
      `The number of rows of ${name} is not a count.`,
      describe(rows),
      'a whole number',
      path,
    );
  }
  const listed = entry['columns'];
  const specs: Readonly<Record<string, ColumnSpec>> = TABLES[name].columns;
  const expected = Object.entries(specs);
  if (!Array.isArray(listed) || listed.length !== expected.length) {
    return refuse(
      'snapshot-directory',
      `The table ${name} does not have its columns.`,
      describe(listed),
      `${expected.length} columns`,
      path,
    );
  }
  const columns: Record<string, Column> = {};
  for (const item of listed as unknown[]) {
    const columnName = isRecord(item) && typeof item['name'] === 'string' ? item['name'] : '';
    const type = Object.hasOwn(specs, columnName) ? specs[columnName]!.type : null;
    if (!isRecord(item) || type === null || item['type'] !== type || Object.hasOwn(columns, columnName)) {
      return refuse(
        'snapshot-directory',
        `The table ${name} has a column that it should not have.`,
        describe(item),
        expected.map(([c, { type: t }]) => `${c} ${t}`).join(', '),
        path,
      );
    }
    columns[columnName] = readColumn(buffer, body, type, rows, item['offset'], `${path}/${columnName}`);
  }
  return { rows, columns };
}

function readColumn(
  buffer: ArrayBuffer,
  body: number,
  type: ColumnType,
  rows: number,
  offset: unknown,
  path: string,
): Column {
  const make = CONSTRUCTORS[type];
  const room = buffer.byteLength - body;
  const fits =
    typeof offset === 'number' &&
    Number.isInteger(offset) &&
    offset >= 0 &&
    offset % ALIGN === 0 &&
    offset + rows * make.BYTES_PER_ELEMENT <= room;
  if (!fits) {
    return refuse(
      'snapshot-bounds',
      'A column reaches past the end of the snapshot or is not aligned.',
      `${rows} rows at ${describe(offset)}`,
      `within ${room} bytes, at a multiple of ${ALIGN}`,
      path,
    );
  }
  // A table without rows may stand at the very end, past the last byte of an unaligned body.
  return rows === 0 ? new make(0) : new make(buffer, body + offset, rows);
}

function checkIndexes(name: TableName, table: AnyTable, limits: Readonly<Record<string, number>>): void {
  for (const [column, { below, type }] of Object.entries<ColumnSpec>(TABLES[name].columns)) {
    if (below === null) continue;
    const limit = typeof below === 'number' ? below : limits[below]!;
    const values = table.columns[column]!;
    const lowest = type === 'i32' ? -1 : 0;
    for (let row = 0; row < table.rows; row++) {
      const value = values[row]!;
      if (value < lowest || value >= limit) {
        refuse(
          'snapshot-bounds',
          `A row of ${name} has a ${column} that there is not.`,
          `${value} in row ${row}`,
          `${lowest} to ${limit - 1}`,
          `/${name}/${column}`,
        );
      }
    }
  }
}

/** Row i is that of number i. */
function checkNumbered(name: TableName, { rows, columns }: AnyTable, column: string, count: number): void {
  const path = `/${name}/${column}`;
  if (rows !== count) {
    refuse('snapshot-bounds', `The table ${name} does not have a row for each.`, `${rows} rows`, `${count}`, path);
  }
  for (let row = 0; row < rows; row++) {
    if (columns[column]![row] === row) continue;
    const found = `${columns[column]![row]} in row ${row}`;
    refuse('snapshot-bounds', `The rows of ${name} are not in their order.`, found, `${row}`, path);
  }
}

function refuse(slug: string, message: string, found: string, expected: string, path?: string): never {
  const where = path === undefined ? {} : { path };
  throw new Refusal({ severity: 'error', slug, message, where, found: found.slice(0, 80), expected });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const alignUp = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

export function typeOf(array: Column): ColumnType {
  for (const [type, make] of Object.entries(CONSTRUCTORS)) if (array instanceof make) return type as ColumnType;
  throw new TypeError('not a snapshot column');
}
