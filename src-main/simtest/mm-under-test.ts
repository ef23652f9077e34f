/**
 * What the simulator needs of a guest memory manager, so that one table of vectors and one fuzz run on the naive model,
 * on its planted faults and on the engine alike. Ranges are half-open; all counts are 4 KiB pages.
 */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';

/** DMA, DMA32, NORMAL. */
export const NR_ZONES = 3;
/** The largest buddy block is 2^10 pages; inclusive. */
export const MAX_PAGE_ORDER = 10;

export type PageKind = 'hole' | 'reserved' | 'free' | 'pcp' | 'allocated';

/**
 * The account of one (guest node, zone). present, managed, pcp, allocated and reserved are by T; free and span by A.
 * Of an RFC guest present and managed are what its kernel counts, and free is NR_FREE_PAGES.
 */
export interface ZoneFigures {
  readonly presentPages: number;
  readonly managedPages: number;
  readonly freePages: number;
  readonly pcpPages: number;
  readonly allocatedPages: number;
  readonly reservedPages: number;
  /** 0 when the zone spans nothing. */
  readonly spanStart: number;
  readonly spannedPages: number;
  readonly wmarkMin: number;
  readonly wmarkLow: number;
  readonly wmarkHigh: number;
  readonly pcpBatch: number;
  readonly pcpHigh: number;
  /** Free blocks of order 0..MAX_PAGE_ORDER, over all migrate types. */
  readonly freeBlocks: readonly number[];
}

/** Pages whose node changed, by when it happened: the commit's sweep, a free, a drain of the per-CPU lists. */
export interface Moved {
  readonly sweep: number;
  readonly free: number;
  readonly drain: number;
}

/** Lookups of the memlayout by frees: answered by the one cached range, or by a search. */
export interface Lookups {
  readonly hit: number;
  readonly miss: number;
}

/** Pages in use that owe a move from one node to another; those of boot-reserved pages apart. */
export interface Stranded {
  readonly pages: number;
  readonly pinned: number;
}

export type CommitOutcome =
  { readonly ok: true; readonly zonesPopulated: number } | { readonly ok: false; readonly problems: readonly string[] };

/** The steps of a commit that other operations may come between, in this order. */
export const COMMIT_STEPS = ['publish', 'mark', 'sweep', 'drain'] as const;

export interface CommitSteps {
  /** Runs the next of COMMIT_STEPS; false when all have run. */
  next(): boolean;
}

export interface MmUnderTest {
  /** Takes exactly this block out of the free lists, as one allocation; false unless it lies inside one free block. */
  hold(pfn: number, order: number): boolean;
  /** Frees an allocation straight to the free lists, never through a per-CPU list. */
  free(pfn: number, order: number): void;
  /** Frees an order-0 allocation to a per-CPU list without flushing it; a marked page is freed straight instead. */
  putPcp(pfn: number): void;
  drainPcp(): void;
  commit(ranges: readonly LayoutRange[]): CommitOutcome;
  /** Plugs in a memory block; false unless all of it is a hole. Outside a commit. */
  plug(start: number, end: number): boolean;
  /** Null when the ranges are rejected. */
  commitSteps(ranges: readonly LayoutRange[]): CommitSteps | null;
  /** Node in the layout in force; nobody asks in a hole. */
  targetNid(pfn: number): number;
  /** Node on whose lists and counters the page is; nobody asks in a hole. */
  actualNid(pfn: number): number;
  pageKind(pfn: number): PageKind;
  /** Every (possible node, zone), node by node, NR_ZONES entries each. */
  zones(): readonly ZoneFigures[];
  /** Every pair of possible nodes, index from * nrNodeIds + to. */
  stranded(): readonly Stranded[];
  /** Free pages with A = from and T = to, from != to; indexed as stranded. None in a correct guest outside a commit. */
  misplaced(): readonly number[];
  /** The lookup mark. In a correct guest it means something on pages in use alone. */
  isMarked(pfn: number): boolean;
  /** Marked pages by A, index nid, of an RFC guest. */
  markedPages(): readonly number[];
  nrZones(nid: number): number;
  /** The node's size, as numactl --hardware has it. */
  nodePresent(nid: number): number;
  /** The nodes that each memory block is linked under, ascending; none for a block without a valid page. */
  links(): readonly (readonly number[])[];
  moved(): Moved;
  lookups(): Lookups;
  /** Laws that do not hold, one sentence each. */
  check(): readonly string[];
  /**
   * Laws that an RFC guest breaks and its defects explain: G2 sizes, G3 the free counter, G4 free pages on a wrong node,
   * G8 a missing mark, G10 nr_zones, links; the model may name others, which follow from these. Outside a commit only.
   */
  faults(): ReadonlySet<string>;
  /** Writes the whole state down and goes on from what was written. */
  reload(): void;
  /** Null when the model does not choose pages itself. */
  readonly allocator: MmAllocator | null;
}

/** The model's own choice of pages, by way of the per-CPU lists. */
export interface MmAllocator {
  /** First pfn of the block, or null when none is to be had. */
  alloc(order: number, cpu: number, movable: boolean): number | null;
  free(pfn: number, order: number, cpu: number): void;
}

/** A guest with any of the posted defects. */
export function isRfcGuest({ profile: { rfc } }: MmConfig): boolean {
  return Object.values(rfc).some((on) => on !== false && on !== 0);
}

/** Something that boots a memory manager. `name` is printed with a failure. */
export interface MmFactory {
  readonly name: string;
  boot(config: MmConfig): MmUnderTest;
}
