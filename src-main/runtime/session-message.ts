/** What a session and its thread say to each other: calls of the table of methods, and what the thread tells by itself. */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { SessionOptions, SessionState } from './session-api.ts';
import type { MethodName } from './session-table.ts';
import type { ErrorData } from './thread.ts';

export interface CallMessage {
  readonly id: number;
  readonly name: MethodName;
  readonly input: unknown;
}

export type WorkerData = Pick<SessionOptions, 'text' | 'version' | 'spillFolder' | 'toTick' | 'given'>;

export type WorkerMessage =
  | { readonly reply: number; readonly answer: unknown }
  | { readonly reply: number; readonly error: ErrorData }
  /** The first message: whether there is a world. */
  | { readonly event: 'started'; readonly problems: readonly PlacementProblem[] }
  /** What has changed of the state. */
  | { readonly event: 'state'; readonly state: Partial<SessionState> }
  /** Before the state that goes with it. */
  | { readonly event: 'document'; readonly text: string; readonly given: readonly number[] }
  | { readonly event: 'events'; readonly from: number; readonly events: readonly WorldEvent[] }
  | { readonly event: 'failure'; readonly error: ErrorData };
