/**
 * The Electron shell: one process with the desk and its windows. Features are implemented below it, in the desk; this
 * shell adds windows, menus, dialogs and everything else that only a native application has.
 *
 * (a) There is one instance: a second start hands its files over and ends.
 * (b) Rules for pages (guard.ts) are set before the first page exists, for all pages.
 * (c) Quitting closes the desk and waits for it: unsaved work is kept for recovery.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app, dialog, ipcMain, Menu, protocol, session } from 'electron';
import { formatDiagnostic, visibleLines } from '../../shared/errors/index.ts';
import { Desk } from '../desk/index.ts';
import type { Shell } from '../desk/index.ts';
import { Site } from '../page/index.ts';
import { filesIn } from './argument.ts';
import { createDoor } from './door.ts';
import { guardContents, guardSession } from './guard.ts';
import { menuTemplate } from './menu.ts';
import { CHANNEL, pathOf, SCHEME } from './origin.ts';
import { PdfPrinter } from './pdf.ts';
import { Windows } from './window.ts';
import type { AppWindow } from './window.ts';

const SCENARIO_FILES = [
  { name: 'Pageshift scenarios', extensions: ['pageshift.json', 'json'] },
  { name: 'All files', extensions: ['*'] },
];

const log = (line: string): void => void process.stderr.write(`pageshift: ${visibleLines(line)}\n`);
const appPath = app.getAppPath();
const folderOf = (...names: string[]): string => join(appPath, 'out', ...names);

app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
]);
app.on('web-contents-created', (_event, contents) => guardContents(contents, log));

/** Files that the system wants opened before there is a desk. */
const early: string[] = [];
const hand: { over: (path: string) => void } = { over: (path) => void early.push(path) };
app.on('open-file', (event, path) => {
  event.preventDefault();
  hand.over(path);
});

if (app.requestSingleInstanceLock()) {
  app.whenReady().then(start).catch(fail);
} else {
  app.quit();
}

function fail(error: unknown): void {
  const isRefusal = error instanceof Error && error.name === 'Refusal'; // its message says all
  const text = error instanceof Error ? (isRefusal ? error.message : (error.stack ?? error.message)) : String(error);
  log(text);
  dialog.showErrorBox('Pageshift could not start', text);
  app.exit(1);
}

async function start(): Promise<void> {
  const printer = new PdfPrinter();
  const named = (name: string): AppWindow | null => windows.named(name);
  const desk: Desk = await Desk.open(
    electronShell(printer, named, () => void showMenu()),
    { threadPlace },
  );
  const windows = new Windows({
    desk,
    log,
    preload: folderOf('preload', 'preload.cjs'),
    icon: process.platform === 'linux' ? iconFile() : null,
    boundsFile: join(app.getPath('userData'), 'window.json'),
    developerTools: !app.isPackaged,
  });
  serve(new Site(folderOf('renderer'), (path) => printer.at(path) ?? desk.asset(path)));
  guardSession(session.defaultSession, log);
  const door = createDoor({ windowOf: (contents) => windows.of(contents), log });
  ipcMain.on(CHANNEL, door);
  const showMenu = (): Promise<void> => setApplicationMenu(desk, windows, (path) => void openFile(desk, windows, path));
  await showMenu();

  hand.over = (path) => void openFile(desk, windows, path);
  const files = [...filesIn(process.argv, app.isPackaged ? null : appPath, process.cwd()), ...early.splice(0)];
  for (const path of files) await openFile(desk, windows, path);
  if (windows.all.length === 0) windows.open(null);

  app.on('second-instance', (_event, argv, folder) => {
    const others = filesIn(argv, app.isPackaged ? null : appPath, folder);
    for (const path of others) hand.over(path);
    if (others.length === 0) (windows.current ?? windows.open(null)).raise();
  });
  app.on('activate', () => {
    if (windows.all.length === 0) windows.open(null);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  endWith(desk, windows);
}

/** What is not put away by then is kept by its journal, as after a kill. */
const END_MS = 10_000;
/** The same where the system ends us: it waits no longer. */
const SIGNAL_END_MS = 700;

function endWith(desk: Desk, windows: Windows): void {
  app.on('before-quit', () => {
    windows.ending = true;
  });
  // Nothing is asked and nothing waited for: each document's journal has all that was done.
  const told = (): void => {
    windows.ending = true;
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), SIGNAL_END_MS);
    void desk.close().finally(() => app.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, told);
  let ended = false;
  app.on('will-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    ended = true;
    const late = new Promise<void>((resolve) => setTimeout(resolve, END_MS).unref());
    Promise.race([desk.close(), late])
      .catch((error: Error) => log(`the desk did not close cleanly: ${error.message}`))
      .finally(() => app.quit());
  });
}

/** The page's own scheme: nothing of the file system is served but what is in the site's index. */
function serve(site: Site): void {
  protocol.handle(SCHEME, ({ method, url }) => {
    const { status, headers, body } = site.answer(method, pathOf(url) ?? '');
    return new Response(body.length === 0 ? null : Buffer.from(body), { status, headers });
  });
}

/** Elsewhere the system takes it from the executable. */
const iconFile = (): string =>
  app.isPackaged ? join(process.resourcesPath, 'icon.png') : join(appPath, 'build', 'icons', '256x256.png');

/** In a package the threads' files lie beside the archive: a thread reads its own without Electron's help. */
function threadPlace(file: string): URL {
  return pathToFileURL(folderOf('main', `${file}.mjs`).replace('app.asar', 'app.asar.unpacked'));
}

/** In a window that shows nothing, else in one of its own; where it is open already, there. */
async function openFile(desk: Desk, windows: Windows, path: string): Promise<void> {
  const empty = windows.all.find(({ name }) => desk.documentOf(name) === null) ?? null;
  const { document, diagnostics } = await desk.openPath(empty?.name ?? null, path);
  if (document === null) {
    const window = empty ?? windows.current ?? windows.open(null);
    window.raise();
    await dialog.showMessageBox(window.browser, {
      type: 'error',
      message: `${path} could not be opened.`,
      detail: diagnostics.map(formatDiagnostic).join('\n'),
    });
    return;
  }
  const [shown] = desk.documents().find(({ id }) => id === document)?.windows ?? [];
  const window = empty ?? (shown === undefined ? null : windows.named(shown)) ?? windows.open(document);
  window.raise();
}

async function setApplicationMenu(desk: Desk, windows: Windows, open: (path: string) => void): Promise<void> {
  const recent = await desk.recent();
  const template = menuTemplate(
    { platform: process.platform, recent, developerTools: !app.isPackaged },
    {
      command: (id) => {
        const window = windows.current ?? windows.open(null);
        desk.menu(window.name, id);
      },
      newWindow: () => void windows.open(null),
      openRecent: open,
    },
  );
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

function electronShell(
  printer: PdfPrinter,
  named: (name: string) => AppWindow | null,
  recentChanged: () => void,
): Shell {
  const isStandIn = process.versions.electron.includes('standin');
  return {
    kind: 'electron',
    text: isStandIn ? 'stand-in for Electron' : `Electron ${process.versions.electron}`,
    platform: process.platform,
    version: app.getVersion(),
    dataFolder: app.getPath('userData'),
    documentsFolder: app.getPath('documents'),
    examplesFolder: app.isPackaged ? join(process.resourcesPath, 'examples') : join(appPath, 'shared', 'examples'),
    dialogs: {
      async openFile(name) {
        const window = named(name)?.browser;
        const options = { filters: SCENARIO_FILES, properties: ['openFile' as const] };
        const { canceled, filePaths } = await (window
          ? dialog.showOpenDialog(window, options)
          : dialog.showOpenDialog(options));
        return canceled ? null : (filePaths[0] ?? null);
      },
      async saveFile(name, suggestedName) {
        const window = named(name)?.browser;
        const options = { defaultPath: suggestedName, properties: ['showOverwriteConfirmation' as const] };
        const { canceled, filePath } = await (window
          ? dialog.showSaveDialog(window, options)
          : dialog.showSaveDialog(options));
        if (!canceled && filePath !== '') return filePath;
        named(name)?.staysOpen();
        return null;
      },
    },
    pdf: (html) => printer.print(html),
    noteRecent(path) {
      app.addRecentDocument(path);
      recentChanged();
    },
    title: (name, text, path) => named(name)?.title(text, path),
    log,
  };
}
