export { decode, encode } from './codec.ts';
export { applyDelta, decodeDelta, deltaOf, encodeDelta } from './delta.ts';
export type { SnapshotDelta, TableDelta, ValuePatch } from './delta.ts';

export { compactionsOf, guestsOf, migrationsOf, recordsOf } from './row.ts';
export type { SnapshotRecords } from './row.ts';
export { SNAPSHOT_VERSION } from './table.ts';
export type {
  Column,
  GuestHeader,
  HostHeader,
  Snapshot,
  SnapshotHeader,
  SnapshotLevel,
  Table,
  TableName,
} from './table.ts';
