/**
 * What runs in a guest, as its allocator sees it: a constant number of blocks in use, each with a lifetime; one that
 * dies is freed and another is allocated at that same moment on the same CPU, so each place is a renewal process. A share
 * are huge pages; a share are kernel pages that are never freed (pinned). Its clock goes on while the CPUs of its guest
 * run, so it may stand inside a tick. When each block dies: death-wheel.ts.
 *
 * Law W1, which `check` recounts: (a) every block that the workload holds and that can die is in exactly one slot of the
 * wheel, that of a tick to come, and is an allocation of its order; (b) held counts are the blocks held by class; (c)
 * these and the blocks taken by hand, which are not touched, are all that is allocated in the guest, besides what was in
 * use for good at power-on (mm/boot-record.ts).
 */
import type { WorkloadConfig } from '../../../shared/model/config.ts';
import { type Parts, Prng, type StateReader, type StateWriter, unitOf, wholeOf } from '../core/index.ts';
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
import { DeathWheel, FRACTION } from './death-wheel.ts';
import { drawAge, drawLifetime, lifetimeAt, residualAt } from './lifetime.ts';

/** Classes of blocks; those of KERNEL never die. */
const SMALL = 0;
const HUGE = 1;
const KERNEL = 2;

/** Of the first filling, and of a warm-up with few deaths, between two stops. */
const BLOCKS_PER_PART = 2 ** 14;
const TICKS_PER_PART = 256;

type Counts = [small: number, huge: number, kernel: number];
const pagesOf = (blocks: Counts): number => blocks[SMALL] + blocks[HUGE] * PAGES_PER_PAGEBLOCK + blocks[KERNEL];

export class Workload {
  readonly #mm: GuestMm;
  /** The blocks that can die. */
  #wheel: DeathWheel;
  /** One bit a page of the page cache; null while no share is asked for. Follows from the places. */
  #file: Int32Array | null = null;
  /** Pages of the slab caches, which are held beside it. */
  slabPages: () => number = () => 0;
  readonly #prng: Prng;
  #config: WorkloadConfig | null;
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
    this.#wheel = new DeathWheel(0);
    this.#mm = mm;
    this.#config = config;
    this.#prng = prng;
    this.#runsAt = mm.state.config.cpuNode;
  }

  cpusRunAt(nids: readonly number[]): void {
    this.#runsAt = nids;
  }

  static create(mm: GuestMm, config: WorkloadConfig | null, seed: number, stream: string): Workload {
    return wholeOf(Workload.createInParts(mm, config, seed, stream));
  }

  /**
   * Fills the guest to its occupancy; `fresh` then runs the warm-up.
   * @param done is told how much of both is done, from 0 to 1.
   */
  static *createInParts(
    mm: GuestMm,
    config: WorkloadConfig | null,
    seed: number,
    stream: string,
    done: (part: number) => void = () => undefined,
  ): Parts<Workload> {
    const w = new Workload(mm, config, new Prng(seed, `${stream}/workload`));
    if (config === null) return w;
    w.#countFile();
    const ticks = config.start === 'fresh' ? config.warmupTicks : 0;
    // To fill it costs about as much as a tick in which everything dies; a tick is seldom so long.
    const filling = ticks === 0 ? 1 : 0.5;
    yield* w.#populateInParts(config, (part) => done(filling * part));
    for (let i = 0; i < ticks; i++) {
      yield* w.stepInParts();
      done(filling + ((1 - filling) * (i + 1)) / ticks);
      if (i % TICKS_PER_PART === TICKS_PER_PART - 1) yield;
    }
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
    const config = this.#config;
    if (config === null) {
      this.#wheel.keepBirths(() => 0);
      return;
    }
    const prng = new Prng(0, 'birth');
    prng.state.set(this.#prng.state);
    // Who began fresh has nothing that is older than itself.
    const oldest = config.start === 'fresh' ? this.#now : Infinity;
    this.#wheel.keepBirths(
      (deathTick) => this.#now - Math.min(oldest, drawAge(config.lifetime, deathTick - this.#now, prng)),
    );
  }

  /** Every block that can die, with its birth; keepBirths has been called. */
  forEachBlock(visit: (place: number, pfn: number, born: number) => void): void {
    this.#wheel.forEach((place, pfn) => visit(place, pfn, this.#wheel.bornAt(place)));
  }

  /** The block of a place if it is the one that was born then; -1 when that one has died. */
  blockAt(place: number, born: number): number {
    return this.#wheel.blockAt(place, born);
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

  /** A single page has come to a place. */
  #noteFile(place: number, pfn: number): void {
    if (this.#file !== null) this.#setFile(pfn, this.#isFile(place));
  }

  #countFile(): void {
    this.#file = null;
    if ((this.#config?.filePermille ?? 0) === 0) return;
    this.#file = new Int32Array(Math.ceil(this.#mm.state.nrPages / 32));
    this.#wheel.forEach((place, pfn) => {
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
    return wholeOf(this.stepInParts(cpuShare));
  }

  /** As step; nothing else may look at the guest or change it between two parts. */
  *stepInParts(cpuShare = 1): Parts<void> {
    const past = this.#past + cpuShare * FRACTION;
    this.#past = past % FRACTION;
    if (past >= FRACTION) {
      yield* this.#wheel.dieUntilInParts(this.#now + 1, FRACTION, this.#die);
      this.#now++;
    }
    if (this.#past >= 1) yield* this.#wheel.dieUntilInParts(this.#now + 1, Math.floor(this.#past), this.#die);
    for (const size of [SMALL, HUGE, KERNEL] as const) yield* this.#fillInParts(size);
  }

  readonly #die = (place: number, pfn: number, time: number): void => {
    const order = stateOf(this.#mm.state.page, pfn) & ORDER_MASK;
    const size = order === 0 ? SMALL : HUGE;
    // Freed and allocated by the same CPU: with two in turn, memory would drift from one's node to the other's.
    const cpu = this.#nextCpu();
    this.#mm.freePages(pfn, order, cpu);
    if (size === SMALL) this.#setFile(pfn, false);
    this.frees++;
    this.#held[size]--;
    const next = this.#held[size] < this.#wanted[size] ? this.#allocate(size, cpu) : NO_PFN;
    if (next === NO_PFN) this.#wheel.retire(place);
    else {
      this.#wheel.put(place, next, time, this.#deathOf(time));
      if (size === SMALL) this.#noteFile(place, next);
    }
  };

  /** Allocates until the class has what it wants, or blocks of other classes are still in its room, or there is no more. */
  *#fillInParts(size: 0 | 1 | 2): Parts<void> {
    const pages = size === HUGE ? PAGES_PER_PAGEBLOCK : 1;
    const room = pagesOf(this.#wanted) - pages;
    let filled = 0;
    while (this.#held[size] < this.#wanted[size] && pagesOf(this.#held) <= room) {
      if (++filled % BLOCKS_PER_PART === 0) yield;
      const pfn = this.#allocate(size, this.#nextCpu());
      if (pfn === NO_PFN) return;
      if (size === KERNEL) continue;
      const now = this.#now * FRACTION + Math.floor(this.#past);
      const place = this.#wheel.add(pfn, now, this.#deathOf(now));
      if (size === SMALL) this.#noteFile(place, pfn);
    }
  }

  /** When a block dies that is born at `time`, in 1/256 tick. */
  #deathOf(time: number): number {
    return time + lifeOf(drawLifetime(this.#config!.lifetime, this.#prng));
  }

  /** A block of a class near a CPU, pinned if it is the kernel's; NO_PFN when there is none. */
  #allocate(size: 0 | 1 | 2, cpu: number): number {
    const type = size === KERNEL ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
    const pfn = this.#mm.allocPages(size === HUGE ? PAGEBLOCK_ORDER : 0, cpu, type);
    if (pfn === NO_PFN) {
      this.allocFailures++;
      return NO_PFN;
    }
    if (this.#mm.targetNid(pfn) !== this.#runsAt[cpu]) this.remoteAllocs++;
    if (size === KERNEL) this.#mm.pin(pfn);
    this.allocs++;
    this.#held[size]++;
    return pfn;
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
  *#populateInParts(config: WorkloadConfig, done: (part: number) => void): Parts<void> {
    const left = this.#shares(config);
    this.#want(left);
    const wheel = new DeathWheel(left[SMALL] + left[HUGE]);
    this.#wheel = wheel;
    const all = left[SMALL] + left[HUGE] + left[KERNEL];
    for (let total = all; total > 0; total--) {
      if ((all - total) % BLOCKS_PER_PART === BLOCKS_PER_PART - 1) {
        done((all - total) / all);
        yield;
      }
      const pick = this.#prng.below(total);
      const size = pick < left[SMALL] ? SMALL : pick < left[SMALL] + left[HUGE] ? HUGE : KERNEL;
      left[size]--;
      const pfn = this.#allocate(size, this.#nextCpu());
      if (pfn === NO_PFN || size === KERNEL) continue;
      const place = wheel.addUndated(pfn, this.#prng.u32());
      if (size === SMALL) this.#noteFile(place, pfn);
    }
    const { lifetime, start } = config;
    const at = start === 'stationary' ? residualAt : lifetimeAt;
    yield* wheel.dateAllInParts((draw) => lifeOf(at(lifetime, unitOf(draw))));
  }

  /** What of law W1 does not hold; empty when all does. O(blocks held), and one look at the states of the guest's pages. */
  check(): readonly string[] {
    return wholeOf(this.checkInParts());
  }

  /** As check; nothing may change between two parts. */
  *checkInParts(): Parts<readonly string[]> {
    const out: string[] = [];
    const seen: Counts = [0, 0, 0];
    const blocks = new Uint8Array(this.#mm.state.nrPages);
    yield* this.#wheel.checkInParts(this.#now, out, (place, pfn) => {
      const size = this.#mm.isAllocation(pfn, 0) ? SMALL : HUGE;
      const order = size === SMALL ? 0 : PAGEBLOCK_ORDER;
      const own = this.#mm.isAllocation(pfn, order) && !this.#mm.isHeld(pfn, order) && blocks[pfn] === 0;
      if (!own) out.push(`place ${place}: the block at pfn ${pfn} is not the workload's, or has two places`);
      blocks[pfn] = 1;
      seen[size]++;
    });
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

  save(w: StateWriter): void {
    w.json('workload', {
      config: this.#config as never,
      now: this.#now,
      ...(this.#past === 0 ? {} : { past: this.#past }),
      turn: this.#turn,
      held: [...this.#held],
      wanted: [...this.#wanted],
      allocs: this.allocs,
      frees: this.frees,
      allocFailures: this.allocFailures,
      ...this.#wheel.used,
    });
    this.#wheel.save(w);
    w.column('workload.prng', this.#prng.state);
    this.#wheel.saveSlots(w);
  }

  static load(mm: GuestMm, r: StateReader): Workload {
    const j = r.json<WorkloadJson>('workload');
    const w = new Workload(mm, j.config, new Prng(0, ''));
    w.#prng.state.set(r.shared<Uint32Array>('workload.prng'));
    w.#now = j.now;
    w.#past = j.past ?? 0;
    w.#turn = j.turn;
    w.#held.splice(0, j.held.length, ...j.held);
    w.#want(j.wanted);
    w.allocs = j.allocs;
    w.frees = j.frees;
    w.allocFailures = j.allocFailures;
    w.#wheel = DeathWheel.load(j, r);
    w.#countFile();
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

/** A lifetime in ticks, in 1/256 of them: at least one. */
const lifeOf = (ticks: number): number => Math.max(1, Math.ceil(ticks * FRACTION));
