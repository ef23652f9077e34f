/**
 * The whole state of one guest's memory manager, as columns. The files beside this one are the operations on it; each
 * says which counters it changes. A *zone* is one of a node (Linux's struct zone), index nid * NR_ZONES + zone type.
 *
 * Two ledgers, both exact at every moment outside a commit:
 * - by target T: present, managed, reserved (they change only when a layout is published);
 * - by actual A: the free lists, per-CPU lists, span, and the stranded matrix that says how the two differ.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert } from '../core/index.ts';
import type { MmConfig } from '../../../shared/model/config.ts';
import {
  MAX_BLOCK_PAGES,
  MAX_GUEST_PFN,
  MAX_NODE_IDS,
  NR_MIGRATE_TYPES,
  NR_NODE_STATS,
  NR_NUMA_EVENTS,
  NR_PAGE_ORDERS,
  NR_ZONES,
  PAGEBLOCK_ORDER,
} from './limit.ts';
import type { LookupKind } from './lookup-steps.ts';
import type { Memlayout } from './memlayout.ts';
import { createPageColumns, type PageColumns } from './page.ts';
import { RangeSet } from './range-set.ts';
import type { RfcState } from './rfc/rfc-columns.ts';
import { createSegmentTable, type SegmentTable } from './segment-table.ts';
import { createUsedNodes, type UsedNodes } from './used-node-table.ts';

interface ZoneColumns {
  /** Pages whose T is this zone; managed leaves out the reserved ones. Uint32Array[zones]. */
  readonly present: Uint32Array;
  readonly managed: Uint32Array;
  /** Pages on this zone's buddy lists / on all CPUs' lists of this zone (by A). */
  readonly free: Uint32Array;
  readonly pcp: Uint32Array;
  /** Free blocks per order, all migrate types. Uint32Array[zones * NR_PAGE_ORDERS]. */
  readonly nrFree: Uint32Array;
  /** Span of the pages with A here: [spanStart, spanEnd), empty when equal. Shrinks when nothing is stranded here. */
  readonly spanStart: Uint32Array;
  readonly spanEnd: Uint32Array;
  /** Hull of the pages with T here. */
  readonly hullStart: Uint32Array;
  readonly hullEnd: Uint32Array;
  /** Pages in use with A here and T elsewhere, pinned ones included. */
  readonly strandedOut: Uint32Array;
  /** 1 once the zone has been set up on the node (never unset). */
  readonly initialised: Uint8Array;
  readonly wmarkMin: Uint32Array;
  readonly wmarkLow: Uint32Array;
  readonly wmarkHigh: Uint32Array;
  /** Pages that an allocation able to use the node's highest zone leaves here (the last entry of "protection"). */
  readonly lowmemReserve: Uint32Array;
  readonly pcpBatch: Uint32Array;
  readonly pcpHigh: Uint32Array;
}

/**
 * What a commit needs to know of a pageblock without reading its pages, index pfn >>> PAGEBLOCK_ORDER:
 * (a) valid - free pages are in use (allocated, on a per-CPU list, or reserved), `pinned` of them for ever;
 * (b) `actual` is the A of all pages in use, or NID_MIXED: then mm.usedNodes has it page by page. Meaningless when no page
 *     is in use.
 */
interface PageblockColumns {
  readonly valid: Uint16Array;
  readonly free: Uint16Array;
  readonly pinned: Uint16Array;
  readonly actual: Uint8Array;
}

interface MovedCounters {
  /** Pages transplanted from the free lists by commits. */
  sweep: number;
  /** Pages transplanted when they were freed. */
  free: number;
  /** Pages transplanted when the per-CPU lists were drained. */
  drain: number;
}

/** Layout lookups on the free path, as the RFC's one-range cache would have counted them. */
interface LookupCounters {
  hit: number;
  miss: number;
}

/** Where the CPUs are and how far the nodes; numbered, so that who keeps a copy knows when it is old. */
export interface Topology {
  /** 0: as at boot. */
  readonly generation: number;
  readonly cpuNode: readonly number[];
  readonly distances: readonly (readonly number[])[];
}

/** Since boot. */
export interface BeyondCounters {
  /** Allocations inside a commit, and those of them that came from a node that is not their target: stranded at birth. */
  commitAllocs: number;
  bornStranded: number;
  /** Allocations inside a commit for which the target was asked and another page taken than the first in line. */
  consulted: number;
  /** Pages looked at by the active pass, and relabelled. */
  passLooked: number;
  relabelled: number;
  /** Records read by all counted lookups together (lookup-steps.ts). */
  lookupSteps: number;
}

/** Commits, of the whole guest since boot. */
interface CommitStat {
  /** That rebuilt the zonelists, and that had no need to. */
  withRebuild: number;
  withoutRebuild: number;
  /** That emptied the per-CPU lists. */
  drains: number;
  /** Pages of blocks that were cut at the end of a range: by the walking sweep, or when they were freed. */
  splitPages: number;
}

export interface Mm {
  readonly config: MmConfig;
  readonly nrPages: number;
  /** config.zoneStartPfn, at hand: every free asks. */
  readonly dma32Start: number;
  readonly normalStart: number;
  readonly nrNodeIds: number;
  readonly zoneCount: number;
  readonly nrCpus: number;
  /** Pages that do not exist: config.holes less what has been plugged (hotplug.ts). */
  holes: RangeSet;
  /** Maximal, ascending. */
  plugged: readonly PfnRange[];
  readonly reserved: RangeSet;
  readonly page: PageColumns;
  /** A of the pages in use where a pageblock has them on several nodes. */
  readonly usedNodes: UsedNodes;
  /** Migrate type of each pageblock. */
  readonly blockType: Uint8Array;
  readonly block: PageblockColumns;
  /** Free pages, and the buddy lists. */
  readonly segment: SegmentTable;
  readonly zones: ZoneColumns;
  /** Node states: 1 once online. Index nid. */
  readonly online: Uint8Array;
  /** Per-CPU lists, the next page to hand out last; index (cpu * zoneCount + zone) * NR_MIGRATE_TYPES + type. */
  readonly pcp: (number[] | undefined)[];
  /** Pages on each CPU's lists of each zone, index cpu * zoneCount + zone. */
  readonly pcpCount: Uint32Array;
  /** Stranded pages, index from * nrNodeIds + to (A, T): pages that can converge, and pinned ones. */
  readonly stranded: Uint32Array;
  readonly strandedPinned: Uint32Array;
  /** The layout that lookups answer from. */
  layout: Memlayout;
  /**
   * The layout that marks are derived from: a page in use is marked when its A is not its T here. It differs from
   * `layout` only between a commit's publish and mark steps.
   */
  markLayout: Memlayout;
  /** Range that the RFC's cache would hold, [start, end). */
  cacheStart: number;
  cacheEnd: number;
  readonly moved: MovedCounters;
  readonly lookups: LookupCounters;
  commits: number;
  /** Inside a commit, after its publish and before it is settled. Only frees may come then. */
  committing: boolean;
  /** The zones of a commit are set up, and its layout is not in force yet. */
  zonesAwaitLayout: boolean;
  /** Zonelists by preferred node, zones in order of fallback; rebuilt when a zone is populated or emptied. */
  zonelist: readonly Uint16Array[];
  zonelistRebuilds: number;
  minFreeKib: number;
  /** The watermarks are those of boot, and what it freed late does not count in them: see watermark.ts. */
  bootMarks: boolean;
  /** NR_NODE_STATS a node (commit-stat.ts). */
  readonly nodeStat: Float64Array;
  readonly commitStat: CommitStat;
  /** Allocations by where they were given, NR_NUMA_EVENTS a zone (numa-event.ts). */
  readonly numaEvent: Float64Array;
  /** Pages allocated from each zone, then pages freed (numa-event.ts). */
  readonly pageEvent: Float64Array;
  /** Those of boot until a commit brings others (BeyondConfig.topology). */
  topology: Topology;
  /** What goes beyond the RFC and is asked on the paths of the allocator; settings, not state. */
  readonly beyond: { consultTarget: boolean; lookup: LookupKind };
  readonly beyondCounters: BeyondCounters;
  /** What the posted code does wrong (rfc/README.md); null for a correct guest, and while one boots. */
  rfc: RfcState | null;
}

/** Zonelist rebuilds as the guest's kernel counts them: the posted code makes one for each zone that gains its first page. */
export const zonelistRebuildsOf = (mm: Mm): number =>
  mm.rfc === null ? mm.zonelistRebuilds : mm.commitStat.withRebuild;

export const zoneIndex = (nid: number, zoneType: number): number => nid * NR_ZONES + zoneType;

/** Zone of a pfn. */
export function zoneTypeOf(mm: Mm, pfn: number): number {
  return pfn >= mm.normalStart ? 2 : pfn >= mm.dma32Start ? 1 : 0;
}

/** End (exclusive) of the part of a zone that the guest has. */
export function zoneTypeEnd(mm: Mm, zoneType: number): number {
  const end = zoneType + 1 < NR_ZONES ? mm.config.zoneStartPfn[zoneType + 1]! : mm.nrPages;
  return Math.min(end, mm.nrPages);
}

/** Whether the guest has any pfn in the zone. */
export const hasZoneType = (mm: Mm, zoneType: number): boolean =>
  mm.config.zoneStartPfn[zoneType]! < zoneTypeEnd(mm, zoneType);

/** Valid pages (not holes) in [start, end). */
export const validIn = (mm: Mm, start: number, end: number): number => end - start - mm.holes.countIn(start, end);

/** All columns and lists empty; `boot` fills them. */
export function createMm(config: MmConfig, layout: Memlayout): Mm {
  const { nrPages, nrNodeIds } = config;
  assert(nrNodeIds >= 1 && nrNodeIds <= MAX_NODE_IDS, 'mm-node-ids', { nrNodeIds });
  assert(nrPages >= 1 && nrPages <= MAX_GUEST_PFN, 'mm-pages', { nrPages });
  assert(config.cpuNode.length >= 1, 'mm-no-cpu');
  for (const start of config.zoneStartPfn) assert(start % MAX_BLOCK_PAGES === 0, 'mm-zone-unaligned', { start });
  const zoneCount = nrNodeIds * NR_ZONES;
  const nrCpus = config.cpuNode.length;
  const page = createPageColumns(nrPages);
  const pageblocks = page.size >>> PAGEBLOCK_ORDER;
  return {
    config,
    nrPages,
    dma32Start: config.zoneStartPfn[1],
    normalStart: config.zoneStartPfn[2],
    nrNodeIds,
    zoneCount,
    nrCpus,
    holes: new RangeSet(config.holes),
    plugged: [],
    reserved: new RangeSet(config.reserved),
    page,
    usedNodes: createUsedNodes(page.info),
    blockType: new Uint8Array(pageblocks),
    block: {
      valid: new Uint16Array(pageblocks),
      free: new Uint16Array(pageblocks),
      pinned: new Uint16Array(pageblocks),
      actual: new Uint8Array(pageblocks),
    },
    segment: createSegmentTable(pageblocks, zoneCount),
    zones: createZones(zoneCount),
    online: new Uint8Array(nrNodeIds),
    pcp: new Array<number[] | undefined>(nrCpus * zoneCount * NR_MIGRATE_TYPES),
    pcpCount: new Uint32Array(nrCpus * zoneCount),
    stranded: new Uint32Array(nrNodeIds * nrNodeIds),
    strandedPinned: new Uint32Array(nrNodeIds * nrNodeIds),
    layout,
    markLayout: layout,
    cacheStart: 0,
    cacheEnd: 0,
    moved: { sweep: 0, free: 0, drain: 0 },
    lookups: { hit: 0, miss: 0 },
    commits: 0,
    committing: false,
    zonesAwaitLayout: false,
    zonelist: [],
    zonelistRebuilds: 0,
    minFreeKib: 0,
    bootMarks: false,
    nodeStat: new Float64Array(nrNodeIds * NR_NODE_STATS),
    commitStat: { withRebuild: 0, withoutRebuild: 0, drains: 0, splitPages: 0 },
    numaEvent: new Float64Array(zoneCount * NR_NUMA_EVENTS),
    pageEvent: new Float64Array(NR_ZONES + 1),
    topology: { generation: 0, cpuNode: config.cpuNode, distances: config.distances },
    beyond: { consultTarget: false, lookup: 'table' },
    beyondCounters: { commitAllocs: 0, bornStranded: 0, consulted: 0, passLooked: 0, relabelled: 0, lookupSteps: 0 },
    rfc: null,
  };
}

function createZones(n: number): ZoneColumns {
  const u32 = (): Uint32Array => new Uint32Array(n);
  return {
    present: u32(),
    managed: u32(),
    free: u32(),
    pcp: u32(),
    nrFree: new Uint32Array(n * NR_PAGE_ORDERS),
    spanStart: u32(),
    spanEnd: u32(),
    hullStart: u32(),
    hullEnd: u32(),
    strandedOut: u32(),
    initialised: new Uint8Array(n),
    wmarkMin: u32(),
    wmarkLow: u32(),
    wmarkHigh: u32(),
    lowmemReserve: u32(),
    pcpBatch: u32(),
    pcpHigh: u32(),
  };
}

/** The names of ZoneColumns, in their order. */
export const ZONE_COLUMNS = Object.keys(createZones(1)) as readonly (keyof ZoneColumns)[];
