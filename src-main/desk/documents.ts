/**
 * The open documents: opened from files, examples, imports, the small form and journals; closed, reloaded, listed.
 *
 * (a) Whatever opens one answers with its id, or with every reason why not; then nothing is left behind.
 * (b) A file is open once: opening it again gives the document that is there.
 * (c) A journal begins before the run does, so that there is no moment in which a document could be lost.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { ImportReply, OpenReply } from '../../shared/protocol/index.ts';
import { canonicalText, placementDiagnostics, readScenario } from '../scenario/index.ts';
import type { ThreadPlace } from '../runtime/index.ts';
import type { SessionOptions, SessionStart } from '../runtime/session-api.ts';
import type { FilePrint, FoundJournal, RecentFiles } from '../store/index.ts';
import {
  discardJournal,
  dropJournal,
  filePrint,
  findJournals,
  isJournalId,
  Journal,
  lockedIds,
  readText,
  takeJournal,
  textHash,
  tidyJournals,
} from '../store/index.ts';
import { OpenedDocument } from './document.ts';
import type { DocumentListener } from './document.ts';
import type { CheckedInput } from '../../shared/protocol/index.ts';
import type { Example } from './example.ts';
import { RequestDenied } from '../runtime/index.ts';
import { realPlace } from './save.ts';
import type { GivenFile, Source } from './source.ts';
import { importFiles, newScenario } from './source.ts';
import { isWorthRecovering } from './start-list.ts';

export type StartSession = (options: SessionOptions) => Promise<SessionStart>;

export interface DocumentsParts {
  readonly startSession: StartSession;
  readonly threadPlace?: ThreadPlace;
  readonly version: string;
  /** Journals, and the histories of runs. */
  readonly dataFolder: string;
  readonly examples: readonly Example[];
  readonly recent: RecentFiles;
  readonly listener: DocumentListener;
  /** A journal was left, taken or deleted. */
  journalsChanged(): void;
  /** Before a document is gone: whoever shows it lets go. `instead` takes its place. */
  leaving(document: OpenedDocument, instead: OpenedDocument | null): void;
  noteRecent(path: string): void;
}

/** Where a new document comes from, besides its scenario. */
interface Origin {
  readonly place: string | null;
  readonly saved: string | null;
  readonly print: FilePrint | null;
  /** What stands at its place is not what was last saved there. */
  readonly changedOnDisk?: true;
  readonly diagnostics: readonly Diagnostic[];
  /** It goes on where a journal ended. */
  readonly journal?: FoundJournal;
}

const NOWHERE = { place: null, saved: null, print: null } as const;

/** Each has a thread and a world of its own. */
const MAX_DOCUMENTS = 16;

export class Documents {
  readonly #parts: DocumentsParts;
  readonly #open = new Map<string, OpenedDocument>();
  /** Files that are being opened, by real path, and journals that are being recovered, by id. */
  readonly #opening = new Map<string, Promise<OpenReply>>();
  /** Documents that have a thread and are not open yet. */
  readonly #starting = new Set<Promise<OpenReply>>();
  /** All are closed for good. */
  #isEnding = false;

  constructor(parts: DocumentsParts) {
    this.#parts = parts;
  }

  get all(): readonly OpenedDocument[] {
    return [...this.#open.values()];
  }

  find(id: string): OpenedDocument | null {
    return this.#open.get(id) ?? null;
  }

  /** @throws RequestDenied */
  get(id: string): OpenedDocument {
    const document = this.#open.get(id);
    if (document === undefined) throw new RequestDenied('This document is not open any more.');
    return document;
  }

  openNew(form: CheckedInput<'document.new'>): Promise<OpenReply> {
    const { value, diagnostics } = newScenario(form);
    if (value === null) return Promise.resolve({ document: null, diagnostics });
    return this.#start({ scenario: value, written: null }, { ...NOWHERE, diagnostics });
  }

  openExample(id: string): Promise<OpenReply> {
    const example = this.#parts.examples.find(({ info }) => info.id === id);
    if (example === undefined) throw new RequestDenied('There is no such example.');
    const { scenario, file, text } = example;
    const saved = textHash(canonicalText(scenario));
    return this.#start({ scenario, written: { name: file, text } }, { ...NOWHERE, saved, diagnostics: [] });
  }

  async openImport(files: readonly GivenFile[], rehearsal: boolean): Promise<ImportReply> {
    const imported = importFiles(files, rehearsal);
    const { source, diagnostics } = imported;
    if (source === null) return { document: null, diagnostics, files: imported.files };
    // A scenario that was dropped stands in a file somewhere; what was assembled stands nowhere.
    const saved = source.written === null ? null : textHash(canonicalText(source.scenario));
    return { ...(await this.#start(source, { ...NOWHERE, saved, diagnostics })), files: imported.files };
  }

  async openRecent(id: string): Promise<OpenReply> {
    const file = (await this.#parts.recent.list()).find((entry) => entry.id === id);
    if (file === undefined) throw new RequestDenied('This file is not among the recent ones any more.');
    return await this.openPath(file.path);
  }

  /** A scenario is opened where it is; a host or VM of another tool becomes a new document. */
  async openPath(given: string): Promise<OpenReply> {
    const path = await realPlace(resolve(given));
    const there = this.all.find(({ place }) => place === path);
    if (there !== undefined) return { document: there.id, diagnostics: [] };
    return await this.#once(path, () => this.#openFile(path));
  }

  /** Goes on with what a journal has. */
  async recover(id: string): Promise<OpenReply> {
    if (this.#open.has(id)) return { document: id, diagnostics: [] };
    return await this.#once(id, () => this.#recover(id));
  }

  /** Two who ask for the same at once are answered the same. */
  #once(what: string, open: () => Promise<OpenReply>): Promise<OpenReply> {
    const under = this.#opening.get(what) ?? open().finally(() => this.#opening.delete(what));
    this.#opening.set(what, under);
    return under;
  }

  async #recover(id: string): Promise<OpenReply> {
    const { value: journal, diagnostics } = await takeJournal(this.#journalFolder, id);
    if (journal === null) return { document: null, diagnostics };
    const file = journal.place ?? `${journal.name}.pageshift.json`;
    const read = readScenario(journal.text, basename(file));
    if (read.value === null) {
      await dropJournal(this.#journalFolder, id);
      return { document: null, diagnostics: [...diagnostics, ...read.diagnostics] };
    }
    const { place, saved } = journal;
    const print = place === null ? null : await filePrint(place);
    const changed = place !== null && (await savedHash(place)) !== saved;
    const source = { scenario: read.value, written: null };
    const origin = {
      ...{ place, saved, print, journal, diagnostics: [...diagnostics, ...read.diagnostics] },
      ...(changed ? { changedOnDisk: true as const } : {}),
    };
    const reply = await this.#start(source, origin);
    this.#parts.journalsChanged();
    return reply;
  }

  async discardRecovery(id: string): Promise<void> {
    if (this.#open.has(id)) throw new RequestDenied('This document is open.');
    await discardJournal(this.#journalFolder, id);
    this.#parts.journalsChanged();
  }

  /** The file of a document is another now: reads it (a new document, in the place of the old) or keeps what is here. */
  async settleChange(document: OpenedDocument, reload: boolean): Promise<OpenReply> {
    const { place } = document;
    if (place === null) throw new RequestDenied('This document is not saved anywhere.');
    const { value: text, diagnostics } = await readText(place, place);
    const read = text === null ? { value: null, diagnostics } : readScenario(text, place);
    if (!reload) {
      await document.keepOwn(read.value === null ? null : canonicalText(read.value));
      return { document: document.id, diagnostics: [] };
    }
    if (read.value === null || text === null) return { document: null, diagnostics: read.diagnostics };
    const reply = await this.#startFile(place, text);
    const next = reply.document === null ? null : this.find(reply.document);
    if (next !== null) await this.close(document, false, next);
    return reply;
  }

  /** Ends a run. What is not saved stays recoverable unless `discard`. */
  async close(document: OpenedDocument, discard: boolean, instead: OpenedDocument | null = null): Promise<void> {
    if (!this.#open.delete(document.id)) return;
    this.#parts.leaving(document, instead);
    await document.close(!discard);
    this.#parts.journalsChanged();
    this.#parts.listener.changed(document, true);
  }

  /** Ends all, as when the application is quit, with those that are just being opened: none keeps its thread. */
  async closeAll(): Promise<void> {
    this.#isEnding = true;
    await Promise.allSettled(this.#starting);
    await Promise.all(this.all.map((document) => this.close(document, false)));
  }

  /** A file was opened or saved. */
  async noteFile(path: string, name: string): Promise<void> {
    const refusal = await this.#parts.recent.add(path, name);
    if (refusal !== null) this.#parts.listener.log(`recent files: ${refusal.message}`);
    this.#parts.noteRecent(path);
  }

  /** Removes what killed processes left and nobody can want: histories of runs, journals of what was only looked at. */
  async tidy(): Promise<void> {
    await tidyJournals(this.#journalFolder);
    for (const journal of await findJournals(this.#journalFolder))
      if (!isWorthRecovering(journal)) await discardJournal(this.#journalFolder, journal.id);
    // Listed first: what another process makes from here on is no matter of ours.
    const histories = await readdir(this.#historyFolder).catch(() => []);
    const living = await lockedIds(this.#journalFolder);
    for (const id of histories)
      if (isJournalId(id) && !living.has(id)) await rm(join(this.#historyFolder, id), { recursive: true, force: true });
  }

  get #journalFolder(): string {
    return join(this.#parts.dataFolder, 'journal');
  }

  get #historyFolder(): string {
    return join(this.#parts.dataFolder, 'history');
  }

  async #openFile(path: string): Promise<OpenReply> {
    const { value: text, diagnostics } = await readText(path, path);
    if (text === null) return { document: null, diagnostics };
    return await this.#startFile(path, text);
  }

  async #startFile(path: string, text: string): Promise<OpenReply> {
    const { source, diagnostics } = importFiles([{ name: path, text }], true);
    if (source === null) return { document: null, diagnostics };
    if (source.written === null) return await this.#start(source, { ...NOWHERE, diagnostics });
    const print = textHash(text);
    const saved = textHash(canonicalText(source.scenario));
    const reply = await this.#start(source, { place: path, saved, print, diagnostics });
    if (reply.document !== null) await this.noteFile(path, source.scenario.name);
    return reply;
  }

  async #start({ scenario, written }: Source, origin: Origin): Promise<OpenReply> {
    if (!(await this.#makeRoom())) {
      await this.#giveBack(origin);
      return { document: null, diagnostics: [...origin.diagnostics, tooMany()] };
    }
    if (this.#isEnding) {
      await this.#giveBack(origin);
      throw new Error('Pageshift ends: nothing is opened any more.');
    }
    const start = this.#startHere({ scenario, written }, origin);
    this.#starting.add(start);
    try {
      return await start;
    } finally {
      this.#starting.delete(start);
    }
  }

  async #startHere({ scenario, written }: Source, origin: Origin): Promise<OpenReply> {
    const { startSession, threadPlace, version, listener } = this.#parts;
    const text = canonicalText(scenario);
    const { place, saved, print, journal: found } = origin;
    let document: OpenedDocument | null = null;
    const early: Error[] = [];
    const failed = (error: Error): void => {
      if (document === null) early.push(error);
      else document.journalFailed(error);
    };
    const state = { name: scenario.name, place, saved, text, given: found?.given ?? [], tick: found?.tick ?? 0 };
    const journal = await Journal.begin(this.#journalFolder, state, failed, found?.id).catch((error: Error) => {
      early.push(error);
      return null;
    });
    const id = journal?.id ?? found?.id ?? randomUUID();
    let start: SessionStart;
    try {
      start = await startSession({
        text,
        version,
        spillFolder: join(this.#historyFolder, id),
        ...(found === undefined ? {} : { toTick: found.tick, given: found.given }),
        ...(threadPlace === undefined ? {} : { threadPlace }),
      });
    } catch (error) {
      await this.#forgo(journal, found);
      throw error;
    }
    if (start.session === null) {
      await this.#forgo(journal, found);
      const short = placementDiagnostics(start.problems, scenario, written?.name ?? '', written?.text ?? null);
      const told = written === null ? short.map((d) => ({ ...d, where: withoutFile(d) })) : short;
      return { document: null, diagnostics: [...origin.diagnostics, ...told] };
    }
    const { session } = start;
    document = new OpenedDocument(
      {
        ...{ id, session, journal, place, saved, print, problems: origin.diagnostics },
        changedOnDisk: origin.changedOnDisk === true,
      },
      listener,
    );
    this.#open.set(id, document);
    for (const error of early) document.journalFailed(error);
    listener.changed(document, true);
    return { document: id, diagnostics: origin.diagnostics };
  }

  /** Nothing came of a journal that was begun; one that was taken is left for another attempt. */
  async #forgo(journal: Journal | null, found: FoundJournal | undefined): Promise<void> {
    if (found === undefined) await journal?.remove();
    else if (journal === null) await dropJournal(this.#journalFolder, found.id);
    else await journal.release();
  }

  async #giveBack({ journal }: Origin): Promise<void> {
    if (journal !== undefined) await dropJournal(this.#journalFolder, journal.id);
  }

  /** False when there are as many as there may be, and none that nobody would miss. */
  async #makeRoom(): Promise<boolean> {
    if (this.#open.size + this.#starting.size < MAX_DOCUMENTS) return true;
    const idle = this.all.find(
      ({ viewers, dirty, failed, session }) => viewers.size === 0 && !dirty && !failed && !session.state.playing,
    );
    if (idle === undefined) return false;
    await this.close(idle, false);
    return true;
  }
}

const withoutFile = ({ where: { path } }: Diagnostic): Diagnostic['where'] => (path === undefined ? {} : { path });

const tooMany = (): Diagnostic => ({
  severity: 'error',
  slug: 'too-many-documents',
  message: `${MAX_DOCUMENTS} documents are open, each with a run of its own; there can be no more at once.`,
  where: {},
  hint: 'Close one of them first.',
});

/** textHash of the canonical text of the scenario that stands at a place; null where none does. */
async function savedHash(place: string): Promise<string | null> {
  const { value: text } = await readText(place, place);
  const scenario = text === null ? null : readScenario(text, place).value;
  return scenario === null ? null : textHash(canonicalText(scenario));
}
