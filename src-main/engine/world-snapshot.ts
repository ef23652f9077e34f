/**
 * A world as the tables of shared/snapshot/table.ts. Nothing here changes the world; the row orders are the format's.
 */
import type { GuestHeader, Snapshot, SnapshotLevel, Table } from '../../shared/columns/index.ts';
import { SNAPSHOT_VERSION } from '../../shared/columns/index.ts';
import type { RfcSwitches } from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import type { HostSide } from './host/index.ts';
import { type GuestMm, type Mm, NR_PAGE_ORDERS, NR_ZONES, PAGES_PER_PAGEBLOCK } from './mm/index.ts';
import { forEachBlockRow } from './mm/block-row.ts';
import { hasZoneType, validIn, zonelistRebuildsOf } from './mm/mm.ts';
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
    // Memory that is plugged in before any commit changes what the layout of boot comes to.
    const key = guests
      .map((g) => `${g.memory.layout.seq} ${g.memory.state.plugged.map((r) => `${r.start}-${r.end}`).join()}`)
      .join(';');
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
  /** Indexes of the guests whose pageblocks and owed pages are wanted at level `blocks`; all when not given. */
  readonly blocksOf?: readonly number[];
}

export function snapshotOf(world: WorldParts, level: SnapshotLevel, { blocksOf }: SnapshotOptions = {}): Snapshot {
  const { config, hostSide, guests } = world;
  const isWanted = (guest: number): boolean => level === 'blocks' && (blocksOf?.includes(guest) ?? true);
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
      owed: owedTable(guests, world.tick, isWanted),
      blocks: blocksTable(guests, isWanted),
    },
  };
}

function guestHeader(guest: Guest, index: number, hostSide: HostSide): GuestHeader {
  const { config, workload } = guest;
  const { state: mm } = guest.memory;
  return {
    name: config.name,
    host: hostSide.hostOf(index),
    nrPages: mm.nrPages,
    validPages: validIn(mm, 0, mm.nrPages),
    nrNodeIds: mm.nrNodeIds,
    cpuNode: mm.topology.cpuNode,
    distances: mm.topology.distances,
    zoneStartPfn: config.mm.zoneStartPfn,
    layoutSeq: mm.layout.seq,
    commits: mm.commits,
    moved: { ...mm.moved },
    lookups: { ...mm.lookups },
    lag: guest.lag(truthOf(hostSide, index)),
    allocs: workload.allocs,
    frees: workload.frees,
    allocFailures: workload.allocFailures,
    era: config.mm.profile.era,
    defects: defectsOf(config.mm.profile.rfc),
    crashed: guest.kernel.mutexHeld,
    beyond: guest.beyond,
    topologyGeneration: mm.topology.generation,
    counters: countersOf(guest),
  };
}

/** Switches that are on, in their order. */
const defectsOf = (rfc: RfcSwitches): string[] =>
  Object.entries(rfc).flatMap(([name, value]) => (value === false || value === 0 ? [] : [name]));

/** Ascending by name within each part; a part is there when the guest is such that it can count. */
function countersOf(guest: Guest): Record<string, number> {
  const { state: mm } = guest.memory;
  return {
    zonelistRebuilds: zonelistRebuildsOf(mm),
    ...mm.beyondCounters,
    ...guest.counters,
    ...(guest.memory.defectCounters() ?? {}),
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
    for (let nid = 0; nid < g.memory.state.nrNodeIds; nid++) {
      for (let zone = 0; zone < NR_ZONES; zone++) {
        if (!hasZoneType(g.memory.state, zone)) continue;
        const cell = g.memory.zone(nid, zone);
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
  const r = new Rows(['guest', 'nid', 'online', 'host', 'hostNid', 'presentPages', 'nrZones', 'marked']);
  guests.forEach((g, guest) => {
    const figures = nodeFigures(g.memory);
    g.map.nodes.forEach((ref, nid) => {
      const online = g.memory.state.online[nid]!;
      r.push({ guest, nid, online, host: ref?.host ?? -1, hostNid: ref?.hostNid ?? -1, ...figures(nid) });
    });
  });
  const c = r.column;
  return {
    rows: r.rows,
    columns: {
      guest: U16(c.guest),
      nid: U16(c.nid),
      online: U8(c.online),
      host: I16(c.host),
      hostNid: I16(c.hostNid),
      presentPages: U32(c.presentPages),
      nrZones: U8(c.nrZones),
      marked: U32(c.marked),
    },
  };
}

interface NodeFigures {
  readonly presentPages: number;
  readonly nrZones: number;
  readonly marked: number;
}

function nodeFigures(guest: GuestMm): (nid: number) => NodeFigures {
  const marked = guest.markedByNode();
  return (nid) => ({ presentPages: guest.presentPages(nid), nrZones: guest.nrZones(nid), marked: marked[nid]! });
}

function strandedTable(guests: readonly Guest[]): Table {
  const r = new Rows(['guest', 'from', 'to', 'pages', 'pinned', 'misplaced']);
  guests.forEach((g, guest) => {
    const { nrNodeIds, stranded, strandedPinned } = g.memory.state;
    for (let i = 0; i < stranded.length; i++) {
      const [from, to] = [Math.floor(i / nrNodeIds), i % nrNodeIds];
      const pages = stranded[i]!;
      const pinned = strandedPinned[i]!;
      const misplaced = g.memory.misplaced(from, to);
      if (pages + pinned + misplaced > 0) r.push({ guest, from, to, pages, pinned, misplaced });
    }
  });
  const c = r.column;
  return {
    rows: r.rows,
    columns: {
      guest: U16(c.guest),
      from: U16(c.from),
      to: U16(c.to),
      pages: U32(c.pages),
      pinned: U32(c.pinned),
      misplaced: U32(c.misplaced),
    },
  };
}

function owedTable(guests: readonly Guest[], tick: number, wanted: (guest: number) => boolean): Table {
  const r = new Rows(['guest', 'owner', 'age', 'pages']);
  guests.forEach((g, guest) => {
    if (wanted(guest)) for (const row of g.owed(tick)) r.push({ guest, ...row });
  });
  const c = r.column;
  return { rows: r.rows, columns: { guest: U16(c.guest), owner: U8(c.owner), age: U8(c.age), pages: U32(c.pages) } };
}

function layoutTable(guests: readonly Guest[]): Table {
  const r = new Rows(['guest', 'start', 'end', 'nid']);
  guests.forEach((g, guest) => {
    const { layout } = g.memory;
    for (let i = 0; i < layout.count; i++) {
      r.push({ guest, start: layout.start[i]!, end: layout.start[i + 1]!, nid: layout.nid[i]! });
    }
  });
  const c = r.column;
  return { rows: r.rows, columns: { guest: U16(c.guest), start: U32(c.start), end: U32(c.end), nid: U16(c.nid) } };
}

/** Rows of the blocks table while they are written; the columns are replaced by longer ones when they are full. */
class BlockRows {
  rows = 0;
  #guest = new Uint16Array(0);
  #block = new Uint32Array(0);
  #nid = new Uint16Array(0);
  #pages = [0, 1, 2, 3].map(() => new Uint16Array(0));

  /** @param guest index. @param more rows that are likely to come. */
  add(guest: number, mm: Mm, more: number): void {
    this.#reserve(this.rows + more);
    forEachBlockRow(mm, (block, nid, freePages, usedPages, pinnedPages, owedPages) => {
      if (this.rows === this.#guest.length) this.#reserve(2 * this.rows + 1);
      const [free, used, pinned, owed] = this.#pages;
      const row = this.rows++;
      this.#guest[row] = guest;
      this.#block[row] = block;
      this.#nid[row] = nid;
      free![row] = freePages;
      used![row] = usedPages;
      pinned![row] = pinnedPages;
      owed![row] = owedPages;
    });
  }

  #reserve(rows: number): void {
    if (rows <= this.#guest.length) return;
    const longer16 = (column: Uint16Array): Uint16Array<ArrayBuffer> => {
      const out = new Uint16Array(rows);
      out.set(column);
      return out;
    };
    const block = new Uint32Array(rows);
    block.set(this.#block);
    this.#block = block;
    this.#guest = longer16(this.#guest);
    this.#nid = longer16(this.#nid);
    this.#pages = this.#pages.map(longer16);
  }

  table(): Table {
    const { rows } = this;
    const [free, used, pinned, owed] = this.#pages.map((column) => column.slice(0, rows));
    return {
      rows,
      columns: {
        guest: this.#guest.slice(0, rows),
        block: this.#block.slice(0, rows),
        nid: this.#nid.slice(0, rows),
        freePages: free!,
        usedPages: used!,
        pinnedPages: pinned!,
        owedPages: owed!,
      },
    };
  }
}

function blocksTable(guests: readonly Guest[], wanted: (guest: number) => boolean): Table {
  const rows = new BlockRows();
  guests.forEach((g, guest) => {
    const { state: mm } = g.memory;
    if (wanted(guest)) rows.add(guest, mm, 2 * Math.ceil(mm.nrPages / PAGES_PER_PAGEBLOCK));
  });
  return rows.table();
}
