/** Progress of long work: one line on a terminal, redrawn in place; nothing in a pipe. */
import { count, seconds } from '../../shared/view/number-format.ts';
import type { RunProgress } from '../jobs/index.ts';

const REDRAW_MS = 100;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #drawnMs = -Infinity;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** @param text is asked for only when it is drawn. */
  show(text: () => string): void {
    const now = performance.now();
    if (!this.#stream.isTTY || now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#stream.write(`\r\u001b[K${text().slice(0, (this.#stream.columns || 80) - 1)}`);
  }

  clear(): void {
    if (this.#stream.isTTY && this.#drawnMs > -Infinity) this.#stream.write('\r\u001b[K');
  }
}

interface Sample {
  readonly wallMs: number;
  readonly tick: number;
  readonly owedPages: number;
}

/** Rates are those of the last seconds: a tick costs more while much moves. */
const WINDOW_MS = 5000;

/** Rate and remaining time of a run, from its progress reports. */
export class RunMeter {
  readonly #samples: Sample[] = [];

  add({ tick, owedPages }: RunProgress, wallMs: number): void {
    this.#samples.push({ wallMs, tick, owedPages });
    while (this.#samples.length > 2 && wallMs - this.#samples[0]!.wallMs > WINDOW_MS) this.#samples.shift();
  }

  text({ tick, tickMs, lastTick, owedPages, making }: RunProgress): string {
    if (making !== undefined)
      return `making hosts and guests ${Math.floor((100 * making.pages) / Math.max(1, making.ofPages))} %, ${count(making.pages)} of ${count(making.ofPages)} pages`;
    const ticksPerSec = this.#ticksPerSec();
    const left = this.#secondsLeft(lastTick, ticksPerSec);
    return [
      lastTick === null ? 'running' : `running ${Math.floor((100 * tick) / lastTick)} %`,
      `tick ${count(tick)}${lastTick === null ? '' : ` of ${count(lastTick)}`} (${seconds(tick, tickMs)})`,
      ticksPerSec === null ? '' : `${count(Math.round(ticksPerSec))} ticks/s`,
      `${count(owedPages)} pages owed`,
      left === null ? '' : `${lastTick === null ? 'about ' : ''}${duration(left)} left`,
    ]
      .filter((part) => part !== '')
      .join(', ');
  }

  #ticksPerSec(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    return first === undefined || last!.wallMs === first.wallMs
      ? null
      : (1000 * (last!.tick - first.tick)) / (last!.wallMs - first.wallMs);
  }

  /** Without a last tick: extrapolates owed pages that keep falling by the same share a second until none is left. */
  #secondsLeft(lastTick: number | null, ticksPerSec: number | null): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || ticksPerSec === null || ticksPerSec === 0) return null;
    if (lastTick !== null) return (lastTick - last.tick) / ticksPerSec;
    if (last.owedPages === 0 || first.owedPages <= last.owedPages) return null;
    return (
      ((last.wallMs - first.wallMs) / 1000) *
      (Math.log(last.owedPages + 1) / Math.log(first.owedPages / last.owedPages))
    );
  }
}

/** Rounded up: 12 s, 3 min, 2 h. */
export function duration(secondsLeft: number): string {
  const s = Math.ceil(secondsLeft);
  return s < 100 ? `${s} s` : s < 6000 ? `${Math.ceil(s / 60)} min` : `${Math.ceil(s / 3600)} h`;
}
