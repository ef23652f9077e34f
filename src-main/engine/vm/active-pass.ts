/**
 * The active pass: relabels stranded pages of a guest in place, a limited number each tick ("allocate it wrong now and
 * reallocate later"). The RFC has none: there a page that is never freed keeps its old node for ever.
 *
 * (a) Order `address`: round and round over the pages. `oldest` and `youngest`: the workload's blocks by their time of
 *     birth, sorted once for each commit (when it has settled, and the owed pages are known), then the remaining pages
 *     by address.
 * (b) A block uses up as many pages of the rate as it has; a huge page waits until the rate pays for all of it.
 * (c) Pinned pages, blocks across a boundary and pages on per-CPU lists are skipped; the pass pauses while a commit is
 *     under way.
 * (d) Looking is limited too: at most LOOKS_PER_PAGE pages are looked at for each page that may be relabelled.
 *
 * Which order pays off depends on lifetimes: with exponential ones the age of a block says nothing about how long it
 * will stay; with heavy tails (Lomax) the oldest stay longest, and young ones are freed soon.
 */
import type { BeyondConfig } from '../../../shared/model/config.ts';
import type { StateReader, StateWriter } from '../core/index.ts';
import type { GuestMm } from '../mm/index.ts';
import { nextRelabel, relabel, relabelOrder } from '../mm/relabel.ts';
import type { Workload } from './workload.ts';

type Settings = BeyondConfig['activePass'];

const LOOKS_PER_PAGE = 64;
const LEAST_LOOKS = 4096;
/** Pages of the largest block that is relabelled at once. */
const MAX_BLOCK_PAGES = 1024;

export class ActivePass {
  readonly #mm: GuestMm;
  readonly #workload: Workload;
  #settings: Settings = null;
  /** Pages that may be relabelled now, saved up for a large block. */
  #credit = 0;
  /** Where the round over the pages continues. */
  #cursor = 0;
  /** Places of the workload in order, with the birth that each had; the next one last. */
  #places = new Uint32Array(0);
  #births = new Float64Array(0);
  #queued = 0;
  /** Commits when the queue was made; -1: never. */
  #madeAt = -1;

  constructor(mm: GuestMm, workload: Workload) {
    this.#mm = mm;
    this.#workload = workload;
  }

  set(settings: Settings): void {
    const order = (s: Settings): string => s?.order ?? '';
    if (order(settings) !== order(this.#settings)) {
      this.#madeAt = -1;
      this.#queued = 0;
    }
    // Off, it remembers nothing: nothing of it is written down.
    if (settings === null) this.#credit = this.#cursor = 0;
    this.#settings = settings;
    if (settings !== null && settings.order !== 'address') this.#workload.keepBirths();
  }

  /** The part of a tick for which the CPUs ran. */
  step(cpuShare: number): void {
    const settings = this.#settings;
    const { state: mm } = this.#mm;
    if (settings === null || mm.committing) return;
    if (!mm.stranded.some((pages) => pages > 0)) {
      this.#credit = 0;
      return;
    }
    const { order } = settings;
    const pagesPerTick = Math.floor(settings.pagesPerTick * cpuShare);
    this.#credit = Math.min(this.#credit + pagesPerTick, Math.max(pagesPerTick, MAX_BLOCK_PAGES));
    if (order !== 'address') {
      if (this.#madeAt !== mm.commits) this.#makeQueue(order);
      if (!this.#relabelQueued()) return;
    }
    this.#relabelRound(Math.max(LEAST_LOOKS, LOOKS_PER_PAGE * pagesPerTick));
  }

  #makeQueue(order: 'oldest' | 'youngest'): void {
    const { state: mm } = this.#mm;
    this.#madeAt = mm.commits;
    const found: { place: number; born: number; pfn: number }[] = [];
    this.#workload.forEachBlock((place, pfn, born) => {
      if (relabelOrder(mm, pfn) >= 0) found.push({ place, born, pfn });
    });
    const sign = order === 'oldest' ? -1 : 1;
    found.sort((a, b) => sign * (a.born - b.born) || b.pfn - a.pfn);
    this.#places = Uint32Array.from(found, ({ place }) => place);
    this.#births = Float64Array.from(found, ({ born }) => born);
    this.#queued = found.length;
  }

  /** @returns whether the queue is empty and there is something left of the rate. */
  #relabelQueued(): boolean {
    const { state: mm } = this.#mm;
    while (this.#queued > 0 && this.#credit > 0) {
      const place = this.#places[this.#queued - 1]!;
      const pfn = this.#workload.blockAt(place, this.#births[this.#queued - 1]!);
      const order = pfn < 0 ? -1 : relabelOrder(mm, pfn);
      if (order >= 0 && 1 << order > this.#credit) return false;
      this.#queued--;
      mm.beyondCounters.passLooked++;
      if (order < 0) continue;
      relabel(mm, pfn, order);
      this.#credit -= 1 << order;
    }
    return this.#queued === 0 && this.#credit > 0;
  }

  #relabelRound(most: number): void {
    const { state: mm } = this.#mm;
    let left = most;
    const first = this.#cursor;
    for (let wrapped = false; left > 0 && this.#credit > 0;) {
      const end = wrapped ? first : mm.nrPages;
      const found = nextRelabel(mm, this.#cursor, end, left);
      left -= found.looked;
      mm.beyondCounters.passLooked += found.looked;
      this.#cursor = found.reached;
      if (found.pfn >= 0) {
        if (1 << found.order > this.#credit) return;
        relabel(mm, found.pfn, found.order);
        this.#credit -= 1 << found.order;
      } else if (found.reached >= end) {
        if (wrapped) return;
        wrapped = true;
        this.#cursor = 0;
      }
    }
  }

  /** Nothing is written while it has nothing to remember. */
  save(w: StateWriter): void {
    if (this.#settings === null) return;
    w.json('pass', { credit: this.#credit, cursor: this.#cursor, madeAt: this.#madeAt });
    w.column('pass.places', this.#places.subarray(0, this.#queued));
    w.column('pass.births', this.#births.subarray(0, this.#queued));
  }

  /** @param settings those in force when it was saved. */
  static load(mm: GuestMm, workload: Workload, settings: Settings, r: StateReader): ActivePass {
    const pass = new ActivePass(mm, workload);
    pass.#settings = settings;
    if (!r.has('pass')) return pass;
    const { credit, cursor, madeAt } = r.json<{ credit: number; cursor: number; madeAt: number }>('pass');
    pass.#credit = credit;
    pass.#cursor = cursor;
    pass.#madeAt = madeAt;
    pass.#places = r.column<Uint32Array<ArrayBuffer>>('pass.places');
    pass.#births = r.column<Float64Array<ArrayBuffer>>('pass.births');
    pass.#queued = pass.#places.length;
    return pass;
  }
}
