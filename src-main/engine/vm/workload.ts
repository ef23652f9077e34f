/**
 * What runs in a guest, as its allocator sees it: a constant number of blocks in use, each with a lifetime; one that
 * dies is freed and another is allocated at that same moment on the same CPU, so each place is a renewal process. A share
 * are huge pages; a share are kernel pages that are never freed (pinned). Its clock goes on while the CPUs of its guest
 * run, so it may stand inside a tick.
 *
 * Deaths are kept in a wheel of WHEEL_SLOTS ticks. A held block has a place, which knows its pfn, its time of death and
 * the next place of its slot. Births and deaths fall inside ticks, not on them: times are in 1/256 tick. The slot and the
 * turn of the wheel give the tick of a death; `death` holds the turn and how long before the end of that tick it is. So
 * the clock reaches 2^36 ticks; what would outlive it dies in its last tick, which is never reached. A slot also holds
 * blocks that die in a later turn; they are put back. A block that replaces another takes over its place. 12 bytes a
 * block held.
 *
 * Law W1, which `check` recounts: (a) every block that the workload holds and that can die is in exactly one slot, that
 * of a tick to come, and is an allocation of its order; (b) held counts are the blocks held by class; (c) these and the
 * blocks taken by hand, which are not touched, are all that is allocated in the guest, besides what was in use for good
 * at power-on (mm/boot-record.ts).
 */
import type { WorkloadConfig } from '../../../shared/model/config.ts';
import { assert, type Parts, Prng, type StateReader, type StateWriter, wholeOf } from '../core/index.ts';
import {
  type GuestMm,
  MIGRATE_MOVABLE,
  MIGRATE_UNMOVABLE,
  NO_PFN,
  PAGEBLOCK_ORDER,
  PAGES_PER_PAGEBLOCK,
} from '../mm/index.ts';
import { recordedUse } from '../mm/boot-record.ts';
import { HELD, isSpecial, KIND_MASK, ORDER_MASK, stateOf } from '../mm/page.ts';
import { drawAge, drawLifetime, drawResidual } from './lifetime.ts';

const WHEEL_SLOTS = 4096;
/** No place. */
const NONE = 0xffffffff;
const FRACTION_BITS = 8;
const FRACTION = 1 << FRACTION_BITS;
/** The last turn of the wheel that `death` can name, and the tick in which it ends; the workload's clock stays below. */
const MAX_TURN = 2 ** 24 - 1;
const LAST_TICK = MAX_TURN * WHEEL_SLOTS + WHEEL_SLOTS - 1;

/** Classes of blocks; those of KERNEL never die. */
const SMALL = 0;
const HUGE = 1;
const KERNEL = 2;

type Counts = [small: number, huge: number, kernel: number];
const pagesOf = (blocks: Counts): number => blocks[SMALL] + blocks[HUGE] * PAGES_PER_PAGEBLOCK + blocks[KERNEL];

/** Looked at by a check between two stops. */
const PLACES_PER_PART = 2 ** 15;

export class Workload {
  readonly #mm: GuestMm;
  /** Columns by place; replaced by longer ones when they are full. */
  #pfn = new Uint32Array(1024);
  /** Turn of the wheel, then in the low 8 bits 1/256 ticks before the end of the tick. */
  #death = new Uint32Array(1024);
  #next = new Uint32Array(1024);
  /** When the block of a place was born, in ticks; null while nobody asks (the active pass does): 8 bytes a block held. */
  #birth: Float64Array | null = null;
  /** Places ever used, and the first spare one. */
  #places = 0;
  #spare = NONE;
  /** One bit a page of the page cache; null while no share is asked for. Follows from the places. */
  #file: Int32Array | null = null;
  /** Pages of the slab caches, which are held beside it. */
  slabPages: () => number = () => 0;
  readonly #prng: Prng;
  #config: WorkloadConfig | null;
  /** First place of each slot, NONE when empty. */
  readonly #wheel = new Uint32Array(WHEEL_SLOTS).fill(NONE);
  /** Whole ticks since the workload began, warm-up included. */
  #now = 0;
  /** What its clock is past that, in 1/256 tick, with fractions; 0 unless its guest was paused. */
  #past = 0;
  #turn = 0;
  /** Blocks held and wanted, by class. */
  readonly #held: Counts = [0, 0, 0];
  readonly #wanted: Counts = [0, 0, 0];
  allocs = 0;
  frees = 0;
  allocFailures = 0;
  /** Allocations whose page belongs on another node (T) than the one that the host runs their CPU on. */
  remoteAllocs = 0;
  /** Node that each CPU runs on in truth; the guest's own map may be another (topology.ts). */
  #runsAt: readonly number[];

  private constructor(mm: GuestMm, config: WorkloadConfig | null, prng: Prng) {
    this.#mm = mm;
    this.#config = config;
    this.#prng = prng;
    this.#runsAt = mm.state.config.cpuNode;
  }

  cpusRunAt(nids: readonly number[]): void {
    this.#runsAt = nids;
  }

  /** Fills the guest to its occupancy; `fresh` then runs the warm-up. */
  static create(mm: GuestMm, config: WorkloadConfig | null, seed: number, stream: string): Workload {
    const w = new Workload(mm, config, new Prng(seed, `${stream}/workload`));
    if (config === null) return w;
    w.#countFile();
    w.#populate(config);
    if (config.start === 'fresh') for (let i = 0; i < config.warmupTicks; i++) w.step();
    return w;
  }

  get config(): WorkloadConfig | null {
    return this.#config;
  }

  /**
   * From now on births are kept. Of blocks that are there already nobody has kept them: their ages are drawn from what
   * the lifetimes in force say of a block that will die when it does.
   */
  keepBirths(): void {
    if (this.#birth !== null) return;
    const birth = new Float64Array(this.#pfn.length);
    this.#birth = birth;
    const config = this.#config;
    if (config === null) return;
    const prng = new Prng(0, 'birth');
    prng.state.set(this.#prng.state);
    // Who began fresh has nothing that is older than itself.
    const oldest = config.start === 'fresh' ? this.#now : Infinity;
    this.#forEachPlace((place, death) => {
      birth[place] = this.#now - Math.min(oldest, drawAge(config.lifetime, death - this.#now, prng));
    });
  }

  /** Every block that can die, with its birth; keepBirths has been called. */
  forEachBlock(visit: (place: number, pfn: number, born: number) => void): void {
    this.#forEachPlace((place) => visit(place, this.#pfn[place]!, this.#birth![place]!));
  }

  /** The block of a place if it is the one that was born then; -1 when that one has died. */
  blockAt(place: number, born: number): number {
    return this.#birth![place] === born ? this.#pfn[place]! : -1;
  }

  #forEachPlace(visit: (place: number, deathTick: number) => void): void {
    for (let slot = 0; slot < WHEEL_SLOTS; slot++) {
      for (let place = this.#wheel[slot]!; place !== NONE; place = this.#next[place]!) {
        visit(place, (this.#death[place]! >>> FRACTION_BITS) * WHEEL_SLOTS + slot);
      }
    }
  }

  /** Blocks that can die, and kernel pages. */
  get held(): { readonly small: number; readonly huge: number; readonly kernel: number } {
    const [small, huge, kernel] = this.#held;
    return { small, huge, kernel };
  }

  /**
   * From now on: new lifetimes and shares. What is held keeps its time of death, and kernel pages stay; what is wanted
   * instead is allocated as they die, within the occupancy asked for. `start` and `warmupTicks` mean nothing here. null
   * lets all that can die do so without being replaced.
   */
  change(config: WorkloadConfig | null): void {
    this.#config = config;
    this.#countFile();
    this.#want(config === null ? [0, 0, 0] : this.#shares(config));
  }

  /** Pages that slab caches are to have. */
  get slabShare(): number {
    const config = this.#config;
    return config === null ? 0 : Math.floor((this.#occupancy(config) * (config.slabPermille ?? 0)) / 1000);
  }

  get fileBits(): Int32Array | null {
    return this.#file;
  }

  /** Whether the single pages of a place are the page cache's: a share of the places, scattered by their number. */
  #isFile(place: number): boolean {
    const mixed = Math.imul(place ^ (place >>> 15), 0x2c1b3c6d) >>> 0;
    return mixed % 1000 < (this.#config?.filePermille ?? 0);
  }

  #setFile(pfn: number, is: boolean): void {
    if (this.#file === null) return;
    const bit = 1 << (pfn & 31);
    if (is) this.#file[pfn >>> 5]! |= bit;
    else this.#file[pfn >>> 5]! &= ~bit;
  }

  #countFile(): void {
    this.#file = null;
    if ((this.#config?.filePermille ?? 0) === 0) return;
    this.#file = new Int32Array(Math.ceil(this.#mm.state.nrPages / 32));
    this.#forEachPlace((place) => {
      const pfn = this.#pfn[place]!;
      if (this.#isFile(place) && this.#mm.isAllocation(pfn, 0)) this.#setFile(pfn, true);
    });
  }

  #want(blocks: Counts): void {
    this.#wanted.splice(0, blocks.length, ...blocks);
  }

  /**
   * The part of a tick for which the CPUs ran: what dies in it is freed and replaced at its moment of death, then
   * shortfalls are made up.
   */
  step(cpuShare = 1): void {
    const past = this.#past + cpuShare * FRACTION;
    this.#past = past % FRACTION;
    if (past >= FRACTION) {
      this.#dieUntil(this.#now + 1, FRACTION);
      this.#now++;
    }
    if (this.#past >= 1) this.#dieUntil(this.#now + 1, Math.floor(this.#past));
    for (const size of [SMALL, HUGE, KERNEL] as const) this.#fill(size);
  }

  /** All deaths of a tick up to `past` of it, in 1/256. */
  #dieUntil(tick: number, past: number): void {
    assert(tick < LAST_TICK, 'workload-clock-end', { tick });
    const slot = tick % WHEEL_SLOTS;
    const turn = Math.floor(tick / WHEEL_SLOTS);
    let stay = NONE;
    // A replacement may die in this same tick: it is then found in the slot again.
    while (this.#wheel[slot] !== NONE) {
      let place = this.#wheel[slot]!;
      this.#wheel[slot] = NONE;
      while (place !== NONE) {
        const after = this.#next[place]!;
        const death = this.#death[place]!;
        if (death >>> FRACTION_BITS <= turn && FRACTION - (death & (FRACTION - 1)) <= past) {
          this.#die(place, tick);
        } else {
          this.#next[place] = stay;
          stay = place;
        }
        place = after;
      }
    }
    this.#wheel[slot] = stay;
  }

  #die(place: number, tick: number): void {
    const pfn = this.#pfn[place]!;
    const order = stateOf(this.#mm.state.page, pfn) & ORDER_MASK;
    const size = order === 0 ? SMALL : HUGE;
    // Freed and allocated by the same CPU: with two in turn, memory would drift from one's node to the other's.
    const cpu = this.#nextCpu();
    this.#mm.freePages(pfn, order, cpu);
    if (size === SMALL) this.#setFile(pfn, false);
    this.frees++;
    this.#held[size]--;
    const time = tick * FRACTION - (this.#death[place]! & (FRACTION - 1));
    const replaced = this.#held[size] < this.#wanted[size] && this.#allocate(place, size, cpu, time, false);
    if (replaced) return;
    if (this.#birth !== null) this.#birth[place] = NaN;
    this.#next[place] = this.#spare;
    this.#spare = place;
  }

  /** Allocates until the class has what it wants, or blocks of other classes are still in its room, or there is no more. */
  #fill(size: 0 | 1 | 2): void {
    const pages = size === HUGE ? PAGES_PER_PAGEBLOCK : 1;
    const room = pagesOf(this.#wanted) - pages;
    while (this.#held[size] < this.#wanted[size] && pagesOf(this.#held) <= room) {
      if (!(size === KERNEL ? this.#allocateKernel() : this.#allocateNew(size, false))) return;
    }
  }

  #allocateNew(size: 0 | 1, stationary: boolean): boolean {
    const place = this.#spare === NONE ? this.#places : this.#spare;
    if (place === this.#pfn.length) this.#growPlaces();
    const spare = this.#spare === NONE ? NONE : this.#next[place]!;
    if (!this.#allocate(place, size, this.#nextCpu(), this.#now * FRACTION + Math.floor(this.#past), stationary))
      return false;
    if (this.#spare === NONE) this.#places++;
    this.#spare = spare;
    return true;
  }

  #growPlaces(places = this.#pfn.length * 2): void {
    const longer = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const out = new Uint32Array(places);
      out.set(column);
      return out;
    };
    this.#pfn = longer(this.#pfn);
    this.#death = longer(this.#death);
    this.#next = longer(this.#next);
    if (this.#birth === null) return;
    const births = new Float64Array(this.#pfn.length);
    births.set(this.#birth);
    this.#birth = births;
  }

  /** A new block for a place, born at `time` (in 1/256 tick). */
  #allocate(place: number, size: 0 | 1, cpu: number, time: number, stationary: boolean): boolean {
    assert(this.#config !== null, 'workload-none');
    const pfn = this.#mm.allocPages(size === SMALL ? 0 : PAGEBLOCK_ORDER, cpu, MIGRATE_MOVABLE);
    if (pfn === NO_PFN) {
      this.allocFailures++;
      return false;
    }
    if (this.#mm.targetNid(pfn) !== this.#runsAt[cpu]) this.remoteAllocs++;
    const law = this.#config.lifetime;
    const life = stationary ? drawResidual(law, this.#prng) : drawLifetime(law, this.#prng);
    const death = Math.min(LAST_TICK * FRACTION, time + Math.max(1, Math.ceil(life * FRACTION)));
    // Deaths in (t - 1, t] are found at t.
    const tick = Math.ceil(death / FRACTION);
    const turn = Math.floor(tick / WHEEL_SLOTS);
    const slot = tick - turn * WHEEL_SLOTS;
    this.#pfn[place] = pfn;
    if (size === SMALL && this.#file !== null) this.#setFile(pfn, this.#isFile(place));
    if (this.#birth !== null) this.#birth[place] = time / FRACTION;
    this.#death[place] = turn * FRACTION + (tick * FRACTION - death);
    this.#next[place] = this.#wheel[slot]!;
    this.#wheel[slot] = place;
    this.allocs++;
    this.#held[size]++;
    return true;
  }

  #allocateKernel(): boolean {
    const cpu = this.#nextCpu();
    const pfn = this.#mm.allocPages(0, cpu, MIGRATE_UNMOVABLE);
    if (pfn === NO_PFN) {
      this.allocFailures++;
      return false;
    }
    if (this.#mm.targetNid(pfn) !== this.#runsAt[cpu]) this.remoteAllocs++;
    this.#mm.pin(pfn);
    this.allocs++;
    this.#held[KERNEL]++;
    return true;
  }

  /** CPUs take turns. */
  #nextCpu(): number {
    const cpus = this.#mm.state.nrCpus;
    this.#turn = this.#turn + 1 === cpus ? 0 : this.#turn + 1;
    return this.#turn;
  }

  #occupancy(config: WorkloadConfig): number {
    let managed = 0;
    for (const pages of this.#mm.state.zones.managed) managed += pages;
    const asked = Math.floor((managed * config.occupancyPermille) / 1000);
    return Math.max(0, asked - recordedUse(this.#mm.state.config));
  }

  /**
   * Blocks by class that meet the occupancy asked for, in which pages in use since power-on count. Kernel pages held
   * already stay, at the expense of the others.
   */
  #shares(config: WorkloadConfig): Counts {
    const held = this.#occupancy(config);
    const slab = Math.floor((held * (config.slabPermille ?? 0)) / 1000);
    const kernel = Math.max(this.#held[KERNEL], Math.floor((held * config.kernelPermille) / 1000));
    const movable = Math.max(0, held - kernel - slab);
    const huge = Math.floor((movable * config.hugePermille) / 1000 / PAGES_PER_PAGEBLOCK);
    return [movable - huge * PAGES_PER_PAGEBLOCK, huge, kernel];
  }

  /** The first filling: classes drawn at random in proportion to what is left of each, as they mix in a running guest. */
  #populate(config: WorkloadConfig): void {
    const left = this.#shares(config);
    this.#want(left);
    this.#growPlaces(Math.max(this.#pfn.length, left[SMALL] + left[HUGE]));
    const stationary = config.start === 'stationary';
    for (let total = left[SMALL] + left[HUGE] + left[KERNEL]; total > 0; total--) {
      const pick = this.#prng.below(total);
      const size = pick < left[SMALL] ? SMALL : pick < left[SMALL] + left[HUGE] ? HUGE : KERNEL;
      left[size]--;
      if (size === KERNEL) this.#allocateKernel();
      else this.#allocateNew(size, stationary);
    }
  }

  /** What of law W1 does not hold; empty when all does. O(blocks held), and one look at the states of the guest's pages. */
  check(): readonly string[] {
    return wholeOf(this.checkInParts());
  }

  /** As check; nothing may change between two parts. */
  *checkInParts(): Parts<readonly string[]> {
    const out: string[] = [];
    const seen: Counts = [0, 0, 0];
    const places = new Uint8Array(this.#places);
    const blocks = new Uint8Array(this.#mm.state.nrPages);
    /** Follows a chain until it ends or comes to a place that it should not. */
    const walk = (first: number, where: string, visit: (place: number) => void): void => {
      for (let place = first; place !== NONE; place = this.#next[place]!) {
        if (places[place] !== 0) {
          out.push(`place ${place} in ${where} is also elsewhere, or does not exist`);
          return;
        }
        places[place] = 1;
        visit(place);
      }
    };
    let looked = 0;
    for (const [slot, first] of this.#wheel.entries()) {
      walk(first, `slot ${slot}`, (place) => {
        looked++;
        const tick = (this.#death[place]! >>> FRACTION_BITS) * WHEEL_SLOTS + slot;
        if (tick <= this.#now) out.push(`place ${place} should have died at tick ${tick}, it is ${this.#now}`);
        const pfn = this.#pfn[place]!;
        const size = this.#mm.isAllocation(pfn, 0) ? SMALL : HUGE;
        const order = size === SMALL ? 0 : PAGEBLOCK_ORDER;
        const own = this.#mm.isAllocation(pfn, order) && !this.#mm.isHeld(pfn, order) && blocks[pfn] === 0;
        if (!own) out.push(`place ${place}: the block at pfn ${pfn} is not the workload's, or has two places`);
        blocks[pfn] = 1;
        seen[size]++;
      });
      if (looked < PLACES_PER_PART) continue;
      looked = 0;
      yield;
    }
    walk(this.#spare, 'the spare ones', () => undefined);
    if (places.includes(0)) out.push(`place ${places.indexOf(0)} is in no slot and not spare`);
    yield;
    return [...out, ...this.#checkCounts(seen)];
  }

  #checkCounts(seen: Counts): string[] {
    const { zones, block, page, nrPages } = this.#mm.state;
    const sum = (column: Iterable<number>): number => {
      let total = 0;
      for (const n of column) total += n;
      return total;
    };
    const managed = sum(zones.managed);
    const recorded = recordedUse(this.#mm.state.config);
    // Boot-reserved pages are counted as pinned too.
    seen[KERNEL] = sum(block.pinned) - (sum(zones.present) - managed) - recorded;
    let byHand = 0;
    for (let pfn = 0; pfn < nrPages; pfn++) {
      const state = stateOf(page, pfn);
      if (isSpecial(page, pfn) && (state & KIND_MASK) === HELD) byHand += 1 << (state & ORDER_MASK);
    }
    const out: string[] = [];
    if (seen.join() !== this.#held.join()) {
      out.push(`blocks (small, huge, kernel): ${seen.join(', ')} found, ${this.#held.join(', ')} counted`);
    }
    const allocated = managed - sum(zones.free) - sum(zones.pcp);
    const known = pagesOf(this.#held) + byHand + recorded + this.slabPages();
    if (known !== allocated)
      out.push(`${allocated} pages are allocated, ${known} of them by the workload, slab caches or by hand`);
    return out;
  }

  save(w: StateWriter, prefix: string): void {
    w.json(`${prefix}.workload`, {
      config: this.#config as never,
      now: this.#now,
      ...(this.#past === 0 ? {} : { past: this.#past }),
      turn: this.#turn,
      held: [...this.#held],
      wanted: [...this.#wanted],
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
    if (this.#birth !== null) w.column(`${prefix}.workload.birth`, this.#birth.subarray(0, this.#places));
    w.column(`${prefix}.workload.prng`, this.#prng.state);
    w.column(`${prefix}.workload.wheel`, this.#wheel);
  }

  static load(mm: GuestMm, r: StateReader, prefix: string): Workload {
    const j = r.json<WorkloadJson>(`${prefix}.workload`);
    const w = new Workload(mm, j.config, new Prng(0, ''));
    w.#prng.state.set(r.shared<Uint32Array>(`${prefix}.workload.prng`));
    w.#wheel.set(r.shared<Uint32Array>(`${prefix}.workload.wheel`));
    w.#now = j.now;
    w.#past = j.past ?? 0;
    w.#turn = j.turn;
    w.#held.splice(0, j.held.length, ...j.held);
    w.#want(j.wanted);
    w.allocs = j.allocs;
    w.frees = j.frees;
    w.allocFailures = j.allocFailures;
    w.#places = j.places;
    w.#spare = j.spare;
    if (j.places > w.#pfn.length) w.#growPlaces(j.places);
    w.#pfn.set(r.shared<Uint32Array>(`${prefix}.workload.pfn`));
    w.#death.set(r.shared<Uint32Array>(`${prefix}.workload.death`));
    w.#next.set(r.shared<Uint32Array>(`${prefix}.workload.next`));
    w.#countFile();
    if (r.has(`${prefix}.workload.birth`)) {
      w.#birth = new Float64Array(w.#pfn.length);
      w.#birth.set(r.shared<Float64Array>(`${prefix}.workload.birth`));
    }
    return w;
  }
}

interface WorkloadJson {
  readonly config: WorkloadConfig | null;
  readonly now: number;
  readonly past?: number;
  readonly turn: number;
  readonly held: Counts;
  readonly wanted: Counts;
  readonly allocs: number;
  readonly frees: number;
  readonly allocFailures: number;
  readonly places: number;
  readonly spare: number;
}
