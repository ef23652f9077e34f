/**
 * The plain data that a world is made from. All sizes are 4 KiB pages, all times ticks unless a name says otherwise.
 * Everything here is JSON: no functions, no undefined, no typed arrays. `scenario/` converts a document written by a
 * person into this; the engine assumes that it has been validated and asserts what it relies on.
 */
import type { GuestBeyond } from './beyond.ts';
import type { PfnRange } from '../units/index.ts';

export interface HostConfig {
  readonly name: string;
  /** In ascending nid order; nids may be sparse. A node may lack CPUs, memory, or both. */
  readonly nodes: readonly HostNodeConfig[];
  /** SLIT values, row = from, column = to, in the order of `nodes`. 10 = local, 255 = unreachable. */
  readonly distances: readonly (readonly number[])[];
}

export interface HostNodeConfig {
  readonly nid: number;
  readonly cpus: readonly number[];
  readonly totalPages: number;
  /** Held by the host itself; never given to a guest. At the low end of the node. */
  readonly reservedPages: number;
  /**
   * Huge pages that the host has set aside, by size: only guests that ask for pages of that size take from them. Absent: not
   * known, and such guests take whole, aligned frames of the other memory.
   */
  readonly pools?: readonly HugePagePool[];
}

/** So many huge pages of a size on one node. */
export interface HugePagePool {
  readonly framePages: number;
  readonly frames: number;
  /** Of these, held by processes that are no guest. Absent: none. */
  readonly reservedFrames?: number;
}

export interface LinkConfig {
  readonly name: string;
  /** Names of the two hosts it joins. */
  readonly hosts: readonly [string, string];
  /** Shared, max-min fairly, by the migrations that run over it. */
  readonly bytesPerSec: number;
  /** One way. Absent: 0. A path adds it up; no transfer waits for it: a round trip is little beside a round. */
  readonly latencyMs?: number;
}

export interface GuestConfig {
  readonly name: string;
  readonly host: string;
  readonly mm: MmConfig;
  /** 512 when backed by 2 MiB frames, 1 when backed by 4 KiB frames. */
  readonly framePages: number;
  /**
   * What of its memory is backed by pages of the host's pools. Ascending, disjoint; each begins at a multiple of its page, and
   * ends at one or with the guest. Placement rules end where they begin and end. Absent: none.
   */
  readonly hugePages?: readonly HugePageRange[];
  /** Where its memory lives at tick 0; rules cover every valid pfn once, in ascending order. */
  readonly placement: readonly PlacementRule[];
  readonly regeneration: RegenerationConfig;
  readonly workload: WorkloadConfig | null;
  readonly dirty: DirtyConfig;
  readonly beyond: BeyondConfig;
  /** Simulated slots for memory that is plugged in while it runs (command plugDimm). */
  readonly dimms: readonly DimmConfig[];
  /** Where its memory may and should be. Absent: bound to nothing, and its vCPUs may use all CPUs. */
  readonly homes?: HomesConfig;
}

export interface HugePageRange extends PfnRange {
  readonly framePages: number;
}

/** What binds a guest's memory to host nodes, for as long as it runs; and what draws it to some. */
export interface HomesConfig {
  /** Host CPUs that its vCPUs may use; null: all. */
  readonly cpus: readonly number[] | null;
  /** Nodes that every part of it may be on (strict, restrictive, interleave); null: it is not bound. Empty: parts are bound apart. */
  readonly allowed: readonly number[] | null;
  /** All nodes that any part of it is bound to. */
  readonly named: readonly number[];
  /** Nodes that it prefers; null: none. */
  readonly preferred: readonly number[] | null;
}

/** Its pages are holes of the guest (mm.holes) until it is plugged. Ascending by start. */
export interface DimmConfig extends PfnRange {
  /** Where its frames come from, in this order; the whole DIMM or nothing. */
  readonly hostNodes: readonly number[];
}

export interface MmConfig {
  /** One past the last pfn (max_pfn). 64 to 2^28 + 2^18. */
  readonly nrPages: number;
  /** Invalid pfns inside [0, nrPages), such as the PCI hole below 4 GiB; ascending, disjoint. */
  readonly holes: readonly PfnRange[];
  /** Boot-reserved pages: never freed, never relabelled. Ascending, disjoint, not in holes. */
  readonly reserved: readonly PfnRange[];
  /** First pfn of [DMA, DMA32, NORMAL]; DMA is 0, each a multiple of 1024 pages. A zone with start >= nrPages is absent. */
  readonly zoneStartPfn: readonly [number, number, number];
  /** Node ids 0..nrNodeIds-1 are possible (nr_node_ids). 1 to 254. */
  readonly nrNodeIds: number;
  /** Guest node of each virtual CPU, index = vCPU. At least one vCPU. */
  readonly cpuNode: readonly number[];
  /** nrNodeIds x nrNodeIds. */
  readonly distances: readonly (readonly number[])[];
  /** The INITIAL layout; holes between ranges go to the lower range. */
  readonly bootLayout: readonly LayoutRange[];
  readonly profile: KernelProfile;
  /**
   * Free blocks by (node, zone) and order at power-on, as another guest's buddyinfo had them; all else that is managed is
   * in use and never freed. null: everything managed is free.
   */
  readonly recordedFree: readonly RecordedFree[] | null;
  /**
   * Managed pages that the boot frees after it has set the watermarks (initrd, init sections of the kernel), which so
   * leave them out until they are set anew. Ascending, disjoint, not in holes or reserved. Absent: none.
   */
  readonly freedLate?: readonly PfnRange[];
}

export interface RecordedFree {
  readonly nid: number;
  readonly zone: number;
  /** Index order, 0 to 10. */
  readonly blocks: readonly number[];
}

/** Which kernel the guest is, and what is wrong with it. */
export interface KernelProfile {
  /** Rules for watermarks, per-CPU sizes, reserves and the files' fields: 3.10 of the RFC, or 6.1. */
  readonly era: '3.10' | '6.1';
  readonly rfc: RfcSwitches;
  /** Pages in one memory block of sysfs: 128 MiB on x86_64. A power of two, at least a pageblock. */
  readonly memoryBlockPages: number;
  /** extra_nr_node_ids=<percent> of the command line (patch 31); nrNodeIds has it already. 0: not given. */
  readonly extraNrNodeIdsPercent: number;
  /** DNUMA_BACKLOG: layouts kept in debugfs besides the one in force and the staged one; -1: all. */
  readonly backlog: number;
}

/** Defects of the code as it was posted, each on its own. What each one does, exactly: mm/rfc/README.md. */
export interface RfcSwitches {
  readonly nrZonesAssign: boolean;
  readonly splitStuck: boolean;
  readonly headOnly: boolean;
  readonly mergeUnmoved: boolean;
  readonly orderHeadOnly: boolean;
  readonly pcpFreeLeak: boolean;
  readonly sysfsStale: boolean;
  readonly overlapSilent: boolean;
  readonly emptyCommitCrash: boolean;
  readonly markAll: boolean;
  readonly spanNeverShrinks: boolean;
  /** How many of 1000 marks that a commit sets on pages in use a concurrent flag update loses (TODO 1). 0: none. */
  readonly lostFlagPermille: number;
}

export type BeyondConfig = GuestBeyond;

/** pfns [start, end) belong on guest node `nid`. */
export interface LayoutRange extends PfnRange {
  readonly nid: number;
}

/**
 * How the guest pages of [start, end) are given host frames at tick 0.
 * - strict: from `nodes` in that order, each filled before the next; it is an error if they do not suffice;
 * - preferred: as strict, then the other nodes by distance from the first of `nodes`;
 * - interleave: frame by frame round-robin over `nodes` (a full one is skipped; all full is an error);
 * - shares: exactly `pages[i]` on `nodes[i]`; with `scatter`, frames are dealt in an order drawn from the seed, else in runs.
 */
export interface PlacementRule extends PfnRange {
  readonly mode: 'strict' | 'preferred' | 'interleave' | 'shares';
  readonly nodes: readonly number[];
  /** Only for `shares`; sums to end - start less holes; each a multiple of framePages except the last. */
  readonly pages: readonly number[];
  readonly scatter: boolean;
}

/**
 * When the host delivers layouts to the guest. The layout at power-on comes from the configuration, even if the backing
 * differs: the first delivery follows the first change of the backing, or of these settings, while the guest runs.
 */
export interface RegenerationConfig {
  /** false: the guest never gets a new layout, as with hypervisors today. */
  readonly enabled: boolean;
  /** Runs are coalesced: a window of this many pages goes to the node that backs most of it. Power of two. */
  readonly granularityPages: number;
  /**
   * Ticks between the first change of backing (or setRegeneration) and the delivery of the layout made from the backing
   * of that moment.
   */
  readonly delayTicks: number;
}

export interface WorkloadConfig {
  /** Share of managed pages held by the workload, in 1/1000. Constant: a page that dies is replaced at once. */
  readonly occupancyPermille: number;
  /**
   * Share of the held pages that belong to the kernel and are never freed, in 1/1000. When setWorkload asks for fewer
   * than are held, they stay, and that many fewer other pages are held.
   */
  readonly kernelPermille: number;
  /** Share of the held pages that are slabs of the kernel's caches (vm/slab.ts) at boot, in 1/1000. Absent: 0. */
  readonly slabPermille?: number;
  /** Share of the small blocks that are the page cache's, in 1/1000: whose they are is all that it says. Absent: 0. */
  readonly filePermille?: number;
  /** Share of the other held pages that are 2 MiB huge pages, in 1/1000. */
  readonly hugePermille: number;
  readonly lifetime: LifetimeConfig;
  /**
   * stationary: at tick 0 residual lifetimes are drawn from the equilibrium law, as after an infinite past;
   * fresh: every page starts a new lifetime at tick 0 (then `warmupTicks` are run before tick 0).
   * Both apply at tick 0 only: in a setWorkload they mean nothing, what is held keeps its time of death.
   */
  readonly start: 'stationary' | 'fresh';
  readonly warmupTicks: number;
}

/** Times in ticks. exponential: mean. lomax: P(L > t) = (1 + t/scale)^-alpha, alpha > 1. */
export type LifetimeConfig =
  | { readonly law: 'exponential'; readonly meanTicks: number }
  | { readonly law: 'lomax'; readonly alpha: number; readonly scaleTicks: number };

/**
 * What live migration sees of the guest's writes: uniform over a working set. No rate and no working set: nobody has said what
 * it writes; an idle guest has a working set and the rate 0.
 */
export interface DirtyConfig {
  readonly workingSetPages: number;
  /** Writes to distinct places a second, in pages; the unique pages dirtied in T are W(1 - exp(-rate T / W)). */
  readonly pagesPerSec: number;
}

export const isDirtyKnown = ({ workingSetPages, pagesPerSec }: DirtyConfig): boolean =>
  workingSetPages > 0 || pagesPerSec > 0;

export const CORRECT: RfcSwitches = {
  nrZonesAssign: false,
  splitStuck: false,
  headOnly: false,
  mergeUnmoved: false,
  orderHeadOnly: false,
  pcpFreeLeak: false,
  sysfsStale: false,
  overlapSilent: false,
  emptyCommitCrash: false,
  markAll: false,
  spanNeverShrinks: false,
  lostFlagPermille: 0,
};

/**
 * The series as posted (v3). Two switches stay off: pcpFreeLeak is a defect of v1 and v2 that is not known of v3, and lost
 * flags are chance. "All on" (ALL_DEFECTS) has them too.
 */
export const RFC_V3: RfcSwitches = {
  nrZonesAssign: true,
  splitStuck: true,
  headOnly: true,
  mergeUnmoved: true,
  orderHeadOnly: true,
  pcpFreeLeak: false,
  sysfsStale: true,
  overlapSilent: true,
  emptyCommitCrash: true,
  markAll: true,
  spanNeverShrinks: true,
  lostFlagPermille: 0,
};

export const ALL_DEFECTS: RfcSwitches = { ...RFC_V3, pcpFreeLeak: true, lostFlagPermille: 10 };

export const DEFAULT_PROFILE: KernelProfile = {
  era: '3.10',
  rfc: CORRECT,
  memoryBlockPages: 32768,
  extraNrNodeIdsPercent: 0,
  backlog: 16,
};
