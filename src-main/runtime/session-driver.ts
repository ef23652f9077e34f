/**
 * The calls to a session's thread that change its run or what it does with its time (activity-loop.ts).
 *
 * (a) State is sent at every change a person makes, before the call is answered, and otherwise at most every 100 ms
 *     (session-updates.ts).
 * (b) A line of a guest's shell that sleeps is stepped for when nothing else goes on, unless a person has paused.
 * (c) When the run has failed, what needs a whole world is denied.
 */
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { DocumentEdit } from '../../shared/schema/edit.ts';
import type { EditReply, ShellReply } from '../../shared/protocol/index.ts';
import { editLabel } from '../../shared/view/words/index.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { InvariantError } from '../engine/index.ts';
import { finishing, goingBack, playing, recovering, stepping, steppingForSleeper } from './activity.ts';
import type { Scenario } from '../scenario/index.ts';
import { editScenario, placementDiagnostics } from '../scenario/index.ts';
import { ActivityLoop } from './activity-loop.ts';
import { EditHistory } from './edit-history.ts';
import { GuestShells } from './guest-shells.ts';
import { RequestDenied } from './request-denied.ts';
import { Pace, RateMeter } from './pace.ts';
import type { DriverDoor, SentDocument } from './session-updates.ts';
import { SessionUpdates } from './session-updates.ts';
import type { Step } from './submitted-journal.ts';
import { stepsOf } from './submitted-journal.ts';
import type { SteeredRun, SteeredRunStart } from './steered-run.ts';
import { errorData } from './thread.ts';

/** A run of another document in place of this one's. */
export type MakeRun = (scenario: Scenario) => SteeredRunStart;

export class SessionDriver {
  #run: SteeredRun;
  readonly #door: DriverDoor;
  readonly #makeRun: MakeRun;
  readonly #edits = new EditHistory();
  #edition = 0;
  readonly #updates: SessionUpdates;
  #shells: GuestShells;
  readonly #loop: ActivityLoop;
  readonly #meter = new RateMeter();
  /** Of playing, while it goes on. */
  #pace: Pace | null = null;
  #ticksPerSec: number | null = 10;
  /** A person has paused, and not yet gone on: what sleeps waits. */
  #paused = false;

  constructor(run: SteeredRun, door: DriverDoor, makeRun: MakeRun) {
    this.#run = run;
    this.#makeRun = makeRun;
    this.#door = door;
    this.#updates = new SessionUpdates(run, door);
    this.#shells = this.#newShells(run, door);
    const shells = (): GuestShells => this.#shells;
    this.#loop = new ActivityLoop(run, {
      nowMs: door.nowMs,
      get shells() {
        return shells();
      },
      idle: () => this.#stepForSleeper(),
      changed: () => this.sendState(),
      progressed: () => {
        if (this.#updates.isDue()) this.sendState();
      },
      failed: (error) => this.#failed(error),
    });
  }

  /** The run is over: an error of ours ended it. */
  get failed(): boolean {
    return this.#loop.failure !== null;
  }

  get shells(): GuestShells {
    return this.#shells;
  }

  /**
   * One call. What is answered in the middle of a tick steers the run; all else waits for a whole world.
   * @param afterFailure it is answered when the run has failed, too.
   */
  async answer<T>(
    { afterFailure, inTick }: { readonly afterFailure: boolean; readonly inTick: boolean },
    method: () => T | Promise<T>,
  ): Promise<T> {
    if (!inTick) await this.#loop.wholeTick();
    const { failure } = this.#loop;
    if (failure !== null && !afterFailure)
      throw new RequestDenied(`The run is over since it failed at tick ${this.#run.tick}: ${failure.message}`);
    try {
      return await method();
    } catch (error) {
      // What broke in the middle of a command is no world any more; other errors only say no.
      if (error instanceof InvariantError) this.#loop.fail(error);
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

  /** The run that is steered: another after a change of the document by hand. */
  get run(): SteeredRun {
    return this.#run;
  }

  undo(): Promise<void> {
    return !this.#run.mayUndo && this.#edits.undoLabel !== null
      ? this.#goOver('Undoing', this.#edits.undoLabel)
      : this.#goBack('Undoing');
  }

  redo(): Promise<void> {
    const label = this.#run.redoLabel === null ? this.#edits.redoLabel(this.#run.entered) : null;
    return label === null ? this.#goBack('Redoing') : this.#goOver('Redoing', label);
  }

  /** Changes the document by hand: the run begins anew from it. @param isDry only what would come of it */
  edit(edit: DocumentEdit, isDry: boolean): EditReply {
    this.#refuseReplay();
    const { scenario, diagnostics, removed } = editScenario(this.#run.scenario, edit);
    if (scenario === null || isDry) return { done: false, diagnostics, removed };
    const { run, problems } = this.#makeRun(scenario);
    if (run === null) return { done: false, diagnostics: placementDiagnostics(problems, scenario, ''), removed };
    this.#loop.end();
    this.#shells.stopAll();
    this.#edits.made(editLabel(edit), this.#run.standing());
    this.#follow(run);
    this.sendState();
    return { done: true, diagnostics, removed };
  }

  /** Undo or redo of a change of the document: the run that stood before comes back to where it stood. */
  #goOver(what: 'Undoing' | 'Redoing', label: string): Promise<void> {
    this.#refuseReplay();
    this.#loop.end();
    this.#shells.stopAll();
    const now = this.#run.standing();
    const { scenario, text, given, rescheduled, tick } =
      what === 'Undoing' ? this.#edits.back(now) : this.#edits.forth(now);
    const { base, steps } = stepsOf(scenario, given, rescheduled);
    const { run } = this.#makeRun(base);
    if (run === null) throw new InvariantError('edit-without-way-back', { label });
    this.#follow(run);
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        this.#updates.recovered = null;
        this.#edits.arrived(run.entered);
        resolve();
      };
      const activity = recovering(run, tick, steps, ended, { what: `${what} ${label}`, failed: reject });
      if (activity === null) {
        ended();
        this.sendState();
        return;
      }
      this.#updates.recovered = { text, given, rescheduled };
      this.#loop.begin(activity);
    });
  }

  /** Steers another run from now on. */
  #follow(run: SteeredRun): void {
    this.#edition++;
    this.#run = run;
    this.#updates.follow(run);
    this.#shells = this.#newShells(run, this.#door);
    this.#meter.clear();
    this.#loop.follow(run);
  }

  /** Checks every law now. */
  async check(): Promise<void> {
    this.#run.recorded.checkNow();
    await this.checked();
    if (this.#run.recorded.broken) this.#loop.end();
    this.sendState();
  }

  /** When nothing is left to check of the laws. */
  checked(): Promise<void> {
    return this.#loop.checked();
  }

  #newShells(run: SteeredRun, door: DriverDoor): GuestShells {
    const place = {
      get tick() {
        return run.tick;
      },
      tickMs: run.tickMs,
      filesOf: (vm: string) => run.filesOf(vm),
      writeFile: (vm: string, text: string, path: string, content: string) => {
        if (this.#isReplaying || this.failed || run.recorded.broken) return null;
        try {
          return run.writeFile(vm, text, path, content);
        } catch (error) {
          // The interpreter would print it and go on.
          this.#loop.fail(error);
          return null;
        }
      },
      endLine: () => {
        if (!this.failed) run.endLine();
      },
      sleeping: () => this.#loop.wake(),
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
      this.#loop.wake();
    }
  }

  /** A line sleeps and nobody lets time pass: it is stepped to the tick that the line waits for. */
  #stepForSleeper(): void {
    const toTick = this.#shells.dueTick;
    if (toTick === null || this.#paused || this.#run.recorded.broken || this.failed) return;
    this.#loop.begin(steppingForSleeper(this.#run, toTick, () => this.#shells.dueTick !== null));
  }

  play(ticksPerSec: number | null): void {
    this.#refuseReplay();
    this.#refuseBroken();
    this.#paused = false;
    const now = this.#door.nowMs();
    this.#ticksPerSec = ticksPerSec;
    if (this.#isPlaying) {
      this.#pace!.change(ticksPerSec, now);
      this.sendState();
      this.#loop.wake();
      return;
    }
    const pace = new Pace(ticksPerSec, now);
    this.#loop.end();
    this.#pace = pace;
    this.#meter.clear();
    this.#meter.mark(this.#run.tick, now);
    this.#loop.begin(playing(this.#run, { pace, meter: this.#meter, nowMs: this.#door.nowMs }));
  }

  /** At once; a tick that is under way is finished, as a part of one is no world. */
  #pause(): void {
    this.#loop.end();
    if (this.#run.recorded.isInTick && !this.failed) this.#loop.begin(finishing(this.#run));
    this.sendState();
  }

  step(ticks: number): Promise<void> {
    this.#refuseReplay();
    this.#refuseBroken();
    const toTick = this.#run.tick + ticks;
    return new Promise((resolve, reject) => this.#loop.begin(stepping(this.#run, toTick, { resolve, reject })));
  }

  submit(command: SubmittedCommand): Rejection | null {
    if (this.#isReplaying) return { slug: 'busy' };
    if (this.#run.recorded.broken) return { slug: 'law-broken' };
    const rejection = this.#run.submit(command);
    this.sendState();
    this.#loop.wakeForCheckpoint();
    return rejection;
  }

  /** A change of the commands to come. */
  reschedule(change: () => void): void {
    this.#refuseReplay();
    this.#refuseBroken();
    change();
    this.sendState();
    this.#loop.wakeForCheckpoint();
  }

  /** Undo or redo. */
  #goBack(what: 'Undoing' | 'Redoing'): Promise<void> {
    this.#refuseReplay();
    const nothing = new RequestDenied(
      what === 'Undoing' ? 'There is nothing to undo.' : 'There is nothing to do again.',
    );
    if (what === 'Undoing' ? !this.#run.mayUndo : this.#run.redoLabel === null) throw nothing;
    this.#loop.end();
    // What they wrote so far is the command that is taken back.
    this.#shells.stopAll();
    const replay = what === 'Undoing' ? this.#run.startUndo() : this.#run.startRedo();
    if (replay === null) {
      this.sendState();
      throw nothing;
    }
    return new Promise((resolve, reject) => this.#loop.begin(goingBack(this.#run, replay, what, { resolve, reject })));
  }

  /**
   * Comes back to a tick, submitting on the way what was submitted before.
   * @param whole the document with all of that: the one that main has until then, so that nothing is lost on the way.
   */
  recover(toTick: number, submitted: readonly Step[], whole: SentDocument): void {
    const activity = recovering(this.#run, toTick, submitted, () => (this.#updates.recovered = null));
    if (activity === null) return;
    this.#updates.recovered = whole;
    this.#loop.begin(activity);
  }

  #refuseReplay(): void {
    if (this.#isReplaying)
      throw new RequestDenied('The run is being brought to another tick; wait for it or cancel it.');
  }

  #refuseBroken(): void {
    if (this.#run.recorded.broken) throw new RequestDenied('A law of the world is broken, so it goes no further.');
  }

  get #isReplaying(): boolean {
    return this.#loop.activity?.kind === 'replay';
  }

  get #isPlaying(): boolean {
    return this.#loop.activity?.kind === 'play';
  }

  #failed(error: Error): void {
    this.#shells.stopAll();
    // What happened up to here stays to be looked at.
    this.#updates.sendEvents();
    this.#door.post({ event: 'failure', error: errorData(error) });
  }

  /** What changed since it was last sent. */
  sendState(): void {
    if (this.failed) return;
    const { activity } = this.#loop;
    this.#updates.send(activity === null, {
      playing: this.#isPlaying,
      ticksPerSec: this.#ticksPerSec,
      measuredTicksPerSec: this.#isPlaying ? this.#meter.ticksPerSec() : 0,
      edition: this.#edition,
      undo: this.#run.undoLabel ?? this.#edits.undoLabel,
      redo: this.#run.redoLabel ?? this.#edits.redoLabel(this.#run.entered),
      busy: activity?.busy() ?? null,
    });
  }
}
