/** Something that happened in a world, for logs, the drawer, the report and the hash chain. */
export interface WorldEvent {
  readonly tick: number;
  readonly type: WorldEventType;
  /** Null when it concerns no single VM. */
  readonly vm: string | null;
  /** One sentence a person can read. */
  readonly text: string;
  /** The numbers in it, units last in the names. */
  readonly data: Readonly<Record<string, number | string>>;
}

export type WorldEventType =
  | 'commandApplied'
  | 'commandRefused'
  | 'compactionStarted'
  | 'compactionCompleted'
  | 'compactionStalled'
  | 'compactionCancelled'
  | 'migrationStarted'
  | 'migrationRound'
  | 'migrationSwitchOver'
  | 'migrationCompleted'
  | 'migrationCancelled'
  | 'migrationFailed'
  | 'layoutDelivered'
  | 'layoutCommitted'
  | 'nodeOnline'
  | 'zoneCreated'
  | 'memoryPlugged'
  | 'converged';

/** A law that does not hold. */
export interface Violation {
  /** `H1` host frames, `G1`..`G12` guest invariants, `W1` what a workload holds. */
  readonly law: string;
  readonly vm: string | null;
  /** What was expected, what was found, on which page or node. */
  readonly text: string;
}
