/**
 * The plain data that makes a world, and the commands that change it. All sizes are 4 KiB pages, all times ticks unless
 * a name says otherwise. Everything here is JSON: no functions, no undefined, no typed arrays. `scenario/` turns a
 * document written by a person into this; the engine assumes that it has been validated and asserts what it relies on.
 */
import type { PfnRange } from '../../shared/units/index.ts';

export interface WorldConfig {
  /** 32-bit unsigned. One seed, one world. */
  readonly seed: number;
  /** Simulated milliseconds in one tick. */
  readonly tickMs: number;
  readonly hosts: readonly HostConfig[];
  readonly links: readonly LinkConfig[];
  readonly guests: readonly GuestConfig[];
  /** Commands applied at the start of tick `at` (so `at: 0` is before the first step), in this order within a tick. */
  readonly schedule: readonly ScheduledCommand[];
}

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
}

export interface LinkConfig {
  readonly name: string;
  /** Names of the two hosts it joins. */
  readonly hosts: readonly [string, string];
  /** Shared equally by the migrations that run over it. */
  readonly bytesPerSec: number;
}

export interface GuestConfig {
  readonly name: string;
  readonly host: string;
  readonly mm: MmConfig;
  /** 512 when backed by 2 MiB frames, 1 when backed by 4 KiB frames. */
  readonly frameGrainPages: number;
  /** Where its memory lives at tick 0; rules cover every valid pfn once, in ascending order. */
  readonly placement: readonly PlacementRule[];
  readonly regeneration: RegenerationConfig;
  readonly workload: WorkloadConfig | null;
  readonly dirty: DirtyConfig;
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
}

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
  /** Only for `shares`; sums to end - start less holes; each a multiple of the guest's frame grain except the last. */
  readonly pages: readonly number[];
  readonly scatter: boolean;
}

/**
 * When the host tells the guest where its memory is. The layout at power-on is what the host gave it, even if the backing
 * differs: the guest is told nothing until the backing changes, or until regeneration is set while it runs.
 */
export interface RegenerationConfig {
  /** false: the guest is never told (what hypervisors do today). */
  readonly enabled: boolean;
  /** Runs are coalesced to this grain: a window of this many pages goes to the node that backs most of it. Power of two. */
  readonly grainPages: number;
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
   * Share of the held pages that belong to the kernel and are never freed, in 1/1000. A setWorkload that asks for fewer
   * than are held leaves them, and so many fewer others are held.
   */
  readonly kernelPermille: number;
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

/** What live migration sees of the guest's writes: uniform over a working set. */
export interface DirtyConfig {
  readonly workingSetPages: number;
  /** Writes to distinct places a second, in pages; the unique pages dirtied in T are W(1 - exp(-rate T / W)). */
  readonly pagesPerSec: number;
}

export interface ScheduledCommand {
  readonly at: number;
  readonly command: Command;
}

/** Everything that may change a world from outside. A command takes effect whole or not at all. */
export type Command =
  /** Gather a VM's backing on `nodes` (null: the engine chooses the best set), at most framesPerTick frames of the VM's grain a tick. */
  | {
      readonly type: 'compact';
      readonly vm: string;
      readonly nodes: readonly number[] | null;
      readonly framesPerTick: number;
    }
  | { readonly type: 'cancelCompaction'; readonly vm: string }
  /** Live-migrate (pre-copy) to another host. nodes null: the engine chooses. maxRounds and downtimeLimitMs as QEMU means them. */
  | {
      readonly type: 'migrate';
      readonly vm: string;
      readonly toHost: string;
      readonly nodes: readonly number[] | null;
      readonly downtimeLimitMs: number;
      /** 0: what the link gives. */
      readonly maxBytesPerSec: number;
      /** The migration fails when it has not converged after this many rounds. */
      readonly maxRounds: number;
    }
  | { readonly type: 'cancelMigration'; readonly vm: string }
  /** Commit a memlayout in the guest directly, as the RFC's debugfs does. */
  | { readonly type: 'commitLayout'; readonly vm: string; readonly ranges: readonly LayoutRange[] }
  | { readonly type: 'setWorkload'; readonly vm: string; readonly workload: WorkloadConfig | null }
  | { readonly type: 'setRegeneration'; readonly vm: string; readonly regeneration: RegenerationConfig }
  /** Take exactly this free block out of the free lists, as one allocation; refused unless the whole block is free. */
  | { readonly type: 'holdPages'; readonly vm: string; readonly pfn: number; readonly order: number }
  /** Free a block taken by holdPages. */
  | { readonly type: 'releasePages'; readonly vm: string; readonly pfn: number; readonly order: number };

export type CommandType = Command['type'];
