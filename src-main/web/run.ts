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
  await toldToEnd();
  opening?.remove();
  await closed(shell);
}

async function toldToEnd(): Promise<void> {
  const heard = new AbortController();
  const { signal } = heard;
  await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => once(process, name, { signal })));
  heard.abort();
}

/** A second Ctrl+C ends at once: what was journalled is kept. */
async function closed(shell: WebShell): Promise<void> {
  const now = (): never => process.exit(130);
  process.on('SIGINT', now);
  await shell.close();
  process.off('SIGINT', now);
}
