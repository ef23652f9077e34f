/** A comparison that is being made, or was made last, of the VM and the kind that is shown; it can be called off. */
import type { Comparison } from '../../../shared/model/comparison.ts';
import type { App } from '../../state/app.svelte.ts';
import { RequestError } from '../../state/connection.ts';

export class CompareRun {
  answer = $state.raw<Comparison | null>(null);
  failure = $state('');
  /** Since when it runs, by performance.now; null: none does. */
  sinceMs = $state<number | null>(null);
  readonly #app: App;
  #turn = 0;

  constructor(app: App) {
    this.#app = app;
  }

  async start(vm: string, of: Comparison['of']): Promise<void> {
    if (this.sinceMs !== null) return;
    const turn = ++this.#turn;
    this.#app.comparing = null;
    this.failure = '';
    this.sinceMs = performance.now();
    try {
      const answer = await this.#app.connection.request('run.compare', { vm, of });
      if (turn === this.#turn) this.answer = answer;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (turn === this.#turn) this.failure = error.message;
    } finally {
      if (turn === this.#turn) this.sinceMs = null;
    }
  }

  /** What was found last stays. */
  async cancel(): Promise<void> {
    if (this.sinceMs === null) return;
    this.#turn++;
    this.sinceMs = null;
    this.failure = '';
    await this.#app.attempt('call the comparison off', 'run.cancelCompare', {});
  }

  forget(): void {
    void this.cancel();
    this.answer = null;
    this.failure = '';
  }
}
