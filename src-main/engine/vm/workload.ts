/**
 * What runs in a guest, as its allocator sees it: a constant number of blocks in use, each with a lifetime; one that
 * dies is freed and another is allocated at that same moment, so each place is a renewal process. A share are huge pages;
 * a share are kernel pages that are never freed (pinned).
 *
 * Deaths are kept in a wheel of WHEEL_SLOTS ticks. A held block has a place, which knows its pfn, its time of death (in
 * 1/256 tick since the workload began, so births and deaths fall inside ticks, not on them) and the next place of its
 * slot. A slot also holds blocks that die in a later turn of the wheel; they are put back. A block that replaces another
 * takes over its place. 12 bytes a block held.
 *
 * Invariants: (a) every block that the workload holds and that can die is in exactly one slot; (b) held counts are the
 * blocks held by class; (c) blocks taken by hand are not touched.
 */
import type { WorkloadConfig } from '../config.ts';
import { assert, Prng, type StateReader, type StateWriter } from '../core/index.ts';
import {
  type GuestMm,
  MIGRATE_MOVABLE,
  MIGRATE_UNMOVABLE,
  NO_PFN,
  PAGEBLOCK_ORDER,
  PAGES_PER_PAGEBLOCK,
} from '../mm/index.ts';
import { ORDER_MASK, stateOf } from '../mm/page.ts';
import { drawLifetime, drawResidual } from './lifetime.ts';

const WHEEL_SLOTS = 4096;
/** No place. */
const NONE = 0xffffffff;
const FRACTION = 256;
/** The longest life, in 1/256 tick from the workload's beginning: what 32 bits hold. */
const LATEST = 0xfffffffe;

/** Classes of blocks that die. */
const SMALL = 0;
const HUGE = 1;

export class Workload {
  readonly #mm: GuestMm;
  /** Columns by place; replaced by longer ones when they are full. */
  #pfn = new Uint32Array(1024);
  #death = new Uint32Array(1024);
  #next = new Uint32Array(1024);
  /** Places ever used, and the first spare one. */
  #places = 0;
  #spare = NONE;
  readonly #prng: Prng;
  #config: WorkloadConfig | null;
  /** First place of each slot, NONE when empty. */
  readonly #wheel = new Uint32Array(WHEEL_SLOTS).fill(NONE);
  /** Whole ticks since the workload began, warm-up included. */
  #now = 0;
  #turn = 0;
  /** Blocks held and wanted, by class; kernel pages are held for ever. */
  readonly #held = [0, 0];
  readonly #wanted = [0, 0];
  #kernelHeld = 0;
  allocs = 0;
  frees = 0;
  allocFailures = 0;

  private constructor(mm: GuestMm, config: WorkloadConfig | null, prng: Prng) {
    this.#mm = mm;
    this.#config = config;
    this.#prng = prng;
  }

  /** Fills the guest to its occupancy; `fresh` then runs the warm-up. */
  static create(mm: GuestMm, config: WorkloadConfig | null, seed: number, stream: string): Workload {
    const w = new Workload(mm, config, new Prng(seed, `${stream}/workload`));
    if (config === null) return w;
    w.#populate(config);
    if (config.start === 'fresh') for (let i = 0; i < config.warmupTicks; i++) w.step();
    return w;
  }

  get config(): WorkloadConfig | null {
    return this.#config;
  }

  /** Blocks that can die, and kernel pages. */
  get held(): { readonly small: number; readonly huge: number; readonly kernel: number } {
    return { small: this.#held[SMALL]!, huge: this.#held[HUGE]!, kernel: this.#kernelHeld };
  }

  /**
   * From now on: new lifetimes and shares. What is held keeps its time of death; kernel pages stay; null lets all that
   * can die do so without being replaced.
   */
  change(config: WorkloadConfig | null): void {
    this.#config = config;
    const wanted = config === null ? { small: 0, huge: 0, kernel: 0 } : this.#shares(config);
    this.#wanted[SMALL] = wanted.small;
    this.#wanted[HUGE] = wanted.huge;
  }

  /** One tick: what dies in it is freed and replaced at its moment of death, then shortfalls are made up. */
  step(): void {
    this.#now++;
    const slot = this.#now % WHEEL_SLOTS;
    // Deaths of this tick lie in (end - FRACTION, end].
    const end = this.#now * FRACTION;
    let stay = NONE;
    // A replacement may die in this same tick: it is then found in the slot again.
    while (this.#wheel[slot] !== NONE) {
      let place = this.#wheel[slot]!;
      this.#wheel[slot] = NONE;
      while (place !== NONE) {
        const after = this.#next[place]!;
        if (this.#death[place]! <= end) {
          this.#die(place);
        } else {
          this.#next[place] = stay;
          stay = place;
        }
        place = after;
      }
    }
    this.#wheel[slot] = stay;
    this.#fill(SMALL, this.#now * FRACTION);
    this.#fill(HUGE, this.#now * FRACTION);
  }

  #die(place: number): void {
    const pfn = this.#pfn[place]!;
    const order = stateOf(this.#mm.mm.page, pfn) & ORDER_MASK;
    const size = order === 0 ? SMALL : HUGE;
    this.#mm.freePages(pfn, order, this.#nextCpu());
    this.frees++;
    this.#held[size]!--;
    const replaced = this.#held[size]! < this.#wanted[size]! && this.#allocate(place, size, this.#death[place]!, false);
    if (replaced) return;
    this.#next[place] = this.#spare;
    this.#spare = place;
  }

  /** Allocates until the class has what it wants or the guest has no more. */
  #fill(size: number, time: number): void {
    while (this.#held[size]! < this.#wanted[size]!) if (!this.#allocateNew(size, time, false)) return;
  }

  #allocateNew(size: number, time: number, stationary: boolean): boolean {
    const place = this.#spare === NONE ? this.#places : this.#spare;
    if (place === this.#pfn.length) this.#growPlaces();
    const spare = this.#spare === NONE ? NONE : this.#next[place]!;
    if (!this.#allocate(place, size, time, stationary)) return false;
    if (this.#spare === NONE) this.#places++;
    this.#spare = spare;
    return true;
  }

  #growPlaces(): void {
    const longer = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const out = new Uint32Array(column.length * 2);
      out.set(column);
      return out;
    };
    this.#pfn = longer(this.#pfn);
    this.#death = longer(this.#death);
    this.#next = longer(this.#next);
  }

  /** A new block for a place. */
  #allocate(place: number, size: number, time: number, stationary: boolean): boolean {
    assert(this.#config !== null, 'workload-none');
    const pfn = this.#mm.allocPages(size === SMALL ? 0 : PAGEBLOCK_ORDER, this.#nextCpu(), MIGRATE_MOVABLE);
    if (pfn === NO_PFN) {
      this.allocFailures++;
      return false;
    }
    const law = this.#config.lifetime;
    const life = stationary ? drawResidual(law, this.#prng) : drawLifetime(law, this.#prng);
    const death = Math.min(LATEST, time + Math.max(1, Math.ceil(life * FRACTION)));
    const slot = tickOf(death) % WHEEL_SLOTS;
    this.#pfn[place] = pfn;
    this.#death[place] = death;
    this.#next[place] = this.#wheel[slot]!;
    this.#wheel[slot] = place;
    this.allocs++;
    this.#held[size]!++;
    return true;
  }

  #allocateKernel(): boolean {
    const pfn = this.#mm.allocPages(0, this.#nextCpu(), MIGRATE_UNMOVABLE);
    if (pfn === NO_PFN) {
      this.allocFailures++;
      return false;
    }
    this.#mm.pin(pfn);
    this.allocs++;
    this.#kernelHeld++;
    return true;
  }

  /** CPUs take turns. */
  #nextCpu(): number {
    const cpus = this.#mm.mm.nrCpus;
    this.#turn = this.#turn + 1 === cpus ? 0 : this.#turn + 1;
    return this.#turn;
  }

  #shares(config: WorkloadConfig): { small: number; huge: number; kernel: number } {
    let managed = 0;
    for (const pages of this.#mm.mm.cell.managed) managed += pages;
    const held = Math.floor((managed * config.occupancyPermille) / 1000);
    const kernel = Math.floor((held * config.kernelPermille) / 1000);
    const huge = Math.floor(((held - kernel) * config.hugePermille) / 1000 / PAGES_PER_PAGEBLOCK);
    return { kernel, huge, small: held - kernel - huge * PAGES_PER_PAGEBLOCK };
  }

  /** The first filling: classes drawn at random in proportion to what is left of each, as they mix in a running guest. */
  #populate(config: WorkloadConfig): void {
    const { small, huge, kernel } = this.#shares(config);
    this.#wanted[SMALL] = small;
    this.#wanted[HUGE] = huge;
    const stationary = config.start === 'stationary';
    const left = [small, huge, kernel];
    for (let total = small + huge + kernel; total > 0; total--) {
      let pick = this.#prng.below(total);
      let which = 0;
      while (pick >= left[which]!) pick -= left[which++]!;
      left[which]!--;
      if (which === 2) this.#allocateKernel();
      else this.#allocateNew(which, 0, stationary);
    }
  }

  save(w: StateWriter, prefix: string): void {
    w.json(`${prefix}.workload`, {
      config: this.#config as never,
      now: this.#now,
      turn: this.#turn,
      held: [...this.#held],
      wanted: [...this.#wanted],
      kernelHeld: this.#kernelHeld,
      allocs: this.allocs,
      frees: this.frees,
      allocFailures: this.allocFailures,
      places: this.#places,
      spare: this.#spare,
    });
    const used = (column: Uint32Array): Uint32Array => column.subarray(0, this.#places);
    w.column(`${prefix}.workload.pfn`, used(this.#pfn));
    w.column(`${prefix}.workload.death`, used(this.#death));
    w.column(`${prefix}.workload.next`, used(this.#next));
    w.column(`${prefix}.workload.prng`, this.#prng.state);
    w.column(`${prefix}.workload.wheel`, this.#wheel);
  }

  static load(mm: GuestMm, r: StateReader, prefix: string): Workload {
    const j = r.json<WorkloadJson>(`${prefix}.workload`);
    const w = new Workload(mm, j.config, new Prng(0, ''));
    w.#prng.state.set(r.column<Uint32Array>(`${prefix}.workload.prng`));
    w.#wheel.set(r.column<Uint32Array>(`${prefix}.workload.wheel`));
    w.#now = j.now;
    w.#turn = j.turn;
    w.#held.splice(0, 2, ...j.held);
    w.#wanted.splice(0, 2, ...j.wanted);
    w.#kernelHeld = j.kernelHeld;
    w.allocs = j.allocs;
    w.frees = j.frees;
    w.allocFailures = j.allocFailures;
    w.#places = j.places;
    w.#spare = j.spare;
    while (w.#pfn.length <= j.places) w.#growPlaces();
    w.#pfn.set(r.column<Uint32Array>(`${prefix}.workload.pfn`));
    w.#death.set(r.column<Uint32Array>(`${prefix}.workload.death`));
    w.#next.set(r.column<Uint32Array>(`${prefix}.workload.next`));
    return w;
  }
}

interface WorkloadJson {
  readonly config: WorkloadConfig | null;
  readonly now: number;
  readonly turn: number;
  readonly held: readonly number[];
  readonly wanted: readonly number[];
  readonly kernelHeld: number;
  readonly allocs: number;
  readonly frees: number;
  readonly allocFailures: number;
  readonly places: number;
  readonly spare: number;
}

/** The tick in which a time of death falls: deaths in (t - 1, t] are found at t. */
const tickOf = (death: number): number => Math.ceil(death / FRACTION);
