/**
 * When the blocks that a workload holds die: a wheel of SLOTS slots, one a tick. A block has a *place*, which knows its
 * pfn, its time of death and the next place of its slot. Deaths fall inside ticks, not on them: times are in 1/256 tick.
 *
 *     tick    0     1     2   ...  4095
 *     slot  [ 0 ] [ 1 ] [ 2 ] ... [4095]    tick 4096 is slot 0 of turn 1
 *             |           |
 *           place 7     place 3 -> place 9  each with (turn, how long before the end of the tick)
 *
 * - The slot and the turn give the tick of a death; `death` holds the turn and how long before the end of that tick it
 *   is. So the clock reaches 2^36 ticks; what would outlive it dies in its last tick, which is never reached.
 * - A slot also holds blocks that die in a later turn; they are put back when it is their slot's tick.
 * - A block that replaces another takes over its place. A place without a block is spare.
 * - 12 bytes a place, and 8 more while births are kept.
 */
import { assert, type Parts, type StateReader, type StateWriter } from '../core/index.ts';

const SLOTS = 4096;
/** No place. */
const NONE = 0xffffffff;
const FRACTION_BITS = 8;
/** Parts of a tick in which times are counted. */
export const FRACTION = 1 << FRACTION_BITS;
/** The last turn that `death` can name, and the tick in which it ends; the clock stays below. */
const MAX_TURN = 2 ** 24 - 1;
const LAST_TICK = MAX_TURN * SLOTS + SLOTS - 1;

/** Looked at by a check, or dated, between two stops. */
const PLACES_PER_PART = 2 ** 15;
/** Deaths between two stops: some milliseconds, as each is freed and allocated anew. */
const DEATHS_PER_PART = 2 ** 13;

export class DeathWheel {
  /** Columns by place; replaced by longer ones when they are full. */
  #pfn: Uint32Array;
  /** Turn of the wheel, then in the low 8 bits 1/256 ticks before the end of the tick. */
  #death: Uint32Array;
  #next: Uint32Array;
  /** When the block of a place was born, in ticks; null while nobody asks. */
  #birth: Float64Array | null = null;
  /** Places ever used, and the first spare one. */
  #places = 0;
  #spare = NONE;
  /** First place of each slot, NONE when empty. */
  readonly #slots = new Uint32Array(SLOTS).fill(NONE);

  /** @param places room for so many; it grows by itself. */
  constructor(places: number) {
    [this.#pfn, this.#death, this.#next] = columnsOf(Math.max(1024, places));
  }

  /** Places ever used, and the first spare one: what is written of the wheel beside its columns. */
  get used(): { readonly places: number; readonly spare: number } {
    return { places: this.#places, spare: this.#spare };
  }

  /** From now on births are kept. @param bornOf says when a block was born, in ticks, that dies in a tick. */
  keepBirths(bornOf: (deathTick: number) => number): void {
    if (this.#birth !== null) return;
    const birth = new Float64Array(this.#pfn.length);
    this.#birth = birth;
    this.forEach((place, _, deathTick) => (birth[place] = bornOf(deathTick)));
  }

  /** Every block, by slot. */
  forEach(visit: (place: number, pfn: number, deathTick: number) => void): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      for (let place = this.#slots[slot]!; place !== NONE; place = this.#next[place]!) {
        visit(place, this.#pfn[place]!, (this.#death[place]! >>> FRACTION_BITS) * SLOTS + slot);
      }
    }
  }

  /** When the block of a place was born; keepBirths has been called. */
  bornAt(place: number): number {
    return this.#birth![place]!;
  }

  /** The block of a place if it is the one that was born then; -1 when that one has died. */
  blockAt(place: number, born: number): number {
    return this.#birth![place] === born ? this.#pfn[place]! : -1;
  }

  /** A new block, from `born` to `death` in 1/256 tick. @returns its place. */
  add(pfn: number, born: number, death: number): number {
    let place = this.#spare;
    if (place !== NONE) this.#spare = this.#next[place]!;
    else place = this.#newPlace();
    this.put(place, pfn, born, death);
    return place;
  }

  #newPlace(): number {
    if (this.#places === this.#pfn.length) this.#grow(2 * this.#places);
    return this.#places++;
  }

  /** A block in the place of one that has just died. */
  put(place: number, pfn: number, born: number, death: number): void {
    this.#pfn[place] = pfn;
    if (this.#birth !== null) this.#birth[place] = born / FRACTION;
    this.#date(place, death);
  }

  #date(place: number, death: number): void {
    const time = Math.min(LAST_TICK * FRACTION, death);
    // Deaths in (t - 1, t] are found at t.
    const tick = Math.ceil(time / FRACTION);
    const turn = Math.floor(tick / SLOTS);
    const slot = tick - turn * SLOTS;
    this.#death[place] = turn * FRACTION + (tick * FRACTION - time);
    this.#next[place] = this.#slots[slot]!;
    this.#slots[slot] = place;
  }

  /** The block of a place has died, and none takes it over. */
  retire(place: number): void {
    if (this.#birth !== null) this.#birth[place] = NaN;
    this.#next[place] = this.#spare;
    this.#spare = place;
  }

  /**
   * A block of a wheel that is being filled: what its life is to be drawn from is kept until `dateAll`. So lifetimes are
   * computed one after the other, with nothing between them that waits for memory: twice as fast as at each block.
   * @param draw 32 random bits.
   */
  addUndated(pfn: number, draw: number): number {
    const place = this.#newPlace();
    this.#pfn[place] = pfn;
    this.#death[place] = draw;
    return place;
  }

  /** All blocks are undated; each gets its death, in the order in which they were added. @param deathOf in 1/256 tick. */
  *dateAllInParts(deathOf: (draw: number) => number): Parts<void> {
    for (let from = 0; from < this.#places; from += PLACES_PER_PART) {
      const end = Math.min(this.#places, from + PLACES_PER_PART);
      for (let place = from; place < end; place++) this.#date(place, deathOf(this.#death[place]!));
      if (end < this.#places) yield;
    }
  }

  /** Calls back for all deaths of a tick up to `past` of it, in 1/256; each place is then put to use again, or retired. */
  *dieUntilInParts(tick: number, past: number, die: (place: number, pfn: number, time: number) => void): Parts<void> {
    assert(tick < LAST_TICK, 'workload-clock-end', { tick });
    const slot = tick % SLOTS;
    const turn = Math.floor(tick / SLOTS);
    let stay = NONE;
    let seen = 0;
    // A replacement may die in this same tick: it is then found in the slot again.
    while (this.#slots[slot] !== NONE) {
      let place = this.#slots[slot]!;
      this.#slots[slot] = NONE;
      while (place !== NONE) {
        const after = this.#next[place]!;
        const death = this.#death[place]!;
        const before = death & (FRACTION - 1);
        if (death >>> FRACTION_BITS <= turn && FRACTION - before <= past) {
          die(place, this.#pfn[place]!, tick * FRACTION - before);
        } else {
          this.#next[place] = stay;
          stay = place;
        }
        place = after;
        if (++seen % DEATHS_PER_PART === 0) yield;
      }
    }
    this.#slots[slot] = stay;
  }

  #grow(places: number): void {
    const [pfn, death, next] = columnsOf(places);
    pfn.set(this.#pfn);
    death.set(this.#death);
    next.set(this.#next);
    [this.#pfn, this.#death, this.#next] = [pfn, death, next];
    if (this.#birth === null) return;
    const births = new Float64Array(places);
    births.set(this.#birth);
    this.#birth = births;
  }

  /**
   * Every place is in exactly one slot, that of a tick to come, or spare. What is found goes into `out`; nothing may
   * change between two parts.
   */
  *checkInParts(now: number, out: string[], visit: (place: number, pfn: number) => void): Parts<void> {
    const seen = new Uint8Array(this.#places);
    /** Follows a chain until it ends or comes to a place that it should not. */
    const walk = (first: number, where: string, each: (place: number) => void): void => {
      for (let place = first; place !== NONE; place = this.#next[place]!) {
        if (seen[place] !== 0) {
          out.push(`place ${place} in ${where} is also elsewhere, or does not exist`);
          return;
        }
        seen[place] = 1;
        each(place);
      }
    };
    let looked = 0;
    for (const [slot, first] of this.#slots.entries()) {
      walk(first, `slot ${slot}`, (place) => {
        looked++;
        const tick = (this.#death[place]! >>> FRACTION_BITS) * SLOTS + slot;
        if (tick <= now) out.push(`place ${place} should have died at tick ${tick}, it is ${now}`);
        visit(place, this.#pfn[place]!);
      });
      if (looked < PLACES_PER_PART) continue;
      looked = 0;
      yield;
    }
    walk(this.#spare, 'the spare ones', () => undefined);
    if (seen.includes(0)) out.push(`place ${seen.indexOf(0)} is in no slot and not spare`);
    yield;
  }

  save(w: StateWriter): void {
    w.column('workload.pfn', this.#pfn.subarray(0, this.#places));
    w.column('workload.death', this.#death.subarray(0, this.#places));
    w.column('workload.next', this.#next.subarray(0, this.#places));
    if (this.#birth !== null) w.column('workload.birth', this.#birth.subarray(0, this.#places));
  }

  /** After what `save` writes: the order is the hash's. */
  saveSlots(w: StateWriter): void {
    w.column('workload.wheel', this.#slots);
  }

  static load({ places, spare }: DeathWheel['used'], r: StateReader): DeathWheel {
    const wheel = new DeathWheel(places);
    wheel.#places = places;
    wheel.#spare = spare;
    wheel.#slots.set(r.shared<Uint32Array>('workload.wheel'));
    wheel.#pfn.set(r.shared<Uint32Array>('workload.pfn'));
    wheel.#death.set(r.shared<Uint32Array>('workload.death'));
    wheel.#next.set(r.shared<Uint32Array>('workload.next'));
    if (!r.has('workload.birth')) return wheel;
    wheel.#birth = new Float64Array(wheel.#pfn.length);
    wheel.#birth.set(r.shared<Float64Array>('workload.birth'));
    return wheel;
  }
}

/** Three columns in one buffer. */
function columnsOf(places: number): [Uint32Array, Uint32Array, Uint32Array] {
  const buffer = new ArrayBuffer(12 * places);
  const column = (i: number): Uint32Array => new Uint32Array(buffer, 4 * places * i, places);
  return [column(0), column(1), column(2)];
}
