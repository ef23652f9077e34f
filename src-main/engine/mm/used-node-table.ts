/**
 * How the A of pages in use is stored. When all pages in use of a pageblock are on one node, block.actual names it;
 * when it says NID_MIXED the pageblock has a chunk of the pools below, in which each page has a code:
 *
 * (a) a small chunk knows up to four nodes: two bits a page, as two words for each 32 pages side by side (one cache
 *     line says all of a page), and a palette, a byte for each code; 132 bytes;
 * (b) a wide chunk is for more: eight bits a page, eight words for each 32 pages, and the code is the node; 512 bytes;
 * (c) codes of pages that are not in use mean nothing;
 * (d) CHUNK of `info` is the pageblock's small chunk, minus its wide one, or 0. No chunk 0 is handed out. A chunk goes
 *     back when the pageblock is found to be in use on one node, or not at all: by a take that finds none in use, or
 *     by a commit that looks at all of it.
 */
import { WORDS } from './bitmap.ts';
import { CHUNK, INFO, PALETTE } from './page.ts';

export const SMALL_PLANES = 2;
export const WIDE_PLANES = 8;
export const SMALL_WORDS = WORDS * SMALL_PLANES;
export const WIDE_WORDS = WORDS * WIDE_PLANES;
/** Codes of a small chunk. */
export const CODES = 1 << SMALL_PLANES;
/** A palette without nodes: each code has NID_MIXED, which is no node. */
export const EMPTY_PALETTE = -1;

export interface UsedNodes {
  /** `info` of page.ts; see (d). The palette of a small chunk is there too. */
  readonly info: Int32Array;
  small: Int32Array;
  wide: Int32Array;
  /** First spare chunk, 0 if none (the next is in its first word), and chunks ever used. */
  smallSpare: number;
  smallUsed: number;
  wideSpare: number;
  wideUsed: number;
}

export function createUsedNodes(info: Int32Array): UsedNodes {
  return {
    info,
    small: new Int32Array(16 * SMALL_WORDS),
    wide: new Int32Array(2 * WIDE_WORDS),
    smallSpare: 0,
    smallUsed: 1,
    wideSpare: 0,
    wideUsed: 1,
  };
}

export function takeSmall(t: UsedNodes): number {
  const chunk = t.smallSpare;
  if (chunk !== 0) {
    t.smallSpare = t.small[chunk * SMALL_WORDS]!;
    return chunk;
  }
  if (t.smallUsed * SMALL_WORDS === t.small.length) {
    const small = new Int32Array(t.small.length * 2);
    small.set(t.small);
    t.small = small;
  }
  return t.smallUsed++;
}

export function takeWide(t: UsedNodes): number {
  const chunk = t.wideSpare;
  if (chunk !== 0) {
    t.wideSpare = t.wide[chunk * WIDE_WORDS]!;
    return chunk;
  }
  if (t.wideUsed * WIDE_WORDS === t.wide.length) {
    const wide = new Int32Array(t.wide.length * 2);
    wide.set(t.wide);
    t.wide = wide;
  }
  return t.wideUsed++;
}

/** Gives the chunk of a pageblock back. */
export function closeChunk(t: UsedNodes, block: number): void {
  const chunk = t.info[block * INFO + CHUNK]!;
  if (chunk > 0) {
    t.small[chunk * SMALL_WORDS] = t.smallSpare;
    t.smallSpare = chunk;
  } else if (chunk < 0) {
    t.wide[-chunk * WIDE_WORDS] = t.wideSpare;
    t.wideSpare = -chunk;
  }
  t.info[block * INFO + CHUNK] = 0;
}

/** The node of a page in use of a pageblock that has a chunk. */
export function mixedNid(t: UsedNodes, block: number, pfn: number): number {
  const chunk = t.info[block * INFO + CHUNK]!;
  const word = (pfn >>> 5) & (WORDS - 1);
  const bit = pfn & 31;
  if (chunk > 0) {
    const at = chunk * SMALL_WORDS + word * SMALL_PLANES;
    const code = ((t.small[at]! >>> bit) & 1) | (((t.small[at + 1]! >>> bit) & 1) << 1);
    return (t.info[block * INFO + PALETTE]! >>> (code << 3)) & 255;
  }
  const at = -chunk * WIDE_WORDS + word * WIDE_PLANES;
  let nid = 0;
  for (let k = 0; k < WIDE_PLANES; k++) nid |= ((t.wide[at + k]! >>> bit) & 1) << k;
  return nid;
}

/** The pages among 32 that have a code in a small chunk. */
export function withCode(t: UsedNodes, chunk: number, word: number, code: number): number {
  const at = chunk * SMALL_WORDS + word * SMALL_PLANES;
  const low = (code & 1) === 1 ? t.small[at]! : ~t.small[at]!;
  return low & ((code & 2) === 2 ? t.small[at + 1]! : ~t.small[at + 1]!);
}
