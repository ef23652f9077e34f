/**
 * What a guest writes while it is migrated, as a model of pages: sets of pages, each written in order (round and round),
 * uniformly, or by Zipf's law, at rates that may change with time. Hot and cold parts are two sets. A set that is smaller
 * than what is written in a pass is dirtied once: that is the cap that a rate alone does not have.
 *
 * Pages written at random are counted as expected shares, so counts may be fractions of a page.
 */
import { exp, ln, pow } from '../../core/index.ts';

export type WritePattern = 'sequential' | 'uniform' | 'zipf';

export interface WrittenSet {
  readonly pages: number;
  readonly pattern: WritePattern;
  /** Page writes a second from each moment on, ascending; the first is at 0. */
  readonly rates: readonly { readonly fromMs: number; readonly pagesPerSec: number }[];
  /** Of Zipf's law. */
  readonly exponent?: number;
}

/** Pages of a set that are written alike: their share of the set, and how often one of them is among a write. */
interface PageClass {
  readonly share: number;
  readonly perWrite: number;
}

const DEFAULT_EXPONENT = 1;

/** What was dirtied since a sync: a part of the set in order, or a share of each class. */
export type Dirtied =
  | { readonly kind: 'range'; readonly start: number; readonly pages: number }
  | { readonly kind: 'shares'; readonly shares: readonly number[] };

export class SetWriter {
  readonly set: WrittenSet;
  readonly classes: readonly PageClass[];
  readonly #wholePages: boolean;
  /** Page writes since the start, and at the last sync. */
  #written = 0;
  #synced = 0;

  /** @param wholePages a page that is half written is not written yet. */
  constructor(set: WrittenSet, wholePages: boolean) {
    this.set = set;
    this.#wholePages = wholePages;
    this.classes =
      set.pattern === 'zipf' ? zipfClasses(set.pages, set.exponent ?? DEFAULT_EXPONENT) : uniform(set.pages);
  }

  /** The guest runs from one moment to another, with a share of its pace. */
  run(fromMs: number, toMs: number, pace: number): void {
    if (pace === 0 || toMs <= fromMs) return;
    const { rates } = this.set;
    for (let i = 0; i < rates.length; i++) {
      const start = Math.max(fromMs, rates[i]!.fromMs);
      const end = Math.min(toMs, rates[i + 1]?.fromMs ?? Infinity);
      if (end > start) this.#written += (rates[i]!.pagesPerSec * (end - start) * pace) / 1000;
    }
  }

  /** What was dirtied since the last call. */
  sync(): Dirtied | null {
    // Sums of parts of a page must not hold a page back.
    const now = this.#wholePages ? Math.floor(this.#written + 1e-6) : this.#written;
    const writes = now - this.#synced;
    const start = this.#synced;
    this.#synced = now;
    const { pages, pattern } = this.set;
    if (writes <= 0 || pages <= 0) return null;
    if (pattern === 'sequential') {
      if (writes >= pages) return { kind: 'range', start: 0, pages };
      return { kind: 'range', start: start - Math.floor(start / pages) * pages, pages: writes };
    }
    // Beyond e^-50 nothing is left of the exponential.
    return { kind: 'shares', shares: this.classes.map(({ perWrite }) => 1 - exp(-Math.min(50, writes * perWrite))) };
  }

  /** Page writes a second at a moment, at full pace. */
  rateAt(ms: number): number {
    return this.set.rates.findLast(({ fromMs }) => fromMs <= ms)?.pagesPerSec ?? 0;
  }

  /** The moment after which its rate no longer changes. */
  get steadyFromMs(): number {
    return this.set.rates.at(-1)?.fromMs ?? 0;
  }
}

const uniform = (pages: number): PageClass[] => [{ share: 1, perWrite: pages > 0 ? 1 / pages : 0 }];

/** Ranks 1; 2 and 3; 4 to 7; ...: within such a group pages are written within a factor of two equally often. */
function zipfClasses(pages: number, exponent: number): PageClass[] {
  const groups: { count: number; weight: number }[] = [];
  for (let first = 1; first <= pages; first *= 2) {
    const last = Math.min(pages, 2 * first - 1);
    let weight = 0;
    if (last - first < 64) for (let rank = first; rank <= last; rank++) weight += pow(rank, -exponent);
    else weight = integral(first - 0.5, last + 0.5, exponent);
    groups.push({ count: last - first + 1, weight });
  }
  const all = groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.map(({ count, weight }) => ({ share: count / pages, perWrite: weight / all / count }));
}

/** Of rank to the power of -exponent. */
function integral(from: number, to: number, exponent: number): number {
  if (exponent === 1) return ln(to / from);
  return (pow(to, 1 - exponent) - pow(from, 1 - exponent)) / (1 - exponent);
}
