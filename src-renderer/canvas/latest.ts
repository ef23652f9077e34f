/** Works on the latest of many wishes, one at a time: of those that come meanwhile only the last is kept. */
export class Latest<T> {
  readonly #work: (wish: T) => Promise<unknown>;
  #waiting: { readonly wish: T } | null = null;
  #busy = false;

  /** A wish whose work fails is given up; the next is done all the same. */
  constructor(work: (wish: T) => Promise<unknown>) {
    this.#work = work;
  }

  wish(wish: T): void {
    this.#waiting = { wish };
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting !== null) {
      const { wish } = this.#waiting;
      this.#waiting = null;
      await this.#work(wish).catch(() => undefined);
    }
    this.#busy = false;
  }
}
