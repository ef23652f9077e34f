/**
 * The world of a steered run, and what is kept beside it: the record, frames of the past, laws and checkpoints. Each kind
 * of change is passed on to all of them in one place: a tick (`step`), a command (`beforeCommand`, `afterCommand`), another
 * world (`goTo`).
 */
import type { Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { SeriesPart } from '../../shared/protocol/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { Parts, World } from '../engine/index.ts';
import type { LawWatchState } from '../jobs/law-watch.ts';
import { LawWatch } from '../jobs/law-watch.ts';
import { Recording } from '../jobs/recording.ts';
import type { Scenario } from '../scenario/index.ts';
import type { Checkpoint, CheckpointBounds } from './checkpoint.ts';
import { History } from './history.ts';
import { NO_SUCH_VM, RequestDenied } from './request-denied.ts';
import { type Position, RunCheckpoints } from './run-checkpoints.ts';

export interface RecordedWorldOptions {
  readonly spillFolder: string;
  /** Milliseconds of any clock, to see what recording costs. */
  readonly nowMs: () => number;
  readonly checkpoints?: CheckpointBounds;
  /** Pages of all guests up to which a checkpoint is taken before every command. */
  readonly cheapPages?: number;
}

/** 4 GiB: a checkpoint takes some 60 ms then. */
const CHEAP_PAGES = 2 ** 20;

/** How many commands have been submitted, and when the last one. */
interface Submissions {
  readonly applied: number;
  readonly last: { readonly tick: number } | null;
}

/** What stands before a command. */
export interface BeforeCommand {
  readonly chain: string;
  readonly laws: LawWatchState;
  /** Null where it is too dear. */
  readonly checkpoint: Checkpoint | null;
}

export class RecordedWorld {
  readonly #submissions: Submissions;
  readonly #nowMs: () => number;
  readonly #recording: Recording;
  readonly #history: History;
  readonly #laws: LawWatch;
  readonly #checkpoints: RunCheckpoints;
  #world: World;
  #eventsKept = Infinity;
  #present: Snapshot | null = null;
  #tickUnderWay: { readonly parts: Parts<void>; tookMs: number } | null = null;

  constructor(world: World, submissions: Submissions, options: RecordedWorldOptions) {
    const { spillFolder: folder, nowMs, checkpoints: bounds, cheapPages = CHEAP_PAGES } = options;
    this.#world = world;
    this.#submissions = submissions;
    this.#nowMs = nowMs;
    this.#recording = new Recording(world);
    this.#laws = new LawWatch(world, { inParts: true });
    const pages = world.config.guests.reduce((sum, { mm }) => sum + mm.nrPages, 0);
    this.#checkpoints = new RunCheckpoints({ folder, bounds, nowMs, isDear: pages > cheapPages });
    this.#history = new History({ folder, nowMs });
    this.#history.add(this.#recording.before, { isBesideEvent: true, isAmended: false });
  }

  /** To be asked, and changed between `beforeCommand` and `afterCommand`. */
  get world(): World {
    return this.#world;
  }

  get tick(): number {
    return this.#world.tick;
  }

  get settled(): boolean {
    return this.#world.converged();
  }

  // Laws

  get laws(): LawWatch['result'] {
    return this.#laws.result;
  }

  get broken(): boolean {
    return this.#laws.result.broken.length > 0;
  }

  /** Whether laws are being checked: `checkSome` goes on with it, and no tick is stepped before it is done. */
  get checking(): boolean {
    return this.#laws.checking;
  }

  checkSome(): void {
    this.#laws.checkSome();
  }

  checkNow(): void {
    this.#laws.checkNow();
  }

  // Changes

  /** A tick is under way: there is no whole world to look at or to change. */
  get isInTick(): boolean {
    return this.#tickUnderWay !== null;
  }

  /** One tick. What is recorded beside it takes its share of the time, no more. @param soon the last look at what was. */
  step(soon: (world: World) => void): void {
    while (!this.stepSome(soon));
  }

  /** A part of a tick: of a small world all of it. @returns whether the tick is done. */
  stepSome(soon: (world: World) => void): boolean {
    const began = this.#nowMs();
    const under = (this.#tickUnderWay ??= this.#beginTick(soon));
    if (under.parts.next().done !== true) {
      under.tookMs += this.#nowMs() - began;
      return false;
    }
    this.#tickUnderWay = null;
    const events = this.#recording.afterTick();
    this.#laws.afterTick(events);
    this.#checkpoints.stepped(under.tookMs + this.#nowMs() - began);
    this.#present = null;
    this.#history.afterTick(this.tick, events.length > 0, () => this.#world.snapshot('blocks'));
    return true;
  }

  #beginTick(soon: (world: World) => void): { readonly parts: Parts<void>; tookMs: number } {
    while (this.checking) this.checkSome();
    this.#checkpoints.worldChanged();
    soon(this.#world);
    if (this.#world.mayReachEvent() || this.#isAmended) this.#recordBefore();
    return { parts: this.#world.stepInParts(), tookMs: 0 };
  }

  /** A command is about to change the world. */
  beforeCommand(): BeforeCommand {
    this.#recordBeforeCommand();
    const checkpoint = this.#checkpoints.beforeCommand({ world: this.#world, recording: this.#recording });
    this.#checkpoints.worldChanged();
    return { chain: this.#world.chain, laws: this.#laws.save(), checkpoint };
  }

  /** It has, or goes on. */
  changed(): void {
    this.#present = null;
  }

  /** It is done, and not yet among the submitted ones. */
  afterCommand(before: BeforeCommand): void {
    this.changed();
    this.#laws.worldChanged();
    this.#recording.afterCommand();
    this.keepCheckpoint(before);
  }

  /** Of a position to which nothing has been submitted yet. */
  keepCheckpoint({ checkpoint }: BeforeCommand): void {
    if (checkpoint !== null) this.#checkpoints.put(this.#position, checkpoint);
  }

  /** A command is entered: what others led to after it is gone. */
  commandEntered(): void {
    this.#checkpoints.commandEntered(this.#submissions.applied);
  }

  /** Another world of the same run, and what stood beside it. */
  goTo(world: World, recording: Checkpoint['recording'], laws: LawWatchState): void {
    this.#world = world;
    this.#checkpoints.worldChanged();
    this.#recording.goBack(world, recording);
    this.#eventsKept = Math.min(this.#eventsKept, recording.events);
    this.#laws.goBack(world, laws);
    this.changed();
  }

  /** The same moment in another world. */
  replace(world: World): void {
    this.goTo(world, this.#recording.save(), this.#laws.save());
  }

  /** Nothing from a tick on has happened. */
  forgetFrom(tick: number): void {
    this.#history.truncate(tick);
  }

  // Checkpoints

  get #position(): Position {
    return { tick: this.tick, applied: this.#submissions.applied };
  }

  /** @param stands nothing steps it. @returns whether `checkpointSome` should be called. */
  checkpointDue(stands: boolean): boolean {
    return !this.broken && this.#checkpoints.isDue(this.#position, stands);
  }

  checkpointSome(): void {
    this.#checkpoints.some(this.#position, { world: this.#world, recording: this.#recording });
  }

  /** The last one on the way to before the submitted command number `applied`; null: only the beginning is left. */
  checkpointBefore(list: readonly { readonly tick: number }[], applied: number): (Position & Checkpoint) | null {
    return this.#checkpoints.before(list, applied);
  }

  // What is recorded

  /** Makes sure that the present can be scrubbed to, as it is now. */
  recordNow(): void {
    if (this.#history.last === this.tick) {
      if (this.#history.chain === this.#world.chain) return;
      this.#history.truncate(this.tick);
    }
    const kind = { isBesideEvent: false, isAmended: this.#isAmended };
    this.#history.record(kind, () => this.#world.snapshot('blocks'));
  }

  /** The world at this tick is another than the one that was stepped to. */
  get #isAmended(): boolean {
    return this.#submissions.last?.tick === this.tick;
  }

  /** The moment before an event. */
  #recordBefore(): void {
    this.recordNow();
    this.#history.keepNewest();
  }

  /** Before a command: going back shows the world without it. A command to a large world does not wait for a frame. */
  #recordBeforeCommand(): void {
    if (this.#isAmended) return;
    if (!this.#checkpoints.isDear) this.#recordBefore();
    else if (this.#history.last === this.tick) this.#history.keepNewest();
  }

  get events(): readonly WorldEvent[] {
    return this.#recording.events;
  }

  /** How many of the events have stood since this was last asked. */
  eventsKept(): number {
    const kept = this.#eventsKept;
    this.#eventsKept = Infinity;
    return kept;
  }

  /** The points that a window does not have yet. */
  seriesPart(haveTick: number | null, stride: number): SeriesPart {
    return this.#recording.seriesPart(haveTick, stride);
  }

  record(scenario: Scenario, version: string): RunRecord {
    const ending = this.broken ? 'brokenLaw' : this.settled ? 'settled' : 'ticks';
    return this.#recording.record(scenario, version, this.laws, ending);
  }

  historyFigures(): ReturnType<History['figures']> {
    return this.#history.figures();
  }

  /** Ticks that have a recorded frame, ascending. */
  frameTicks(): readonly number[] {
    return this.#history.ticks();
  }

  /** The recorded frame at a tick, or the last before it. */
  frameAt(tick: number): Snapshot {
    return this.#history.frameAt(tick);
  }

  // The present

  /** With the pageblocks of one VM or none. */
  frame(blocksOf: string | null): Snapshot {
    const index = blocksOf === null ? -1 : this.#guestNamed(blocksOf);
    return index < 0 ? this.present() : this.#world.snapshot('blocks', { blocksOf: [index] });
  }

  present(): Snapshot {
    const { latest } = this.#recording;
    // A command submitted since may have changed the world without time passing.
    const { level, tick, chain } = latest.header;
    if (level === 'accounts' && tick === this.tick && chain === this.#world.chain) return latest;
    return (this.#present ??= this.#world.snapshot('accounts'));
  }

  /** The last snapshot of the series. */
  get latest(): Snapshot {
    return this.#recording.latest;
  }

  tiles(vm: string, fromPfn: number, pages: number): ReturnType<World['tiles']> {
    return this.#world.tiles(this.#world.guests.indexOf(this.guest(vm)), fromPfn, pages);
  }

  /** As it is now: to be looked at. */
  guest(vm: string): World['guests'][number] {
    const index = this.#guestNamed(vm);
    if (index < 0) throw new RequestDenied(NO_SUCH_VM);
    return this.#world.guests[index]!;
  }

  #guestNamed(name: string): number {
    return this.#world.config.guests.findIndex((guest) => guest.name === name);
  }
}
