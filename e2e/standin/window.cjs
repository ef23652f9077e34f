// BrowserWindow: a page in a window of its own. Where it lies on a screen is remembered, not shown.
'use strict';
const { EventEmitter } = require('node:events');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { app } = require('./application.cjs');
const { WebContents } = require('./contents.cjs');
const { record } = require('./desktop.cjs');

const windows = app._windows;
let focused = null;

class BrowserWindow extends EventEmitter {
  #isGone = false;
  #title;
  #bounds;
  #isVisible;
  #isMaximized = false;
  #isMinimized = false;
  #isEdited = false;
  #file = '';
  _closing = false;

  constructor(options = {}) {
    super();
    const { webPreferences = {}, show = true, title = app.name, x = 0, y = 0, width = 800, height = 600 } = options;
    const { contextIsolation, sandbox, nodeIntegration, webviewTag, webSecurity } = webPreferences;
    if (contextIsolation === false || sandbox === false || nodeIntegration || webviewTag || webSecurity === false) {
      throw new Error('stand-in: only sandboxed, isolated windows without Node are there');
    }
    this.#title = title;
    this.#bounds = { x, y, width, height };
    this.#isVisible = show;
    this.webContents = new WebContents(this, webPreferences, options);
    this.webContents.getLastWebPreferences = () => webPreferences;
    this.id = this.webContents.id;
    windows.add(this);
    if (show) focused = this;
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    app.emit('browser-window-created', {}, this);
  }

  static getAllWindows() {
    return [...windows];
  }
  static fromWebContents(contents) {
    return contents?._window ?? null;
  }
  static fromId(id) {
    return [...windows].find((window) => window.id === id) ?? null;
  }
  static getFocusedWindow() {
    return focused;
  }

  loadURL(url) {
    return this.webContents.loadURL(url);
  }
  loadFile(file) {
    return this.loadURL(pathToFileURL(path.resolve(app.getAppPath(), file)).href);
  }

  /** As a person closes it: a listener may refuse. */
  close() {
    if (this.#isGone || this._closing) return;
    let prevented = false;
    this.emit('close', { preventDefault: () => (prevented = true) });
    if (!prevented) this.destroy();
  }
  destroy() {
    if (this.#isGone) return;
    this._closing = true;
    this.webContents.close();
  }
  _targetGone() {
    if (this.#isGone) return;
    this.#isGone = true;
    windows.delete(this);
    if (focused === this) focused = [...windows].at(-1) ?? null;
    this.emit('closed');
    if (windows.size === 0) app._lastWindowClosed();
  }
  isDestroyed() {
    return this.#isGone;
  }

  getBounds() {
    return { ...this.#bounds };
  }
  getNormalBounds() {
    return { ...this.#bounds };
  }
  setBounds(bounds) {
    Object.assign(this.#bounds, bounds);
  }
  setTitle(title) {
    this.#title = title;
  }
  getTitle() {
    return this.#title;
  }
  setRepresentedFilename(file) {
    this.#file = file;
  }
  getRepresentedFilename() {
    return this.#file;
  }
  setDocumentEdited(edited) {
    this.#isEdited = edited;
  }
  isDocumentEdited() {
    return this.#isEdited;
  }
  setMenu() {}
  setMenuBarVisibility() {}
  setProgressBar(part) {
    record('progress', part);
  }
  show() {
    this.#isVisible = true;
    this.focus();
  }
  hide() {
    this.#isVisible = false;
  }
  focus() {
    if (focused === this) return;
    focused = this;
    this.emit('focus');
  }
  isFocused() {
    return focused === this;
  }
  isVisible() {
    return this.#isVisible;
  }
  minimize() {
    this.#isMinimized = true;
  }
  restore() {
    this.#isMinimized = false;
  }
  isMinimized() {
    return this.#isMinimized;
  }
  maximize() {
    this.#isMaximized = true;
  }
  isMaximized() {
    return this.#isMaximized;
  }
}

module.exports = { BrowserWindow };
