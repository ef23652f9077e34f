/**
 * Watches the laws of a world while it runs.
 *
 * (a) After every tick: free is never above size on any node of any guest (the part of law G4 that a user of a guest
 *     could see), by the counters. In a guest with the posted code's defects the kernel's own counters may violate
 *     this: the defects explain it and it does not stop the run, so there free pages count for their target node.
 * (b) The whole world against every law: before the first tick and after the last; of a small world after every tick,
 *     of others at tick 1024 and each time the ticks have doubled.
 * (c) A guest of a large world against every law of guests: after its first commit and every commit while nothing moves
 *     it, which its last one is. Commits in between say little new, and moves alone do not touch what a guest counts.
 * (d) The times of checks depend on ticks and events alone, so that equal runs are checked alike.
 * (e) The first violations stop the run: what follows a broken law is meaningless.
 * (f) Optionally a check of a large world is split: it becomes due, each call of `checkSome` does some milliseconds of
 *     it, and the world must not be stepped before it is done. A command submitted in between restarts the check.
 */
import type { Violation, WorldEvent, WorldEventType } from '../../shared/model/event.ts';
import type { LawsChecked } from '../../shared/view/index.ts';
import { NR_ZONES } from '../engine/mm/index.ts';
import type { Parts, World } from '../engine/index.ts';

/** Guests of up to 256 MiB together: a check takes some milliseconds. */
const SMALL_WORLD_PAGES = 65_536;
const FIRST_CHECK_TICKS = 1024;

const MOVE_BEGINS: ReadonlySet<WorldEventType> = new Set(['compactionStarted', 'migrationStarted']);
const MOVE_ENDS: ReadonlySet<WorldEventType> = new Set([
  'compactionCompleted',
  'compactionStalled',
  'compactionCancelled',
  'migrationCompleted',
  'migrationCancelled',
  'migrationFailed',
]);

export class LawWatch {
  #world: World;
  readonly #small: boolean;
  /** VMs that are being moved, and those that have committed a layout. */
  #moving = new Set<string>();
  #committed = new Set<string>();
  #dueTick = FIRST_CHECK_TICKS;
  #checkedTick = -1;
  #checked = 0;
  #guestsChecked = 0;
  #broken: readonly Violation[] = [];
  readonly #inParts: boolean;
  /** Checks to be done, in parts. */
  #dueWorld = false;
  readonly #dueGuests = new Set<string>();
  #running: Running | null = null;

  constructor(world: World, options: { readonly inParts?: boolean } = {}) {
    this.#world = world;
    this.#inParts = options.inParts ?? false;
    this.#small = world.config.guests.reduce((sum, { mm }) => sum + mm.nrPages, 0) <= SMALL_WORLD_PAGES;
    this.#checkWorld();
  }

  /** Its checks take some milliseconds. */
  get isSmall(): boolean {
    return this.#small;
  }

  /** Of the broken laws each says what was expected and found, on which page or node; the tick is the world's. */
  get result(): LawsChecked {
    return { checked: this.#checked, guestsChecked: this.#guestsChecked, broken: this.#broken };
  }

  /** @param events of the tick. */
  afterTick(events: readonly WorldEvent[]): void {
    const due = this.#guestsDue(events);
    this.#broken = freeAboveSize(this.#world);
    if (this.#broken.length > 0) return;
    if (this.#small || this.#world.tick >= this.#dueTick) this.#checkWorld();
    else for (const guest of this.#world.guests) if (due.has(guest.config.name)) this.#checkGuest(guest);
  }

  atEnd(): void {
    if (this.#broken.length === 0 && this.#checkedTick !== this.#world.tick) this.#checkWorld();
  }

  /** Checks every law of the whole world now, or makes that check due when checks are split. Counted as a check. */
  checkNow(): void {
    this.#checkWorld();
  }

  /** Whether there is something for `checkSome` to do. */
  get checking(): boolean {
    return this.#dueWorld || this.#dueGuests.size > 0;
  }

  /** Some milliseconds of the checks that are due. */
  checkSome(): void {
    this.#running ??= this.#next();
    if (this.#running === null) return;
    const { guest, parts } = this.#running;
    const { done, value } = parts.next();
    if (done !== true) return;
    this.#running = null;
    this.#broken = [...this.#broken, ...value.map(({ law, text, vm }) => ({ law, vm: vm ?? guest, text }))];
    if (guest === null) {
      this.#dueWorld = false;
      this.#checked++;
    } else {
      this.#dueGuests.delete(guest);
      this.#guestsChecked++;
    }
  }

  /** A command was given: what has been checked of the world is of another one. */
  worldChanged(): void {
    this.#running = null;
  }

  #next(): Running | null {
    if (this.#dueWorld) return { guest: null, parts: this.#world.checkInParts() };
    const [name] = this.#dueGuests;
    const guest = this.#world.guests.find(({ config }) => config.name === name);
    return guest === undefined ? null : { guest: guest.config.name, parts: guest.checkInParts() };
  }

  save(): LawWatchState {
    return {
      moving: [...this.#moving],
      committed: [...this.#committed],
      dueTick: this.#dueTick,
      checkedTick: this.#checkedTick,
      checked: this.#checked,
      guestsChecked: this.#guestsChecked,
      broken: this.#broken,
      dueWorld: this.#dueWorld,
      dueGuests: [...this.#dueGuests],
    };
  }

  /** Goes on from a state that it had. @param world as it was then. */
  goBack(world: World, state: LawWatchState): void {
    this.#world = world;
    this.#moving = new Set(state.moving);
    this.#committed = new Set(state.committed);
    this.#dueTick = state.dueTick;
    this.#checkedTick = state.checkedTick;
    this.#checked = state.checked;
    this.#guestsChecked = state.guestsChecked;
    this.#broken = state.broken;
    this.#running = null;
    this.#dueWorld = state.dueWorld;
    this.#dueGuests.clear();
    for (const name of state.dueGuests) this.#dueGuests.add(name);
  }

  #guestsDue(events: readonly WorldEvent[]): ReadonlySet<string> {
    const due = new Set<string>();
    for (const { type, vm } of events) {
      if (vm === null) continue;
      if (MOVE_BEGINS.has(type)) this.#moving.add(vm);
      if (MOVE_ENDS.has(type)) this.#moving.delete(vm);
      if (type !== 'layoutCommitted') continue;
      if (!this.#moving.has(vm) || !this.#committed.has(vm)) due.add(vm);
      this.#committed.add(vm);
    }
    return due;
  }

  #checkWorld(): void {
    this.#checkedTick = this.#world.tick;
    while (this.#dueTick <= this.#checkedTick) this.#dueTick *= 2;
    if (this.#inParts && !this.#small) {
      this.#dueWorld = true;
      return;
    }
    this.#broken = this.#world.check();
    this.#checked++;
  }

  #checkGuest(guest: World['guests'][number]): void {
    if (this.#inParts) {
      this.#dueGuests.add(guest.config.name);
      return;
    }
    const found = guest.check().map(({ law, text }): Violation => ({ law, vm: guest.config.name, text }));
    this.#broken = [...this.#broken, ...found];
    this.#guestsChecked++;
  }
}

/** A check under way: of a guest, or of all. */
interface Running {
  readonly guest: string | null;
  readonly parts: Parts<readonly Found[]>;
}

/** A check of one guest does not name it. */
interface Found {
  readonly law: string;
  readonly vm?: string | null;
  readonly text: string;
}

export interface LawWatchState {
  readonly moving: readonly string[];
  readonly committed: readonly string[];
  readonly dueTick: number;
  readonly checkedTick: number;
  readonly checked: number;
  readonly guestsChecked: number;
  readonly broken: readonly Violation[];
  readonly dueWorld: boolean;
  readonly dueGuests: readonly string[];
}

function freeAboveSize(world: World): Violation[] {
  return world.guests.flatMap(({ config, memory: mm }) => {
    const { rfc, committing } = mm.state;
    // The sweep of a commit that is under way is still to come.
    if (committing) return [];
    const { free, present } = mm.state.zones;
    const broken: Violation[] = [];
    for (let nid = 0; nid < mm.state.nrNodeIds; nid++) {
      let freePages = 0;
      let sizePages = 0;
      for (let c = nid * NR_ZONES; c < (nid + 1) * NR_ZONES; c++) {
        freePages += free[c]!;
        // What defects leave on other nodes is reported as faults of the guest; by target, free never exceeds size.
        if (rfc !== null) freePages += rfc.misplacedIn[c]! - rfc.misplacedOut[c]!;
        sizePages += present[c]!;
      }
      if (freePages <= sizePages) continue;
      const text = `free of node ${nid} is at most its size; found ${freePages} free pages of ${sizePages}`;
      broken.push({ law: 'G4', vm: config.name, text });
    }
    return broken;
  });
}
