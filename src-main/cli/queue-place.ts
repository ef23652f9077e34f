/** The queue that a person names, once it is known to answer; otherwise why not is said. */
import { queueAddress, whyNoServer } from '../sweeper/index.ts';
import type { QueueAddress } from '../sweeper/index.ts';
import { printNote } from './output.ts';
import { resolvePath } from './path.ts';

export interface QueueFlags {
  readonly queue: string;
  readonly passwordFile?: string;
}

/** `usage`: the address is none. `away`: there is no such server, or it does not let us in. */
export async function queuePlace({ queue, passwordFile }: QueueFlags): Promise<QueueAddress | 'usage' | 'away'> {
  const file = passwordFile === undefined ? undefined : resolvePath(passwordFile);
  const address = await queueAddress(queue, file, process.env);
  if (typeof address === 'string') {
    printNote(`error: --queue: ${address}`);
    return 'usage';
  }
  const why = await whyNoServer(address);
  if (why === null) return address;
  printNote(`error: --queue: ${why}`);
  return 'away';
}
