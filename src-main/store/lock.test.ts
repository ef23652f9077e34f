import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isLocked, takeLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageshift-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a lock of this process holds', async () => {
  const path = join(folder, 'own');
  expect(await takeLock(path)).toBe(true);
  expect(await isLocked(path)).toBe(true);
  expect(await takeLock(path)).toBe(false);
});

// Expect: a process that ended holds nothing, also while its parent has not asked how it ended and its number is taken.
test.runIf(process.platform === 'linux')('a process that ended and was not asked about holds nothing', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    const state = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0]!;
    await expect.poll(state).toBe('Z');
    const path = join(folder, 'ended');
    const bootMs = Math.round(Date.now() - uptime() * 1000);
    writeFileSync(path, JSON.stringify({ pid, started: null, bootMs }));
    expect(await isLocked(path)).toBe(false);
    expect(await takeLock(path)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
});
