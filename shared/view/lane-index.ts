/**
 * The maps of one guest in one snapshot, made ready to be asked for any window, many times: for each node, its rows and
 * their running sums. guestLanes counts the rows of a window anew each time; a window that pans asks sixty times a second.
 *
 * (a) counted(edges) equals guestLanes with the same edges, to the page.
 * (b) shared(edges) is for drawing: where columns are narrower than a pageblock, what is known per pageblock (A and owed)
 *     is shared out in proportion instead of being dealt in whole pages, so every column shows the pageblock's own
 *     proportions and no pattern that is not there. At the edges of pageblocks both agree.
 * (c) Whole pageblocks are exact in both.
 * (d) Cost: the rows of the guest once; then, for each column and each node in the window, the logarithm of the rows
 *     between two edges. Rows are read in place or copied once; nothing grows with pages.
 */
import { guestsOf, rowsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { PAGES_PER_HUGE } from '../units/index.ts';
import type { ActualBand, LaneBand, Lanes } from './lane.ts';

/** A maximal row of the H or T map. host is -1 for guest nodes. */
export interface NodeRun {
  readonly host: number;
  readonly nid: number;
  readonly start: number;
  readonly end: number;
}

/** Pages of one node in one pageblock, by A. */
export interface BlockCounts {
  readonly nid: number;
  readonly usedPages: number;
  readonly freePages: number;
  readonly pinnedPages: number;
  readonly owedPages: number;
  /** See ActualBand. */
  readonly owedPinnedPages: number;
}

/** Of a row of the snapshot's blocks. */
const FIGURES = 5;

export class LaneIndex {
  readonly guest: number;
  readonly nrPages: number;
  /** Whether the snapshot knows A per pageblock. */
  readonly hasBlocks: boolean;
  readonly #hostRuns: RunList;
  readonly #targetRuns: RunList;
  readonly #host: readonly NodeSums[];
  readonly #target: readonly NodeSums[];
  readonly #actual: readonly NodeSums[];
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot, guest: number) {
    this.guest = guest;
    this.nrPages = guestsOf(snapshot)[guest]!.nrPages;
    this.#snapshot = snapshot;
    this.#hostRuns = hostRuns(snapshot, guest);
    this.#targetRuns = targetRuns(snapshot, guest);
    this.#host = sumsOfRuns(this.#hostRuns);
    this.#target = sumsOfRuns(this.#targetRuns);
    this.#actual = sumsOfBlocks(snapshot, guest, this.nrPages);
    this.hasBlocks = this.#actual.length > 0;
  }

  /** @param edges ascending whole pfns; column x covers [edges[x], edges[x + 1]). */
  counted(edges: Float64Array): Lanes {
    return this.#lanes(edges, true);
  }

  /** As counted, with fractions of pages in A and owed. */
  shared(edges: Float64Array): Lanes {
    return this.#lanes(edges, false);
  }

  hostRunAt(pfn: number): NodeRun | null {
    return this.#hostRuns.at(pfn);
  }

  targetRunAt(pfn: number): NodeRun | null {
    return this.#targetRuns.at(pfn);
  }

  /** The widest range around a page in which neither H nor T changes; a hole of H is one too. */
  runAround(pfn: number): { readonly start: number; readonly end: number } {
    const [h, t] = [this.#hostRuns.around(pfn, this.nrPages), this.#targetRuns.around(pfn, this.nrPages)];
    return { start: Math.max(h.start, t.start), end: Math.min(h.end, t.end) };
  }

  /** The pageblock that a page lies in, by A, in nid order. */
  blockAt(pfn: number): BlockCounts[] {
    const block = Math.floor(pfn / PAGES_PER_HUGE);
    const [first, end] = rowsOf(this.#snapshot, 'blocks', this.guest);
    const { columns } = this.#snapshot.tables.blocks;
    const { block: blocks, nid, usedPages, freePages, pinnedPages, owedPages, owedPinnedPages } = columns;
    const rows: BlockCounts[] = [];
    for (let row = firstAtLeast(blocks, first, end, block); row < end && blocks[row] === block; row++) {
      rows.push({
        nid: nid![row]!,
        usedPages: usedPages![row]!,
        freePages: freePages![row]!,
        pinnedPages: pinnedPages![row]!,
        owedPages: owedPages![row]!,
        owedPinnedPages: owedPinnedPages![row]!,
      });
    }
    return rows;
  }

  #lanes(edges: Float64Array, whole: boolean): Lanes {
    const columns = edges.length - 1;
    const bandsOf = (sums: readonly NodeSums[]): LaneBand[] =>
      sums
        .filter((node) => node.meets(edges))
        .map((node) => {
          const pages = new Float64Array(columns);
          node.fill(edges, [pages], whole);
          return { host: node.host, nid: node.nid, pages };
        });
    const owedPages = new Float64Array(columns);
    const actualBands = this.#actual
      .filter((node) => node.meets(edges))
      .map((node): ActualBand => {
        const figures = Array.from({ length: FIGURES }, () => new Float64Array(columns));
        node.fill(edges, figures, whole);
        const [used, free, pinned, owed, stuck] = figures as [
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
        ];
        for (let x = 0; x < columns; x++) owedPages[x] = owedPages[x]! + owed[x]!;
        return {
          nid: node.nid,
          usedPages: used,
          freePages: free,
          pinnedPages: pinned,
          owedPages: owed,
          owedPinnedPages: stuck,
        };
      });
    return {
      guest: this.guest,
      fromPfn: edges[0]!,
      toPfn: edges[columns]!,
      columns,
      edges,
      hostBands: bandsOf(this.#host),
      targetBands: bandsOf(this.#target),
      actualBands,
      owedPages,
    };
  }
}

/** Rows of one node in address order, with running sums of what they count. */
class NodeSums {
  readonly host: number;
  readonly nid: number;
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  /** One column a figure: sum over the rows before this one; one entry more than there are rows. */
  readonly #before: readonly Uint32Array[];

  constructor(host: number, nid: number, start: Uint32Array, end: Uint32Array, before: readonly Uint32Array[]) {
    this.host = host;
    this.nid = nid;
    this.#start = start;
    this.#end = end;
    this.#before = before;
  }

  meets(edges: Float64Array): boolean {
    const row = firstAbove(this.#end, 0, edges[0]!);
    return row < this.#end.length && this.#start[row]! < edges[edges.length - 1]!;
  }

  /** One array a figure, an entry a column. */
  fill(edges: Float64Array, into: readonly Float64Array[], whole: boolean): void {
    let row = firstAbove(this.#end, 0, edges[0]!);
    const upTo = this.#before.map((before) => this.#upTo(before, row, edges[0]!, whole));
    for (let x = 0; x + 1 < edges.length; x++) {
      const edge = edges[x + 1]!;
      row = firstAbove(this.#end, row, edge);
      for (let figure = 0; figure < into.length; figure++) {
        const sum = this.#upTo(this.#before[figure]!, row, edge, whole);
        into[figure]![x] = sum - upTo[figure]!;
        upTo[figure] = sum;
      }
    }
  }

  /** Pages below `edge`, when `row` is the first that ends above it. */
  #upTo(before: Uint32Array, row: number, edge: number, whole: boolean): number {
    const sum = before[row]!;
    if (row === this.#end.length || this.#start[row]! >= edge) return sum;
    const start = this.#start[row]!;
    const part = ((before[row + 1]! - sum) * (edge - start)) / (this.#end[row]! - start);
    return sum + (whole ? Math.floor(part) : part);
  }
}

/** The first index from `from` on whose value is above `limit`; gallops, so near ones are cheap. */
function firstAbove(values: Uint32Array, from: number, limit: number): number {
  let step = 1;
  let low = from;
  while (low + step <= values.length && values[low + step - 1]! <= limit) {
    low += step;
    step *= 2;
  }
  let high = Math.min(values.length, low + step - 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAtLeast(values: ArrayLike<number>, first: number, end: number, limit: number): number {
  let [low, high] = [first, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Maximal runs of H or T in address order. */
class RunList {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** See keyOf. */
  readonly key: Uint32Array;

  constructor(start: Uint32Array, end: Uint32Array, key: Uint32Array) {
    this.start = start;
    this.end = end;
    this.key = key;
  }

  at(pfn: number): NodeRun | null {
    const row = firstAbove(this.end, 0, pfn);
    if (row === this.end.length || this.start[row]! > pfn) return null;
    return { ...hostAndNid(this.key[row]!), start: this.start[row]!, end: this.end[row]! };
  }

  /** The run at a page, or the hole around it. */
  around(pfn: number, nrPages: number): { readonly start: number; readonly end: number } {
    const next = firstAbove(this.end, 0, pfn);
    const above = next === this.end.length ? nrPages : this.start[next]!;
    if (above <= pfn) return { start: above, end: this.end[next]! };
    return { start: next === 0 ? 0 : this.end[next - 1]!, end: above };
  }
}

/** Gathers rows in address order; neighbours of one node become one run, as H has a row for each piece of memory. */
class RunGathering {
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  readonly #key: Uint32Array;
  #runs = 0;

  constructor(mostRuns: number) {
    this.#start = new Uint32Array(mostRuns);
    this.#end = new Uint32Array(mostRuns);
    this.#key = new Uint32Array(mostRuns);
  }

  add(start: number, end: number, key: number): void {
    const last = this.#runs - 1;
    if (start >= end) return;
    if (last >= 0 && this.#key[last] === key && this.#end[last] === start) {
      this.#end[last] = end;
      return;
    }
    this.#start[this.#runs] = start;
    this.#end[this.#runs] = end;
    this.#key[this.#runs++] = key;
  }

  list(): RunList {
    const cut = (values: Uint32Array): Uint32Array => values.subarray(0, this.#runs);
    return new RunList(cut(this.#start), cut(this.#end), cut(this.#key));
  }
}

/** Host (-1: none) and node in one number, in their order. */
const keyOf = (host: number, nid: number): number => (host + 1) * 65536 + nid;
const hostAndNid = (key: number): { readonly host: number; readonly nid: number } => ({
  host: Math.floor(key / 65536) - 1,
  nid: key % 65536,
});

function hostRuns(snapshot: Snapshot, guest: number): RunList {
  const [first, end] = rowsOf(snapshot, 'backing', guest);
  const { start, pages, host, hostNid, copy } = snapshot.tables.backing.columns;
  const runs = new RunGathering(end - first);
  for (let row = first; row < end; row++) {
    // A migration's second copy is not where the page lives.
    if (copy![row] !== 1) runs.add(start![row]!, start![row]! + pages![row]!, keyOf(host![row]!, hostNid![row]!));
  }
  return runs.list();
}

function targetRuns(snapshot: Snapshot, guest: number): RunList {
  const [first, end] = rowsOf(snapshot, 'layout', guest);
  const { start, end: stop, nid } = snapshot.tables.layout.columns;
  const runs = new RunGathering(end - first);
  for (let row = first; row < end; row++) runs.add(start![row]!, stop![row]!, keyOf(-1, nid![row]!));
  return runs.list();
}

/** The keys of rows as small numbers, ascending, and how many rows each has. */
interface Slots {
  readonly keys: readonly number[];
  readonly rows: readonly number[];
  /** Slot of each key. */
  readonly of: { readonly [key: number]: number };
}

function slotsOf(keys: ArrayLike<number>, first: number, end: number): Slots {
  let most = 0;
  for (let row = first; row < end; row++) most = Math.max(most, keys[row]!);
  // A table, not a Map: there may be a million rows, and a window waits.
  const count = new Uint32Array(most + 1);
  for (let row = first; row < end; row++) count[keys[row]!]!++;
  const found: number[] = [];
  const of = new Int32Array(most + 1);
  for (let key = 0; key <= most; key++) {
    of[key] = found.length;
    if (count[key]! > 0) found.push(key);
  }
  return { keys: found, rows: found.map((key) => count[key]!), of };
}

class Filling {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly before: readonly Uint32Array[];
  rows = 0;

  constructor(rows: number, figures: number) {
    this.start = new Uint32Array(rows);
    this.end = new Uint32Array(rows);
    this.before = Array.from({ length: figures }, () => new Uint32Array(rows + 1));
  }
}

function sumsOfRuns({ start, end, key: nodes }: RunList): NodeSums[] {
  // The number of a node grows with the hosts of a fleet: its place among those of the guest does not.
  const numbers = [...new Set(nodes)].sort((a, b) => a - b);
  const placeOf = new Map(numbers.map((number, place) => [number, place]));
  const key = Uint32Array.from(nodes, (number) => placeOf.get(number)!);
  const slots = slotsOf(key, 0, key.length);
  const parts = slots.rows.map((rows) => new Filling(rows, 1));
  for (let row = 0; row < key.length; row++) {
    const part = parts[slots.of[key[row]!]!]!;
    const at = part.rows++;
    const before = part.before[0]!;
    part.start[at] = start[row]!;
    part.end[at] = end[row]!;
    before[at + 1] = before[at]! + end[row]! - start[row]!;
  }
  return parts.map((part, slot) => {
    const { host, nid } = hostAndNid(numbers[slots.keys[slot]!]!);
    return new NodeSums(host, nid, part.start, part.end, part.before);
  });
}

function sumsOfBlocks(snapshot: Snapshot, guest: number, nrPages: number): NodeSums[] {
  const [first, end] = rowsOf(snapshot, 'blocks', guest);
  const { columns } = snapshot.tables.blocks;
  const { block, nid, usedPages: used, freePages: free, pinnedPages: pinned, owedPages: owed } = columns;
  const stuck = columns.owedPinnedPages;
  const slots = slotsOf(nid, first, end);
  const parts = slots.rows.map((rows) => new Filling(rows, FIGURES));
  for (let row = first; row < end; row++) {
    const part = parts[slots.of[nid[row]!]!]!;
    const at = part.rows++;
    const start = block[row]! * PAGES_PER_HUGE;
    part.start[at] = start;
    part.end[at] = Math.min(start + PAGES_PER_HUGE, nrPages);
    const [usedBefore, freeBefore, pinnedBefore, owedBefore, stuckBefore] = part.before;
    usedBefore![at + 1] = usedBefore![at]! + used![row]!;
    freeBefore![at + 1] = freeBefore![at]! + free![row]!;
    pinnedBefore![at + 1] = pinnedBefore![at]! + pinned![row]!;
    owedBefore![at + 1] = owedBefore![at]! + owed![row]!;
    stuckBefore![at + 1] = stuckBefore![at]! + stuck![row]!;
  }
  return parts.map((part, slot) => new NodeSums(-1, slots.keys[slot]!, part.start, part.end, part.before));
}
