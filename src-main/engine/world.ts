/**
 * The world: hosts, guests, time. It knows nothing of files, clocks, windows or Node. `create` and `restore` make a
 * world; `step`, `submit`, `apply` and the lines of a guest's shell change it; everything else only reads it. The same
 * configuration, seed and commands give the same hash chain wherever a world runs.
 *
 * A tick, in this order: (1) the commands scheduled for it; (2) compactions and migrations move frames; (3) guest
 * by guest, in the order of the scenario: the step of a commit that is due, then the layout that is due, then the
 * workload's deaths and births of the part of the tick in which the guest's CPUs ran; (4) the tick counts up and the chain
 * grows. A command takes effect as a whole or not at all; a rejected command is
 * logged and changes nothing else.
 *
 * The configuration always describes the world: a command submitted between two ticks (`submit`) is entered into the
 * schedule at the present tick, before the commands still to come, so that a world made from the resulting `config`
 * has the same hash and chain at every later tick. A submitted command that is rejected is not entered. A scheduled
 * command that is rejected stays in the schedule, as it was part of the configuration before it was tried.
 */
import type { Forecast } from '../../shared/model/forecast.ts';
import type { Figures, Snapshot, SnapshotLevel } from '../../shared/columns/index.ts';
import type { Violation, WorldEvent } from '../../shared/model/event.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import type { Command } from '../../shared/model/command.ts';
import type { ScheduledCommand, WorldConfig } from '../../shared/model/world.ts';
import {
  assert,
  InvariantError,
  type Parts,
  StateCollector,
  StateHasher,
  type StatePart,
  StateReader,
  wholeOf,
  type WorldState,
} from './core/index.ts';
import { GuestFiles, OpenLine, type Outside, type Written } from './guestfs/index.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import { EventChain } from './event-chain.ts';
import { Transfers } from './transfer/index.ts';
import { Guest, type StayingPages, truthOf } from './vm/index.ts';
import { appliedEvent, applyCommand, checkCommand, type CommandPlace } from './world-command.ts';
import { forecastOf, forecastOfNobody } from './world-forecast.ts';
import { tilesOf, type TilesWithBytes } from './world-tiles.ts';
import { plugBlock } from './world-plug.ts';
import { type SnapshotOptions, SnapshotCache, figuresOf, snapshotOf } from './world-snapshot.ts';

/** A command that was tried, and what came of it. */
export interface LogEntry {
  readonly tick: number;
  readonly command: Command;
  /** Null when it took effect. */
  readonly rejection: Rejection | null;
}

export type WorldStart =
  | { readonly world: World; readonly problems: readonly [] }
  | { readonly world: null; readonly problems: readonly PlacementProblem[] };

/** Guests of a tick between two stops. */
const GUESTS_PER_PART = 64;

const pagesOf = ({ nrPages, holes }: WorldConfig['guests'][number]['mm']): number =>
  holes.reduce((pages, { start, end }) => pages - (end - start), nrPages);

/** Pages of all guests: what createInParts counts up to. */
export const guestPagesOf = ({ guests }: WorldConfig): number => guests.reduce((sum, { mm }) => sum + pagesOf(mm), 0);

export class World {
  #config: WorldConfig;
  readonly #transfers: Transfers;
  readonly #guests: readonly Guest[];
  #tick: number;
  readonly #events: EventChain;
  /** Entries of the schedule already applied. */
  #scheduled: number;
  /** In the order in which they are applied. */
  readonly #schedule: ScheduledCommand[];
  readonly #log: LogEntry[];
  readonly #cache = new SnapshotCache();
  readonly #files: readonly GuestFiles[];
  /** By guest: how it was last written down, null since something may have changed it. */
  readonly #saved: (StatePart | null)[];
  #line: OpenLine | null = null;

  private constructor(config: WorldConfig, parts: WorldParts) {
    this.#config = config;
    this.#transfers = parts.transfers;
    this.#guests = parts.guests;
    this.#tick = parts.tick;
    this.#events = new EventChain(parts.chain);
    this.#scheduled = parts.scheduled;
    this.#log = [...parts.log];
    this.#schedule = [...config.schedule].sort((a, b) => a.at - b.at);
    this.#files = this.#guests.map((guest, i) => new GuestFiles(guest, this.#outsideOf(i)));
    this.#saved = this.#guests.map(() => null);
  }

  #outsideOf(guest: number): Outside {
    const now = (): number => this.#tick;
    const { tickMs } = this.#config;
    return {
      get tick() {
        return now();
      },
      tickMs,
      plugBlock: (block) => plugBlock(this.#placeOf(guest), block, this.#tick),
    };
  }

  #placeOf(index: number): CommandPlace {
    return {
      tick: this.#tick,
      tickMs: this.#config.tickMs,
      transfers: this.#transfers,
      guest: this.#guests[index]!,
      index,
      files: this.#files[index]!,
    };
  }

  /** A world at tick 0, or every reason why its guests do not fit on its hosts. */
  static create(config: WorldConfig): WorldStart {
    return wholeOf(World.createInParts(config));
  }

  /** As create. @param done is told how many pages of all guests are made, their warm-up included. */
  static *createInParts(config: WorldConfig, done: (pages: number) => void = () => undefined): Parts<WorldStart> {
    const { transfers, problems } = Transfers.create(config);
    if (transfers === null) return { world: null, problems };
    const guests: Guest[] = [];
    let pages = 0;
    for (const [i, g] of config.guests.entries()) {
      const before = pages;
      const own = pagesOf(g.mm);
      const tell = (part: number): void => done(before + Math.floor(part * own));
      guests.push(yield* Guest.createInParts(g, truthOf(transfers.fleet, i), config.seed, config.hosts, tell));
      pages += own;
      done(pages);
      yield;
    }
    const world = new World(config, { transfers, guests, tick: 0, chain: '', scheduled: 0, log: [] });
    world.#events.grow(0, guests);
    return { world, problems: [] };
  }

  /** @param config the `config` of the world that the state was taken from: the commands given to it are in its schedule. */
  static restore(config: WorldConfig, state: WorldState): World {
    const r = new StateReader(state);
    const own = r.json<{ tick: number; chain: string; scheduled: number }>('world');
    const guests = config.guests.map((g, i) => Guest.load(g, new StateReader(state.guests[i]!), config.hosts));
    const log = r.json<readonly LogEntry[]>('log');
    return new World(config, { ...own, log, guests, transfers: Transfers.load(config, r) });
  }

  /** What it was made from, with the commands given since in their places. */
  get config(): WorldConfig {
    return this.#config;
  }

  get tick(): number {
    return this.#tick;
  }

  /** Hash of everything that has happened so far, 16 hex digits; grows by one link a tick. */
  get chain(): string {
    return this.#events.chain;
  }

  get log(): readonly LogEntry[] {
    return this.#log;
  }

  get guests(): readonly Guest[] {
    return this.#guests;
  }

  /**
   * Whether the next tick may have events. False is certain, so that who records a world knows beforehand which moment
   * will be one before an event.
   */
  mayReachEvent(): boolean {
    if (this.nextScheduledTick !== null && this.nextScheduledTick <= this.#tick) return true;
    if (this.#transfers.mayReachEvent) return true;
    const { isBusy, fleet } = this.#transfers;
    return this.#guests.some((guest, i) => guest.mayReachEvent(truthOf(fleet, i), this.#tick, isBusy));
  }

  /** Advances time. Our own bugs are rethrown with the seed and tick they happened at. */
  step(ticks = 1): void {
    for (let i = 0; i < ticks; i++) wholeOf(this.stepInParts());
  }

  /**
   * One tick. Between two of its parts there is no whole world: nothing else may be asked of it until it is done. One that is
   * not wanted any more may be left there.
   */
  *stepInParts(): Parts<void> {
    const parts = this.#tickInParts();
    for (;;) {
      const part = this.#located(() => parts.next());
      if (part.done === true) return;
      yield;
    }
  }

  /** Adds the seed and tick to an InvariantError. */
  #located<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      throw new InvariantError(error.slug, { ...error.details, seed: this.config.seed, tick: this.#tick });
    }
  }

  *#tickInParts(): Parts<void> {
    this.#assertNoLine();
    while (this.#scheduled < this.#schedule.length && this.#schedule[this.#scheduled]!.at <= this.#tick) {
      this.apply(this.#schedule[this.#scheduled++]!.command);
    }
    this.#saved.fill(null);
    this.#transfers.step(this.#tick);
    this.#events.happened(this.#transfers.takeEvents());
    for (const [i, g] of this.#guests.entries()) {
      this.#events.happened(g.advanceCommit(this.#tick));
      this.#events.happened(g.regenerate(truthOf(this.#transfers.fleet, i), this.#tick));
      yield* g.runInParts(this.#transfers.cpuShare(i));
      if (i % GUESTS_PER_PART === GUESTS_PER_PART - 1) yield;
    }
    this.#tick++;
    this.#events.grow(this.#tick, this.#guests);
  }

  /**
   * Applies a command now and, if it took effect, enters it into the schedule at index `appliedCommands` (as it was
   * before the call), counted as applied. Between two ticks only: not from within a step.
   * @returns why it was rejected; null: it took effect.
   */
  submit(command: Command): Rejection | null {
    const rejection = this.apply(command);
    if (rejection === null) this.#enter(command);
    return rejection;
  }

  /** Into the schedule, as applied. */
  #enter(command: Command): void {
    this.#schedule.splice(this.#scheduled++, 0, { at: this.#tick, command });
    this.#config = { ...this.#config, schedule: [...this.#schedule] };
  }

  /** The commands still to come become these, none of them before the present tick. Between two ticks only. */
  reschedule(toCome: readonly ScheduledCommand[]): void {
    const sorted = [...toCome].sort((a, b) => a.at - b.at);
    if ((sorted[0]?.at ?? this.#tick) < this.#tick) throw new InvariantError('schedule-past', { tick: this.#tick });
    this.#schedule.splice(this.#scheduled, this.#schedule.length, ...sorted);
    this.#config = { ...this.#config, schedule: [...this.#schedule] };
  }

  /** The files of a guest, to be looked at; null when there is no such VM. What is written goes through writeFile. */
  filesOf(vm: string): Pick<GuestFiles, 'stat' | 'list' | 'read' | 'resolve'> | null {
    return this.#files[this.#indexOf(vm)] ?? null;
  }

  /**
   * Begins a line of the guest's shell: writeFile takes effect at once, so that the line's programs see it, and endLine
   * enters all of it as one command. Until then time stands still, no command can be submitted, and the state cannot be
   * taken.
   * @param line as it was typed.
   */
  beginLine(vm: string, line: string): void {
    this.#assertNoLine();
    const guest = this.#indexOf(vm);
    assert(guest >= 0, 'line-vm-unknown', { vm });
    this.#line = new OpenLine(guest, line);
  }

  /** One write(2) of the open line. */
  writeFile(path: string, text: string): Written {
    const open = this.#line;
    assert(open !== null, 'line-not-open', { path });
    this.#saved[open.guest] = null;
    return this.#located(() => open.write(this.#files[open.guest]!, path, text));
  }

  /**
   * Ends the open line: what it wrote is one `writeFiles` command from here on, applied, logged and in the schedule. A
   * line that wrote to no file leaves no trace.
   * @returns how many writes reached a file.
   */
  endLine(): number {
    const open = this.#line;
    assert(open !== null, 'line-not-open');
    this.#line = null;
    const command = open.command(this.config.guests[open.guest]!.name);
    if (command === null) return 0;
    this.#events.happened([appliedEvent(command, this.#tick), ...open.events]);
    this.#log.push({ tick: this.#tick, command, rejection: null });
    this.#enter(command);
    return command.writes.length;
  }

  #assertNoLine(): void {
    assert(this.#line === null, 'line-open', { line: this.#line?.line ?? '' });
  }

  /**
   * Applies a command now and leaves the schedule as it is: the configuration does not know of it. Our own bugs are rethrown as by `step`. Its events wait for `takeEvents`.
   * @returns why it was rejected; null: it took effect.
   */
  apply(command: Command): Rejection | null {
    this.#assertNoLine();
    const guest = this.#indexOf(command.vm);
    const rejection = guest < 0 ? unknownVm(command.vm) : this.#located(() => this.#carryOut(guest, command));
    this.#log.push({ tick: this.#tick, command, rejection });
    if (rejection !== null) {
      // An event, but not part of the chain: a rejected command leaves the world as it was.
      this.#events.happenedOutside({
        tick: this.#tick,
        type: 'commandRejected',
        vm: guest < 0 ? null : command.vm,
        data: { command: command.type, vm: command.vm, rejection },
      });
    }
    return rejection;
  }

  /** What would come of a command submitted now; nothing changes, and nothing is logged. Its rejection is that of `submit`. */
  forecast(command: Command): Forecast {
    const index = this.#indexOf(command.vm);
    if (index < 0) return forecastOfNobody(command, unknownVm(command.vm));
    const parts = { config: this.config, tick: this.#tick, transfers: this.#transfers, guests: this.#guests };
    return this.#located(() => forecastOf(parts, command, this.#placeOf(index)));
  }

  #indexOf(vm: string): number {
    return this.config.guests.findIndex((g) => g.name === vm);
  }

  #carryOut(index: number, command: Command): Rejection | null {
    const place = this.#placeOf(index);
    const rejection = checkCommand(place, command);
    if (rejection !== null) return rejection;
    this.#saved[index] = null;
    this.#events.happened(applyCommand(place, command));
    return null;
  }

  /** What has happened since the last call. What was not taken is no part of the state: a restored world has no events. */
  takeEvents(): readonly WorldEvent[] {
    return this.#events.take();
  }

  /**
   * Whether nothing is left to wait for: no scheduled command, no compaction or migration, no layout on its way or being
   * committed, and no page owed but pinned ones. Lag 1 may remain where regeneration is off, where runs are coalesced, and in a guest that
   * was misplaced at boot: it gets no layout until its backing changes or its regeneration is set.
   */
  converged(): boolean {
    if (this.#scheduled < this.#schedule.length || this.#transfers.isBusy) return false;
    return this.#guests.every(
      (g, i) => g.committing === null && !g.deliveryDue && g.lag(truthOf(this.#transfers.fleet, i)).targetActual === 0,
    );
  }

  /**
   * What is owed for ever, by VM, where the world will never have converged: nothing is to come but what workloads do, and
   * each guest that owes pages owes them for ever (vm/stays.ts). Empty: it has converged, or may yet.
   */
  stays(): readonly (StayingPages & { readonly vm: string })[] {
    if (this.#scheduled < this.#schedule.length || this.#transfers.isBusy) return [];
    const staying: (StayingPages & { readonly vm: string })[] = [];
    for (const [i, guest] of this.#guests.entries()) {
      if (guest.committing !== null || guest.deliveryDue) return [];
      const truth = truthOf(this.#transfers.fleet, i);
      if (guest.lag(truth).targetActual === 0) continue;
      const stays = guest.stays(truth, this.#tick);
      if (stays === null) return [];
      staying.push({ vm: guest.config.name, ...stays });
    }
    return staying;
  }

  /** Scheduled commands applied so far, submitted ones among them: in `config.schedule` by time, the index of the next. */
  get appliedCommands(): number {
    return this.#scheduled;
  }

  /** When the next scheduled command is due; null when none is. */
  get nextScheduledTick(): number | null {
    return this.#schedule[this.#scheduled]?.at ?? null;
  }

  /** Scheduled commands that are still to come. */
  get pendingCommands(): number {
    return this.#schedule.length - this.#scheduled;
  }

  /** @param options blocksOf: indexes of the guests whose pageblocks are wanted at level `blocks`; all when not given. */
  snapshot(level: SnapshotLevel, options: SnapshotOptions = {}): Snapshot {
    const parts = { config: this.config, tick: this.#tick, chain: this.#events.chain, transfers: this.#transfers };
    return snapshotOf({ ...parts, guests: this.#guests, cache: this.#cache }, level, options);
  }

  /** What is followed over time, of this tick. */
  figures(): Figures {
    const parts = { config: this.config, tick: this.#tick, chain: this.chain, transfers: this.#transfers };
    return figuresOf({ ...parts, guests: this.#guests, cache: this.#cache });
  }

  /** Exact pages of [fromPfn, fromPfn + pages), as far as the guest has them. */
  tiles(guest: number, fromPfn: number, pages: number): TilesWithBytes {
    return tilesOf(this.#guests[guest]!.memory.state, this.#transfers.fleet, guest, fromPfn, pages);
  }

  /**
   * The whole world written down; `restore` takes it back. Events not yet taken are no part of it. A guest that nothing
   * has changed since the last state is not written anew.
   */
  state(): WorldState {
    return wholeOf(this.stateInParts());
  }

  /** As state, in parts of some milliseconds; the world must not change between two. */
  *stateInParts(): Parts<WorldState> {
    this.#assertNoLine();
    const w = new StateCollector();
    this.#saveOwn(w);
    // A copy: a saved state outlives what is logged later.
    w.json('log', [...this.#log] as never);
    const own = w.done();
    const guests: StatePart[] = [];
    for (const [i, guest] of this.#guests.entries()) {
      if (this.#saved[i] === null) yield;
      guests.push((this.#saved[i] ??= savedGuest(guest)));
    }
    return { ...own, guests };
  }

  /** 16 hex digits over the whole state, without the log: a rejected command does not change the hash. */
  hash(): string {
    this.#assertNoLine();
    const w = new StateHasher();
    this.#saveOwn(w);
    this.#guests.forEach((guest, i) => w.within(`guest${i}`, () => guest.save(w)));
    return w.hex();
  }

  /** What belongs to no guest. */
  #saveOwn(w: StateCollector | StateHasher): void {
    w.json('world', { tick: this.#tick, chain: this.#events.chain, scheduled: this.#scheduled });
    this.#transfers.save(w);
  }

  /** Every broken law, of all hosts and guests; empty when all hold. */
  check(): readonly Violation[] {
    return wholeOf(this.checkInParts());
  }

  /** As check, in parts of some milliseconds; the world must not change between two. */
  *checkInParts(): Parts<readonly Violation[]> {
    const broken: Violation[] = [...this.#transfers.check()];
    yield;
    for (const guest of this.#guests) {
      const found = yield* guest.checkInParts();
      broken.push(...found.map(({ law, text }) => ({ law, vm: guest.config.name, text })));
    }
    return broken;
  }
}

function savedGuest(guest: Guest): StatePart {
  const w = new StateCollector();
  guest.save(w);
  return w.done();
}

const unknownVm = (vm: string): Rejection => ({ slug: 'vm-unknown', vm });

interface WorldParts {
  readonly transfers: Transfers;
  readonly guests: readonly Guest[];
  readonly tick: number;
  readonly chain: string;
  readonly scheduled: number;
  readonly log: readonly LogEntry[];
}
