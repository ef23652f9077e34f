/** Everything that may change a world from outside. Sizes are 4 KiB pages, times ticks unless a name says otherwise. */
import type { BeyondConfig, LayoutRange, RegenerationConfig, WorkloadConfig } from './config.ts';

/** Everything that may change a world from outside. A command takes effect whole or not at all. */
export type Command =
  /** Gather a VM's backing on `nodes` (null: the engine chooses the best set), at most framesPerTick frames (GuestConfig.framePages) a tick. */
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
  | { readonly type: 'releasePages'; readonly vm: string; readonly pfn: number; readonly order: number }
  /** What one line of the guest's shell wrote to the guest's files (guestfs/), in order. Errors of single writes are no refusal. */
  | {
      readonly type: 'writeFiles';
      readonly vm: string;
      /** As it was typed: only shown. */
      readonly line: string;
      readonly writes: readonly FileWrite[];
    }
  /** Plug in the DIMM with this index; the guest's kernel asks its layout for the node. */
  | { readonly type: 'plugDimm'; readonly vm: string; readonly dimm: number }
  | { readonly type: 'setBeyond'; readonly vm: string; readonly beyond: BeyondConfig };

/** One write(2) of the whole text to an absolute path of the guest. */
export interface FileWrite {
  readonly path: string;
  readonly text: string;
}

export type CommandType = Command['type'];
