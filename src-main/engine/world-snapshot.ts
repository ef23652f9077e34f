/**
 * Writes a world into the tables of shared/columns/schema.ts, in the row order stated there. Does not change the world.
 */
import type {
  Figures,
  HostHeader,
  KernelHeader,
  Row,
  Snapshot,
  SnapshotLevel,
  Table,
} from '../../shared/columns/index.ts';
import {
  COMPACTION_PHASES,
  COUNTER_NAMES,
  type CounterName,
  FREE_ORDERS,
  MIGRATION_PHASES,
  SNAPSHOT_VERSION,
  tableOf,
  TableWriter,
  ZONE_FIGURES,
} from '../../shared/columns/index.ts';
import type { HostConfig, RfcSwitches } from '../../shared/model/config.ts';
import type { CompactionRow, MigrationRow } from '../../shared/model/transfer.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import { backingTable, type Fleet, hostNodesTable, poolsTable } from './fleet/index.ts';
import type { Transfers } from './transfer/index.ts';
import { type Mm, NR_PAGE_ORDERS, NR_ZONES, PAGES_PER_PAGEBLOCK } from './mm/index.ts';
import { forEachBlockRow } from './mm/block-row.ts';
import { hasZoneType, validIn, zonelistRebuildsOf } from './mm/mm.ts';
import { type Guest, truthOf } from './vm/index.ts';

/** Makes a value anew when its key is another than the last time. */
class Kept<Key, T> {
  #key: Key | null = null;
  #value: T | null = null;

  get(key: Key, make: () => T): T {
    if (this.#value === null || key !== this.#key) this.#value = make();
    this.#key = key;
    return this.#value;
  }
}

/**
 * What of a snapshot is kept until what it shows has changed: a snapshot of every tick must not cost what the first one
 * did, and who compares two finds at once that they share it.
 */
export class SnapshotCache {
  readonly #hosts = new Kept<string, readonly HostHeader[]>();
  readonly #names = new Kept<string, readonly string[]>();
  readonly #kernels = new Map<string, KernelHeader>();
  /** By guest. */
  readonly #kernelKeys: { readonly beyond: KernelHeader['beyond']; readonly key: string }[] = [];
  readonly #layout = new Kept<string, Table<'layout'>>();
  readonly #vcpus = new Kept<string, Table<'vcpus'>>();
  readonly #distances = new Kept<string, Table<'distances'>>();

  hosts({ hosts }: WorldConfig): readonly HostHeader[] {
    return this.#hosts.get('', () => hosts.map(hostHeader));
  }

  names(guests: readonly Guest[]): readonly string[] {
    return this.#names.get('', () => guests.map(({ config }) => config.name));
  }

  /** The kernels of this world's guests, each once, in the order in which they come first; and the place of each guest's. */
  kernels(guests: readonly Guest[]): {
    readonly kernels: readonly KernelHeader[];
    readonly placeOf: readonly number[];
  } {
    const places = new Map<string, number>();
    const kernels: KernelHeader[] = [];
    const placeOf = guests.map((guest, i) => {
      const key = this.#kernelKey(guest, i);
      const known = places.get(key);
      if (known !== undefined) return known;
      if (!this.#kernels.has(key)) this.#kernels.set(key, kernelOf(guest));
      places.set(key, kernels.length);
      return kernels.push(this.#kernels.get(key)!) - 1;
    });
    return { kernels, placeOf };
  }

  /** What of a guest's kernel may change is replaced as a whole. */
  #kernelKey(guest: Guest, index: number): string {
    const known = this.#kernelKeys[index];
    if (known?.beyond === guest.beyond) return known.key;
    const key = JSON.stringify(kernelOf(guest));
    this.#kernelKeys[index] = { beyond: guest.beyond, key };
    return key;
  }

  layout(guests: readonly Guest[]): Table<'layout'> {
    // Memory that is plugged in before any commit changes what the layout of boot comes to.
    const key = guests
      .map((g) => `${g.memory.layout.seq} ${g.memory.state.plugged.map((r) => `${r.start}-${r.end}`).join()}`)
      .join(';');
    return this.#layout.get(key, () => layoutTable(guests));
  }

  vcpus(guests: readonly Guest[]): Table<'vcpus'> {
    return this.#vcpus.get(topologyKey(guests), () => vcpusTable(guests));
  }

  distances(guests: readonly Guest[]): Table<'distances'> {
    return this.#distances.get(topologyKey(guests), () => distancesTable(guests));
  }
}

const topologyKey = (guests: readonly Guest[]): string =>
  guests.map(({ memory }) => memory.state.topology.generation).join();

/** What a snapshot is made from. */
export interface WorldParts {
  readonly config: WorldConfig;
  readonly tick: number;
  readonly chain: string;
  readonly transfers: Transfers;
  readonly guests: readonly Guest[];
  readonly cache: SnapshotCache;
}

export interface SnapshotOptions {
  /** Indexes of the guests whose pageblocks and owed pages are wanted at level `blocks`; all when not given. */
  readonly blocksOf?: readonly number[];
}

/** The tables of a snapshot that follow a run over time: their cost does not grow with the runs that back the memory. */
export function figuresOf({ config, transfers, guests, cache, tick }: WorldParts): Figures {
  const { placeOf } = cache.kernels(guests);
  return {
    header: { tick, hosts: cache.hosts(config), vms: cache.names(guests) },
    tables: {
      hostNodes: hostNodesTable(transfers.fleet),
      guests: tableOf(
        'guests',
        guests.map((guest, i) => guestRow(guest, i, placeOf[i]!, transfers.fleet)),
      ),
      stranded: strandedTable(guests),
    },
  };
}

export function snapshotOf(world: WorldParts, level: SnapshotLevel, { blocksOf }: SnapshotOptions = {}): Snapshot {
  const { config, transfers, guests, cache } = world;
  const isWanted = (guest: number): boolean => level === 'blocks' && (blocksOf?.includes(guest) ?? true);
  const { kernels, placeOf } = cache.kernels(guests);
  const migrations = transfers.migrationRows();
  return {
    header: {
      version: SNAPSHOT_VERSION,
      level,
      tick: world.tick,
      tickMs: config.tickMs,
      seed: config.seed,
      chain: world.chain,
      hosts: cache.hosts(config),
      vms: cache.names(guests),
      kernels,
    },
    tables: {
      hostNodes: hostNodesTable(transfers.fleet),
      pools: poolsTable(transfers.fleet),
      backing: backingTable(transfers.fleet),
      guests: tableOf(
        'guests',
        guests.map((guest, i) => guestRow(guest, i, placeOf[i]!, transfers.fleet)),
      ),
      vcpus: cache.vcpus(guests),
      distances: cache.distances(guests),
      counters: countersTable(guests),
      zones: zonesTable(guests),
      nodes: nodesTable(guests),
      stranded: strandedTable(guests),
      layout: cache.layout(guests),
      owed: owedTable(guests, world.tick, isWanted),
      blocks: blocksTable(guests, isWanted),
      ...transferTables(config, migrations, transfers.compactionRows()),
    },
  };
}

function hostHeader({ name, nodes, distances }: HostConfig): HostHeader {
  return { name, nids: nodes.map((n) => n.nid), cpus: nodes.map((n) => n.cpus), distances };
}

function kernelOf({ config, beyond }: Guest): KernelHeader {
  return { era: config.mm.profile.era, defects: defectsOf(config.mm.profile.rfc), beyond };
}

/** Switches that are on, in their order. */
const defectsOf = (rfc: RfcSwitches): string[] =>
  Object.entries(rfc).flatMap(([name, value]) => (value === false || value === 0 ? [] : [name]));

function guestRow(guest: Guest, index: number, kernel: number, fleet: Fleet): Row<'guests'> {
  const { config, workload } = guest;
  const { state: mm } = guest.memory;
  const lag = guest.lag(truthOf(fleet, index));
  return {
    guest: index,
    host: fleet.guest(index).host,
    kernel,
    nrPages: mm.nrPages,
    validPages: validIn(mm, 0, mm.nrPages),
    nrNodeIds: mm.nrNodeIds,
    dma32StartPfn: config.mm.zoneStartPfn[1],
    normalStartPfn: config.mm.zoneStartPfn[2],
    crashed: guest.kernel.mutexHeld ? 1 : 0,
    topologyGeneration: mm.topology.generation,
    layoutSeq: mm.layout.seq,
    commits: mm.commits,
    hostTargetPages: lag.hostTarget,
    coalescedPages: lag.coalesced,
    targetActualPages: lag.targetActual,
    pinnedPages: lag.pinned,
    movedSweep: mm.moved.sweep,
    movedFree: mm.moved.free,
    movedDrain: mm.moved.drain,
    lookupHits: mm.lookups.hit,
    lookupMisses: mm.lookups.miss,
    allocs: workload.allocs,
    frees: workload.frees,
    allocFailures: workload.allocFailures,
  };
}

/** Those that the guest is such that it can count. */
function countersOf(guest: Guest): Partial<Record<CounterName, number>> {
  const { state: mm } = guest.memory;
  return {
    zonelistRebuilds: zonelistRebuildsOf(mm),
    ...mm.beyondCounters,
    ...guest.counters,
    ...guest.memory.defectCounters(),
  };
}

function countersTable(guests: readonly Guest[]): Table<'counters'> {
  const w = new TableWriter('counters', guests.length * COUNTER_NAMES.length);
  guests.forEach((g, guest) => {
    const counters = countersOf(g);
    COUNTER_NAMES.forEach((name, counter) => {
      const value = counters[name];
      if (value !== undefined) w.push({ guest, counter, value });
    });
  });
  return w.table();
}

function vcpusTable(guests: readonly Guest[]): Table<'vcpus'> {
  const w = new TableWriter('vcpus');
  guests.forEach((g, guest) => {
    g.memory.state.topology.cpuNode.forEach((nid, cpu) => w.push({ guest, cpu, nid }));
  });
  return w.table();
}

function distancesTable(guests: readonly Guest[]): Table<'distances'> {
  const w = new TableWriter('distances');
  guests.forEach((g, guest) => {
    g.memory.state.topology.distances.forEach((row, from) => {
      row.forEach((distance, to) => w.push({ guest, from, to, distance }));
    });
  });
  return w.table();
}

/** Column by column: there are thousands of them in a world of many guests. */
function zonesTable(guests: readonly Guest[]): Table<'zones'> {
  const w = new TableWriter('zones', 8 * guests.length);
  guests.forEach((g, guest) => {
    for (let nid = 0; nid < g.memory.state.nrNodeIds; nid++) {
      for (let zone = 0; zone < NR_ZONES; zone++) {
        if (!hasZoneType(g.memory.state, zone)) continue;
        const figures = g.memory.zone(nid, zone);
        const row = w.next();
        const { columns } = w;
        columns.guest[row] = guest;
        columns.nid[row] = nid;
        columns.zone[row] = zone;
        columns.spanStartPfn[row] = figures.spanStart;
        for (const name of FIGURES) columns[name][row] = figures[name];
        for (let order = 0; order < NR_PAGE_ORDERS; order++) {
          columns[FREE_ORDERS[order]!][row] = figures.freeBlocks[order]!;
        }
      }
    }
  });
  return w.table();
}

/** Those that the allocator calls as the table does. */
const FIGURES = ZONE_FIGURES.filter((name) => name !== 'spanStartPfn');

function nodesTable(guests: readonly Guest[]): Table<'nodes'> {
  const w = new TableWriter('nodes', 4 * guests.length);
  guests.forEach((g, guest) => {
    const { memory } = g;
    const marked = memory.markedByNode();
    g.map.nodes.forEach((ref, nid) => {
      w.push({
        guest,
        nid,
        online: memory.state.online[nid]!,
        host: ref?.host ?? -1,
        hostNid: ref?.hostNid ?? -1,
        presentPages: memory.presentPages(nid),
        nrZones: memory.nrZones(nid),
        marked: marked[nid]!,
      });
    });
  });
  return w.table();
}

function strandedTable(guests: readonly Guest[]): Table<'stranded'> {
  const w = new TableWriter('stranded');
  guests.forEach((g, guest) => {
    const { nrNodeIds, stranded, strandedPinned } = g.memory.state;
    for (let i = 0; i < stranded.length; i++) {
      const [from, to] = [Math.floor(i / nrNodeIds), i % nrNodeIds];
      const pages = stranded[i]!;
      const pinned = strandedPinned[i]!;
      const misplaced = g.memory.misplaced(from, to);
      if (pages + pinned + misplaced > 0) w.push({ guest, from, to, pages, pinned, misplaced });
    }
  });
  return w.table();
}

function owedTable(guests: readonly Guest[], tick: number, wanted: (guest: number) => boolean): Table<'owed'> {
  const w = new TableWriter('owed');
  guests.forEach((g, guest) => {
    if (wanted(guest)) for (const row of g.owed(tick)) w.push({ guest, ...row });
  });
  return w.table();
}

function layoutTable(guests: readonly Guest[]): Table<'layout'> {
  const w = new TableWriter('layout');
  guests.forEach((g, guest) => {
    const { layout } = g.memory;
    for (let i = 0; i < layout.count; i++) {
      w.push({ guest, start: layout.start[i]!, end: layout.start[i + 1]!, nid: layout.nid[i]! });
    }
  });
  return w.table();
}

function blocksTable(guests: readonly Guest[], wanted: (guest: number) => boolean): Table<'blocks'> {
  const w = new TableWriter('blocks');
  guests.forEach((g, guest) => {
    if (wanted(guest)) addBlocks(w, guest, g.memory.state);
  });
  return w.table();
}

/** Column by column: there may be half a million of them. */
function addBlocks(w: TableWriter<'blocks'>, guest: number, mm: Mm): void {
  w.reserve(w.rows + 2 * Math.ceil(mm.nrPages / PAGES_PER_PAGEBLOCK));
  forEachBlockRow(mm, (block, nid, freePages, usedPages, pinnedPages, owedPages, owedPinnedPages) => {
    const row = w.next();
    const { columns } = w;
    columns.guest[row] = guest;
    columns.block[row] = block;
    columns.nid[row] = nid;
    columns.freePages[row] = freePages;
    columns.usedPages[row] = usedPages;
    columns.pinnedPages[row] = pinnedPages;
    columns.owedPages[row] = owedPages;
    columns.owedPinnedPages[row] = owedPinnedPages;
  });
}

function transferTables(
  { guests, hosts }: WorldConfig,
  migrationRows: readonly MigrationRow[],
  compactionRows: readonly CompactionRow[],
): Pick<Snapshot['tables'], 'migrations' | 'rounds' | 'compactions' | 'compactionNodes'> {
  const guestOf = new Map(guests.map(({ name }, i) => [name, i]));
  const hostOf = new Map(hosts.map(({ name }, i) => [name, i]));
  const migrations = new TableWriter('migrations', migrationRows.length);
  const rounds = new TableWriter('rounds');
  migrationRows.forEach((m, migration) => {
    const { startTick, endTick, sentBytes, downtimeMs, downtimeLimitMs, leastLimitMs, bytesPerSec } = m;
    migrations.push({
      migration,
      guest: guestOf.get(m.vm)!,
      fromHost: hostOf.get(m.fromHost)!,
      toHost: hostOf.get(m.toHost)!,
      phase: MIGRATION_PHASES.indexOf(m.phase),
      ...{ startTick, endTick: endTick ?? -1, sentBytes, downtimeMs: downtimeMs ?? -1 },
      ...{ downtimeLimitMs, leastLimitMs: leastLimitMs ?? -1, bytesPerSec: bytesPerSec ?? -1 },
    });
    m.rounds.forEach((r, round) => rounds.push({ migration, round, ...r, dirtyBytes: r.dirtyBytes ?? -1 }));
  });
  const compactions = new TableWriter('compactions', compactionRows.length);
  const compactionNodes = new TableWriter('compactionNodes');
  compactionRows.forEach((c, compaction) => {
    const { startTick, endTick, movedPages, leftPages } = c;
    const phase = COMPACTION_PHASES.indexOf(c.phase);
    const guest = guestOf.get(c.vm)!;
    compactions.push({ compaction, guest, phase, startTick, endTick: endTick ?? -1, movedPages, leftPages });
    c.nodes.forEach((nid, place) => compactionNodes.push({ compaction, place, nid }));
  });
  return {
    migrations: migrations.table(),
    rounds: rounds.table(),
    compactions: compactions.table(),
    compactionNodes: compactionNodes.table(),
  };
}
