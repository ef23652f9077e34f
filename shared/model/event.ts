import type { CommandType } from './command.ts';
import type { Rejection } from './rejection.ts';

/**
 * Something that happened in a world: when, to which VM, and the data of its kind. For logs, the drawer, the report and
 * the hash chain. Its sentence is made in shared/view/words.
 */
export type WorldEvent = { readonly [T in WorldEventType]: WorldEventOf<T> }[WorldEventType];

export interface WorldEventOf<T extends WorldEventType> {
  readonly tick: number;
  readonly type: T;
  /** Null when it concerns no single VM: a command for a VM that does not exist. */
  readonly vm: T extends 'commandRejected' ? string | null : string;
  readonly data: WorldEventData[T];
}

export type WorldEventType = keyof WorldEventData;

/** The data of each kind of event. Counts are 4 KiB pages; host nodes are those of the host named, or of the VM's host. */
export interface WorldEventData {
  readonly commandApplied: { readonly command: CommandType };
  readonly commandRejected: { readonly command: CommandType; readonly vm: string; readonly rejection: Rejection };
  readonly compactionStarted: CompactionPlace & { readonly leftPages: number; readonly framesPerTick: number };
  readonly compactionCompleted: CompactionEnd;
  readonly compactionStalled: CompactionEnd;
  readonly compactionCancelled: CompactionEnd;
  readonly migrationStarted: {
    readonly fromHost: string;
    readonly toHost: string;
    readonly nodes: readonly number[];
    readonly pages: number;
    readonly extents: number;
  };
  readonly migrationRound: { readonly round: number; readonly sentBytes: number; readonly dirtyBytes: number };
  readonly migrationSwitchOver: {
    readonly dirtyBytes: number;
    /** null: what it writes is not known. */ readonly expectedMs: number | null;
  };
  readonly migrationCompleted: MigrationEnd & {
    /** null: what it writes is not known. */ readonly downtimeMs: number | null;
  };
  readonly migrationCancelled: MigrationEnd;
  readonly migrationFailed: MigrationEnd & {
    readonly dirtyBytes: number;
    /** The smallest limit that would have sufficed. */
    readonly leastLimitMs: number;
  };
  readonly layoutDelivered: {
    readonly ranges: number;
    /** Host nodes that share a guest node with another, because the guest has too few node ids. */
    readonly sharedHostNodes: readonly number[];
    readonly nrNodeIds: number;
  };
  readonly layoutCommitted: {
    readonly seq: number;
    readonly deltaPages: number;
    readonly movedSweepPages: number;
    readonly movedDrainPages: number;
    readonly strandedPages: number;
  };
  readonly nodeOnline: { readonly nid: number };
  readonly zoneCreated: { readonly nid: number; readonly zone: string };
  readonly memoryPlugged: { readonly start: number; readonly pages: number; readonly nodes: readonly number[] };
}

interface CompactionPlace {
  readonly host: string;
  /** In the order in which they are filled. */
  readonly nodes: readonly number[];
}

interface CompactionEnd extends CompactionPlace {
  readonly movedPages: number;
  readonly leftPages: number;
}

interface MigrationEnd {
  /** Where the VM is now. */
  readonly host: string;
  /** Begun, the last pass included. */
  readonly rounds: number;
  readonly sentBytes: number;
  readonly downtimeLimitMs: number;
}

/** A law that does not hold: a bug of Pageshift itself. */
export interface Violation {
  /** `H1` host frames, `G1`..`G12` guest invariants, `W1` what a workload and the slab caches hold. */
  readonly law: string;
  readonly vm: string | null;
  /**
   * What the check expected and found, on which page or node, in the names of the code: evidence for whoever fixes the
   * engine, not an event of the world.
   */
  readonly text: string;
}
