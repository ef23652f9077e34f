/**
 * A world as the tables of shared/snapshot/table.ts. Nothing here changes the world; the row orders are the format's.
 */
import type { GuestHeader, Snapshot, SnapshotLevel, Table } from '../../shared/snapshot/index.ts';
import { SNAPSHOT_VERSION } from '../../shared/snapshot/index.ts';
import type { WorldConfig } from './config.ts';
import type { HostSide } from './host/index.ts';
import { type Mm, NID_MIXED, NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './mm/index.ts';
import { targetNid } from './mm/memlayout.ts';
import { hasZone, validIn } from './mm/mm.ts';
import { HOLE, KIND_MASK, PINNED, RESERVED, stateOf } from './mm/page.ts';
import { segmentOfFree } from './mm/segment.ts';
import { usedNid } from './mm/transplant.ts';
import { type Guest, truthOf } from './vm/index.ts';

/**
 * The two tables whose size follows extents and ranges, kept between snapshots until what they show has changed: most
 * ticks change neither, and a snapshot of every tick must not cost what the first one did.
 */
export class TableCache {
  #backingKey = '';
  #layoutKey = '';
  #backing: Table | null = null;
  #layout: Table | null = null;

  backing(hostSide: HostSide, guests: readonly Guest[]): Table {
    const key = `${guests.map((_, i) => hostSide.backingGeneration(i)).join()}/${hostSide.copyGeneration()}`;
    if (this.#backing === null || key !== this.#backingKey) this.#backing = hostSide.backingTable();
    this.#backingKey = key;
    return this.#backing;
  }

  layout(guests: readonly Guest[]): Table {
    const key = guests.map((g) => g.mm.layout.seq).join();
    if (this.#layout === null || key !== this.#layoutKey) this.#layout = layoutTable(guests);
    this.#layoutKey = key;
    return this.#layout;
  }
}

/** What a snapshot is made from. */
export interface WorldParts {
  readonly config: WorldConfig;
  readonly tick: number;
  readonly chain: string;
  readonly hostSide: HostSide;
  readonly guests: readonly Guest[];
  readonly tables: TableCache;
}

export interface SnapshotOptions {
  /** Indexes of the guests whose pageblocks are wanted at level `blocks`; all when not given. */
  readonly blocksOf?: readonly number[];
}

export function snapshotOf(world: WorldParts, level: SnapshotLevel, { blocksOf }: SnapshotOptions = {}): Snapshot {
  const { config, hostSide, guests } = world;
  return {
    header: {
      version: SNAPSHOT_VERSION,
      level,
      tick: world.tick,
      tickMs: config.tickMs,
      seed: config.seed,
      chain: world.chain,
      hosts: hostSide.hostHeaders(),
      guests: guests.map((g, i) => guestHeader(g, i, hostSide)),
      migrations: hostSide.migrationRows(),
      compactions: hostSide.compactionRows(),
    },
    tables: {
      hostNodes: hostSide.hostNodesTable(),
      backing: world.tables.backing(hostSide, guests),
      cells: cellsTable(guests),
      nodes: nodesTable(guests),
      stranded: strandedTable(guests),
      layout: world.tables.layout(guests),
      blocks: blocksTable(guests, (guest) => level === 'blocks' && (blocksOf?.includes(guest) ?? true)),
    },
  };
}

function guestHeader(guest: Guest, index: number, hostSide: HostSide): GuestHeader {
  const { config, workload } = guest;
  const { mm } = guest.mm;
  return {
    name: config.name,
    host: hostSide.hostOf(index),
    nrPages: mm.nrPages,
    validPages: validIn(mm, 0, mm.nrPages),
    nrNodeIds: mm.nrNodeIds,
    cpuNode: config.mm.cpuNode,
    distances: config.mm.distances,
    zoneStartPfn: config.mm.zoneStartPfn,
    layoutSeq: mm.layout.seq,
    commits: mm.commits,
    moved: { ...mm.moved },
    lookups: { ...mm.lookups },
    lag: guest.lag(truthOf(hostSide, index)),
    allocs: workload.allocs,
    frees: workload.frees,
    allocFailures: workload.allocFailures,
  };
}

const U8 = (v: readonly number[]): Uint8Array => Uint8Array.from(v);
const U16 = (v: readonly number[]): Uint16Array => Uint16Array.from(v);
const I16 = (v: readonly number[]): Int16Array => Int16Array.from(v);
const U32 = (v: readonly number[]): Uint32Array => Uint32Array.from(v);

/** Rows gathered as plain numbers, one array a column; the names are the keys. */
class Rows<Name extends string> {
  readonly column: Record<Name, number[]>;
  rows = 0;

  constructor(names: readonly Name[]) {
    this.column = Object.fromEntries(names.map((n) => [n, []])) as unknown as Record<Name, number[]>;
  }

  push(row: Record<Name, number>): void {
    for (const name of Object.keys(this.column) as Name[]) this.column[name].push(row[name]);
    this.rows++;
  }
}

const CELL_FIGURES = [
  'spanStart',
  'spannedPages',
  'presentPages',
  'managedPages',
  'freePages',
  'pcpPages',
  'allocatedPages',
  'reservedPages',
  'wmarkMin',
  'wmarkLow',
  'wmarkHigh',
  'pcpBatch',
  'pcpHigh',
] as const;

function cellsTable(guests: readonly Guest[]): Table {
  const guest: number[] = [];
  const nids: number[] = [];
  const zones: number[] = [];
  const figures = Object.fromEntries(CELL_FIGURES.map((f) => [f, [] as number[]])) as unknown as Record<
    string,
    number[]
  >;
  const free: number[][] = Array.from({ length: NR_PAGE_ORDERS }, () => []);
  guests.forEach((g, i) => {
    for (let nid = 0; nid < g.mm.mm.nrNodeIds; nid++) {
      for (let zone = 0; zone < NR_ZONES; zone++) {
        if (!hasZone(g.mm.mm, zone)) continue;
        const cell = g.mm.cell(nid, zone);
        guest.push(i);
        nids.push(nid);
        zones.push(zone);
        for (const f of CELL_FIGURES) figures[f]!.push(cell[f]);
        cell.freeBlocks.forEach((blocks, order) => free[order]!.push(blocks));
      }
    }
  });
  const columns: Record<string, Uint8Array | Uint16Array | Uint32Array> = {
    guest: U16(guest),
    nid: U16(nids),
    zone: U8(zones),
  };
  for (const f of CELL_FIGURES) columns[f] = U32(figures[f]!);
  free.forEach((blocks, order) => {
    columns[`free${order}`] = U32(blocks);
  });
  return { rows: guest.length, columns };
}

function nodesTable(guests: readonly Guest[]): Table {
  const r = new Rows(['guest', 'nid', 'online', 'host', 'hostNid']);
  guests.forEach((g, guest) => {
    g.map.nodes.forEach((ref, nid) => {
      r.push({ guest, nid, online: g.mm.mm.online[nid]!, host: ref?.host ?? -1, hostNid: ref?.hostNid ?? -1 });
    });
  });
  const c = r.column;
  return {
    rows: r.rows,
    columns: { guest: U16(c.guest), nid: U16(c.nid), online: U8(c.online), host: I16(c.host), hostNid: I16(c.hostNid) },
  };
}

function strandedTable(guests: readonly Guest[]): Table {
  const r = new Rows(['guest', 'from', 'to', 'pages', 'pinned']);
  guests.forEach((g, guest) => {
    const { nrNodeIds, stranded, strandedPinned } = g.mm.mm;
    for (let i = 0; i < stranded.length; i++) {
      const pages = stranded[i]!;
      const pinned = strandedPinned[i]!;
      if (pages + pinned > 0) r.push({ guest, from: Math.floor(i / nrNodeIds), to: i % nrNodeIds, pages, pinned });
    }
  });
  const c = r.column;
  return {
    rows: r.rows,
    columns: { guest: U16(c.guest), from: U16(c.from), to: U16(c.to), pages: U32(c.pages), pinned: U32(c.pinned) },
  };
}

function layoutTable(guests: readonly Guest[]): Table {
  const r = new Rows(['guest', 'start', 'end', 'nid']);
  guests.forEach((g, guest) => {
    const { layout } = g.mm;
    for (let i = 0; i < layout.count; i++) {
      r.push({ guest, start: layout.start[i]!, end: layout.start[i + 1]!, nid: layout.nid[i]! });
    }
  });
  const c = r.column;
  return { rows: r.rows, columns: { guest: U16(c.guest), start: U32(c.start), end: U32(c.end), nid: U16(c.nid) } };
}

function blocksTable(guests: readonly Guest[], wanted: (guest: number) => boolean): Table {
  const r = new Rows(['guest', 'block', 'nid', 'freePages', 'usedPages', 'pinnedPages', 'owedPages']);
  guests.forEach((g, guest) => {
    if (!wanted(guest)) return;
    forEachBlockRow(g.mm.mm, (block, nid, count) => {
      r.push({
        guest,
        block,
        nid,
        freePages: count.free[nid]!,
        usedPages: count.used[nid]!,
        pinnedPages: count.pinned[nid]!,
        owedPages: count.owed[nid]!,
      });
    });
  });
  const c = r.column;
  return {
    rows: r.rows,
    columns: {
      guest: U16(c.guest),
      block: U32(c.block),
      nid: U16(c.nid),
      freePages: U16(c.freePages),
      usedPages: U16(c.usedPages),
      pinnedPages: U16(c.pinnedPages),
      owedPages: U16(c.owedPages),
    },
  };
}

interface BlockCount {
  readonly free: Uint16Array;
  readonly used: Uint16Array;
  readonly pinned: Uint16Array;
  readonly owed: Uint16Array;
}

/**
 * One row per pageblock and actual node with pages in it, ascending. Where the used pages of a pageblock are on one node
 * and its target is one, they are counted by its counters, else page by page.
 */
function forEachBlockRow(mm: Mm, visit: (block: number, nid: number, count: BlockCount) => void): void {
  const n = mm.nrNodeIds;
  const u16 = (): Uint16Array => new Uint16Array(n);
  const count: BlockCount = { free: u16(), used: u16(), pinned: u16(), owed: u16() };
  const blocks = Math.ceil(mm.nrPages / PAGES_PER_PAGEBLOCK);
  for (let block = 0; block < blocks; block++) {
    countFree(mm, block, count);
    countUsed(mm, block, count);
    for (let nid = 0; nid < n; nid++) {
      if (count.free[nid]! + count.used[nid]! + count.pinned[nid]! > 0) visit(block, nid, count);
    }
    for (const column of [count.free, count.used, count.pinned, count.owed]) column.fill(0);
  }
}

function countFree(mm: Mm, block: number, count: BlockCount): void {
  const { chain, nid, free } = mm.segment;
  for (let seg = block; seg !== -1; seg = chain[seg]!) count.free[nid[seg]!]! += free[seg]!;
}

function countUsed(mm: Mm, block: number, count: BlockCount): void {
  const { valid, free, pinned, actual } = mm.block;
  const used = valid[block]! - free[block]!;
  if (used === 0) return;
  const nid = actual[block]!;
  const target = mm.layout.blockNid[block]!;
  if (nid !== NID_MIXED && target !== NID_MIXED) {
    count.used[nid]! += used - pinned[block]!;
    count.pinned[nid]! += pinned[block]!;
    if (target !== nid) count.owed[nid]! += used;
    return;
  }
  const start = block << PAGEBLOCK_ORDER;
  for (let pfn = start; pfn < Math.min(start + PAGES_PER_PAGEBLOCK, mm.nrPages); pfn++) {
    if (segmentOfFree(mm, pfn) !== -1) continue;
    const state = stateOf(mm.page, pfn);
    const kind = state & KIND_MASK;
    if (kind === HOLE) continue;
    const at = usedNid(mm, pfn);
    (kind === RESERVED || (state & PINNED) !== 0 ? count.pinned : count.used)[at]!++;
    if (targetNid(mm.layout, pfn) !== at) count.owed[at]!++;
  }
}
