/**
 * The application below the shells: it holds the open documents, answers the windows, and outlives them.
 *
 * (a) A document's run belongs to the desk, not to a window: closing, reloading or opening windows changes nothing of it.
 * (b) A window is told by name (WindowPort.window). What it showed is remembered over a reload.
 * (c) Whatever a window says comes through the door (door.ts) and the table of handlers (handler.ts).
 */
import { join } from 'node:path';
import type { Answer, DeskRequestName, OpenReply, RequestName, StartInfo } from '../../shared/protocol/index.ts';
import { isRunRequest } from '../../shared/protocol/index.ts';
import type { ThreadPlace } from '../runtime/index.ts';
import { startSession } from '../runtime/index.ts';
import { RecentFiles, writableFolder } from '../store/index.ts';
import type { OpenedDocument } from './document.ts';
import { journalFolder, tidyDataFolder } from './data-folder.ts';
import { Documents } from './documents.ts';
import type { StartSession } from './start-document.ts';
import type { AdmittedRequest } from './door.ts';
import type { Example } from './example.ts';
import { readExamples } from './example.ts';
import type { Handlers } from './handler.ts';
import { createHandlers } from './handler.ts';
import { Previews } from './preview.ts';
import type { Asset, Connection, Shell, WindowPort } from './shell.ts';
import { StartLists } from './start-list.ts';
import type { LinkHost } from './window-link.ts';
import { WindowLink } from './window-link.ts';

export interface DeskOptions {
  /** Of runtime; another in tests. */
  readonly startSession?: StartSession;
  /** Where the files of threads are, when not beside their starter (a bundled build). */
  readonly threadPlace?: ThreadPlace;
}

/** What a shell needs to know of a document, to ask before it closes a window or quits. */
export interface OpenDocument {
  readonly id: string;
  readonly name: string;
  /** Absolute; null: nowhere yet. */
  readonly path: string | null;
  readonly dirty: boolean;
  readonly playing: boolean;
  /** Windows that show it, by name. */
  readonly windows: readonly string[];
}

/** Windows whose document is remembered. A shell forgets those that are closed; a web page just goes. */
const MAX_WINDOWS = 1000;
const LIST_EVERY_MS = 1000;

export class Desk implements LinkHost {
  readonly #shell: Shell;
  readonly #documents: Documents;
  readonly #recent: RecentFiles;
  readonly #lists: StartLists;
  readonly #previews = new Previews();
  readonly #handlers: Handlers;
  readonly #links = new Map<string, WindowLink>();
  /** What each window shows or showed, the least recently changed first. */
  readonly #shown = new Map<string, string>();
  readonly #titles = new Map<string, string>();
  #listTimer: NodeJS.Timeout | null = null;
  #closed = false;

  /** Reads the examples and tidies up. Rejects with a Refusal when the data folder cannot be made or written to. */
  static async open(shell: Shell, options: DeskOptions = {}): Promise<Desk> {
    await writableFolder(shell.dataFolder);
    const examples = await readExamples(shell.examplesFolder, (line) => shell.log(line));
    const desk = new Desk(shell, options, examples);
    await tidyDataFolder(shell.dataFolder).catch((error: Error) => shell.log(`tidying up: ${error.message}`));
    return desk;
  }

  private constructor(shell: Shell, options: DeskOptions, examples: readonly Example[]) {
    this.#shell = shell;
    const recent = new RecentFiles(join(shell.dataFolder, 'recent.json'));
    this.#recent = recent;
    this.#documents = new Documents({
      startSession: options.startSession ?? startSession,
      ...(options.threadPlace === undefined ? {} : { threadPlace: options.threadPlace }),
      version: shell.version,
      dataFolder: shell.dataFolder,
      examples,
      recent,
      listener: {
        changed: (document, structure) => this.#documentChanged(document, structure),
        log: (line) => this.log(line),
      },
      journalsChanged: () => {
        this.#lists.journalsChanged();
        this.#listsChanged();
      },
      leaving: (document, instead) => this.#leaving(document, instead),
      noteRecent: (path) => {
        shell.noteRecent(path);
        this.#listsChanged();
      },
    });
    this.#lists = new StartLists({
      examples,
      recent,
      journalFolder: journalFolder(shell.dataFolder),
      opened: () => this.#documents.all,
    });
    this.#handlers = createHandlers({
      shell,
      documents: this.#documents,
      lists: this.#lists,
      previews: this.#previews,
      documentOf: (window) => this.documentOf(window),
      show: (link, document) => this.#show(link, document),
    });
  }

  /** A page of this window was loaded. A connection of the same window that was not closed is. */
  connect(port: WindowPort): Connection {
    this.#links.get(port.window)?.closed();
    const link = new WindowLink(port, this);
    this.#links.set(port.window, link);
    return link;
  }

  /**
   * Opens a file by its path: file association, argument, second instance, drop on the dock. With a window, that window
   * is told to show it (event `open`) or why it cannot; without, the shell makes one and says so with `show` before the
   * page asks.
   */
  async openPath(window: string | null, path: string): Promise<OpenReply> {
    const reply = await this.#documents.openPath(path);
    const link = window === null ? undefined : this.#links.get(window);
    if (reply.document === null) for (const diagnostic of reply.diagnostics) link?.notice(diagnostic);
    else if (window !== null) {
      this.show(window, reply.document);
      link?.open(reply.document);
    }
    return reply;
  }

  /** The window will show this document: said before its page is loaded, `hello` tells the page. */
  show(window: string, document: string): void {
    this.#shown.delete(window);
    this.#shown.set(window, document);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > MAX_WINDOWS && oldest !== undefined) this.#shown.delete(oldest);
  }

  /** Id of the document that a window shows, or showed before it reloaded. */
  documentOf(window: string): string | null {
    const id = this.#shown.get(window);
    return id === undefined ? null : (this.#documents.find(id)?.id ?? null);
  }

  /** All open documents. */
  documents(): readonly OpenDocument[] {
    return this.#documents.all.map(({ id, name, place, dirty, session, viewers }) => ({
      id,
      name,
      path: place,
      dirty,
      playing: session.state.playing,
      windows: [...viewers].map(({ window }) => window),
    }));
  }

  /** Files that were opened or saved last, the newest first, for a menu. */
  async recent(): Promise<readonly { readonly name: string; readonly path: string }[]> {
    return (await this.#recent.list()).map(({ name, path }) => ({ name, path }));
  }

  /** A menu item was chosen: the window acts as if the person had chosen the command there. */
  menu(window: string, command: string): void {
    this.#links.get(window)?.menu(command);
  }

  /** The window is closed for good: nothing of it is remembered. */
  forget(window: string): void {
    this.#links.get(window)?.closed();
    this.#shown.delete(window);
    this.#titles.delete(window);
  }

  /** What is at a path of the shell's own origin that begins with `/preview/`; null: nothing. */
  asset(path: string): Asset | null {
    return this.#previews.at(path, Date.now());
  }

  /** Ends all runs. What is not saved is kept for recovery. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#listTimer !== null) clearTimeout(this.#listTimer);
    for (const link of [...this.#links.values()]) link.closed();
    await this.#documents.closeAll();
  }

  async answer<N extends RequestName>(
    { name, input, payload }: AdmittedRequest<N>,
    link: WindowLink,
  ): Promise<Answer<N>> {
    const answer = isRunRequest(name)
      ? await link.shown().session.ask(name, input as never)
      : await this.#handlers[name as DeskRequestName](input as never, link, payload);
    return answer as Answer<N>;
  }

  startInfo(): Promise<StartInfo> {
    return this.#lists.info();
  }

  linkClosed(link: WindowLink): void {
    if (this.#links.get(link.window) === link) this.#links.delete(link.window);
    this.#listsChanged();
  }

  log(line: string): void {
    this.#shell.log(line);
  }

  #show(link: WindowLink, document: OpenedDocument | null): void {
    link.show(document);
    if (document === null) this.#shown.delete(link.window);
    else this.show(link.window, document.id);
    this.#entitle(link.window, document);
    this.#listsChanged();
  }

  #leaving(document: OpenedDocument, instead: OpenedDocument | null): void {
    for (const link of this.#links.values()) {
      if (link.document !== document) continue;
      link.show(null);
      if (instead === null) this.#shown.delete(link.window);
      else this.show(link.window, instead.id);
      this.#entitle(link.window, instead);
      link.open(instead?.id ?? null);
    }
  }

  #documentChanged(document: OpenedDocument, structure: boolean): void {
    if (structure) for (const { window } of document.viewers) this.#entitle(window, document);
    // Those that show a document have no use for another's tick.
    if (structure) this.#listsChanged();
    else this.#ticksChanged();
  }

  #entitle(window: string, document: OpenedDocument | null): void {
    const text = document === null ? 'Pageshift' : `${document.name}${document.dirty ? ' (edited)' : ''} – Pageshift`;
    const title = JSON.stringify([text, document?.place ?? null]);
    if (this.#titles.get(window) === title) return;
    this.#titles.set(window, title);
    this.#shell.title(window, text, document?.place ?? null);
  }

  #listsChanged(): void {
    for (const link of this.#links.values()) link.startChanged();
  }

  #ticksChanged(): void {
    if (this.#listTimer !== null || this.#closed) return;
    this.#listTimer = setTimeout(() => {
      this.#listTimer = null;
      for (const link of this.#links.values()) if (link.document === null) link.startChanged();
    }, LIST_EVERY_MS).unref();
  }
}
