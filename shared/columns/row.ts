/** The guests, migrations and compactions of a snapshot as records, for code that reads them one at a time. */
import type { GuestLag } from '../model/owed.ts';
import type { CompactionRow, MigrationRow } from '../model/transfer.ts';
import { COMPACTION_PHASES, COUNTER_NAMES, MIGRATION_PHASES } from './schema.ts';
import { rowAt, rowsOf } from './table.ts';
import type { KernelHeader, Row, Snapshot, SnapshotHeader } from './table.ts';

export interface GuestRecord extends KernelHeader {
  readonly name: string;
  /** Index into hosts. */
  readonly host: number;
  /** max_pfn; valid pages are fewer where there are holes. */
  readonly nrPages: number;
  readonly validPages: number;
  readonly nrNodeIds: number;
  /** As its kernel knows them now. */
  readonly cpuNode: readonly number[];
  readonly distances: readonly (readonly number[])[];
  /** Of DMA, DMA32 and NORMAL. */
  readonly zoneStartPfn: readonly number[];
  /** Sequence number of the memlayout in force. */
  readonly layoutSeq: number;
  readonly commits: number;
  readonly moved: { readonly sweep: number; readonly free: number; readonly drain: number };
  readonly lookups: { readonly hit: number; readonly miss: number };
  readonly lag: GuestLag;
  /** Blocks that the workload allocated, freed, and could not get, so far. */
  readonly allocs: number;
  readonly frees: number;
  readonly allocFailures: number;
  /** A commit crashed its kernel: it goes on, but its memlayout files hang. */
  readonly crashed: boolean;
  readonly topologyGeneration: number;
  /** Further counters since boot, by name; which there are follows from what the guest is. */
  readonly counters: Readonly<Record<string, number>>;
}

/** The header, with what it is about as records. */
export interface SnapshotRecords extends SnapshotHeader {
  readonly guests: readonly GuestRecord[];
  readonly migrations: readonly MigrationRow[];
  readonly compactions: readonly CompactionRow[];
}

export const recordsOf = (snapshot: Snapshot): SnapshotRecords => ({
  ...snapshot.header,
  guests: guestsOf(snapshot),
  migrations: migrationsOf(snapshot),
  compactions: compactionsOf(snapshot),
});

/** A snapshot does not change, and its guests are asked for many times. */
const KNOWN = new WeakMap<Snapshot, readonly GuestRecord[]>();

/** In the order of the world; none when there is no snapshot. */
export function guestsOf(snapshot: Snapshot | null): readonly GuestRecord[] {
  if (snapshot === null) return [];
  let guests = KNOWN.get(snapshot);
  if (guests === undefined) {
    guests = snapshot.header.vms.map((name, guest) => guestRecord(snapshot, name, guest));
    KNOWN.set(snapshot, guests);
  }
  return guests;
}

/** Data of separate tables is read lazily. */
function guestRecord(snapshot: Snapshot, name: string, guest: number): GuestRecord {
  const row = rowAt('guests', snapshot.tables.guests, guest);
  return {
    ...snapshot.header.kernels[row.kernel]!,
    name,
    host: row.host,
    nrPages: row.nrPages,
    validPages: row.validPages,
    nrNodeIds: row.nrNodeIds,
    get cpuNode() {
      return cpuNodeOf(snapshot, guest);
    },
    get distances() {
      return distancesOf(snapshot, guest, row.nrNodeIds);
    },
    zoneStartPfn: [0, row.dma32StartPfn, row.normalStartPfn],
    layoutSeq: row.layoutSeq,
    commits: row.commits,
    moved: { sweep: row.movedSweep, free: row.movedFree, drain: row.movedDrain },
    lookups: { hit: row.lookupHits, miss: row.lookupMisses },
    lag: lagOf(row),
    allocs: row.allocs,
    frees: row.frees,
    allocFailures: row.allocFailures,
    crashed: row.crashed === 1,
    topologyGeneration: row.topologyGeneration,
    get counters() {
      return countersOf(snapshot, guest);
    },
  };
}

const lagOf = (row: Row<'guests'>): GuestLag => ({
  hostTarget: row.hostTargetPages,
  coalesced: row.coalescedPages,
  targetActual: row.targetActualPages,
  pinned: row.pinnedPages,
});

function cpuNodeOf(snapshot: Snapshot, guest: number): readonly number[] {
  const [first, end] = rowsOf(snapshot, 'vcpus', guest);
  return [...snapshot.tables.vcpus.columns.nid.subarray(first, end)];
}

function distancesOf(snapshot: Snapshot, guest: number, nodes: number): readonly (readonly number[])[] {
  const [first, end] = rowsOf(snapshot, 'distances', guest);
  const { from, to, distance } = snapshot.tables.distances.columns;
  const matrix = Array.from({ length: nodes }, () => Array.from({ length: nodes }, () => 0));
  for (let row = first; row < end; row++) matrix[from[row]!]![to[row]!] = distance[row]!;
  return matrix;
}

function countersOf(snapshot: Snapshot, guest: number): Readonly<Record<string, number>> {
  const [first, end] = rowsOf(snapshot, 'counters', guest);
  const { counter, value } = snapshot.tables.counters.columns;
  const entries: [string, number][] = [];
  for (let row = first; row < end; row++) entries.push([COUNTER_NAMES[counter[row]!]!, value[row]!]);
  return Object.fromEntries(entries);
}

const orNull = (value: number): number | null => (value < 0 ? null : value);

/** In the order in which they were started, ended ones included. */
export function migrationsOf(snapshot: Snapshot | null): readonly MigrationRow[] {
  if (snapshot === null || snapshot.tables.migrations.rows === 0) return [];
  const { header, tables } = snapshot;
  const rounds = recordsBy(tables.rounds.columns.migration, tables.rounds.rows, (row) => {
    const { startTick, bytesToSend, bytesSent, dirtyBytes } = rowAt('rounds', tables.rounds, row);
    return { startTick, bytesToSend, bytesSent, dirtyBytes: orNull(dirtyBytes) };
  });
  return Array.from({ length: tables.migrations.rows }, (_, i): MigrationRow => {
    const row = rowAt('migrations', tables.migrations, i);
    return {
      vm: header.vms[row.guest]!,
      fromHost: header.hosts[row.fromHost]!.name,
      toHost: header.hosts[row.toHost]!.name,
      phase: MIGRATION_PHASES[row.phase]!,
      startTick: row.startTick,
      endTick: orNull(row.endTick),
      rounds: rounds.get(i) ?? [],
      sentBytes: row.sentBytes,
      downtimeMs: orNull(row.downtimeMs),
      downtimeLimitMs: row.downtimeLimitMs,
      leastLimitMs: orNull(row.leastLimitMs),
      bytesPerSec: orNull(row.bytesPerSec),
    };
  });
}

/** In the order in which they were started, ended ones included. */
export function compactionsOf(snapshot: Snapshot | null): readonly CompactionRow[] {
  if (snapshot === null || snapshot.tables.compactions.rows === 0) return [];
  const { header, tables } = snapshot;
  const { compaction, nid } = tables.compactionNodes.columns;
  const nodes = recordsBy(compaction, tables.compactionNodes.rows, (row) => nid[row]!);
  return Array.from({ length: tables.compactions.rows }, (_, i): CompactionRow => {
    const row = rowAt('compactions', tables.compactions, i);
    return {
      vm: header.vms[row.guest]!,
      phase: COMPACTION_PHASES[row.phase]!,
      startTick: row.startTick,
      endTick: orNull(row.endTick),
      nodes: nodes.get(i) ?? [],
      movedPages: row.movedPages,
      leftPages: row.leftPages,
    };
  });
}

function recordsBy<R>(keys: ArrayLike<number>, rows: number, record: (row: number) => R): Map<number, R[]> {
  const by = new Map<number, R[]>();
  for (let row = 0; row < rows; row++) {
    const list = by.get(keys[row]!) ?? [];
    list.push(record(row));
    by.set(keys[row]!, list);
  }
  return by;
}
