/**
 * The guest's kernel log, as dmesg prints it: a ring of lines, oldest first, each with its level and the simulated time
 * at which it was logged.
 *
 * (a) It is part of the guest's state: saved, restored and hashed.
 * (b) It holds at most LOG_BUFFER_BYTES of text (the kernel's default, CONFIG_LOG_BUF_SHIFT=18); the oldest lines are
 *     dropped.
 * (c) A line has no line break and no control characters.
 */
import type { Json } from '../core/index.ts';

const LOG_BUFFER_BYTES = 2 ** 18;
/** What the kernel's ring stores with each record. */
const RECORD_BYTES = 16;

/** printk's levels, as far as they are used here. */
export const LOG_WARNING = 4;
export const LOG_NOTICE = 5;
export const LOG_INFO = 6;

export interface LogLine {
  /** -1: while it booted. */
  readonly tick: number;
  readonly level: number;
  readonly text: string;
  /** Counts from 0 since boot; lines that are gone were counted too. */
  readonly number: number;
}

export class KernelLog {
  readonly #lines: LogLine[] = [];
  #bytes = 0;
  #next = 0;
  /** As it was last written down; null since a line has been printed. Derived, not state. */
  #saved: Json | null = null;

  static load(saved: Json): KernelLog {
    const { next, lines } = saved as unknown as { next: number; lines: readonly (readonly [number, number, string])[] };
    const log = new KernelLog();
    log.#next = next - lines.length;
    for (const [tick, level, text] of lines) log.print(tick, level, text);
    return log;
  }

  save(): Json {
    const lines = (): Json => this.#lines.map(({ tick, level, text }) => [tick, level, text]);
    return (this.#saved ??= { next: this.#next, lines: lines() });
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  print(tick: number, level: number, text: string): void {
    this.#saved = null;
    this.#lines.push({ tick, level, text, number: this.#next++ });
    this.#bytes += text.length + RECORD_BYTES;
    let gone = 0;
    while (this.#bytes > LOG_BUFFER_BYTES) this.#bytes -= this.#lines[gone++]!.text.length + RECORD_BYTES;
    if (gone > 0) this.#lines.splice(0, gone);
  }
}
