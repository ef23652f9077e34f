/**
 * Four structures of a layout, each whole, so that a choice between them is measured and not argued: what a pfn's node
 * costs to find, what they cost to build, and what they occupy. The engine keeps the table; which one a guest's kernel is
 * said to have (BeyondConfig.lookup) changes only the steps it counts (engine/mm/lookup-steps.ts).
 *
 * (a) All answer alike: layout-structure.test.ts.
 * (b) `sumOf` is the loop that is timed, in each class its own, so that none pays for a call that another inlines.
 * (c) A step is a record looked at.
 */
import { createLayout, type Memlayout, rangeOf } from '../engine/mm/memlayout.ts';
import { NID_MIXED, PAGEBLOCK_ORDER } from '../engine/mm/index.ts';
import type { LayoutRange } from '../../shared/model/config.ts';

export interface LayoutStructure {
  readonly kind: 'tree' | 'runs' | 'radix' | 'table';
  readonly bytes: number;
  nidOf(pfn: number): number;
  /** Steps of looking pfn up now; the tree's cache remembers. */
  stepsOf(pfn: number): number;
  /** Sum of the nodes, modulo 2^32. */
  sumOf(pfns: Uint32Array): number;
}

/** Words of a node of the tree: start, end, nid, and the two below, -1 where there is none. */
const NODE = 5;

/** A balanced tree of ranges and the range found last, as in the RFC. Built balanced: the RFC's red-black tree is deeper. */
class Tree implements LayoutStructure {
  readonly kind = 'tree';
  readonly #node: Int32Array;
  #root = -1;
  #cached = -1;

  constructor({ start, nid, count }: Memlayout) {
    this.#node = new Int32Array(count * NODE);
    let used = 0;
    const build = (low: number, high: number): number => {
      if (low >= high) return -1;
      const middle = (low + high) >>> 1;
      const at = used++ * NODE;
      this.#node.set([start[middle]!, start[middle + 1]!, nid[middle]!], at);
      this.#node[at + 3] = build(low, middle);
      this.#node[at + 4] = build(middle + 1, high);
      return at;
    };
    this.#root = build(0, count);
    this.#cached = this.#root;
  }

  get bytes(): number {
    return this.#node.byteLength;
  }

  nidOf(pfn: number): number {
    const node = this.#node;
    let at = this.#cached;
    if (pfn >= node[at]! && pfn < node[at + 1]!) return node[at + 2]!;
    at = this.#root;
    for (;;) {
      if (pfn < node[at]!) at = node[at + 3]!;
      else if (pfn >= node[at + 1]!) at = node[at + 4]!;
      else break;
    }
    this.#cached = at;
    return node[at + 2]!;
  }

  stepsOf(pfn: number): number {
    const node = this.#node;
    let steps = 1;
    if (pfn >= node[this.#cached]! && pfn < node[this.#cached + 1]!) return steps;
    for (let at = this.#root; ; steps++) {
      if (pfn < node[at]!) at = node[at + 3]!;
      else if (pfn >= node[at + 1]!) at = node[at + 4]!;
      else {
        this.#cached = at;
        return steps + 1;
      }
    }
  }

  sumOf(pfns: Uint32Array): number {
    let sum = 0;
    for (let i = 0; i < pfns.length; i++) sum = (sum + this.nidOf(pfns[i]!)) >>> 0;
    return sum;
  }
}

/** The starts of the ranges, searched by halves. */
class Runs implements LayoutStructure {
  readonly kind = 'runs';
  readonly #start: Uint32Array;
  readonly #nid: Uint8Array;
  readonly #count: number;

  constructor({ start, nid, count }: Memlayout) {
    this.#start = start;
    this.#nid = nid;
    this.#count = count;
  }

  get bytes(): number {
    return this.#start.byteLength + this.#nid.byteLength;
  }

  nidOf(pfn: number): number {
    const start = this.#start;
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (start[middle]! <= pfn) low = middle;
      else high = middle - 1;
    }
    return this.#nid[low]!;
  }

  stepsOf(pfn: number): number {
    let steps = 1;
    for (let low = 0, high = this.#count - 1; low < high; steps++) {
      const middle = (low + high + 1) >>> 1;
      if (this.#start[middle]! <= pfn) low = middle;
      else high = middle - 1;
    }
    return steps;
  }

  sumOf(pfns: Uint32Array): number {
    let sum = 0;
    for (let i = 0; i < pfns.length; i++) sum = (sum + this.nidOf(pfns[i]!)) >>> 0;
    return sum;
  }
}

/** pfn >>> k of each level: 1 GiB, a pageblock, 32 pages, a page. */
const SHIFTS = [18, PAGEBLOCK_ORDER, 5, 0] as const;

/** Levels of slots; a slot is a node where all below it is one, else minus one less where its slots begin. */
class Radix implements LayoutStructure {
  readonly kind = 'radix';
  #slot: Int32Array;
  #used: number;

  constructor(layout: Memlayout) {
    const nrPages = layout.start[layout.count]!;
    this.#used = Math.ceil(nrPages / (1 << SHIFTS[0]));
    this.#slot = new Int32Array(this.#used);
    this.#fill(layout, 0, 0, 0, this.#used);
    this.#slot = this.#slot.slice(0, this.#used);
  }

  /** Fills `slots` slots of a level from `at`; the first one stands for the pages from `first`. */
  #fill(layout: Memlayout, level: number, at: number, first: number, slots: number): void {
    const pages = 1 << SHIFTS[level]!;
    const nrPages = layout.start[layout.count]!;
    for (let i = 0; i < slots; i++) {
      const pfn = first + i * pages;
      if (pfn >= nrPages) return;
      const range = rangeOf(layout, pfn);
      if (layout.start[range + 1]! >= Math.min(pfn + pages, nrPages)) {
        this.#slot[at + i] = layout.nid[range]!;
        continue;
      }
      const below = pages >>> SHIFTS[level + 1]!;
      const child = this.#take(below);
      this.#slot[at + i] = -1 - child;
      this.#fill(layout, level + 1, child, pfn, below);
    }
  }

  #take(slots: number): number {
    const at = this.#used;
    this.#used += slots;
    if (this.#used > this.#slot.length) {
      const longer = new Int32Array(this.#used * 2);
      longer.set(this.#slot);
      this.#slot = longer;
    }
    return at;
  }

  get bytes(): number {
    return this.#slot.byteLength;
  }

  nidOf(pfn: number): number {
    const slot = this.#slot;
    let found = slot[pfn >>> SHIFTS[0]]!;
    if (found >= 0) return found;
    found = slot[-1 - found + ((pfn >>> SHIFTS[1]) & ((1 << (SHIFTS[0] - SHIFTS[1])) - 1))]!;
    if (found >= 0) return found;
    found = slot[-1 - found + ((pfn >>> SHIFTS[2]) & ((1 << (SHIFTS[1] - SHIFTS[2])) - 1))]!;
    return found >= 0 ? found : slot[-1 - found + (pfn & ((1 << SHIFTS[2]) - 1))]!;
  }

  stepsOf(pfn: number): number {
    let found = this.#slot[pfn >>> SHIFTS[0]]!;
    for (let level = 1; ; level++) {
      if (found >= 0) return level;
      const index = (pfn >>> SHIFTS[level]!) & ((1 << (SHIFTS[level - 1]! - SHIFTS[level]!)) - 1);
      found = this.#slot[-1 - found + index]!;
    }
  }

  sumOf(pfns: Uint32Array): number {
    let sum = 0;
    for (let i = 0; i < pfns.length; i++) sum = (sum + this.nidOf(pfns[i]!)) >>> 0;
    return sum;
  }
}

/** A node a pageblock, and the ranges where a pageblock has several: the engine's own (mm/memlayout.ts). */
class Table implements LayoutStructure {
  readonly kind = 'table';
  readonly #layout: Memlayout;

  constructor(layout: Memlayout) {
    this.#layout = layout;
  }

  get bytes(): number {
    const { start, nid, blockNid, first } = this.#layout;
    return start.byteLength + nid.byteLength + blockNid.byteLength + first.byteLength;
  }

  nidOf(pfn: number): number {
    const nid = this.#layout.blockNid[pfn >>> PAGEBLOCK_ORDER]!;
    return nid === NID_MIXED ? this.#layout.nid[rangeOf(this.#layout, pfn)]! : nid;
  }

  stepsOf(pfn: number): number {
    const { blockNid, first } = this.#layout;
    const block = pfn >>> PAGEBLOCK_ORDER;
    return blockNid[block] === NID_MIXED ? 2 + rangeOf(this.#layout, pfn) - first[block]! : 1;
  }

  sumOf(pfns: Uint32Array): number {
    let sum = 0;
    for (let i = 0; i < pfns.length; i++) sum = (sum + this.nidOf(pfns[i]!)) >>> 0;
    return sum;
  }
}

export const STRUCTURES = [Tree, Runs, Radix, Table] as const;

/** The structures of a layout. Only the table's own tables are shared with the layout that the others are built from. */
export function structuresOf(ranges: readonly LayoutRange[], nrPages: number): readonly LayoutStructure[] {
  const layout = createLayout(ranges, nrPages, 0);
  return STRUCTURES.map((Structure) => new Structure(layout));
}
