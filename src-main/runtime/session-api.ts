/**
 * A run that a person steers: one world in a thread of its own, its history, and the commands submitted to it. Everything a
 * window can see of a run comes through here, whichever shell the window is in.
 *
 * (a) The scenario is the truth: a command submitted at tick t is entered into the scenario's commands at t, before those
 *     still to come. Running the scenario's text from the beginning gives the same hash chain.
 * (b) Who looks, and how often, never changes the world.
 * (c) Times and speeds of the wall clock decide when a tick is stepped, never what comes of it.
 */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { CompareProgress, Comparison } from '../../shared/model/comparison.ts';
import type { DocumentState } from '../../shared/protocol/index.ts';
import type { MethodAnswer, MethodInput, MethodName } from './session-table.ts';
import type { ThreadPlace } from './thread.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';

/** What of a document's state is the run's; the rest (place, dirty, id) is the desk's. */
export type SessionState = Omit<DocumentState, 'id' | 'place' | 'dirty' | 'changedOnDisk' | 'isImport' | 'problems'>;

/** What goes on while a world is made. */
export interface OpeningWatch {
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** Pages of all guests that are made, warm-up included. Called a few times a second. */
  making(pages: number, ofPages: number): void;
}

export interface SessionOptions {
  /** Canonical text of a sound scenario. */
  readonly text: string;
  readonly version: string;
  /** Where history goes that does not fit the memory bound; a folder of its own, removed on close. */
  readonly spillFolder: string;
  /** Recovery: steps to this tick before it answers anything but state and cancel. */
  readonly toTick?: number;
  /** Recovery: which of the text's commands a person submitted, as SessionJournal has them: these can be undone. */
  readonly given?: readonly number[];
  /** Recovery: SessionJournal.rescheduled, unchecked. */
  readonly rescheduled?: unknown;
  /** While its world is made: how far it is, and whether it is still wanted. */
  readonly opening?: OpeningWatch;
  /** Of its thread's file, where that is not beside this one (a bundled build). */
  readonly threadPlace?: ThreadPlace;
}

/** All that is needed to come back to where a run stands: with `tick` as `toTick`, the options of another session. */
export interface SessionJournal extends SessionDocument {
  readonly tick: number;
}

export interface SessionDocument {
  readonly text: string;
  /** Indexes into the text's commands, in the order in which they were submitted. */
  readonly given: readonly number[];
  /** Changes of the commands to come that can be taken back, plain data (submitted-journal.ts); null: none. */
  readonly rescheduled: unknown;
}

export type SessionStart =
  | { readonly session: Session; readonly problems: readonly [] }
  | { readonly session: null; readonly problems: readonly PlacementProblem[] };

export interface Session {
  readonly state: SessionState;
  /** Canonical text of the scenario with the commands submitted so far. Answered even when the worker has died. */
  text(): Promise<string>;
  /** As of the last state sent; nobody is asked, so that it costs nothing and outlives the worker. `text` is the
   *  same string until a command or the name changes. */
  journal(): SessionJournal;
  /** Called with every new state (at most about ten times a second while playing), and on every change a person makes. */
  onState(listener: (state: SessionState) => void): void;
  /** The events since the beginning, as far as they were sent. Kept also when the thread has died. */
  readonly events: readonly WorldEvent[];
  /** From number `from` on, counted from 0, there are other events than before: new ones, or after an undo other ones. */
  onEvents(listener: (from: number) => void): void;
  /** A worker that died, or a bug of ours: the run is over. */
  onFailure(listener: (error: Error) => void): void;

  /** A method of the thread (session-methods.ts), answered between two slices of stepping. */
  ask<N extends MethodName>(name: N, input: MethodInput<N>): Promise<MethodAnswer<N>>;
  /** Runs variants of the scenario to the present tick in a thread of their own. */
  compare(vm: string, of: Comparison['of'], onProgress?: (progress: CompareProgress) => void): Promise<Comparison>;
  cancelCompare(): Promise<void>;
  /** Ends the thread and removes what was spilled. */
  close(): Promise<void>;
}
