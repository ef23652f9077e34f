/** The port of the shell this window is in: Electron's preload gives a bridge, a web page has a WebSocket. */
import type { Port } from '../../shared/protocol/port.ts';

/** What the preload exposes as `window.pageshift`; frozen. */
export interface Bridge {
  post(bytes: Uint8Array): void;
  listen(onMessage: (bytes: Uint8Array) => void): void;
}

declare global {
  interface Window {
    readonly pageshift?: Bridge;
  }
}

export function openPort(): Port {
  const bridge = window.pageshift;
  if (bridge === undefined) return webPort();
  return {
    post: (bytes) => bridge.post(bytes),
    listen: (onMessage) => bridge.listen(onMessage),
  };
}

/** By this name main knows the tab again after a reload. */
function tabName(): string {
  const key = 'pageshift-window';
  const name = sessionStorage.getItem(key) ?? crypto.randomUUID();
  sessionStorage.setItem(key, name);
  return name;
}

/** Messages posted before the socket is open wait for it. The cookie that the page was loaded with is its ticket. */
function webPort(): Port {
  const address = new URL('port', location.href.replace(/^http/, 'ws'));
  address.search = `window=${tabName()}`;
  const socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  socket.addEventListener('open', () => {
    for (const bytes of waiting.splice(0)) socket.send(bytes);
  });
  return {
    post(bytes) {
      const own = bytes as Uint8Array<ArrayBuffer>;
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(own);
      else if (socket.readyState === WebSocket.OPEN) socket.send(own);
    },
    listen(onMessage, onClose) {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => onMessage(new Uint8Array(data)));
      socket.addEventListener('close', onClose);
    },
  };
}
