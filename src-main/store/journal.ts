/**
 * The journal of an open document: every change and how far its run has come, so that a killed process loses at most
 * its last second. It is the only autosave.
 *
 * A file of JSON lines, `ID.jsonl`, beside `ID.lock`, which names the process that writes it:
 *
 *   {"sum":…,"n":0,"journal":1,"name":…,"place":…,"saved":…,"text":…,"given":…,"tick":…}   the document, whole
 *   {"sum":…,"n":…,"name":…,"given":…,"tick":…,"head":…,"tail":…,"insert":…,"hash":…}   a change of its text: a
 *                                                         command submitted, undone or done again, or another name
 *                                                         (with "rescheduled":… where commands to come were changed)
 *   {"sum":…,"n":…,"tick":…}   how far the run has come
 *
 * (a) Lines are only appended, each on the disk before the next. A save, or too many lines, replaces the whole file by
 *     a new beginning.
 * (b) `sum` is the CRC-32 of the rest of the line, `n` counts the lines, `hash` is that of the text after a change: what is
 *     read is what was written, in that order, and nothing between is missing. Journals of before have no `n`.
 * (c) A last line that was cut off is passed over; a damaged, missing or repeated line before it ends the reading there,
 *     with a diagnostic of what is recovered and what is lost: a later line never counts without those before it. Nothing
 *     that cannot be read is deleted.
 * (d) A journal is not trusted more than any other file: sizes are limited, and opening it reads its text as a
 *     scenario.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat, unlink } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { dropLock, isLocked, takeLock } from './lock.ts';
import type { TextChange } from './text-change.ts';
import { textChange, withChange } from './text-change.ts';
import { PRIVATE_FILE } from './private-mode.ts';
import { privateFolder, writeFiles } from './write-file.ts';

/** What a journal knows of a document. */
export interface JournalState {
  readonly name: string;
  /** Absolute; null: nowhere yet. */
  readonly place: string | null;
  /** textHash of the canonical text saved at its place; null: it was never saved. */
  readonly saved: string | null;
  readonly text: string;
  /** Indexes of the text's commands that a person gave and may take back, in the order they were given. */
  readonly given: readonly number[];
  /** Changes of the commands to come that may be taken back, as the run reads them; null: none. */
  readonly rescheduled: unknown;
  readonly tick: number;
}

/** A journal that no living process writes. */
export interface FoundJournal extends JournalState {
  readonly id: string;
  /** When something was last written. */
  readonly atMs: number;
  /** Changes since the last save, or since it was opened. */
  readonly changes: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Far above what a person does to a document of the largest size between two beginnings. */
export const MAX_JOURNAL_BYTES = 96 * 2 ** 20;
const MAX_LINES = 200_000;
/** A journal whose lines have grown to this begins anew. */
const RESTART_BYTES = 4 * 2 ** 20;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const isJournalId = (id: string): boolean => ID.test(id);
export const textHash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Where the journal of an id is. */
export const journalPath = (folder: string, id: string): string => join(folder, `${id}.jsonl`);
const lockOf = (folder: string, id: string): string => join(folder, `${id}.lock`);

/** Writes one journal. Whatever is asked is done in the order it was asked. */
export class Journal {
  readonly id: string;
  readonly #folder: string;
  readonly #onFailure: (error: Error) => void;
  #state: JournalState;
  #handle: FileHandle | null = null;
  #lineBytes = 0;
  /** Number of the next line. */
  #n = 0;
  /** The tick that is written next, while it may still become a later one. */
  #waiting: { tick: number } | null = null;
  #work: Promise<void> = Promise.resolve();
  #failed = false;
  #ended = false;

  /** Begins a journal, and with `id` goes on with one that was taken (takeJournal). Rejects when it cannot be written. */
  static async begin(
    folder: string,
    state: JournalState,
    onFailure: (error: Error) => void,
    id?: string,
  ): Promise<Journal> {
    await privateFolder(folder);
    const journal = new Journal(folder, id ?? randomUUID(), state, onFailure);
    if (id === undefined) await takeLock(lockOf(folder, journal.id));
    try {
      await journal.#begin();
    } catch (error) {
      if (id === undefined) await dropLock(lockOf(folder, journal.id));
      throw error;
    }
    return journal;
  }

  private constructor(folder: string, id: string, state: JournalState, onFailure: (error: Error) => void) {
    this.id = id;
    this.#folder = folder;
    this.#state = state;
    this.#onFailure = onFailure;
  }

  /** The document was changed to this text. */
  change(next: Pick<JournalState, 'name' | 'text' | 'given' | 'rescheduled' | 'tick'>): Promise<void> {
    this.#waiting = null;
    return this.#do(async () => {
      const change = textChange(this.#state.text, next.text);
      this.#state = { ...this.#state, ...next };
      const { name, given, rescheduled, tick, text } = next;
      await this.#add({
        name,
        given,
        ...(rescheduled === null ? {} : { rescheduled }),
        tick,
        ...change,
        hash: textHash(text),
      });
    });
  }

  /** Records the tick of the run. Of several that wait to be written, without a change between, only the last is. */
  tick(tick: number): Promise<void> {
    if (this.#waiting !== null) {
      this.#waiting.tick = tick;
      return this.#work;
    }
    const waiting = { tick };
    this.#waiting = waiting;
    return this.#do(async () => {
      if (this.#waiting === waiting) this.#waiting = null;
      if (waiting.tick === this.#state.tick) return;
      this.#state = { ...this.#state, tick: waiting.tick };
      await this.#add({ tick: waiting.tick });
    });
  }

  /** Begins anew: the document was saved, or what went before no longer matters. */
  restart(state: JournalState): Promise<void> {
    this.#waiting = null;
    return this.#do(async () => {
      this.#state = state;
      await this.#begin();
    });
  }

  /** The document is closed and there is nothing to recover. */
  async remove(): Promise<void> {
    await this.#end();
    await unlink(journalPath(this.#folder, this.id)).catch(() => undefined);
    await dropLock(lockOf(this.#folder, this.id));
  }

  /** The document is closed; what the journal has may be recovered. */
  async release(): Promise<void> {
    await this.#end();
    await dropLock(lockOf(this.#folder, this.id));
  }

  async #end(): Promise<void> {
    await this.#work;
    this.#ended = true;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = null;
  }

  #do(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#ended) return;
      const failedBefore = this.#failed;
      try {
        this.#failed = false;
        await work();
        // After a failure the file ends anywhere; only a whole beginning can be relied on.
        if (failedBefore) await this.#begin();
      } catch (error) {
        this.#failed = true;
        // Told when it begins, not with every line until there is room again.
        if (!failedBefore) this.#onFailure(error as Error);
      }
    });
    return this.#work;
  }

  async #add(line: object): Promise<void> {
    if (this.#lineBytes > RESTART_BYTES || this.#handle === null) return await this.#begin();
    const bytes = Buffer.from(lineOf({ n: this.#n, ...line }));
    await this.#handle.appendFile(bytes);
    await this.#handle.datasync();
    this.#lineBytes += bytes.length;
    this.#n++;
  }

  async #begin(): Promise<void> {
    const path = journalPath(this.#folder, this.id);
    const content = lineOf({ n: 0, journal: 1, ...this.#state });
    const refusal = await writeFiles([{ path, content, mode: PRIVATE_FILE }]);
    if (refusal !== null) throw new Error(refusal.message);
    await this.#handle?.close();
    this.#handle = await open(path, 'a');
    this.#lineBytes = 0;
    this.#n = 1;
    await syncFolder(this.#folder);
  }
}

/** A name in a folder is on the disk only when the folder is. Systems that cannot sync one need not. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    return;
  }
}

function lineOf(line: object): string {
  const rest = JSON.stringify(line).slice(1);
  return `{"sum":${crc32(rest)},${rest}\n`;
}

/** What lies in the folder that no living process writes, the newest first. */
export async function findJournals(folder: string): Promise<FoundJournal[]> {
  const ids = await idsIn(folder, '.jsonl');
  const found: FoundJournal[] = [];
  for (const id of ids) {
    if (await isLocked(lockOf(folder, id))) continue;
    const { value } = await readJournal(folder, id);
    if (value !== null) found.push(value);
  }
  return found.sort((a, b) => b.atMs - a.atMs);
}

/** Ids of all documents that a living process has open, this one among them. */
export async function lockedIds(folder: string): Promise<ReadonlySet<string>> {
  const locked = new Set<string>();
  for (const id of await idsIn(folder, '.lock')) if (await isLocked(lockOf(folder, id))) locked.add(id);
  return locked;
}

async function idsIn(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .filter(isJournalId);
}

/** Takes a journal over, to go on with it or to delete it. Null when another has it, or it cannot be read. */
export async function takeJournal(folder: string, id: string): Promise<Read<FoundJournal>> {
  if (!isJournalId(id)) return refused(id, 'journal-unknown', 'There is nothing to recover of this name.');
  if (!(await takeLock(lockOf(folder, id))))
    return refused(id, 'journal-in-use', 'This document is open in another Pageshift.');
  const read = await readJournal(folder, id);
  if (read.value === null) await dropLock(lockOf(folder, id));
  return read;
}

/** Gives up what takeJournal took. */
export const dropJournal = (folder: string, id: string): Promise<void> => dropLock(lockOf(folder, id));

/** Deletes a journal. Does nothing when a living process has it. */
export async function discardJournal(folder: string, id: string): Promise<void> {
  if (!isJournalId(id) || !(await takeLock(lockOf(folder, id)))) return;
  await unlink(journalPath(folder, id)).catch(() => undefined);
  await dropLock(lockOf(folder, id));
}

/** Removes what a process left that was killed while it wrote a beginning, or before it had one. */
export async function tidyJournals(folder: string): Promise<void> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, id, ending] = /^([0-9a-f-]+)\.(jsonl\.\d+\.\d+\.tmp|lock)$/.exec(name) ?? [];
    if (id === undefined || !isJournalId(id) || (await isLocked(lockOf(folder, id)))) continue;
    if (ending === 'lock' && names.includes(`${id}.jsonl`)) continue;
    await unlink(join(folder, name)).catch(() => undefined);
  }
}

async function readJournal(folder: string, id: string): Promise<Read<FoundJournal>> {
  const path = journalPath(folder, id);
  try {
    const { size, mtimeMs } = await stat(path);
    if (size > MAX_JOURNAL_BYTES) {
      const read = refused<FoundJournal>(id, 'journal-too-large', 'The journal is too large to be recovered.');
      const found = { found: `${size} bytes`, expected: `at most ${MAX_JOURNAL_BYTES} bytes` };
      return { ...read, diagnostics: read.diagnostics.map((d) => ({ ...d, ...found })) };
    }
    await using handle = await open(path);
    return parseJournal(id, (await handle.readFile('utf8')).slice(0, MAX_JOURNAL_BYTES), mtimeMs);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? refused(id, 'journal-unknown', 'There is nothing to recover of this name any more.')
      : refused(id, 'journal-unreadable', `The journal cannot be read: ${message}.`);
  }
}

/** @param mtimeMs when the file was last written, as ticks have no time of their own. */
export function parseJournal(id: string, content: string, mtimeMs: number): Read<FoundJournal> {
  const lines = content.split('\n');
  // Behind the last line feed is nothing, or a line that was being written.
  lines.pop();
  if (lines.length > MAX_LINES) return refused(id, 'journal-too-large', 'The journal has too many lines.');
  const head = headOf(lines[0] ?? '');
  if (head === null)
    return refused(id, 'journal-damaged', 'The beginning of the journal is damaged; nothing can be recovered of it.');
  let state = head;
  let changes = 0;
  for (let i = 1; i < lines.length; i++) {
    const next = applied(state, lines[i]!, i);
    if (next === null && i === lines.length - 1) break;
    if (next === null) {
      const message = `Line ${i + 1} of ${lines.length} of the journal is damaged or missing: the document is recovered as it was at tick ${state.tick}, and ${lostText(lines.slice(i))}.`;
      const { diagnostics } = refused(id, 'journal-damaged', message);
      return found(diagnostics.map((d) => ({ ...d, severity: 'warning', where: { ...d.where, line: i + 1 } })));
    }
    if (next.text !== state.text) changes++;
    state = next;
  }
  return found([]);

  function found(diagnostics: readonly Diagnostic[]): Read<FoundJournal> {
    const value = { id, ...state, atMs: mtimeMs, changes, diagnostics };
    return { value, diagnostics };
  }
}

function refused<T>(id: string, slug: string, message: string): Read<T> {
  return { value: null, diagnostics: [{ severity: 'error', slug, message, where: { file: `${id}.jsonl` } }] };
}

/** The value of a line whose sum is right; null otherwise. */
function valueOf(line: string): Record<string, unknown> | null {
  const match = /^\{"sum":(\d{1,10}),/.exec(line);
  if (match === null) return null;
  const rest = line.slice(match[0].length);
  if (crc32(rest) !== Number(match[1])) return null;
  try {
    return JSON.parse(`{${rest}`) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function headOf(line: string): JournalState | null {
  const value = valueOf(line);
  if (value === null || value['journal'] !== 1) return null;
  const { name, place, saved, text, given, tick, rescheduled = null } = value;
  if (typeof name !== 'string' || typeof text !== 'string' || !isIndexes(given) || !isCount(tick)) return null;
  if (place !== null && (typeof place !== 'string' || !isAbsolute(place))) return null;
  if (saved !== null && typeof saved !== 'string') return null;
  return { name, place, saved, text, given, rescheduled, tick };
}

/** What later lines say by themselves, though none of them can be relied on. */
function lostText(lines: readonly string[]): string {
  const values = lines.map(valueOf).filter((value) => value !== null);
  const changes = values.filter(({ hash }) => hash !== undefined).length;
  const tick = values.reduce((most, value) => (isCount(value['tick']) ? Math.max(most, value['tick']) : most), -1);
  const what = [
    changes === 0 ? '' : changes === 1 ? 'a change' : `${changes} changes`,
    tick < 0 ? '' : `what the run did up to tick ${tick}`,
  ].filter((text) => text !== '');
  return what.length === 0
    ? 'what came after it is lost'
    : `${what.join(' and ')} after it ${what.length > 1 || changes > 1 ? 'are' : 'is'} lost`;
}

/** The state after a line; null when the line is damaged, or not the next one of this state. */
function applied(state: JournalState, line: string, number: number): JournalState | null {
  const value = valueOf(line);
  if (value === null || !isCount(value['tick'])) return null;
  if (value['n'] !== undefined && value['n'] !== number) return null;
  const { tick, name, given, hash, rescheduled = null } = value;
  if (hash === undefined) return { ...state, tick };
  const text = withChange(state.text, value as unknown as TextChange);
  if (text === null || textHash(text) !== hash || typeof name !== 'string' || !isIndexes(given)) return null;
  return { ...state, name, given, rescheduled, tick, text };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isIndexes = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);
