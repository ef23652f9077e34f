/** A line of a guest's shell that is being carried out: what it has written so far, and the command that it comes to. */
import type { CommandOf, FileWrite } from '../../../shared/model/command.ts';
import type { WorldEvent } from '../../../shared/model/event.ts';
import { MAX_LINE_CHARS, MAX_WRITES } from '../../../shared/model/limit.ts';
import { type GuestFiles, MAX_WRITE } from './guest-files.ts';
import type { Written } from './node.ts';

export class OpenLine {
  /** Index of the guest. */
  readonly guest: number;
  readonly line: string;
  readonly #writes: FileWrite[] = [];
  readonly #events: WorldEvent[] = [];

  constructor(guest: number, line: string) {
    this.guest = guest;
    this.line = line.slice(0, MAX_LINE_CHARS);
  }

  get events(): readonly WorldEvent[] {
    return this.#events;
  }

  /** One write(2), which takes effect at once. */
  write(files: GuestFiles, path: string, text: string): Written {
    if (this.#writes.length >= MAX_WRITES) return { ok: false, errno: 'ENOSPC' };
    const { reached, events, ...written } = files.write(path, text);
    this.#events.push(...events);
    if (reached) this.#writes.push({ path, text: text.slice(0, MAX_WRITE) });
    return written;
  }

  /** Null: it has written to no file. */
  command(vm: string): CommandOf<'writeFiles'> | null {
    return this.#writes.length === 0 ? null : { type: 'writeFiles', vm, line: this.line, writes: this.#writes };
  }
}
