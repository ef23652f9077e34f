// Schemes of the application's own, and its session: what may be fetched, permitted, downloaded.
//
// Chromium alone cuts off a scheme that it does not know. So a page of `app://host/` is loaded as
// `https://host.app.localhost/`: a secure context with an origin of its own. Every request of a page is stopped here before
// it leaves, is shown to the application under its own address, and answered by it. Nothing goes to a network.
'use strict';
const { EventEmitter } = require('node:events');
const { app } = require('./application.cjs');

const schemes = new Map(); // name: its handler, or null while it is only registered

const protocol = {
  registerSchemesAsPrivileged(list) {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme } of list) schemes.set(scheme, null);
  },
  handle(scheme, handler) {
    if (schemes.get(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    schemes.set(scheme, handler);
  },
  unhandle: (scheme) => schemes.delete(scheme),
  isProtocolHandled: (scheme) => Boolean(schemes.get(scheme)),
};

/** `app://host/path` as the browser knows it. */
function toBrowser(url) {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)(.*)$/.exec(url);
  if (!found || !schemes.has(found[1])) return url;
  return `https://${found[2]}.${found[1]}.localhost${found[3]}`;
}

/** And back. */
function toApplication(url) {
  const found = /^(blob:)?https:\/\/([^/?#]+)\.([a-z0-9+-]+)\.localhost(.*)$/.exec(url);
  if (!found || !schemes.has(found[3])) return url;
  return `${found[1] ?? ''}${found[3]}://${found[2]}${found[4]}`;
}

/** Chromium's names for what Electron asks handlers about. */
const PERMISSIONS = {
  geolocation: 'geolocation',
  notifications: 'notifications',
  midi: 'midi',
  videoCapture: 'media',
  audioCapture: 'media',
  clipboardReadWrite: 'clipboard-read',
  clipboardSanitizedWrite: 'clipboard-sanitized-write',
  storageAccess: 'storage-access',
  idleDetection: 'idle-detection',
};

class Session extends EventEmitter {
  #beforeRequest = null;
  #permissionCheck = null;
  permissionRequest = null;
  webRequest = {
    onBeforeRequest: (...args) => (this.#beforeRequest = args.at(-1)),
    onHeadersReceived() {},
  };

  setPermissionRequestHandler(handler) {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler) {
    this.#permissionCheck = handler;
  }
  setDevicePermissionHandler() {}

  /** Tells the browser what the application gives to an origin of its own. */
  async permit(cdp, contents, url) {
    const origin = new URL(toBrowser(url)).origin;
    for (const [name, electronName] of Object.entries(PERMISSIONS)) {
      const given =
        this.#permissionCheck?.(contents, electronName, `${new URL(url).protocol}//${new URL(url).host}/`, {}) ?? true;
      const setting = given ? 'granted' : 'denied';
      const permission = NAMES_OF_PERMISSIONS[name];
      await cdp.send('Browser.setPermission', { permission, setting, origin }).catch(() => {});
    }
  }

  /** @returns null when the application lets it through. */
  #refusal(url, resourceType, contents) {
    if (this.#beforeRequest === null) return null;
    let cancel = false;
    const details = { url, method: 'GET', resourceType, webContents: contents, webContentsId: contents.id };
    this.#beforeRequest(details, (answer) => (cancel = answer.cancel === true));
    return cancel ? 'BlockedByClient' : null;
  }

  /** Answers a request that a page of `contents` makes. */
  async answer(cdp, sessionId, paused, contents) {
    const { requestId, request, resourceType } = paused;
    const url = toApplication(request.url);
    const fail = (errorReason) => cdp.send('Fetch.failRequest', { requestId, errorReason }, sessionId);
    const refusal = this.#refusal(url, resourceType, contents);
    if (refusal !== null) return fail(refusal);
    const handler = schemes.get(new URL(url).protocol.slice(0, -1));
    if (!handler) return cdp.send('Fetch.continueRequest', { requestId }, sessionId);
    let response;
    try {
      response = await handler(new Request(url, { method: request.method, headers: request.headers }));
    } catch (error) {
      console.error(error);
      return fail('Failed');
    }
    const body = Buffer.from(await response.arrayBuffer()).toString('base64');
    const responseHeaders = [...response.headers].map(([name, value]) => ({ name, value }));
    return cdp.send(
      'Fetch.fulfillRequest',
      { requestId, responseCode: response.status, responseHeaders, body },
      sessionId,
    );
  }
}

const NAMES_OF_PERMISSIONS = {
  geolocation: { name: 'geolocation' },
  notifications: { name: 'notifications' },
  midi: { name: 'midi' },
  videoCapture: { name: 'camera' },
  audioCapture: { name: 'microphone' },
  clipboardReadWrite: { name: 'clipboard-read' },
  clipboardSanitizedWrite: { name: 'clipboard-write', allowWithoutSanitization: false },
  storageAccess: { name: 'storage-access' },
  idleDetection: { name: 'idle-detection' },
};

const session = { defaultSession: new Session() };

module.exports = { protocol, session, toApplication, toBrowser };
