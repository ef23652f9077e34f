/**
 * A run that a person steers: one world in a thread of its own, its history, and the commands given to it. Everything a
 * window can see of a run comes through here, whichever shell the window is in.
 *
 * (a) The scenario is the truth: a command given at tick t is entered into the scenario's commands at t, before those
 *     still to come. Running the scenario's text from the beginning gives the same hash chain.
 * (b) Who looks, and how often, never changes the world.
 * (c) Times and speeds of the wall clock decide when a tick is stepped, never what comes of it.
 */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { CompareProgress, Comparison } from '../../shared/model/comparison.ts';
import type { Forecast } from '../../shared/model/forecast.ts';
import type { LayoutInfo, RunHashes, SeriesPart, ShellCompletion, ShellReply } from '../../shared/protocol/index.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { DocumentState } from '../../shared/protocol/index.ts';
import type { CommitTrace } from '../../shared/model/commit-trace.ts';
import type { LawsChecked, RunRecord } from '../../shared/view/index.ts';
import type { ThreadPlace } from './thread.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';

/** What of a document's state is the run's; the rest (place, dirty, id) is the desk's. */
export type SessionState = Omit<DocumentState, 'id' | 'place' | 'dirty' | 'changedOnDisk' | 'problems'>;

export interface SessionOptions {
  /** Canonical text of a sound scenario. */
  readonly text: string;
  readonly version: string;
  /** Where history goes that does not fit the memory bound; a folder of its own, removed on close. */
  readonly spillFolder: string;
  /** Recovery: steps to this tick before it answers anything but state and cancel. */
  readonly toTick?: number;
  /** Recovery: which of the text's commands a person gave, as SessionJournal has them: these can be undone. */
  readonly given?: readonly number[];
  /** Of its thread's file, where that is not beside this one (a bundled build). */
  readonly threadPlace?: ThreadPlace;
}

/** All that is needed to come back to where a run stands: with `tick` as `toTick`, the options of another session. */
export interface SessionJournal {
  readonly text: string;
  readonly tick: number;
  /** Indexes into the text's commands, in the order in which they were given. */
  readonly given: readonly number[];
}

export type SessionStart =
  | { readonly session: Session; readonly problems: readonly [] }
  | { readonly session: null; readonly problems: readonly PlacementProblem[] };

export interface FrameRequest {
  /** null: the present. Otherwise the recorded frame at this tick, or the last before it. */
  readonly at: number | null;
  /** The VM whose pageblocks are wanted; recorded frames have those of every VM. */
  readonly blocksOf: string | null;
}

export interface Session {
  readonly state: SessionState;
  /** Canonical text of the scenario with the commands given so far. Answered even when the worker has died. */
  text(): Promise<string>;
  /** As it stood at the last state told; nobody is asked, so that it costs nothing and outlives the worker. `text` is the
   *  same string until a command or the name changes. */
  journal(): SessionJournal;
  /** Called with every new state (at most about ten times a second while playing), and on every change a person makes. */
  onState(listener: (state: SessionState) => void): void;
  /** `from` counts from 0 since the beginning; after an undo it may be lower than what was had. */
  onEvents(listener: (from: number, events: readonly WorldEvent[]) => void): void;
  /** A worker that died, or a bug of ours: the run is over. */
  onFailure(listener: (error: Error) => void): void;

  play(ticksPerSec: number | null): Promise<void>;
  pause(): Promise<void>;
  step(ticks: number): Promise<void>;
  /** Applies it now; a command given during a replay is refused (slug 'busy'). */
  give(command: SubmittedCommand): Promise<Rejection | null>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  cancel(): Promise<void>;
  rename(name: string): Promise<void>;

  check(): Promise<LawsChecked>;
  hashes(): Promise<RunHashes>;
  forecast(command: SubmittedCommand): Promise<Forecast>;
  /** encode(snapshot) of a frame, with its tick. Answered between two slices of stepping. */
  frame(request: FrameRequest): Promise<{ readonly tick: number; readonly bytes: Uint8Array }>;
  /** Columns of shared/protocol/tile.ts. Clamped to the VM's pages. */
  tiles(
    vm: string,
    fromPfn: number,
    pages: number,
  ): Promise<{ readonly tick: number; readonly fromPfn: number; readonly pages: number; readonly bytes: Uint8Array }>;
  /** One line for the shell of a guest. What it writes is given as one command (`writeFiles`). */
  shell(vm: string, line: string): Promise<ShellReply>;
  stopShell(vm: string): Promise<void>;
  completeShell(vm: string, line: string): Promise<ShellCompletion>;
  layouts(vm: string): Promise<readonly LayoutInfo[]>;
  /** Start, end and nid of each range of a layout that the guest still has, as little-endian uint32. */
  layout(
    vm: string,
    seq: number,
  ): Promise<{ readonly seq: number; readonly ranges: number; readonly bytes: Uint8Array }>;
  commits(vm: string): Promise<readonly CommitTrace[]>;
  /** Runs variants of the scenario to the present tick in a thread of their own. */
  compare(vm: string, of: Comparison['of'], onProgress?: (progress: CompareProgress) => void): Promise<Comparison>;
  cancelCompare(): Promise<void>;
  series(haveTick: number | null, stride: number): Promise<SeriesPart>;
  events(from: number, most: number): Promise<readonly WorldEvent[]>;
  /** The record of the run so far, as a report needs it. Ending: settled, or ticks. */
  record(): Promise<RunRecord>;
  /** Ends the thread and removes what was spilled. */
  close(): Promise<void>;
}
