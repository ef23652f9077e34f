/**
 * The world's commands: everything that may change a world from outside, in the engine's units, with what the rest of
 * the program knows about each of them. Sizes are 4 KiB pages, times ticks unless a name says otherwise. The units
 * that a person writes, and their conversion: shared/schema/command.ts.
 */
import { MAX_MS, MAX_RATE_MIBPS, MAX_ROUNDS } from './limit.ts';
import type { BeyondConfig, DirtyConfig, LayoutRange, RegenerationConfig, WorkloadConfig } from './config.ts';

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
  /** Take exactly this free block out of the free lists, as one allocation; rejected unless the whole block is free. */
  | { readonly type: 'holdPages'; readonly vm: string; readonly pfn: number; readonly order: number }
  /** Free a block taken by holdPages. */
  | { readonly type: 'releasePages'; readonly vm: string; readonly pfn: number; readonly order: number }
  /** What one line of the guest's shell wrote to the guest's files (guestfs/), in order. Errors of single writes are no rejection. */
  | {
      readonly type: 'writeFiles';
      readonly vm: string;
      /** As it was typed: only shown. */
      readonly line: string;
      readonly writes: readonly FileWrite[];
    }
  /** Plug in the DIMM with this index; the guest's kernel asks its layout for the node. */
  | { readonly type: 'plugDimm'; readonly vm: string; readonly dimm: number }
  | { readonly type: 'setBeyond'; readonly vm: string; readonly beyond: BeyondConfig }
  /** What migrations find the guest writing, from their next round on. */
  | { readonly type: 'setDirty'; readonly vm: string; readonly dirty: DirtyConfig };

/** One write(2) of the whole text to an absolute path of the guest. */
export interface FileWrite {
  readonly path: string;
  readonly text: string;
}

export type CommandType = Command['type'];
export type CommandOf<Type extends CommandType> = Extract<Command, { readonly type: Type }>;

/** What would come of a command that moves no memory between frames. */
export type CommandEffect =
  | { readonly command: 'cancelCompaction'; readonly movedPages: number; readonly leftPages: number }
  | {
      readonly command: 'cancelMigration';
      readonly fromHost: string;
      readonly toHost: string;
      readonly sentBytes: number;
    }
  | { readonly command: 'commitLayout'; readonly freePages: number; readonly usedPages: number }
  /** Null: it ends. */
  | { readonly command: 'setWorkload'; readonly occupancyPermille: number | null }
  /** Null: no layouts are delivered. */
  | {
      readonly command: 'setRegeneration';
      readonly delivered: { readonly delayMs: number; readonly granularityPages: number } | null;
    }
  | { readonly command: 'holdPages'; readonly pfn: number; readonly pages: number }
  | { readonly command: 'releasePages'; readonly pfn: number; readonly pages: number }
  | { readonly command: 'writeFiles'; readonly files: number; readonly line: string }
  | { readonly command: 'plugDimm'; readonly dimm: number }
  | { readonly command: 'setBeyond' }
  | { readonly command: 'setDirty'; readonly workingSetPages: number; readonly bytesPerSec: number };

export type EffectOf<Type extends CommandEffect['command']> = Extract<CommandEffect, { readonly command: Type }>;

/** `--NAME VM[=TARGET][@TICK]` on the command line: TARGET is the parameter `to`. */
interface CommandFlag {
  readonly to: string;
  readonly target: 'NODES' | 'HOST';
  readonly isTargetRequired: boolean;
  /** For --help. */
  readonly does: string;
}

/** A number that a person types, as a dialog shows it and the schema checks it. */
export interface NumberParameter {
  readonly label: string;
  readonly unit: string;
  readonly max: number;
  /** The value when it is left out. */
  readonly default: number;
}

interface CommandInfo {
  /** A sentence for a reference. */
  readonly does: string;
  /** Whether a window may submit it; a scenario may have every command. */
  readonly inWindow: boolean;
  /** Null: programs submit it in a scenario only. */
  readonly flag: CommandFlag | null;
  readonly numbers: Readonly<Record<string, NumberParameter>>;
}

const plain = { flag: null, numbers: {} } as const;

/** Every command, in the order of the published schema. */
export const COMMANDS = {
  compact: {
    does: "Gathers a VM's memory on fewer nodes of its host, while it runs.",
    inWindow: true,
    flag: {
      to: 'nodes',
      target: 'NODES',
      isTargetRequired: false,
      does: 'gather a VM on host nodes such as 0-1,3, or on the best; may be repeated',
    },
    numbers: { rateMiBps: { label: 'Rate', unit: 'MiB/s', max: MAX_RATE_MIBPS, default: 1024 } },
  },
  cancelCompaction: { ...plain, does: 'Stops gathering a VM; what was moved stays where it is.', inWindow: true },
  migrate: {
    does: 'Moves a VM live to another host, by pre-copy.',
    inWindow: true,
    flag: {
      to: 'toHost',
      target: 'HOST',
      isTargetRequired: true,
      does: 'live-migrate a VM to another host, there to nodes such as 0-1,3, or to the best; may be repeated',
    },
    numbers: {
      downtimeLimitMs: { label: 'Downtime limit', unit: 'ms', max: MAX_MS, default: 300 },
      maxBandwidthMiBps: { label: 'Bandwidth cap', unit: 'MiB/s', max: MAX_RATE_MIBPS, default: 0 },
      maxRounds: { label: 'Most rounds', unit: '', max: MAX_ROUNDS, default: 30 },
    },
  },
  cancelMigration: {
    ...plain,
    does: 'Ends a migration before it switches over; the VM stays on its host.',
    inWindow: true,
  },
  commitLayout: { ...plain, does: "Commits a memlayout in the guest, as the RFC's debugfs does.", inWindow: false },
  setWorkload: {
    ...plain,
    does: 'Changes what the guest allocates; null: it allocates nothing more.',
    inWindow: false,
  },
  setRegeneration: {
    ...plain,
    does: 'Changes whether and when new layouts are delivered to the guest.',
    inWindow: true,
  },
  holdPages: {
    ...plain,
    does: 'Takes one free block out of the free lists; it must be free as a whole.',
    inWindow: true,
  },
  releasePages: { ...plain, does: 'Frees a block that holdPages took.', inWindow: true },
  writeFiles: { ...plain, does: "Writes to the guest's files, as one line of its shell did.", inWindow: false },
  plugDimm: {
    ...plain,
    does: 'Plugs in a DIMM; the kernel of the guest asks its layout for the node.',
    inWindow: true,
  },
  setBeyond: { ...plain, does: 'Changes what the guest does beyond the RFC.', inWindow: true },
  setDirty: {
    ...plain,
    does: 'Changes how fast the guest writes and to how much memory, as migrations see it.',
    inWindow: true,
  },
} as const satisfies { readonly [Type in CommandType]: CommandInfo };

export const COMMAND_TYPES = Object.keys(COMMANDS) as readonly CommandType[];

/** Commands that can be submitted by a flag of the command line. */
export type FlagCommand = {
  [Type in CommandType]: (typeof COMMANDS)[Type]['flag'] extends null ? never : Type;
}[CommandType];

export const FLAG_COMMANDS = COMMAND_TYPES.filter((type): type is FlagCommand => COMMANDS[type].flag !== null);

/** `VM[=NODES][@TICK]`, `VM=HOST[:NODES][@TICK]`. */
export function flagGrammar(type: FlagCommand): string {
  const { target, isTargetRequired } = COMMANDS[type].flag;
  const nodes = target === 'HOST' ? '[:NODES]' : '';
  return `VM${isTargetRequired ? `=${target}${nodes}` : `[=${target}]`}[@TICK]`;
}
