/** Messages as a hostile window would write them, and the ways to send them past our own connection. */
import type { Page } from '@playwright/test';
import { writeMessage } from '../shared/protocol/message.ts';
import type { ClientMessage } from '../shared/protocol/message.ts';
// Its types alone: they say what the page finds as window.pageshift.
import type {} from '../src-renderer/state/port.ts';

/** Any JSON as a message: what is in it is not judged here. */
export const written = (message: unknown): Uint8Array => writeMessage(message as ClientMessage);

export const request = (id: unknown, name: unknown, input: unknown): Uint8Array => written({ id, name, input });

/** A frame whose JSON is this text, as it is. */
export function framed(text: string): Uint8Array {
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(4 + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  return bytes;
}

/** Bytes as a page can be given them. */
const carried = (bytes: Uint8Array): number[] => [...bytes];

interface HostilePage {
  /** Past our own code: the bridge of the preload, or a WebSocket of the page itself. */
  hostile?: { post(bytes: Uint8Array<ArrayBuffer>): void; readonly heard: Uint8Array[] };
}

/**
 * Sends as the page itself can, past our own code: by the bridge of the preload, or by a WebSocket of its own. In Electron
 * what is answered no longer reaches our code: there is one listener, and it is the hostile one.
 */
export async function sendFrom(page: Page, messages: readonly Uint8Array[]): Promise<void> {
  await page.evaluate(async (list) => {
    const own = window as unknown as HostilePage;
    if (own.hostile === undefined) {
      const heard: Uint8Array[] = [];
      const bridge = window.pageshift;
      if (bridge !== undefined) {
        bridge.listen((bytes) => heard.push(bytes));
        own.hostile = { heard, post: (bytes) => bridge.post(bytes) };
      } else {
        const url = new URL('/port?window=hostile-window', location.href);
        url.protocol = 'ws:';
        const socket = new WebSocket(url);
        socket.binaryType = 'arraybuffer';
        socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => heard.push(new Uint8Array(data));
        await new Promise((resolve, reject) => {
          socket.onopen = resolve;
          socket.onerror = () => reject(new Error('the socket of the page itself was refused'));
        });
        own.hostile = { heard, post: (bytes) => socket.send(bytes) };
      }
    }
    for (const bytes of list) own.hostile.post(Uint8Array.from(bytes));
  }, messages.map(carried));
}

/** The reply to a request that sendFrom sent; null: none yet. */
export async function replyTo(page: Page, id: number): Promise<unknown> {
  return await page.evaluate((wanted) => {
    for (const bytes of (window as unknown as HostilePage).hostile?.heard ?? []) {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      const message = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as { reply?: number };
      if (message.reply === wanted) return message;
    }
    return null;
  }, id);
}

/** What is no message of bytes at all. */
export async function sendNoBytes(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const bridge = window.pageshift as { post(value: unknown): void } | undefined;
    if (bridge !== undefined) {
      for (const value of ['text', null, 7, {}, [1, 2, 3], { length: 4, byteLength: 4 }]) {
        try {
          bridge.post(value);
        } catch {
          // The bridge may refuse it in the page already.
        }
      }
      return;
    }
    const url = new URL('/port?window=hostile-text', location.href);
    url.protocol = 'ws:';
    const socket = new WebSocket(url);
    await new Promise((resolve) => (socket.onopen = resolve));
    const closed = new Promise((resolve) => (socket.onclose = resolve));
    socket.send('{"id":1,"name":"hello","input":{"protocol":1}}');
    await closed;
  });
}

/** One message of so many bytes, made in the page: it is too large to be carried into it. */
export async function sendOversized(page: Page, size: number): Promise<void> {
  await page.evaluate(async (length) => {
    const bytes = new Uint8Array(length).fill(0x20);
    new DataView(bytes.buffer).setUint32(0, length - 4, true);
    const bridge = window.pageshift;
    if (bridge !== undefined) {
      try {
        bridge.post(bytes);
      } catch {
        // The bridge may refuse it in the page already.
      }
      return;
    }
    const url = new URL('/port?window=hostile-large', location.href);
    url.protocol = 'ws:';
    const socket = new WebSocket(url);
    await new Promise((resolve) => (socket.onopen = resolve));
    const closed = new Promise((resolve) => (socket.onclose = resolve));
    socket.send(bytes);
    await closed;
  }, size);
}
