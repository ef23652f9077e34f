/** The port of the shell this window is in: Electron's preload gives a bridge, a web page has a WebSocket. */
import type { Port } from '../../shared/protocol/port.ts';

/** What the preload exposes as `window.pageshift`; frozen. */
interface Bridge {
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

const KEY = 'pageshift-window';
/** A page that reloads lets go of its name a little after the next one asks for it. */
const PATIENCE_MS = 500;

/**
 * By this name main knows the tab again after a reload. A tab that was duplicated brings its original's name along, so a
 * name is held by a lock as long as its page lives.
 */
async function tabName(): Promise<string> {
  const kept = sessionStorage.getItem(KEY);
  const name = kept !== null && (await held(kept)) ? kept : crypto.randomUUID();
  if (name !== kept) void held(name);
  sessionStorage.setItem(KEY, name);
  return name;
}

/** @returns false when another tab has it */
function held(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const untilThePageEnds = new Promise<never>(() => undefined);
    navigator.locks
      .request(`${KEY} ${name}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
        resolve(true);
        return untilThePageEnds;
      })
      .catch(() => resolve(false));
  });
}

/** Messages posted before the socket is open wait for it. The cookie that the page was loaded with is its ticket. */
function webPort(): Port {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let socket: WebSocket | null = null;
  const open = async (onMessage: (bytes: Uint8Array) => void, onClose: () => void): Promise<void> => {
    const address = new URL('port', location.href.replace(/^http/, 'ws'));
    address.search = `window=${await tabName()}`;
    const opening = new WebSocket(address);
    socket = opening;
    opening.binaryType = 'arraybuffer';
    opening.addEventListener('open', () => {
      for (const bytes of waiting.splice(0)) opening.send(bytes);
    });
    opening.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => onMessage(new Uint8Array(data)));
    opening.addEventListener('close', onClose);
  };
  return {
    post(bytes) {
      const own = bytes as Uint8Array<ArrayBuffer>;
      if (socket === null || socket.readyState === WebSocket.CONNECTING) waiting.push(own);
      else if (socket.readyState === WebSocket.OPEN) socket.send(own);
    },
    listen: (onMessage, onClose) => void open(onMessage, onClose),
  };
}
