/**
 * What QEMU takes from a guest that writes faster than its memory is sent: auto-converge (CPU time) or dirty-limit (a
 * rate a vCPU). Both are decided at syncs that are more than a second apart; shorter passes accumulate.
 *
 * (a) When more than `triggerPercent` of what was sent was dirtied, a counter rises; at 2 it fires and starts from 0. A
 *     good period does not reset it.
 * (b) It fires: from off to `initialPercent`, then by `incrementPercent` up to `maxPercent`. Tailslow: by no more than
 *     what brings the guest's rate down to the trigger.
 * (c) Since QEMU 9.2 a timer of 5 s asks for a sync where none came, not in the first pass.
 */

export interface ThrottleRules {
  readonly kind: 'auto-converge' | 'dirty-limit';
  readonly triggerPercent: number;
  readonly initialPercent: number;
  readonly incrementPercent: number;
  readonly maxPercent: number;
  readonly tailslow: boolean;
  readonly timer: boolean;
  /** Of dirty-limit: bytes a second that a vCPU may write. */
  readonly bytesPerSecPerVcpu: number;
}

const PERIOD_MS = 1000;
const TIMER_MS = 5000;
const FIRES_AT = 2;

export class Throttle {
  readonly #rules: ThrottleRules;
  percent = 0;
  #isLimited = false;
  #highCount = 0;
  #evaluatedMs = 0;
  #dirtyBytes = 0;
  #sentBefore = 0;
  #timerMs = TIMER_MS;
  #syncsAtTimer = 0;

  constructor(rules: ThrottleRules) {
    this.#rules = rules;
  }

  get cpuShare(): number {
    return 1 - this.percent / 100;
  }

  maxPagesPerSec(vcpus: number): number {
    return this.#isLimited ? (vcpus * this.#rules.bytesPerSecPerVcpu) / 4096 : Infinity;
  }

  get mayRise(): boolean {
    return this.#rules.kind === 'dirty-limit' ? !this.#isLimited : this.percent < this.#rules.maxPercent;
  }

  /** When the timer asks next. */
  get nextSyncMs(): number {
    return this.#rules.timer ? this.#timerMs : Infinity;
  }

  /** Whether the timer has run out without a sync since it last did. */
  wantsSync(nowMs: number, syncs: number): boolean {
    if (!this.#rules.timer || nowMs < this.#timerMs) return false;
    while (this.#timerMs <= nowMs) this.#timerMs += TIMER_MS;
    const wants = syncs > 1 && syncs === this.#syncsAtTimer;
    this.#syncsAtTimer = wants ? syncs + 1 : syncs;
    return wants;
  }

  /** @param dirtyBytes what was clean before. */
  synced(nowMs: number, dirtyBytes: number, sentBytes: number): void {
    this.#dirtyBytes += dirtyBytes;
    if (nowMs <= this.#evaluatedMs + PERIOD_MS) return;
    const threshold = ((sentBytes - this.#sentBefore) * this.#rules.triggerPercent) / 100;
    if (this.#dirtyBytes > threshold && ++this.#highCount >= FIRES_AT) {
      this.#highCount = 0;
      this.#fire(this.#dirtyBytes, threshold);
    }
    this.#evaluatedMs = nowMs;
    this.#sentBefore = sentBytes;
    this.#dirtyBytes = 0;
  }

  #fire(dirtyBytes: number, threshold: number): void {
    const { kind, initialPercent, incrementPercent, maxPercent, tailslow } = this.#rules;
    if (kind === 'dirty-limit') {
      this.#isLimited = true;
      return;
    }
    if (this.percent === 0) {
      this.percent = Math.min(initialPercent, maxPercent);
      return;
    }
    const now = 100 - this.percent;
    const enough = now - Math.floor((now * threshold) / dirtyBytes);
    const step = tailslow ? Math.min(enough, incrementPercent) : incrementPercent;
    this.percent = Math.min(maxPercent, this.percent + step);
  }
}
