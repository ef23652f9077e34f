/**
 * The consoles of a document: one for each VM, kept while the document is shown, whatever the drawer shows.
 *
 * (a) One line runs at a time; what is entered meanwhile waits its turn (typing ahead, a paste of several lines).
 * (b) A rejection or failure of a request is shown in the console, where it was made.
 * (c) A line acts on the present: it brings the window back to it first.
 */
import { MAX_SHELL_LINE_CHARS } from '../../shared/protocol/limit.ts';
import type { Connection } from './connection.ts';
import { RequestError } from './connection.ts';
import { EMPTY_LOG, completed, History, replyParts, withChanged, withEntry } from './shell-log.ts';
import type { LogEntry, LogPart, ShellLog } from './shell-log.ts';

/** What a console asks of the window that it is in. */
export interface ShellWindow {
  readonly document: { readonly id: string } | null;
  readonly connection: Connection;
  scrub(at: null): void;
}

/** Of a line that goes on: what Ctrl+C abandons. */
const CONTINUES = /^> ?$/;

export class GuestShell {
  readonly vm: string;
  log = $state.raw<ShellLog>(EMPTY_LOG);
  /** null: not known yet. */
  prompt = $state<string | null>(null);
  /** What is being written. */
  line = $state('');
  /** Since when a line runs, by performance.now; null: none does. */
  runsSinceMs = $state<number | null>(null);
  waiting = $state.raw<readonly string[]>([]);
  readonly history = new History();
  readonly #app: ShellWindow;
  /** Whose guest it is: what waits is not run in a VM of that name in another. */
  readonly #document: string | null;
  #lastId = 0;
  #stopping = false;

  constructor(app: ShellWindow, vm: string) {
    this.#app = app;
    this.#document = app.document?.id ?? null;
    this.vm = vm;
    void this.#greet();
  }

  get continues(): boolean {
    return this.prompt !== null && CONTINUES.test(this.prompt);
  }

  /** Runs a line, now or after those that wait. */
  enter(line: string): void {
    this.history.add(line);
    if (line.trim() === 'clear' && !this.continues) {
      this.clear();
      return;
    }
    if (this.runsSinceMs !== null) this.waiting = [...this.waiting, line];
    else void this.#run(line);
  }

  /** Ctrl+C: ends the line that runs and what waits; else abandons what is being written. */
  async stop(): Promise<void> {
    this.waiting = [];
    if (this.runsSinceMs !== null) {
      this.#stopping = true;
      await this.#ask(() => this.#app.connection.request('shell.stop', { vm: this.vm }));
      return;
    }
    this.#add({ given: { prompt: this.prompt ?? '', line: `${this.line}^C` }, parts: [], exitCode: 0 });
    this.line = '';
    if (!this.continues) return;
    await this.#ask(() => this.#app.connection.request('shell.stop', { vm: this.vm }));
    await this.#greet();
  }

  clear(): void {
    this.log = EMPTY_LOG;
  }

  /** What Tab makes of the line. @returns where the cursor is to stand */
  async complete(cursor: number): Promise<number> {
    const { line } = this;
    if (line.length > MAX_SHELL_LINE_CHARS) return cursor;
    const answer = await this.#ask(() =>
      this.#app.connection.request('shell.complete', { vm: this.vm, line: line.slice(0, cursor) }),
    );
    if (answer === null || this.line !== line) return cursor; // more was typed meanwhile
    const done = completed(line, cursor, answer);
    this.line = done.line;
    if (done.list.length > 0) {
      const list = done.list.join('  ');
      this.#add({ given: { prompt: this.prompt ?? '', line }, parts: [{ stream: 'note', text: list }], exitCode: 0 });
    }
    return done.cursor;
  }

  /** An empty line does nothing but fetch the prompt. */
  async #greet(): Promise<void> {
    const reply = await this.#ask(() => this.#app.connection.request('shell.run', { vm: this.vm, line: '' }));
    if (reply !== null) this.prompt = reply.prompt;
  }

  async #run(line: string): Promise<void> {
    if (line.length > MAX_SHELL_LINE_CHARS) {
      const text = `A line has at most ${MAX_SHELL_LINE_CHARS} characters; this one has ${line.length} and was not run.`;
      this.#add({ given: null, parts: [{ stream: 'note', text }], exitCode: null });
      this.#next();
      return;
    }
    this.runsSinceMs = performance.now();
    this.#stopping = false;
    this.#app.scrub(null);
    const id = this.#add({ given: { prompt: this.prompt ?? '# ', line }, parts: [], exitCode: null });
    try {
      const reply = await this.#app.connection.request('shell.run', { vm: this.vm, line });
      this.prompt = reply.prompt;
      const stopped: LogPart[] = this.#stopping ? [{ stream: 'note', text: '^C' }] : [];
      this.#change(id, line, [...replyParts(reply), ...stopped], reply.exitCode);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#change(id, line, [{ stream: 'note', text: error.message }], null);
    } finally {
      this.runsSinceMs = null;
    }
    this.#next();
  }

  #next(): void {
    const [line, ...rest] = this.waiting;
    if (line === undefined || this.#app.document?.id !== this.#document) return;
    this.waiting = rest;
    void this.#run(line);
  }

  #add(entry: Omit<LogEntry, 'id'>): number {
    const id = ++this.#lastId;
    this.log = withEntry(this.log, { ...entry, id });
    return id;
  }

  #change(id: number, line: string, parts: readonly LogPart[], exitCode: number | null): void {
    const before = this.log.entries.find((entry) => entry.id === id);
    const given = before?.given ?? { prompt: '', line };
    this.log = withChanged(this.log, { id, given, parts, exitCode });
  }

  /** Rejections of main are shown here. */
  async #ask<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#add({ given: null, parts: [{ stream: 'note', text: error.message }], exitCode: null });
      return null;
    }
  }
}

/** The consoles of the document that is shown. */
export class GuestShells {
  readonly #app: ShellWindow;
  #document: string | null = null;
  readonly #shells = new Map<string, GuestShell>();

  constructor(app: ShellWindow) {
    this.#app = app;
  }

  of(vm: string): GuestShell {
    const document = this.#app.document?.id ?? null;
    if (document !== this.#document) {
      this.#shells.clear();
      this.#document = document;
    }
    let shell = this.#shells.get(vm);
    if (shell === undefined) this.#shells.set(vm, (shell = new GuestShell(this.#app, vm)));
    return shell;
  }
}
