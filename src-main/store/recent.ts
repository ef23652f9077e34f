/**
 * The files that were opened or saved last, newest first. Reading is tolerant: a damaged list is empty, an invalid
 * entry is skipped. The list is written as a whole; of two processes that write at once, the later one wins.
 */
import { createHash } from 'node:crypto';
import { dirname, isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Diagnostic } from '../../shared/errors/index.ts';
import { readText } from './read-file.ts';
import { PRIVATE_FILE } from './private-mode.ts';
import { privateFolder, writeFiles } from './write-file.ts';

export const MAX_RECENT = 10;

const entrySchema = z.object({ path: z.string().max(4096).refine(isAbsolute), name: z.string().max(200) });

export interface RecentFile {
  /** Tells the file without naming its path. */
  readonly id: string;
  readonly path: string;
  /** Of the scenario in it. */
  readonly name: string;
}

export class RecentFiles {
  readonly #file: string;

  /** @param file that holds the list. */
  constructor(file: string) {
    this.#file = file;
  }

  async list(): Promise<readonly RecentFile[]> {
    const { value } = await readText(this.#file, this.#file);
    if (value === null) return [];
    let entries: unknown;
    try {
      entries = JSON.parse(value);
    } catch {
      return [];
    }
    if (!Array.isArray(entries)) return [];
    return entries
      .map((entry: unknown) => entrySchema.safeParse(entry))
      .flatMap(({ data }) => (data === undefined ? [] : [{ id: idOf(data.path), ...data }]))
      .filter((entry, i, all) => all.findIndex(({ id }) => id === entry.id) === i)
      .slice(0, MAX_RECENT);
  }

  /** Puts a file first. @returns why it could not be written. */
  async add(path: string, name: string): Promise<Diagnostic | null> {
    const others = (await this.list()).filter((entry) => entry.path !== path);
    const entries = [{ path, name }, ...others.map((entry) => ({ path: entry.path, name: entry.name }))];
    await privateFolder(dirname(this.#file)).catch(() => undefined);
    return await writeFiles([
      { path: this.#file, content: `${JSON.stringify(entries.slice(0, MAX_RECENT), null, 2)}\n`, mode: PRIVATE_FILE },
    ]);
  }
}

const idOf = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 32);
