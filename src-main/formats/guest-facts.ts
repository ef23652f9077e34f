/**
 * What the files of a running Linux say about its memory, as `pageshift facts FILE` prints it. Rules (a) and (b) of
 * facts.ts hold here too. Unlike there, sizes are in the units of the files: pages of the guest where a name ends in
 * Pages or has no unit, KiB where it says so. Ranges are pfns of 4 KiB pages, half-open.
 */
import type { PfnRange } from '../../shared/units/index.ts';

export type GuestFileFacts =
  ZoneinfoFacts | BuddyinfoFacts | PagetypeinfoFacts | NodeMeminfoFacts | BootLogFacts | IomemFacts;

export type GuestFileKind = GuestFileFacts['kind'];

/** A field of one CPU's lists of a zone. */
export interface PagesetFacts {
  readonly cpu: number;
  readonly count: number | null;
  readonly high: number | null;
  readonly batch: number | null;
}

/** One zone of /proc/zoneinfo. Numbers are pages. */
export interface ZoneFacts {
  readonly nid: number;
  readonly zone: string;
  /** Where it begins in the file. */
  readonly line: number;
  readonly free: number;
  readonly min: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly boost: number | null;
  readonly spanned: number;
  readonly present: number;
  /** Null in kernels before 3.9. */
  readonly managed: number | null;
  readonly protection: readonly number[] | null;
  /** Null in a zone without pages, which some kernels print without it. */
  readonly startPfn: number | null;
  readonly pagesets: readonly PagesetFacts[];
  /** Of the first CPU that states one. */
  readonly statThreshold: number | null;
  /** Every other `name value` line of the zone, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface ZoneinfoFacts {
  readonly kind: 'linux-zoneinfo';
  /** In the order of the file. */
  readonly zones: readonly ZoneFacts[];
  /** Counters of a node ("per-node stats"), which kernels have since 4.8; null where there are none. */
  readonly nodeStats: readonly { readonly nid: number; readonly counters: Readonly<Record<string, number>> }[] | null;
}

/** Free blocks of a zone by order. */
export interface FreeAreaFacts {
  readonly nid: number;
  readonly zone: string;
  readonly line: number;
  readonly blocks: readonly number[];
}

export interface BuddyinfoFacts {
  readonly kind: 'linux-buddyinfo';
  readonly zones: readonly FreeAreaFacts[];
}

export interface PagetypeinfoFacts {
  readonly kind: 'linux-pagetypeinfo';
  readonly pageblockOrder: number | null;
  /** By migrate type; a count that the kernel gave up at (">100000") is null. */
  readonly free: readonly {
    readonly nid: number;
    readonly zone: string;
    readonly type: string;
    readonly line: number;
    readonly blocks: readonly (number | null)[];
  }[];
  /** Pageblocks by migrate type. */
  readonly pageblocks: readonly {
    readonly nid: number;
    readonly zone: string;
    readonly counts: Readonly<Record<string, number>>;
  }[];
}

export interface NodeMeminfoFacts {
  readonly kind: 'linux-node-meminfo';
  /** KiB by name, or numbers for what has no unit (HugePages_*). Ascending by nid. */
  readonly nodes: readonly {
    readonly nid: number;
    readonly line: number;
    readonly totalKib: number | null;
    readonly freeKib: number | null;
    readonly fields: Readonly<Record<string, number>>;
  }[];
}

/** Bytes [start, end): a resource of /proc/iomem or of the firmware's map. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

export interface IomemFacts {
  readonly kind: 'linux-iomem';
  /** `depth` is how deep it is indented. */
  readonly resources: readonly (AddressRange & {
    readonly name: string;
    readonly depth: number;
    readonly line: number;
  })[];
}

export interface BootLogFacts {
  readonly kind: 'linux-dmesg';
  /** "6.1.0-56-cloud-amd64". */
  readonly version: string | null;
  readonly commandLine: string | null;
  readonly e820: readonly (AddressRange & { readonly type: string })[];
  /** "Early memory node ranges": the memory there is, and whose. Ascending, disjoint. */
  readonly nodeRanges: readonly (PfnRange & { readonly nid: number })[];
  readonly sratMemory: readonly (AddressRange & { readonly nid: number; readonly hotplug: boolean })[];
  /** Nodes of the CPUs, in the order of the firmware's table; `id` is the APIC's. */
  readonly sratCpus: readonly { readonly id: number; readonly nid: number }[];
  /** "Zone ranges". A zone without a range is empty. */
  readonly zones: readonly { readonly name: string; readonly range: PfnRange | null }[];
  /** NODE_DATA. */
  readonly nodeData: readonly (AddressRange & { readonly nid: number })[];
  readonly initrd: AddressRange | null;
  /** Bounce buffers for devices that cannot reach all memory. */
  readonly swiotlb: AddressRange | null;
  readonly crashKernel: readonly AddressRange[];
  /** The "Memory:" line. */
  readonly memory: {
    readonly availableKib: number;
    readonly totalKib: number;
    readonly reservedKib: number | null;
    readonly kernelKib: Readonly<Record<string, number>>;
  } | null;
  /** What the kernel said that it freed; `late`: after its watermarks were set. */
  readonly freed: readonly { readonly what: string; readonly kib: number; readonly late: boolean }[];
  readonly perCpuPages: number | null;
  /** Hash tables in memory that was never managed, in bytes. */
  readonly earlyHashBytes: number;
  readonly nrCpuIds: number | null;
  readonly nrNodeIds: number | null;
  /** CPUs that came up. */
  readonly cpus: number | null;
  /** One past the largest pfn the machine could have: it sizes the table of memory sections. */
  readonly maxArchPfn: number | null;
  readonly memoryBlockMib: number | null;
  /** "Fallback order for Node N", by node. */
  readonly fallback: readonly { readonly nid: number; readonly order: readonly number[] }[];
}
