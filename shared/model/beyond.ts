/**
 * Options for what the RFC leaves undone, each selectable by itself. With all of them off, a guest does what the RFC
 * does.
 */
export interface GuestBeyond {
  /** cpu-to-node map and distances follow the layout as one versioned topology: they come from the host with it. */
  readonly topology: boolean;
  /** Relabels stranded pages in place, at most pagesPerTick a tick. null: off. */
  readonly activePass: {
    readonly pagesPerTick: number;
    /** oldest: longest in use first; youngest: the reverse; address: by pfn. */
    readonly order: 'oldest' | 'youngest' | 'address';
  } | null;
  /** An allocation during a commit skips free pages whose target is another node than the one they are listed on. */
  readonly consultTarget: boolean;
  /** Ticks between two steps of a commit; 0: all in one. */
  readonly commitStepTicks: number;
  /** A notifier announces every commit to slab caches and to tasks with a memory policy. */
  readonly notify: boolean;
  /** Slab caches shrink as soon as they are notified. Needs notify. */
  readonly shrinkSlabs: boolean;
  /** How a pfn is looked up. Answers are equal; the steps a lookup takes are counted. */
  readonly lookup: 'tree' | 'runs' | 'radix' | 'table';
}

/** Nothing of it. */
export const PLAIN_RFC: GuestBeyond = {
  topology: false,
  activePass: null,
  consultTarget: false,
  commitStepTicks: 0,
  notify: false,
  shrinkSlabs: false,
  lookup: 'table',
};
