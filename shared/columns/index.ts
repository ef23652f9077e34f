export { decode, encode } from './codec.ts';
export { applyDelta, decodeDelta, deltaOf, encodeDelta } from './delta.ts';
export { compactionsOf, guestsOf, migrationsOf, recordsOf } from './row.ts';
export type { GuestRecord, SnapshotRecords } from './row.ts';
export {
  columnNames,
  columnSpec,
  COMPACTION_PHASES,
  COUNTER_NAMES,
  COUNTERS,
  FREE_ORDERS,
  GUEST_TRACKS,
  HOST_FIGURES,
  mappedLabel,
  MIGRATION_PHASES,
  PAGE_COUNTS,
  ZONE_FIGURES,
} from './schema.ts';
export type {
  ColumnName,
  CounterName,
  FreeOrder,
  GuestTrack,
  HostFigure,
  PageCount,
  TableName,
  ZoneFigure,
} from './schema.ts';
export { rowAt, rowsOf, SNAPSHOT_VERSION, tableOf, TableWriter } from './table.ts';
export type {
  AnyTable,
  Figures,
  GuestTable,
  HostHeader,
  KernelHeader,
  Row,
  Snapshot,
  SnapshotHeader,
  SnapshotLevel,
  Table,
  Tables,
} from './table.ts';
