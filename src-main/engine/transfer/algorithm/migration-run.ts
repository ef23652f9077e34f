/** What every algorithm of live migration has in common: its passes, its end, and how it goes on from event to event. */

export type EndsBy = 'precopy' | 'postcopy' | 'pause';

/** QEMU's names. */
export type MigrationStatus =
  'setup' | 'active' | 'pre-switchover' | 'device' | 'postcopy-active' | 'completed' | 'cancelled' | 'failed';

/** From one sync of the dirty bitmap to the next. */
export interface Pass {
  readonly startMs: number;
  endMs: number;
  bytes: number;
  /** Pages that were dirty when it began. */
  readonly dirtyPages: number;
  /** Of the guest's CPU time, what auto-converge took when it ended, in percent. */
  throttlePercent: number;
}

/** What a policy sees of a migration that is under way. */
export interface Progress {
  readonly nowMs: number;
  /** Syncs of the dirty bitmap so far: QEMU's dirty-sync-count. */
  readonly syncs: number;
  readonly remainingBytes: number;
  /** What was dirty at the last sync. */
  readonly dirtyBytesAtSync: number;
  readonly bytesPerSec: number;
  readonly sentBytes: number;
}

/** What a policy may do to a migration. */
export type Intervention =
  | { readonly do: 'downtime-limit'; readonly ms: number }
  | { readonly do: 'postcopy' }
  | { readonly do: 'pause' }
  | { readonly do: 'abort'; readonly why: string };

/**
 * One migration as a state machine of events: the end of a pass, of a window of QEMU's rate limit, of a policy's wait. It
 * knows nothing of what drives it: a forecast runs it alone to its end, a world lets it go on tick by tick.
 */
export interface MigrationRun {
  readonly status: MigrationStatus;
  readonly nowMs: number;
  readonly passes: readonly Pass[];
  readonly endsBy: EndsBy | null;
  /** From the moment in which the guest stopped to that in which it runs again. */
  readonly downtimeMs: number | null;
  readonly sentBytes: number;
  progress(): Progress;
  /** Goes on to its next event, or to `limitMs` where that is nearer. */
  step(limitMs: number): void;
  intervene(what: Intervention): void;
  /** Whether something in it is still to change by itself: a throttle that is not at its most yet, a rate that changes. */
  readonly isSettled: boolean;
}

export const hasEnded = ({ status }: { readonly status: MigrationStatus }): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed';
