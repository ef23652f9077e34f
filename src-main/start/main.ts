/**
 * `npm start`: opens the window in the best shell that this machine has, and says which and why.
 *
 *   npm start [-- FILE] [--shell electron|web] [--port N] [--data FOLDER] [--no-open] [--check]
 *
 * (a) What was not built, or is older than its sources, is built first.
 * (b) The web shell runs until Ctrl+C, with or without a terminal; Electron until its last window closes.
 * (c) --check starts the web shell on a folder of its own, looks at it once as a browser does, says what it saw, and ends.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openWebShell, probe, runWebShell, WEB_USAGE, webArguments, webOptions } from '../web/index.ts';
import type { WebArguments } from '../web/index.ts';
import { build, staleness } from './build.ts';
import { chooseShell, NoShellError } from './choice.ts';
import type { Choice, ShellName } from './choice.ts';
import { thisMachine } from './machine.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const USAGE = `npm start -- ${WEB_USAGE} [--shell electron|web] [--check]`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

interface Arguments extends WebArguments {
  readonly shell: ShellName | null;
  readonly check: boolean;
}

function readArguments(args: readonly string[]): Arguments | { readonly wrong: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...webOptions, shell: { type: 'string' }, check: { type: 'boolean', default: false } },
      allowPositionals: true,
      allowNegative: true,
    });
    const { shell = null, check, ...rest } = values;
    if (shell !== null && shell !== 'electron' && shell !== 'web')
      return { wrong: `--shell ${shell}: electron or web` };
    const own = webArguments(rest, positionals);
    return 'wrong' in own ? own : { ...own, shell, check };
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}

async function main(): Promise<number> {
  const read = readArguments(process.argv.slice(2));
  if ('wrong' in read) {
    complain(`${read.wrong}\n${USAGE}`);
    return 2;
  }
  const stale = staleness(root);
  if (stale !== null) {
    say(`Building the window: ${stale}.`);
    build(root);
  }
  const choice = await chooseShell(thisMachine(root, say), read.shell);
  if (read.check) return await check(choice);
  if (choice.shell === 'electron') {
    say(`Opening the window in Electron: ${choice.why}.`);
    const failure = await electron(choice.binary!, read);
    if (failure === null) return 0;
    if (read.shell === 'electron') throw new NoShellError(`Electron did not come up: ${failure}.`);
    say(`Opening the window in a browser instead: Electron did not come up (${failure}).`);
  } else {
    say(`Opening the window in a browser (the web shell): ${choice.why}.`);
  }
  await runWebShell(read);
  return 0;
}

/** An end sooner than this is no person's. */
const LEAST_LIFE_MS = 3000;

/** @returns why it did not come up; null: it did, and has ended */
function electron(binary: string, { file, dataFolder }: WebArguments): Promise<string | null> {
  const args = [
    ...(dataFolder === null ? [] : [`--user-data-dir=${dataFolder}`]),
    root,
    ...(file === null ? [] : [file]),
  ];
  const child = spawn(binary, args, { stdio: 'inherit' });
  const startMs = performance.now();
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('exit', (code, signal) => {
      const soon = performance.now() - startMs < LEAST_LIFE_MS;
      resolve(code !== 0 && signal === null && soon ? `it ended at once with code ${code}` : null);
    });
  });
}

async function check(choice: Choice): Promise<number> {
  say(`npm start would open ${choice.shell === 'electron' ? 'Electron' : 'the web shell'}: ${choice.why}.`);
  const dataFolder = mkdtempSync(join(tmpdir(), 'pageshift-check-'));
  try {
    const shell = await openWebShell({ file: null, port: 0, dataFolder, log: complain });
    try {
      const { pageBytes, shell: text, version, examples } = await probe(shell.newAddress());
      say(
        `The web shell runs: a page of ${pageBytes} bytes; main is Pageshift ${version}, ${text}, with ${examples} examples.`,
      );
    } finally {
      await shell.close();
    }
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  complain((error as Error).message);
  process.exitCode = 1;
}
