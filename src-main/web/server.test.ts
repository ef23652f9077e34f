/** The server against real sockets: raw bytes where a browser would not send what a stranger may. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as openSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES } from '../../shared/protocol/index.ts';
import type { WindowPort } from '../desk/index.ts';
import { PAGE_POLICY, Site } from '../page/index.ts';
import type { WebServer } from './server.ts';
import { serveWeb } from './server.ts';

/** What a desk would see. */
interface Window {
  readonly port: WindowPort;
  readonly received: number[][];
  closed: boolean;
}

let folder: string;
let server: WebServer;
let log: string[];
let windows: Window[];
let used: number;
const MAX_WAITING_BYTES = 8 * 2 ** 20;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-web-'));
  const page = join(folder, 'renderer');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(page, 'assets', 'index.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(page, 'link.txt'));
  log = [];
  windows = [];
  used = 0;
  const preview = {
    mime: 'text/html',
    body: new TextEncoder().encode('report'),
    headers: { 'Content-Security-Policy': 'own' },
  };
  server = await serveWeb({
    site: new Site(page, (path) => (path === '/preview/a' ? preview : null)),
    port: 0,
    maxWaitingBytes: MAX_WAITING_BYTES,
    log: (line) => log.push(line),
    addressUsed: () => void used++,
    connect(port) {
      const window: Window = { port, received: [], closed: false };
      windows.push(window);
      return {
        receive: (bytes) => void window.received.push([...bytes.subarray(0, 8)]),
        closed: () => (window.closed = true),
      };
    },
  });
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One request as it stands, so that no client tidies it up. */
function raw(text: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(server.port, '127.0.0.1');
    let reply = '';
    socket.setEncoding('utf8').on('data', (data) => (reply += data));
    socket.on('error', reject).on('close', () => {
      const [head = '', body = ''] = reply.split('\r\n\r\n');
      resolve({ status: Number(head.split(' ')[1]), head: head.toLowerCase(), body });
    });
    socket.write(text);
  });
}

interface Ask {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
}

const ask = (
  path: string,
  { method = 'GET', host = `127.0.0.1:${server.port}`, headers = [] }: Ask = {},
): Promise<Reply> =>
  raw([`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'));

const newToken = (): string => server.newAddress().split('token=')[1]!;
const tokenPath = (token = newToken()): string => `/?token=${token}`;

async function ticket(): Promise<string> {
  const { headers } = await fetch(server.newAddress());
  return headers.get('set-cookie')!.split(';')[0]!;
}

interface Opened {
  readonly socket: WebSocket;
  /** 0: it opened. */
  readonly status: number;
}

async function open({
  path = '/port?window=12345678',
  origin = `http://127.0.0.1:${server.port}`,
  host = `127.0.0.1:${server.port}`,
  withCookie = true,
}: { path?: string; origin?: string | null; host?: string; withCookie?: boolean } = {}): Promise<Opened> {
  const headers = {
    Host: host,
    ...(origin !== null && { Origin: origin }),
    ...(withCookie && { Cookie: await ticket() }),
  };
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  socket.on('error', () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => resolve(0));
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode!));
  });
  return { socket, status };
}

const closing = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the token', () => {
  test('becomes a cookie that scripts and other sites do not see, and leaves the address', async () => {
    const token = newToken();
    const { status, head, body } = await ask(tokenPath(token));
    expect(status).toBe(200);
    expect(body).toContain('<meta http-equiv="refresh" content="0; url=/">');
    expect(used).toBe(1);
    expect(head).toMatch(/set-cookie: pageshift-\d+=[^;]{43}; path=\/; httponly; samesite=strict\r\n/);
    expect(`${head}${body}`.toLowerCase()).not.toContain(token.toLowerCase());
  });

  test('is spent by its first use, and another browser gets another cookie', async () => {
    const token = newToken();
    const first = await ask(tokenPath(token));
    const again = await ask(tokenPath(token));
    expect([first.status, again.status]).toEqual([200, 403]);
    expect(again.head).not.toContain('set-cookie');
    expect(log).toEqual([expect.stringMatching(/a wrong token/)]);
    expect(used).toBe(1);
    const cookies = [await ticket(), await ticket()];
    expect(new Set(cookies).size).toBe(2);
    for (const cookie of cookies) expect((await ask('/', { headers: [`Cookie: ${cookie}`] })).status).toBe(200);
  });

  test('stops working once sixteen newer addresses have been printed', async () => {
    const token = newToken();
    for (let i = 0; i < 16; i++) newToken();
    expect((await ask(tokenPath(token))).status).toBe(403);
  });

  test('opens the page', async () => {
    const reply = await ask('/', { headers: [`Cookie: other=1; ${await ticket()}`] });
    expect(reply).toMatchObject({ status: 200, body: '<!doctype html><title>page</title>' });
  });

  test.each([
    ['is missing', '/'],
    ['is wrong', '/?token=AAAA'],
    ['is empty', '/?token='],
    ['is at another path', '/assets/index.js?token=TOKEN'],
    ['is asked for the preview', '/preview/a?token=TOKEN'],
  ])('%s: refused and logged', async (_what, path) => {
    const { status, body } = await ask(path.replace('TOKEN', newToken()));
    expect(status).toBe(403);
    expect(body).not.toContain('page</title>');
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^refused "GET"/);
  });

  test('is not the cookie, and a cookie of another run is refused', async () => {
    const name = (await ticket()).split('=')[0]!;
    for (const value of [newToken(), 'A'.repeat(43), '']) {
      expect((await ask('/', { headers: [`Cookie: ${name}=${value}`] })).status).toBe(403);
    }
  });

  test('opens nothing with POST', async () => {
    expect((await ask(tokenPath(), { method: 'POST' })).head).not.toContain('set-cookie');
  });
});

describe('who asks', () => {
  test.each([
    'evil.example',
    'localhost',
    '127.0.0.1',
    '127.0.0.1:1',
    'evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
  ])('Host %s is refused, with token and cookie', async (name) => {
    const host = name.replace('PORT', String(server.port));
    expect((await ask(tokenPath(), { host })).status).toBe(403);
    expect((await ask('/', { host, headers: [`Cookie: ${await ticket()}`] })).status).toBe(403);
    expect(log.filter((line) => line.includes('Host is'))).toHaveLength(2);
  });

  test('localhost with the port is this server', async () => {
    const host = `localhost:${server.port}`;
    expect((await ask('/', { host, headers: [`Cookie: ${await ticket()}`] })).status).toBe(200);
  });

  test.each([
    ['cross-site', 'no-cors', 'script', 403],
    ['same-site', 'no-cors', 'image', 403],
    ['cross-site', 'navigate', 'iframe', 403],
    ['cross-site', 'navigate', 'document', 200],
    ['same-origin', 'no-cors', 'script', 200],
    ['none', 'navigate', 'document', 200],
  ])('a %s request (%s, %s) gets %i', async (site, mode, destination, status) => {
    const headers = [`Sec-Fetch-Site: ${site}`, `Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${destination}`];
    expect((await ask('/', { headers: [...headers, `Cookie: ${await ticket()}`] })).status).toBe(status);
  });

  test('two Host headers, none, and what is no HTTP are refused', async () => {
    const host = `Host: 127.0.0.1:${server.port}`;
    expect((await raw(`GET / HTTP/1.1\r\n${host}\r\nHost: evil\r\nConnection: close\r\n\r\n`)).status).toBe(403);
    expect((await raw('GET / HTTP/1.0\r\n\r\n')).status).toBe(403);
    expect((await raw('\x16\x03\x01 hello\r\n\r\n')).status).toBe(400);
    expect((await raw(`GET / HTTP/1.1\r\n${host}\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`)).status).toBe(400);
  });

  test('it listens on loopback alone', async () => {
    await expect(
      new Promise((resolve, reject) => openSocket(server.port, '127.0.0.2').on('connect', resolve).on('error', reject)),
    ).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('what is answered', () => {
  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is not', async (method) => {
    const { status, head } = await ask('/', { method, headers: [`Cookie: ${await ticket()}`] });
    expect(status).toBe(405);
    expect(head).toContain('allow: get, head');
  });

  test('HEAD has no body', async () => {
    expect(await ask('/', { method: 'HEAD', headers: [`Cookie: ${await ticket()}`] })).toMatchObject({
      status: 200,
      body: '',
    });
  });

  test.each([
    ...[
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/../../secret.txt',
      '/assets/..%5c..%5csecret.txt',
    ],
    ...['//etc/passwd', '/./index.html', '/assets', '/assets/', '/assets//index.js', '/assets/index.js/', '/link.txt'],
    ...[
      '/index.html',
      '/ASSETS/index.js',
      '/assets%2findex.js',
      '/assets/index.js%00',
      '/preview/',
      '/preview/../secret.txt',
    ],
    ...['http://127.0.0.1/', '*', '/\\secret.txt', '/__proto__', '/constructor'],
  ])('%s is not there', async (path) => {
    const { status, body } = await ask(path, { headers: [`Cookie: ${await ticket()}`] });
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
    expect(log).toEqual([expect.stringContaining('404')]);
  });

  test('what is logged is one line, whatever was sent', async () => {
    await ask(`/${'%0a'}evil${'x'.repeat(300)}`);
    expect(log).toHaveLength(1);
    expect(log[0]).not.toContain('\n');
    expect(log[0]!.length).toBeLessThan(200);
  });

  test('the page, its scripts and refusals have the headers of the policy', async () => {
    const headers = [`Cookie: ${await ticket()}`];
    for (const path of ['/', '/assets/index.js']) {
      const { status, head } = await ask(path, { headers });
      expect(status).toBe(200);
      expect(head).toContain(`content-security-policy: ${PAGE_POLICY.toLowerCase()}\r\n`);
    }
    for (const path of ['/', '/assets/index.js', '/nothing', '/preview/a']) {
      const { head } = await ask(path, { headers });
      for (const line of [
        'x-content-type-options: nosniff',
        'referrer-policy: no-referrer',
        'cache-control: no-store',
        'cross-origin-opener-policy: same-origin',
        'cross-origin-embedder-policy: require-corp',
        'cross-origin-resource-policy: same-origin',
      ])
        expect(head).toContain(line);
    }
  });

  test("a preview has the desk's own policy", async () => {
    const { status, head, body } = await ask('/preview/a', { headers: [`Cookie: ${await ticket()}`] });
    expect({ status, body }).toEqual({ status: 200, body: 'report' });
    expect(head.match(/content-security-policy: .*/g)).toEqual(['content-security-policy: own']);
  });
});

describe('a window', () => {
  test('sends and gets bytes, whole and in order', async () => {
    const { socket, status } = await open();
    expect(status).toBe(0);
    const got: number[][] = [];
    socket.on('message', (data: Buffer) => got.push([...data]));
    socket.send(Uint8Array.of(1, 2, 3));
    socket.send(new Uint8Array(0));
    socket.send(Uint8Array.of(4));
    await until(() => windows[0]?.received.length === 3);
    expect(windows[0]!.received).toEqual([[1, 2, 3], [], [4]]);
    windows[0]!.port.post(Uint8Array.of(9, 8));
    windows[0]!.port.post(Uint8Array.of(7));
    await until(() => got.length === 2);
    expect(got).toEqual([[9, 8], [7]]);
    socket.close();
    await until(() => windows[0]!.closed);
    windows[0]!.port.post(Uint8Array.of(1)); // too late, and no error
  });

  test('is one of two tabs by its own name, and the same after a reload', async () => {
    const first = await open({ path: '/port?window=aaaaaaaa' });
    const second = await open({ path: '/port?window=bbbbbbbb' });
    first.socket.close();
    await until(() => windows[0]!.closed);
    expect(windows[1]!.closed).toBe(false);
    await open({ path: '/port?window=aaaaaaaa' });
    expect(windows.map(({ port }) => port.window)).toEqual(['tab aaaaaaaa', 'tab bbbbbbbb', 'tab aaaaaaaa']);
    second.socket.close();
  });

  test('has one page: one that connects by the same name takes its place', async () => {
    const first = await open();
    const code = closing(first.socket);
    await open();
    expect(await code).toBe(4000);
    await until(() => windows[0]!.closed);
    expect(windows[1]!.closed).toBe(false);
  });

  test.each<[string, Parameters<typeof open>[0], number]>([
    ['a foreign Origin', { origin: 'http://evil.example' }, 403],
    ['another port of this host', { origin: 'http://127.0.0.1:1' }, 403],
    ['the other name of this host', { origin: 'http://localhost:1' }, 403],
    ['Origin null', { origin: 'null' }, 403],
    ['no Origin', { origin: null }, 403],
    ['a foreign Host', { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ['no cookie', { withCookie: false }, 403],
    ['another path', { path: '/?window=12345678' }, 404],
    ['another path below', { path: '/port/x?window=12345678' }, 404],
    ['no name', { path: '/port' }, 400],
    ['a short name', { path: '/port?window=a' }, 400],
    ['a name that is a path', { path: '/port?window=../../../etc' }, 400],
    ['a long name', { path: `/port?window=${'a'.repeat(65)}` }, 400],
  ])('with %s is refused and logged', async (_what, how, status) => {
    expect((await open(how)).status).toBe(status);
    expect(windows).toEqual([]);
    expect(log).toEqual([expect.stringContaining('refused a WebSocket')]);
  });

  test('the token is no ticket for a WebSocket', async () => {
    const token = newToken();
    expect((await open({ path: `/port?window=12345678&token=${token}`, withCookie: false })).status).toBe(403);
  });

  test('that sends text is closed', async () => {
    const { socket } = await open();
    socket.send('{"id":1}');
    expect(await closing(socket)).toBe(1003);
    await until(() => windows[0]!.closed);
    expect(windows[0]!.received).toEqual([]);
    expect(log).toEqual([expect.stringContaining('messages are bytes')]);
  });

  test('may send a message of the limit and none beyond it', async () => {
    const { socket } = await open();
    socket.send(new Uint8Array(MAX_MESSAGE_BYTES));
    await until(() => windows[0]!.received.length === 1);
    socket.send(new Uint8Array(MAX_MESSAGE_BYTES + 1));
    expect(await closing(socket)).toBe(1009);
    await until(() => windows[0]!.closed);
    expect(windows[0]!.received).toHaveLength(1);
    expect(log).toEqual([expect.stringContaining('Max payload size exceeded')]);
  });

  test('that sends a broken frame is closed, and no other is', async () => {
    const other = await open({ path: '/port?window=bbbbbbbb' });
    const { socket } = await open();
    const stream = (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
    await closing(socket);
    await until(() => windows[1]!.closed);
    expect(windows[0]!.closed).toBe(false);
    expect(log).toEqual([expect.stringContaining('refused what tab 12345678 sent')]);
    other.socket.close();
  });

  test('that takes nothing is cut off, and memory stays bounded', async () => {
    const { socket } = await open();
    socket.pause();
    const { port } = windows[0]!;
    const piece = new Uint8Array(2 ** 20);
    let most = 0;
    for (let sent = 0; sent < 64 && !windows[0]!.closed; sent++) {
      port.post(piece);
      most = Math.max(most, port.waitingBytes!());
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => windows[0]!.closed);
    expect(most).toBeGreaterThan(MAX_WAITING_BYTES / 2);
    expect(most).toBeLessThanOrEqual(MAX_WAITING_BYTES + 64);
    expect(log).toEqual([expect.stringContaining('does not take what it is sent')]);
    socket.terminate();
  });

  test('that is one too many waits for another to close', async () => {
    const opened: Opened[] = [];
    for (let each = 0; each < 64; each++) opened.push(await open({ path: `/port?window=window-${each}` }));
    expect(opened.every(({ status }) => status === 0)).toBe(true);
    expect((await open({ path: '/port?window=one-more' })).status).toBe(503);
    opened[0]!.socket.close();
    await until(() => windows[0]!.closed);
    expect((await open({ path: '/port?window=one-more' })).status).toBe(0);
  });

  test('with the most of an unfinished message is cut off before all of them fill the memory', async () => {
    const senders: Opened[] = [];
    for (let each = 0; each < 4; each++) senders.push(await open({ path: `/port?window=sender-${each}` }));
    // A frame that says it has 60 MiB; one of them sends more of it than the others.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x03, 0xc0, 0, 0, 0, 0, 0, 0]);
    for (const [each, mib] of [35, 55, 30, 30].entries()) {
      const stream = (senders[each]!.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
      stream.write(Buffer.concat([head, Buffer.alloc(mib * 2 ** 20)]));
    }
    await until(() => windows.some(({ closed }) => closed));
    expect(log[0]).toMatch(/^tab sender-\d has sent \d+ bytes of a message that is not whole: cut off$/);
    expect(windows.filter(({ closed }) => closed)).toHaveLength(1);
    const { status } = await open({ path: '/port?window=newcomer' });
    expect(status).toBe(0);
  });

  test('is closed when the server ends', async () => {
    const { socket } = await open();
    const code = closing(socket);
    await server.close();
    expect(await code).toBe(1001);
    expect(windows[0]!.closed).toBe(true);
  });
});

test('silent connections lock nobody out: the oldest of too many goes, and windows stay', async () => {
  const { socket: window } = await open();
  const sockets = Array.from({ length: 300 }, () => openSocket(server.port, '127.0.0.1'));
  const closed: number[] = [];
  sockets.forEach((socket, i) => socket.on('error', () => undefined).on('close', () => closed.push(i)));
  await until(() => closed.length >= 300 - 255);
  const last = sockets.at(-1)!;
  const answered = new Promise((resolve) => last.on('data', resolve));
  last.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
  expect(String(await answered)).toMatch(/^HTTP\/1.1 403 /);
  expect((await ask('/', { headers: [`Cookie: ${await ticket()}`] })).status).toBe(200);
  window.send(Uint8Array.of(1));
  await until(() => windows[0]!.received.length === 1);
  for (const socket of sockets) socket.destroy();
});

test('a taken port is said', async () => {
  const site = new Site(join(folder, 'renderer'), () => null);
  const again = serveWeb({ site, port: server.port, log: () => undefined, connect: () => expect.fail('no window') });
  await expect(again).rejects.toThrow(/EADDRINUSE/);
});

test('a page that was not built is said', () => {
  expect(() => new Site(join(folder, 'renderer', 'assets'), () => null)).toThrow(/no index\.html.*npm run build/);
});
