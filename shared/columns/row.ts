/** Guests, migrations and compactions of a snapshot as records, for those who read one by one. */
import type { CompactionRow, MigrationRow } from '../model/transfer.ts';
import type { GuestHeader, Snapshot, SnapshotHeader } from './table.ts';

/** In the order of the world; none when there is no snapshot. */
export const guestsOf = (snapshot: Snapshot | null): readonly GuestHeader[] => snapshot?.header.guests ?? [];

/** In the order in which they were started, ended ones included. */
export const migrationsOf = (snapshot: Snapshot | null): readonly MigrationRow[] => snapshot?.header.migrations ?? [];

/** In the order in which they were started, ended ones included. */
export const compactionsOf = (snapshot: Snapshot | null): readonly CompactionRow[] =>
  snapshot?.header.compactions ?? [];

/** The header, with what it is about as records. */
export interface SnapshotRecords extends SnapshotHeader {
  readonly guests: readonly GuestHeader[];
  readonly migrations: readonly MigrationRow[];
  readonly compactions: readonly CompactionRow[];
}

export const recordsOf = (snapshot: Snapshot): SnapshotRecords => ({
  ...snapshot.header,
  guests: guestsOf(snapshot),
  migrations: migrationsOf(snapshot),
  compactions: compactionsOf(snapshot),
});
