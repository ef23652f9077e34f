/**
 * When the window asks main for more: not while the person drags, scrolls or types, so that it has its time for input.
 * It never waits for longer than MAX_WAIT_MS.
 */
const IDLE_MS = 120;
const MAX_WAIT_MS = 1000;

export class IdleGate {
  #inputMs = -Infinity;

  input(nowMs: number): void {
    this.#inputMs = nowMs;
  }

  /** @param sinceMs when the waiting began. @returns milliseconds after which to ask again; 0: go on. */
  waitMs(nowMs: number, sinceMs: number): number {
    const idleInMs = this.#inputMs + IDLE_MS - nowMs;
    const longestMs = sinceMs + MAX_WAIT_MS - nowMs;
    return Math.max(0, Math.min(idleInMs, longestMs));
  }
}

/** Tells the gate of presses, drags and wheels anywhere in the window. */
export function watchInput(gate: IdleGate): void {
  const options = { capture: true, passive: true };
  for (const press of ['pointerdown', 'pointerup', 'keydown'] as const)
    addEventListener(press, ({ timeStamp }) => gate.input(timeStamp), options);
  addEventListener('pointermove', ({ buttons, timeStamp }) => buttons !== 0 && gate.input(timeStamp), options);
  addEventListener('wheel', ({ timeStamp }) => gate.input(timeStamp), options);
}
