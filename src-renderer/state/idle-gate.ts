/**
 * What arrives while a hand moves something on screen waits until it is still: a map that is dragged owes its sixty frames
 * a second to the hand. Not for ever: a hand that never rests sees the present once in so long.
 */
const STILL_MS = 120;
const MAX_WAIT_MS = 1000;

export class StillGate {
  #movedMs = -Infinity;

  moved(nowMs: number): void {
    this.#movedMs = nowMs;
  }

  /** @param sinceMs when the waiting began. @returns milliseconds after which to ask again; 0: go on. */
  waitMs(nowMs: number, sinceMs: number): number {
    const stillInMs = this.#movedMs + STILL_MS - nowMs;
    const longestMs = sinceMs + MAX_WAIT_MS - nowMs;
    return Math.max(0, Math.min(stillInMs, longestMs));
  }
}

/** Tells the gate of presses, drags and wheels anywhere in the window: what a press asks for comes before what arrives. */
export function watchHand(gate: StillGate): void {
  const options = { capture: true, passive: true };
  for (const press of ['pointerdown', 'pointerup', 'keydown'] as const)
    addEventListener(press, ({ timeStamp }) => gate.moved(timeStamp), options);
  addEventListener('pointermove', ({ buttons, timeStamp }) => buttons !== 0 && gate.moved(timeStamp), options);
  addEventListener('wheel', ({ timeStamp }) => gate.moved(timeStamp), options);
}
