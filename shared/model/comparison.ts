import type { BeyondConfig, RfcSwitches } from './config.ts';

/** A defect of the posted code, by its switch. */
export type SwitchName = keyof RfcSwitches;
/** Something beyond the RFC that alone is on. */
export type OptionName = Exclude<keyof BeyondConfig, 'lookup'> | 'lookupRuns' | 'lookupRadix' | 'lookupTable';
/** this: the guest as it is. rfc-v3: as the series was posted. plain: what the RFC does. */
export type VariantName = 'correct' | 'plain' | 'this' | 'rfc-v3' | SwitchName | OptionName;

/** One guest of a document, beside variants of it that differed from the beginning: same scenario, same commands. */
export interface Comparison {
  readonly vm: string;
  readonly tick: number;
  readonly of: 'defects' | 'beyond';
  /** The first is what the others are measured against: the correct algorithm, or the plain RFC's. */
  readonly variants: readonly ComparedVariant[];
  /** Figures of the guest as it is (variant 'this') that are not those of the first, and what makes them so. */
  readonly differences: readonly ComparedDifference[];
}

/** How far a comparison is: its variants run one after the other. */
export interface CompareProgress {
  readonly vm: string;
  readonly of: Comparison['of'];
  /** Counted from 0. */
  readonly variant: number;
  readonly variants: number;
  readonly name: VariantName;
  readonly tick: number;
  readonly toTick: number;
}

export interface ComparedVariant {
  readonly name: VariantName;
  /** Defects that are on. */
  readonly switches: readonly SwitchName[];
  /** As it is from the beginning. */
  readonly beyond: BeyondConfig;
  readonly figures: readonly ComparedFigure[];
  /** Stranded pages over time, at the ticks of `ticks`. */
  readonly ticks: readonly number[];
  readonly stranded: readonly number[];
  readonly hash: string;
}

export interface ComparedFigure {
  readonly nid: number | null;
  readonly zone: number | null;
  readonly counter: string;
  readonly value: number;
}

export interface ComparedDifference extends ComparedFigure {
  /** Of the first variant. */
  readonly reference: number;
  /** Switches or options that alone already change this figure; empty: only several together do. */
  readonly causes: readonly Cause[];
}

/** What a switch or an option did when it alone was on, for the sentence that says why. */
export type Cause =
  | {
      readonly name: 'nrZonesAssign';
      /** The zones of a node that its kernel does not count, with the pages that they have; null: it counts all. */
      readonly lost: {
        readonly nid: number;
        readonly nrZones: number;
        readonly zones: readonly { readonly zone: number; readonly pages: number }[];
      } | null;
    }
  | { readonly name: 'splitStuck'; readonly blocks: number }
  | { readonly name: 'headOnly' | 'mergeUnmoved' | 'orderHeadOnly'; readonly misplacedPages: number }
  | { readonly name: 'pcpFreeLeak'; readonly leakedPages: number }
  | { readonly name: 'sysfsStale' | 'overlapSilent' | 'emptyCommitCrash' | 'spanNeverShrinks' }
  /** idleLookups: of pages that were where they belong. */
  | { readonly name: 'markAll'; readonly marksSet: number; readonly idleLookups: number }
  | { readonly name: 'lostFlagPermille'; readonly lostMarks: number }
  | {
      readonly name: 'topology';
      readonly generations: number;
      readonly remoteAllocs: number;
      readonly remoteAllocsBefore: number;
    }
  | { readonly name: 'activePass'; readonly relabelledPages: number }
  | { readonly name: 'commitStepTicks'; readonly commitTicks: number; readonly bornStranded: number }
  | { readonly name: 'consultTarget'; readonly consulted: number; readonly bornStranded: number }
  | { readonly name: 'notify'; readonly tasksRemapped: number }
  | { readonly name: 'shrinkSlabs'; readonly shrunkPages: number }
  | { readonly name: 'lookupRuns' | 'lookupRadix' | 'lookupTable'; readonly steps: number; readonly lookups: number };
