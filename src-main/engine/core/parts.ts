/** Long work in parts: a generator that yields from time to time, so that its caller can do other work in between. */
export type Parts<T> = Generator<undefined, T>;

/** All of it at once. */
export function wholeOf<T>(parts: Parts<T>): T {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}
