/**
 * Runs in the window before the page, in a world of its own, sandboxed: it lends the page two functions that carry bytes,
 * and nothing of Electron. The page finds them as `window.pageshift`; src-renderer/state/port.ts has their types.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { CHANNEL } from './origin.ts';

contextBridge.exposeInMainWorld('pageshift', {
  post(bytes: Uint8Array): void {
    ipcRenderer.send(CHANNEL, bytes);
  },
  /** One listener: the last. The event stays here: it would hand ipcRenderer to the page. */
  listen(onMessage: (bytes: Uint8Array) => void): void {
    ipcRenderer.removeAllListeners(CHANNEL);
    ipcRenderer.on(CHANNEL, (_event, bytes: Uint8Array) => onMessage(bytes));
  },
});
