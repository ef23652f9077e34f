import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RequestDenied, startSession } from '../runtime/index.ts';
import type { Session } from '../runtime/index.ts';
import type { FakeShell } from './fixture/page.ts';
import { COMPACT, fakeShell, Page, SMALL, until } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
let shell: FakeShell;
let desk: Desk;
let page: Page;
let session: Session;
/** Answers one method of the session in its place. */
function replace(method: string, answer: () => Promise<unknown>): void {
  const { ask } = session;
  session.ask = ((name: string, input: never) =>
    name === method ? answer() : ask.call(session, name as 'record', input)) as Session['ask'];
}
/** Told by the desk's own listener. */
let fail: (error: Error) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-failure-'));
  shell = fakeShell(folder, false);
  desk = await Desk.open(shell, {
    startSession: async (options) => {
      const start = await startSession(options);
      session = start.session!;
      const { onFailure } = session;
      session.onFailure = (listener) => {
        fail = listener;
        onFailure.call(session, listener);
      };
      return start;
    },
  });
  page = new Page(desk, 'w');
  const files = [{ name: 'small.json', text: SMALL }];
  await page.show((await page.get('document.import', { files })).document!);
});
afterEach(async () => {
  await desk.close();
  await rm(folder, { recursive: true });
});

test('a handler that throws is answered and logged with its stack, and the window goes on', async () => {
  replace('run.check', () => Promise.reject(new TypeError('a bug')));
  await expect(page.get('run.check', {})).rejects.toMatchObject({ code: 'failed' });
  const line = shell.lines.find((each) => each.includes('run.check failed'))!;
  expect(line).toContain('TypeError: a bug');
  expect(line).toContain('failure.test.ts');
  expect((await page.get('run.hashes', {})).tick).toBe(0);
});

test('what cannot be done as the run stands is refused, without a word of a fault', async () => {
  await page.get('run.step', { ticks: 400 });
  await page.get('run.command', { command: COMPACT });
  replace('run.check', async () => {
    await session.ask('run.step', { ticks: 1 });
    throw new RequestDenied('Wait for it.');
  });
  await expect(page.get('run.check', {})).rejects.toMatchObject({ code: 'refused', message: 'Wait for it.' });
  // The document is closed while its report is made.
  const made = page.get('export.make', { kind: 'html' }).then(
    () => null,
    (error: unknown) => error,
  );
  await page.get('document.close', { document: desk.documents()[0]!.id, discard: true });
  expect(await made).toMatchObject({ code: 'refused' });
  expect(shell.lines.filter((line) => line.includes('failed'))).toEqual([]);
});

test('a slow request does not hold up a quick one', async () => {
  const { promise, resolve } = Promise.withResolvers<never>();
  replace('record', () => promise);
  const slow = page.get('export.make', { kind: 'html' });
  expect((await page.get('run.hashes', {})).tick).toBe(0);
  resolve(null as never);
  await expect(slow).rejects.toMatchObject({ code: 'failed' });
});

test('a run that dies is told, and its document can be recovered', async () => {
  await page.get('run.step', { ticks: 3 });
  await page.get('run.command', { command: COMPACT });
  fail(new Error('the worker is gone'));
  await until('it is told', () => page.last('state')?.problems.some(({ slug }) => slug === 'run-failed') === true);
  const { id } = desk.documents()[0]!;
  await page.get('document.close', { document: id, discard: false });
  expect((await page.hello()).start.recoverable).toMatchObject([{ id, tick: 3, commands: 1 }]);
});

test('a frame that cannot be made is logged, and asked for again when there is something new', async () => {
  const { ask } = session;
  replace('frame', () => Promise.reject(new Error('no frame')));
  await page.get('view.watch', { at: 0, blocksOf: null });
  await until('it is logged', () => shell.lines.some((line) => line.includes('no frame')));
  expect(shell.lines.filter((line) => line.includes('no frame')).length).toBeLessThan(3);
  session.ask = ask;
  await page.get('run.step', { ticks: 1 });
  await until('it comes', () => page.last('frame')?.at === 0);
});

test('a journal that cannot be written is a problem of the document, once, and the run goes on', async () => {
  await rm(join(folder, 'data'), { recursive: true });
  await page.get('run.step', { ticks: 1 });
  await page.get('run.command', { command: COMPACT });
  // The file is still open: what was written is kept nowhere, and a new beginning fails.
  const saved = await page.get('document.save', { as: true, name: 'a', overwrite: false });
  expect(saved.saved).toBe(true);
  await until('it is told', () => page.last('state')?.problems.some(({ slug }) => slug === 'journal-failed') === true);
  expect(page.last('state')!.problems.filter(({ slug }) => slug === 'journal-failed')).toHaveLength(1);
  await page.get('run.step', { ticks: 5 });
  expect((await page.get('run.hashes', {})).tick).toBe(6);
  expect(await readdir(folder)).toContain('documents');
});
