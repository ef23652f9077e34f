/**
 * A world as the tables of shared/snapshot/table.ts. Nothing here changes the world; the row orders are the format's.
 */
import type { GuestHeader, Snapshot, SnapshotLevel, Table } from '../../shared/snapshot/index.ts';
import { SNAPSHOT_VERSION } from '../../shared/snapshot/index.ts';
import type { WorldConfig } from './config.ts';
import type { HostSide } from './host/index.ts';
import { type Mm, NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './mm/index.ts';
import { targetNid } from './mm/memlayout.ts';
import { hasZone, validIn } from './mm/mm.ts';
import { FLAG_PINNED, FREE, HOLE, KIND_MASK, ORDER_MASK, RESERVED } from './mm/page.ts';
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

export function snapshotOf(world: WorldParts, level: SnapshotLevel): Snapshot {
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
      blocks: blocksTable(level === 'blocks' ? guests : []),
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

function blocksTable(guests: readonly Guest[]): Table {
  const r = new Rows(['guest', 'block', 'nid', 'freePages', 'usedPages', 'pinnedPages', 'owedPages']);
  guests.forEach((g, guest) => {
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

/** One row per pageblock and actual node with pages in it, ascending. Cost: the blocks of the guest. */
function forEachBlockRow(mm: Mm, visit: (block: number, nid: number, count: BlockCount) => void): void {
  const { state, nid: nidOf, flag } = mm.page;
  const n = mm.nrNodeIds;
  const u16 = (): Uint16Array => new Uint16Array(n);
  const count: BlockCount = { free: u16(), used: u16(), pinned: u16(), owed: u16() };
  const blocks = Math.ceil(mm.nrPages / PAGES_PER_PAGEBLOCK);
  // The block that began before this pageblock (order 10 covers two) and goes on in it.
  let head = 0;
  for (let block = 0; block < blocks; block++) {
    const start = block << PAGEBLOCK_ORDER;
    const end = start + PAGES_PER_PAGEBLOCK;
    while (head < end) {
      const order = state[head]! & ORDER_MASK;
      const kind = state[head]! & KIND_MASK;
      const after = head + (1 << order);
      if (kind !== HOLE) {
        const from = Math.max(head, start);
        const pages = Math.min(after, end) - from;
        const nid = nidOf[head]!;
        if (kind === FREE) {
          count.free[nid]! += pages;
        } else {
          const pinned = kind === RESERVED || (flag[head]! & FLAG_PINNED) !== 0;
          (pinned ? count.pinned : count.used)[nid]! += pages;
          count.owed[nid]! += owedIn(mm, from, pages, nid);
        }
      }
      if (after > end) break;
      head = after;
    }
    for (let nid = 0; nid < n; nid++) {
      if (count.free[nid]! + count.used[nid]! + count.pinned[nid]! > 0) visit(block, nid, count);
    }
    for (const column of [count.free, count.used, count.pinned, count.owed]) column.fill(0);
  }
}

/** Pages of [from, from + pages), inside one pageblock and with A = nid, whose target is another node. */
function owedIn(mm: Mm, from: number, pages: number, nid: number): number {
  const whole = mm.layout.blockNid[from >>> PAGEBLOCK_ORDER]!;
  if (whole === nid) return 0;
  let owed = 0;
  for (let pfn = from; pfn < from + pages; pfn++) if (targetNid(mm.layout, pfn) !== nid) owed++;
  return owed;
}
