// `app`: the application's life, its places, and the lock that lets only one instance run.
'use strict';
const { createHash } = require('node:crypto');
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { end, home, profile } = require('./chromium.cjs');
const { record } = require('./desktop.cjs');

const folder = process.env.STANDIN_APP_FOLDER ?? process.cwd();
const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
const windows = new Set();

let isReady = false;
let makeReady;
const ready = new Promise((resolve) => (makeReady = resolve));
let isQuitting = false;
let isEnding = false;
/** Messages to another instance that are under way. */
const farewells = [];

class App extends EventEmitter {
  isPackaged = false;
  name = manifest.productName ?? manifest.name;
  commandLine = { appendSwitch() {}, appendArgument() {}, hasSwitch: () => false, getSwitchValue: () => '' };
  _windows = windows;

  _ready() {
    isReady = true;
    this.emit('ready', {}, {});
    makeReady({});
  }

  whenReady() {
    return ready;
  }
  isReady() {
    return isReady;
  }
  getVersion() {
    return manifest.version;
  }
  getName() {
    return this.name;
  }
  getAppPath() {
    return folder;
  }
  getLocale() {
    return 'en-US';
  }
  getPath(name) {
    return path.join(process.env.STANDIN_DATA ?? profile, name);
  }
  setPath() {}
  setName() {}
  setAppUserModelId() {}
  disableHardwareAcceleration() {}
  addRecentDocument(file) {
    record('addRecentDocument', file);
  }
  clearRecentDocuments() {}
  enableSandbox() {
    if (isReady) throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  /** Windows first, each may refuse; then the application itself may. */
  quit() {
    if (!allowed(this, 'before-quit')) return;
    isQuitting = true;
    for (const window of [...windows]) {
      window.close();
      if (!window.isDestroyed() && !window._closing) {
        isQuitting = false;
        return;
      }
    }
    if (windows.size === 0) this._lastWindowClosed();
  }

  _lastWindowClosed() {
    if (isEnding) return;
    if (!isQuitting) {
      if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed');
      else this.quit();
      return;
    }
    isQuitting = false;
    if (allowed(this, 'will-quit')) this.exit(0);
  }

  exit(code = 0) {
    if (isEnding) return;
    isEnding = true;
    this.emit('quit', {}, code);
    Promise.allSettled(farewells)
      .then(() => end())
      .finally(() => process.exit(code));
  }

  /** The first of an application's instances has it; the others tell it their arguments. */
  requestSingleInstanceLock() {
    const userData = this.getPath('userData');
    const name = createHash('sha256').update(userData).digest('hex').slice(0, 16);
    const mark = path.join(home, `standin-${name}.lock`);
    const door = path.join(home, `standin-${name}.sock`);
    if (!taken(mark)) {
      fs.rmSync(door, { force: true });
      const server = net.createServer((socket) => this.#hear(socket));
      server.listen(door).unref();
      process.on('exit', () => {
        fs.rmSync(mark, { force: true });
        fs.rmSync(door, { force: true });
      });
      return true;
    }
    farewells.push(
      new Promise((resolve) => {
        const socket = net.connect(door, () =>
          socket.end(JSON.stringify({ argv: process.argv, folder: process.cwd() })),
        );
        socket.on('close', resolve).on('error', resolve);
      }),
    );
    return false;
  }

  #hear(socket) {
    let text = '';
    socket.setEncoding('utf8').on('data', (data) => (text += data));
    socket.on('end', () => {
      const { argv, folder: from } = JSON.parse(text);
      this.emit('second-instance', {}, argv, from, {});
    });
  }
}

/** @returns false when a listener prevented it */
function allowed(emitter, name) {
  let prevented = false;
  emitter.emit(name, { preventDefault: () => (prevented = true) });
  return !prevented;
}

/** Takes the mark of a dead process over. @returns whether a living one has it */
function taken(mark) {
  try {
    fs.writeFileSync(mark, String(process.pid), { flag: 'wx' });
    return false;
  } catch {
    if (lives(Number(fs.readFileSync(mark, 'utf8')))) return true;
    fs.writeFileSync(mark, String(process.pid));
    return false;
  }
}

/** One that was killed and that nobody has asked about yet still has its number, and is dead. */
function lives(pid) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

const app = new App();
app.setMaxListeners(0);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => app.quit());

module.exports = { app };
