/**
 * What a foreign file says, as `pageshift facts FILE` prints it. One shape for every host format and one for every VM
 * format, so that the scenario importer does not know where the facts came from.
 *
 * (a) null means that the file does not say; 0 means that it says 0. An empty list is a list the file left empty.
 * (b) Ids are the file's own labels, may be sparse, and all lists of them are ascending and distinct.
 * (c) All sizes are KiB of 1024 bytes, whatever the file called them.
 *
 * Field names and their order are published (scripts read them): add, never rename.
 */

import type { CpuPlace, Interconnect } from './measured.ts';

/** SLIT values: `matrix[i][j]` is the distance from `ids[i]` to `ids[j]`; 10 = local, 255 = unreachable. */
export interface Distances {
  readonly ids: readonly number[];
  readonly matrix: readonly (readonly number[])[];
}

export interface PagePool {
  readonly sizeKiB: number;
  /** Number of pages, not KiB. */
  readonly count: number;
}

export interface HostNodeFacts {
  readonly id: number;
  readonly memoryKiB: number | null;
  readonly cpus: readonly number[];
  readonly freeKiB: number | null;
  /** Every page size that the file lists for the node, base pages included, in the file's order. */
  readonly pages: readonly PagePool[];
  /** How many CPUs, where the file counts them without ids; `cpus` is then empty. */
  readonly cpuCount?: number | null;
  /**
   * CPUs that the memory is local to, where a format says that instead (hwloc's cpuset). Nodes may share them; of those
   * that do, `cpus` has them for one alone.
   */
  readonly localCpus?: readonly number[];
}

export interface HostFacts {
  readonly kind: string;
  /** Of formats that name their host. */
  readonly name?: string | null;
  /** Ascending by id. */
  readonly nodes: readonly HostNodeFacts[];
  readonly distances: Distances | null;
  /** Pools of pages larger than the node's base page, which is the smallest size listed for that node, up to 64 KiB. */
  readonly hugepages: readonly (PagePool & { readonly node: number })[];
  readonly arch: string | null;
  readonly uuid: string | null;
  readonly interconnects: readonly Interconnect[];
  /** Where CPUs sit, ascending by id, of those that the file tells; the same CPU may be listed in two nodes (numa=fake). */
  readonly cpuPlaces: readonly CpuPlace[];
}

export type NumatuneMode = 'strict' | 'preferred' | 'interleave' | 'restrictive';

export interface CellFacts {
  /** Guest cell: a guest node id, not a host one. */
  readonly id: number;
  readonly cpus: readonly number[];
  readonly memoryKiB: number | null;
  readonly memAccess: string | null;
}

export interface MemoryDeviceFacts {
  readonly model: string | null;
  readonly sizeKiB: number | null;
  /** Guest cell. */
  readonly guestNode: number | null;
  /** Host nodes. */
  readonly hostNodemask: readonly number[] | null;
  readonly pagesizeKiB: number | null;
  readonly blockKiB: number | null;
  readonly requestedKiB: number | null;
}

export interface VmFacts {
  readonly kind: string;
  readonly name: string;
  /** The maximum; `vcpusCurrent` are online at start. */
  readonly vcpus: number;
  readonly memoryKiB: number | null;
  /** Ascending by id. Empty: the guest has no NUMA of its own. */
  readonly cells: readonly CellFacts[];
  /** Completed by libvirt's rules (10 on the diagonal, a missing value mirrored, else 20); null when none is given. */
  readonly distances: Distances | null;
  /** Policy of all memory that no memnode names. Host node ids. `nodeset` null: libvirt asks numad at start. */
  readonly memory: {
    readonly mode: NumatuneMode;
    readonly nodeset: readonly number[] | null;
    readonly placement: 'static' | 'auto' | null;
  } | null;
  /** `cell` is a guest cell, `nodeset` are host nodes. */
  readonly memnodes: readonly {
    readonly cell: number;
    readonly mode: NumatuneMode;
    readonly nodeset: readonly number[];
  }[];
  /** vCPU → host CPUs. vCPUs that are not named here follow `vcpuCpuset`. */
  readonly vcpupin: Readonly<Record<string, readonly number[]>>;
  /** `nodeset` are guest cells; null = all that no other entry names. `sizeKiB` null = the host's default size. */
  readonly hugepages: readonly { readonly sizeKiB: number | null; readonly nodeset: readonly number[] | null }[];
  readonly uuid: string | null;
  readonly arch: string | null;
  readonly vcpusCurrent: number;
  readonly vcpuPlacement: 'static' | 'auto';
  readonly vcpuCpuset: readonly number[] | null;
  readonly currentMemoryKiB: number | null;
  readonly maxMemoryKiB: number | null;
  readonly maxMemorySlots: number | null;
  readonly cpuTopology: Readonly<Record<string, number>> | null;
  /** What the file itself states of the distances, before completion. */
  readonly distancesGiven: readonly { readonly from: number; readonly to: number; readonly value: number }[];
  readonly emulatorpin: readonly number[] | null;
  readonly iothreadpin: readonly { readonly iothread: number; readonly cpuset: readonly number[] }[];
  readonly memoryDevices: readonly MemoryDeviceFacts[];
  /** Of a running domain; its memory is part of what its host calls used. */
  readonly domainId: number | null;
  readonly running: boolean;
  /** Devices passed through: a PCI address (`0000:3b:00.0`), or the UUID of a mediated device. */
  readonly hostdevs: readonly { readonly type: string | null; readonly address: string | null }[];
  readonly memoryBacking: {
    readonly source: string | null;
    readonly access: string | null;
    readonly allocation: string | null;
    readonly locked: boolean;
    readonly nosharepages: boolean;
  } | null;
  /** Elements of the domain that are not read at all. */
  readonly notRead: readonly string[];
  /** The host that the VM is on, of formats that name it. */
  readonly hostName?: string | null;
  /** Of the process, where the text is of one. */
  readonly pid?: number | null;
}

export const NO_HOST: Omit<HostFacts, 'kind' | 'nodes' | 'name'> = {
  distances: null,
  hugepages: [],
  arch: null,
  uuid: null,
  interconnects: [],
  cpuPlaces: [],
};

/** A VM of which a text says no more. */
export const NO_VM: Omit<VmFacts, 'kind' | 'name' | 'vcpus' | 'vcpusCurrent' | 'memoryKiB'> = {
  cells: [],
  distances: null,
  memory: null,
  memnodes: [],
  vcpupin: {},
  hugepages: [],
  uuid: null,
  arch: null,
  vcpuPlacement: 'static',
  vcpuCpuset: null,
  currentMemoryKiB: null,
  maxMemoryKiB: null,
  maxMemorySlots: null,
  cpuTopology: null,
  distancesGiven: [],
  emulatorpin: null,
  iothreadpin: [],
  memoryDevices: [],
  domainId: null,
  running: false,
  hostdevs: [],
  memoryBacking: null,
  notRead: [],
};

/** The largest base page of any architecture: a node that lists only larger pages lists no base page. */
const MAX_BASE_PAGE_KIB = 64;

/** Pools of pages larger than the base page of their node. */
export const hugepagesOf = (nodes: readonly HostNodeFacts[]): HostFacts['hugepages'] =>
  nodes.flatMap(({ id, pages }) => {
    const base = Math.min(...pages.map(({ sizeKiB }) => sizeKiB));
    return pages
      .filter(({ sizeKiB }) => sizeKiB > base || sizeKiB > MAX_BASE_PAGE_KIB)
      .map((pool) => ({ node: id, ...pool }));
  });
