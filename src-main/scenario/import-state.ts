/**
 * What was measured of one host and its VMs, put together from any number of texts of the same moment.
 *
 * (a) Of two texts that state one fact the later in the order of the parts counts, unless it states none.
 * (b) Processes and states belong to a VM by its name; one that names no known VM is a stranger.
 * (c) Nothing is derived here: what no text states stays null.
 */
import type {
  DeviceState,
  HostFacts,
  HostStateFacts,
  KsmState,
  PlacementFacts,
  ProcessPlacement,
  VmState,
  VmStateFacts,
} from '../formats/index.ts';

export interface NodeMeasure {
  readonly freeKiB: number | null;
  readonly reclaimableKiB: number | null;
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

export function hostMeasure(hosts: readonly HostFacts[], states: readonly HostStateFacts[]): HostMeasure {
  const nodes = new Map<number, { freeKiB: number | null; reclaimableKiB: number | null; pools: Pools | null }>();
  const nodeOf = (nid: number) => {
    const known = nodes.get(nid) ?? { freeKiB: null, reclaimableKiB: null, pools: null };
    nodes.set(nid, known);
    return known;
  };
  for (const host of hosts) {
    for (const { id, freeKiB } of host.nodes) {
      const node = nodeOf(id);
      node.freeKiB = freeKiB ?? node.freeKiB;
    }
  }
  for (const state of states) {
    for (const { id, freeKiB, reclaimableKiB, pools } of state.nodes) {
      const node = nodeOf(id);
      node.freeKiB = freeKiB ?? node.freeKiB;
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

type Pools = Map<number, { total: number | null; free: number | null }>;

/** What was measured of one VM. */
export interface VmMeasure {
  readonly running: boolean | null;
  /** KiB by host node, guest memory alone where the tool tells it apart. */
  readonly byNode: ReadonlyMap<number, number> | null;
  /** The same by guest cell. */
  readonly byCell: ReadonlyMap<number, ReadonlyMap<number, number>> | null;
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
        byNode: process === undefined ? null : sums(process.ramByNode ?? process.byNode),
        byCell: process === undefined ? null : cellsOf(process),
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

function sums(list: readonly { readonly node: number; readonly kib: number }[]): Map<number, number> {
  const kib = new Map<number, number>();
  for (const one of list) kib.set(one.node, (kib.get(one.node) ?? 0) + one.kib);
  return kib;
}

const CELL_BACKEND = /^ram-node(\d{1,3})$/;

/** By the names of the memory backends; null where one of them names no cell. */
function cellsOf({ ramBlocks }: ProcessPlacement): Map<number, Map<number, number>> | null {
  const cells = new Map<number, Map<number, number>>();
  for (const { backend, pages } of ramBlocks) {
    const match = CELL_BACKEND.exec(backend ?? '');
    if (match === null) return null;
    const cell = cells.get(Number(match[1])) ?? new Map<number, number>();
    cells.set(Number(match[1]), cell);
    for (const { node, sizeKiB, pages: n } of pages) cell.set(node, (cell.get(node) ?? 0) + n * sizeKiB);
  }
  return cells.size === 0 ? null : cells;
}
