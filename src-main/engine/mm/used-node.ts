/** Reads, changes and counts the A of pages in use. How it is stored: used-node-table.ts. */
import type { StateReader, StateWriter } from '../core/index.ts';
import { popcount, rangeMask, WORDS } from './bitmap.ts';
import { NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import type { Mm } from './mm.ts';
import { CHUNK, HOLE, INFO, KIND_MASK, PALETTE, PINNED, RESERVED, specialWord, stateOf } from './page.ts';
import { usedWord } from './segment.ts';
import {
  closeChunk,
  CODES,
  EMPTY_PALETTE,
  mixedNid,
  SMALL_PLANES,
  SMALL_WORDS,
  takeSmall,
  takeWide,
  type UsedNodes,
  WIDE_PLANES,
  WIDE_WORDS,
  withCode,
} from './used-node-table.ts';

/** A of a page in use. */
export function usedNid(mm: Mm, pfn: number): number {
  const block = pfn >>> PAGEBLOCK_ORDER;
  const actual = mm.block.actual[block]!;
  return actual === NID_MIXED ? mixedNid(mm.usedNodes, block, pfn) : actual;
}

/** All pages in use of a pageblock are on one node, or none is in use and the next one will be on it. */
export function setOneNode(mm: Mm, block: number, nid: number): void {
  if (mm.block.actual[block] === NID_MIXED) closeChunk(mm.usedNodes, block);
  mm.block.actual[block] = nid;
}

/**
 * The pages of [pfn, pfn + 2^order), inside one pageblock, come into use on node nid (this is called before they leave
 * the free lists), or are in use and relabelled.
 */
export function setUsedNid(mm: Mm, pfn: number, order: number, nid: number): void {
  const block = pfn >>> PAGEBLOCK_ORDER;
  const actual = mm.block.actual[block]!;
  if (actual === nid) return;
  const noneInUse = mm.block.free[block] === mm.block.valid[block];
  const chunk = mm.usedNodes.info[block * INFO + CHUNK]!;
  if (order > 0 || noneInUse || actual !== NID_MIXED || chunk < 0) {
    setUsedRange(mm, pfn, pfn + (1 << order), nid, noneInUse);
    return;
  }
  const code = codeFor(mm, block, nid);
  const { small, info } = mm.usedNodes;
  // Finding a code may have made the chunk wide.
  if (info[block * INFO + CHUNK] !== chunk) setUsedRange(mm, pfn, pfn + 1, nid, false);
  else writeSmall(small, chunk * SMALL_WORDS + ((pfn >>> 5) & (WORDS - 1)) * SMALL_PLANES, pfn & 31, code);
}

/** The code of one page of a small chunk. */
function writeSmall(small: Int32Array, at: number, bit: number, code: number): void {
  small[at] = (small[at]! & ~(1 << bit)) | ((code & 1) << bit);
  small[at + 1] = (small[at + 1]! & ~(1 << bit)) | ((code >>> 1) << bit);
}

/** The same for [start, end), a part of one pageblock; `first` says that no other page of it is in use. */
export function setUsedRange(mm: Mm, start: number, end: number, nid: number, first: boolean): void {
  const { actual } = mm.block;
  const block = start >>> PAGEBLOCK_ORDER;
  if (first) {
    setOneNode(mm, block, nid);
  } else if (actual[block] !== nid) {
    if (actual[block] !== NID_MIXED) setMixed(mm, block);
    const code = codeFor(mm, block, nid);
    const from = start & (PAGES_PER_PAGEBLOCK - 1);
    writeCode(mm.usedNodes, block, from, from + end - start, code);
  }
}

/** From here on the pages in use of this pageblock, which are on one node, say it themselves. */
function setMixed(mm: Mm, block: number): void {
  const t = mm.usedNodes;
  const chunk = takeSmall(t);
  t.info[block * INFO + CHUNK] = chunk;
  t.info[block * INFO + PALETTE] = (EMPTY_PALETTE & ~255) | mm.block.actual[block]!;
  t.small.fill(0, chunk * SMALL_WORDS, (chunk + 1) * SMALL_WORDS);
  mm.block.actual[block] = NID_MIXED;
}

/** Writes the code of the pages [first, last) of a pageblock that has a chunk. */
function writeCode(t: UsedNodes, block: number, first: number, last: number, code: number): void {
  const chunk = t.info[block * INFO + CHUNK]!;
  const planes = chunk > 0 ? SMALL_PLANES : WIDE_PLANES;
  const words = chunk > 0 ? t.small : t.wide;
  const at = (chunk > 0 ? chunk : -chunk) * WORDS * planes;
  for (let w = first >>> 5; w << 5 < last; w++) {
    const mask = rangeMask(w, first, last);
    for (let k = 0; k < planes; k++) {
      if (((code >>> k) & 1) === 1) words[at + w * planes + k]! |= mask;
      else words[at + w * planes + k]! &= ~mask;
    }
  }
}

/** The code of a node in a pageblock's chunk, which is made wide when it has no room for it. */
function codeFor(mm: Mm, block: number, nid: number): number {
  const t = mm.usedNodes;
  const chunk = t.info[block * INFO + CHUNK]!;
  if (chunk < 0) return nid;
  const palette = t.info[block * INFO + PALETTE]!;
  for (let code = 0; code < CODES; code++) if (((palette >>> (code << 3)) & 255) === nid) return code;
  for (let code = 0; code < CODES; code++) {
    const known = (palette >>> (code << 3)) & 255;
    if (known !== NID_MIXED && isCodeInUse(mm, block, code)) continue;
    t.info[block * INFO + PALETTE] = (palette & ~(255 << (code << 3))) | (nid << (code << 3));
    return code;
  }
  widen(mm, block);
  return nid;
}

function isCodeInUse(mm: Mm, block: number, code: number): boolean {
  const chunk = mm.usedNodes.info[block * INFO + CHUNK]!;
  for (let w = 0; w < WORDS; w++)
    if ((usedWord(mm, block, w) & withCode(mm.usedNodes, chunk, w, code)) !== 0) return true;
  return false;
}

function widen(mm: Mm, block: number): void {
  const t = mm.usedNodes;
  const from = t.info[block * INFO + CHUNK]!;
  const to = takeWide(t);
  for (let w = 0; w < WORDS; w++) {
    for (let k = 0; k < WIDE_PLANES; k++) {
      let plane = 0;
      for (let code = 0; code < CODES; code++) {
        if (((t.info[block * INFO + PALETTE]! >>> ((code << 3) + k)) & 1) === 1) plane |= withCode(t, from, w, code);
      }
      t.wide[to * WIDE_WORDS + w * WIDE_PLANES + k] = plane;
    }
  }
  closeChunk(t, block);
  t.info[block * INFO + CHUNK] = -to;
}

/** Pages in use by node; only the nodes that have been met are not 0. */
export class UsedCounts {
  /** Index nid: those that can be freed, and pinned ones. */
  readonly used = new Uint16Array(256);
  readonly pinned = new Uint16Array(256);
  readonly met: number[] = [];
  readonly #isMet = new Uint8Array(256);

  meet(nid: number): void {
    if (this.#isMet[nid] === 1) return;
    this.#isMet[nid] = 1;
    this.met.push(nid);
  }

  clear(): void {
    for (const nid of this.met) this.used[nid] = this.pinned[nid] = this.#isMet[nid] = 0;
    this.met.length = 0;
  }

  /** Adds the pages in use in [start, end), a part of one pageblock. Words of 32 pages, single pages where special. */
  add(mm: Mm, start: number, end: number): void {
    const block = start >>> PAGEBLOCK_ORDER;
    const first = start & (PAGES_PER_PAGEBLOCK - 1);
    const last = first + end - start;
    for (let w = first >>> 5; w << 5 < last; w++) {
      const inUse = usedWord(mm, block, w) & rangeMask(w, first, last);
      if (inUse === 0) continue;
      const special = specialWord(mm.page, block, w) & inUse;
      if (special !== inUse) this.#addPlain(mm, block, w, inUse & ~special);
      if (special !== 0) this.#addSpecial(mm, (block << PAGEBLOCK_ORDER) + (w << 5), special);
    }
  }

  #addPlain(mm: Mm, block: number, word: number, pages: number): void {
    const actual = mm.block.actual[block]!;
    const chunk = mm.usedNodes.info[block * INFO + CHUNK]!;
    if (actual !== NID_MIXED) {
      this.meet(actual);
      this.used[actual]! += popcount(pages);
    } else if (chunk > 0) {
      for (let code = 0; code < CODES; code++) {
        const here = withCode(mm.usedNodes, chunk, word, code) & pages;
        if (here === 0) continue;
        const nid = (mm.usedNodes.info[block * INFO + PALETTE]! >>> (code << 3)) & 255;
        this.meet(nid);
        this.used[nid]! += popcount(here);
      }
    } else {
      const first = (block << PAGEBLOCK_ORDER) + (word << 5);
      for (let left = pages; left !== 0; left &= left - 1) {
        const nid = usedNid(mm, first + 31 - Math.clz32(left & -left));
        this.meet(nid);
        this.used[nid]!++;
      }
    }
  }

  #addSpecial(mm: Mm, first: number, pages: number): void {
    for (let left = pages; left !== 0; left &= left - 1) {
      const pfn = first + 31 - Math.clz32(left & -left);
      const state = stateOf(mm.page, pfn);
      const kind = state & KIND_MASK;
      if (kind === HOLE) continue;
      const nid = usedNid(mm, pfn);
      this.meet(nid);
      (kind === RESERVED || (state & PINNED) !== 0 ? this.pinned : this.used)[nid]!++;
    }
  }
}

/** Calls back for each pageblock whose pages in use are on several nodes, and each of these pages, ascending. */
function forEachMixedPage(mm: Mm, visit: (pfn: number, block: number) => void): void {
  for (let block = 0; block < mm.block.actual.length; block++) {
    if (mm.block.actual[block] !== NID_MIXED || mm.block.free[block] === mm.block.valid[block]) continue;
    for (let w = 0; w < WORDS; w++) {
      for (let left = usedWord(mm, block, w); left !== 0; left &= left - 1) {
        const pfn = (block << PAGEBLOCK_ORDER) + (w << 5) + 31 - Math.clz32(left & -left);
        if ((stateOf(mm.page, pfn) & KIND_MASK) !== HOLE) visit(pfn, block);
      }
    }
  }
}

/** The node of each page in use where a pageblock has several, whatever its chunk looks like. */
export function saveUsedNodes(mm: Mm, w: StateWriter): void {
  let pages = 0;
  forEachMixedPage(mm, () => pages++);
  const nids = new Uint8Array(pages);
  pages = 0;
  forEachMixedPage(mm, (pfn) => (nids[pages++] = usedNid(mm, pfn)));
  w.column('usedNodes', nids);
}

/** After everything else of a memory manager has been read, into tables without a chunk. */
export function loadUsedNodes(mm: Mm, r: StateReader): void {
  const nids = r.shared<Uint8Array>('usedNodes');
  let n = 0;
  forEachMixedPage(mm, (pfn, block) => {
    const nid = nids[n++]!;
    if (mm.usedNodes.info[block * INFO + CHUNK] === 0) {
      mm.block.actual[block] = nid;
      setMixed(mm, block);
    }
    const offset = pfn & (PAGES_PER_PAGEBLOCK - 1);
    writeCode(mm.usedNodes, block, offset, offset + 1, codeFor(mm, block, nid));
  });
}
