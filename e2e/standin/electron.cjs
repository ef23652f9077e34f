// The module `electron` as main sees it: the part of Electron's interface that an application of ours uses.
'use strict';
const { isMainThread } = require('node:worker_threads');
const { app } = require('./application.cjs');
const { start } = require('./chromium.cjs');
const { ipcMain, webContents } = require('./contents.cjs');
const { clipboard, dialog, Menu, MenuItem, nativeTheme, recorded, screen, shell } = require('./desktop.cjs');
const { protocol, session } = require('./network.cjs');
const { BrowserWindow } = require('./window.cjs');

module.exports = {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  nativeTheme,
  protocol,
  screen,
  session,
};
Object.assign(module.exports, { shell, webContents, __standin: { recorded } });

// Threads load this file too, when the main thread was started with `-r`: there is one browser, and it is not theirs.
if (isMainThread) {
  setImmediate(() => {
    start()
      .then(() => app._ready())
      .catch((error) => {
        console.error(error);
        process.exit(1);
      });
  });
}
