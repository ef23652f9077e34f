/** A table as Apache Parquet (hyparquet-writer). A column has one type: its own where its values have one, or else text. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Table } from '../sweep/index.ts';

export function tableParquet({ columns, rows }: Table): Uint8Array {
  const columnData = columns.map((name, c) => {
    const cells = rows.map((row) => row[c] ?? null);
    const kinds = new Set(cells.filter((cell) => cell !== null).map((cell) => typeof cell));
    const [kind] = kinds;
    if (kinds.size === 1 && kind === 'number') return { name, data: cells, type: 'DOUBLE' as const, nullable: true };
    if (kinds.size === 1 && kind === 'boolean') return { name, data: cells, type: 'BOOLEAN' as const, nullable: true };
    const data = cells.map((cell) => (cell === null ? null : String(cell)));
    return { name, data, type: 'STRING' as const, nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
