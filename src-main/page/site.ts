/**
 * What is at a path of a window's own origin, whichever shell asks: the built page, and the desk's previews.
 *
 * (a) The page's files are read when the site is opened. A request only looks its path up among them, as it was written:
 *     no path is joined, decoded or normalized, so there is nothing to climb out of. A build made since changes nothing.
 * (b) Nothing is written: GET and HEAD.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { headersOf, NOTHING_POLICY, PAGE_POLICY } from './policy.ts';

/** As the desk's Asset; written out here, so that the page knows nothing of the desk. */
export interface Preview {
  readonly mime: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for HEAD. */
  readonly body: Uint8Array;
}

export const PREVIEW_PATH = '/preview/';

const MIMES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const EMPTY = new Uint8Array(0);
/** A file with another name has no path: what is in the folder is our own build, so there is none. */
const PLAIN_PATH = /^[\w.-]+(\/[\w.-]+)*$/;

export class Site {
  /** Of the page, by their path on the origin. */
  readonly #answers: ReadonlyMap<string, Answer>;
  readonly #preview: (path: string) => Preview | null;

  /** @throws when the folder is not there or has no index.html: the page was not built */
  constructor(folder: string, preview: (path: string) => Preview | null) {
    this.#answers = answersBelow(folder);
    this.#preview = preview;
    if (!this.#answers.has('/')) throw new Error(`there is no index.html in ${folder}: npm run build makes it`);
  }

  /** @param path of the request, as it was written, without the query */
  answer(method: string, path: string): Answer {
    if (method !== 'GET' && method !== 'HEAD') {
      return refusal(405, `${method} is not answered here.`, { allow: 'GET, HEAD' });
    }
    const found = path.startsWith(PREVIEW_PATH) ? this.#previewAt(path) : (this.#answers.get(path) ?? null);
    if (found === null) return refusal(404, 'There is nothing at this address.');
    return method === 'HEAD' ? { ...found, body: EMPTY } : found;
  }

  #previewAt(path: string): Answer | null {
    const preview = this.#preview(path);
    if (preview === null) return null;
    return { status: 200, headers: headersOf(preview.mime, NOTHING_POLICY, preview.headers), body: preview.body };
  }
}

/** An answer that says why not, in a sentence. */
export function refusal(status: number, text: string, own: Readonly<Record<string, string>> = {}): Answer {
  const headers = { ...headersOf('text/plain; charset=utf-8', NOTHING_POLICY), ...own };
  return { status, headers, body: new TextEncoder().encode(`${text}\n`) };
}

/** Files alone: what a link points to is not ours to serve. */
function answersBelow(folder: string): ReadonlyMap<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file).split(sep).join('/');
    if (!PLAIN_PATH.test(path)) continue;
    const headers = headersOf(MIMES[extname(file)] ?? 'application/octet-stream', PAGE_POLICY);
    answers.set(path === 'index.html' ? '/' : `/${path}`, { status: 200, headers, body: readFileSync(file) });
  }
  return answers;
}
