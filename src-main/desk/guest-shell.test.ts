/** The shell of a guest as a window asks for it, also one that means harm. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAX_SHELL_CHARS, MAX_SHELL_LINE_CHARS } from '../../shared/protocol/limit.ts';
import { fakeShell, Page, SMALL, until } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
let desk: Desk;
let page: Page;
let vm: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-shell-'));
  desk = await Desk.open(fakeShell(folder, false));
  page = new Page(desk, 'w');
  const files = [{ name: 'small.json', text: SMALL }];
  const { document } = await page.get('document.import', { files });
  await page.show(document!);
  vm = JSON.parse(SMALL).vms[0].name;
});
afterEach(async () => {
  await desk.close();
  await rm(folder, { recursive: true });
});

const run = (line: string) => page.get('shell.run', { vm, line });
const textOf = ({ output }: Awaited<ReturnType<typeof run>>): string => output.map(({ text }) => text).join('');

test('a line is run, undone, completed, and in the text of the document', async () => {
  expect(textOf(await run('dnuma-test a 3; numactl -H | grep "^node 3 size"'))).toMatch(/^node 3 size: \d+ MB\n$/);
  await until('it can be undone', () => page.last('state')?.undo?.startsWith('"dnuma-test a 3') === true);
  const text = Buffer.from((await page.ask('document.text', {})).payload).toString();
  expect(JSON.parse(text).commands.some(({ type }: { type: string }) => type === 'writeFiles')).toBe(true);
  await page.get('run.undo', {});
  expect(textOf(await run('numactl -H | grep -c "^node 3"'))).toBe('0\n');
  expect(await page.get('shell.complete', { vm, line: 'cat /proc/zone' })).toEqual({
    candidates: ['/proc/zoneinfo'],
    from: 4,
  });
  expect((await page.get('view.layouts', { vm })).layouts[0]).toMatchObject({ seq: 0, state: 'inForce' });
  const layout = await page.ask('view.layout', { vm, seq: 0 });
  expect(layout.payload.length).toBe(12 * layout.output.ranges);
});

test('what makes no sense is refused, and changes nothing', async () => {
  const before = await page.get('run.hashes', {});
  const refused = { code: 'refused' };
  for (const name of ['nobody', '', '__proto__', '../v', 'x'.repeat(201)]) {
    await expect(page.get('shell.run', { vm: name, line: 'true' })).rejects.toMatchObject(refused);
    await expect(page.get('shell.stop', { vm: name })).rejects.toMatchObject(refused);
    await expect(page.get('shell.complete', { vm: name, line: '' })).rejects.toMatchObject(refused);
    await expect(page.get('view.layouts', { vm: name })).rejects.toMatchObject(refused);
  }
  await expect(run('x'.repeat(MAX_SHELL_LINE_CHARS + 1))).rejects.toMatchObject(refused);
  await expect(page.get('view.layout', { vm, seq: 77 })).rejects.toMatchObject(refused);
  await expect(page.get('view.layout', { vm, seq: -1 })).rejects.toMatchObject(refused);
  await expect(page.get('shell.run', { vm, line: 7 as never })).rejects.toMatchObject(refused);
  expect(await page.get('run.hashes', {})).toEqual(before);
});

test('no line reaches out of the guest, or prints without end', async () => {
  const before = await page.get('run.hashes', {});
  for (const line of [
    'cat /etc/passwd',
    'cat /proc/../etc/passwd; cat /sys/../../etc/passwd',
    'curl http://127.0.0.1/',
    'node -e 1',
    'echo $(cat ~/../../etc/hostname)',
    'ls /home /work /usr/lib',
    'cat < /dev/tcp/127.0.0.1/80',
    '$(printf "\\\\0\\\\1\\\\2")',
    '\u0000\u001b[2J',
    '((((((',
    '${x[${y[${z}]}]}',
  ]) {
    const reply = await run(line);
    if (reply.prompt === '> ') await page.get('shell.stop', { vm });
    expect(textOf(reply)).not.toMatch(/root:x:|<html/);
  }
  const much = await run('seq 1 400000; seq 1 400000');
  expect(textOf(much)).toHaveLength(MAX_SHELL_CHARS);
  expect(much.cutChars).toBeGreaterThan(MAX_SHELL_CHARS);
  for (const line of ['f() { f; f; }; f', 'x=x; for i in $(seq 40); do x=$x$x; done', 'echo {1..99999}{1..99999}'])
    expect((await run(line)).exitCode).not.toBe(0);
  expect(await page.get('run.hashes', {})).toEqual(before);
});

test('a line without end can be stopped, and a run goes on', async () => {
  const line = run('while :; do :; done');
  await page.get('run.hashes', {});
  await expect(run('true')).rejects.toMatchObject({ code: 'refused' });
  await page.get('shell.stop', { vm });
  expect(await line).toMatchObject({ exitCode: 130 });
  await page.get('run.step', { ticks: 2 });
  expect((await page.get('run.hashes', {})).tick).toBe(2);
});

test('no line is run while the run is brought elsewhere', async () => {
  await run('echo 1 > /sys/kernel/debug/memlayout/start');
  await page.get('run.step', { ticks: 50 });
  await page.get('run.command', {
    command: { type: 'setRegeneration', vm, regeneration: { enabled: false, grainKiB: 2048, delayMs: 0 } },
  });
  // Both are asked before either is answered.
  const [undone, lined] = await Promise.allSettled([
    page.get('run.undo', {}),
    run('echo 2 > /sys/kernel/debug/memlayout/start'),
  ]);
  expect(undone.status).toBe('fulfilled');
  if (lined.status === 'rejected') expect(lined.reason).toMatchObject({ code: 'refused' });
  expect((await page.get('run.check', {})).broken).toEqual([]);
});
