/**
 * The one table of what a session and its worker say to each other: calls are those methods of Session that need the
 * world, by name, with their own arguments and results; everything else is an event.
 */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { Session, SessionOptions, SessionState } from './session-api.ts';
import type { ErrorData } from './thread.ts';

export type CallName =
  | 'play'
  | 'pause'
  | 'step'
  | 'give'
  | 'undo'
  | 'redo'
  | 'cancel'
  | 'rename'
  | 'check'
  | 'hashes'
  | 'forecast'
  | 'frame'
  | 'tiles'
  | 'shell'
  | 'stopShell'
  | 'completeShell'
  | 'layouts'
  | 'layout'
  | 'commits'
  | 'series'
  | 'events'
  | 'record';

export type CallArguments<N extends CallName> = Parameters<Session[N]>;
export type CallResult<N extends CallName> = Awaited<ReturnType<Session[N]>>;

/** How the worker answers each call. Bytes in a result are handed over, not copied. */
export type CallHandlers = {
  readonly [N in CallName]: (...input: CallArguments<N>) => CallResult<N> | Promise<CallResult<N>>;
};

export interface CallMessage {
  readonly id: number;
  readonly name: CallName;
  readonly input: readonly unknown[];
}

export type WorkerData = Pick<SessionOptions, 'text' | 'version' | 'spillFolder' | 'toTick' | 'given'>;

export type WorkerMessage =
  | { readonly reply: number; readonly value: unknown }
  | { readonly reply: number; readonly error: ErrorData }
  /** The first message: whether there is a world. */
  | { readonly event: 'started'; readonly problems: readonly PlacementProblem[] }
  /** What has changed of the state. */
  | { readonly event: 'state'; readonly state: Partial<SessionState> }
  /** Before the state that goes with it. */
  | { readonly event: 'document'; readonly text: string; readonly given: readonly number[] }
  | { readonly event: 'events'; readonly from: number; readonly events: readonly WorldEvent[] }
  | { readonly event: 'failure'; readonly error: ErrorData };
