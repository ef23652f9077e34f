/**
 * The open documents: opened from files, examples, imports, the small form and journals; closed, reloaded, listed.
 *
 * (a) Whatever opens one answers with its id, or with every reason why not; then nothing is left behind.
 * (b) A file is open once: opening it again gives the document that is there.
 */
import { basename, resolve } from 'node:path';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { ImportReply, OpenReply } from '../../shared/protocol/index.ts';
import type { ThreadPlace } from '../runtime/index.ts';
import type { OpeningWatch } from '../runtime/session-api.ts';
import { canonicalText } from '../scenario/index.ts';
import type { RecentFiles } from '../store/index.ts';
import { discardJournal, dropJournal, filePrint, readText, takeJournal, textHash } from '../store/index.ts';
import { journalFolder } from './data-folder.ts';
import type { OpenedDocument } from './document.ts';
import type { CheckedInput } from '../../shared/protocol/index.ts';
import type { Example } from './example.ts';
import { newScenario } from './new-scenario.ts';
import { RequestDenied } from '../runtime/index.ts';
import { realPlace } from './save.ts';
import type { GivenFile, Source } from './source.ts';
import { importFiles, readText as readScenarioApart } from './source.ts';
import type { Origin, StartParts } from './start-document.ts';
import { startDocument } from './start-document.ts';

export interface DocumentsParts extends StartParts {
  readonly examples: readonly Example[];
  readonly recent: RecentFiles;
  /** A journal was left, taken or deleted. */
  journalsChanged(): void;
  /** Before a document is gone: whoever shows it lets go. `instead` takes its place. */
  leaving(document: OpenedDocument, instead: OpenedDocument | null): void;
  noteRecent(path: string): void;
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

  openNew(form: CheckedInput<'document.new'>, opening?: OpeningWatch): Promise<OpenReply> {
    const { value, diagnostics } = newScenario(form);
    if (value === null) return Promise.resolve({ document: null, diagnostics });
    return this.#start({ scenario: value, written: null }, { ...NOWHERE, diagnostics, ...watched(opening) });
  }

  openExample(id: string, opening?: OpeningWatch): Promise<OpenReply> {
    const example = this.#parts.examples.find(({ info }) => info.id === id);
    if (example === undefined) throw new RequestDenied('There is no such example.');
    const { scenario, file, text } = example;
    const saved = textHash(canonicalText(scenario));
    const origin = { ...NOWHERE, saved, diagnostics: [], ...watched(opening) };
    return this.#start({ scenario, written: { name: file, text } }, origin);
  }

  async openImport(files: readonly GivenFile[], opening?: OpeningWatch): Promise<ImportReply> {
    const imported = await importFiles(files, this.#parts.threadPlace, undefined, opening?.signal);
    const { source, diagnostics } = imported;
    if (source === null) return { document: null, diagnostics, files: imported.files };
    // A scenario that was dropped stands in a file somewhere; what was assembled stands nowhere.
    const saved = source.written === null ? null : textHash(canonicalText(source.scenario));
    const isImport = source.written === null;
    const reply = await this.#start(source, { ...NOWHERE, saved, diagnostics, isImport, ...watched(opening) });
    return { ...reply, files: imported.files };
  }

  async openRecent(id: string, opening?: OpeningWatch): Promise<OpenReply> {
    const file = (await this.#parts.recent.list()).find((entry) => entry.id === id);
    if (file === undefined) throw new RequestDenied('This file is not among the recent ones any more.');
    return await this.openPath(file.path, opening);
  }

  /** A scenario is opened where it is; a host or VM of another tool becomes a new document. */
  async openPath(given: string, opening?: OpeningWatch): Promise<OpenReply> {
    const path = await realPlace(resolve(given));
    const there = this.all.find(({ place }) => place === path);
    if (there !== undefined) return { document: there.id, diagnostics: [] };
    return await this.#once(path, () => this.#openFile(path, opening));
  }

  /** Goes on with what a journal has. */
  async recover(id: string, opening?: OpeningWatch): Promise<OpenReply> {
    if (this.#open.has(id)) return { document: id, diagnostics: [] };
    return await this.#once(id, () => this.#recover(id, opening));
  }

  /** Two who ask for the same at once are answered the same. */
  #once(what: string, open: () => Promise<OpenReply>): Promise<OpenReply> {
    const under = this.#opening.get(what) ?? open().finally(() => this.#opening.delete(what));
    this.#opening.set(what, under);
    return under;
  }

  async #recover(id: string, opening?: OpeningWatch): Promise<OpenReply> {
    const { value: journal, diagnostics } = await takeJournal(this.#journalFolder, id);
    if (journal === null) return { document: null, diagnostics };
    const file = journal.place ?? `${journal.name}.pageshift.json`;
    const read = await readScenarioApart(journal.text, basename(file), this.#parts.threadPlace);
    if (read.value === null) {
      await dropJournal(this.#journalFolder, id);
      return { document: null, diagnostics: [...diagnostics, ...read.diagnostics] };
    }
    const { place, saved } = journal;
    const print = place === null ? null : await filePrint(place);
    const changed = place !== null && (await savedHash(place, this.#parts.threadPlace)) !== saved;
    const source = { scenario: read.value, written: null };
    const origin = {
      ...{ place, saved, print, journal, diagnostics: [...diagnostics, ...read.diagnostics] },
      ...(changed ? { changedOnDisk: true as const } : {}),
      ...watched(opening),
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
    const read =
      text === null ? { value: null, diagnostics } : await readScenarioApart(text, place, this.#parts.threadPlace);
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

  get #journalFolder(): string {
    return journalFolder(this.#parts.dataFolder);
  }

  async #openFile(path: string, opening?: OpeningWatch): Promise<OpenReply> {
    const { value: text, diagnostics } = await readText(path, path);
    if (text === null) return { document: null, diagnostics };
    return await this.#startFile(path, text, opening);
  }

  async #startFile(path: string, text: string, opening?: OpeningWatch): Promise<OpenReply> {
    const files = [{ name: path, text }];
    const imported = await importFiles(files, this.#parts.threadPlace, undefined, opening?.signal);
    const { source, diagnostics } = imported;
    if (source === null) return { document: null, diagnostics };
    const watch = watched(opening);
    if (source.written === null)
      return await this.#start(source, { ...NOWHERE, diagnostics, isImport: true, ...watch });
    const print = textHash(text);
    const saved = textHash(canonicalText(source.scenario));
    const reply = await this.#start(source, { place: path, saved, print, diagnostics, ...watch });
    if (reply.document !== null) await this.noteFile(path, source.scenario.name);
    return reply;
  }

  async #start(source: Source, origin: Origin): Promise<OpenReply> {
    if (!(await this.#makeRoom())) {
      await this.#giveBack(origin);
      return { document: null, diagnostics: [...origin.diagnostics, tooMany()] };
    }
    if (this.#isEnding) {
      await this.#giveBack(origin);
      throw new Error('Pageshift ends: nothing is opened any more.');
    }
    const start = this.#startHere(source, origin);
    this.#starting.add(start);
    try {
      return await start;
    } finally {
      this.#starting.delete(start);
    }
  }

  async #startHere(source: Source, origin: Origin): Promise<OpenReply> {
    const { document, diagnostics } = await startDocument(this.#parts, source, origin);
    if (document === null) return { document: null, diagnostics };
    this.#open.set(document.id, document);
    this.#parts.listener.changed(document, true);
    return { document: document.id, diagnostics };
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

const watched = (opening: OpeningWatch | undefined): Pick<Origin, 'opening'> =>
  opening === undefined ? {} : { opening };

const tooMany = (): Diagnostic => ({
  severity: 'error',
  slug: 'too-many-documents',
  message: `${MAX_DOCUMENTS} documents are open, each with a run of its own; there can be no more at once.`,
  where: {},
  hint: 'Close one of them first.',
});

/** textHash of the canonical text of the scenario that stands at a place; null where none does. */
async function savedHash(place: string, threadPlace?: ThreadPlace): Promise<string | null> {
  const { value: text } = await readText(place, place);
  const scenario = text === null ? null : (await readScenarioApart(text, place, threadPlace)).value;
  return scenario === null ? null : textHash(canonicalText(scenario));
}
