/**
 * What a session's thread does with its time: one activity at once (playing, stepping, a replay), in slices, and the
 * answers to calls between them.
 *
 * (a) A slice is one tick, or a part of a check of the laws or of a checkpoint, and further ones as long as SLICE_MS have
 *     not passed. After each, messages get their turn.
 * (b) A new activity ends the one before; what waited for that is answered.
 * (c) State is sent at every change a person makes, before the call is answered, and otherwise at most every 100 ms
 *     (session-updates.ts).
 * (d) While a line of a guest's shell runs, nothing is stepped or checked. One that sleeps is stepped for when nothing else
 *     goes on, unless a person has paused.
 * (e) An error while stepping ends the run: it is reported once, and what needs a whole world is denied from then on.
 */
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { ShellReply } from '../../shared/protocol/index.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { InvariantError } from '../engine/index.ts';
import type { ScenarioCommand } from '../scenario/index.ts';
import type { Activity } from './activity.ts';
import { goingBack, playing, recovering, stepping, steppingForSleeper } from './activity.ts';
import { GuestShells } from './guest-shells.ts';
import { RequestDenied } from './request-denied.ts';
import { Pace, RateMeter } from './pace.ts';
import type { DriverDoor, SentDocument } from './session-updates.ts';
import { SessionUpdates } from './session-updates.ts';
import type { SteeredRun } from './steered-run.ts';
import { errorData } from './thread.ts';

const SLICE_MS = 12;
/** No timer is set for longer, so that a change of the clock is seen. */
const MAX_WAIT_MS = 250;

export class SessionDriver {
  readonly #run: SteeredRun;
  readonly #door: DriverDoor;
  readonly #updates: SessionUpdates;
  readonly #meter = new RateMeter();
  #activity: Activity | null = null;
  #pace: Pace | null = null;
  #timer: NodeJS.Timeout | null = null;
  #scheduled = false;
  #ticksPerSec: number | null = 10;
  #failed: Error | null = null;
  readonly #waitingForCheck: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  readonly #shells: GuestShells;
  /** A person has paused, and not yet gone on: what sleeps waits. */
  #paused = false;

  constructor(run: SteeredRun, door: DriverDoor) {
    this.#run = run;
    this.#door = door;
    this.#updates = new SessionUpdates(run, door);
    this.#shells = this.#newShells(run, door);
    // The world at its beginning is checked before its first tick, whenever that is.
    this.#wake();
  }

  /** The run is over: an error of ours ended it. */
  get failed(): boolean {
    return this.#failed !== null;
  }

  get shells(): GuestShells {
    return this.#shells;
  }

  /** One call, of a method that is answered after a failure or not. */
  async answer<T>(afterFailure: boolean, method: () => T | Promise<T>): Promise<T> {
    if (this.#failed !== null && !afterFailure)
      throw new RequestDenied(`The run is over since it failed at tick ${this.#run.tick}: ${this.#failed.message}`);
    try {
      return await method();
    } catch (error) {
      // What broke in the middle of a command is no world any more; other errors only say no.
      if (error instanceof InvariantError) this.#fail(error);
      throw error;
    }
  }

  pause(): void {
    this.#paused = true;
    this.#pause();
  }

  cancel(): void {
    this.#shells.stopAll();
    this.#pause();
  }

  undo(): Promise<void> {
    return this.#goBack('Undoing');
  }

  redo(): Promise<void> {
    return this.#goBack('Redoing');
  }

  /** Checks every law now. */
  async check(): Promise<void> {
    this.#run.checkNow();
    await this.checked();
    if (this.#run.broken) this.#end();
    this.sendState();
  }

  #newShells(run: SteeredRun, door: DriverDoor): GuestShells {
    const place = {
      get tick() {
        return run.tick;
      },
      tickMs: run.tickMs,
      filesOf: (vm: string) => run.filesOf(vm),
      writeFile: (vm: string, text: string, path: string, content: string) => {
        if (this.#activity?.kind === 'replay' || this.#failed !== null || run.broken) return null;
        try {
          return run.writeFile(vm, text, path, content);
        } catch (error) {
          // The interpreter would print it and go on.
          this.#fail(error);
          return null;
        }
      },
      endLine: () => {
        if (this.#failed === null) run.endLine();
      },
      sleeping: () => this.#wake(),
    };
    return new GuestShells(place, door.nowMs);
  }

  async shellLine(vm: string, line: string): Promise<ShellReply> {
    this.#paused = false;
    try {
      return await this.#shells.line(vm, line, () => {
        this.#refuseReplay();
        this.#refuseBroken();
      });
    } finally {
      this.sendState();
      this.#wake();
    }
  }

  /** A line sleeps and nobody lets time pass: it is stepped to the tick that the line waits for. */
  #stepForSleeper(): void {
    const toTick = this.#shells.dueTick;
    if (toTick === null || this.#paused || this.#run.broken || this.#failed !== null) return;
    this.#begin(steppingForSleeper(this.#run, toTick, () => this.#shells.dueTick !== null));
  }

  play(ticksPerSec: number | null): void {
    this.#refuseReplay();
    this.#refuseBroken();
    this.#paused = false;
    const now = this.#door.nowMs();
    this.#ticksPerSec = ticksPerSec;
    if (this.#activity?.kind === 'play') {
      this.#pace!.change(ticksPerSec, now);
      this.sendState();
      this.#wake();
      return;
    }
    const pace = new Pace(ticksPerSec, now);
    this.#end();
    this.#pace = pace;
    this.#meter.clear();
    this.#meter.mark(this.#run.tick, now);
    this.#begin(playing(this.#run, { pace, meter: this.#meter, nowMs: this.#door.nowMs }));
  }

  #pause(): void {
    this.#end();
    this.sendState();
  }

  step(ticks: number): Promise<void> {
    this.#refuseReplay();
    this.#refuseBroken();
    const toTick = this.#run.tick + ticks;
    return new Promise((resolve, reject) => this.#begin(stepping(this.#run, toTick, { resolve, reject })));
  }

  submit(command: SubmittedCommand): Rejection | null {
    if (this.#activity?.kind === 'replay') return { slug: 'busy' };
    if (this.#run.broken) return { slug: 'law-broken' };
    const rejection = this.#run.submit(command);
    this.sendState();
    if (this.#run.checkpointDue(true)) this.#wake();
    return rejection;
  }

  /** A change of the commands to come. */
  reschedule(change: () => void): void {
    this.#refuseReplay();
    this.#refuseBroken();
    change();
    this.sendState();
    if (this.#run.checkpointDue(true)) this.#wake();
  }

  /** Undo or redo. */
  #goBack(what: 'Undoing' | 'Redoing'): Promise<void> {
    this.#refuseReplay();
    const nothing = new RequestDenied(
      what === 'Undoing' ? 'There is nothing to undo.' : 'There is nothing to do again.',
    );
    if (what === 'Undoing' ? !this.#run.mayUndo : this.#run.redoLabel === null) throw nothing;
    this.#end();
    // What they wrote so far is the command that is taken back.
    this.#shells.stopAll();
    const replay = what === 'Undoing' ? this.#run.startUndo() : this.#run.startRedo();
    if (replay === null) {
      this.sendState();
      throw nothing;
    }
    return new Promise((resolve, reject) => this.#begin(goingBack(this.#run, replay, what, { resolve, reject })));
  }

  /**
   * Comes back to a tick, submitting on the way what was submitted before.
   * @param whole the document with all of that: the one that main has until then, so that nothing is lost on the way.
   */
  recover(toTick: number, submitted: readonly ScenarioCommand[], whole: SentDocument): void {
    const activity = recovering(this.#run, toTick, submitted, () => (this.#updates.recovered = null));
    if (activity === null) return;
    this.#updates.recovered = whole;
    this.#begin(activity);
  }

  #refuseReplay(): void {
    if (this.#activity?.kind === 'replay')
      throw new RequestDenied('The run is being brought to another tick; wait for it or cancel it.');
  }

  #refuseBroken(): void {
    if (this.#run.broken) throw new RequestDenied('A law of the world is broken, so it goes no further.');
  }

  #begin(activity: Activity): void {
    this.#end();
    this.#activity = activity;
    this.sendState();
    this.#wake();
  }

  /** The activity under way ends before its end. */
  #end(): void {
    this.#finish(false);
  }

  #finish(whole: boolean): void {
    const activity = this.#activity;
    if (activity === null) return;
    this.#activity = null;
    this.#pace = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    activity.ended(whole);
    if (this.#run.checking || this.#run.checkpointDue(true)) this.#wake();
  }

  #wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#guarded(() => this.#slice());
    });
  }

  /** When nothing is left to check of the laws. */
  checked(): Promise<void> {
    if (!this.#run.checking) return Promise.resolve();
    this.#wake();
    return new Promise((resolve, reject) => void this.#waitingForCheck.push({ resolve, reject }));
  }

  #checkSlice(): void {
    const end = this.#door.nowMs() + SLICE_MS;
    do this.#run.checkSome();
    while (this.#run.checking && this.#door.nowMs() < end);
    if (this.#run.checking) this.#sendSometimes();
    else {
      if (this.#run.broken) this.#finish(true);
      this.sendState();
      for (const { resolve } of this.#waitingForCheck.splice(0)) resolve();
    }
    this.#wake();
  }

  #checkpointSlice(stands: boolean): void {
    const end = this.#door.nowMs() + SLICE_MS;
    do this.#run.checkpointSome();
    while (this.#run.checkpointDue(stands) && this.#door.nowMs() < end);
    this.#sendSometimes();
    this.#wake();
  }

  #slice(): void {
    if (this.#shells.busy && this.#activity?.kind !== 'replay') return; // the end of the line wakes it again
    const activity = this.#activity;
    if (this.#run.checking && activity?.stepsRun !== false) {
      this.#checkSlice();
      return;
    }
    if (activity === null) {
      this.#stepForSleeper();
      if (this.#activity === null && this.#run.checkpointDue(true)) this.#checkpointSlice(true);
      return;
    }
    if (activity.stepsRun && this.#run.checkpointDue(false)) return this.#checkpointSlice(false);
    const waitMs = activity.waitMs();
    if (waitMs > 0) {
      this.#sendSometimes();
      this.#timer = setTimeout(() => this.#wake(), Math.min(waitMs, MAX_WAIT_MS));
      return;
    }
    const end = this.#door.nowMs() + SLICE_MS;
    do {
      if (activity.advance()) continue;
      this.#finish(true);
      this.#shells.wake();
      this.sendState();
      if (this.#shells.dueTick !== null) this.#wake();
      return;
    } while (
      !this.#sleeperIsDue() &&
      !(activity.stepsRun && this.#run.checking) &&
      activity.waitMs() === 0 &&
      this.#door.nowMs() < end
    );
    this.#shells.wake();
    this.#sendSometimes();
    this.#wake();
  }

  #sleeperIsDue(): boolean {
    const tick = this.#shells.dueTick;
    return tick !== null && tick <= this.#run.tick;
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Our own bugs end the run, not the thread: what was recorded can still be looked at. */
  #fail(error: unknown): void {
    if (this.#failed !== null) return;
    this.#failed = error instanceof Error ? error : new Error(String(error));
    this.#shells.stopAll();
    const activity = this.#activity;
    this.#activity = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // What happened up to here stays to be looked at.
    this.#updates.sendEvents();
    this.#door.post({ event: 'failure', error: errorData(error) });
    activity?.failed(this.#failed);
    for (const { reject } of this.#waitingForCheck.splice(0)) reject(this.#failed);
  }

  #sendSometimes(): void {
    if (this.#updates.isDue()) this.sendState();
  }

  /** What changed since it was last sent. */
  sendState(): void {
    if (this.#failed !== null) return;
    const activity = this.#activity;
    this.#updates.send(activity === null, {
      playing: activity?.kind === 'play',
      ticksPerSec: this.#ticksPerSec,
      measuredTicksPerSec: activity?.kind === 'play' ? this.#meter.ticksPerSec() : 0,
      busy: activity?.busy() ?? null,
    });
  }
}
