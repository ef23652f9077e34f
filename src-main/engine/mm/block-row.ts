/**
 * The pages of a pageblock by actual node (A): free, used, pinned, and owed among the two. One row a node that has pages
 * there, ascending.
 *
 * Looked at in every picture of a guest, so it must not cost a step: what a pageblock's counters say is taken from them,
 * elsewhere words of 32 pages are looked at, and single pages only where the pages in use are on several nodes or
 * special. What has changed since the last look is not kept: in a guest that converges nearly every pageblock has, and
 * marking it would cost every free.
 */
import { popcount, rangeMask, WORDS } from './bitmap.ts';
import { NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import type { Mm } from './mm.ts';
import { HOLE, KIND_MASK, PINNED, RESERVED } from './page.ts';

export type BlockRowVisitor = (
  block: number,
  nid: number,
  freePages: number,
  usedPages: number,
  pinnedPages: number,
  owedPages: number,
) => void;

/** All rows of a guest, in (block, nid) order. */
export function forEachBlockRow(mm: Mm, visit: BlockRowVisitor): void {
  const blocks = Math.ceil(mm.nrPages / PAGES_PER_PAGEBLOCK);
  const counts = new MixedCounts(mm);
  const { chain, nid, free } = mm.segment;
  const { valid, free: freeOf, pinned, actual } = mm.block;
  for (let block = 0; block < blocks; block++) {
    const inUse = valid[block]! - freeOf[block]!;
    const at = actual[block]!;
    const target = mm.layout.blockNid[block]!;
    if (chain[block] !== -1 || (inUse > 0 && (at === NID_MIXED || target === NID_MIXED))) {
      counts.visit(block, visit);
      continue;
    }
    const freePages = free[block]!;
    const freeNid = nid[block]!;
    const pinnedPages = pinned[block]!;
    const owed = at === target ? 0 : inUse;
    if (inUse === 0) {
      if (freePages > 0) visit(block, freeNid, freePages, 0, 0, 0);
    } else if (freePages === 0 || freeNid === at) {
      visit(block, at, freePages, inUse - pinnedPages, pinnedPages, owed);
    } else {
      if (freeNid < at) visit(block, freeNid, freePages, 0, 0, 0);
      visit(block, at, 0, inUse - pinnedPages, pinnedPages, owed);
      if (freeNid > at) visit(block, freeNid, freePages, 0, 0, 0);
    }
  }
}

/** Counters by node for one pageblock at a time; only the nodes that it met are looked at and cleared. */
class MixedCounts {
  readonly #mm: Mm;
  readonly #free: Uint16Array;
  readonly #used: Uint16Array;
  readonly #pinned: Uint16Array;
  readonly #owed: Uint16Array;
  /** Pages in use that have been compared with their target. */
  readonly #compared: Uint16Array;
  readonly #isMet: Uint8Array;
  readonly #met: number[] = [];
  readonly #words = new Int32Array(WORDS);

  constructor(mm: Mm) {
    this.#mm = mm;
    const u16 = (): Uint16Array => new Uint16Array(mm.nrNodeIds);
    this.#free = u16();
    this.#used = u16();
    this.#pinned = u16();
    this.#owed = u16();
    this.#compared = u16();
    this.#isMet = new Uint8Array(mm.nrNodeIds);
  }

  visit(block: number, visit: BlockRowVisitor): void {
    this.#countFree(block);
    this.#countByRange(block);
    // A handful, nearly in order.
    for (const nid of this.#met.sort((a, b) => a - b)) {
      visit(block, nid, this.#free[nid]!, this.#used[nid]!, this.#pinned[nid]!, this.#owed[nid]!);
      for (const column of [this.#free, this.#used, this.#pinned, this.#owed, this.#compared]) column[nid] = 0;
      this.#isMet[nid] = 0;
    }
    this.#met.length = 0;
  }

  #meet(nid: number): void {
    if (this.#isMet[nid] === 1) return;
    this.#isMet[nid] = 1;
    this.#met.push(nid);
  }

  /** Free pages of each segment; leaves in #words the pages that are not free. */
  #countFree(block: number): void {
    const { chain, nid, free, bits } = this.#mm.segment;
    const words = this.#words;
    words.fill(-1);
    for (let seg = block; seg !== -1; seg = chain[seg]!) {
      if (free[seg] === 0) continue;
      this.#meet(nid[seg]!);
      this.#free[nid[seg]!]! += free[seg]!;
      for (let w = 0; w < WORDS; w++) words[w]! &= ~bits[seg * WORDS + w]!;
    }
  }

  /** Pages in use, range by range of the layout, so that each range's are compared with one target. */
  #countByRange(block: number): void {
    const { layout, nrPages } = this.#mm;
    const start = block << PAGEBLOCK_ORDER;
    const end = Math.min(start + PAGES_PER_PAGEBLOCK, nrPages);
    for (let r = layout.first[block]!; r < layout.count && layout.start[r]! < end; r++) {
      const from = Math.max(start, layout.start[r]!) - start;
      const to = Math.min(end, layout.start[r + 1]!) - start;
      for (let w = from >>> 5; w << 5 < to; w++) this.#countWord(block, w, this.#words[w]! & rangeMask(w, from, to));
      this.#compare(layout.nid[r]!);
    }
  }

  /** Of 32 pages, those in `inUse`, which are holes or in use. */
  #countWord(block: number, word: number, inUse: number): void {
    const { page, block: counters } = this.#mm;
    const first = (block << PAGEBLOCK_ORDER) + (word << 5);
    const special = page.special[first >>> 5]! & inUse;
    const plain = inUse & ~special;
    const at = counters.actual[block]!;
    if (at === NID_MIXED) {
      const used = this.#used;
      const isMet = this.#isMet;
      const nids = page.nid;
      for (let left = plain; left !== 0; left &= left - 1) {
        const nid = nids[first + 31 - Math.clz32(left & -left)]!;
        if (isMet[nid] === 0) this.#meet(nid);
        used[nid]!++;
      }
    } else if (plain !== 0) {
      this.#meet(at);
      this.#used[at]! += popcount(plain);
    }
    for (let left = special; left !== 0; left &= left - 1) {
      const pfn = first + 31 - Math.clz32(left & -left);
      const state = page.state[pfn]!;
      const kind = state & KIND_MASK;
      if (kind === HOLE) continue;
      const nid = at === NID_MIXED ? page.nid[pfn]! : at;
      this.#meet(nid);
      (kind === RESERVED || (state & PINNED) !== 0 ? this.#pinned : this.#used)[nid]!++;
    }
  }

  /** What has been counted since the last call belongs on `target`. */
  #compare(target: number): void {
    for (const nid of this.#met) {
      const inUse = this.#used[nid]! + this.#pinned[nid]!;
      if (nid !== target) this.#owed[nid]! += inUse - this.#compared[nid]!;
      this.#compared[nid] = inUse;
    }
  }
}
