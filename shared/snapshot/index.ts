export { decode, encode } from './codec.ts';
export { applyDelta, decodeDelta, deltaOf, encodeDelta } from './delta.ts';
export type { SnapshotDelta, TableDelta, ValuePatch } from './delta.ts';
export type { Violation, WorldEvent, WorldEventType } from './event.ts';
export { SNAPSHOT_VERSION } from './table.ts';
export type {
  Column,
  CompactionRow,
  GuestHeader,
  GuestLag,
  HostHeader,
  MigrationPhase,
  MigrationRound,
  MigrationRow,
  Snapshot,
  SnapshotHeader,
  SnapshotLevel,
  Table,
  TableName,
} from './table.ts';
