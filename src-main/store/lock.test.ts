import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { isLocked, takeLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageshift-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.useRealTimers());

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
    writeFileSync(path, JSON.stringify({ pid, started: null, bootId: null }));
    expect(await isLocked(path)).toBe(false);
    expect(await takeLock(path)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
});

test.each([-86_400_000, 3_600_000])(
  'a step of the clock by %i ms does not make a living process look dead',
  async (ms) => {
    const path = join(folder, `step${ms}`);
    expect(await takeLock(path)).toBe(true);
    vi.useFakeTimers({ now: Date.now() + ms, toFake: ['Date'] });
    expect(await isLocked(path)).toBe(true);
    expect(await takeLock(path)).toBe(false);
  },
);

// A lock of an earlier version has the boot as wall-clock time, which says nothing.
test('a lock that an earlier version took holds while its process lives', async () => {
  const path = join(folder, 'earlier');
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: null, bootMs: 1 }));
  expect(await isLocked(path)).toBe(true);
});

test.runIf(process.platform === 'linux')("a lock of an earlier boot or of an earlier process is nobody's", async () => {
  const path = join(folder, 'boot');
  expect(await takeLock(path)).toBe(true);
  const mark = JSON.parse(readFileSync(path, 'utf8')) as object;
  for (const other of [{ bootId: '00000000-0000-0000-0000-000000000000' }, { started: '1' }]) {
    writeFileSync(path, JSON.stringify({ ...mark, ...other }));
    expect(await isLocked(path)).toBe(false);
  }
});
