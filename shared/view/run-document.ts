/**
 * The JSON document that `run --json` prints. Names and meanings are a promise to scripts: fields are added, never
 * renamed. Pages are 4 KiB; `sizeMiB` is rounded down as numactl does; `stranded` excludes pinned pages, which are
 * listed apart.
 */
import {
  columnSpec,
  compactionsOf,
  guestsOf,
  HOST_FIGURES,
  migrationsOf,
  PAGE_COUNTS,
  ZONE_FIGURES,
} from '../columns/index.ts';
import type { CompactionRow, MigrationRow } from '../model/transfer.ts';
import type { GuestLag } from '../model/owed.ts';
import type { HostFigure, Snapshot, ZoneFigure } from '../columns/index.ts';
import { nodeRows, owedPairs } from './accounting.ts';
import type { NodeRow, PageCounts, ZoneRow } from './accounting.ts';
import { convergedGuests } from './convergence.ts';
import { verdictText } from './words/index.ts';
import { hostMatrix } from './host.ts';
import type { HostMatrix } from './host.ts';
import type { PoolRow } from './pool.ts';
import { poolRows } from './pool.ts';
import type { LawsChecked, RunEnding, RunRecord } from './run-record.ts';

export interface RunDocument {
  readonly scenario: string;
  readonly version: string;
  readonly seed: number;
  readonly hash: string;
  readonly chain: string;
  readonly tick: number;
  readonly tickMs: number;
  /** How the run ended; all else is true of that tick. */
  readonly ending: RunEnding;
  /** As convergence.ts says, of every guest. */
  readonly converged: boolean;
  readonly hosts: readonly HostDocument[];
  readonly guests: readonly GuestDocument[];
  readonly migrations: readonly MigrationDocument[];
  readonly compactions: readonly CompactionRow[];
  readonly laws: LawsChecked;
}

interface MigrationDocument extends MigrationRow {
  /** One sentence: why it ended as it did, or what it is doing. */
  readonly verdict: string;
}

interface HostDocument {
  readonly name: string;
  readonly nodes: readonly HostNodeDocument[];
}

type HostNodeDocument = { readonly nid: number } & Readonly<Record<HostFigure, number>> & {
    /** Huge page pools; none where they are not known. */
    readonly pools: readonly Omit<PoolRow, 'host' | 'nid'>[];
  };

interface GuestDocument {
  readonly name: string;
  readonly host: string;
  /** Those that are online. */
  readonly nodes: readonly GuestNodeDocument[];
  readonly stranded: readonly PairDocument[];
  readonly pinned: readonly PairDocument[];
  readonly moved: { readonly sweep: number; readonly free: number; readonly drain: number };
  readonly lookups: { readonly hit: number; readonly miss: number };
  readonly lag: GuestLag;
  readonly layoutSeq: number;
  readonly commits: number;
  /** Percentage of its memory on its fullest host node, rounded down; null without memory. */
  readonly largestNodeShare: number | null;
}

interface PairDocument {
  readonly from: number;
  readonly to: number;
  readonly pages: number;
}

interface GuestNodeDocument extends PageCounts {
  readonly nid: number;
  readonly standsFor: { readonly host: string; readonly nid: number } | null;
  readonly sizeMiB: number;
  readonly freeMiB: number;
  readonly spannedPages: number;
  readonly zones: readonly ZoneDocument[];
}

/** With those figures of a zone that belong to a map; watermarks and per-CPU lists are left out. */
interface ZoneDocument extends PageCounts {
  readonly zone: string;
  readonly spanStartPfn: number;
  readonly spannedPages: number;
  /** Free blocks, index = order. */
  readonly freeBlocks: readonly number[];
}

export function runDocument(record: RunRecord): RunDocument {
  const { after } = record;
  const { header } = after;
  const matrix = hostMatrix(after);
  const pools = poolRows(after);
  return {
    scenario: record.scenarioName,
    version: record.version,
    seed: record.seed,
    hash: record.hash,
    chain: record.chain,
    tick: header.tick,
    tickMs: record.tickMs,
    ending: record.ending,
    converged: convergedGuests(record).every((converged) => converged),
    hosts: header.hosts.map((host, h) => ({
      name: host.name,
      nodes: matrix.nodes
        .filter((node) => node.host === h)
        .map((node) => ({
          nid: node.nid,
          ...picked(node, HOST_FIGURES),
          pools: pools
            .filter((pool) => pool.host === h && pool.nid === node.nid)
            .map(({ host: _, nid: __, ...pool }) => pool),
        })),
    })),
    guests: guestsOf(after).map((_, g) => guestDocument(after, g, matrix)),
    migrations: migrationsOf(after).map((row) => ({ ...row, verdict: verdictText(row) })),
    compactions: compactionsOf(after),
    laws: record.laws,
  };
}

function guestDocument(snapshot: Snapshot, guest: number, matrix: HostMatrix): GuestDocument {
  const { header } = snapshot;
  const { name, host, moved, lookups, lag, layoutSeq, commits } = guestsOf(snapshot)[guest]!;
  const owed = owedPairs(snapshot, guest);
  const listed = (pages: 'pages' | 'pinned'): PairDocument[] =>
    owed.filter((pair) => pair[pages] > 0).map((pair) => ({ from: pair.from, to: pair.to, pages: pair[pages] }));
  return {
    name,
    host: header.hosts[host]!.name,
    nodes: nodeRows(snapshot, guest)
      .filter((node) => node.online)
      .map((node) => nodeDocument(node, snapshot)),
    stranded: listed('pages'),
    pinned: listed('pinned'),
    moved,
    lookups,
    lag,
    layoutSeq,
    commits,
    largestNodeShare: matrix.vms[guest]!.largestNodeShare,
  };
}

const MAPPED_FIGURES = ZONE_FIGURES.filter((name) => columnSpec('zones', name).map !== null) as (keyof ZoneDocument &
  ZoneFigure)[];

function nodeDocument(node: NodeRow, snapshot: Snapshot): GuestNodeDocument {
  const { nid, standsFor, sizeMib, freeMib, spannedPages } = node;
  return {
    nid,
    standsFor: standsFor === null ? null : { host: snapshot.header.hosts[standsFor.host]!.name, nid: standsFor.nid },
    sizeMiB: sizeMib,
    freeMiB: freeMib,
    spannedPages,
    ...picked(node, PAGE_COUNTS),
    zones: node.zones.map(zoneDocument),
  };
}

const zoneDocument = (row: ZoneRow): ZoneDocument => ({
  zone: row.zoneName,
  ...picked(row, MAPPED_FIGURES),
  freeBlocks: row.freeBlocks,
});

const picked = <K extends string>(row: Readonly<Record<K, number>>, names: readonly K[]): Record<K, number> =>
  Object.fromEntries(names.map((name) => [name, row[name]])) as Record<K, number>;
