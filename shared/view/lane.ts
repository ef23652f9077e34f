/**
 * The three maps of one guest as lanes of pixel columns: H (host node), T (guest node by the memlayout), A (guest node
 * by the allocator; used, free and pinned apart), and the owed pages under them.
 *
 * (a) A column holds proportions, in pages, never a winner; over the columns each key adds up to the pages in the window.
 * (b) H and T are exact in every column. A and owed are known per pageblock: a pageblock that several columns share is
 *     dealt out to them evenly, each key by rounding its running sum, so a whole pageblock is always exact.
 * (c) Cost: the rows of the guest in the window plus the columns.
 */
import { guestsOf, rowsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { PAGES_PER_HUGE } from '../units/index.ts';

/** Pages of one node in each column. */
export interface LaneBand {
  /** -1 for lanes of guest nodes. */
  readonly host: number;
  readonly nid: number;
  readonly pages: Float64Array;
}

export interface ActualBand {
  readonly nid: number;
  readonly usedPages: Float64Array;
  readonly freePages: Float64Array;
  readonly pinnedPages: Float64Array;
  /** Of used and pinned, those with A != T: what this node owes. Not in addition to them. */
  readonly owedPages: Float64Array;
  /** Of owedPages, those that are pinned and will never move: owedApart says both. */
  readonly owedPinnedPages: Float64Array;
}

export interface Lanes {
  readonly guest: number;
  readonly fromPfn: number;
  readonly toPfn: number;
  readonly columns: number;
  /** Column x covers pfns [edges[x], edges[x + 1]); it may be empty where there are more columns than pages. */
  readonly edges: Float64Array;
  /** In (host, nid) order. */
  readonly hostBands: readonly LaneBand[];
  /** In nid order. */
  readonly targetBands: readonly LaneBand[];
  /** In nid order; empty when the snapshot has no blocks of this guest. */
  readonly actualBands: readonly ActualBand[];
  /** Sum of what the bands owe. */
  readonly owedPages: Float64Array;
}

export interface LaneWindow {
  readonly columns: number;
  /** Half-open, within [0, nrPages]. */
  readonly fromPfn: number;
  readonly toPfn: number;
}

/** The lanes of a guest in a window of at least one page and one column. */
export function guestLanes(snapshot: Snapshot, guest: number, { columns, fromPfn, toPfn }: LaneWindow): Lanes {
  const edges = new Float64Array(columns + 1);
  for (let x = 0; x <= columns; x++) edges[x] = fromPfn + Math.floor((x * (toPfn - fromPfn)) / columns);
  return {
    guest,
    fromPfn,
    toPfn,
    columns,
    edges,
    hostBands: hostBands(snapshot, guest, edges),
    targetBands: targetBands(snapshot, guest, edges),
    ...actualBands(snapshot, guest, edges),
  };
}

/** The bands of a lane while they are filled, made when a node is first met. */
class Bands {
  readonly #columns: number;
  readonly #byKey = new Map<number, LaneBand>();

  constructor(columns: number) {
    this.#columns = columns;
  }

  of(host: number, nid: number): Float64Array {
    const key = (host + 1) * 65536 + nid;
    let band = this.#byKey.get(key);
    if (band === undefined) {
      band = { host, nid, pages: new Float64Array(this.#columns) };
      this.#byKey.set(key, band);
    }
    return band.pages;
  }

  sorted(): LaneBand[] {
    return [...this.#byKey.values()].sort((a, b) => a.host - b.host || a.nid - b.nid);
  }
}

function hostBands(snapshot: Snapshot, guest: number, edges: Float64Array): LaneBand[] {
  const bands = new Bands(edges.length - 1);
  const [first, end] = rowsOf(snapshot, 'backing', guest);
  const { start, pages, host, hostNid, copy } = snapshot.tables.backing.columns;
  for (let row = first; row < end; row++) {
    // A migration's second copy is not where the page lives.
    if (copy![row] === 1 || !meets(edges, start![row]!, start![row]! + pages![row]!)) continue;
    addRun(bands.of(host![row]!, hostNid![row]!), edges, start![row]!, start![row]! + pages![row]!);
  }
  return bands.sorted();
}

function targetBands(snapshot: Snapshot, guest: number, edges: Float64Array): LaneBand[] {
  const bands = new Bands(edges.length - 1);
  const [first, end] = rowsOf(snapshot, 'layout', guest);
  const { start, end: stop, nid } = snapshot.tables.layout.columns;
  for (let row = first; row < end; row++) {
    if (meets(edges, start![row]!, stop![row]!)) addRun(bands.of(-1, nid![row]!), edges, start![row]!, stop![row]!);
  }
  return bands.sorted();
}

function actualBands(snapshot: Snapshot, guest: number, edges: Float64Array): Pick<Lanes, 'actualBands' | 'owedPages'> {
  const columns = edges.length - 1;
  const nrPages = guestsOf(snapshot)[guest]!.nrPages;
  const figures = Array.from({ length: 5 }, () => new Bands(columns));
  const [used, free, pinned, owing, stuck] = figures as [Bands, Bands, Bands, Bands, Bands];
  const owedPages = new Float64Array(columns);
  const [first, end] = rowsOf(snapshot, 'blocks', guest);
  const {
    block,
    nid,
    freePages,
    usedPages,
    pinnedPages,
    owedPages: owed,
    owedPinnedPages,
  } = snapshot.tables.blocks.columns;
  for (let row = first; row < end; row++) {
    const start = block![row]! * PAGES_PER_HUGE;
    const stop = Math.min(start + PAGES_PER_HUGE, nrPages);
    if (!meets(edges, start, stop)) continue;
    dealBlock(used.of(-1, nid![row]!), edges, start, stop, usedPages![row]!);
    dealBlock(free.of(-1, nid![row]!), edges, start, stop, freePages![row]!);
    dealBlock(pinned.of(-1, nid![row]!), edges, start, stop, pinnedPages![row]!);
    dealBlock(owing.of(-1, nid![row]!), edges, start, stop, owed![row]!);
    dealBlock(stuck.of(-1, nid![row]!), edges, start, stop, owedPinnedPages![row]!);
    dealBlock(owedPages, edges, start, stop, owed![row]!);
  }
  // All have met the same nodes.
  const bands = used.sorted().map((band) => ({
    nid: band.nid,
    usedPages: band.pages,
    freePages: free.of(-1, band.nid),
    pinnedPages: pinned.of(-1, band.nid),
    owedPages: owing.of(-1, band.nid),
    owedPinnedPages: stuck.of(-1, band.nid),
  }));
  return { actualBands: bands, owedPages };
}

const meets = (edges: Float64Array, start: number, end: number): boolean =>
  start < end && end > edges[0]! && start < edges[edges.length - 1]!;

/** The column that holds `pfn`: the last whose left edge is not above it. */
function columnOf(edges: Float64Array, pfn: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (edges[middle]! <= pfn) low = middle;
    else high = middle - 1;
  }
  return low;
}

function addRun(into: Float64Array, edges: Float64Array, start: number, end: number): void {
  const from = Math.max(start, edges[0]!);
  const to = Math.min(end, edges[edges.length - 1]!);
  for (let x = columnOf(edges, from); x < into.length && edges[x]! < to; x++) {
    into[x] = into[x]! + Math.max(0, Math.min(to, edges[x + 1]!) - Math.max(from, edges[x]!));
  }
}

/** Deals `pages` of the pageblock [start, end) evenly to the columns over it; what lies outside the window is dropped. */
function dealBlock(into: Float64Array, edges: Float64Array, start: number, end: number, pages: number): void {
  if (pages === 0) return;
  const upTo = (pfn: number): number => Math.floor((pages * (pfn - start)) / (end - start));
  const to = Math.min(end, edges[edges.length - 1]!);
  for (let x = columnOf(edges, Math.max(start, edges[0]!)); x < into.length && edges[x]! < to; x++) {
    into[x] = into[x]! + upTo(Math.min(to, edges[x + 1]!)) - upTo(Math.max(start, edges[x]!));
  }
}
