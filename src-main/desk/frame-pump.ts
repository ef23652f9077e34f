/**
 * Frames for one window. Two things alone hold a frame back on its way from the run to the screen:
 *
 * (a) The pace. While the run plays a frame is asked for as often as it ticks, at most about thirty times a second. One
 *     that the window has already is neither made nor sent.
 * (b) The acknowledgement. One frame is under way at a time: the next is asked for when the window has painted the one
 *     before and has time for another (src-renderer/state/app.svelte.ts). Nothing is queued.
 *
 * What the window wants to see may change at any time; a frame that was made for what it wanted before is not sent.
 */
import type { FrameRequest, Session } from '../runtime/index.ts';

export interface FrameSource {
  readonly session: Pick<Session, 'state' | 'ask'>;
}

export interface SentFrame {
  readonly frame: number;
  readonly tick: number;
  readonly at: number | null;
}

const SHORTEST_MS = 33;
/** A tick of a slow run is seen no later than this. */
const LONGEST_MS = 100;

export class FramePump {
  readonly #source: FrameSource;
  readonly #send: (frame: SentFrame, bytes: Uint8Array) => void;
  readonly #failed: (error: unknown) => void;
  #watch: FrameRequest | null = null;
  #lastFrame = 0;
  #inFlight: number | null = null;
  #sentAtMs = 0;
  /** Hash chain of the world that the last frame showed; null: it showed something else than what is wanted now. */
  #shown: string | null = null;
  #asking = false;
  #due = false;
  #askedAtMs = -Infinity;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(
    source: FrameSource,
    send: (frame: SentFrame, bytes: Uint8Array) => void,
    failed: (error: unknown) => void,
  ) {
    this.#source = source;
    this.#send = send;
    this.#failed = failed;
  }

  /** What the window wants to see from now on. */
  watch(request: FrameRequest): void {
    this.#watch = request;
    this.#shown = null;
    this.changed();
  }

  /** There may be something new. */
  changed(): void {
    if (this.#watch === null || this.#closed) return;
    this.#due = true;
    this.#next();
  }

  /** The window has drawn a frame. One that was not sent, or was drawn before, means nothing. */
  acknowledge(frame: number): void {
    if (frame !== this.#inFlight) return;
    this.#inFlight = null;
    this.#next();
  }

  /** How long the window has had a frame without drawing it; 0 when it has none. */
  unansweredMs(nowMs: number): number {
    return this.#inFlight === null ? 0 : nowMs - this.#sentAtMs;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #next(): void {
    if (!this.#due || this.#asking || this.#inFlight !== null || this.#closed || this.#timer !== null) return;
    const waitMs = this.#askedAtMs + this.#spacingMs() - performance.now();
    if (waitMs <= 0) {
      void this.#ask();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, waitMs).unref();
  }

  /** Since the last was asked for. */
  #spacingMs(): number {
    const { playing, ticksPerSec } = this.#source.session.state;
    const perTick = playing && ticksPerSec !== null && this.#shown !== null ? 1000 / ticksPerSec : 0;
    return Math.max(SHORTEST_MS, Math.min(perTick, LONGEST_MS));
  }

  async #ask(): Promise<void> {
    const watch = this.#watch;
    if (watch === null || this.#closed) return;
    this.#due = false;
    this.#asking = true;
    this.#askedAtMs = performance.now();
    try {
      const { tick, chain, bytes } = await this.#source.session.ask('frame', { ...watch, had: this.#shown });
      if (watch === this.#watch && bytes !== null && !this.#isClosed()) {
        this.#shown = chain;
        this.#inFlight = ++this.#lastFrame;
        this.#sentAtMs = performance.now();
        this.#send({ frame: this.#lastFrame, tick, at: watch.at }, bytes);
      }
    } catch (error) {
      if (!this.#isClosed()) this.#failed(error);
    } finally {
      this.#asking = false;
      if (this.#source.session.state.playing && this.#watch?.at === null) this.#due = true;
      this.#next();
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
