/** Migrations and compactions, under way and finished. Counts are 4 KiB pages. */
export type MigrationPhase = 'running' | 'switchOver' | 'completed' | 'cancelled' | 'failed';

/** Of a compaction or a migration. */
export const isUnderWay = ({ phase }: { readonly phase: MigrationPhase | CompactionRow['phase'] }): boolean =>
  phase === 'running' || phase === 'switchOver';

export interface MigrationRow {
  readonly vm: string;
  readonly fromHost: string;
  readonly toHost: string;
  readonly phase: MigrationPhase;
  readonly startTick: number;
  readonly endTick: number | null;
  /** One entry per round begun; the last may be under way. Round 0 sends all memory. */
  readonly rounds: readonly MigrationRound[];
  readonly sentBytes: number;
  /** Simulated ms with the VM paused; null until known. */
  readonly downtimeMs: number | null;
  /** The pause it was allowed. */
  readonly downtimeLimitMs: number;
  /** The smallest limit at which one of the rounds so far would have been the last; null in round 0. */
  readonly leastLimitMs: number | null;
  /** Its share of the link at present; null once it has ended. */
  readonly bytesPerSec: number | null;
}

interface MigrationRound {
  readonly startTick: number;
  readonly bytesToSend: number;
  readonly bytesSent: number;
  /** Bytes found dirty when the round ended; null while it runs. */
  readonly dirtyBytes: number | null;
}

export interface CompactionRow {
  readonly vm: string;
  readonly phase: 'running' | 'completed' | 'cancelled' | 'stalled';
  readonly startTick: number;
  readonly endTick: number | null;
  readonly nodes: readonly number[];
  readonly movedPages: number;
  readonly leftPages: number;
}
