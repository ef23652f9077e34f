/**
 * How many 2 MiB huge pages a guest's nodes could give: now, after compaction, and never. A pageblock is PAGES_PER_HUGE
 * pages, aligned; each belongs to the node and zone that most of it belongs to by T (of equal shares the lower node).
 *
 * (a) now: the huge pages in free blocks of order 9 and above, from the free lists (A).
 * (b) never: pageblocks with a pinned page in them, with a hole, or with pages of several nodes by T, unless the whole
 *     pageblock is free now on one node.
 * (c) afterCompaction: if the pages in use of all other pageblocks were packed into as few as they fit in, the free
 *     pages of never-pageblocks filled first: the lesser of the other pageblocks and of the free pages over 512, in
 *     each zone. Never less than now. Compaction copies inside a zone, so nothing is packed across two.
 * (d) now, what compaction adds, what is in use and never add up to the pageblocks.
 */
import { guestsOf, rowsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { PAGES_PER_HUGE } from '../units/index.ts';
import type { NodeRow } from './accounting.ts';
import { HUGE_ORDER } from './free-area.ts';

export interface HugeOutlook {
  readonly nid: number;
  readonly pageblocks: number;
  readonly now: number;
  /** All that can be had after compaction, those of now among them. */
  readonly afterCompaction: number;
  readonly never: number;
  /** Of never: why; the first that holds, in this order. */
  readonly pinned: number;
  readonly mixed: number;
  readonly holed: number;
  /** Neither now, nor after compaction, nor never: full of pages in use. */
  readonly inUse: number;
}

/** null: the snapshot does not know the guest's pageblocks. Nodes in nid order, those that have pageblocks or free blocks. */
export function hugeOutlook(snapshot: Snapshot, guest: number, nodes: readonly NodeRow[]): HugeOutlook[] | null {
  const [first, end] = rowsOf(snapshot, 'blocks', guest);
  if (first === end) return null;
  const { nrPages, zoneStartPfn } = guestsOf(snapshot)[guest]!;
  const cells = new Map<number, Cell>();
  const cellOf = (nid: number, zone: number): Cell => {
    const key = nid * ZONES + zone;
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = { pageblocks: 0, pinned: 0, mixed: 0, holed: 0 }));
    return cell;
  };
  for (const block of pageblocks(snapshot, guest, first, end, nrPages)) {
    const cell = cellOf(block.nid, zoneOf(zoneStartPfn, block.block * PAGES_PER_HUGE));
    cell.pageblocks++;
    if (block.why !== null) cell[block.why]++;
  }
  return nodes.flatMap((node) => {
    const sum = { pageblocks: 0, now: 0, afterCompaction: 0, pinned: 0, mixed: 0, holed: 0 };
    for (const { zone, freeBlocks, freePages } of node.zones) {
      const cell = cells.get(node.nid * ZONES + zone) ?? { pageblocks: 0, pinned: 0, mixed: 0, holed: 0 };
      const now = freeBlocks.reduce((n, b, order) => n + (order < HUGE_ORDER ? 0 : b * 2 ** (order - HUGE_ORDER)), 0);
      const movable = cell.pageblocks - cell.pinned - cell.mixed - cell.holed;
      sum.pageblocks += cell.pageblocks;
      sum.now += now;
      sum.afterCompaction += Math.max(now, Math.min(movable, Math.floor(freePages / PAGES_PER_HUGE)));
      sum.pinned += cell.pinned;
      sum.mixed += cell.mixed;
      sum.holed += cell.holed;
    }
    if (sum.pageblocks === 0 && sum.now === 0) return [];
    const never = sum.pinned + sum.mixed + sum.holed;
    // Where free blocks lie on another node than they belong to, a node can give more than its own pageblocks.
    return [{ nid: node.nid, ...sum, never, inUse: Math.max(0, sum.pageblocks - sum.afterCompaction - never) }];
  });
}

interface Cell {
  pageblocks: number;
  pinned: number;
  mixed: number;
  holed: number;
}

const ZONES = 4;

const zoneOf = (zoneStartPfn: readonly number[], pfn: number): number =>
  zoneStartPfn.findLastIndex((start) => start <= pfn);

/** What one pageblock is. */
export interface Pageblock {
  readonly block: number;
  /** By T: of most of its pages. */
  readonly nid: number;
  /** Nodes that it has pages of by T, and by A. */
  readonly targetNodes: number;
  readonly actualNodes: number;
  readonly freePages: number;
  readonly usedPages: number;
  readonly pinnedPages: number;
  readonly owedPages: number;
  /** Why it can never become a huge page; null: it can. */
  readonly why: 'pinned' | 'mixed' | 'holed' | null;
}

export function hasPageblocks(snapshot: Snapshot, guest: number): boolean {
  const [first, end] = rowsOf(snapshot, 'blocks', guest);
  return end > first;
}

/** The pageblocks of a guest, ascending; those without any page are left out. Empty: not in this snapshot. */
export function pageblockRows(snapshot: Snapshot, guest: number): Pageblock[] {
  const [first, end] = rowsOf(snapshot, 'blocks', guest);
  return [...pageblocks(snapshot, guest, first, end, guestsOf(snapshot)[guest]!.nrPages)];
}

function* pageblocks(
  snapshot: Snapshot,
  guest: number,
  first: number,
  end: number,
  nrPages: number,
): Generator<Pageblock> {
  const { columns } = snapshot.tables.blocks;
  const { block: blocks, freePages: free, usedPages: used, pinnedPages: pinned, owedPages: owed } = columns;
  const runs = new TargetCursor(snapshot, guest);
  for (let row = first; row < end;) {
    const block = blocks![row]!;
    let [freePages, usedPages, pinnedPages, owedPages, actualNodes] = [0, 0, 0, 0, 0];
    let isWholeFree = false;
    for (; row < end && blocks![row] === block; row++) {
      freePages += free![row]!;
      usedPages += used![row]!;
      pinnedPages += pinned![row]!;
      owedPages += owed![row]!;
      actualNodes++;
      if (free![row] === PAGES_PER_HUGE) isWholeFree = true;
    }
    const start = block * PAGES_PER_HUGE;
    const { nid, nodes } = runs.most(start, Math.min(nrPages, start + PAGES_PER_HUGE));
    const why = isWholeFree
      ? null
      : pinnedPages > 0
        ? 'pinned'
        : nodes > 1
          ? 'mixed'
          : freePages + usedPages < PAGES_PER_HUGE
            ? 'holed'
            : null;
    yield { block, nid, targetNodes: nodes, actualNodes, freePages, usedPages, pinnedPages, owedPages, why };
  }
}

/** The layout's runs, walked upwards once. */
class TargetCursor {
  readonly #start: ArrayLike<number>;
  readonly #end: ArrayLike<number>;
  readonly #nid: ArrayLike<number>;
  readonly #last: number;
  #row: number;

  constructor(snapshot: Snapshot, guest: number) {
    const [first, last] = rowsOf(snapshot, 'layout', guest);
    const { columns } = snapshot.tables.layout;
    [this.#start, this.#end, this.#nid] = [columns.start, columns.end, columns.nid];
    [this.#row, this.#last] = [first, last];
  }

  /** The node with most pages of [start, end), which lies above what was asked before, and how many nodes there are. */
  most(start: number, end: number): { readonly nid: number; readonly nodes: number } {
    while (this.#row < this.#last && this.#end[this.#row]! <= start) this.#row++;
    const row = this.#row;
    if (row < this.#last && this.#end[row]! >= end) return { nid: this.#nid[row]!, nodes: 1 };
    const pages = new Map<number, number>();
    for (let at = row; at < this.#last && this.#start[at]! < end; at++) {
      const part = Math.min(end, this.#end[at]!) - Math.max(start, this.#start[at]!);
      pages.set(this.#nid[at]!, (pages.get(this.#nid[at]!) ?? 0) + part);
    }
    let [nid, most] = [0, 0];
    for (const [each, part] of pages) if (part > most || (part === most && each < nid)) [nid, most] = [each, part];
    return { nid, nodes: pages.size };
  }
}
