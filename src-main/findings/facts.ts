/**
 * What is known of a host and its VMs, as the checks ask for it. Sizes are 4 KiB pages; null is "nothing states it", never a
 * guess. What an importer assumed is not here: a check of it would be a check of the importer.
 */

export interface PlacementFacts {
  readonly hosts: readonly HostFacts[];
  readonly vms: readonly VmFacts[];
  /** A live migration that is asked about. */
  readonly migration: MigrationFacts | null;
}

export interface HostFacts {
  readonly name: string;
  readonly nodes: readonly NodeFacts[];
  /** SLIT values, row = from, column = to, in the order of `nodes`. */
  readonly distances: readonly (readonly number[])[] | null;
  readonly sockets: number | null;
  /** CPUs that are threads of one core, for every core; a core of one thread is a list of one. */
  readonly cores: readonly (readonly number[])[] | null;
  /** isolcpus= of the kernel's command line. */
  readonly isolatedCpus: readonly number[] | null;
  /** kernel.numa_balancing. */
  readonly numaBalancing: boolean | null;
  /** numad runs. */
  readonly numad: boolean | null;
  readonly ksm: KsmFacts | null;
  /** The host is itself a guest of a hypervisor. */
  readonly isGuest: boolean | null;
  /** vm.nr_overcommit_hugepages is above 0. */
  readonly overcommitsHugePages: boolean | null;
  /** Share of CPU time in use, 0 to 1. */
  readonly cpuLoad: number | null;
}

interface KsmFacts {
  readonly run: boolean;
  readonly mergeAcrossNodes: boolean;
  /** pages_sharing; null when it is not stated. */
  readonly sharedPages: number | null;
}

export interface NodeFacts {
  readonly nid: number;
  readonly cpus: readonly number[];
  readonly totalPages: number;
  readonly freePages: number | null;
  /** Free and reclaimable page cache. */
  readonly availablePages: number | null;
  /** Huge pages set aside; null: not stated. */
  readonly pools: readonly PoolFacts[] | null;
  /** Free blocks by order, from 4 KiB up, as buddyinfo has them, all zones together. */
  readonly freeBlocks: readonly number[] | null;
}

/** Huge pages that a node has set aside. */
export interface PoolFacts {
  readonly pageKib: number;
  readonly total: number;
  /** null: not stated. */
  readonly free: number | null;
}

type BindingMode = 'strict' | 'preferred' | 'interleave' | 'restrictive';

export interface Binding {
  readonly mode: BindingMode;
  readonly nodes: readonly number[];
}

export interface CellFacts {
  readonly id: number;
  readonly vcpus: readonly number[];
  readonly pages: number;
  /** Distances that the guest is told, by cell id; null: none are stated. */
  readonly distances: ReadonlyMap<number, number> | null;
}

export interface VmFacts {
  readonly name: string;
  readonly host: string;
  readonly running: boolean;
  readonly pages: number;
  readonly vcpus: number;
  /** What it can be plugged up to; equal to vcpus where it cannot. */
  readonly maxVcpus: number;
  /** Guest NUMA cells; none: the guest sees one node. */
  readonly cells: readonly CellFacts[];
  /** CPUs that its vCPUs may use unless pinned; null: all. */
  readonly cpuset: readonly number[] | null;
  readonly pins: ReadonlyMap<number, readonly number[]>;
  readonly emulatorPin: readonly number[] | null;
  /** The binding of all its memory; null: none, or chosen by the host (placement='auto'). */
  readonly binding: Binding | null;
  /** A nodeset beside placement='auto', which libvirt refuses. */
  readonly bindsAutomatically: boolean;
  readonly memnodes: readonly (Binding & { readonly cell: number })[];
  /** Sizes of the huge pages that back it; `cells` null: all of it. */
  readonly hugePages: readonly { readonly pageKib: number; readonly cells: readonly number[] | null }[];
  /** Where its memory was measured to be, in pages by host node; null: not measured. */
  readonly measured: ReadonlyMap<number, number> | null;
  /** The same by guest cell. */
  readonly measuredCells: ReadonlyMap<number, ReadonlyMap<number, number>> | null;
  /** CPUs on which its vCPUs were seen, by vCPU (virsh vcpuinfo). */
  readonly vcpuCpus: ReadonlyMap<number, number> | null;
  /** Passed-through devices; node null: unknown to the host too. */
  readonly devices: readonly { readonly name: string; readonly node: number | null }[];
  readonly topology: { readonly sockets: number; readonly cores: number; readonly threads: number } | null;
  readonly arch: string | null;
  readonly hypervisor: 'kvm' | 'esxi' | 'hyper-v';
  /** ESXi. */
  readonly cpuHotAdd: boolean;
  readonly exposesVnumaOnCpuHotAdd: boolean;
  /** Hyper-V. */
  readonly dynamicMemory: boolean;
  readonly realtime: boolean;
  /** All its memory is taken at its start. */
  readonly preallocated: boolean;
}

export interface MigrationFacts {
  readonly vm: string;
  readonly to: string;
  readonly linkBytesPerSec: number | null;
  readonly dirtyBytesPerSec: number | null;
  readonly workingSetBytes: number | null;
  readonly downtimeLimitMs: number;
}
