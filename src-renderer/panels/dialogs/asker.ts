/**
 * Asks main again each time the question changes, while a form is being filled in.
 *
 * (a) A change waits DEBOUNCE_MS for the next one. One question at a time is under way; what changed meanwhile is asked
 *     after it, and an answer to anything but the last question is dropped.
 * (b) `working` is true from the change until the answer to it is there.
 * (c) While the world goes on the answer gets out of date: `again` repeats the question, at most every AGAIN_MS.
 */
export const DEBOUNCE_MS = 150;
export const AGAIN_MS = 1000;

export interface Asked<Answer> {
  readonly working: boolean;
  readonly answer: Answer | null;
  /** Why there is no answer. */
  readonly failure: string;
}

export class Asker<Question extends object, Answer> {
  readonly #ask: (question: Question) => Promise<Answer>;
  readonly #tell: (asked: Asked<Answer>) => void;
  readonly #failureText: (error: unknown) => string;
  #question: Question | null = null;
  #asked: Asked<Answer> = { working: false, answer: null, failure: '' };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #lastMs = -Infinity;

  /** @param failureText of what `ask` rejects with; may throw it on */
  constructor(
    ask: (question: Question) => Promise<Answer>,
    tell: (asked: Asked<Answer>) => void,
    failureText: (error: unknown) => string,
  ) {
    this.#ask = ask;
    this.#tell = tell;
    this.#failureText = failureText;
  }

  /** null: there is no question yet, and no answer. */
  want(question: Question | null): void {
    this.#question = question;
    clearTimeout(this.#timer);
    if (question === null) this.#set({ working: false, answer: null, failure: '' });
    else {
      this.#set({ ...this.#asked, working: true });
      this.#timer = setTimeout(() => void this.#put(), DEBOUNCE_MS);
    }
  }

  again(): void {
    if (this.#question === null || this.#asked.working || this.#isAsking) return;
    if (performance.now() - this.#lastMs >= AGAIN_MS) void this.#put();
  }

  async #put(): Promise<void> {
    const question = this.#question;
    if (question === null || this.#isAsking) return;
    this.#isAsking = true;
    this.#lastMs = performance.now();
    let asked: Asked<Answer>;
    try {
      asked = { working: false, answer: await this.#ask(question), failure: '' };
    } catch (error) {
      asked = { working: false, answer: null, failure: this.#failureText(error) };
    } finally {
      this.#isAsking = false;
    }
    if (question === this.#question) this.#set(asked);
    else void this.#put();
  }

  #set(asked: Asked<Answer>): void {
    this.#asked = asked;
    this.#tell(asked);
  }
}
