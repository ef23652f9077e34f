/**
 * A request that was well formed and cannot be done as things stand; nobody's fault. The text is for a person. Known by its
 * name, which crosses threads. (What the simulated world says no to is a command rejection, and no error.)
 */
export class RequestDenied extends Error {
  override readonly name = 'RequestDenied';
}

export const isRequestDenied = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'RequestDenied';

/** Without the name, which may be anything: this is logged. */
export const NO_SUCH_VM = 'There is no VM of this name in the document.';
