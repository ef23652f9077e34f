/** How views read a snapshot's tables. Rows of a guest (or host) stand together, in the order the format states. */
import type { Column, Snapshot, TableName } from '../columns/index.ts';

/** A column by name. Its absence is our bug, not the user's: decode has checked what came from outside. */
export function column(snapshot: Snapshot, table: TableName, name: string): Column {
  const found = snapshot.tables[table].columns[name];
  if (found === undefined) throw new Error(`snapshot table ${table} has no column ${name}`);
  return found;
}

/** The rows [first, end) whose `key` column equals `value`. Cost: the logarithm of the rows. */
export function rowsOf(
  snapshot: Snapshot,
  table: TableName,
  key: 'guest' | 'host',
  value: number,
): [first: number, end: number] {
  const values = column(snapshot, table, key);
  const rows = snapshot.tables[table].rows;
  return [lowerBound(values, rows, value), lowerBound(values, rows, value + 1)];
}

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
