/** Looks at a running web shell as a browser does: lets itself in, loads the page, and greets main as a window would. */
import { WebSocket } from 'ws';
import { PROTOCOL_VERSION, readMessage, writeMessage } from '../../shared/protocol/index.ts';
import type { HelloReply } from '../../shared/protocol/document.ts';

export interface Probe {
  readonly pageBytes: number;
  /** As main names its shell. */
  readonly shell: string;
  readonly version: string;
  readonly examples: number;
}

const WAIT_MS = 10_000;

/** Rejects with what was not as it should be. @param url an address that has not been used */
export async function probe(url: string): Promise<Probe> {
  const letIn = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(WAIT_MS) });
  const cookie = letIn.headers.get('set-cookie')?.split(';')[0];
  if (letIn.status !== 200 || cookie === undefined) throw new Error(`the address was answered with ${letIn.status}`);
  const { origin, host } = new URL(url);
  const page = await fetch(`${origin}/`, { headers: { cookie }, signal: AbortSignal.timeout(WAIT_MS) });
  const text = await page.text();
  if (page.status !== 200 || !text.includes('<title>Pageshift'))
    throw new Error(`the page was answered with ${page.status}`);
  const { shell, version, start } = await greeting(`ws://${host}/port?window=probe-probe`, { cookie, origin });
  return { pageBytes: Buffer.byteLength(text), shell: shell.text, version, examples: start.examples.length };
}

function greeting(address: string, headers: Record<string, string>): Promise<HelloReply> {
  const socket = new WebSocket(address, { headers });
  return new Promise<HelloReply>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`main did not answer in ${WAIT_MS / 1000} s`)), WAIT_MS);
    socket.on('close', () => clearTimeout(late));
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(writeMessage({ id: 1, name: 'hello', input: { protocol: PROTOCOL_VERSION } }));
    });
    socket.on('message', (data: Buffer) => {
      const message = readMessage(data)?.json as
        { reply?: number; output?: HelloReply; error?: { text: string } } | undefined;
      if (message?.reply !== 1) return; // an event
      if (message.output === undefined) reject(new Error(`main refused: ${message.error?.text ?? 'without a reason'}`));
      else resolve(message.output);
    });
  }).finally(() => socket.close());
}
