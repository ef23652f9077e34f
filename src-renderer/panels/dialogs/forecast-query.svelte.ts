/** What would come of the command that a form says, asked of main as the person chooses (asker.ts). */
import type { SubmittedCommand } from '../../../shared/schema/command.ts';
import type { Forecast } from '../../../shared/model/forecast.ts';
import type { App } from '../../state/app.svelte.ts';
import { RequestError } from '../../state/connection.ts';
import { Asker } from './asker.ts';
import type { Asked } from './asker.ts';

export class ForecastQuery {
  asked = $state.raw<Asked<Forecast>>({ working: false, answer: null, failure: '' });
  readonly #asker: Asker<SubmittedCommand, Forecast>;

  /** @param command what the form says; null: it says none yet. Called in a component, which ends it. */
  constructor(app: App, command: () => SubmittedCommand | null) {
    this.#asker = new Asker(
      (question) => app.connection.request('run.forecast', { command: question }),
      (asked) => (this.asked = asked),
      (error) => {
        if (error instanceof RequestError) return error.message;
        throw error;
      },
    );
    $effect(() => this.#asker.want(command()));
    $effect(() => () => this.#asker.want(null));
    $effect(() => {
      if (app.document !== null) this.#asker.again();
    });
  }
}
