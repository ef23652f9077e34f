/**
 * What the dialogs that submit a command share: the VM, the forecast of the command as the form stands, and its submission.
 *
 * (a) The VM is at first the one that the dialog was opened for, else the one that is shown.
 * (b) Opened to change a command to come, it says that one at first, and submitting puts another in its place.
 * (c) One submission at a time. The dialog closes when the command was taken; a rejection stands until the form says
 *     another command.
 */
import { COMMAND_NAMES, rejectionText } from '../../../shared/view/words/index.ts';
import type { Forecast } from '../../../shared/model/forecast.ts';
import type { SubmittedCommand } from '../../../shared/schema/command.ts';
import type { App } from '../../state/app.svelte.ts';
import type { ComingCommand } from '../../state/commands-to-come.ts';
import { reschedule } from '../../state/commands-to-come.ts';
import { RequestError } from '../../state/connection.ts';
import { memory } from '../../state/memory.ts';
import { Asker } from './asker.ts';
import type { Asked } from './asker.ts';

export class CommandDialog {
  guest = $state(0);
  forecast = $state.raw<Asked<Forecast>>({ working: false, answer: null, failure: '' });
  /** Whether the run is played once the command was taken; remembered. */
  plays = $state(memory.get('playAfter') !== 'no');
  readonly #app: App;
  readonly #command: () => SubmittedCommand | null;
  /** The command to come that is changed; null: one is submitted now. */
  readonly changed: ComingCommand | null;
  /** When it is to come, in seconds. */
  atSec = $state(0);
  #submitting = $state(false);
  #rejected = $state.raw<{ readonly text: string; readonly command: SubmittedCommand } | null>(null);

  readonly guests = $derived.by(() =>
    (this.#app.document?.inputs.guests ?? []).map(({ name }, value) => ({ value, label: name })),
  );
  readonly vm = $derived(this.guests[this.guest]?.label ?? null);
  /** Why the form cannot be submitted now, where that is not the form's own doing; null: it can. */
  readonly busyText = $derived.by(() => {
    const { busy } = this.#app.document ?? { busy: null };
    return busy === null ? null : `${busy.what} is under way`;
  });

  /** @param command what the form says; null: it is not complete. Called in a component, which ends it. */
  constructor(app: App, command: () => SubmittedCommand | null) {
    this.#app = app;
    this.#command = command;
    this.changed = app.editing;
    if (this.changed !== null) this.atSec = (this.changed.tick * app.tickMs) / 1000;
    const named = app.document?.inputs.guests.findIndex(({ name }) => name === app.dialogVm) ?? -1;
    this.guest = named >= 0 ? named : app.guest;
    const asker = new Asker<SubmittedCommand, Forecast>(
      (question) => app.connection.request('run.forecast', { command: question }),
      (asked) => (this.forecast = asked),
      (error) => {
        if (error instanceof RequestError) return error.message;
        throw error;
      },
    );
    $effect(() => asker.want(command()));
    $effect(() => () => asker.want(null));
    $effect(() => {
      if (app.document !== null) asker.again();
    });
  }

  get canSubmit(): boolean {
    return this.#command() !== null && !this.#submitting && this.busyText === null;
  }

  /** Why the world rejected this very command; null: it did not, or the form now says another. */
  get rejection(): string | null {
    return this.#rejected?.command === this.#command() ? (this.#rejected?.text ?? null) : null;
  }

  rememberPlays = (plays: boolean): void => memory.set('playAfter', plays ? 'yes' : 'no');

  /** @param play whether the run is played afterwards */
  async submit(event: SubmitEvent, play: boolean): Promise<void> {
    event.preventDefault();
    const command = this.#command();
    if (command === null || this.#submitting) return;
    this.#submitting = true;
    const text = await this.#rejectionOf(command);
    this.#submitting = false;
    this.#rejected = text === null ? null : { text, command };
    if (text !== null) return;
    const { document, ticksPerSec } = this.#app;
    if (play && this.changed === null && document !== null && !document.playing)
      await this.#app.attempt('play the run', 'run.play', { ticksPerSec });
    this.#app.closeDialog();
  }

  async #rejectionOf(command: SubmittedCommand): Promise<string | null> {
    this.#app.scrub(null);
    if (this.changed !== null) {
      const toTick = Math.round((this.atSec * 1000) / this.#app.tickMs);
      const done = await reschedule(this.#app, this.changed, toTick, command);
      return done === null ? 'Could not change the command; Problems says why.' : null;
    }
    const what = `submit "${COMMAND_NAMES[command.type]}" for ${command.vm}`;
    const reply = await this.#app.attempt(what, 'run.command', { command });
    if (reply === null) return `Could not ${what}; Problems says why.`;
    return reply.rejection === null ? null : rejectionText(reply.rejection);
  }
}
