/** The web shell from its start to Ctrl+C, as a terminal sees it: the address on stdout, everything else on stderr. */
import { once } from 'node:events';
import { visibleLines } from '../../shared/errors/index.ts';
import { noDisplay, openBrowser } from './browser.ts';
import type { WebArguments } from './argument.ts';
import { type OpeningFile, writeOpeningFile } from './opening-file.ts';
import { openWebShell } from './shell.ts';
import type { WebShell } from './shell.ts';

const log = (line: string): void => void process.stderr.write(`pageshift: ${visibleLines(line)}\n`);

/** Rejects as openWebShell does. Resolves when it was told to end and everything is put away. */
export async function runWebShell({ file, port, dataFolder, open }: WebArguments): Promise<void> {
  let opening: OpeningFile | null = null;
  const addressUsed = (): void => {
    opening?.remove();
    process.stdout.write(`A browser has been let in. For another one: ${shell.newAddress()}\n`);
  };
  const shell = await openWebShell({ file, port, dataFolder, log, addressUsed });
  for (const problem of shell.problems) log(problem);
  process.stdout.write(`Pageshift is at ${shell.newAddress()}\n`);
  process.stdout.write(
    'The address lets one browser in, once: keep it to yourself. Ctrl+C ends Pageshift; unsaved work is kept for recovery.\n',
  );
  const desktop = { platform: process.platform, environment: process.env };
  const blind = noDisplay(desktop);
  if (open && blind === null) {
    opening = writeOpeningFile(shell.newAddress());
    openBrowser(desktop, opening.path, log);
  } else if (open) process.stdout.write(`No browser is opened: ${blind}.\n`);
  const told = await toldToEnd();
  opening?.remove();
  await closed(shell, told);
}

async function toldToEnd(): Promise<NodeJS.Signals> {
  const heard = new AbortController();
  const { signal } = heard;
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const name = await Promise.race(names.map((each) => once(process, each, { signal }).then(() => each)));
  heard.abort();
  return name;
}

/** For runs to be put away, when the system ends us: it waits no longer. */
const SIGNAL_END_MS = 700;

/**
 * A second Ctrl+C ends at once, and so does what the system sends when the time is over: what was journalled is kept. It is a
 * kill, as a thread that computes need not hear anything else.
 */
async function closed(shell: WebShell, told: NodeJS.Signals): Promise<void> {
  const now = (): void => void process.kill(process.pid, 'SIGKILL');
  process.on('SIGINT', now);
  const late = told === 'SIGINT' ? null : setTimeout(now, SIGNAL_END_MS);
  await shell.close();
  if (late !== null) clearTimeout(late);
  process.off('SIGINT', now);
}
