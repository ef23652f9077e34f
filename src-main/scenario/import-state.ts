/**
 * What was measured of one host and its VMs, put together from any number of texts of the same moment.
 *
 * (a) Of two texts that state one fact the later in the order of the parts counts, unless it states none. Of free memory the
 *     more exact counts: the kernel's own figures, then libvirt's, then those that tools round.
 * (b) Processes and states belong to a VM by its name; one that names no known VM is a stranger.
 * (c) Nothing is derived here: what no text states stays null.
 */
import type {
  BuddyinfoFacts,
  DeviceState,
  HostFacts,
  HostStateFacts,
  KsmState,
  PagesOnNode,
  PlacementFacts,
  ProcessPlacement,
  VmState,
  VmStateFacts,
} from '../formats/index.ts';

export interface NodeMeasure {
  readonly freeKiB: number | null;
  readonly reclaimableKiB: number | null;
  /** Free blocks by order, all zones together (buddyinfo). */
  readonly freeBlocks: readonly number[] | null;
  /** By size in KiB; null: no text states pools. */
  readonly pools: ReadonlyMap<number, { readonly total: number | null; readonly free: number | null }> | null;
}

export interface HostMeasure {
  readonly nodes: ReadonlyMap<number, NodeMeasure>;
  readonly siblings: readonly (readonly number[])[] | null;
  readonly sockets: number | null;
  readonly ksm: KsmState | null;
  readonly isolatedCpus: readonly number[] | null;
  readonly numaBalancing: boolean | null;
  readonly devices: readonly DeviceState[];
}

/** How exact a format's figures of free memory are; of one that is not listed, least. */
const EXACTNESS: Readonly<Record<string, number>> = {
  'linux-node-meminfo': 3,
  'linux-sysfs': 3,
  'virsh-freecell': 2,
  'virsh-freepages': 2,
  'numastat-node': 1,
};

interface Measuring {
  freeKiB: number | null;
  reclaimableKiB: number | null;
  freeBlocks: readonly number[] | null;
  pools: Pools | null;
  /** EXACTNESS of what the free memory was read from. */
  exactness: number;
}

export function hostMeasure(
  hosts: readonly HostFacts[],
  states: readonly HostStateFacts[],
  freeAreas: readonly BuddyinfoFacts[] = [],
): HostMeasure {
  const nodes = new Map<number, Measuring>();
  const nodeOf = (nid: number): Measuring => {
    const known = nodes.get(nid) ?? {
      freeKiB: null,
      reclaimableKiB: null,
      freeBlocks: null,
      pools: null,
      exactness: -1,
    };
    nodes.set(nid, known);
    return known;
  };
  for (const { kind, nodes: stated } of [...hosts, ...states]) {
    const exactness = EXACTNESS[kind] ?? 0;
    for (const { id, freeKiB } of stated) {
      const node = nodeOf(id);
      if (freeKiB === null || exactness < node.exactness) continue;
      node.freeKiB = freeKiB;
      node.exactness = exactness;
    }
  }
  for (const [nid, blocks] of freeBlocksOf(freeAreas)) nodeOf(nid).freeBlocks = blocks;
  for (const state of states) {
    for (const { id, reclaimableKiB, pools } of state.nodes) {
      const node = nodeOf(id);
      node.reclaimableKiB = reclaimableKiB ?? node.reclaimableKiB;
      for (const { sizeKiB, total, free } of pools) {
        node.pools ??= new Map();
        const before = node.pools.get(sizeKiB);
        node.pools.set(sizeKiB, { total: total ?? before?.total ?? null, free: free ?? before?.free ?? null });
      }
    }
  }
  const last = <T>(of: (state: HostStateFacts) => T | null): T | null =>
    states.reduce<T | null>((known, state) => of(state) ?? known, null);
  const balancing = last((state) => state.settings?.numaBalancing ?? null);
  const places = [...hosts, ...states].flatMap(({ cpuPlaces }) => cpuPlaces);
  const siblings = new Map<string, readonly number[]>();
  for (const place of places) if (place.siblings !== null) siblings.set(place.siblings.join(), place.siblings);
  const sockets = new Set(places.flatMap((place) => place.socket ?? []));
  return {
    nodes,
    siblings: siblings.size === 0 ? null : [...siblings.values()],
    sockets: sockets.size === 0 ? null : sockets.size,
    ksm: last((state) => state.ksm),
    isolatedCpus: last((state) => state.settings?.isolatedCpus ?? null),
    numaBalancing: balancing === null ? null : balancing === 1,
    devices: states.flatMap((state) => state.devices),
  };
}

/** Of each node, the blocks of its zones together. */
function freeBlocksOf(texts: readonly BuddyinfoFacts[]): Map<number, readonly number[]> {
  const byNode = new Map<number, readonly number[]>();
  // Of several texts the last is of the latest moment.
  for (const { nid, blocks } of texts.at(-1)?.zones ?? []) {
    const before = byNode.get(nid) ?? [];
    const orders = Math.max(before.length, blocks.length);
    byNode.set(
      nid,
      Array.from({ length: orders }, (_, order) => (before[order] ?? 0) + (blocks[order] ?? 0)),
    );
  }
  return byNode;
}

type Pools = Map<number, { total: number | null; free: number | null }>;

/** KiB on a node in pages of one size; null: of any size. */
export interface KibByPage {
  readonly node: number;
  readonly pageKiB: number | null;
  readonly kib: number;
}

/** What was measured of one VM. */
export interface VmMeasure {
  readonly running: boolean | null;
  /** KiB by host node, guest memory alone where the tool tells it apart. */
  readonly byNode: readonly KibByPage[] | null;
  /** The same by guest cell. */
  readonly byCell: ReadonlyMap<number, readonly KibByPage[]> | null;
  /** Guest memory of which no name of a backend tells the cell, a list for each range. */
  readonly ofNoCell: readonly (readonly KibByPage[])[];
  /**
   * Of its whole process, the memory that a tool calls huge, KiB by node, where the tool counts every huge page as one of the
   * default size; null where it does not, or does not tell huge pages apart.
   */
  readonly understated: { readonly hugeByNode: ReadonlyMap<number, number> | null } | null;
  readonly state: VmState | null;
}

export interface Measures {
  of(name: string): VmMeasure;
  /** Processes that no known VM explains. */
  readonly strangers: readonly ProcessPlacement[];
}

export function vmMeasures(
  names: ReadonlySet<string>,
  states: readonly VmStateFacts[],
  placements: readonly PlacementFacts[],
): Measures {
  const byName = new Map<string, VmState>();
  for (const { vms } of states) {
    for (const vm of vms) {
      if (vm.name === null) continue;
      const before = byName.get(vm.name);
      byName.set(vm.name, before === undefined ? vm : combined(before, vm));
    }
  }
  const all = placements.flatMap((placement) => placement.processes);
  const nameOfPid = new Map(all.flatMap(({ pid, vm }) => (pid === null || vm === null ? [] : [[pid, vm] as const])));
  const processes = new Map<string, ProcessPlacement>();
  const strangers = new Map<string, ProcessPlacement>();
  for (const process of all) {
    if (process.byNode.length === 0 && process.ramByNode === null) continue;
    const name = process.vm ?? (process.pid === null ? null : (nameOfPid.get(process.pid) ?? null));
    const kind = name !== null && names.has(name) ? processes : strangers;
    const key = name ?? `process ${process.pid ?? process.command ?? ''}`;
    // Guest memory told apart from QEMU's own counts more than the whole of a process.
    if (process.ramByNode !== null || !kind.has(key)) kind.set(key, { ...process, vm: name });
  }
  return {
    strangers: [...strangers.values()],
    of(name) {
      const state = byName.get(name) ?? null;
      const process = processes.get(name);
      return {
        running: state?.running ?? (process === undefined ? null : true),
        byNode: process === undefined ? null : byPage(process),
        byCell: process === undefined ? null : cellsOf(process),
        ofNoCell: process === undefined ? [] : unnamed(process),
        understated: process === undefined ? null : understated(process),
        state,
      };
    },
  };
}

/** The later states count, where they state something. */
function combined(before: VmState, later: VmState): VmState {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(later)) {
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) merged[key] = value;
  }
  const vcpus = new Map(before.vcpus.map((vcpu) => [vcpu.id, vcpu]));
  for (const vcpu of later.vcpus) vcpus.set(vcpu.id, withStated(vcpus.get(vcpu.id), vcpu));
  return {
    ...(merged as unknown as VmState),
    vcpus: [...vcpus.values()],
    fields: { ...before.fields, ...later.fields },
  };
}

/** What the later one states, and of the rest what the earlier one did. */
const withStated = <T extends object>(before: T | undefined, later: T): T => ({
  ...before,
  ...(Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) as T),
});

/** Guest memory alone where it is told apart, by page size where that is. */
export function byPage({ ramBlocks, ramByNode, byNode }: ProcessPlacement): KibByPage[] {
  const list =
    ramBlocks.length > 0
      ? ramBlocks.flatMap(({ pages }) => pages.map(kibOfPages))
      : (ramByNode ?? byNode).map(({ node, kib }) => ({ node, pageKiB: null, kib }));
  return summed(list);
}

const kibOfPages = ({ node, sizeKiB, pages }: PagesOnNode): KibByPage => ({
  node,
  pageKiB: sizeKiB,
  kib: pages * sizeKiB,
});

/** One entry for each node and page size, ascending. */
function summed(list: readonly KibByPage[]): KibByPage[] {
  const byKey = new Map<string, KibByPage>();
  for (const each of list) {
    const key = `${each.node} ${each.pageKiB}`;
    byKey.set(key, { ...each, kib: each.kib + (byKey.get(key)?.kib ?? 0) });
  }
  const sum = [...byKey.values()].filter(({ kib }) => kib > 0);
  return sum.sort((a, b) => a.node - b.node || (a.pageKiB ?? 0) - (b.pageKiB ?? 0));
}

/** numastat counts every huge page as one of the default size. */
function understated({ ramByNode, byKind }: ProcessPlacement): VmMeasure['understated'] {
  if (ramByNode !== null) return null;
  const huge = byKind['huge'] ?? null;
  return { hugeByNode: huge === null ? null : new Map(huge.map(({ node, kib }) => [node, kib])) };
}

const CELL_BACKEND = /^ram-node(\d{1,3})$/;

/** By the names of the memory backends; null where none of them names a cell. */
function cellsOf({ ramBlocks }: ProcessPlacement): Map<number, readonly KibByPage[]> | null {
  const cells = new Map<number, readonly KibByPage[]>();
  for (const { backend, pages } of ramBlocks) {
    const match = CELL_BACKEND.exec(backend ?? '');
    if (match === null) continue;
    const cell = Number(match[1]);
    cells.set(cell, summed([...(cells.get(cell) ?? []), ...pages.map(kibOfPages)]));
  }
  return cells.size === 0 ? null : cells;
}

const unnamed = ({ ramBlocks }: ProcessPlacement): (readonly KibByPage[])[] =>
  ramBlocks
    .filter(({ backend }) => !CELL_BACKEND.test(backend ?? ''))
    .map(({ pages }) => summed(pages.map(kibOfPages)));
