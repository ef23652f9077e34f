/** `queue status` and `queue clean`: what is in a queue, and its cleaning. */
import { count, plural } from '../../shared/view/number-format.ts';
import { cleanQueue, queueState } from '../sweeper/index.ts';
import type { ExitCode } from './output.ts';
import { printJson, printResult } from './output.ts';
import type { QueueFlags } from './queue-place.ts';
import { queuePlace } from './queue-place.ts';
import { textTable } from './text-table.ts';

export async function queueStatus(flags: QueueFlags & { readonly json?: true }): Promise<ExitCode> {
  const address = await queuePlace(flags);
  if (typeof address === 'string') return address === 'usage' ? 2 : 1;
  const state = await queueState(address);
  if (flags.json === true) {
    printJson(`${JSON.stringify(state, null, 2)}\n`);
    return 0;
  }
  const { reasons, ...counts } = state;
  const rows = Object.entries(counts).map(([name, n]) => [name, count(n)]);
  printResult(textTable('<>', rows));
  for (const reason of reasons) printResult(`  failed: ${reason}\n`);
  return 0;
}

export async function queueClean(flags: QueueFlags & { readonly all?: true }): Promise<ExitCode> {
  const address = await queuePlace(flags);
  if (typeof address === 'string') return address === 'usage' ? 2 : 1;
  printResult(`${plural(await cleanQueue(address, flags.all === true), 'job')} removed\n`);
  return 0;
}
