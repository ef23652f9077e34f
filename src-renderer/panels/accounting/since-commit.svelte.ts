/**
 * The accounts of a guest as they stood before its last commit: the recorded frame of the tick before, asked of main.
 *
 * (a) It belongs to the VM and the tick that are shown; an answer that comes late is dropped.
 * (b) Answers are kept, so that scrubbing over a commit and back asks once.
 */
import { guestsOf } from '../../../shared/columns/index.ts';
import { decode } from '../../../shared/columns/index.ts';
import { guestAccounting } from '../../../shared/view/index.ts';
import type { GuestAccounting } from '../../../shared/view/index.ts';
import { lastCommit } from '../../../shared/view/change.ts';
import type { App } from '../../state/app.svelte.ts';
import { RequestError } from '../../state/connection.ts';

export interface Before {
  /** Tick of the frame compared with. */
  readonly tick: number;
  readonly commitTick: number;
  readonly layoutSeq: number;
  readonly accounting: GuestAccounting;
}

const MAX_KEPT = 16;

export class SinceCommit {
  before = $state.raw<Before | null>(null);
  /** The frame before the commit has been asked for and is not there yet. */
  busy = $state(false);
  /** Why there is nothing to compare with, in words. */
  why = $state('');
  readonly #app: App;
  readonly #kept = new Map<string, Before>();
  #wanted = '';

  constructor(app: App) {
    this.#app = app;
  }

  /** Called whenever what is shown changes. */
  follow(vm: string | null, guest: number, tick: number): void {
    const commit = vm === null ? null : lastCommit(this.#app.events, vm, tick);
    // An undo makes other frames of the same ticks: the commands given so far tell them apart.
    const wanted =
      commit === null
        ? `none ${vm}`
        : JSON.stringify([this.#app.document?.id, vm, commit.tick, this.#app.document?.commands.length]);
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.before = this.#kept.get(wanted) ?? null;
    this.why = commit === null ? 'No layout has been committed yet.' : '';
    this.busy = commit !== null && this.before === null;
    if (commit !== null && this.before === null) void this.#fetch(wanted, guest, commit.tick);
  }

  async #fetch(wanted: string, guest: number, commitTick: number): Promise<void> {
    try {
      const { output, payload } = await this.#app.connection.ask('view.frame', { at: Math.max(0, commitTick - 1) });
      const frame = decode(payload.slice().buffer).value;
      if (frame === null || guestsOf(frame)[guest] === undefined) return;
      const accounting = guestAccounting(frame, guest);
      const before = { tick: output.tick, commitTick, layoutSeq: guestsOf(frame)[guest]!.layoutSeq, accounting };
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(wanted, before);
      if (wanted === this.#wanted) this.before = before;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (wanted === this.#wanted) this.why = `The state before the commit cannot be shown: ${error.message}`;
    } finally {
      if (wanted === this.#wanted) this.busy = false;
    }
  }
}
