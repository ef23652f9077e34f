import type { PlacementRule } from './config.ts';

/** A placement rule of a guest that does not fit on its host at tick 0. */
export interface PlacementProblem {
  readonly guest: string;
  /** Index into the guest's placement. */
  readonly rule: number;
  readonly mode: PlacementRule['mode'];
  /** Its pfns, [start, end). */
  readonly start: number;
  readonly end: number;
  readonly host: string;
  /** The nodes that lacked room. */
  readonly nodes: readonly number[];
  /** In whole frames. */
  readonly shortPages: number;
  readonly framePages: number;
  /** They are to come from the huge page pool of that size. */
  readonly inPool: boolean;
}
