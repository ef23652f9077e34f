// The names that an ES module can import. The module itself is electron.cjs, once.
import { createRequire } from 'node:module';

const electron = createRequire(import.meta.url)('./electron.cjs');
export const { app, BrowserWindow, clipboard, dialog, ipcMain, Menu, MenuItem, nativeTheme, protocol } = electron;
export const { screen, session, shell, webContents } = electron;
export default electron;
