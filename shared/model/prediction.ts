/** What is foreseen of a live migration before it starts: the verdict, its figures, what would mend it. */

type PredictionVerdict =
  /** It ends, and the VM runs on the destination. */
  | 'converges'
  /** Nothing would end it. */
  | 'never'
  /** A deadline or a policy gives up; the VM stays where it is. */
  | 'aborted'
  /** Something is missing that it depends on. */
  | 'unknown';

export interface PredictedPass {
  readonly seconds: number;
  readonly sentMiB: number;
}

/** The figures of one run of the model. Null where there are none: a migration that never ends has no end. */
export interface PredictedFigures {
  readonly verdict: PredictionVerdict;
  readonly endsBy: 'precopy' | 'postcopy' | 'pause' | null;
  readonly totalSeconds: number | null;
  readonly downtimeMs: number | null;
  /** Syncs of the dirty bitmap, QEMU's dirty-sync-count; of Xen and Cloud Hypervisor rounds, the one while paused included. */
  readonly rounds: number | null;
  readonly sentMiB: number | null;
}

export type FixKind =
  | 'measure'
  | 'downtime-limit'
  | 'bandwidth'
  | 'switchover-bandwidth'
  | 'channels'
  | 'auto-converge'
  | 'postcopy'
  | 'pause';

/** The least change of its kind that makes the migration end, found by running the model with it. */
export interface Fix extends PredictedFigures {
  readonly fix: FixKind;
  /** In QEMU's words where it has some: `downtime-limit=678`. */
  readonly set: string;
  readonly price: string;
}

/** Least and most; a most of null: without end. */
export interface PredictedRange {
  readonly least: number;
  readonly most: number | null;
}

/** What comes out when each input is as far off as it may be. Null where nothing ends. */
export interface PredictedRanges {
  readonly totalSeconds: PredictedRange | null;
  readonly downtimeMs: PredictedRange | null;
  readonly rounds: PredictedRange | null;
  readonly sentMiB: PredictedRange | null;
  readonly verdicts: readonly PredictionVerdict[];
  /** What was varied, and by how much. */
  readonly varied: readonly string[];
}

export interface Prediction extends PredictedFigures {
  readonly passes: readonly PredictedPass[];
  readonly fixes: readonly Fix[];
  readonly ranges: PredictedRanges;
}

/** What nobody stated and was taken to be so. */
export type PredictionAssumption =
  | { readonly slug: 'max-bandwidth'; readonly mibPerSec: number }
  | { readonly slug: 'link'; readonly mibPerSec: number }
  | { readonly slug: 'working-set'; readonly mib: number }
  | { readonly slug: 'pattern' }
  | { readonly slug: 'nonzero' }
  | { readonly slug: 'cpu-need' }
  | { readonly slug: 'delta' }
  | { readonly slug: 'single-stream'; readonly mibPerSec: number }
  | { readonly slug: 'parameter-ignored'; readonly name: string }
  | { readonly slug: 'capability-ignored'; readonly name: string }
  | { readonly slug: 'vsphere' };

/** The dirtying that explains a run that was observed. */
export interface DirtyingFit {
  readonly pattern: 'sequential' | 'uniform' | 'zipf';
  readonly workingSetMiB: number;
  /** Rates between least and most explain it as well; a most of null: so does any higher one. */
  readonly dirtyMiBPerSec: { readonly best: number; readonly least: number; readonly most: number | null };
  /** How far what was left is off, in the mean, of what is not zero. Null: too few samples to say. */
  readonly errorPercent: number | null;
  /** Other patterns that explain it as well. */
  readonly asGood: readonly ('sequential' | 'uniform' | 'zipf')[];
  readonly samples: number;
}
