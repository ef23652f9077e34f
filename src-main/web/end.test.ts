/** The system ends Pageshift, or its data folder cannot be written to: what real processes do then. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const WEB = file('main.ts');
const CLI = file('../cli/main.ts');

let folder: string;
let endless: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'end-'));
  endless = join(folder, 'endless.json');
  // A sound document whose guest never comes to its first tick.
  const workload = { start: 'fresh', warmupMs: 1e8, lifetime: { law: 'exponential', meanMs: 1 } };
  const hosts = [{ name: 'h', nodes: [{ nid: 0, memoryMiB: 4096 }] }];
  const vms = [{ name: 'v', host: 'h', memoryMiB: 2048, workload }];
  writeFileSync(endless, JSON.stringify({ pageshift: 1, name: 'endless', hosts, vms }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));

/** Seconds of a processor that a process has had, all its threads together. */
const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(process.platform !== 'linux')('SIGTERM ends, whatever goes on,', () => {
  test.each([
    ['run', [CLI, 'run']],
    ['report', [CLI, 'report', '-o', '/nowhere/out.html']],
    ['compare', [CLI, 'compare', '--until', '5']],
    ['shell', [CLI, 'shell']],
    ['the web shell that opens a document', [WEB, '--port', '0', '--no-open', '--data', tmpdir()]],
  ])(
    '%s',
    async (name, args) => {
      const own = name.startsWith('the web') ? [...args.slice(0, -1), join(folder, 'data')] : args;
      const child = started([...own, endless]);
      const end = ended(child);
      // It computes: the document is read, and its world is being made.
      if (name !== 'report') await until(() => child.exitCode !== null || cpuSeconds(child.pid!) > 1.5);
      child.kill('SIGTERM');
      const { code, signal } = await end;
      expect(signal ?? code).toBeOneOf(['SIGTERM', 'SIGKILL', 0, 1, 143]);
    },
    30_000,
  );
});

test('a data folder that cannot be written to is told, with its path and without a stack', async () => {
  const child = started([WEB, '--port', '0', '--no-open', '--data', join(endless, 'data')]);
  let err = '';
  child.stderr!.on('data', (text: Buffer) => (err += text.toString()));
  expect(await ended(child)).toMatchObject({ code: 1 });
  expect(err.startsWith(`${join(endless, 'data')}: error data-folder: `)).toBe(true);
  expect(err).toContain('--data FOLDER');
  expect(err).not.toMatch(/\n\s+at /);
}, 30_000);
