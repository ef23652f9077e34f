/**
 * What a session's thread sends to main unasked: state, document and events of the run, each only where it changed since
 * it was last sent.
 */
import type { SessionJournal, SessionState } from './session-api.ts';
import type { WorkerMessage } from './session-message.ts';
import type { RunState, SteeredRun } from './steered-run.ts';

/** Between two states of a run that goes on by itself. */
const SEND_MS = 100;

export type SentDocument = Pick<SessionJournal, 'text' | 'given' | 'rescheduled'>;

export interface DriverDoor {
  readonly post: (message: WorkerMessage) => void;
  readonly nowMs: () => number;
}

/** What the driver knows of the state; undo and redo where those are its own. */
type Driving = Omit<SessionState, keyof RunState> & Pick<SessionState, 'undo' | 'redo'>;

export class SessionUpdates {
  /** While a run is recovered: the document that it will come to. */
  recovered: SentDocument | null = null;
  #run: SteeredRun;
  readonly #door: DriverDoor;
  #sentMs = -Infinity;
  #state: Partial<SessionState> = {};
  #document: SentDocument | null = null;
  #events = 0;

  constructor(run: SteeredRun, door: DriverDoor) {
    this.#run = run;
    this.#door = door;
  }

  /** Another run is steered from now on: nothing of the one before stands. */
  follow(run: SteeredRun): void {
    this.#run = run;
    run.recorded.eventsKept();
    const { events } = run.recorded;
    this.#events = events.length;
    this.#door.post({ event: 'events', from: 0, events: [...events] });
  }

  /** Whether SEND_MS have passed. */
  isDue(): boolean {
    return this.#door.nowMs() - this.#sentMs >= SEND_MS;
  }

  /** @param stands nothing is under way: lags are those of this very tick. */
  send(stands: boolean, driving: Driving): void {
    this.#sendDocument();
    this.sendEvents();
    const state: SessionState = { ...this.#run.state(stands), ...driving };
    const changed = Object.fromEntries(
      Object.entries(state).filter(([name, value]) => this.#state[name as keyof SessionState] !== value),
    );
    this.#state = state;
    this.#sentMs = this.#door.nowMs();
    this.#door.post({ event: 'state', state: changed });
  }

  #sendDocument(): void {
    const { text, given, rescheduled } = this.recovered ?? this.#run;
    const had = this.#document;
    if (text === had?.text && String(given) === String(had.given) && rescheduled === had.rescheduled) return;
    this.#document = { text, given, rescheduled };
    this.#door.post({ event: 'document', text, given, rescheduled });
  }

  /** An undo takes events back: then all from the first that differs are sent again. */
  sendEvents(): void {
    const from = Math.min(this.#events, this.#run.recorded.eventsKept());
    const { events } = this.#run.recorded;
    if (from === events.length && from === this.#events) return;
    this.#events = events.length;
    this.#door.post({ event: 'events', from, events: events.slice(from) });
  }
}
