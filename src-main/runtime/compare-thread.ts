/** The other end of compare.ts: one comparison, told as it goes on, and then the thread ends. */
import type { MessagePort } from 'node:worker_threads';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { compareInParts } from '../engine/index.ts';
import { readScenario, toWorldConfig } from '../scenario/index.ts';
import type { CompareMessage, CompareRequest } from './compare.ts';

/** Progress is told at most so often. */
const TELL_MS = 100;

export function compareInThread(port: MessagePort, request: CompareRequest): void {
  const post = (message: CompareMessage): void => port.postMessage(message);
  let toldMs = -Infinity;
  try {
    const { value, diagnostics } = readScenario(request.text, 'scenario');
    if (value === null) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
    const parts = compareInParts(toWorldConfig(value), {
      ...request,
      onProgress: (progress) => {
        const nowMs = performance.now();
        if (nowMs - toldMs < TELL_MS) return;
        toldMs = nowMs;
        post({ progress });
      },
    });
    let part = parts.next();
    while (part.done !== true) part = parts.next();
    post({ comparison: part.value });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    post({ error: { name, message } });
  }
  port.close();
}
