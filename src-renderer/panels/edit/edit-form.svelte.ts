/**
 * What the dialogs that change the document by hand share: main is asked what would come of the form as it stands, all problems
 * are shown beside it, and the change is made once there is none.
 */
import { hasErrors } from '../../../shared/errors/index.ts';
import type { EditReply } from '../../../shared/protocol/document.ts';
import type { DocumentEdit } from '../../../shared/schema/edit.ts';
import { editLabel } from '../../../shared/view/words/index.ts';
import type { App } from '../../state/app.svelte.ts';
import { RequestError } from '../../state/connection.ts';
import { Asker } from '../dialogs/asker.ts';
import type { Asked } from '../dialogs/asker.ts';

export class EditForm {
  asked = $state.raw<Asked<EditReply>>({ working: false, answer: null, failure: '' });
  readonly #app: App;
  readonly #edit: () => DocumentEdit | null;
  #submitting = $state(false);

  /** @param edit what the form says; null: it is not complete. Called in a component, which ends it. */
  constructor(app: App, edit: () => DocumentEdit | null) {
    this.#app = app;
    this.#edit = edit;
    const asker = new Asker<DocumentEdit, EditReply>(
      (question) => app.connection.request('document.edit', { edit: question, dry: true }),
      (asked) => (this.asked = asked),
      (error) => {
        if (error instanceof RequestError) return error.message;
        throw error;
      },
    );
    $effect(() => asker.want(edit()));
    $effect(() => () => asker.want(null));
  }

  get canSubmit(): boolean {
    const { working, answer, failure } = this.asked;
    if (this.#edit() === null || this.#submitting || working || failure !== '' || this.busyText !== null) return false;
    return answer !== null && !hasErrors(answer.diagnostics);
  }

  /** Why it cannot be made now, where that is not the form's own doing; null: it can. */
  get busyText(): string | null {
    const busy = this.#app.document?.busy ?? null;
    return busy === null ? null : `${busy.what} is under way`;
  }

  async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const edit = this.#edit();
    if (edit === null || !this.canSubmit) return;
    this.#submitting = true;
    this.#app.scrub(null);
    const reply = await this.#app.attempt(editLabel(edit), 'document.edit', { edit, dry: false });
    this.#submitting = false;
    if (reply === null)
      this.asked = { working: false, answer: null, failure: 'It could not be done; Problems says why.' };
    else if (reply.done) {
      this.#app.closeDialog();
      this.#app.toast(`Done: ${editLabel(edit)}. The run begins anew; Undo takes it back.`);
    } else this.asked = { working: false, answer: reply, failure: '' };
  }
}
