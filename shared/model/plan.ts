/**
 * A question about placement and its answer, as plain data: what a person asks, and the plan that comes back. Memory in MiB,
 * places as `HOST/NID`, times in ms from the start of the plan.
 */

export const GOAL_TYPES = [
  'place',
  'fit',
  'one-node',
  'locality',
  'drain',
  'consolidate',
  'rebalance',
  'huge-pages',
  'swap',
] as const;
export type GoalType = (typeof GOAL_TYPES)[number];

/** What an objective counts. */
export type ObjectiveName = 'unplaced' | 'hostsUsed' | 'movedMiB' | 'distance';

export interface ObjectiveValue {
  readonly name: ObjectiveName;
  readonly value: number;
}

/** MiB by place. */
export type MibByPlace = Readonly<Record<string, number>>;

export interface CellMove {
  readonly cell: number;
  /** The whole cell before and after. */
  readonly from: MibByPlace;
  readonly to: MibByPlace;
}

export interface PlanMove {
  readonly id: number;
  readonly type: 'start' | 'compact' | 'migrate';
  readonly vm: string;
  /** What arrives anew; 0 for a start. */
  readonly movedMiB: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Moves that must have ended before it starts. */
  readonly after: readonly number[];
  readonly cells: readonly CellMove[];
  /** Of a compaction. */
  readonly rateMiBps?: number;
}

export interface PlacedCell {
  readonly vm: string;
  readonly cell: number;
  readonly at: MibByPlace;
}

/** Why something does not fit. */
export type WhyNot =
  /** A place that is short of something before the plan begins, and who holds it. */
  | {
      readonly vm: string;
      readonly cell: number;
      readonly place: string;
      readonly short: Readonly<Record<string, number>>;
      readonly heldBy: readonly string[];
    }
  /** A rule that keeps a cell off a place: indexes into the rules of the request. */
  | { readonly vm: string; readonly cell: number; readonly place: string; readonly byRules: readonly number[] }
  /** So many cells, each on a place of its own, fit only on these, fewer, places. */
  | {
      readonly cells: readonly { readonly vm: string; readonly cell: number }[];
      readonly places: readonly string[];
    }
  /** These cells must all be on these places, and together need so much more than those can ever give. */
  | {
      readonly together: readonly { readonly vm: string; readonly cell: number }[];
      readonly places: readonly string[];
      readonly short: Readonly<Record<string, number>>;
    }
  /** A smallest set of cells that cannot all be where they must be, though each of them could. */
  | { readonly jointly: readonly { readonly vm: string; readonly cell: number }[] }
  /** A smallest set of rules that contradict each other. */
  | { readonly rules: readonly number[] }
  /** VMs each of which needs the room that the next holds. */
  | { readonly waiting: readonly string[] };

export type PlanStatus = 'optimal' | 'feasible' | 'infeasible' | 'unknown';

export interface PlanAnswer {
  readonly status: PlanStatus;
  readonly objective: readonly ObjectiveValue[] | null;
  readonly bound: readonly ObjectiveValue[] | null;
  /** Of the first value of the objective that is not at its bound. */
  readonly gapPercent: number | null;
  readonly provedBy: string | null;
  readonly solver: string;
  readonly seconds: number;
  /** The objective of leaving everything as it is; null where that is no answer. */
  readonly doNothing: readonly ObjectiveValue[] | null;
  readonly moves: readonly PlanMove[];
  readonly placement: readonly PlacedCell[];
  readonly whyNot: readonly WhyNot[];
}

/** Hosts of a fleet that are alike at the end: their shape, and how many VMs of each shape one of them has. */
export interface FleetClass {
  readonly host: number;
  readonly vms: Readonly<Record<string, number>>;
  readonly count: number;
}

/** The answer about a fleet: decisions by class instead of placement and moves. */
export interface FleetAnswer extends Omit<PlanAnswer, 'moves' | 'placement'> {
  readonly byClass: readonly FleetClass[];
}

/** Who may answer: `exact` proves, `fast` searches without a proof, the rest are heuristics by their names. */
export const SOLVERS = [
  'exact',
  'fast',
  'first-fit',
  'best-fit',
  'worst-fit',
  'ffd',
  'bfd',
  'dot-product',
  'nova-pack',
  'nova-spread',
  'numad',
  'esxi-like',
  'proxmox-like',
  'libxl',
] as const;
type SolverName = (typeof SOLVERS)[number];

export const isSolver = (name: string): name is SolverName => (SOLVERS as readonly string[]).includes(name);
