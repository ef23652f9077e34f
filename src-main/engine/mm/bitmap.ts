/**
 * Arithmetic on the free bits of a segment: 512 bits, one a page of its pageblock, in 16 words of an Int32Array. A block
 * of order k is an aligned run of 2^k bits; it is *full* when all are set. The blocks of the unique maximal aligned
 * decomposition are the full blocks whose buddy is not full (or that are the whole pageblock).
 *
 * `at` is the index of the segment's first word; offsets are pages within the pageblock.
 */
import { PAGEBLOCK_ORDER } from './limit.ts';

/** Words of a segment. */
export const WORDS = 16;

/** Bits at multiples of 2^k inside a word, index k. */
const ALIGNED = [-1, 0x55555555, 0x11111111, 0x01010101, 0x00010001, 0x00000001] as const;

/** Set bits of a word. */
export function popcount(x: number): number {
  let n = x - ((x >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The bits of 2^order pages from `offset` inside one word; order below 5. */
const blockMask = (offset: number, order: number): number => ((1 << (1 << order)) - 1) << (offset & 31);

/**
 * Order of the maximal full block that the full block (offset, order) is part of, at most PAGEBLOCK_ORDER: as long as the
 * buddy is full too. Orders below 5 are settled inside one word.
 */
export function mergedOrder(bits: Int32Array, at: number, offset: number, order: number): number {
  let o = order;
  const word = bits[at + (offset >>> 5)]!;
  for (; o < 5; o++) {
    const buddy = ((offset >>> o) ^ 1) << o;
    const ones = (1 << (1 << o)) - 1;
    if (((word >>> (buddy & 31)) & ones) !== ones) return o;
  }
  while (o < PAGEBLOCK_ORDER && isFull(bits, at, ((offset >>> o) ^ 1) << o, o)) o++;
  return o;
}

/** Whether all 2^order pages from `offset` (aligned) are set. */
export function isFull(bits: Int32Array, at: number, offset: number, order: number): boolean {
  const word = at + (offset >>> 5);
  if (order < 5) {
    const mask = blockMask(offset, order);
    return (bits[word]! & mask) === mask;
  }
  for (let w = word; w < word + (1 << (order - 5)); w++) if (bits[w] !== -1) return false;
  return true;
}

export function setBlock(bits: Int32Array, at: number, offset: number, order: number): void {
  const word = at + (offset >>> 5);
  if (order < 5) bits[word]! |= blockMask(offset, order);
  else bits.fill(-1, word, word + (1 << (order - 5)));
}

export function clearBlock(bits: Int32Array, at: number, offset: number, order: number): void {
  const word = at + (offset >>> 5);
  if (order < 5) bits[word]! &= ~blockMask(offset, order);
  else bits.fill(0, word, word + (1 << (order - 5)));
}

/** The bits of word `w` (0 to 15) that lie in [start, end) of the pageblock. */
export function rangeMask(w: number, start: number, end: number): number {
  const from = Math.max(start - (w << 5), 0);
  const to = Math.min(end - (w << 5), 32);
  if (from >= to) return 0;
  return to - from === 32 ? -1 : ((1 << (to - from)) - 1) << from;
}

/** Set bits in [start, end) of the pageblock. */
export function countIn(bits: Int32Array, at: number, start: number, end: number): number {
  let pages = 0;
  if (((start | end) & 31) === 0) {
    for (let w = start >>> 5; w < end >>> 5; w++) {
      const word = bits[at + w]!;
      if (word !== 0) pages += word === -1 ? 32 : popcount(word);
    }
    return pages;
  }
  for (let w = start >>> 5; w < WORDS && w << 5 < end; w++) {
    pages += popcount(bits[at + w]! & rangeMask(w, start, end));
  }
  return pages;
}

/** In one word: a bit at each offset where a full block of 2^order begins. Order up to 5. */
function fullInWord(word: number, order: number): number {
  let f = word;
  for (let k = 0; k < order; k++) f &= (f >>> (1 << k)) & ALIGNED[k + 1]!;
  return f;
}

/** Offset of the lowest maximal block of exactly this order (0 to 9); -1 if there is none. */
export function firstBlock(bits: Int32Array, at: number, order: number): number {
  if (order < 5) return firstSmallBlock(bits, at, order);
  const pages = 1 << order;
  for (let offset = 0; offset < WORDS << 5; offset += pages) {
    if (!isFull(bits, at, offset, order)) continue;
    if (order === PAGEBLOCK_ORDER || !isFull(bits, at, offset ^ pages, order)) return offset;
  }
  return -1;
}

/** The same below order 5: word by word. */
function firstSmallBlock(bits: Int32Array, at: number, order: number): number {
  for (let w = 0; w < WORDS; w++) {
    if (bits[at + w] === 0) continue;
    const full = fullInWord(bits[at + w]!, order);
    const parent = full & (full >>> (1 << order)) & ALIGNED[order + 1]!;
    const exact = full & ~(parent | (parent << (1 << order)));
    if (exact !== 0) return (w << 5) + 31 - Math.clz32(exact & -exact);
  }
  return -1;
}

/** Counts the maximal blocks of orders 0 to 9 into `out`, and returns the set bits. */
export function countBlocks(bits: Int32Array, at: number, out: Uint16Array): number {
  out.fill(0);
  let pages = 0;
  let fullWords = 0;
  for (let w = 0; w < WORDS; w++) {
    const word = bits[at + w]!;
    if (word === 0) continue;
    if (word === -1) {
      pages += 32;
      fullWords |= 1 << w;
      continue;
    }
    let full = word;
    let blocks = popcount(full);
    pages += blocks;
    for (let k = 0; k < 5; k++) {
      full &= (full >>> (1 << k)) & ALIGNED[k + 1]!;
      const larger = popcount(full);
      out[k]! += blocks - 2 * larger;
      blocks = larger;
      if (blocks === 0) break;
    }
  }
  let blocks = popcount(fullWords);
  for (let k = 0; k < 4; k++) {
    fullWords &= (fullWords >>> (1 << k)) & ALIGNED[k + 1]!;
    const larger = popcount(fullWords);
    out[5 + k]! += blocks - 2 * larger;
    blocks = larger;
  }
  out[PAGEBLOCK_ORDER]! += blocks;
  return pages;
}
