/**
 * The doors of the two shells. Web: only who was given the address gets in, only the page itself may speak, and a path only
 * finds what is served. Both: the page runs our own code alone, reaches nothing of the system, and cannot leave.
 */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket from 'ws';
import { WebShell } from './application.ts';
import type { Application } from './application.ts';
import { expect, IN_ELECTRON, IN_WEB, test } from './fixture.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request as it is written here: the path is not normalized, the headers are those given. */
function ask(url: string, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** @returns the HTTP status that refused it; 101: it was let in */
function knock(url: string, headers: OutgoingHttpHeaders, path = '/port?window=stranger-1'): Promise<number> {
  const { host } = new URL(url);
  const socket = new WebSocket(`ws://${host}${path}`, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      socket.on('error', () => undefined);
      response.destroy();
      socket.terminate();
      resolve(response.statusCode!);
    });
    socket.on('error', reject);
  });
}

const web = (application: Application): WebShell => {
  if (application instanceof WebShell) return application;
  throw new Error('this is about the web shell');
};

// It alone has a port.
test.describe('the web shell', IN_WEB, () => {
  test('answers nobody without token or cookie', async ({ application, ui }) => {
    const { origin: url } = web(application);
    const { host } = new URL(url);
    await ui.start();
    for (const path of ['/', '/index.html', '/?token=', '/?token=wrong', `/?token=${'A'.repeat(43)}`, '/preview/1']) {
      const { status, text, headers } = await ask(url, path);
      expect({ path, status }).toEqual({ path, status: 403 });
      expect(text).not.toContain('<script');
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect(await knock(url, { origin: `http://${host}` })).toBe(403);
    await expect.poll(() => application.log).toContain('a wrong token');
    await expect.poll(() => application.log).toContain('no cookie of this server');
  });

  test('answers no other name, origin, path or method', async ({ application, ui }) => {
    const { origin: url } = web(application);
    const { host, port } = new URL(url);
    await ui.start();
    const cookie = await cookieOf(await web(application).newAddress());
    expect((await ask(url, '/', { cookie })).status).toBe(200);
    expect(await knock(url, { cookie, origin: `http://${host}` })).toBe(101);

    expect((await ask(url, '/', { cookie, host: `evil.example:${port}` })).status).toBe(403);
    expect((await ask(url, '/', { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).status).toBe(
      403,
    );
    expect((await ask(url, '/', { cookie }, 'POST')).status).toBe(405);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${Number(port) + 1}`, `https://${host}`]) {
      expect({ origin, status: await knock(url, { cookie, origin }) }).toEqual({ origin, status: 403 });
    }
    expect(await knock(url, { cookie })).toBe(403);
    expect(await knock(url, { cookie, origin: `http://${host}`, host: `evil.example:${port}` })).toBe(403);
    expect(await knock(url, { cookie, origin: `http://${host}` }, '/elsewhere?window=stranger-1')).toBe(404);
    expect(await knock(url, { cookie, origin: `http://${host}` }, '/port?window=../x')).toBe(400);
    await expect.poll(() => application.log).toContain('Host is "evil.example');
    await expect.poll(() => application.log).toContain('Origin is "http://evil.example"');
  });

  test('finds nothing outside of what it serves', async ({ application, ui }) => {
    const { origin: url } = web(application);
    await ui.start();
    const cookie = await cookieOf(await web(application).newAddress());
    const paths = [
      ...['/../package.json', '/../../package.json', '/..%2fpackage.json', '/%2e%2e/package.json', '/..\\package.json'],
      ...['//etc/passwd', '/etc/passwd', '/assets/../../package.json', '/assets/..%5c..%5cpackage.json', '/.', '/..'],
      ...[
        '/preview/../../../package.json',
        '/preview/..%2f..%2fpackage.json',
        '/preview/',
        '/preview/1',
        '/index.html%00',
      ],
    ];
    for (const path of paths) {
      const { status, text } = await ask(url, path, { cookie });
      expect({ path, status }).toEqual({ path, status: 404 });
      expect(text).not.toContain('"name"');
    }
  });

  test('lets no page of another site in', async ({ application, ui }) => {
    const { origin } = web(application);
    await ui.start();
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>evil</title><body></body>');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      const foreign = await application.anotherWindow(); // has the cookie: it is the same browser
      await foreign.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const seen = await foreign.evaluate(async (ours) => {
        const socketOpened = new Promise<boolean>((resolve) => {
          const socket = new WebSocket(`${ours.replace('http', 'ws')}/port?window=evil-page-1`);
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        });
        const read = fetch(`${ours}/`, { credentials: 'include' }).then(
          () => true,
          () => false,
        );
        const frame = document.createElement('iframe');
        frame.src = `${ours}/`;
        const framed = new Promise<boolean>((resolve) => {
          frame.onload = () => {
            // An error page is of another origin, as ours is: what counts is whether our page runs in it.
            setTimeout(() => resolve(frame.contentWindow!.length > 0), 200);
          };
        });
        document.body.append(frame);
        return { socketOpened: await socketOpened, read: await read, framed: await framed };
      }, origin);
      expect(seen).toEqual({ socketOpened: false, read: false, framed: false });
      expect(foreign.frames()[1]?.url() ?? '').not.toBe(`${origin}/`);
      await expect.poll(() => application.log).toContain('Origin is "http://127.0.0.1:');
    } finally {
      server.close();
    }
  });
});

/** What the browser gets for the token. */
async function cookieOf(url: string): Promise<string> {
  const { pathname, search } = new URL(url);
  const { status, headers } = await ask(url, `${pathname}${search}`);
  expect(status).toBe(200);
  const [cookie] = headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/HttpOnly.*SameSite=Strict|SameSite=Strict.*HttpOnly/i);
  return cookie!.split(';')[0]!;
}

test.describe('the page', () => {
  test('knows neither Node nor Electron, and only a frozen bridge', async ({ ui, shell }) => {
    const { page } = ui;
    const seen = await page.evaluate(() => {
      const global = window as unknown as Record<string, unknown>;
      const bridge = global['pageshift'] as Record<string, unknown> | undefined;
      return {
        node: [
          'require',
          'process',
          'module',
          'exports',
          'Buffer',
          '__dirname',
          'global',
          'electron',
          'ipcRenderer',
        ].filter((name) => name in global),
        members: bridge === undefined ? null : Object.keys(bridge).sort(),
        frozen: bridge === undefined ? null : Object.isFrozen(bridge),
        replaced: (() => {
          if (bridge === undefined) return null;
          try {
            bridge['post'] = () => undefined;
            global['pageshift'] = { post: 'ours' };
          } catch {
            // Strict mode throws: as good as not being replaced.
          }
          return typeof (global['pageshift'] as { post: unknown }).post !== 'function';
        })(),
      };
    });
    expect(seen.node).toEqual([]);
    if (shell === 'electron') {
      expect(seen).toMatchObject({ members: ['listen', 'post'], frozen: true, replaced: false });
    } else expect(seen.members).toBeNull();
  });

  test('runs no inline script, evaluates no text, takes nothing from elsewhere', async ({ ui }) => {
    const { page } = ui;
    const directives = 'connect-src frame-src img-src script-src-attr script-src-elem style-src-elem'.split(' ');
    const violations = await page.evaluate(async (awaited) => {
      const seen = new Set<string>();
      const allSeen = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          seen.add(event.effectiveDirective);
          if (awaited.every((directive) => seen.has(directive))) resolve();
        });
        setTimeout(resolve, 5000);
      });
      const global = window as unknown as Record<string, unknown>;
      const inline = document.createElement('script');
      inline.textContent = 'window.ranInline = true';
      document.body.append(inline);
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.ranHandler = true');
      document.body.append(button);
      button.click();
      const style = document.createElement('style');
      style.textContent = 'body { outline: 9px solid red }';
      document.head.append(style);
      const image = document.createElement('img');
      image.src = 'https://evil.example/pixel.png';
      document.body.append(image);
      const frame = document.createElement('iframe');
      frame.src = 'https://evil.example/';
      document.body.append(frame);
      const remote = document.createElement('script');
      remote.src = 'https://evil.example/x.js';
      document.body.append(remote);
      const fetched = await fetch('https://evil.example/').then(
        () => true,
        () => false,
      );
      // From a timer: what a debugger runs directly is let through.
      const evaluated = await new Promise<boolean>((resolve) => {
        setTimeout(() => {
          try {
            (global['eval'] as (text: string) => unknown)('1');
            resolve(true);
          } catch {
            resolve(false);
          }
        });
      });
      await allSeen;
      for (const element of [inline, button, style, image, frame, remote]) element.remove();
      return {
        directives: [...seen].sort(),
        ran: ['ranInline', 'ranHandler'].filter((name) => name in global),
        outline: getComputedStyle(document.body).outlineStyle,
        fetched,
        evaluated,
      };
    }, directives);
    expect(violations).toMatchObject({ ran: [], outline: 'none', fetched: false, evaluated: false });
    expect(violations.directives).toEqual(expect.arrayContaining(directives));
  });

  // A browser is free to leave a page.
  test('opens no window and goes nowhere', IN_ELECTRON, async ({ application, ui }) => {
    const { page } = ui;
    const before = page.url();
    const context = page.context();
    const pages = context.pages().length;
    await page.evaluate(() => {
      window.open('https://evil.example/', '_blank');
      const link = document.createElement('a');
      link.href = 'https://evil.example/';
      link.target = '_blank';
      document.body.append(link);
      link.click();
      link.remove();
    });
    await page.evaluate(() => {
      location.href = 'data:text/html,<h1>evil</h1>';
    });
    await page.evaluate(() => {
      location.href = 'https://evil.example/elsewhere';
    });
    // The last of them was refused, so those before it have been dealt with.
    await expect
      .poll(() => application.log)
      .toContain('refused to leave the page for "https://evil.example/elsewhere"');
    expect(page.url()).toBe(before);
    expect(context.pages()).toHaveLength(pages);
    await ui.start();
  });
});
