/**
 * A command rejection: the simulated world rejects a command, which then changes nothing. It is a slug with the data
 * that explains it; shared/view/words makes the sentence.
 */
import type { LayoutRange } from './config.ts';
import type { CommitStep } from './commit-trace.ts';

export type Rejection =
  // About the command as a document, or about the run: the world was not asked.
  /** It is not a valid command of the scenario. The message is of the scenario's own diagnostics. */
  | { readonly slug: 'command-invalid'; readonly problem: string; readonly message: string }
  /** The run is being brought to another tick. */
  | { readonly slug: 'busy' }
  | { readonly slug: 'law-broken' }
  | { readonly slug: 'vm-unknown'; readonly vm: string }
  // Compaction and migration.
  | { readonly slug: 'vm-compacting' | 'vm-migrating' | 'compact-none' | 'migrate-none'; readonly vm: string }
  | { readonly slug: 'nodes-empty' }
  | { readonly slug: 'node-unknown' | 'node-no-memory'; readonly host: string; readonly nid: number }
  | { readonly slug: 'compact-frames-per-tick'; readonly framesPerTick: number }
  /** Its cells are bound to nodes of their own. */
  | { readonly slug: 'bound-apart'; readonly vm: string }
  | {
      readonly slug: 'bound-elsewhere';
      readonly vm: string;
      readonly nodes: readonly number[];
      readonly bound: readonly number[];
    }
  | {
      readonly slug: 'bound-node-missing';
      readonly vm: string;
      readonly toHost: string;
      readonly nodes: readonly number[];
      /** Nodes of that host with memory. */
      readonly has: readonly number[];
      /** Those of them that hold it now, the fewest; null: it does not fit. */
      readonly fitsOn: readonly number[] | null;
    }
  | { readonly slug: 'migrate-host-unknown'; readonly toHost: string }
  | { readonly slug: 'migrate-same-host'; readonly vm: string; readonly host: string }
  | { readonly slug: 'migrate-no-link'; readonly fromHost: string; readonly toHost: string }
  | {
      readonly slug: 'migrate-no-room';
      readonly vm: string;
      readonly toHost: string;
      /** Null: all of the host. */
      readonly nodes: readonly number[] | null;
      readonly shortPages: number;
    }
  | { readonly slug: 'migrate-downtime-limit' | 'migrate-bandwidth' | 'migrate-rounds' }
  // Memory that is plugged in.
  | { readonly slug: 'plug-busy'; readonly vm: string }
  | {
      readonly slug: 'plug-no-room';
      readonly vm: string;
      readonly host: string;
      readonly nodes: readonly number[];
      readonly wantedPages: number;
      readonly freePages: number;
    }
  | { readonly slug: 'plug-commit'; readonly vm: string; readonly seq: number }
  /** `dimms`: how many it has. */
  | { readonly slug: 'dimm-unknown'; readonly vm: string; readonly dimm: number; readonly dimms: number }
  | { readonly slug: 'dimm-plugged'; readonly vm: string; readonly dimm: number }
  | { readonly slug: 'dimm-none'; readonly pfn: number }
  // Inside a guest.
  | { readonly slug: 'layout-invalid'; readonly problems: readonly LayoutProblem[] }
  | {
      readonly slug: 'commit-under-way';
      readonly vm: string;
      readonly seq: number;
      /** The step to come, and when. */
      readonly step: CommitStep;
      readonly dueTick: number;
    }
  | { readonly slug: 'hold-not-free' | 'release-not-held'; readonly pfn: number; readonly order: number }
  | { readonly slug: 'write-too-many'; readonly writes: number; readonly maxWrites: number };

export type RejectionSlug = Rejection['slug'];

/** Why a list of ranges is not a layout. `index`: of the offending range in the list as given. */
export type LayoutProblem =
  | { readonly slug: 'layout-empty' }
  | { readonly slug: 'layout-range-empty'; readonly index: number; readonly range: LayoutRange }
  | {
      readonly slug: 'layout-range-outside';
      readonly index: number;
      readonly range: LayoutRange;
      readonly nrPages: number;
    }
  | { readonly slug: 'layout-nid'; readonly index: number; readonly range: LayoutRange; readonly nrNodeIds: number }
  | {
      readonly slug: 'layout-overlap';
      readonly index: number;
      readonly range: LayoutRange;
      readonly other: LayoutRange;
    };
