/** `gather`: prints the script that a person reads and runs on a host; what it writes is opened as that host. */
import { readFile } from 'node:fs/promises';
import type { ExitCode } from '../output.ts';

export async function gather(): Promise<ExitCode> {
  process.stdout.write(await readFile(new URL('gather.sh', import.meta.url), 'utf8'));
  return 0;
}
