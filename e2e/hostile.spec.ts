/**
 * A hostile window: what it sends past our own code is rejected and logged, and nothing changes. A second window looks on:
 * its document stands at the same tick with the same hash, has no new command, and still obeys.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HelloReply } from '../shared/protocol/document.ts';
import { MAX_MESSAGE_BYTES, PROTOCOL_VERSION } from '../shared/protocol/limit.ts';
import { expect, test } from './fixture.ts';
import { madeScenario } from './scenario.ts';
import { framed, replyTo, request, sendFrom, sendNoBytes, sendOversized, written } from './wire.ts';

const SCENARIO = madeScenario({
  name: 'Under attack',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [{ name: 'victim', memoryMiB: 128 }],
});

/** Above what the window's own connection has used, ascending: only what is wrong with a message refuses it. */
let lastId = 1_000_000;
const next = (): number => ++lastId;

const ATTACKS: readonly { readonly what: string; readonly messages: () => readonly Uint8Array[] }[] = [
  {
    what: 'malformed bytes',
    messages: () => [
      new Uint8Array(0),
      Uint8Array.of(1, 0, 0),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(5, 0, 0, 0, 0x7b),
      framed('{"id":1,'),
      framed(''),
      framed('{"id":1,"name":"hello"}}'),
    ],
  },
  {
    what: 'JSON that is no request',
    messages: () => [
      ...[null, 5, 'hello', [], [1, 'hello', {}], {}].map(written),
      written({ id: next(), name: 'run.pause' }),
      written({ name: 'run.pause', input: {} }),
      framed(`{"id":${next()},"name":"run.step","input":{"ticks":1},"__proto__":{"polluted":true},"more":1}`),
    ],
  },
  {
    what: 'numbers that are no request numbers',
    messages: () => [0, -1, 1.5, '7', null, 2 ** 60, 1e308].map((id) => request(id, 'run.step', { ticks: 1 })),
  },
  {
    what: 'requests that are not in the table',
    messages: () =>
      ['run.erase', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'RUN.STEP', 'run', 7, null].map(
        (name) => request(next(), name, {}),
      ),
  },
  {
    what: 'inputs that do not fit',
    messages: () => [
      request(next(), 'run.step', { ticks: -1 }),
      request(next(), 'run.step', { ticks: 1e9 }),
      request(next(), 'run.step', { ticks: 1, more: true }),
      request(next(), 'run.play', { ticksPerSec: 'fast' }),
      request(next(), 'run.command', { command: { type: 'compact', vm: 'victim', nodes: [0], rateMiBps: -5 } }),
      request(next(), 'run.command', { command: { type: 'erase', vm: 'victim' } }),
      request(next(), 'view.tiles', { vm: 'victim', fromPfn: 0, pages: 2 ** 31 }),
      request(next(), 'document.import', { files: [] }),
      request(next(), 'document.rename', { name: '' }),
    ],
  },
  {
    what: 'paths where names belong',
    messages: () => [
      ...[
        '../evil.json',
        '..\\evil.json',
        '/tmp/evil.json',
        'a/../../evil.json',
        '..',
        'C:evil.json',
        'evil\0.json',
      ].flatMap((name) => [
        request(next(), 'document.save', { as: true, name, overwrite: true }),
        request(next(), 'export.write', { name }),
      ]),
    ],
  },
];

test.beforeEach(async ({ ui }) => {
  await ui.importFiles([{ name: 'attack.pageshift.json', text: SCENARIO }]);
  await ui.step();
});

for (const { what, messages } of ATTACKS) {
  test(`${what}: refused, logged, nothing changed`, async ({ application, ui }) => {
    const before = await ui.standing();
    const documents = readdirSync(application.home.documents);
    const intruder = await application.anotherWindow();
    const said = refusals(application.log);
    const list = messages();
    await sendFrom(intruder, list);
    await expect
      .poll(() => refusals(application.log) - said, `${list.length} refusals in the log`)
      .toBeGreaterThanOrEqual(list.length);
    expect(await ui.standing()).toEqual(before);
    await ui.step();
    expect((await ui.standing()).tick).toBe(before.tick + 1);
    expect(existsSync(join(application.home.folder, 'evil.json'))).toBe(false);
    expect(readdirSync(application.home.documents)).toEqual(documents);
  });
}

test('a message that comes twice is done once', async ({ application, ui }) => {
  const { tick } = await ui.standing();
  const intruder = await application.anotherWindow();
  // What any window may do: say hello, hear what is open, show it, step it.
  const hello = next();
  await sendFrom(intruder, [request(hello, 'hello', { protocol: PROTOCOL_VERSION })]);
  await expect.poll(() => replyTo(intruder, hello)).toMatchObject({ output: { start: { open: [{ windows: 1 }] } } });
  const { output } = (await replyTo(intruder, hello)) as { output: HelloReply };
  const said = refusals(application.log);
  const attach = request(next(), 'attach', { document: output.start.open[0]!.id });
  const step = request(next(), 'run.step', { ticks: 1 });
  await sendFrom(intruder, [attach, step, step, step, attach, request(3, 'run.step', { ticks: 1 })]);
  await expect.poll(() => refusals(application.log) - said).toBeGreaterThanOrEqual(4);
  await expect.poll(async () => (await ui.standing()).tick).toBe(tick + 1);
  // A second step of the intruder would be counted here.
  await ui.step();
  expect((await ui.standing()).tick).toBe(tick + 2);
});

test('what is no bytes at all is refused', async ({ application, ui }) => {
  const before = await ui.standing();
  const intruder = await application.anotherWindow();
  await sendNoBytes(intruder);
  await expect.poll(() => refusals(application.log)).toBeGreaterThan(0);
  expect(await ui.standing()).toEqual(before);
});

test('a message that is too large is refused', async ({ application, ui }) => {
  const before = await ui.standing();
  const intruder = await application.anotherWindow();
  await sendOversized(intruder, MAX_MESSAGE_BYTES + 1);
  await expect.poll(() => refusals(application.log)).toBeGreaterThan(0);
  expect(await ui.standing()).toEqual(before);
});

test('names of entries are only looked up, never followed', async ({ application, ui }) => {
  const before = await ui.standing();
  const intruder = await application.anotherWindow();
  const names = ['../../package.json', '/etc/passwd', '..', '__proto__', 'two-socket-compact/../../../package'];
  await sendFrom(
    intruder,
    names.flatMap((name) => [
      request(next(), 'document.example', { example: name }),
      request(next(), 'document.recent', { recent: name }),
      request(next(), 'document.recover', { recovery: name }),
      request(next(), 'document.discardRecovery', { recovery: name }),
      request(next(), 'attach', { document: name }),
    ]),
  );
  await ui.step();
  expect(await ui.standing()).toEqual({
    ...before,
    tick: before.tick + 1,
    chain: expect.not.stringMatching(before.chain),
  });
});

/** Lines of main's log that refuse something. */
const refusals = (log: string): number => log.split('\n').filter((line) => /refus/i.test(line)).length;
