/**
 * The pages of a pageblock by actual node (A): free, used and pinned ones, how many of them are owed, and of these how
 * many are pinned. One row for each node with pages there, ascending.
 *
 * Every snapshot of a guest reads all pageblocks, so this must not slow down a step: pageblocks are answered from
 * their counters where these suffice; elsewhere words of 32 pages are read, and single pages only where the pages in
 * use are on several nodes or special. Changes since the last snapshot are not tracked: in a converging guest nearly
 * every pageblock changes, and marking it would add a cost to every free.
 */
import { NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import type { Mm } from './mm.ts';
import { chainOf, nidOf, pagesOf } from './segment-table.ts';
import { UsedCounts } from './used-node.ts';

export type BlockRowVisitor = (
  block: number,
  nid: number,
  freePages: number,
  usedPages: number,
  pinnedPages: number,
  owedPages: number,
  owedPinnedPages: number,
) => void;

/** All rows of a guest, in (block, nid) order. */
export function forEachBlockRow(mm: Mm, visit: BlockRowVisitor): void {
  const blocks = Math.ceil(mm.nrPages / PAGES_PER_PAGEBLOCK);
  const counts = new MixedCounts(mm);
  const t = mm.segment;
  const { valid, free: freeOf, pinned, actual } = mm.block;
  for (let block = 0; block < blocks; block++) {
    const inUse = valid[block]! - freeOf[block]!;
    const at = actual[block]!;
    const target = mm.layout.blockNid[block]!;
    if (chainOf(t, block) !== -1 || (inUse > 0 && (at === NID_MIXED || target === NID_MIXED))) {
      counts.visit(block, visit);
      continue;
    }
    const freePages = pagesOf(t, block);
    const freeNid = nidOf(t, block);
    const pinnedPages = pinned[block]!;
    const owed = at === target ? 0 : inUse;
    const stuck = at === target ? 0 : pinnedPages;
    if (inUse === 0) {
      if (freePages > 0) visit(block, freeNid, freePages, 0, 0, 0, 0);
    } else if (freePages === 0 || freeNid === at) {
      visit(block, at, freePages, inUse - pinnedPages, pinnedPages, owed, stuck);
    } else {
      if (freeNid < at) visit(block, freeNid, freePages, 0, 0, 0, 0);
      visit(block, at, 0, inUse - pinnedPages, pinnedPages, owed, stuck);
      if (freeNid > at) visit(block, freeNid, freePages, 0, 0, 0, 0);
    }
  }
}

/** Counters by node for one pageblock at a time. */
class MixedCounts {
  readonly #mm: Mm;
  readonly #counts = new UsedCounts();
  readonly #free: Uint16Array;
  readonly #owed: Uint16Array;
  readonly #stuck: Uint16Array;
  /** Pages in use, and pinned ones, that have been compared with their target. */
  readonly #compared: Uint16Array;
  readonly #comparedPinned: Uint16Array;

  constructor(mm: Mm) {
    this.#mm = mm;
    const u16 = (): Uint16Array => new Uint16Array(mm.nrNodeIds);
    this.#free = u16();
    this.#owed = u16();
    this.#stuck = u16();
    this.#compared = u16();
    this.#comparedPinned = u16();
  }

  visit(block: number, visit: BlockRowVisitor): void {
    this.#countFree(block);
    this.#countByRange(block);
    const { met, used, pinned } = this.#counts;
    // A handful, nearly in order.
    for (const nid of met.sort((a, b) => a - b)) {
      visit(block, nid, this.#free[nid]!, used[nid]!, pinned[nid]!, this.#owed[nid]!, this.#stuck[nid]!);
      this.#free[nid] = this.#owed[nid] = this.#stuck[nid] = this.#compared[nid] = this.#comparedPinned[nid] = 0;
    }
    this.#counts.clear();
  }

  #countFree(block: number): void {
    const t = this.#mm.segment;
    for (let seg = block; seg !== -1; seg = chainOf(t, seg)) {
      if (pagesOf(t, seg) === 0) continue;
      this.#counts.meet(nidOf(t, seg));
      this.#free[nidOf(t, seg)]! += pagesOf(t, seg);
    }
  }

  /** Pages in use, range by range of the layout, so that each range's are compared with one target. */
  #countByRange(block: number): void {
    const { layout, nrPages } = this.#mm;
    const start = block << PAGEBLOCK_ORDER;
    const end = Math.min(start + PAGES_PER_PAGEBLOCK, nrPages);
    for (let r = layout.first[block]!; r < layout.count && layout.start[r]! < end; r++) {
      this.#counts.add(this.#mm, Math.max(start, layout.start[r]!), Math.min(end, layout.start[r + 1]!));
      this.#compare(layout.nid[r]!);
    }
  }

  /** What has been counted since the last call belongs on `target`. */
  #compare(target: number): void {
    const { met, used, pinned } = this.#counts;
    for (const nid of met) {
      const inUse = used[nid]! + pinned[nid]!;
      if (nid !== target) {
        this.#owed[nid]! += inUse - this.#compared[nid]!;
        this.#stuck[nid]! += pinned[nid]! - this.#comparedPinned[nid]!;
      }
      this.#compared[nid] = inUse;
      this.#comparedPinned[nid] = pinned[nid]!;
    }
  }
}
