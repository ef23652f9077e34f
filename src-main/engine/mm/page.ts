/**
 * The state of the pages of a pageblock beyond its free bits and counters. (Pages at or above nrPages, up to whole
 * largest blocks, are holes.)
 *
 * A page is free, or in use (allocated, on a per-CPU list, boot-reserved), or a hole. Free pages are bits in the
 * segments of segment.ts. An ordinary allocation of one page needs nothing more; a *special* page has its kind, order
 * and pin in a state: reserved, hole, on a per-CPU list, pinned, held by hand, or part of an allocation of several
 * pages (the order is in its head, the rest are TAIL). `kept` has one entry a pageblock:
 *
 * (a) 0: no page of it is special. So nothing is stored for pageblocks that are free or in ordinary single pages, and
 *     freeing one of those reads this and writes nothing here;
 * (b) -state: the whole pageblock is one thing, and this is the state of its first page: a huge page (or half of an
 *     allocation of two pageblocks), a hole, reserved. Nothing else is stored;
 * (c) else a chunk of the pool: a bit a page (special or not) and a byte a page. The chunk goes back to the pool when
 *     its last page ceases to be special. Chunk 0 is never handed out.
 *
 * Where the A of a page in use is kept: used-node.ts.
 */
import type { StateReader, StateWriter } from '../core/index.ts';
import { WORDS } from './bitmap.ts';
import { MAX_BLOCK_PAGES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';

/** Kinds, in bits 4 to 6 of a state; the order is in bits 0 to 3. No state is 0. */
export const RESERVED = 0x10;
export const ALLOCATED = 0x20;
/** Not the first page of its allocation. */
export const TAIL = 0x30;
/** A single page on a per-CPU list. */
export const PCP = 0x40;
/** Allocated by hand (holdPages), so only releasePages frees it. */
export const HELD = 0x50;
export const HOLE = 0x60;

export const KIND_MASK = 0x70;
export const ORDER_MASK = 0x0f;
/** On every page of an allocation that is never freed. */
export const PINNED = 0x80;

/** Words of a pageblock in `info`. */
export const INFO = 4;
const KEPT = 0;
export const CHUNK = 1;
export const PALETTE = 2;

const OFFSET_MASK = PAGES_PER_PAGEBLOCK - 1;

export interface PageColumns {
  /** INFO words by pageblock, in one cache line: `kept`, see above, and what used-node-table.ts keeps. */
  readonly info: Int32Array;
  /** By chunk: WORDS words of bits, PAGES_PER_PAGEBLOCK states, special pages. Replaced by longer ones. */
  special: Int32Array;
  state: Uint8Array;
  count: Uint16Array;
  /** First spare chunk, 0 if none (the next is in its first word of bits), and chunks ever used. */
  spare: number;
  used: number;
  /** Pages covered: nrPages rounded up. */
  readonly size: number;
}

const FIRST_CHUNKS = 16;

export function createPageColumns(nrPages: number): PageColumns {
  const size = Math.ceil(nrPages / MAX_BLOCK_PAGES) * MAX_BLOCK_PAGES;
  return { info: new Int32Array((size >>> PAGEBLOCK_ORDER) * INFO), ...pool(FIRST_CHUNKS), spare: 0, used: 1, size };
}

const pool = (chunks: number): Pick<PageColumns, 'special' | 'state' | 'count'> => ({
  special: new Int32Array(chunks * WORDS),
  state: new Uint8Array(chunks * PAGES_PER_PAGEBLOCK),
  count: new Uint16Array(chunks),
});

function takeChunk(page: PageColumns): number {
  const chunk = page.spare;
  if (chunk !== 0) {
    page.spare = page.special[chunk * WORDS]!;
    return chunk;
  }
  if (page.used === page.count.length) {
    const more = pool(page.used * 2);
    more.special.set(page.special);
    more.state.set(page.state);
    more.count.set(page.count);
    Object.assign(page, more);
  }
  return page.used++;
}

/** The chunk of a pageblock, made if need be; it says what was said without it. */
function openChunk(page: PageColumns, block: number): number {
  const kept = page.info[block * INFO + KEPT]!;
  if (kept > 0) return kept;
  const chunk = takeChunk(page);
  page.info[block * INFO + KEPT] = chunk;
  page.special.fill(kept < 0 ? -1 : 0, chunk * WORDS, (chunk + 1) * WORDS);
  page.count[chunk] = kept < 0 ? PAGES_PER_PAGEBLOCK : 0;
  if (kept < 0) {
    const at = chunk * PAGES_PER_PAGEBLOCK;
    page.state.fill(stateWithin(-kept, 1), at, at + PAGES_PER_PAGEBLOCK);
    page.state[at] = -kept;
  }
  return chunk;
}

/** Keeps `kept` (0 or -state) for a pageblock instead of what was kept. */
function keep(page: PageColumns, block: number, kept: number): void {
  const chunk = page.info[block * INFO + KEPT]!;
  page.info[block * INFO + KEPT] = kept;
  if (chunk <= 0) return;
  page.special[chunk * WORDS] = page.spare;
  page.spare = chunk;
}

/** State of a page of a pageblock that is one thing, by the state of its first page. */
function stateWithin(first: number, offset: number): number {
  const kind = first & KIND_MASK;
  return offset === 0 || (kind !== ALLOCATED && kind !== HELD) ? first : TAIL | (first & PINNED);
}

export function isSpecial(page: PageColumns, pfn: number): boolean {
  const kept = page.info[(pfn >>> PAGEBLOCK_ORDER) * INFO + KEPT]!;
  if (kept <= 0) return kept < 0;
  return ((page.special[kept * WORDS + ((pfn >>> 5) & (WORDS - 1))]! >>> (pfn & 31)) & 1) === 1;
}

/** State of a page that is not free. */
export function stateOf(page: PageColumns, pfn: number): number {
  const kept = page.info[(pfn >>> PAGEBLOCK_ORDER) * INFO + KEPT]!;
  if (kept === 0) return ALLOCATED;
  if (kept < 0) return stateWithin(-kept, pfn & OFFSET_MASK);
  const special = (page.special[kept * WORDS + ((pfn >>> 5) & (WORDS - 1))]! >>> (pfn & 31)) & 1;
  return special === 1 ? page.state[kept * PAGES_PER_PAGEBLOCK + (pfn & OFFSET_MASK)]! : ALLOCATED;
}

/** The special ones of the 32 pages of a pageblock's word. */
export function specialWord(page: PageColumns, block: number, word: number): number {
  const kept = page.info[block * INFO + KEPT]!;
  return kept > 0 ? page.special[kept * WORDS + word]! : kept >> 31;
}

/** Writes the state of one page. */
export function setSpecial(page: PageColumns, pfn: number, state: number): void {
  const chunk = openChunk(page, pfn >>> PAGEBLOCK_ORDER);
  const word = chunk * WORDS + ((pfn >>> 5) & (WORDS - 1));
  const bit = 1 << (pfn & 31);
  if ((page.special[word]! & bit) === 0) page.count[chunk]!++;
  page.special[word]! |= bit;
  page.state[chunk * PAGES_PER_PAGEBLOCK + (pfn & OFFSET_MASK)] = state;
}

export function clearSpecial(page: PageColumns, pfn: number): void {
  const block = pfn >>> PAGEBLOCK_ORDER;
  if (page.info[block * INFO + KEPT] === 0) return;
  const chunk = openChunk(page, block);
  const word = chunk * WORDS + ((pfn >>> 5) & (WORDS - 1));
  const bit = 1 << (pfn & 31);
  if ((page.special[word]! & bit) === 0) return;
  page.special[word]! &= ~bit;
  if (--page.count[chunk]! === 0) keep(page, block, 0);
}

/** Calls back for the parts of [start, end) by pageblock, and whether a part is a whole one. */
function forEachPart(start: number, end: number, visit: (from: number, to: number, whole: boolean) => void): void {
  for (let pfn = start; pfn < end;) {
    const next = Math.min(end, ((pfn >>> PAGEBLOCK_ORDER) + 1) << PAGEBLOCK_ORDER);
    visit(pfn, next, next - pfn === PAGES_PER_PAGEBLOCK);
    pfn = next;
  }
}

/** Every page of [start, end) is of a kind that has no parts: a hole, or reserved. Whole pageblocks cost O(1). */
export function setSpecialRange(page: PageColumns, start: number, end: number, state: number): void {
  forEachPart(start, end, (from, to, whole) => {
    if (whole) keep(page, from >>> PAGEBLOCK_ORDER, -state);
    else for (let pfn = from; pfn < to; pfn++) setSpecial(page, pfn, state);
  });
}

/** No page of [start, end) is special. */
export function clearSpecialRange(page: PageColumns, start: number, end: number): void {
  forEachPart(start, end, (from, to, whole) => {
    if (whole) keep(page, from >>> PAGEBLOCK_ORDER, 0);
    else for (let pfn = from; pfn < to; pfn++) clearSpecial(page, pfn);
  });
}

/** Makes [pfn, pfn + 2^order) one special allocation. `head` is the state of its first page. */
export function markAllocated(page: PageColumns, pfn: number, order: number, head: number): void {
  const tail = TAIL | (head & PINNED);
  if (order < PAGEBLOCK_ORDER) {
    setSpecial(page, pfn, head | order);
    for (let p = pfn + 1; p < pfn + (1 << order); p++) setSpecial(page, p, tail);
    return;
  }
  const block = pfn >>> PAGEBLOCK_ORDER;
  keep(page, block, -(head | order));
  if (order > PAGEBLOCK_ORDER) keep(page, block + 1, -tail);
}

/** Forgets an allocation's states before its pages become free. */
export function clearAllocated(page: PageColumns, pfn: number, order: number): void {
  if (page.info[(pfn >>> PAGEBLOCK_ORDER) * INFO + KEPT] === 0) return;
  clearSpecialRange(page, pfn, pfn + (1 << order));
}

/** In the written form: this pageblock has a chunk. No state is 1. */
const HAS_CHUNK = 1;

/** -state of a pageblock whose chunk says that it is one thing; 0 if it does not. */
function wholeOfChunk(page: PageColumns, chunk: number): number {
  if (page.count[chunk] !== PAGES_PER_PAGEBLOCK) return 0;
  const at = chunk * PAGES_PER_PAGEBLOCK;
  const first = page.state[at]!;
  for (let i = 1; i < PAGES_PER_PAGEBLOCK; i++) if (page.state[at + i] !== stateWithin(first, i)) return 0;
  const order = first & ORDER_MASK;
  return order > 0 && order < PAGEBLOCK_ORDER ? 0 : -first;
}

/** By what the pages are, not by where the chunks lie: equal states have equal bytes whatever came before. */
export function savePages(page: PageColumns, w: StateWriter): void {
  const blocks = page.info.length / INFO;
  const kept = new Uint8Array(blocks);
  const chunks: number[] = [];
  let states = 0;
  for (let b = 0; b < blocks; b++) {
    const k = page.info[b * INFO + KEPT]!;
    const whole = k > 0 ? wholeOfChunk(page, k) : k;
    kept[b] = k > 0 && whole === 0 ? HAS_CHUNK : -whole;
    if (kept[b] !== HAS_CHUNK) continue;
    chunks.push(k);
    states += page.count[k]!;
  }
  const special = new Int32Array(chunks.length * WORDS);
  const state = new Uint8Array(states);
  let n = 0;
  chunks.forEach((chunk, i) => {
    for (let w = 0; w < WORDS; w++) {
      let left = page.special[chunk * WORDS + w]!;
      special[i * WORDS + w] = left;
      const at = chunk * PAGES_PER_PAGEBLOCK + (w << 5);
      for (; left !== 0; left &= left - 1) state[n++] = page.state[at + 31 - Math.clz32(left & -left)]!;
    }
  });
  w.column('page.kept', kept);
  w.column('page.special', special);
  w.column('page.state', state);
}

/** Into columns without any special page. */
export function loadPages(page: PageColumns, r: StateReader): void {
  const kept = r.shared<Uint8Array>('page.kept');
  const special = r.shared<Int32Array>('page.special');
  const state = r.shared<Uint8Array>('page.state');
  let chunk = 0;
  let n = 0;
  kept.forEach((k, block) => {
    if (k !== HAS_CHUNK) {
      page.info[block * INFO + KEPT] = k === 0 ? 0 : -k;
      return;
    }
    const start = block << PAGEBLOCK_ORDER;
    forEachBit(special, chunk++ * WORDS, (offset) => setSpecial(page, start + offset, state[n++]!));
  });
}

/** The set bits of a pageblock's words, ascending. */
function forEachBit(words: Int32Array, at: number, visit: (offset: number) => void): void {
  for (let w = 0; w < WORDS; w++) {
    for (let left = words[at + w]!; left !== 0; left &= left - 1) visit((w << 5) + 31 - Math.clz32(left & -left));
  }
}
