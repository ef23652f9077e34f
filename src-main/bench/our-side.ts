/** The engine's guest memory manager, doing the benchmark's operations. The baseline has the same functions in C. */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';
import { Prng } from '../engine/core/index.ts';
import { GuestMm, NR_ZONES } from '../engine/mm/index.ts';
import { timeNs } from './harness.ts';
import { type FillKind, type GuestShape, HASHED_NODES, type LayoutShape, type Side, type StateHash } from './side.ts';
import { DEFAULT_PROFILE } from '../../shared/model/config.ts';

export class OurSide implements Side {
  readonly name = 'ours';
  #mm!: GuestMm;
  #nrPages = 0;
  #singles = new Uint32Array(0);
  #nrSingles = 0;
  #nrPicked = 0;

  boot(shape: GuestShape): number {
    this.#nrPages = shape.nrPages;
    this.#singles = new Uint32Array(0);
    return timeNs(() => {
      this.#mm = GuestMm.boot(guestConfig(shape));
    });
  }

  fill(kind: FillKind, seed: number): void {
    const random = new Prng(seed, 'fill');
    this.#singles = new Uint32Array(this.#nrPages);
    this.#nrSingles = this.#nrPicked = 0;
    for (let block = 1024; block < this.#nrPages; block += 512) this.#fillBlock(kind, block, random);
  }

  #fillBlock(kind: FillKind, block: number, random: Prng): void {
    const end = block + 512;
    if (kind === 'free') {
      if (random.below(1000) < 50) this.#hold(block, 9);
    } else if (kind === 'alternate') {
      for (let pfn = block; pfn < end; pfn += 2) this.#holdSingle(pfn);
    } else if (random.below(1000) < 350) {
      this.#hold(block, 9);
    } else if (kind === 'mixed') {
      for (let pfn = block; pfn < end; pfn++) if (random.below(13) < 7) this.#holdSingle(pfn);
    } else {
      for (let pfn = block; pfn < end;) {
        const held = random.below(13) < 7;
        const stop = pfn + 1 + random.below(64);
        for (; pfn < end && pfn < stop; pfn++) if (held) this.#holdSingle(pfn);
      }
    }
  }

  #hold(pfn: number, order: number): void {
    if (!this.#mm.takeBlock(pfn, order)) throw new Error(`block ${pfn} of order ${order} is not free`);
  }

  #holdSingle(pfn: number): void {
    this.#hold(pfn, 0);
    this.#singles[this.#nrSingles++] = pfn;
  }

  commit({ pagesPerRange, rotation, nrNodes }: LayoutShape): number {
    const ranges = rangesOf({ pagesPerRange, rotation, nrNodes }, this.#nrPages);
    return timeNs(() => {
      if (!this.#mm.commit(ranges).ok) throw new Error('the layout was refused');
    });
  }

  pick(n: number, seed: number): void {
    if (n > this.#nrSingles) throw new Error(`${n} single pages asked for, ${this.#nrSingles} held`);
    shuffle(this.#singles, n, this.#nrSingles, new Prng(seed, 'pick'));
    this.#nrPicked = n;
  }

  reshuffle(seed: number): void {
    shuffle(this.#singles, this.#nrPicked, this.#nrPicked, new Prng(seed, 'reshuffle'));
  }

  free(): number {
    const mm = this.#mm;
    const picked = this.#singles.subarray(0, this.#nrPicked);
    return timeNs(() => {
      for (let i = 0; i < picked.length; i++) mm.freePagesDirect(picked[i]!, 0);
    });
  }

  hold(): number {
    const mm = this.#mm;
    const picked = this.#singles.subarray(0, this.#nrPicked);
    let refused = 0;
    const ns = timeNs(() => {
      for (let i = 0; i < picked.length; i++) if (!mm.takeBlock(picked[i]!, 0)) refused++;
    });
    if (refused > 0) throw new Error(`${refused} pages to hold were not free`);
    return ns;
  }

  lookup(n: number, seed: number, step: number): { ns: number; sum: number } {
    const mm = this.#mm;
    const pfns = lookupPfns(n, seed, step, this.#nrPages);
    let sum = 0;
    const ns = timeNs(() => {
      for (let i = 0; i < pfns.length; i++) sum = (sum + mm.targetNid(pfns[i]!)) >>> 0;
    });
    return { ns, sum };
  }

  /** Bytes of the typed arrays that the guest's memory manager holds: columns, lists, the layout and its tables. */
  guestBytes(): number {
    const buffers = new Set<ArrayBufferLike>();
    const visit = (value: unknown): void => {
      if (ArrayBuffer.isView(value)) buffers.add(value.buffer);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
    };
    visit(this.#mm.state);
    return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  hash(): StateHash {
    const mm = this.#mm;
    const fnv = new Fnv();
    const present = Array.from({ length: HASHED_NODES }, () => 0);
    for (let nid = 0; nid < HASHED_NODES; nid++) {
      for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
        const { presentPages, freeBlocks: byOrder } = mm.zone(nid, zoneType);
        present[nid]! += presentPages;
        for (const blocks of byOrder) fnv.word(blocks);
      }
    }
    let sum = 0;
    let xor = 0;
    let freeBlocks = 0;
    mm.forEachFreeBlock((pfn, order, nid, zoneType) => {
      const h = fmix(pfn ^ Math.imul(order | (nid << 8) | (zoneType << 16), 0x9e3779b1));
      sum = (sum + h) >>> 0;
      xor ^= fmix((h + pfn) >>> 0);
      freeBlocks++;
    });
    fnv.word(sum);
    fnv.word(xor);
    for (let from = 0; from < HASHED_NODES; from++) {
      for (let to = 0; to < HASHED_NODES; to++) {
        const { pages, pinned } = mm.stranded(from, to);
        fnv.word(pages + pinned);
      }
    }
    for (const pages of present) fnv.word(pages);
    const { sweep, free, drain } = mm.moved;
    return { hash: fnv.hex(), freeBlocks, movedPages: sweep + free + drain };
  }
}

export function rangesOf({ pagesPerRange, rotation, nrNodes }: LayoutShape, nrPages: number): LayoutRange[] {
  const ranges: LayoutRange[] = [];
  for (let k = 0, start = 0; start < nrPages; k++, start += pagesPerRange) {
    ranges.push({ start, end: Math.min(start + pagesPerRange, nrPages), nid: (k + rotation) % nrNodes });
  }
  return ranges;
}

/** The pfns that a lookup workload asks for. */
export function lookupPfns(n: number, seed: number, step: number, nrPages: number): Uint32Array {
  const random = new Prng(seed, 'lookup');
  return Uint32Array.from({ length: n }, (_, i) => (step > 0 ? (i * step) % nrPages : random.below(nrPages)));
}

export function guestConfig(shape: GuestShape): MmConfig {
  const { nrPages, reservedPages, dma32Start, normalStart } = shape;
  return {
    nrPages,
    holes: [],
    reserved: [{ start: 0, end: reservedPages }],
    zoneStartPfn: [0, dma32Start, normalStart],
    nrNodeIds: HASHED_NODES,
    cpuNode: [0],
    distances: Array.from({ length: HASHED_NODES }, (_, from) =>
      Array.from({ length: HASHED_NODES }, (_, to) => (from === to ? 10 : 20)),
    ),
    profile: DEFAULT_PROFILE,
    recordedFree: null,
    bootLayout: [{ start: 0, end: nrPages, nid: 0 }],
  };
}

/** Puts n of the first `among` entries first, in random order. */
function shuffle(pfns: Uint32Array, n: number, among: number, random: Prng): void {
  for (let i = 0; i < n; i++) {
    const j = i + random.below(among - i);
    const pfn = pfns[i]!;
    pfns[i] = pfns[j]!;
    pfns[j] = pfn;
  }
}

function fmix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Two lanes of FNV-1a over 32-bit words. */
class Fnv {
  #a = 0x811c9dc5;
  #b = 0xc9dc5118;

  word(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul(this.#b ^ ((word << 13) | (word >>> 19)), 0x01000193);
  }

  hex(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
