/**
 * Detects when a file differs from what was last read or written here. The system's change notices are used where they
 * arrive, but never relied on: the file is also checked every few seconds. Only the content counts.
 */
import { createHash } from 'node:crypto';
import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MAX_INPUT_BYTES } from '../formats/index.ts';

const POLL_MS = 2000;
/** A file that is being written is looked at when it has come to rest. */
const REST_MS = 100;

/** What a file was: the hash of its content, or a word for what has none. */
export type FilePrint = string;
export const MISSING: FilePrint = 'missing';

/** @returns a hash; MISSING without a file; another value, never equal to a hash, for a folder or too large a file. */
export async function filePrint(path: string): Promise<FilePrint> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > MAX_INPUT_BYTES) return `other ${found.size} ${found.mtimeMs}`;
    return printOf(await readFile(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? MISSING : 'unreadable';
  }
}

export const printOf = (content: string | Uint8Array): FilePrint => createHash('sha256').update(content).digest('hex');

export class FileWatch {
  readonly #path: string;
  readonly #onChange: (print: FilePrint) => void;
  #known: FilePrint;
  /** What the file system says of the file; only when that differs is the content read. */
  #look = '';
  #watcher: FSWatcher | null = null;
  readonly #poll: NodeJS.Timeout;
  #rest: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param known what the file was when it was last looked at. @param onChange called once for each content that differs. */
  constructor(path: string, known: FilePrint, onChange: (print: FilePrint) => void) {
    this.#path = path;
    this.#known = known;
    this.#onChange = onChange;
    try {
      // Of the folder: a file that is replaced by another of its name has a watcher of its own no longer.
      this.#watcher = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(path)) this.#later();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = null;
    }
    this.#poll = setInterval(() => void this.look(), POLL_MS).unref();
  }

  /** Records the present content of the file, written here or already reported. */
  knows(print: FilePrint): void {
    this.#known = print;
  }

  /** Looks at once. */
  async look(): Promise<void> {
    const look = await stat(this.#path).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => MISSING,
    );
    if (look === this.#look || this.#closed) return;
    const print = await filePrint(this.#path);
    this.#look = look;
    if (print === this.#known || this.#isClosed()) return;
    this.#known = print;
    this.#onChange(print);
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    if (this.#rest !== null) clearTimeout(this.#rest);
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #later(): void {
    if (this.#rest !== null) clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.look(), REST_MS).unref();
  }
}
