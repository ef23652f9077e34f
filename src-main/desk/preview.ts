/**
 * Pages that a window may look at in a frame: made on request, under a path that cannot be guessed, for a short while.
 * They get a policy of their own that allows them their style and nothing else.
 */
import { randomBytes } from 'node:crypto';
import type { Asset } from './shell.ts';

const PREFIX = '/preview/';
const LIFE_MS = 10 * 60_000;
const MAX_PAGES = 8;

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

export class Previews {
  /** In the order they were made. */
  readonly #pages = new Map<string, { readonly asset: Asset; readonly untilMs: number }>();

  /** @returns the path. */
  add(html: string, nowMs: number): string {
    const path = `${PREFIX}${randomBytes(16).toString('hex')}`;
    const asset = { mime: 'text/html; charset=utf-8', body: Buffer.from(html), headers: HEADERS };
    this.#pages.set(path, { asset, untilMs: nowMs + LIFE_MS });
    for (const oldest of this.#pages.keys()) if (this.#pages.size > MAX_PAGES) this.#pages.delete(oldest);
    return path;
  }

  at(path: string, nowMs: number): Asset | null {
    for (const [each, { untilMs }] of this.#pages) if (untilMs <= nowMs) this.#pages.delete(each);
    return this.#pages.get(path)?.asset ?? null;
  }
}
