/** A report as PDF: its page is loaded in a hidden window that runs no script, and printed. */
import { randomBytes } from 'node:crypto';
import { BrowserWindow } from 'electron';
import type { Preview } from '../page/index.ts';
import { PREVIEW_PATH } from '../page/index.ts';
import { safePreferences } from './guard.ts';
import { ORIGIN } from './origin.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";
const A4_WIDTH_PIXELS = 794;

export class PdfPrinter {
  /** Pages that are being printed. */
  readonly #pages = new Map<string, Preview>();

  at(path: string): Preview | null {
    return this.#pages.get(path) ?? null;
  }

  async print(html: string): Promise<Uint8Array> {
    const path = `${PREVIEW_PATH}print-${randomBytes(16).toString('hex')}`;
    this.#pages.set(path, {
      mime: 'text/html; charset=utf-8',
      body: Buffer.from(html),
      headers: { 'content-security-policy': POLICY },
    });
    const window = new BrowserWindow({
      show: false,
      width: A4_WIDTH_PIXELS,
      webPreferences: safePreferences(null, false),
    });
    try {
      await window.loadURL(ORIGIN + path);
      return await window.webContents.printToPDF({ printBackground: true, preferCSSPageSize: true, pageSize: 'A4' });
    } finally {
      this.#pages.delete(path);
      window.destroy();
    }
  }
}
