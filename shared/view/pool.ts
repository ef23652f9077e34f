/** The huge page pools of a host's nodes. All counts are 4 KiB pages (H). */
import { rowAt } from '../columns/index.ts';
import type { Row, Snapshot } from '../columns/index.ts';
import { kibFromPages } from '../units/index.ts';

export interface PoolRow extends Omit<Row<'pools'>, 'framePages'> {
  /** Size of one page of it. */
  readonly pageKiB: number;
}

/** In the order of hosts, nodes and page sizes; of nodes whose pools are not known there is none. */
export function poolRows(snapshot: Pick<Snapshot, 'tables'>): PoolRow[] {
  const { pools } = snapshot.tables;
  return Array.from({ length: pools.rows }, (_, i) => {
    const { framePages, ...row } = rowAt('pools', pools, i);
    return { ...row, pageKiB: kibFromPages(framePages) };
  });
}
