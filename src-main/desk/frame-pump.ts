/**
 * Frames for one window, as fast as it draws them and never faster.
 *
 * (a) One frame is under way at a time: made, sent, drawn. The next is asked for when the window says that it has drawn
 *     the last, and only if there is something new. Nothing is queued.
 * (b) At most about thirty a second.
 * (c) What the window wants to see may change at any time; a frame that was made for what it wanted before is not sent.
 */
import type { FrameRequest, Session } from '../runtime/index.ts';

export interface FrameSource {
  readonly session: Pick<Session, 'state' | 'ask'>;
  readonly revision: number;
}

export interface SentFrame {
  readonly frame: number;
  readonly tick: number;
  readonly at: number | null;
}

const SHORTEST_MS = 33;

export class FramePump {
  readonly #source: FrameSource;
  readonly #send: (frame: SentFrame, bytes: Uint8Array) => void;
  readonly #failed: (error: unknown) => void;
  #watch: FrameRequest | null = null;
  #lastFrame = 0;
  #inFlight: number | null = null;
  #sentAtMs = 0;
  /** What the last frame showed; a frame that would show the same is not sent. */
  #shown = '';
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
    this.#shown = '';
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
    const { playing } = this.#source.session.state;
    if (playing && this.#watch?.at === null) this.#due = true;
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

  /** A slow run has nothing new between its ticks. */
  #spacingMs(): number {
    const { playing, ticksPerSec } = this.#source.session.state;
    const perTick = playing && ticksPerSec !== null && this.#shown !== '' ? 1000 / ticksPerSec : 0;
    return Math.max(SHORTEST_MS, Math.min(perTick, 100));
  }

  async #ask(): Promise<void> {
    const watch = this.#watch;
    if (watch === null || this.#closed) return;
    this.#due = false;
    this.#asking = true;
    this.#askedAtMs = performance.now();
    try {
      const { revision } = this.#source;
      const { tick, bytes } = await this.#source.session.ask('frame', watch);
      const shown = JSON.stringify([tick, revision]);
      if (watch === this.#watch && shown !== this.#shown && !this.#isClosed()) {
        this.#shown = shown;
        this.#inFlight = ++this.#lastFrame;
        this.#sentAtMs = performance.now();
        this.#send({ frame: this.#lastFrame, tick, at: watch.at }, bytes);
      }
    } catch (error) {
      if (!this.#isClosed()) this.#failed(error);
    } finally {
      this.#asking = false;
      this.#next();
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
