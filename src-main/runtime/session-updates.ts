/**
 * What main is told of a run without having asked: its state, its document and its events, each only where it changed
 * since it was last told.
 */
import type { SessionJournal, SessionState } from './session-api.ts';
import type { WorkerMessage } from './session-message.ts';
import type { RunState, SteeredRun } from './steered-run.ts';

/** Between two that no person asked for. */
const TELL_MS = 100;

export type ToldDocument = Pick<SessionJournal, 'text' | 'given'>;

export interface DriverDoor {
  readonly post: (message: WorkerMessage) => void;
  readonly nowMs: () => number;
}

export class SessionUpdates {
  /** While a run is recovered: the document that it will come to. */
  recovered: ToldDocument | null = null;
  readonly #run: SteeredRun;
  readonly #door: DriverDoor;
  #toldMs = -Infinity;
  #state: Partial<SessionState> = {};
  #document: ToldDocument | null = null;
  #events = 0;

  constructor(run: SteeredRun, door: DriverDoor) {
    this.#run = run;
    this.#door = door;
  }

  /** Whether TELL_MS have passed. */
  isDue(): boolean {
    return this.#door.nowMs() - this.#toldMs >= TELL_MS;
  }

  /** @param stands nothing is under way, so that lags are told of this very tick. */
  tell(stands: boolean, driving: Omit<SessionState, keyof RunState>): void {
    this.#tellDocument();
    this.tellEvents();
    const state: SessionState = { ...this.#run.state(stands), ...driving };
    const changed = Object.fromEntries(
      Object.entries(state).filter(([name, value]) => this.#state[name as keyof SessionState] !== value),
    );
    this.#state = state;
    this.#toldMs = this.#door.nowMs();
    this.#door.post({ event: 'state', state: changed });
  }

  #tellDocument(): void {
    const { text, given } = this.recovered ?? this.#run;
    if (text === this.#document?.text && String(given) === String(this.#document.given)) return;
    this.#document = { text, given };
    this.#door.post({ event: 'document', text, given });
  }

  /** An undo takes events back: then all from the first that is another are told again. */
  tellEvents(): void {
    const from = Math.min(this.#events, this.#run.eventsKept());
    const { events } = this.#run;
    if (from === events.length && from === this.#events) return;
    this.#events = events.length;
    this.#door.post({ event: 'events', from, events: events.slice(from) });
  }
}
