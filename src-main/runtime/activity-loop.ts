/**
 * What a session's thread does with its time: one activity at once (playing, stepping, a replay), in slices, and beside it
 * the checks of the laws and the checkpoints of the run.
 *
 * (a) A slice is one tick or a part of a long one, or a part of a check or of a checkpoint, and further ones as long as SLICE_MS have not passed.
 *     After each, messages get their turn.
 * (b) A new activity ends the one before; what waited for that is answered.
 * (c) While a line of a guest's shell runs, nothing is stepped or checked.
 * (d) An error in a slice ends the run: it is reported once, and nothing is begun from then on.
 */
import type { Activity } from './activity.ts';
import type { GuestShells } from './guest-shells.ts';
import type { SteeredRun } from './steered-run.ts';

const SLICE_MS = 12;
/** No timer is set for longer, so that a change of the clock is seen. */
const MAX_WAIT_MS = 250;

/** What goes on around the loop. */
interface LoopPlace {
  readonly nowMs: () => number;
  readonly shells: Pick<GuestShells, 'busy' | 'dueTick' | 'wake'>;
  /** Nothing is under way. */
  idle(): void;
  /** An activity begins or ends, or a check comes out. */
  changed(): void;
  /** The run has gone on. */
  progressed(): void;
  failed(error: Error): void;
}

export class ActivityLoop {
  #run: SteeredRun;
  readonly #place: LoopPlace;
  #activity: Activity | null = null;
  #timer: NodeJS.Timeout | null = null;
  #scheduled = false;
  #failure: Error | null = null;
  readonly #waitingForTick: (() => void)[] = [];
  readonly #waitingForCheck: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(run: SteeredRun, place: LoopPlace) {
    this.#run = run;
    this.#place = place;
    // The world at its beginning is checked before its first tick, whenever that is.
    this.wake();
  }

  get activity(): Activity | null {
    return this.#activity;
  }

  /** The error of ours that ended the run. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Another run goes on in place of this one; nothing is under way. */
  follow(run: SteeredRun): void {
    this.#run = run;
    this.wake();
  }

  begin(activity: Activity): void {
    this.end();
    this.#activity = activity;
    this.#place.changed();
    this.wake();
  }

  /** The activity under way ends before its end. */
  end(): void {
    this.#finish(false);
  }

  #finish(whole: boolean): void {
    const activity = this.#activity;
    if (activity === null) return;
    this.#activity = null;
    this.#clearTimer();
    activity.ended(whole);
    if (this.#run.recorded.checking) this.wake();
    this.wakeForCheckpoint();
  }

  /** There may be something to do. */
  wake(): void {
    this.#clearTimer();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      try {
        this.#slice();
        this.#tellWholeTick();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  wakeForCheckpoint(): void {
    if (this.#run.checkpointDue(true)) this.wake();
  }

  /** When nothing is left to check of the laws. */
  checked(): Promise<void> {
    if (!this.#run.recorded.checking) return Promise.resolve();
    this.wake();
    return new Promise((resolve, reject) => void this.#waitingForCheck.push({ resolve, reject }));
  }

  /** When no tick is under way: what needs a whole world waits for that, in its order. */
  wholeTick(): Promise<void> {
    if (this.#failure !== null) return Promise.resolve();
    if (!this.#run.recorded.isInTick && this.#waitingForTick.length === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#waitingForTick.push(resolve));
  }

  #tellWholeTick(): void {
    if (this.#run.recorded.isInTick) return;
    for (const resolve of this.#waitingForTick.splice(0)) resolve();
  }

  /** Our own bugs end the run, not the thread: what was recorded can still be looked at. */
  fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    const activity = this.#activity;
    this.#activity = null;
    this.#clearTimer();
    this.#place.failed(this.#failure);
    activity?.failed(this.#failure);
    for (const { reject } of this.#waitingForCheck.splice(0)) reject(this.#failure);
    for (const resolve of this.#waitingForTick.splice(0)) resolve();
  }

  #slice(): void {
    const { shells } = this.#place;
    if (shells.busy && this.#activity?.kind !== 'replay') return; // the end of the line wakes it again
    const activity = this.#activity;
    if (this.#run.recorded.checking && activity?.stepsRun !== false) return this.#checkSlice();
    if (activity === null) {
      this.#place.idle();
      if (this.#activity === null && this.#run.checkpointDue(true)) this.#checkpointSlice(true);
      return;
    }
    if (activity.stepsRun && this.#run.checkpointDue(false)) return this.#checkpointSlice(false);
    const waitMs = activity.waitMs();
    if (waitMs > 0) {
      this.#place.progressed();
      this.#timer = setTimeout(() => this.wake(), Math.min(waitMs, MAX_WAIT_MS));
      return;
    }
    if (this.#advance(activity)) {
      shells.wake();
      this.#place.progressed();
      this.wake();
      return;
    }
    this.#finish(true);
    shells.wake();
    this.#place.changed();
    if (shells.dueTick !== null) this.wake();
  }

  /** A slice of an activity. @returns whether there is more to do. */
  #advance(activity: Activity): boolean {
    const end = this.#place.nowMs() + SLICE_MS;
    do if (!activity.advance()) return false;
    while (
      !this.#sleeperIsDue() &&
      !(activity.stepsRun && this.#run.recorded.checking) &&
      // Who waits for the end of a tick is answered before the next one begins.
      (this.#waitingForTick.length === 0 || this.#run.recorded.isInTick) &&
      activity.waitMs() === 0 &&
      this.#place.nowMs() < end
    );
    return true;
  }

  #sleeperIsDue(): boolean {
    const tick = this.#place.shells.dueTick;
    return tick !== null && tick <= this.#run.tick;
  }

  #checkSlice(): void {
    const { recorded } = this.#run;
    const end = this.#place.nowMs() + SLICE_MS;
    do recorded.checkSome();
    while (recorded.checking && this.#place.nowMs() < end);
    if (recorded.checking) this.#place.progressed();
    else {
      if (recorded.broken) this.#finish(true);
      this.#place.changed();
      for (const { resolve } of this.#waitingForCheck.splice(0)) resolve();
    }
    this.wake();
  }

  #checkpointSlice(stands: boolean): void {
    const end = this.#place.nowMs() + SLICE_MS;
    do this.#run.recorded.checkpointSome();
    while (this.#run.checkpointDue(stands) && this.#place.nowMs() < end);
    this.#place.progressed();
    this.wake();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
