/** The end of a dialog that gives a command: once at a time, closed when it was taken, and why not otherwise. */
import type { SubmittedCommand } from '../../../shared/schema/command.ts';
import type { App } from '../../state/app.svelte.ts';
import { giveAndPlay } from './submit.ts';

export class Giving {
  readonly #app: App;
  /** Under way. */
  busy = $state(false);
  #refused = $state.raw<{ readonly text: string; readonly command: SubmittedCommand } | null>(null);

  constructor(app: App) {
    this.#app = app;
  }

  /** What stood in the way of this very command; null: nothing, or it was another. */
  refusalOf(command: SubmittedCommand | null): string | null {
    return this.#refused !== null && this.#refused.command === command ? this.#refused.text : null;
  }

  async submit(event: SubmitEvent, command: SubmittedCommand | null, play: boolean): Promise<void> {
    event.preventDefault();
    if (command === null || this.busy) return;
    this.busy = true;
    const text = await giveAndPlay(this.#app, command, play);
    this.busy = false;
    this.#refused = text === null ? null : { text, command };
    if (text === null) this.#app.closeDialog();
  }
}
