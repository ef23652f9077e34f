/** Electron's security checklist, item by item, on the code that sets it. The stand-in's specs see it in a page. */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { guardContents, guardSession, mayFetch, safePreferences } from './guard.ts';
import type { Guarded, GuardedSession } from './guard.ts';

const PAGE = 'app://pageshift/';
const FOREIGN = [
  ...[
    'https://example.com/',
    'http://127.0.0.1/',
    'file:///etc/passwd',
    'app://other/',
    'app://pageshift.evil/',
    'about:blank',
  ],
  ...['app://pageshift@evil/', 'javascript:alert(1)', 'data:text/html,x', 'APP://pageshift', ''],
];

test.each([
  ['contextIsolation', true],
  ['sandbox', true],
  ['webSecurity', true],
  ['nodeIntegration', false],
  ['nodeIntegrationInWorker', false],
  ['nodeIntegrationInSubFrames', false],
  ['allowRunningInsecureContent', false],
  ['experimentalFeatures', false],
  ['navigateOnDragDrop', false],
  ['webviewTag', false],
] as const)('every page has %s %s', (name, value) => {
  expect(safePreferences('/preload.cjs', true)[name]).toBe(value);
  expect(safePreferences(null, false)[name]).toBe(value);
});

test('a page without a preload runs no script; nothing asks Blink for more', () => {
  expect(safePreferences(null, false).javascript).toBe(false);
  expect(Object.keys(safePreferences('/preload.cjs', true))).not.toContain('enableBlinkFeatures');
});

function guarded(): { contents: EventEmitter; log: string[]; openWindow(url: string): unknown } {
  const log: string[] = [];
  let handler: (details: { url: string }) => unknown = () => ({ action: 'allow' });
  const contents = Object.assign(new EventEmitter(), {
    setWindowOpenHandler: (given: typeof handler) => (handler = given),
  });
  guardContents(contents as unknown as Guarded, (line) => log.push(line));
  return { contents, log, openWindow: (url) => handler({ url }) };
}

/** @returns whether it was prevented */
function tried(contents: EventEmitter, event: string, details: object = {}): boolean {
  let prevented = false;
  contents.emit(event, { ...details, preventDefault: () => (prevented = true) });
  return prevented;
}

describe('a window stays at our page', () => {
  test.each([...FOREIGN, `${PAGE}preview/a`, `${PAGE}index.html`, `${PAGE}?a`])('it does not go to %j', (url) => {
    const { contents, log } = guarded();
    expect(tried(contents, 'will-navigate', { url })).toBe(true);
    expect(log).toHaveLength(1);
  });

  test('it may load itself anew', () => {
    const { contents, log } = guarded();
    expect(tried(contents, 'will-navigate', { url: PAGE })).toBe(false);
    expect(log).toEqual([]);
  });

  test('it follows no redirect, not even to itself, and attaches no webview', () => {
    const { contents } = guarded();
    expect(tried(contents, 'will-redirect', { url: PAGE })).toBe(true);
    expect(tried(contents, 'will-attach-webview')).toBe(true);
  });

  test.each(FOREIGN.filter((url) => url !== 'about:blank'))('a frame does not show %j', (url) => {
    expect(tried(guarded().contents, 'will-frame-navigate', { url, isMainFrame: false })).toBe(true);
  });

  test('a frame may show a preview', () => {
    expect(tried(guarded().contents, 'will-frame-navigate', { url: `${PAGE}preview/a`, isMainFrame: false })).toBe(
      false,
    );
  });

  test.each([...FOREIGN, PAGE])('it opens no window for %j', (url) => {
    expect(guarded().openWindow(url)).toEqual({ action: 'deny' });
  });
});

interface Handlers {
  beforeRequest(details: { url: string }, answer: (given: { cancel: boolean }) => void): void;
  request(
    contents: null,
    permission: string,
    answer: (given: boolean) => void,
    details: { requestingUrl: string },
  ): void;
  check(contents: null, permission: string, origin: string): boolean;
  device(): boolean;
}

function guardedSession(): { handlers: Handlers; session: EventEmitter; log: string[] } {
  const handlers = {} as Handlers;
  const log: string[] = [];
  const session = Object.assign(new EventEmitter(), {
    webRequest: { onBeforeRequest: (given: Handlers['beforeRequest']) => (handlers.beforeRequest = given) },
    setPermissionRequestHandler: (given: Handlers['request']) => (handlers.request = given),
    setPermissionCheckHandler: (given: Handlers['check']) => (handlers.check = given),
    setDevicePermissionHandler: (given: Handlers['device']) => (handlers.device = given),
  });
  guardSession(session as unknown as GuardedSession, (line) => log.push(line));
  return { handlers, session, log };
}

describe('nothing is fetched from elsewhere', () => {
  test.each(FOREIGN)('%j is not', (url) => {
    if (url.startsWith('data:')) return; // the page's policy allows it in pictures alone
    const { handlers, log } = guardedSession();
    let cancel = false;
    handlers.beforeRequest({ url }, (given) => ({ cancel } = given));
    expect(cancel).toBe(true);
    expect(log).toEqual([expect.stringContaining('refused to fetch')]);
  });

  test.each([PAGE, `${PAGE}assets/index.js`, `${PAGE}preview/a`, `blob:${PAGE}3c2`, 'data:image/png;base64,'])(
    '%s is',
    (url) => {
      expect(mayFetch(url)).toBe(true);
    },
  );

  test('blobs of others are not', () => {
    expect(mayFetch('blob:https://example.com/3c2')).toBe(false);
  });

  test('nothing is downloaded', () => {
    const { session, log } = guardedSession();
    let prevented = false;
    session.emit('will-download', { preventDefault: () => (prevented = true) }, { getURL: () => 'blob:x' });
    expect(prevented).toBe(true);
    expect(log).toHaveLength(1);
  });
});

describe('permissions', () => {
  const asked = (permission: string, requestingUrl: string): boolean => {
    let answer = true;
    guardedSession().handlers.request(null, permission, (given) => (answer = given), { requestingUrl });
    return answer;
  };

  test.each([
    'media',
    'geolocation',
    'notifications',
    'clipboard-read',
    'openExternal',
    'fullscreen',
    'midi',
    'hid',
    'usb',
    'unknown',
  ])('%s is not given', (permission) => {
    expect(asked(permission, PAGE)).toBe(false);
    expect(guardedSession().handlers.check(null, permission, 'app://pageshift')).toBe(false);
  });

  test('our page may put text on the clipboard, and nobody else', () => {
    const { check } = guardedSession().handlers;
    expect(asked('clipboard-sanitized-write', PAGE)).toBe(true);
    expect(asked('clipboard-sanitized-write', 'https://example.com/')).toBe(false);
    expect(check(null, 'clipboard-sanitized-write', 'app://pageshift')).toBe(true);
    expect(check(null, 'clipboard-sanitized-write', 'app://pageshift/')).toBe(true);
    expect(check(null, 'clipboard-sanitized-write', 'https://example.com')).toBe(false);
  });

  test('no device is given', () => {
    expect(guardedSession().handlers.device()).toBe(false);
  });
});
