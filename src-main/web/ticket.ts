/**
 * Who may speak to the server. Everything on the machine can reach a loopback port, and every page in the browser can
 * send requests to it; so a request shows that its sender was given the address by us, and that it was sent to us.
 *
 * (a) A token opens the door once: its first use spends it, and gives that browser a cookie of its own, which scripts
 *     cannot read and other sites' requests do not carry. The cookie's name has the port in it: all ports share cookies.
 * (b) Secrets are compared in constant time.
 * (c) Host must be ours, or a foreign name that was made to point here (DNS rebinding) would be let in. A WebSocket needs
 *     an Origin of ours: cookies alone do not tell which page opened it, and every port of this host is the same site.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const SECRET_BYTES = 32;
const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Addresses printed and never used must not pile up; the oldest stops working. */
const MAX_UNSPENT_TOKENS = 16;
/** Browsers that are let in at once; the one let in first has to be let in again. */
const MAX_COOKIES = 64;

export class Ticket {
  #unspent: readonly string[] = [];
  #cookies: readonly string[] = [];
  readonly #cookieName: string;
  readonly #hosts: readonly string[];

  constructor(port: number) {
    this.#cookieName = `pageshift-${port}`;
    this.#hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  }

  /** A token that lets one browser in, once. */
  issue(): string {
    const token = newSecret();
    this.#unspent = [...this.#unspent, token].slice(-MAX_UNSPENT_TOKENS);
    return token;
  }

  /** @returns the cookie that the token is changed for, as a Set-Cookie header; null: it is wrong or was used before. */
  spend(token: string): string | null {
    const rest = this.#unspent.filter((each) => !sameSecret(token, each));
    if (rest.length === this.#unspent.length) return null;
    this.#unspent = rest;
    const cookie = newSecret();
    this.#cookies = [...this.#cookies, cookie].slice(-MAX_COOKIES);
    return `${this.#cookieName}=${cookie}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** @returns why the request is refused; null: it is not */
  refusesHost({ headersDistinct }: IncomingMessage): string | null {
    const { host = [] } = headersDistinct;
    const [only] = host;
    return host.length === 1 && this.#hosts.includes(only!)
      ? null
      : `Host is ${shown(host.join(', '))}, not this server`;
  }

  refusesCookie({ cookie }: IncomingHttpHeaders): string | null {
    const values = (cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${this.#cookieName}=`))
      .map((pair) => pair.slice(this.#cookieName.length + 1));
    if (values.length === 0) return 'no cookie of this server';
    const isOurs = (value: string): boolean => this.#cookies.some((cookie) => sameSecret(value, cookie));
    return values.some(isOurs) ? null : 'a cookie that is not of this server';
  }

  /** What a browser says of the page that asks. Only the address that was typed or clicked may come from elsewhere. */
  refusesSite(headers: IncomingHttpHeaders): string | null {
    const site = headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return null;
    return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
      ? null
      : `asked for by another site (${shown(String(site))})`;
  }

  refusesOrigin({ host, origin }: IncomingHttpHeaders): string | null {
    return origin === `http://${host}` ? null : `Origin is ${shown(origin)}, not this server`;
  }
}

/** The hashes are of one length, whatever was sent. */
function sameSecret(given: string, secret: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}

const SHOWN_CHARS = 80;

/** What a stranger sent, fit for a line of a log. */
export function shown(text: string | undefined): string {
  if (text === undefined) return 'missing';
  return JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text);
}
