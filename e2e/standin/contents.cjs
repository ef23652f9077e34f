// WebContents: a page in the browser, its frames, and the messages between its preload and main.
'use strict';
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const { app } = require('./application.cjs');
const { state } = require('./chromium.cjs');
const { session, toApplication, toBrowser } = require('./network.cjs');
const { isolatedWorld, mainWorld, pack, popupRule, unpack } = require('./wire.cjs');

const WORLD = 'Electron Isolated Context';
const handlers = new Map();

const ipcMain = Object.assign(new EventEmitter(), {
  handle(channel, handler) {
    if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    handlers.set(channel, handler);
  },
  removeHandler: (channel) => handlers.delete(channel),
});

const all = new Map(); // browser's target id: WebContents
let lastId = 0;

/** WebFrameMain: what main may know of a frame. */
class Frame {
  url = '';
  parent;
  constructor(parent) {
    this.parent = parent;
  }
  get origin() {
    return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+/.exec(this.url)?.[0] ?? 'null';
  }
}

class WebContents extends EventEmitter {
  id = ++lastId;
  mainFrame = new Frame(null);
  session = session.defaultSession;
  #window;
  #preferences;
  #sessionId;
  #targetId;
  #world;
  #frames = new Map();
  #frameOfContext = new Map();
  /** Addresses that the page itself asked to go to. */
  #ownNavigations = new Set();
  #openHandler = () => ({ action: 'allow' });
  #gone = false;
  #hasCrashed = false;

  constructor(window, preferences, options) {
    super();
    this.setMaxListeners(0);
    this.#window = window;
    this.#preferences = preferences;
    app.emit('web-contents-created', {}, this);
    this.opened = this.#open(options);
    this.opened.catch((error) => {
      if (this.#gone) return;
      console.error(error);
      process.exit(1);
    });
  }

  async #open({ width = 800, height = 600 }) {
    await app.whenReady();
    const { cdp } = state;
    const { targetId } = await cdp.send('Target.createTarget', { url: 'about:blank', newWindow: true, width, height });
    this.#targetId = targetId;
    all.set(targetId, this);
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: true });
    this.#sessionId = sessionId;
    this.#listen(cdp);
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await Promise.all([
      this.#send('Page.enable'),
      this.#send('Runtime.enable'),
      this.#send('Inspector.enable'),
      this.#send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
      this.#send('Runtime.addBinding', { name: '__standinSend', executionContextName: WORLD }),
      this.#send('Runtime.addBinding', { name: '__standinOpen' }),
      this.#send('Emulation.setDeviceMetricsOverride', metrics),
      cdp.send('Browser.setDownloadBehavior', { behavior: 'deny', eventsEnabled: true }),
    ]);
    if (this.#preferences.javascript === false)
      await this.#send('Emulation.setScriptExecutionDisabled', { value: true });
    await this.#send('Page.addScriptToEvaluateOnNewDocument', { source: popupRule });
    if (this.#preferences.preload) {
      const preload = fs.readFileSync(this.#preferences.preload, 'utf8');
      const isolated = isolatedWorld(preload, this.#preferences.additionalArguments ?? []);
      await this.#send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorld });
      await this.#send('Page.addScriptToEvaluateOnNewDocument', { worldName: WORLD, source: isolated });
    }
  }

  #send(method, params) {
    return state.cdp.send(method, params, this.#sessionId);
  }

  #listen(cdp) {
    const mine = (name, listener) => {
      const own = (params, sessionId) => {
        if (sessionId === this.#sessionId) listener(params);
      };
      cdp.on(name, own);
      this.once('destroyed', () => cdp.off(name, own));
    };
    const anyone = (name, listener) => {
      cdp.on(name, listener);
      this.once('destroyed', () => cdp.off(name, listener));
    };
    mine('Runtime.executionContextCreated', ({ context }) => {
      this.#frameOfContext.set(context.id, context.auxData?.frameId);
      if (context.name === WORLD && this.#frames.get(context.auxData?.frameId) === this.mainFrame)
        this.#world = context.id;
    });
    mine('Runtime.executionContextDestroyed', ({ executionContextId }) =>
      this.#frameOfContext.delete(executionContextId),
    );
    mine('Runtime.executionContextsCleared', () => this.#frameOfContext.clear());
    mine('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === '__standinOpen') this.#openWindow(payload);
      else this.#receive(JSON.parse(payload), this.#frames.get(this.#frameOfContext.get(executionContextId)) ?? null);
    });
    mine('Page.frameAttached', ({ frameId, parentFrameId }) => {
      this.#frames.set(frameId, new Frame(this.#frames.get(parentFrameId) ?? this.mainFrame));
    });
    mine('Page.frameDetached', ({ frameId, reason }) => {
      if (reason === 'remove') this.#frames.delete(frameId);
    });
    mine('Page.frameStartedNavigating', ({ frameId }) => this.#knowMain(frameId));
    mine('Page.frameNavigated', ({ frame }) => this.#navigated(frame));
    mine('Page.frameRequestedNavigation', ({ url, disposition }) => {
      if (disposition === 'currentTab') this.#ownNavigations.add(url);
    });
    mine('Page.domContentEventFired', () => this.emit('dom-ready', {}));
    mine('Page.loadEventFired', () => this.emit('did-finish-load', {}));
    mine('Fetch.requestPaused', (paused) => void this.#paused(paused).catch(() => {}));
    mine('Inspector.targetCrashed', () => this.#crashed());
    anyone('Target.targetCrashed', ({ targetId }) => {
      if (targetId === this.#targetId) this.#crashed();
    });
    anyone('Target.targetDestroyed', ({ targetId }) => {
      if (targetId === this.#targetId) this.#destroyed();
    });
    anyone('Target.targetCreated', ({ targetInfo }) => {
      if (targetInfo.openerId !== this.#targetId || targetInfo.type !== 'page') return;
      if (this.#openWindow(targetInfo.url))
        cdp.send('Target.closeTarget', { targetId: targetInfo.targetId }).catch(() => {});
    });
    anyone('Browser.downloadWillBegin', ({ url, suggestedFilename, frameId }) => {
      if (!this.#frames.has(frameId)) return;
      const item = { getURL: () => toApplication(url), getFilename: () => suggestedFilename, cancel() {} };
      this.session.emit('will-download', { preventDefault() {} }, item, this);
    });
  }

  #knowMain(frameId) {
    if (!this.#frames.has(frameId)) this.#frames.set(frameId, this.mainFrame);
  }

  #navigated({ id, parentId, url }) {
    if (parentId === undefined) this.#knowMain(id);
    const frame = this.#frames.get(id);
    if (frame === undefined) return;
    frame.url = toApplication(url);
    this.#hasCrashed = false;
    if (parentId === undefined) this.emit('did-navigate', {}, frame.url, 200, '');
  }

  /** A request of the page, before it leaves. Where a page wants to go, the application may refuse. */
  async #paused(paused) {
    const { requestId, frameId, request, resourceType } = paused;
    if (resourceType === 'Document' && this.#refuses(frameId, request.url)) {
      await this.#send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
      return;
    }
    await this.session.answer(state.cdp, this.#sessionId, paused, this);
  }

  #refuses(frameId, browserUrl) {
    this.#knowMain(frameId);
    const isMainFrame = this.#frames.get(frameId) === this.mainFrame;
    const isOwn = this.#ownNavigations.delete(browserUrl);
    if (isMainFrame && !isOwn) return false; // main or a test asked for it
    let prevented = false;
    const details = {
      url: toApplication(browserUrl),
      isMainFrame,
      isSameDocument: false,
      frame: this.#frames.get(frameId),
      preventDefault: () => (prevented = true),
    };
    this.emit('will-frame-navigate', details);
    if (isMainFrame) this.emit('will-navigate', details, details.url);
    return prevented;
  }

  /** @returns whether it was refused */
  #openWindow(url) {
    const { action } = this.#openHandler({
      url: toApplication(url),
      frameName: '',
      features: '',
      disposition: 'new-window',
    });
    return action === 'deny';
  }

  #crashed() {
    if (this.#hasCrashed) return; // it is told twice
    this.#hasCrashed = true;
    this.#world = undefined;
    this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
  }

  #destroyed() {
    if (this.#gone) return;
    this.#gone = true;
    all.delete(this.#targetId);
    this.emit('destroyed');
    this.#window._targetGone();
  }

  #deliver(message) {
    if (this.#gone || this.#world === undefined) return;
    const expression = `__standinDeliver(${JSON.stringify(message)})`;
    this.#send('Runtime.evaluate', { contextId: this.#world, expression }).catch(() => {});
  }

  async #receive({ type, channel, id, args: packed }, senderFrame) {
    const args = unpack(packed);
    const event = { sender: this, senderFrame, processId: 1, frameId: 1, ports: [] };
    if (type === 'send') {
      ipcMain.emit(channel, event, ...args);
      return;
    }
    try {
      const handler = handlers.get(channel);
      if (!handler) throw new Error(`No handler registered for '${channel}'`);
      this.#deliver({ type: 'resolve', id, value: pack(await handler(event, ...args)) });
    } catch (error) {
      this.#deliver({ type: 'reject', id, text: `Error invoking remote method '${channel}': ${error}` });
    }
  }

  send(channel, ...args) {
    this.#deliver({ type: 'push', channel, args: pack(args) });
  }

  async loadURL(url) {
    await this.opened;
    if (/^[a-z]+:\/\//.test(url)) await this.session.permit(state.cdp, this, url);
    const loaded = new Promise((resolve) => this.once('did-finish-load', resolve));
    const { errorText } = await this.#send('Page.navigate', { url: toBrowser(url) });
    if (errorText) {
      this.emit('did-fail-load', {}, -1, errorText, url);
      throw new Error(`${errorText} loading '${url}'`);
    }
    await Promise.race([
      loaded,
      new Promise((_, reject) => this.once('destroyed', () => reject(new Error('destroyed')))),
    ]);
  }

  reload() {
    this.#send('Page.reload').catch(() => {});
  }

  forcefullyCrashRenderer() {
    this.#send('Page.crash').catch(() => {});
  }

  async executeJavaScript(expression) {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async printToPDF({ printBackground = false, landscape = false, preferCSSPageSize = false } = {}) {
    const { data } = await this.#send('Page.printToPDF', { printBackground, landscape, preferCSSPageSize });
    return Buffer.from(data, 'base64');
  }

  getURL() {
    return this.mainFrame.url;
  }
  getTitle() {
    return this.#window.getTitle();
  }
  isDestroyed() {
    return this.#gone;
  }
  setWindowOpenHandler(handler) {
    this.#openHandler = handler;
  }
  openDevTools() {}
  /** Without asking. */
  close() {
    if (this.#gone) return;
    this.opened
      .then(() => state.cdp.send('Target.closeTarget', { targetId: this.#targetId }))
      .catch(() => this.#destroyed());
  }
  get _window() {
    return this.#window;
  }
}

const webContents = {
  getAllWebContents: () => [...all.values()],
  fromId: (id) => [...all.values()].find((contents) => contents.id === id),
  fromDevToolsTargetId: (id) => all.get(id),
};

module.exports = { ipcMain, WebContents, webContents };
