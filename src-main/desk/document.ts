/**
 * An open document: a session, where it is saved, what was not saved yet, its journal, and the windows that look.
 *
 * (a) It belongs to the desk. Windows come and go; the run goes on.
 * (b) Dirty means that its text is not the one that stands at its place, or stands nowhere. Ticks are no part of a
 *     document: a run that went on has changed nothing that could be saved.
 * (c) The journal is the autosave: every change of the text when it happens, the tick twice a second while it changes.
 *     An undo changes nothing until it is done; while a run is recovered nothing is written: a process that is killed
 *     then comes back to where the recovery was asked for.
 */
import { visible, visibleDiagnostic } from '../../shared/errors/index.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { DocumentState } from '../../shared/protocol/index.ts';
import type { Session, SessionState } from '../runtime/session-api.ts';
import type { FilePrint, Journal, JournalState } from '../store/index.ts';
import { FileWatch, MISSING, textHash } from '../store/index.ts';

/** A window that shows the document. */
export interface Viewer {
  readonly window: string;
  /** Something of the state is new. */
  stateChanged(): void;
  /** Events from this number on are new, or were taken back. */
  eventsChanged(from: number): void;
}

export interface DocumentParts {
  readonly id: string;
  readonly session: Session;
  /** Null: it cannot be written. */
  readonly journal: Journal | null;
  readonly place: string | null;
  /** textHash of the canonical text that stands at its place, or of the example; null: it was never saved. */
  readonly saved: string | null;
  /** What stands at its place; null without one. */
  readonly print: FilePrint | null;
  /** That is not what was read or written here last (a document that is recovered). */
  readonly changedOnDisk: boolean;
  /** See DocumentState. */
  readonly isImport: boolean;
  readonly problems: readonly Diagnostic[];
}

/** What the desk does when a document changed. */
export interface DocumentListener {
  /** structure: more than the tick of its run. */
  changed(document: OpenedDocument, structure: boolean): void;
  log(line: string): void;
}

const TICK_EVERY_MS = 500;
const MAX_PROBLEMS = 200;

export class OpenedDocument {
  readonly id: string;
  readonly session: Session;
  readonly viewers = new Set<Viewer>();
  readonly #listener: DocumentListener;
  readonly #isImport: boolean;
  #journal: Journal | null;
  #place: string | null;
  #saved: string | null;
  /** What stood at its place when it was last read or written here. */
  #ownPrint: FilePrint | null;
  /** What stands there now, as far as was seen. */
  #print: FilePrint | null;
  /** A person knows that it is another, and keeps what is here. */
  #accepted: FilePrint | null = null;
  #watch: FileWatch | null = null;
  #changedOnDisk = false;
  #problems: readonly Diagnostic[];
  #text: string;
  #textHash: string;
  /** Text and tick that the journal was told. */
  #journalText: string;
  #journalTick: number;
  #tickTimer: NodeJS.Timeout | null = null;
  /** The run is still on its way to where the journal has it. */
  #recovering: boolean;
  #summary = '';
  #failed = false;
  #closed = false;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(parts: DocumentParts, listener: DocumentListener) {
    this.id = parts.id;
    this.session = parts.session;
    this.#listener = listener;
    this.#journal = parts.journal;
    this.#place = parts.place;
    this.#saved = parts.saved;
    this.#print = parts.print;
    this.#ownPrint = parts.changedOnDisk ? null : parts.print;
    this.#isImport = parts.isImport;
    this.#problems = parts.problems.slice(0, MAX_PROBLEMS);
    const { text, tick } = this.session.journal();
    this.#text = this.#journalText = text;
    this.#textHash = textHash(text);
    this.#journalTick = tick;
    this.#recovering = this.session.state.busy !== null;
    this.session.onState((state) => this.#stateChanged(state));
    this.session.onEvents((from) => {
      for (const viewer of this.viewers) viewer.eventsChanged(from);
    });
    this.session.onFailure((error) => this.#runFailed(error));
    if (parts.changedOnDisk && this.#place !== null && this.#print !== null)
      this.#toldOfChange(this.#place, this.#print);
    this.#watchPlace();
    this.#summary = this.#summaryOf(this.session.state);
  }

  get name(): string {
    return this.session.state.name;
  }

  get place(): string | null {
    return this.#place;
  }

  get dirty(): boolean {
    return this.#saved !== this.#textHash;
  }

  get changedOnDisk(): boolean {
    return this.#changedOnDisk;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** How what stands at its place relates to the document: our own; another's, of which the person knows; unknown. */
  standing(print: FilePrint): 'own' | 'accepted' | 'unknown' {
    return print === this.#ownPrint ? 'own' : print === this.#accepted ? 'accepted' : 'unknown';
  }

  state(): DocumentState {
    return {
      ...this.session.state,
      id: this.id,
      place: this.#place === null ? null : visible(this.#place),
      dirty: this.dirty,
      changedOnDisk: this.#changedOnDisk,
      isImport: this.#isImport,
      problems: this.#problems.map(visibleDiagnostic),
    };
  }

  addProblem(diagnostic: Diagnostic): void {
    this.#problems = [...this.#problems, diagnostic].slice(-MAX_PROBLEMS);
    this.#tell();
  }

  journalFailed(error: Error): void {
    this.#listener.log(`journal of ${this.id}: ${error.message}`);
    this.addProblem({
      severity: 'warning',
      slug: 'journal-failed',
      message: 'What is done in this document cannot be written down for recovery.',
      where: {},
      found: error.message,
      hint: 'Save it, and make room or give the right to write where Pageshift keeps its data.',
    });
  }

  /** One saving of a document at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#saving.then(work, work);
    this.#saving = done.catch(() => undefined);
    return done;
  }

  /** The text was written to this place. */
  async savedAs(place: string, text: string, print: FilePrint): Promise<void> {
    this.#saved = textHash(text);
    this.#print = this.#ownPrint = print;
    this.#accepted = null;
    this.#changedOnDisk = false;
    if (place === this.#place) this.#watch?.knows(print);
    else {
      this.#place = place;
      this.#watchPlace();
    }
    await this.#restartJournal();
    this.#tell();
  }

  /** Keeps what is here, though the file is another now. @param text canonical, of the file; null: there is none. */
  async keepOwn(text: string | null): Promise<void> {
    this.#saved = text === null ? null : textHash(text);
    this.#accepted = this.#print;
    this.#changedOnDisk = false;
    await this.#restartJournal();
    this.#tell();
  }

  /** Ends the run. @param keep what is not saved may be recovered. */
  async close(keep: boolean): Promise<void> {
    if (this.#closed) return;
    this.#noteTick();
    this.#closed = true;
    this.#watch?.close();
    const kept = keep && (this.dirty || this.#failed);
    await this.session.close().catch((error: unknown) => this.#listener.log(`closing ${this.id}: ${String(error)}`));
    if (kept) await this.#journal?.release();
    else await this.#journal?.remove();
  }

  #stateChanged(state: SessionState): void {
    if (this.#closed) return;
    const { text } = this.session.journal();
    if (text !== this.#text) {
      this.#text = text;
      this.#textHash = textHash(text);
    }
    this.#writeDown(state);
    this.#tell();
  }

  #writeDown({ name, busy }: SessionState): void {
    if (busy === null) this.#recovering = false;
    if (this.#recovering || this.#journal === null) return;
    const { text, tick, given, rescheduled } = this.session.journal();
    if (text !== this.#journalText) {
      this.#journalText = text;
      this.#journalTick = tick;
      void this.#journal.change({ name, text, tick, given, rescheduled });
    } else if (tick !== this.#journalTick) {
      this.#tickTimer ??= setTimeout(() => this.#noteTick(), TICK_EVERY_MS).unref();
    }
  }

  #noteTick(): void {
    if (this.#tickTimer !== null) clearTimeout(this.#tickTimer);
    this.#tickTimer = null;
    if (this.#closed || this.#recovering) return;
    this.#journalTick = this.session.journal().tick;
    void this.#journal?.tick(this.#journalTick);
  }

  async #restartJournal(): Promise<void> {
    const state = this.#journalState();
    this.#journalText = state.text;
    this.#journalTick = state.tick;
    await this.#journal?.restart(state);
  }

  #journalState(): JournalState {
    return { ...this.session.journal(), name: this.name, place: this.#place, saved: this.#saved };
  }

  #watchPlace(): void {
    this.#watch?.close();
    // It may be closed while it is being saved.
    const place = this.#closed ? null : this.#place;
    this.#watch =
      place === null
        ? null
        : new FileWatch(place, this.#print ?? '', (print) => {
            this.#print = print;
            this.#toldOfChange(place, print);
          });
  }

  #toldOfChange(place: string, print: FilePrint): void {
    this.#changedOnDisk = true;
    const gone = print === MISSING;
    this.addProblem({
      severity: 'warning',
      slug: gone ? 'removed-on-disk' : 'changed-on-disk',
      message: gone
        ? 'The file of this document is gone from its place.'
        : 'The file of this document was changed by another program since it was read.',
      where: { file: place },
      hint: gone ? 'Save it to have it there again.' : 'Reload it to see what it says now, or keep what is here.',
    });
  }

  #runFailed(error: Error): void {
    this.#failed = true;
    this.#listener.log(`the run of ${this.id} failed: ${error.stack ?? error.message}`);
    this.addProblem({
      severity: 'error',
      slug: 'run-failed',
      message: 'The run ended by a fault of Pageshift. What was done up to then is kept.',
      where: {},
      found: error.message,
      hint: 'Save the scenario, close it and recover it from the start screen.',
    });
  }

  #tell(): void {
    for (const viewer of this.viewers) viewer.stateChanged();
    const summary = this.#summaryOf(this.session.state);
    const structure = summary !== this.#summary;
    this.#summary = summary;
    this.#listener.changed(this, structure);
  }

  /** All that a list of documents or a title says, but its tick. */
  #summaryOf({ name, playing }: SessionState): string {
    return JSON.stringify([name, playing, this.#place, this.dirty]);
  }
}
