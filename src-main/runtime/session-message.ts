/** What a session and its thread say to each other: calls of the table of methods, and what the thread tells by itself. */
import type { WorldEvent } from '../../shared/model/event.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { SessionDocument, SessionOptions, SessionState } from './session-api.ts';
import type { MethodName } from './session-table.ts';
import type { ErrorData } from './thread.ts';

export interface CallMessage {
  readonly id: number;
  readonly name: MethodName;
  readonly input: unknown;
}

export type WorkerData = Pick<SessionOptions, 'text' | 'version' | 'spillFolder' | 'toTick' | 'given' | 'rescheduled'>;

export type WorkerMessage =
  | { readonly reply: number; readonly answer: unknown }
  | { readonly reply: number; readonly error: ErrorData }
  /** While the world is made: pages of all guests, warm-up included. */
  | { readonly event: 'making'; readonly pages: number; readonly ofPages: number }
  /** After that: whether there is a world. */
  | { readonly event: 'started'; readonly problems: readonly PlacementProblem[] }
  /** What has changed of the state. */
  | { readonly event: 'state'; readonly state: Partial<SessionState> }
  /** Before the state that goes with it. */
  | ({ readonly event: 'document' } & SessionDocument)
  | { readonly event: 'events'; readonly from: number; readonly events: readonly WorldEvent[] }
  | { readonly event: 'failure'; readonly error: ErrorData };
