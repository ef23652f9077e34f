export { decode, encode } from './codec.ts';
export { applyDelta, decodeDelta, deltaOf, encodeDelta } from './delta.ts';
export type { SnapshotDelta, TableDelta, ValuePatch } from './delta.ts';
export type { Violation, WorldEvent, WorldEventType } from './event.ts';
export { OWED_OWNERS, PLAIN_RFC, SNAPSHOT_VERSION } from './table.ts';
export type {
  Column,
  CompactionRow,
  GuestBeyond,
  GuestHeader,
  GuestLag,
  HostHeader,
  MigrationPhase,
  MigrationRound,
  MigrationRow,
  OwedOwner,
  Snapshot,
  SnapshotHeader,
  SnapshotLevel,
  Table,
  TableName,
} from './table.ts';
