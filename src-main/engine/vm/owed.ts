/**
 * Owed pages (in use, A != T) by owner and age of the debt. Nothing is stored for it: it is counted on request.
 *
 * (a) The sum over all is the guest's stranded pages, pinned ones included. Those on per-CPU lists are owed while a commit is
 *     under way, whose drain empties the lists, and in a guest with the posted code's defects at any time.
 * (b) Owner: boot-reserved and pinned pages are the kernel's; slab pages, then huge (a block of the workload of 2 MiB),
 *     by hand (holdPages, pagectl), file, on a per-CPU list, and the rest anonymous.
 * (c) Age: floor(log2(ticks + 1)) of the ticks since the page got the target it has (target-age.ts).
 *
 * Cost: pageblocks without an owed page are skipped by their counters, and one that is a huge page costs O(1); in the
 * others words of 32 pages are read, and single pages only where they are special or more than four nodes meet. For a
 * converging guest of 16 GiB with nearly every pageblock mixed that is about 40 ms, two to three times the cost of the
 * pageblock rows (block-row.ts) of the same snapshot, which are the only ones it is requested with.
 */
import { OWED_OWNERS } from '../../../shared/model/owed.ts';
import type { OwedOwner } from '../../../shared/model/owed.ts';
import { type Mm, NID_MIXED, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from '../mm/index.ts';
import { popcount, rangeMask, WORDS } from '../mm/bitmap.ts';
import {
  ALLOCATED,
  CHUNK,
  HELD,
  HOLE,
  INFO,
  KIND_MASK,
  ORDER_MASK,
  PALETTE,
  PCP,
  PINNED,
  RESERVED,
  specialWord,
  stateOf,
  TAIL,
} from '../mm/page.ts';
import { CODES, withCode } from '../mm/used-node-table.ts';
import { usedWord } from '../mm/segment.ts';
import { usedNid } from '../mm/used-node.ts';
import type { TargetAge } from './target-age.ts';

/** Single pages of a class that their state does not show: one bit a page, or null where there are none. */
export interface OwnerBits {
  readonly file: Int32Array | null;
  readonly slab: Int32Array | null;
}

const OWNERS = OWED_OWNERS.length;
const ownerIndex = Object.fromEntries(OWED_OWNERS.map((owner, i) => [owner, i])) as Record<OwedOwner, number>;
/** floor(log2(ticks + 1)) of the greatest tick. */
const MAX_AGES = 64;

/** floor(log2(n)) for n >= 1, without a logarithm: those of two machines may differ. */
function log2Floor(n: number): number {
  let log = 0;
  for (let rest = n; rest >= 2; rest /= 2) log++;
  return log;
}

export const ageOf = (ticks: number): number => log2Floor(Math.max(0, ticks) + 1);

/** Pages by (owner, age), index owner * MAX_AGES + age. */
class OwedCount {
  readonly #mm: Mm;
  readonly #ages: TargetAge;
  readonly #bits: OwnerBits;
  readonly #tick: number;
  readonly #words = new Int32Array(WORDS);
  readonly pages = new Float64Array(OWNERS * MAX_AGES);
  /** The allocation of several pages looked at last. */
  #headStart = 0;
  #headEnd = 0;
  #headOwner = 0;

  constructor(mm: Mm, ages: TargetAge, bits: OwnerBits, tick: number) {
    this.#mm = mm;
    this.#ages = ages;
    this.#bits = bits;
    this.#tick = tick;
  }

  countAll(): void {
    const { valid, free, actual } = this.#mm.block;
    const { blockNid } = this.#mm.layout;
    let run = 0;
    for (let block = 0; block < blockNid.length; block++) {
      if (valid[block] === free[block]) continue;
      if (actual[block] !== NID_MIXED && actual[block] === blockNid[block]) continue;
      const start = block << PAGEBLOCK_ORDER;
      while (this.#ages.end(run) <= start) run++;
      this.#countBlock(block, run);
    }
  }

  #countBlock(block: number, firstRun: number): void {
    const { layout, nrPages } = this.#mm;
    const start = block << PAGEBLOCK_ORDER;
    const end = Math.min(start + PAGES_PER_PAGEBLOCK, nrPages);
    const whole = this.#wholeOwner(start);
    const actual = whole === -1 ? NID_MIXED : usedNid(this.#mm, start);
    if (whole === -1) this.#findUsed(block);
    let run = firstRun;
    for (let r = layout.first[block]!; r < layout.count && layout.start[r]! < end; r++) {
      const to = Math.min(end, layout.start[r + 1]!);
      for (let pfn = Math.max(start, layout.start[r]!); pfn < to;) {
        while (this.#ages.end(run) <= pfn) run++;
        const next = Math.min(to, this.#ages.end(run));
        const age = ageOf(this.#tick - this.#ages.tick(run));
        if (whole === -1) this.#countWords(block, pfn, next, layout.nid[r]!, age);
        else if (actual !== layout.nid[r]) this.#add(whole, age, next - pfn);
        pfn = next;
      }
    }
  }

  /** Owner of the allocation that a whole pageblock is, or half of; -1 when it is none. */
  #wholeOwner(start: number): number {
    const state = stateOf(this.#mm.page, start);
    const kind = state & KIND_MASK;
    const isHead = (kind === ALLOCATED || kind === HELD) && (state & ORDER_MASK) >= PAGEBLOCK_ORDER;
    return isHead || kind === TAIL ? this.#ownerOf(start) : -1;
  }

  #countWords(block: number, from: number, to: number, target: number, age: number): void {
    const start = block << PAGEBLOCK_ORDER;
    for (let w = (from - start) >>> 5; start + (w << 5) < to; w++) {
      const inUse = this.#words[w]! & rangeMask(w, from - start, to - start);
      if (inUse !== 0) this.#countWord(block, w, inUse, target, age);
    }
  }

  /** Leaves in #words the pages that are not free. */
  #findUsed(block: number): void {
    for (let w = 0; w < WORDS; w++) this.#words[w] = usedWord(this.#mm, block, w);
  }

  /** Of 32 pages, those in `inUse`, which are holes or in use and belong on `target`. */
  #countWord(block: number, word: number, inUse: number, target: number, age: number): void {
    const { page, block: counters } = this.#mm;
    const at = counters.actual[block]!;
    if (at === target) return;
    const first = (block << PAGEBLOCK_ORDER) + (word << 5);
    const special = specialWord(page, block, word) & inUse;
    let plain = inUse & ~special;
    if (at === NID_MIXED && plain !== 0) plain = this.#elsewhere(plain, block, word, target);
    if (plain !== 0) {
      const slab = plain & (this.#bits.slab?.[first >>> 5] ?? 0);
      const file = plain & (this.#bits.file?.[first >>> 5] ?? 0);
      if (slab !== 0) this.#add(ownerIndex.slab, age, popcount(slab));
      if (file !== 0) this.#add(ownerIndex.file, age, popcount(file));
      this.#add(ownerIndex.anonymous, age, popcount(plain & ~slab & ~file));
    }
    for (let left = special; left !== 0; left &= left - 1) {
      const pfn = first + 31 - Math.clz32(left & -left);
      if (usedNid(this.#mm, pfn) === target) continue;
      const owner = this.#ownerOf(pfn);
      if (owner !== -1) this.#add(owner, age, 1);
    }
  }

  /** Of the pages in `plain`, those with A != target. */
  #elsewhere(plain: number, block: number, word: number, target: number): number {
    const t = this.#mm.usedNodes;
    const chunk = t.info[block * INFO + CHUNK]!;
    const first = (block << PAGEBLOCK_ORDER) + (word << 5);
    let out = 0;
    if (chunk > 0) {
      const palette = t.info[block * INFO + PALETTE]!;
      for (let code = 0; code < CODES; code++) {
        if (((palette >>> (code << 3)) & 255) !== target) out |= withCode(t, chunk, word, code) & plain;
      }
      return out;
    }
    for (let left = plain; left !== 0; left &= left - 1) {
      const bit = left & -left;
      if (usedNid(this.#mm, first + 31 - Math.clz32(bit)) !== target) out |= bit;
    }
    return out;
  }

  #add(owner: number, age: number, pages: number): void {
    this.pages[owner * MAX_AGES + age]! += pages;
  }

  /** Owner of a special page; -1: it has none. */
  #ownerOf(pfn: number): number {
    const state = stateOf(this.#mm.page, pfn);
    const kind = state & KIND_MASK;
    if (kind === RESERVED || (state & PINNED) !== 0) return ownerIndex.kernel;
    if (kind === HOLE) return -1;
    if (kind === PCP) return ownerIndex.perCpu;
    if (kind === TAIL) return this.#ownerOfTail(pfn);
    const owner = kind === HELD ? ownerIndex.byHand : ownerIndex.huge;
    return kind === ALLOCATED && (state & ORDER_MASK) === 0 ? ownerIndex.anonymous : owner;
  }

  /** Of a page that is not the first of its allocation: its first page is the nearest head below. */
  #ownerOfTail(pfn: number): number {
    if (pfn >= this.#headStart && pfn < this.#headEnd) return this.#headOwner;
    const { page } = this.#mm;
    let head = pfn - 1;
    while ((stateOf(page, head) & KIND_MASK) === TAIL) head--;
    this.#headStart = head;
    this.#headEnd = head + (1 << (stateOf(page, head) & ORDER_MASK));
    this.#headOwner = this.#ownerOf(head);
    return this.#headOwner;
  }
}

export interface OwedRow {
  readonly owner: number;
  readonly age: number;
  readonly pages: number;
}

/** Rows of the table `owed`, ascending. @param tick now. */
export function owedRows(mm: Mm, ages: TargetAge, bits: OwnerBits, tick: number): readonly OwedRow[] {
  if (!mm.zones.strandedOut.some((pages) => pages > 0)) return [];
  const count = new OwedCount(mm, ages, bits, tick);
  count.countAll();
  const rows: OwedRow[] = [];
  count.pages.forEach((pages, i) => {
    if (pages > 0) rows.push({ owner: Math.floor(i / MAX_AGES), age: i % MAX_AGES, pages });
  });
  return rows;
}
