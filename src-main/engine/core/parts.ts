/** Long work in parts: a generator that stops now and then, so that a caller can do other things in between. */
export type Parts<T> = Generator<undefined, T>;

/** All of it at once. */
export function wholeOf<T>(parts: Parts<T>): T {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}
