/**
 * The open windows: each shows one document, or the start screen.
 *
 * (a) A window keeps its name when its page is reloaded, but gets a new connection to the desk, made with the first
 *     message of the new page.
 * (b) A page that crashes or hangs is reloaded on request. Its run lives in main and is not affected.
 * (c) The last window that shows unsaved work asks before it closes. Its work is kept for recovery in any case;
 *     quitting the application asks nothing.
 */
import { BrowserWindow, dialog, nativeTheme, screen } from 'electron';
import type { Desk } from '../desk/index.ts';
import type { Connection } from '../desk/index.ts';
import { LEAST_SIZE, opening, readBounds, writeBounds } from './bounds.ts';
import type { Receiver } from './door.ts';
import { PAGE_DARK, PAGE_LIGHT } from '../../shared/view/node-colour.ts';
import { safePreferences } from './guard.ts';
import { CHANNEL, PAGE_URL } from './origin.ts';

export interface WindowOptions {
  readonly desk: Desk;
  readonly preload: string;
  readonly icon: string | null;
  readonly boundsFile: string;
  readonly developerTools: boolean;
  log(line: string): void;
}

/** What is seen before the page is. */
const BACKGROUND = { light: PAGE_LIGHT, dark: PAGE_DARK } as const;

export class Windows {
  readonly #options: WindowOptions;
  readonly #windows = new Map<string, AppWindow>();
  #made = 0;
  /** The application ends: windows close without asking. */
  ending = false;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  get all(): readonly AppWindow[] {
    return [...this.#windows.values()];
  }

  /** The one the person works in; null: there is none. */
  get current(): AppWindow | null {
    const focused = BrowserWindow.getFocusedWindow();
    return this.all.find(({ browser }) => browser === focused) ?? this.all.at(-1) ?? null;
  }

  named(name: string): AppWindow | null {
    return this.#windows.get(name) ?? null;
  }

  of(contents: object): AppWindow | null {
    return this.all.find(({ browser }) => !browser.isDestroyed() && browser.webContents === contents) ?? null;
  }

  /** @param document null: the start screen */
  open(document: string | null): AppWindow {
    const name = `#${++this.#made}`;
    const { desk } = this.#options;
    if (document !== null) desk.show(name, document);
    const window = new AppWindow(name, this, this.#options);
    this.#windows.set(name, window);
    window.browser.on('closed', () => {
      this.#windows.delete(name);
      window.disconnect();
      desk.forget(name);
    });
    return window;
  }
}

export class AppWindow implements Receiver {
  readonly name: string;
  readonly browser: BrowserWindow;
  readonly #windows: Windows;
  readonly #options: WindowOptions;
  #connection: Connection | null = null;
  /** It was asked and answered. */
  #mayClose = false;
  #closesWhenSaved = false;

  constructor(name: string, windows: Windows, options: WindowOptions) {
    this.name = name;
    this.#windows = windows;
    this.#options = options;
    const { boundsFile, preload, icon, developerTools } = options;
    const areas = screen.getAllDisplays().map(({ workArea }) => workArea);
    const { maximized, ...bounds } = opening(readBounds(boundsFile), areas, windows.all.length);
    this.browser = new BrowserWindow({
      ...bounds,
      minWidth: LEAST_SIZE.width,
      minHeight: LEAST_SIZE.height,
      title: 'Pageshift',
      show: false,
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      ...(icon !== null && { icon }),
      webPreferences: safePreferences(preload, developerTools),
    });
    if (maximized) this.browser.maximize();
    this.#listen();
    this.browser.loadURL(PAGE_URL).catch((error: Error) => {
      // Closed while it loaded: nothing is wrong.
      if (!this.browser.isDestroyed()) options.log(`window ${name} could not load its page: ${error.message}`);
    });
  }

  /** One message of its page. */
  receive(bytes: Uint8Array): void {
    this.#connection ??= this.#options.desk.connect({
      window: this.name,
      post: (message) => {
        if (!this.browser.isDestroyed()) this.browser.webContents.send(CHANNEL, message);
      },
    });
    this.#connection.receive(bytes);
  }

  disconnect(): void {
    this.#connection?.closed();
    this.#connection = null;
  }

  title(text: string, path: string | null): void {
    if (this.browser.isDestroyed()) return;
    this.browser.setTitle(text);
    this.browser.setRepresentedFilename(path ?? '');
    const dirty = this.#document()?.dirty ?? false;
    this.browser.setDocumentEdited(dirty);
    if (this.#closesWhenSaved && !dirty) this.#close();
  }

  /** Saving was to close it, and was cancelled. */
  staysOpen(): void {
    this.#closesWhenSaved = false;
  }

  /** Before everything else on the screen. */
  raise(): void {
    if (this.browser.isMinimized()) this.browser.restore();
    this.browser.show();
    this.browser.focus();
  }

  #listen(): void {
    const { browser } = this;
    const { webContents } = browser;
    browser.once('ready-to-show', () => browser.show());
    browser.on('page-title-updated', (event) => event.preventDefault()); // the desk names windows
    browser.on('close', (event) => {
      if (this.#closes())
        writeBounds(this.#options.boundsFile, { ...browser.getNormalBounds(), maximized: browser.isMaximized() });
      else event.preventDefault();
    });
    webContents.on('did-navigate', () => this.disconnect());
    webContents.on('render-process-gone', (_event, { reason }) => {
      this.disconnect();
      if (reason !== 'clean-exit') void this.#offerReload(`The window's page has ended (${reason}).`);
    });
    browser.on('unresponsive', () => void this.#offerReload("The window's page does not answer."));
  }

  async #offerReload(what: string): Promise<void> {
    this.#options.log(`window ${this.name}: ${what}`);
    if (this.browser.isDestroyed() || this.#windows.ending) return;
    const { response } = await dialog.showMessageBox(this.browser, {
      type: 'warning',
      message: what,
      detail: 'The run goes on, and nothing of it is lost. Reloading brings the window back to it.',
      buttons: ['Reload', 'Leave It'],
      defaultId: 0,
      cancelId: 1,
    });
    if (response === 0 && !this.browser.isDestroyed()) this.browser.webContents.reload();
  }

  #document(): ReturnType<Desk['documents']>[number] | null {
    const { desk } = this.#options;
    const id = desk.documentOf(this.name);
    return desk.documents().find((document) => document.id === id) ?? null;
  }

  #closes(): boolean {
    const document = this.#document();
    const isLast = document?.windows.every((name) => name === this.name) ?? false;
    if (this.#mayClose || this.#windows.ending || document === null || !document.dirty || !isLast) return true;
    void this.#askToClose(document.name);
    return false;
  }

  async #askToClose(name: string): Promise<void> {
    const { response } = await dialog.showMessageBox(this.browser, {
      type: 'question',
      message: `“${name}” has changes that are not saved.`,
      detail: 'If you close it without saving, they are kept, and the start screen offers to go on with them.',
      buttons: ['Close', 'Save…', 'Cancel'],
      defaultId: 0,
      cancelId: 2,
      noLink: true,
    });
    if (response === 0) this.#close();
    if (response !== 1) return;
    this.#closesWhenSaved = true;
    this.#options.desk.menu(this.name, 'file.save');
  }

  #close(): void {
    this.#mayClose = true;
    this.browser.close();
  }
}
