/**
 * The application served to a browser on this machine: the page over HTTP, the window's messages over a WebSocket.
 *
 * (a) It listens on 127.0.0.1 alone. The first request brings a token, every other one the cookie it was changed for
 *     (ticket.ts). What is refused is logged and answered without saying more than why.
 * (b) Bytes are carried, not looked at: what they mean, and whether they mean anything, is the desk's to say.
 * (c) A window that does not take what it is sent is cut off before it can fill the memory. The run goes on; a reload
 *     brings the window back.
 * (d) All connections share one budget (budget.ts).
 * (e) A window has a name of its own choice, kept over a reload, so that two tabs are two windows.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES } from '../../shared/protocol/index.ts';
import type { Connection, WindowPort } from '../desk/index.ts';
import { headersOf, NOTHING_POLICY, refusal } from '../page/index.ts';
import type { Answer, Site } from '../page/index.ts';
import { ConnectionBudget } from './budget.ts';
import { shown, Ticket } from './ticket.ts';

export interface WebOptions {
  readonly site: Site;
  connect(port: WindowPort): Connection;
  log(line: string): void;
  /** An address has let a browser in, and lets in no other. */
  addressUsed?(): void;
  /** 0: one that is free. */
  readonly port: number;
  /** Most bytes that wait for a window; another in tests. */
  readonly maxWaitingBytes?: number;
}

export interface WebServer {
  readonly port: number;
  /** A new address that opens the application in one browser: the token in it is spent by its first use. */
  newAddress(): string;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const PORT_PATH = '/port';
const WINDOW_NAME = /^[A-Za-z0-9-]{8,64}$/;
const MAX_WAITING_BYTES = 256 * 2 ** 20;
const MAX_WINDOWS = 64;
/** Whoever is on the machine can connect, and files for journals must be left. */
const MAX_CONNECTIONS = 256;
/** Two of the longest messages. */
const MAX_UNFINISHED_BYTES = 2 * MAX_MESSAGE_BYTES;
/** For the head of a request. */
const HEADERS_MS = 10_000;
const CLOSE_MS = 500;
const MAX_HEADER_BYTES = 16 * 2 ** 10;
/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;
const UNSUPPORTED = 1003;
const OUR_FAULT = 1011;
/** Ours. */
const REPLACED = 4000;

/** Rejects when the port is taken. */
export async function serveWeb(options: WebOptions): Promise<WebServer> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: 3 * HEADERS_MS,
  });
  const budget = new ConnectionBudget(MAX_CONNECTIONS, MAX_UNFINISHED_BYTES);
  server.on('connection', (socket) => budget.admit(socket));
  const port = await listening(server, options.port);
  const ticket = new Ticket(port);
  const windows = new WindowSockets(options, budget);
  server.on('request', (request, response) => answer(request, response, ticket, options));
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head, ticket, options, windows));
  server.on('clientError', (_error, socket) => endWith(socket, 400));
  return {
    port,
    newAddress: () => `http://${LOOPBACK}:${port}/?token=${ticket.issue()}`,
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await windows.close();
      await ended;
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** The path as it was written: only what stands in an index is found, so it is never decoded. */
function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}

const queryOf = ({ url = '' }: IncomingMessage): URLSearchParams => new URLSearchParams(url.split('?')[1] ?? '');

function answer(request: IncomingMessage, response: ServerResponse, ticket: Ticket, options: WebOptions): void {
  const { site, log } = options;
  const { method = '', headers } = request;
  const path = pathOf(request);
  const token = path === '/' && method === 'GET' ? queryOf(request).get('token') : null;
  const refuse = (why: string, text: string): void => {
    log(`refused ${shown(method)} ${shown(path)}: ${why}`);
    send(response, refusal(403, text), method);
  };

  const foreign = ticket.refusesHost(request) ?? ticket.refusesSite(headers);
  if (foreign !== null) return refuse(foreign, 'This address does not answer other sites.');
  if (token !== null) {
    const cookie = ticket.spend(token);
    if (cookie === null) return refuse('a wrong token', `This address is wrong or has been used. ${ASK}`);
    send(response, { ...TO_THE_PAGE, headers: { ...TO_THE_PAGE.headers, 'set-cookie': cookie } }, method);
    options.addressUsed?.();
    return;
  }
  const stranger = ticket.refusesCookie(headers);
  if (stranger !== null) return refuse(stranger, `This browser has not been let in. ${ASK}`);
  const found = site.answer(method, path);
  if (found.status !== 200) log(`refused ${shown(method)} ${shown(path)}: ${found.status}`);
  send(response, found, method);
}

const ASK = 'Open the last address that Pageshift printed in its terminal.';

/**
 * A page that goes on to the application. Not a redirect: a browser sends no SameSite=Strict cookie along a redirect that
 * began at a file or another site, but does where a page of ours navigates.
 */
const TO_THE_PAGE: Answer = {
  status: 200,
  headers: headersOf('text/html; charset=utf-8', NOTHING_POLICY),
  body: new TextEncoder().encode(
    '<!doctype html><meta charset="utf-8"><title>Pageshift</title><meta http-equiv="refresh" content="0; url=/">' +
      '<p><a href="/">Open Pageshift</a></p>',
  ),
};

function send(response: ServerResponse, { status, headers, body }: Answer, method: string): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(method === 'HEAD' ? undefined : body);
}

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ticket: Ticket,
  { log }: WebOptions,
  windows: WindowSockets,
): void {
  const { headers } = request;
  const name = queryOf(request).get('window') ?? '';
  const refusals: readonly (readonly [number, string | null])[] = [
    [403, ticket.refusesHost(request)],
    [403, ticket.refusesOrigin(headers)],
    [403, ticket.refusesCookie(headers)],
    [404, pathOf(request) === PORT_PATH ? null : 'no WebSocket is at this path'],
    [
      400,
      WINDOW_NAME.test(name) ? null : `window is ${shown(name)}, not a name of 8 to 64 letters, digits and hyphens`,
    ],
    [503, windows.full ? `${MAX_WINDOWS} windows are connected already` : null],
  ];
  for (const [status, why] of refusals) {
    if (why === null) continue;
    log(`refused a WebSocket at ${shown(pathOf(request))}: ${why}`);
    return endWith(socket, status);
  }
  windows.accept(request, socket, head, name);
}

function endWith(socket: Duplex, status: number): void {
  socket.on('error', () => undefined);
  if (socket.writable) socket.write(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.destroy();
}

/** The sockets of all windows, each with its connection to the desk. */
class WindowSockets {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  });
  readonly #options: WebOptions;
  readonly #budget: ConnectionBudget;
  readonly #byWindow = new Map<string, WebSocket>();

  constructor(options: WebOptions, budget: ConnectionBudget) {
    this.#options = options;
    this.#budget = budget;
  }

  get full(): boolean {
    return this.#sockets.clients.size >= MAX_WINDOWS;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer, name: string): void {
    this.#sockets.handleUpgrade(request, socket, head, (opened) =>
      this.#carry(opened, socket as Socket, `tab ${name}`),
    );
  }

  #carry(socket: WebSocket, stream: Socket, window: string): void {
    const { log, maxWaitingBytes = MAX_WAITING_BYTES } = this.#options;
    this.#byWindow.get(window)?.close(REPLACED, 'another page of this window has connected');
    this.#byWindow.set(window, socket);
    const connection = this.#connected(socket, {
      window,
      post(bytes) {
        if (socket.readyState !== socket.OPEN) return;
        if (socket.bufferedAmount + bytes.length > maxWaitingBytes) {
          log(`${window} does not take what it is sent (${socket.bufferedAmount} bytes wait): cut off`);
          socket.terminate();
        } else socket.send(bytes, { binary: true });
      },
      waitingBytes: () => socket.bufferedAmount,
    });
    if (connection === null) return;
    const isWhole = this.#budget.countWindow(stream, (bytes) => {
      log(`${window} has sent ${bytes} bytes of a message that is not whole: cut off`);
      socket.terminate();
    });
    socket.on('message', (data: Buffer, isBinary) => {
      isWhole();
      if (isBinary) connection.receive(new Uint8Array(data.buffer, data.byteOffset, data.length));
      else {
        log(`refused text from ${window}: messages are bytes`);
        socket.close(UNSUPPORTED, 'messages are bytes');
      }
    });
    // ws closes the socket itself, with the code that fits: too long a message, a broken frame, a reset.
    socket.on('error', (error) => log(`refused what ${window} sent: ${error.message}`));
    socket.on('close', () => {
      if (this.#byWindow.get(window) === socket) this.#byWindow.delete(window);
      connection.closed();
    });
  }

  #connected(socket: WebSocket, port: WindowPort): Connection | null {
    try {
      return this.#options.connect(port);
    } catch (error) {
      this.#options.log(`${port.window} was not connected: ${(error as Error).message}`);
      socket.close(OUR_FAULT, 'Pageshift failed to connect the window');
      return null;
    }
  }

  /** Resolves when the desk knows of every window that it is gone; one that does not answer is not waited for. */
  async close(): Promise<void> {
    const sockets = [...this.#sockets.clients];
    const gone = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.close(GOING_AWAY, 'Pageshift ends');
    const impatience = setTimeout(() => sockets.forEach((socket) => socket.terminate()), CLOSE_MS);
    await Promise.all(gone);
    clearTimeout(impatience);
    this.#sockets.close();
  }
}
