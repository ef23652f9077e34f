/**
 * The one table of a snapshot's columns. Codec, deltas, writers, views, the run document, CSV heads, names of counters
 * and comparisons are derived from it: a new figure is one line here and the place in the engine that counts it.
 *
 * (a) Rows are in ascending order of the table's keys, and keys are unique. Equal worlds give equal bytes.
 * (b) `guest` and `host` are indexes into the header's VMs and hosts; `migration` and `compaction` are row numbers.
 * (c) All pages are 4 KiB. In signed columns, -1 means none or not yet known.
 * (d) A writer throws on a value that does not fit its column, so an id is never truncated.
 */

import type { CompactionRow, MigrationPhase } from '../model/transfer.ts';
import { OWED_OWNERS } from '../model/owed.ts';

export type ColumnType = 'u8' | 'u16' | 'u32' | 'i32' | 'f64';

/** H host truth, T target by the memlayout, A actual by the allocator; null: of none of them. */
type MapName = 'H' | 'T' | 'A';

type Unit =
  | 'pages'
  | 'blocks'
  | 'pfn'
  | 'node id'
  | 'index'
  | 'code'
  | 'flag'
  | 'tick'
  | 'ticks'
  | 'bytes'
  | 'bytes per second'
  | 'ms'
  | 'times';

/**
 * How the figures of several rows are combined: `sum` over zones and nodes; `byNode` over the zones of a node, but not
 * over nodes; `max`; `none`: no combination has a meaning.
 */
type Sum = 'sum' | 'byNode' | 'max' | 'none';

export interface ColumnSpec<T extends ColumnType = ColumnType> {
  readonly type: T;
  readonly unit: Unit;
  readonly map: MapName | null;
  /** As a person reads it, without its map. */
  readonly label: string;
  /** In the head of a table. */
  readonly title: string;
  readonly hint: string;
  readonly sum: Sum;
  /** A comparison of two guests has it. */
  readonly compared: boolean;
  /** An index or a code is below the number of these; -1 besides where the type has it. Null: it is neither. */
  readonly below: 'vms' | 'hosts' | 'kernels' | 'migrations' | 'compactions' | number | null;
  /** Kept over time: what two neighbouring points become when they are made one. */
  readonly series: SeriesMerge | null;
}

type SeriesMerge = 'max' | 'last';

/** A figure of a guest that is kept over time. */
interface SeriesSpec extends ColumnSpec {
  readonly series: SeriesMerge;
}

/** Pages that can be added up over zones and nodes. */
interface PageCountSpec extends ColumnSpec<'u32'> {
  readonly unit: 'pages';
  readonly sum: 'sum';
}

interface TableSpec {
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, ColumnSpec>>;
}

type Options = Partial<Omit<ColumnSpec, 'type' | 'unit' | 'label'>>;

const column = <T extends ColumnType>(type: T, unit: Unit, label: string, options: Options = {}): ColumnSpec<T> => ({
  type,
  unit,
  map: null,
  label,
  title: options.title ?? label,
  hint: '',
  sum: 'none',
  compared: false,
  below: null,
  series: null,
  ...options,
});

const vm = column('u32', 'index', 'VM', { below: 'vms' });
const host = (label = 'host') => column('u32', 'index', label, { below: 'hosts' });
const migration = column('u32', 'index', 'migration', { below: 'migrations' });
const compaction = column('u32', 'index', 'compaction', { below: 'compactions' });
/** At most 65,535: a host has 1,024 node ids, a guest 254, and a guest 4,096 CPUs. */
const id = (label: string, map: MapName | null = null) => column('u16', 'node id', label, { map });
/** @param of how many there are. */
const code = (label: string, of: number) => column('u8', 'code', label, { below: of });
const flag = (label: string) => column('u8', 'flag', label, { below: 2 });
const pages = (map: MapName | null, label: string, options: Options = {}): PageCountSpec => ({
  ...column('u32', 'pages', label, { map, ...options }),
  unit: 'pages',
  sum: 'sum',
});
const count = (label: string, options: Options = {}) => column('f64', 'times', label, options);

const nid = id('node');

const moved = (label: string) => column('f64', 'pages', label, { sum: 'sum', compared: true });
const inSeries = <S extends ColumnSpec>(merge: SeriesMerge, spec: S): S & SeriesSpec => ({ ...spec, series: merge });

/** Of a zone and of a watermark or per-CPU list: no map, and nothing to add up. */
const limit = (label: string, title: string, hint: string, compared = false) =>
  column('u32', 'pages', label, { title, hint, compared });

const freeBlocks = (order: number) =>
  column('u32', 'blocks', `free blocks of order ${order}`, { map: 'A', sum: 'sum', title: `order ${order}` });

export const MIGRATION_PHASES: readonly MigrationPhase[] = [
  'running',
  'switchOver',
  'completed',
  'cancelled',
  'failed',
];
export const COMPACTION_PHASES: readonly CompactionRow['phase'][] = ['running', 'completed', 'cancelled', 'stalled'];

/** Counters of the table `counters`, by name. The number of one is its place here: new ones go last. */
export const COUNTERS = {
  zonelistRebuilds: 'zonelist rebuilds',
  commitAllocs: 'allocations in commits',
  bornStranded: 'owed from birth',
  consulted: 'targets consulted',
  passLooked: 'looked at by the pass',
  relabelled: 'relabelled',
  lookupSteps: 'steps of lookups',
  commitTicks: 'ticks in commits',
  marksSet: 'marks set',
  remoteAllocs: 'remote allocations',
  slabPages: 'slab pages',
  slabStranded: 'owed by slabs',
  slabShrunk: 'shrunk from slabs',
  tasksRemapped: 'tasks remapped',
  staleMasks: 'stale node masks',
  straddles: 'blocks over a boundary',
  flagsSet: 'marks set',
  flagsLost: 'marks lost',
  lookupsRight: 'lookups for nothing',
  layoutsDelivered: 'layouts delivered',
} as const satisfies Readonly<Record<string, string>>;

export type CounterName = keyof typeof COUNTERS;
export const COUNTER_NAMES = Object.keys(COUNTERS) as CounterName[];

export const TABLES = {
  /** Nodes of all hosts; free + used + reserved + free in pools = total. */
  hostNodes: {
    keys: ['host', 'nid'],
    columns: {
      host: host(),
      nid: id('host node'),
      totalPages: pages('H', 'total'),
      freePages: pages('H', 'free'),
      usedPages: pages('H', 'used'),
      reservedPages: pages('H', 'reserved'),
      poolFreePages: pages('H', 'free in huge page pools', { title: 'free in pools' }),
    },
  },
  /**
   * Huge page pools, by node and page size, of the nodes whose pools are known; free + used + reserved = total. They are part
   * of what the node has: what is used and reserved here is part of the node's used and reserved.
   */
  pools: {
    keys: ['host', 'nid', 'framePages'],
    columns: {
      host: host(),
      nid: id('host node'),
      /** Pages in one huge page: 512, or 262,144. */
      framePages: column('u32', 'pages', 'page size'),
      totalPages: pages('H', 'total'),
      freePages: pages('H', 'free'),
      usedPages: pages('H', 'used'),
      /** By processes that are no guest. */
      reservedPages: pages('H', 'reserved'),
    },
  },
  /** Where a guest's pages lie: runs of pages in runs of frames. */
  backing: {
    keys: ['guest', 'start', 'copy'],
    columns: {
      guest: vm,
      start: column('u32', 'pfn', 'first page'),
      pages: pages('H', 'pages'),
      host: host(),
      hostNid: id('host node', 'H'),
      /** The first 4 KiB frame, counted within the node. */
      frame: column('u32', 'index', 'first frame'),
      /** 1: a migration's second copy. */
      copy: flag('second copy'),
    },
  },
  /** One row a guest: vm, in the order of the header's VMs. */
  guests: {
    keys: ['guest'],
    columns: {
      guest: vm,
      host: host(),
      /** Index into the header's kernels. */
      kernel: column('u32', 'index', 'kernel', { below: 'kernels' }),
      /** max_pfn; valid pages are fewer where there are holes. */
      nrPages: column('u32', 'pages', 'spanned'),
      validPages: pages(null, 'memory'),
      nrNodeIds: column('u16', 'times', 'possible nodes'),
      dma32StartPfn: column('u32', 'pfn', 'start of DMA32'),
      normalStartPfn: column('u32', 'pfn', 'start of NORMAL'),
      /** A commit crashed its kernel: it goes on, but its memlayout files hang. */
      crashed: { ...flag('crashes'), compared: true },
      /** How often CPU map and distances have changed with a layout; 0: as at boot. */
      topologyGeneration: column('u32', 'times', 'topology generation', { compared: true }),
      /** Of the memlayout in force. */
      layoutSeq: column('u32', 'index', 'layout'),
      commits: column('u32', 'times', 'commits'),
      /** Stranded, and will move when freed. */
      targetActualPages: inSeries('max', pages(null, 'owed (T ≠ A)')),
      /** The host node is not the one that the page's guest node represents. */
      hostTargetPages: inSeries('max', pages(null, 'stale (H ≠ T)')),
      /** Stranded, and never freed. */
      pinnedPages: inSeries('max', pages(null, 'pinned (T ≠ A)')),
      /** Of hostTargetPages, those that the layout derived from H now would leave. */
      coalescedPages: inSeries('max', pages(null, 'coalesced')),
      movedSweep: inSeries('last', moved('moved by sweeps')),
      movedFree: inSeries('last', moved('moved by frees')),
      movedDrain: inSeries('last', moved('moved by drains')),
      lookupHits: count('lookups in the cache'),
      lookupMisses: count('lookups past the cache', { compared: true }),
      /** Blocks that the workload allocated, freed, and could not get. */
      allocs: count('allocations', { compared: true }),
      frees: count('frees'),
      allocFailures: count('failed allocations', { compared: true }),
    },
  },
  /** The node of each CPU of a guest: vm, as its kernel knows it now. */
  vcpus: {
    keys: ['guest', 'cpu'],
    columns: { guest: vm, cpu: column('u16', 'index', 'CPU'), nid },
  },
  /** Of a guest's possible nodes, as its kernel knows them now. */
  distances: {
    keys: ['guest', 'from', 'to'],
    columns: { guest: vm, from: id('from'), to: id('to'), distance: column('u16', 'times', 'distance') },
  },
  /** Counters that a guest has because of what it is; a row for each that it can count. */
  counters: {
    keys: ['guest', 'counter'],
    columns: {
      guest: vm,
      counter: column('u16', 'code', 'counter', { below: COUNTER_NAMES.length }),
      value: count('value'),
    },
  },
  /**
   * One row per (possible node, zone that the guest has). The kernel's own counts; in a guest without defects, while no
   * commit is under way, present = free + per-CPU + allocated + reserved in every row.
   */
  zones: {
    keys: ['guest', 'nid', 'zone'],
    columns: {
      guest: vm,
      nid,
      /** 0 DMA, 1 DMA32, 2 NORMAL. */
      zone: code('zone', 3),
      spanStartPfn: column('u32', 'pfn', 'span start', { map: 'A', title: 'from pfn' }),
      spannedPages: column('u32', 'pages', 'spanned', {
        map: 'A',
        sum: 'byNode',
        compared: true,
        hint: 'Pages from the first to the last of the zone on this node (A), holes and pages of others included',
      }),
      presentPages: pages('T', 'present', { compared: true, hint: 'Pages that belong here by the memlayout (T)' }),
      managedPages: pages('T', 'managed', {
        compared: true,
        hint: 'Present pages that the allocator manages (T): all but reserved',
      }),
      /** NR_FREE_PAGES. */
      freePages: pages('A', 'free', { compared: true, hint: 'Pages on the free lists here (A)' }),
      pcpPages: pages('T', 'per-CPU', { hint: 'Pages on per-CPU lists (by T)' }),
      allocatedPages: pages('T', 'allocated', {
        hint: 'Pages in use that belong here (T), wherever they are booked',
      }),
      reservedPages: pages('T', 'reserved', { hint: 'Pages that were never given to the allocator (T)' }),
      wmarkMin: limit('watermark min', 'min', 'Watermark min in pages', true),
      wmarkLow: limit('watermark low', 'low', 'Watermark low in pages'),
      wmarkHigh: limit('watermark high', 'high', 'Watermark high in pages'),
      pcpBatch: limit('per-CPU batch', 'batch', 'Per-CPU lists: pages a refill takes', true),
      pcpHigh: limit('per-CPU high', 'pcp high', 'Per-CPU lists: pages they may hold', true),
      freeOrder0: freeBlocks(0),
      freeOrder1: freeBlocks(1),
      freeOrder2: freeBlocks(2),
      freeOrder3: freeBlocks(3),
      freeOrder4: freeBlocks(4),
      freeOrder5: freeBlocks(5),
      freeOrder6: freeBlocks(6),
      freeOrder7: freeBlocks(7),
      freeOrder8: freeBlocks(8),
      freeOrder9: freeBlocks(9),
      freeOrder10: freeBlocks(10),
    },
  },
  /** Every possible node of a guest. */
  nodes: {
    keys: ['guest', 'nid'],
    columns: {
      guest: vm,
      nid,
      online: flag('online'),
      /** The host node it represents. */
      host: column('i32', 'index', 'host', { below: 'hosts' }),
      hostNid: column('i32', 'node id', 'host node'),
      /** node_present_pages as believed. */
      presentPages: pages('T', 'present', { compared: true }),
      nrZones: column('u8', 'times', 'nr_zones', { compared: true }),
      /** Pages booked here that have the lookup mark. */
      marked: pages('A', 'marked', { compared: true }),
    },
  },
  /** Pages booked on `from` (A) that belong to `to` (T); rows with any above 0. */
  stranded: {
    keys: ['guest', 'from', 'to'],
    columns: {
      guest: vm,
      from: id('from', 'A'),
      to: id('to', 'T'),
      /** In use, and can be freed. */
      pages: pages(null, 'owed (T ≠ A)'),
      pinned: pages(null, 'pinned (T ≠ A)'),
      /** Free: only defects leave them behind. */
      misplaced: pages(null, 'misplaced (A ≠ T)'),
    },
  },
  /** The T map, expanded, in maximal runs. */
  layout: {
    keys: ['guest', 'start'],
    columns: {
      guest: vm,
      start: column('u32', 'pfn', 'first page'),
      end: column('u32', 'pfn', 'end'),
      nid: id('node', 'T'),
    },
  },
  /**
   * Allocated and reserved pages with A != T, by who has them and for how long. Only at level `blocks`, and for the
   * guests that were asked for.
   */
  owed: {
    keys: ['guest', 'owner', 'age'],
    columns: {
      guest: vm,
      /** Index into OWED_OWNERS. */
      owner: code('owner', OWED_OWNERS.length),
      /** floor(log2(ticks + 1)), ticks since the commit that gave the page the target it is owed to. */
      age: column('u8', 'code', 'age'),
      pages: pages(null, 'owed (T ≠ A)'),
    },
  },
  /**
   * Pages by pageblock (512 pages) and actual node. Only at level `blocks`; a guest without a row was not asked for:
   * unknown, not zero.
   */
  blocks: {
    keys: ['guest', 'block', 'nid'],
    columns: {
      guest: vm,
      block: column('u32', 'index', 'pageblock'),
      nid: id('node', 'A'),
      freePages: column('u16', 'pages', 'free', { map: 'A', sum: 'sum' }),
      /** Allocated or on a per-CPU list, not pinned. */
      usedPages: column('u16', 'pages', 'used', { map: 'A', sum: 'sum' }),
      /** Reserved or kernel. */
      pinnedPages: column('u16', 'pages', 'pinned', { map: 'A', sum: 'sum' }),
      /** Of used and pinned, those with A != T. */
      owedPages: column('u16', 'pages', 'T ≠ A, pinned included', { sum: 'sum' }),
      /** Of owedPages, the pinned ones: they will never move. */
      owedPinnedPages: column('u16', 'pages', 'pinned (T ≠ A)', { sum: 'sum' }),
    },
  },
  /** In the order in which they were started, ended ones included. */
  migrations: {
    keys: ['migration'],
    columns: {
      migration,
      guest: vm,
      fromHost: host('from host'),
      toHost: host('to host'),
      /** Index into MIGRATION_PHASES. */
      phase: code('phase', MIGRATION_PHASES.length),
      startTick: column('u32', 'tick', 'start'),
      endTick: column('i32', 'tick', 'end'),
      sentBytes: column('f64', 'bytes', 'sent'),
      downtimeMs: column('f64', 'ms', 'downtime'),
      downtimeLimitMs: column('f64', 'ms', 'downtime limit'),
      /** -1 in round 0. */
      leastLimitMs: column('f64', 'ms', 'least downtime limit'),
      /** Its share of the link at present; -1 once it has ended. */
      bytesPerSec: column('f64', 'bytes per second', 'bandwidth'),
    },
  },
  /** One row per round begun; the last may be under way. */
  rounds: {
    keys: ['migration', 'round'],
    columns: {
      migration,
      round: column('u32', 'index', 'round'),
      startTick: column('u32', 'tick', 'start'),
      bytesToSend: column('f64', 'bytes', 'to send'),
      bytesSent: column('f64', 'bytes', 'sent'),
      dirtyBytes: column('f64', 'bytes', 'dirty at its end'),
    },
  },
  /** In the order in which they were started, ended ones included. */
  compactions: {
    keys: ['compaction'],
    columns: {
      compaction,
      guest: vm,
      /** Index into COMPACTION_PHASES. */
      phase: code('phase', COMPACTION_PHASES.length),
      startTick: column('u32', 'tick', 'start'),
      endTick: column('i32', 'tick', 'end'),
      movedPages: pages('H', 'moved'),
      leftPages: pages('H', 'left'),
    },
  },
  /** The host nodes that a compaction fills, in that order. */
  compactionNodes: {
    keys: ['compaction', 'place'],
    columns: { compaction, place: column('u16', 'index', 'place'), nid: id('host node') },
  },
} as const satisfies Readonly<Record<string, TableSpec>>;

export type TableName = keyof typeof TABLES;
export type ColumnName<T extends TableName> = keyof (typeof TABLES)[T]['columns'] & string;

export type FreeOrder = Extract<ColumnName<'zones'>, `freeOrder${number}`>;

/** Columns of the table `zones` that can be added up over zones and nodes. */
export type PageCount = {
  [C in ColumnName<'zones'>]: (typeof TABLES)['zones']['columns'][C] extends PageCountSpec ? C : never;
}[ColumnName<'zones'>];

export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** Columns of a table in their order. */
export const columnNames = <T extends TableName>(table: T): ColumnName<T>[] =>
  Object.keys(TABLES[table].columns) as ColumnName<T>[];

export const columnSpec = <T extends TableName>(table: T, name: ColumnName<T>): ColumnSpec =>
  (TABLES[table].columns as Readonly<Record<string, ColumnSpec>>)[name]!;

const isPageCount = (name: ColumnName<'zones'>): name is PageCount => {
  const { unit, sum } = columnSpec('zones', name);
  return unit === 'pages' && sum === 'sum';
};
const isFreeOrder = (name: ColumnName<'zones'>): name is FreeOrder => name.startsWith('freeOrder');

export const PAGE_COUNTS = columnNames('zones').filter(isPageCount);
/** By order. */
export const FREE_ORDERS = columnNames('zones').filter(isFreeOrder);

/** A zone's figures besides its free blocks. */
export type ZoneFigure = Exclude<ColumnName<'zones'>, 'guest' | 'nid' | 'zone' | FreeOrder>;
export const ZONE_FIGURES = columnNames('zones').filter(
  (name): name is ZoneFigure => !isFreeOrder(name) && !['guest', 'nid', 'zone'].includes(name),
);

/** Columns of the table `guests` that are kept over time. */
export type GuestTrack = {
  [C in ColumnName<'guests'>]: (typeof TABLES)['guests']['columns'][C] extends SeriesSpec ? C : never;
}[ColumnName<'guests'>];
export const GUEST_TRACKS = columnNames('guests').filter(
  (name): name is GuestTrack => columnSpec('guests', name).series !== null,
);

/** What a host node has. */
export type HostFigure = Exclude<ColumnName<'hostNodes'>, 'host' | 'nid'>;
export const HOST_FIGURES = columnNames('hostNodes').filter(
  (name): name is HostFigure => name !== 'host' && name !== 'nid',
);

/** A column's label with its map. */
export const mappedLabel = ({ label, map }: Pick<ColumnSpec, 'label' | 'map'>): string =>
  map === null ? label : `${label} (${map})`;
