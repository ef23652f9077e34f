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
  readonly stepNames: readonly string[];
  readonly steps: readonly CommitTraceStep[];
}

export interface CommitTraceStep {
  readonly name: string;
  readonly tick: number;
  /** What it did, a sentence with its figures. */
  readonly text: string;
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
