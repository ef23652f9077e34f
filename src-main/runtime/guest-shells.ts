/**
 * The shells of a session's guests: each beside the world, in the thread that has it.
 *
 * (a) While a line runs, time stands still and others wait their turn only to be answered: what it writes is one command.
 *     A line that sleeps lets time pass, and goes on exactly when it is due.
 * (b) Shells that are not used cost nothing: the interpreter is loaded with the first line.
 * (c) All shells of a run have limits (shell/limit.ts): how many there are, and how many run a line at once.
 * (d) A write that finds no world to write to (a replay, a run that is over) is an I/O error of the guest.
 */
import type { ShellCompletion, ShellReply } from '../../shared/protocol/index.ts';
import type { World, Written } from '../engine/index.ts';
import type { GuestShell, ShellHost } from '../shell/index.ts';
import { MAX_LINES_AT_ONCE, MAX_SHELLS } from '../shell/limit.ts';
import { NO_SUCH_VM, RequestDenied } from './request-denied.ts';

/** Printed once a line, by Pageshift: the guest only has an error number. */
const NO_ROOM =
  'Pageshift: every write of a line is kept in the document, and it has no room for more. Write fewer ranges.\n';

const BEGUN_ANEW = `Pageshift: this shell begins anew: its files and variables went when ${MAX_SHELLS} others were used.\n`;

/** What the shells need of the run. */
export interface ShellPlace {
  readonly tick: number;
  readonly tickMs: number;
  /** null: there is no such VM. */
  filesOf(vm: string): ReturnType<World['filesOf']>;
  /** null: no world can be written to now. */
  writeFile(vm: string, text: string, path: string, content: string): Written | null;
  /** What was written so far is a command. */
  endLine(): void;
  /** Somebody waits for a tick, or none does any more. */
  sleeping(): void;
}

interface Sleeper {
  readonly tick: number;
  readonly wake: () => void;
}

export class GuestShells {
  readonly #place: ShellPlace;
  readonly #nowMs: () => number;
  readonly #shells = new Map<string, GuestShell>();
  readonly #sleepers = new Set<Sleeper>();
  /** VMs whose shell was closed, as others were used since: the next one says so. */
  readonly #closed = new Set<string>();
  /** VMs whose line has written more than the document holds. */
  readonly #full = new Set<string>();
  /** Lines under way. */
  #lines = 0;

  constructor(place: ShellPlace, nowMs: () => number) {
    this.#place = place;
    this.#nowMs = nowMs;
  }

  /** Whether a line runs and does not sleep: time must stand still. */
  get busy(): boolean {
    return this.#lines > this.#sleepers.size;
  }

  /** The tick that a line waits for; null when none does. */
  get dueTick(): number | null {
    return this.#sleepers.size === 0 ? null : Math.min(...[...this.#sleepers].map(({ tick }) => tick));
  }

  /** @param mayRun throws when no line can be run; asked again once the interpreter is there. */
  async line(vm: string, text: string, mayRun: () => void): Promise<ShellReply> {
    mayRun();
    const shell = await this.#shellOf(vm);
    mayRun();
    if (shell.running) throw new RequestDenied(`The shell of ${vm} runs a line already: wait for it, or stop it.`);
    if (this.#lines >= MAX_LINES_AT_ONCE)
      throw new RequestDenied(
        `${MAX_LINES_AT_ONCE} guests run a line of their shell already: wait for one, or stop it.`,
      );
    const begunAnew = this.#closed.delete(vm) ? [{ stream: 'err' as const, text: BEGUN_ANEW }] : [];
    this.#lines++;
    try {
      const { output, cutChars, exitCode, prompt } = await shell.line(text);
      const note = this.#full.delete(vm) ? [{ stream: 'err' as const, text: NO_ROOM }] : [];
      return { output: [...begunAnew, ...output, ...note], cutChars, exitCode, prompt };
    } finally {
      this.#lines--;
    }
  }

  /** As Ctrl-C. */
  stop(vm: string): void {
    this.#shells.get(vm)?.stop();
  }

  stopAll(): void {
    for (const shell of this.#shells.values()) shell.stop();
  }

  async complete(vm: string, line: string): Promise<ShellCompletion> {
    return (await this.#shellOf(vm)).complete(line);
  }

  /** Lines that waited for the tick that has come go on. */
  wake(): void {
    for (const { tick, wake } of [...this.#sleepers]) if (tick <= this.#place.tick) wake();
  }

  async #shellOf(vm: string): Promise<GuestShell> {
    if (this.#place.filesOf(vm) === null) throw new RequestDenied(NO_SUCH_VM);
    const { GuestShell } = await import('../shell/index.ts');
    const shell = this.#shells.get(vm) ?? new GuestShell(this.#hostOf(vm), vm, this.#nowMs);
    // Behind the others: the first one is the one that was used longest ago.
    this.#shells.delete(vm);
    this.#shells.set(vm, shell);
    for (const [name, { running }] of this.#shells) {
      if (this.#shells.size <= MAX_SHELLS) break;
      if (running || name === vm) continue;
      this.#shells.delete(name);
      this.#closed.add(name);
    }
    return shell;
  }

  #hostOf(vm: string): ShellHost {
    let line = '';
    return {
      files: () => this.#place.filesOf(vm)!,
      beginLine: (text) => void (line = text),
      endLine: () => this.#place.endLine(),
      write: (path, content) => {
        const written = this.#place.writeFile(vm, line, path, content) ?? ({ ok: false, errno: 'EIO' } as const);
        if (!written.ok && written.errno === 'ENOSPC') this.#full.add(vm);
        return written;
      },
      nowMs: () => this.#place.tick * this.#place.tickMs,
      sleep: (seconds, signal) => this.#sleep(seconds, signal),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    };
  }

  #sleep(seconds: number, signal: AbortSignal): Promise<void> {
    this.#place.endLine();
    const ticks = Math.ceil((seconds * 1000) / this.#place.tickMs);
    if (ticks === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        this.#place.sleeping();
        resolve();
      };
      const sleeper: Sleeper = { tick: this.#place.tick + ticks, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
      this.#place.sleeping();
    });
  }
}
