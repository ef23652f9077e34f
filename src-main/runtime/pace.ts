/**
 * When ticks are due, from a clock that is passed in.
 *
 * (a) Ticks follow the clock since playing began, so that a slow tick is made up for and nothing drifts.
 * (b) What could not be done within a second is given up: after a pause of the whole process nobody wants to watch a
 *     minute at once.
 */
const MAX_BEHIND_MS = 1000;
/** Window of the measured rate. */
const MEASURED_MS = 1000;

export class Pace {
  #ticksPerSec: number | null;
  /** When the tick number 0 since then was due. */
  #originMs: number;
  #done = 0;

  /** The first tick is due at once. @param ticksPerSec null: as fast as it goes. */
  constructor(ticksPerSec: number | null, nowMs: number) {
    this.#ticksPerSec = ticksPerSec;
    this.#originMs = nowMs;
  }

  get ticksPerSec(): number | null {
    return this.#ticksPerSec;
  }

  /** Another speed, keeping what has passed of the current tick. */
  change(ticksPerSec: number | null, nowMs: number): void {
    const waited = this.#ticksPerSec === null ? 1 : 1 - Math.min(1, (this.waitMs(nowMs) * this.#ticksPerSec) / 1000);
    this.#ticksPerSec = ticksPerSec;
    this.#done = 0;
    this.#originMs = ticksPerSec === null ? nowMs : nowMs + ((1 - waited) * 1000) / ticksPerSec;
  }

  /** Ms until the next tick is due; 0: now. */
  waitMs(nowMs: number): number {
    if (this.#ticksPerSec === null) return 0;
    return Math.max(0, this.#dueMs(this.#ticksPerSec) - nowMs);
  }

  /** A tick was done. */
  tick(nowMs: number): void {
    this.#done++;
    if (this.#ticksPerSec === null) return;
    const behindMs = nowMs - this.#dueMs(this.#ticksPerSec);
    if (behindMs > MAX_BEHIND_MS) this.#originMs += behindMs - MAX_BEHIND_MS;
  }

  #dueMs(ticksPerSec: number): number {
    return this.#originMs + (this.#done * 1000) / ticksPerSec;
  }
}

/** Ticks a second over the last second of playing. */
export class RateMeter {
  readonly #marks: { readonly ms: number; readonly tick: number }[] = [];

  mark(tick: number, nowMs: number): void {
    const marks = this.#marks;
    marks.push({ ms: nowMs, tick });
    while (marks.length > 2 && marks[1]!.ms <= nowMs - MEASURED_MS) marks.shift();
  }

  ticksPerSec(): number {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (first === undefined || last === undefined || last.ms <= first.ms) return 0;
    return ((last.tick - first.tick) * 1000) / (last.ms - first.ms);
  }

  clear(): void {
    this.#marks.length = 0;
  }
}
