/**
 * An answer of main that a view shows. The view calls `want` with the key of what it shows now, as often as it likes; a new
 * key is a new question.
 *
 * (a) One question at a time; of those that come meanwhile only the last is asked.
 * (b) The last answer stands until the next is there; a failure is shown in the view, not under Problems.
 */
import { Latest } from '../canvas/latest.ts';
import { RequestError } from './connection.ts';

export class Query<Answer> {
  answer = $state.raw<Answer | null>(null);
  /** Why there is no newer answer; empty: there is one, or it is awaited. */
  failure = $state('');
  /** From a new key until its answer or its failure: what stands meanwhile is of an earlier key. */
  busy = $state(false);
  #key: string | null = null;
  readonly #latest = new Latest<{ readonly key: string; readonly ask: () => Promise<Answer> }>(async ({ key, ask }) => {
    try {
      const answer = await ask();
      if (key !== this.#key) return;
      this.answer = answer;
      this.failure = '';
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (key === this.#key) this.failure = error.message;
    } finally {
      if (key === this.#key) this.busy = false;
    }
  });

  want(key: string, ask: () => Promise<Answer>): void {
    if (key === this.#key) return;
    this.#key = key;
    this.busy = true;
    this.#latest.wish({ key, ask });
  }

  forget(): void {
    this.#key = null;
    this.busy = false;
    this.answer = null;
    this.failure = '';
  }
}
