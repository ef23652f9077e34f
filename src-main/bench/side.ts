/**
 * The two sides of a comparison do the same operations on the same pages: `OurSide` calls the engine, `RfcSide` talks
 * to rfc/rfc-baseline.c. Everything random comes from the engine's generator with the seeds given here, and every
 * operation is written the same way on both sides, so equal states give equal hashes.
 */

/**
 * What the guest holds before the measured part, decided pageblock by pageblock (512 pages, from pfn 1024 up):
 * - free: 5 % of the pageblocks are held as huge pages, all else is free;
 * - runs: 70 % held, half of it huge pages, half single pages in runs of 1 to 64 with free runs between them;
 * - mixed: as runs, but each single page is held or not on its own: free memory is single pages and pairs;
 * - alternate: every other page is held: no two free pages are neighbours.
 */
export type FillKind = 'free' | 'runs' | 'mixed' | 'alternate';

/** Range k is [k * pagesPerRange, (k + 1) * pagesPerRange) on node (k + rotation) mod nrNodes. */
export interface LayoutShape {
  readonly pagesPerRange: number;
  readonly rotation: number;
  readonly nrNodes: number;
}

export interface GuestShape {
  readonly nrPages: number;
  /** Pages [0, reservedPages) are boot-reserved. */
  readonly reservedPages: number;
  readonly dma32Start: number;
  readonly normalStart: number;
}

/** Rows and columns of the stranded matrix, and nodes, in a hash; the baseline's MAX_NODES. */
export const HASHED_NODES = 8;

export interface StateHash {
  /** 16 hex digits over free counts per (node, zone, order), the free blocks, the stranded matrix, present per node. */
  readonly hash: string;
  readonly freeBlocks: number;
  /** Pages transplanted since boot. */
  readonly movedPages: number;
}

type Answer<T> = T | Promise<T>;

/** Times are nanoseconds of the operation alone; what it works on is drawn before. */
export interface Side {
  readonly name: string;
  /** A new guest with all memory on node 0. */
  boot(shape: GuestShape): Answer<number>;
  fill(kind: FillKind, seed: number): Answer<void>;
  commit(layout: LayoutShape): Answer<number>;
  /** Chooses n of the single pages that `fill` held; `free` and `hold` work on them, in the order of `reshuffle`. */
  pick(n: number, seed: number): Answer<void>;
  reshuffle(seed: number): Answer<void>;
  free(): Answer<number>;
  hold(): Answer<number>;
  /** n lookups of random pfns, or with a step above 0 of pfns so far apart; `sum` of the nids modulo 2^32. */
  lookup(n: number, seed: number, step: number): Answer<{ readonly ns: number; readonly sum: number }>;
  hash(): Answer<StateHash>;
}
