/**
 * What a session's thread can be busy with over many slices: playing, stepping, a replay, a recovery. The driver runs one
 * at a time; an activity does not know of slices, nor of the one that follows it.
 */
import type { DocumentState } from '../../shared/protocol/index.ts';
import type { Pace, RateMeter } from './pace.ts';
import type { Replay } from './replay.ts';
import type { SteeredRun } from './steered-run.ts';
import type { Step } from './submitted-journal.ts';

export interface Activity {
  readonly kind: 'play' | 'step' | 'replay';
  /** It steps the run itself, so that laws are checked before it goes on. */
  readonly stepsRun: boolean;
  /** Shown while it goes on. */
  busy(): DocumentState['busy'];
  /** Ms until there is something to do; 0: now. */
  waitMs(): number;
  /** One tick or so. @returns whether there is more to do. */
  advance(): boolean;
  /** It came to its end, or was ended before. */
  ended(whole: boolean): void;
  failed(error: Error): void;
}

/** How somebody who waits for the end of an activity is answered. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface PlayClock {
  readonly pace: Pace;
  readonly meter: RateMeter;
  readonly nowMs: () => number;
}

/** Plays at a pace. It pauses where the world settles, not where it already was settled. */
export function playing(run: SteeredRun, { pace, meter, nowMs }: PlayClock): Activity {
  let waits = !run.recorded.settled;
  return {
    kind: 'play',
    stepsRun: true,
    busy: () => null,
    waitMs: () => pace.waitMs(nowMs()),
    advance: () => {
      if (!run.stepSome()) return true;
      const ms = nowMs();
      pace.tick(ms);
      meter.mark(run.tick, ms);
      if (run.recorded.broken) return false;
      if (!run.recorded.settled) waits = true;
      return !(waits && run.recorded.settled);
    },
    ended: () => recordIfWhole(run),
    failed: () => {},
  };
}

export const stepping = (run: SteeredRun, toTick: number, { resolve, reject }: Waiter): Activity => ({
  kind: 'step',
  stepsRun: true,
  busy: () => ({ what: 'Stepping', tick: run.tick, toTick }),
  waitMs: () => 0,
  advance: () => {
    if (!run.stepSome()) return true;
    return run.tick < toTick && !run.recorded.broken;
  },
  ended: () => {
    recordIfWhole(run);
    resolve();
  },
  failed: reject,
});

/** Steps to the tick that a line of a guest's shell sleeps for, as long as one does. */
export const steppingForSleeper = (run: SteeredRun, toTick: number, sleeps: () => boolean): Activity => ({
  kind: 'step',
  stepsRun: true,
  busy: () => ({ what: 'Sleeping', tick: run.tick, toTick }),
  waitMs: () => 0,
  advance: () => {
    if (run.tick < toTick && !run.stepSome()) return true;
    return run.tick < toTick && sleeps() && !run.recorded.broken;
  },
  ended: () => recordIfWhole(run),
  failed: () => {},
});

/** A tick that is under way, since it was told to stop in it. */
export const finishing = (run: SteeredRun): Activity => ({
  kind: 'step',
  stepsRun: true,
  busy: () => ({ what: 'Finishing the tick', tick: run.tick, toTick: run.tick + 1 }),
  waitMs: () => 0,
  advance: () => !run.stepSome(),
  ended: () => recordIfWhole(run),
  failed: () => {},
});

/** Within a tick there is nothing to record: whoever finishes it does. */
function recordIfWhole(run: SteeredRun): void {
  if (!run.recorded.isInTick) run.recorded.recordNow();
}

/** Undo or redo: the run changes only when the whole replay is done. */
export const goingBack = (
  run: SteeredRun,
  replay: Replay,
  what: 'Undoing' | 'Redoing',
  { resolve, reject }: Waiter,
): Activity => {
  const label = what === 'Undoing' ? run.undoLabel : run.redoLabel;
  return {
    kind: 'replay',
    stepsRun: false,
    busy: () => ({ what: `${what} ${label}`, tick: replay.tick, toTick: replay.toTick }),
    waitMs: () => 0,
    advance: () => replay.advance(),
    ended: (whole) => {
      if (whole && what === 'Undoing') run.finishUndo(replay);
      if (whole && what === 'Redoing') run.finishRedo(replay);
      resolve();
    },
    failed: reject,
  };
};

/**
 * Steps to a tick and submits on the way what was submitted before; what was not reached when it is cancelled stays
 * scheduled. @returns null when the tick is reached already.
 */
export function recovering(
  run: SteeredRun,
  toTick: number,
  submitted: readonly Step[],
  ended: () => void,
  { what = 'Recovering', failed = () => {} }: { readonly what?: string; readonly failed?: (error: Error) => void } = {},
): Activity | null {
  const todo = [...submitted];
  const submitDue = (): void => {
    while (todo.length > 0 && todo[0]!.tick <= run.tick) {
      const step = todo.shift()!;
      if (step.command === null) run.changeSchedule(step.schedule, step.label);
      else run.submitAgain(step.command);
    }
  };
  const keepRest = (): void => {
    for (const step of todo) {
      if (step.command === null) run.changeSchedule(step.schedule, step.label);
      else run.schedule([step.command]);
    }
  };
  submitDue();
  if (run.tick >= toTick) {
    keepRest();
    return null;
  }
  return {
    kind: 'replay',
    stepsRun: true,
    busy: () => ({ what, tick: run.tick, toTick }),
    waitMs: () => 0,
    advance: () => {
      if (!run.stepSome()) return true;
      submitDue();
      return run.tick < toTick && !run.recorded.broken;
    },
    ended: () => {
      ended();
      // What is left is entered between two ticks.
      if (run.recorded.isInTick) run.step();
      keepRest();
      run.recorded.recordNow();
    },
    failed,
  };
}
