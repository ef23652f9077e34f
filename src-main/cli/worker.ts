/** `worker --queue URL`: runs points of other machines' sweeps here until it is stopped. */
import { availableParallelism } from 'node:os';
import { count, plural } from '../../shared/view/number-format.ts';
import { runQueueWorker } from '../sweeper/index.ts';
import type { ExitCode } from './output.ts';
import { printNote } from './output.ts';
import { ProgressLine } from './progress.ts';
import type { QueueFlags } from './queue-place.ts';
import { queuePlace } from './queue-place.ts';
import { VERSION } from './version.ts';

export async function worker(
  flags: QueueFlags & { readonly threads?: number; readonly memory: number; readonly stalledAfter: number },
): Promise<ExitCode> {
  const address = await queuePlace(flags);
  if (typeof address === 'string') return address === 'usage' ? 2 : 1;
  const threads = flags.threads ?? availableParallelism();
  const stop = new AbortController();
  const onSignal = (): void => {
    // The second one does not wait for what is being run: the queue gives it to another worker.
    if (stop.signal.aborted) process.exit(130);
    printNote('stopping: what has been begun is ended first');
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  const line = new ProgressLine();
  let ran = 0;
  printNote(`Pageshift ${VERSION} takes points from ${address.host}:${address.port}, ${plural(threads, 'thread')}`);
  await runQueueWorker(
    address,
    {
      version: VERSION,
      threads,
      memoryMib: flags.memory,
      stalledMs: flags.stalledAfter * 1000,
      onDone: (done) => {
        ran = done.ran;
        line.show(() => `${plural(done.ran, 'run')}${done.refused > 0 ? `, ${count(done.refused)} refused` : ''}`);
      },
      onNote: (text) => {
        line.clear();
        printNote(text);
      },
    },
    stop.signal,
  );
  line.clear();
  printNote(`stopped after ${plural(ran, 'run')}`);
  return 0;
}
