/**
 * What a tool measured, or was told, of hosts and VMs at one moment: plain data, the same shape whatever it was read from,
 * so that a scenario's measured placement can be built without knowing which tool said it. Rules (a), (b) and (c) of
 * facts.ts hold: null is unknown and 0 is known to be 0; ids are the text's own; sizes are KiB of 1024 bytes.
 *
 * | role               | shape               | read from                                                             |
 * |--------------------|---------------------|-----------------------------------------------------------------------|
 * | `host-state`       | HostStateFacts      | numastat -m/-n/plain, freepages, freecell, nodeinfo, nodememstats,    |
 * |                    |                     | sysfs of nodes, CPUs, pools and KSM, /proc/cmdline, nodedev-dumpxml   |
 * | `placement`        | PlacementFacts      | numastat -p/-c, /proc/PID/numa_maps                                   |
 * | `vm-state`         | VmStateFacts        | domstats, vcpuinfo, vcpupin, emulatorpin, numatune, dominfo, list,    |
 * |                    |                     | vcpucount, dommemstat, query-memdev, query-cpus-fast, XML fragments   |
 * | `migration-record` | MigrationRecord     | domjobinfo, query-migrate, info migrate, query-dirty-rate, limits     |
 *
 * `hostStateOf` (host-state.ts) gives what the other host formats say (capabilities, numactl, node meminfo) in the shape of
 * HostStateFacts too.
 */

/** One HMAT statement: what `initiator` sees when it reads or writes `target`. One of the two figures is null. */
export interface Interconnect {
  readonly initiator: number;
  readonly target: number;
  /** Cache level at the target; null = its memory. */
  readonly cache: number | null;
  readonly type: string | null;
  readonly latencyNs: number | null;
  readonly bandwidthKibPerSec: number | null;
}

/** Pages of one size of a node, or of the host. Numbers of pages. */
export interface PoolState {
  readonly sizeKiB: number;
  readonly total: number | null;
  readonly free: number | null;
  /** Above the pool's size, taken while they were needed. */
  readonly surplus: number | null;
}

export interface NodeState {
  readonly id: number;
  readonly cpus: readonly number[] | null;
  readonly memoryKiB: number | null;
  readonly freeKiB: number | null;
  /** What the kernel gives back when asked: Active(file) + Inactive(file) + SReclaimable. */
  readonly reclaimableKiB: number | null;
  /** Huge page pools, ascending by size; base pages are `freeKiB`. Empty: the text says nothing of pools. */
  readonly pools: readonly PoolState[];
  /** SLIT values to other nodes, by the text's own ids. */
  readonly distances: readonly { readonly to: number; readonly value: number }[] | null;
  /** KiB by the kernel's names (MemTotal, AnonPages, ...), as far as the text has them. */
  readonly memoryByNameKiB: Readonly<Record<string, number>>;
  /** Pages by the kernel's names (numa_hit, numa_miss, ...) since the boot. */
  readonly counterPages: Readonly<Record<string, number>>;
  /** What the initiators nearest to its memory see of it (HMAT, as sysfs has it); class 0 counts initiators without CPUs too. */
  readonly access?: readonly NodeAccess[];
}

export interface NodeAccess {
  readonly class: number;
  readonly readLatencyNs: number | null;
  readonly writeLatencyNs: number | null;
  readonly readBandwidthMibPerSec: number | null;
  readonly writeBandwidthMibPerSec: number | null;
}

/** Where a CPU sits. Ids are firmware's and may have gaps. */
export interface CpuPlace {
  readonly id: number;
  readonly socket: number | null;
  readonly die: number | null;
  readonly cluster: number | null;
  readonly core: number | null;
  /** Hardware threads of its core, itself included; null = unknown. */
  readonly siblings: readonly number[] | null;
}

export interface KsmState {
  /** 0 stopped, 1 running, 2 stopped and all unmerged. */
  readonly run: number | null;
  readonly mergeAcrossNodes: boolean | null;
  /** Pages that are kept once. */
  readonly pagesShared: number | null;
  /** Pages that are saved by that. */
  readonly pagesSharing: number | null;
}

/** What the kernel was told at boot or since. Null: not stated, which is the kernel's default. */
export interface KernelSettings {
  readonly commandLine: string | null;
  readonly isolatedCpus: readonly number[] | null;
  readonly nohzFullCpus: readonly number[] | null;
  /** 0 off, 1 on, 2 tiering. */
  readonly numaBalancing: number | null;
  /** `off`, `fake=4`, ... of numa=. */
  readonly numa: string | null;
  readonly transparentHugepages: 'always' | 'madvise' | 'never' | null;
  readonly defaultHugepageKiB: number | null;
  /** Pools asked for at boot; `node` null = spread over all. */
  readonly hugepages: readonly {
    readonly sizeKiB: number | null;
    readonly node: number | null;
    readonly pages: number;
  }[];
}

/** A device by its PCI address; `node` -1 = firmware does not say. */
export interface DeviceState {
  readonly address: string;
  readonly name: string | null;
  readonly node: number | null;
}

export interface HostStateFacts {
  readonly kind: string;
  /** Ascending by id. Empty: the text is of the whole host. */
  readonly nodes: readonly NodeState[];
  readonly memoryKiB: number | null;
  readonly freeKiB: number | null;
  readonly cachedKiB: number | null;
  readonly buffersKiB: number | null;
  /** Of the whole host, by the kernel's names, where the text sums it up. */
  readonly memoryByNameKiB: Readonly<Record<string, number>>;
  readonly cpuCount: number | null;
  readonly onlineCpus: readonly number[] | null;
  /** Of the whole host. */
  readonly pools: readonly PoolState[];
  /** Nodes by what they have or may be: online, possible, has_cpu, has_memory. */
  readonly nodeLists?: Readonly<Record<string, readonly number[]>>;
  readonly cpuPlaces: readonly CpuPlace[];
  readonly ksm: KsmState | null;
  readonly settings: KernelSettings | null;
  readonly devices: readonly DeviceState[];
  /** Latency and bandwidth between nodes, of texts that state them. */
  readonly interconnects?: readonly Interconnect[];
}

/** Pages of one size on one node. */
export interface PagesOnNode {
  readonly node: number;
  readonly sizeKiB: number;
  readonly pages: number;
}

/** A range that is guest memory: a backend's file, or a large anonymous range. */
export interface RamBlock {
  /** Start address in hex, as in the file. */
  readonly address: string;
  /** Name of the memory backend where the file tells it: `pc.ram`, `ram-node0` is cell 0. */
  readonly backend: string | null;
  readonly backing: 'anon' | 'memfd' | 'hugetlbfs' | 'file';
  /** As in the file: `bind:0-1`. A wish: where pages lie is `pages`. */
  readonly policy: string;
  readonly sizeKiB: number;
  readonly pages: readonly PagesOnNode[];
}

export interface KibOnNode {
  readonly node: number;
  readonly kib: number;
}

/** Where the memory of a process lies. */
export interface ProcessPlacement {
  readonly pid: number | null;
  /** As far as the tool prints it: `qemu-system-x86`, `qemu-syste`. */
  readonly command: string | null;
  /** Name of the VM, where the text or the command that printed it names one. */
  readonly vm: string | null;
  /** All of its memory, QEMU's own included. */
  readonly byNode: readonly KibOnNode[];
  readonly totalKiB: number | null;
  /** Guest memory alone; null where the tool does not tell it apart. Only pages that were touched count. */
  readonly ramByNode: readonly KibOnNode[] | null;
  readonly ramBlocks: readonly RamBlock[];
  /** All pages by size, where the tool counts pages. */
  readonly pages: readonly PagesOnNode[];
  /** Mappings that the file lists; null where the tool does not. */
  readonly ranges: number | null;
  /** Rows of numastat: huge, heap, stack, private. */
  readonly byKind: Readonly<Record<string, readonly KibOnNode[]>>;
}

export interface PlacementFacts {
  readonly kind: string;
  /** Nodes that the text has columns or counters for. A node that is not here may exist (numastat -z). */
  readonly nodes: readonly number[];
  readonly processes: readonly ProcessPlacement[];
  /** How coarse the figures are: numastat prints hundredths of a MiB, or whole ones; 0 = exact. */
  readonly resolutionKiB: number;
  /** Sum of all processes, as the tool printed it. */
  readonly totalByNode: readonly KibOnNode[] | null;
  readonly totalKiB: number | null;
  /** Pages larger than the default size are counted as one default page (numastat): less than there is. */
  readonly hugeUnderstated: boolean;
}

/** A vCPU as it runs, or as it is pinned. */
export interface VcpuState {
  readonly id: number;
  /** Host CPU that it ran on last; null: not running, or not told. */
  readonly cpu: number | null;
  readonly state: string | null;
  readonly cpuTimeMs: number | null;
  /** Host CPUs that it may run on; all of the host's is no pin. */
  readonly affinity: readonly number[] | null;
  /** Cell of the guest. */
  readonly cell: number | null;
}

/** A memory backend of a running QEMU. `ram-nodeN` is cell N, `pc.ram` all of a guest without cells. */
export interface BackendState {
  readonly id: string;
  readonly sizeKiB: number;
  readonly cell: number | null;
  readonly policy: string;
  readonly hostNodes: readonly number[];
  readonly prealloc: boolean | null;
  readonly share: boolean | null;
}

export interface VmState {
  /** Null: the text does not name its VM. */
  readonly name: string | null;
  /** Where the name stands: in the text, in the command before it, or in the file's name. */
  readonly nameFrom: 'text' | 'command' | 'file' | null;
  readonly running: boolean | null;
  readonly state: string | null;
  readonly maxMemoryKiB: number | null;
  readonly currentMemoryKiB: number | null;
  /** Resident, QEMU included, huge pages not. */
  readonly rssKiB: number | null;
  /** What the guest's own kernel calls free. */
  readonly guestUnusedKiB: number | null;
  readonly vcpusMax: number | null;
  readonly vcpusCurrent: number | null;
  readonly vcpus: readonly VcpuState[];
  /** How many CPUs the host has, by the width of an affinity. */
  readonly hostCpuCount: number | null;
  readonly emulatorCpus: readonly number[] | null;
  readonly numatune: {
    readonly mode: string;
    /** Null: all nodes. */ readonly nodeset: readonly number[] | null;
  } | null;
  readonly backends: readonly BackendState[];
  readonly cells: readonly {
    readonly id: number;
    readonly cpus: readonly number[];
    readonly memoryKiB: number | null;
  }[];
  readonly memnodes: readonly { readonly cell: number; readonly mode: string; readonly nodeset: readonly number[] }[];
  readonly dirtyRate: DirtyRate | null;
  /** Every field by its own name, as printed. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface VmStateFacts {
  readonly kind: string;
  readonly vms: readonly VmState[];
}

export interface DirtyRate {
  readonly status: 'unstarted' | 'measuring' | 'measured';
  /** Null while it is not measured. Page sampling compares contents: a guest that rewrites equal data shows 0. */
  readonly mibPerSec: number | null;
  readonly mode: string | null;
  readonly periodMs: number | null;
}

/** One moment of a migration, or its outcome. */
export interface MigrationRecord {
  readonly kind: string;
  /** Name of the VM where the command or the file tells it. */
  readonly vm: string | null;
  /** A save or a dump is none. */
  readonly operation: 'outgoing' | 'incoming' | 'save' | 'dump' | 'other' | null;
  readonly status: 'none' | 'active' | 'completed' | 'failed' | 'cancelled' | 'other' | null;
  readonly elapsedMs: number | null;
  readonly downtimeMs: number | null;
  /** Of a migration that goes on. In the first pass it is the limit, no estimate. */
  readonly expectedDowntimeMs: number | null;
  readonly setupMs: number | null;
  readonly ramTotalKiB: number | null;
  readonly ramProcessedKiB: number | null;
  readonly ramRemainingKiB: number | null;
  readonly bandwidthMibPerSec: number | null;
  /** Null in the first pass, where a printed 0 means that it is not measured yet. */
  readonly dirtyPagesPerSec: number | null;
  readonly pageSizeKiB: number | null;
  /** Passes over memory; QEMU's dirty sync count. */
  readonly iteration: number | null;
  readonly constantPages: number | null;
  readonly normalPages: number | null;
  readonly normalKiB: number | null;
  readonly throttlePercent: number | null;
  readonly dirtyRate: DirtyRate | null;
  /** Limits that were set (migrate-getspeed, getmaxdowntime, query-migrate-parameters). */
  readonly limits: {
    readonly downtimeMs: number | null;
    readonly bandwidthMibPerSec: number | null;
    readonly autoConverge: boolean | null;
    readonly postcopy: boolean | null;
    readonly throttleInitialPercent: number | null;
    readonly throttleIncrementPercent: number | null;
  } | null;
  /** Every field by its own name, as printed. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Which VM a process is, without where its memory lies. */
export const processOf = (
  kind: string,
  pid: number | null,
  vm: string | null,
  command: string | null,
): PlacementFacts => ({
  kind,
  nodes: [],
  processes: [
    {
      pid,
      command,
      vm,
      byNode: [],
      totalKiB: null,
      ramByNode: null,
      ramBlocks: [],
      pages: [],
      ranges: null,
      byKind: {},
    },
  ],
  resolutionKiB: 0,
  totalByNode: null,
  totalKiB: null,
  hugeUnderstated: false,
});

export const NO_NODE_STATE: Omit<NodeState, 'id'> = {
  cpus: null,
  memoryKiB: null,
  freeKiB: null,
  reclaimableKiB: null,
  pools: [],
  distances: null,
  memoryByNameKiB: {},
  counterPages: {},
};

export const NO_HOST_STATE: Omit<HostStateFacts, 'kind'> = {
  nodes: [],
  memoryKiB: null,
  freeKiB: null,
  cachedKiB: null,
  buffersKiB: null,
  memoryByNameKiB: {},
  cpuCount: null,
  onlineCpus: null,
  pools: [],
  cpuPlaces: [],
  ksm: null,
  settings: null,
  devices: [],
};

export const NO_VM_STATE: Omit<VmState, 'name' | 'nameFrom'> = {
  running: null,
  state: null,
  maxMemoryKiB: null,
  currentMemoryKiB: null,
  rssKiB: null,
  guestUnusedKiB: null,
  vcpusMax: null,
  vcpusCurrent: null,
  vcpus: [],
  hostCpuCount: null,
  emulatorCpus: null,
  numatune: null,
  backends: [],
  cells: [],
  memnodes: [],
  dirtyRate: null,
  fields: {},
};

export const NO_VCPU_STATE: Omit<VcpuState, 'id'> = {
  cpu: null,
  state: null,
  cpuTimeMs: null,
  affinity: null,
  cell: null,
};

export const NO_MIGRATION: Omit<MigrationRecord, 'kind'> = {
  vm: null,
  operation: null,
  status: null,
  elapsedMs: null,
  downtimeMs: null,
  expectedDowntimeMs: null,
  setupMs: null,
  ramTotalKiB: null,
  ramProcessedKiB: null,
  ramRemainingKiB: null,
  bandwidthMibPerSec: null,
  dirtyPagesPerSec: null,
  pageSizeKiB: null,
  iteration: null,
  constantPages: null,
  normalPages: null,
  normalKiB: null,
  throttlePercent: null,
  dirtyRate: null,
  limits: null,
  fields: {},
};
