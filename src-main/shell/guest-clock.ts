/**
 * The clock of a guest's shell. The interpreter asks the thread's `Date` in many places (printf, stat, find, touch, awk),
 * so while a line runs, `Date` is one that shows simulated time: the epoch is the guest's power-on, the zone UTC.
 * Whenever the line gives the thread to others, the real one is back.
 */
const RealDate = Date;

type Parts = [year: number, month: number, ...rest: number[]];

/** Clocks that are shown, the last one counts; all guests of a world have the same time. */
const shown: GuestClock[] = [];

/** What has no argument is now; parts of a date are taken as UTC. */
class GuestDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    if (args.length === 0) super(GuestDate.now());
    else if (args.length === 1) super(args[0] as number);
    else super(RealDate.UTC(...(args as Parts)));
  }

  static override now(): number {
    return shown.at(-1)?.nowMs() ?? RealDate.now();
  }

  /** Dates that were made before the line began are dates too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealDate;
  }

  override getTimezoneOffset(): number {
    return 0;
  }
}

for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'] as const)
  GuestDate.prototype[`get${part}`] = RealDate.prototype[`getUTC${part}`];

export class GuestClock {
  readonly nowMs: () => number;

  /** @param nowMs simulated milliseconds since power-on. */
  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  show(): void {
    if (!shown.includes(this)) shown.push(this);
    globalThis.Date = GuestDate as DateConstructor;
  }

  hide(): void {
    const at = shown.indexOf(this);
    if (at >= 0) shown.splice(at, 1);
    if (shown.length === 0) globalThis.Date = RealDate;
  }

  /** What `work` does at once sees the guest's time. */
  during<T>(work: () => T): T {
    this.show();
    try {
      return work();
    } finally {
      this.hide();
    }
  }
}
