/**
 * What a window must never do, whatever its page tries (Electron's security checklist as code):
 *
 * (a) Pages run sandboxed, isolated from the preload, without Node, with web security on.
 * (b) A window stays at our page. It follows no link and no redirect, opens no window, attaches no webview.
 * (c) Nothing is fetched from anywhere but our own scheme. Nothing is downloaded: main writes all files.
 * (d) The only permission is writing text to the clipboard, and only our page has it.
 *
 * Electron's objects are passed as arguments, so that each rule can be tested without Electron.
 */
import type { Session, WebContents, WebPreferences } from 'electron';
import { isOurs, isPage, PAGE_URL } from './origin.ts';

export const safePreferences = (preload: string | null, developerTools: boolean): WebPreferences => ({
  ...(preload === null ? { javascript: false } : { preload }),
  allowRunningInsecureContent: false,
  contextIsolation: true,
  devTools: developerTools,
  disableDialogs: true,
  experimentalFeatures: false,
  navigateOnDragDrop: false,
  nodeIntegration: false,
  nodeIntegrationInSubFrames: false,
  nodeIntegrationInWorker: false,
  sandbox: true,
  spellcheck: false,
  webSecurity: true,
  webviewTag: false,
});

type Log = (line: string) => void;

/** What is used of a WebContents; a test brings a smaller one. */
export type Guarded = Pick<WebContents, 'on' | 'setWindowOpenHandler'>;

/** Of every contents that is ever created, also those that nobody here created. */
export function guardContents(contents: Guarded, log: Log): void {
  contents.on('will-navigate', (details) => {
    if (isPage(details.url)) return; // a reload
    details.preventDefault();
    log(`refused to leave the page for ${quoted(details.url)}`);
  });
  contents.on('will-frame-navigate', (details) => {
    if (details.isMainFrame || isOurs(details.url) || details.url === 'about:blank') return;
    details.preventDefault();
    log(`refused to show ${quoted(details.url)} in a frame`);
  });
  contents.on('will-redirect', (details) => {
    details.preventDefault();
    log(`refused to be redirected to ${quoted(details.url)}`);
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault();
    log('refused a webview');
  });
  contents.setWindowOpenHandler(({ url }) => {
    log(`refused to open a window for ${quoted(url)}`);
    return { action: 'deny' };
  });
}

export type GuardedSession = Pick<
  Session,
  'on' | 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
> & { readonly webRequest: Pick<Session['webRequest'], 'onBeforeRequest'> };

/** Text of ours onto the clipboard. Reading it is not given. */
const GIVEN_PERMISSION = 'clipboard-sanitized-write';

export function guardSession(session: GuardedSession, log: Log): void {
  session.webRequest.onBeforeRequest((details, answer) => {
    const cancel = !mayFetch(details.url);
    if (cancel) log(`refused to fetch ${quoted(details.url)}`);
    answer({ cancel });
  });
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) => {
    const given = permission === GIVEN_PERMISSION && isPage(requestingUrl);
    if (!given) log(`refused the permission ${permission} to ${quoted(requestingUrl)}`);
    answer(given);
  });
  session.setPermissionCheckHandler(
    (_contents, permission, origin) =>
      permission === GIVEN_PERMISSION && isPage(origin.endsWith('/') ? origin : `${origin}/`),
  );
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event, item) => {
    event.preventDefault();
    log(`refused to download ${quoted(item.getURL())}`);
  });
}

/** The page's own files, what it made itself, and the developer tools, which have no way out of their own. */
export function mayFetch(url: string): boolean {
  return isOurs(url) || url.startsWith(`blob:${PAGE_URL}`) || url.startsWith('data:') || url.startsWith('devtools:');
}

const SHOWN_CHARS = 200;
const quoted = (url: string): string => JSON.stringify(url.slice(0, SHOWN_CHARS));
