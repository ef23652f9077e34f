/** The steps of a commit, in their order. */
export const COMMIT_STEPS = ['online', 'publish', 'mark', 'sweep', 'drain', 'settle'] as const;
export type CommitStep = (typeof COMMIT_STEPS)[number];

/** A commit as the steps it is made of, with what each one changed. */
export interface CommitTrace {
  readonly seq: number;
  /** The layout before. */
  readonly fromSeq: number;
  readonly deltaPages: number;
  /** Of all steps; those not done yet are not in `steps`. */
  readonly stepNames: readonly CommitStep[];
  readonly steps: readonly CommitTraceStep[];
}

export type CommitTraceStep = {
  readonly [S in CommitStep]: CommitTraceStepBase & {
    readonly name: S;
    /** What it did. */
    readonly figures: CommitStepFigures[S];
  };
}[CommitStep];

/** What each step did, for its sentence. */
export interface CommitStepFigures {
  readonly online: {
    readonly nodesOnlined: readonly number[];
    /** Nodes whose nr_zones fell: a defect of the posted code. */
    readonly nrZonesFell: readonly (BeforeAfter & { readonly nid: number })[];
  };
  readonly publish: {
    readonly seq: number;
    readonly deltaPages: number;
    /** Zones whose present pages changed. */
    readonly zonesResized: number;
    readonly owedBefore: number;
    readonly owedAfter: number;
    /** Nodes whose kernel counts fewer zones than have pages, and the pages that it so leaves out. */
    readonly uncounted: readonly { readonly nid: number; readonly zones: number; readonly pages: number }[];
  };
  readonly mark: { readonly marked: number; readonly markedBefore: number };
  /** misplacedPages: free, on a node that is not their target. */
  readonly sweep: { readonly movedPages: number; readonly misplacedPages: number };
  readonly drain: { readonly drainedPages: number; readonly movedPages: number };
  readonly settle: {
    readonly minFreeKib: BeforeAfter;
    readonly minMarkPages: BeforeAfter;
    readonly zonelistRebuilds: number;
  };
}

interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

interface CommitTraceStepBase {
  readonly tick: number;
  /** Only what changed; by nid, zone. At most MAX_TRACE_CHANGES a step, `more` are left out. */
  readonly changes: readonly CounterChange[];
  readonly more: number;
}

export interface CounterChange {
  /** null: of the whole guest. */
  readonly nid: number | null;
  /** null: of the whole node. */
  readonly zone: number | null;
  /** presentPages, managedPages, freePages, pcpPages, marked, stranded, misplaced, spanStart, spanEnd, wmarkMin, ... */
  readonly counter: string;
  readonly before: number;
  readonly after: number;
}
