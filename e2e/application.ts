/**
 * The application as a spec drives it, the same in both shells: started on a folder of its own, killed, started again on
 * the same folder, with what differs between them (native dialogs against a browser's choosers and downloads) behind one
 * interface.
 *
 * (a) Nothing of a test reaches a person's own data: journals, settings and documents lie in a temporary folder.
 * (b) A kill is SIGKILL of everything that was started: nothing gets to say goodbye.
 * (c) What was started is ended, whatever the spec did.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, expect } from '@playwright/test';
import type { Browser, BrowserContext, ElectronApplication, FileChooser, Page } from '@playwright/test';

export type ShellKind = 'electron' | 'web';

export interface Written {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Application {
  readonly kind: ShellKind;
  readonly home: Home;
  /** What main has printed since it started, or since this was emptied. */
  log: string;
  /** Starts it, with a file as if it had been double-clicked, and gives its first window. */
  start(file?: string): Promise<Page>;
  /** Another window of the running application. */
  anotherWindow(): Promise<Page>;
  /** Does `act`, and answers the question for a file to open that comes of it. */
  opening(page: Page, path: string, act: () => Promise<void>): Promise<void>;
  /** Does `act`, and answers the question for a place to save that comes of it. @returns the path */
  saving(page: Page, name: string, act: () => Promise<void>): Promise<string>;
  /** Does `act`, and takes the file that comes of it. */
  exporting(page: Page, act: () => Promise<void>): Promise<Written>;
  kill(): Promise<void>;
  /** Ends it as a person does. */
  quit(): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const START_MS = 60_000;

/** The folders of one test. */
export class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'pageshift-e2e-'));
  readonly data = this.#made('data');
  readonly documents = this.#made('documents');

  #made(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    return path;
  }

  get environment(): Record<string, string> {
    return {
      ...(process.env as Record<string, string>),
      XDG_CONFIG_HOME: this.data,
      XDG_DOCUMENTS_DIR: this.documents,
      STANDIN_DATA: this.data,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** All that a program of ours started: it leads a process group of its own (on Windows, its tree is ended with it). */
function killGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (process.platform === 'win32') spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
  else process.kill(-child.pid, 'SIGKILL');
  return gone;
}

export class ElectronShell implements Application {
  readonly kind = 'electron';
  readonly home = new Home();
  readonly viewport: { readonly width: number; readonly height: number };
  log = '';
  #app: ElectronApplication | null = null;

  constructor(viewport: { readonly width: number; readonly height: number }) {
    this.viewport = viewport;
  }

  /** For what only Electron has: menus, dialogs, its windows. */
  get electron(): ElectronApplication {
    if (this.#app === null) throw new Error('the application is not started');
    return this.#app;
  }

  async start(file?: string): Promise<Page> {
    const app = await _electron.launch({
      args: ['.', ...(file === undefined ? [] : [file])],
      cwd: root,
      env: this.home.environment,
      timeout: START_MS,
    });
    this.#app = app;
    const child = app.process();
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (this.log += String(text)));
    return await loaded(await app.firstWindow({ timeout: START_MS }));
  }

  async anotherWindow(): Promise<Page> {
    const opened = this.electron.waitForEvent('window', { timeout: START_MS });
    await this.electron.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('newWindow')!.click());
    return await loaded(await opened);
  }

  async opening(_page: Page, path: string, act: () => Promise<void>): Promise<void> {
    await this.electron.evaluate(({ dialog }, filePath) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [filePath] });
    }, path);
    await act();
  }

  async saving(_page: Page, name: string, act: () => Promise<void>): Promise<string> {
    const path = join(this.home.documents, name);
    await this.#answerSave(path);
    await act();
    return path;
  }

  async exporting(_page: Page, act: () => Promise<void>): Promise<Written> {
    const folder = mkdtempSync(join(this.home.folder, 'export-'));
    await this.electron.evaluate(({ dialog }, to) => {
      const asked = globalThis as { exportedTo?: string };
      dialog.showSaveDialog = ((...args: unknown[]) => {
        const options = args.at(-1) as { defaultPath?: string };
        const name = (options.defaultPath ?? 'nameless').split(/[\\/]/).at(-1)!;
        asked.exportedTo = `${to}/${name}`;
        return Promise.resolve({ canceled: false, filePath: asked.exportedTo });
      }) as typeof dialog.showSaveDialog;
      delete asked.exportedTo;
    }, folder);
    await act();
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      const path = await this.electron.evaluate(() => (globalThis as { exportedTo?: string }).exportedTo ?? null);
      const bytes = path === null ? null : readIfWhole(path);
      if (path !== null && bytes !== null) return { name: basename(path), bytes };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('nothing was exported: no save dialog was shown, or nothing was written to its answer');
  }

  async kill(): Promise<void> {
    if (this.#app === null) return;
    await killGroup(this.#app.process());
    this.#app = null;
  }

  /** Electron asks before it ends with unsaved work; the stub answers as a person who does not mind. */
  async quit(): Promise<void> {
    if (this.#app === null) return;
    const closed = this.#app.close().catch(() => undefined);
    const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 5000).unref());
    if ((await Promise.race([closed, late])) === 'late') await killGroup(this.#app.process());
    this.#app = null;
  }

  async #answerSave(path: string): Promise<void> {
    await this.electron.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    }, path);
  }
}

/** A window is there before its page is. */
async function loaded(page: Page): Promise<Page> {
  await page.getByRole('main').first().waitFor({ timeout: START_MS });
  return page;
}

/** A file is there before all of it is: it is whole when it has not grown between two looks. */
function readIfWhole(path: string): Buffer | null {
  try {
    const bytes = readFileSync(path);
    return bytes.length > 0 && bytes.equals(readFileSync(path)) ? bytes : null;
  } catch {
    return null;
  }
}

export class WebShell implements Application {
  readonly kind = 'web';
  readonly home = new Home();
  log = '';
  readonly #browser: Browser;
  readonly #viewport: { readonly width: number; readonly height: number };
  #context: BrowserContext | null = null;
  #child: ChildProcess | null = null;
  /** All that the child has printed: its last address is the one that has not been used. */
  #printed = '';

  constructor(browser: Browser, viewport: { readonly width: number; readonly height: number }) {
    this.#browser = browser;
    this.#viewport = viewport;
  }

  /** Where it serves; without a token. */
  get origin(): string {
    return new URL(this.#addresses().at(-1)!).origin;
  }

  /** An address that lets one browser in; each call waits for one that no earlier call has returned. */
  async newAddress(): Promise<string> {
    const startMs = performance.now();
    for (;;) {
      const address = this.#addresses().at(-1);
      if (address !== undefined && !this.#used.has(address)) {
        this.#used.add(address);
        return address;
      }
      const ended = this.#child?.exitCode ?? null;
      if (ended !== null || performance.now() - startMs > START_MS)
        throw new Error(`no address (exit code ${ended}): ${this.#printed}${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  readonly #used = new Set<string>();

  #addresses(): string[] {
    // A line that is still being written has no end.
    return this.#printed.match(/http:\/\/127\.0\.0\.1:\d+\/\S+(?=\s)/g) ?? [];
  }

  async start(file?: string): Promise<Page> {
    const child = spawn(
      process.execPath,
      [
        'src-main/web/main.ts',
        ...(file === undefined ? [] : [file]),
        '--port',
        '0',
        '--data',
        this.home.data,
        '--no-open',
      ],
      {
        cwd: root,
        env: this.home.environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
      },
    );
    this.#child = child;
    child.stderr.on('data', (text) => (this.log += String(text)));
    this.#printed = '';
    child.stdout.on('data', (text) => (this.#printed += String(text)));
    const address = await this.newAddress();
    await this.#context?.close();
    this.#context = await this.#browser.newContext({ viewport: this.#viewport, acceptDownloads: true });
    const page = await this.#context.newPage();
    await page.goto(address);
    return await loaded(page);
  }

  async anotherWindow(): Promise<Page> {
    const page = await this.#context!.newPage();
    await page.goto(this.origin);
    return await loaded(page);
  }

  async opening(page: Page, path: string, act: () => Promise<void>): Promise<void> {
    // A key that comes while the window is still busy with its start is ignored; a person presses it again.
    let chooser: FileChooser | undefined;
    await expect(async () => {
      [chooser] = await Promise.all([page.waitForEvent('filechooser', { timeout: 3000 }), act()]);
    }).toPass();
    await chooser!.setFiles(path);
  }

  /** There is no native dialog: the window asks for a name and main puts the file into its documents. */
  async saving(page: Page, name: string, act: () => Promise<void>): Promise<string> {
    await act();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(name);
    await dialog.getByRole('button', { name: /^save/i }).click();
    return join(this.home.documents, name);
  }

  async exporting(page: Page, act: () => Promise<void>): Promise<Written> {
    const [download] = await Promise.all([page.waitForEvent('download'), act()]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  }

  async kill(): Promise<void> {
    if (this.#child !== null) await killGroup(this.#child);
    this.#child = null;
  }

  async quit(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
    await this.kill();
  }
}
