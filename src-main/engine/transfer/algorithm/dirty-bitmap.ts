/**
 * The dirty bitmap of a guest and the scan that sends it, without a bit a page. Memory is a circle of pages in the order
 * in which it is scanned: zero pages, the written sets one after the other, other memory. It is kept as segments of
 * pages that are dirty to the same degree; the scan goes round and never starts anew at a sync, as QEMU's does.
 *
 * (a) Segments cover all pages, in order, without gaps.
 * (b) Within a segment a page of each class is dirty with the same probability: 0 or 1 unless it is written at random.
 * (c) `dirty` is the sum over all segments.
 *
 * Cost follows segments: a handful, whatever the size of the guest.
 */
import type { Dirtied, SetWriter } from './dirtying.ts';

export interface MemoryLayout {
  readonly zeroPages: number;
  readonly sets: readonly SetWriter[];
  readonly otherPages: number;
}

/** What sending one page costs on the wire, in bytes. */
export interface PageCosts {
  readonly zero: number;
  readonly other: number;
  /** By written set. */
  readonly sets: readonly number[];
}

export interface Sent {
  pages: number;
  zeroPages: number;
  bytes: number;
}

const ZERO = -2;
const OTHER = -1;

interface Segment {
  start: number;
  end: number;
  /** Index of the written set, ZERO or OTHER. */
  readonly of: number;
  /** Probability that a page of each class is dirty. */
  density: readonly number[];
  /** Expected dirty share of its pages. */
  share: number;
}

/** Shares that differ by less are rounding. */
const EPSILON = 1e-12;
/** Less of a page than this is none. */
const MIN_PAGES = 1e-6;

export class DirtyBitmap {
  readonly pages: number;
  readonly #sets: readonly SetWriter[];
  readonly #setStart: readonly number[];
  #segments: Segment[];
  /** Where the scan is. */
  #position = 0;
  #dirty: number;

  /** All pages are dirty. */
  constructor({ zeroPages, sets, otherPages }: MemoryLayout) {
    this.#sets = sets;
    let at = 0;
    const segments: Segment[] = [];
    const add = (pages: number, of: number, classes: number): void => {
      if (pages > 0)
        segments.push({ start: at, end: at + pages, of, density: Array<number>(classes).fill(1), share: 1 });
      at += pages;
    };
    add(zeroPages, ZERO, 1);
    this.#setStart = sets.map(({ set, classes }, i) => {
      const start = at;
      add(set.pages, i, classes.length);
      return start;
    });
    add(otherPages, OTHER, 1);
    this.#segments = segments;
    this.pages = at;
    this.#dirty = at;
  }

  get dirty(): number {
    return this.#dirty < MIN_PAGES ? 0 : this.#dirty;
  }

  /** Dirty pages of one written set. */
  dirtyOf(set: number): number {
    return this.#segments.reduce(
      (sum, { of, start, end, share }) => (of === set ? sum + share * (end - start) : sum),
      0,
    );
  }

  /** Takes over what a set's writer dirtied. Returns the pages that were clean. */
  mark(set: number, dirtied: Dirtied): number {
    const base = this.#setStart[set]!;
    const { pages } = this.#sets[set]!.set;
    const before = this.#dirty;
    if (dirtied.kind === 'shares') this.#markRange(base, base + pages, dirtied.shares);
    else {
      const end = dirtied.start + dirtied.pages;
      this.#markRange(base + dirtied.start, base + Math.min(end, pages), [1]);
      if (end > pages) this.#markRange(base, base + end - pages, [1]);
    }
    this.#merge();
    return this.#dirty - before;
  }

  #markRange(start: number, end: number, shares: readonly number[]): void {
    this.#split(start);
    this.#split(end);
    for (const segment of this.#segments) {
      if (segment.start < start || segment.end > end) continue;
      const density = segment.density.map((d, i) => d + (1 - d) * shares[i]!);
      this.#change(segment, density);
    }
  }

  /** Wire bytes until at most `left` pages are dirty. */
  bytesUntil(left: number, costs: PageCosts): number {
    let more = this.#dirty - left;
    let bytes = 0;
    for (const segment of this.#inScanOrder()) {
      if (more <= 0) break;
      const pages = Math.min(more, segment.share * (segment.end - Math.max(segment.start, this.#from(segment))));
      bytes += pages * costOf(segment, costs);
      more -= pages;
    }
    // What is behind the scan in the segment that it stands in comes last.
    return more <= EPSILON ? bytes : bytes + more * costOf(this.#segmentAt(this.#position), costs);
  }

  /**
   * Sends for at most `budget` bytes. @param whole pages are sent whole, or not: what is left of the budget is too
   * little for the next one.
   */
  send(budget: number, costs: PageCosts, whole: boolean): Sent {
    const sent: Sent = { pages: 0, zeroPages: 0, bytes: 0 };
    let left = budget;
    // Twice round: the segment that the scan stands in is met at both ends.
    for (let steps = 2 * this.#segments.length + 2; steps > 0 && this.#dirty > MIN_PAGES && left > 0; steps--) {
      if (this.#position >= this.pages) this.#position = 0;
      const segment = this.#segmentAt(this.#position);
      if (segment.share <= EPSILON) {
        this.#position = segment.end;
        continue;
      }
      const cost = costOf(segment, costs);
      const there = segment.share * (segment.end - this.#position);
      let pages = cost === 0 ? there : Math.min(there, left / cost);
      // The last bits of a division must not hold a page back.
      if (whole && segment.share === 1) pages = Math.min(there, Math.floor(pages + 1e-9));
      if (pages <= 0) break;
      const to = pages >= there - EPSILON ? segment.end : this.#position + pages / segment.share;
      this.#clear(this.#position, to);
      this.#position = to;
      sent.pages += pages;
      if (segment.of === ZERO && cost < 4096) sent.zeroPages += pages;
      sent.bytes += pages * cost;
      left -= pages * cost;
    }
    this.#merge();
    return sent;
  }

  #clear(start: number, end: number): void {
    this.#split(start);
    this.#split(end);
    for (const segment of this.#segments) {
      if (segment.start < start || segment.end > end) continue;
      this.#change(
        segment,
        segment.density.map(() => 0),
      );
    }
  }

  #change(segment: Segment, density: readonly number[]): void {
    const share = segment.of < 0 ? density[0]! : shareOf(density, this.#sets[segment.of]!);
    this.#dirty += (share - segment.share) * (segment.end - segment.start);
    segment.density = density;
    segment.share = share;
  }

  #split(at: number): void {
    const i = this.#segments.findIndex(({ start, end }) => start < at && at < end);
    if (i < 0) return;
    const segment = this.#segments[i]!;
    this.#segments.splice(i, 1, { ...segment, end: at }, { ...segment, start: at });
  }

  #merge(): void {
    const merged: Segment[] = [];
    for (const segment of this.#segments) {
      const last = merged.at(-1);
      if (last?.of === segment.of && last.density.every((d, i) => Math.abs(d - segment.density[i]!) < EPSILON))
        last.end = segment.end;
      else merged.push(segment);
    }
    this.#segments = merged;
    // Anew, so that rounding does not add up.
    this.#dirty = merged.reduce((sum, { start, end, share }) => sum + share * (end - start), 0);
  }

  #segmentAt(position: number): Segment {
    return this.#segments.find(({ start, end }) => start <= position && position < end) ?? this.#segments[0]!;
  }

  #from(segment: Segment): number {
    return segment.start <= this.#position && this.#position < segment.end ? this.#position : segment.start;
  }

  #inScanOrder(): Segment[] {
    const i = this.#segments.indexOf(this.#segmentAt(this.#position));
    return [...this.#segments.slice(i), ...this.#segments.slice(0, i)];
  }
}

const costOf = ({ of }: Segment, costs: PageCosts): number =>
  of === ZERO ? costs.zero : of === OTHER ? costs.other : costs.sets[of]!;

function shareOf(density: readonly number[], { classes }: SetWriter): number {
  if (density.length === 1) return density[0]!;
  return density.reduce((sum, d, i) => sum + d * classes[i]!.share, 0);
}
