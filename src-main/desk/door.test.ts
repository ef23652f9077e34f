import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestName } from '../../shared/protocol/index.ts';
import { MAX_MESSAGE_BYTES, requests } from '../../shared/protocol/index.ts';
import { admit } from './door.ts';
import type { FakeShell } from './fixture/page.ts';
import { fakeShell, message, Page, SMALL } from './fixture/page.ts';
import { Desk } from './index.ts';

const SEED = 20261126;
const SECRET = 'what-a-hostile-window-sent';

const why = (bytes: Uint8Array, lastId = 0): string => {
  const admitted = admit(bytes, lastId);
  return 'why' in admitted ? admitted.why : 'admitted';
};

describe('the door', () => {
  test('lets a request of the table in, with what its validator gives', () => {
    expect(admit(message(1, 'run.play', { ticksPerSec: 5 }), 0)).toMatchObject({ id: 1, name: 'run.play', input: { ticksPerSec: 5 } }); // prettier-ignore
  });

  test('refuses by size before it reads', () => {
    expect(why(new Uint8Array(MAX_MESSAGE_BYTES + 1))).toContain(`at most ${MAX_MESSAGE_BYTES}`);
  });

  test.each<[string, unknown, unknown, unknown]>([
    ['an id that is text', '1', 'run.pause', {}],
    ['an id of zero', 0, 'run.pause', {}],
    ['a negative id', -1, 'run.pause', {}],
    ['a fraction', 1.5, 'run.pause', {}],
    ['an id beyond exact numbers', 2 ** 53, 'run.pause', {}],
    ['no id', undefined, 'run.pause', {}],
    ['a name that is none', 1, 7, {}],
    ['a name that is a list', 1, ['run.pause'], {}],
  ])('refuses %s', (_, id, name, input) => {
    expect(why(message(id, name, input))).toContain('form of a request');
  });

  test('refuses what is no object, and an object with more in it', () => {
    const raw = (json: unknown): Uint8Array => {
      const text = Buffer.from(JSON.stringify(json));
      const head = Buffer.alloc(4);
      head.writeUInt32LE(text.length);
      return Buffer.concat([head, text]);
    };
    for (const json of [null, 1, 'x', [], [1, 'run.pause', {}], { id: 1, name: 'run.pause', input: {}, more: 1 }])
      expect(why(raw(json))).toContain('form of a request');
    const proto = Buffer.from('{"id":1,"name":"run.pause","input":{},"__proto__":{}}');
    const head = Buffer.alloc(4);
    head.writeUInt32LE(proto.length);
    expect(why(Buffer.concat([head, proto]))).toContain('form of a request');
  });

  test('refuses a number that was had, and one before it', () => {
    expect(why(message(5, 'run.pause', {}), 5)).toContain('5 was had');
    expect(why(message(4, 'run.pause', {}), 5)).toContain('5 was had');
    expect(why(message(6, 'run.pause', {}), 5)).toBe('admitted');
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '', 'run.Play', 'run.play ', SECRET])(
    'refuses the request name %j',
    (name) => {
      expect(why(message(1, name, {}))).toBe('There is no request of this name.');
    },
  );

  test('refuses a payload where none is taken', () => {
    expect(why(message(1, 'run.pause', {}, Uint8Array.of(1)))).toContain('1 bytes of payload');
    expect(why(message(1, 'export.write', { name: 'a.svg' }, Uint8Array.of(1)))).toBe('admitted');
  });

  test('says where an input is wrong and not what was sent', () => {
    const bad = why(
      message(1, 'run.command', { command: { type: 'compact', vm: SECRET, nodes: [SECRET], rateMiBps: 1 } }),
    );
    expect(bad).toContain('command.nodes.0');
    expect(bad).not.toContain(SECRET);
    expect(why(message(1, 'run.pause', { [SECRET]: 1 }))).not.toContain(SECRET);
  });

  test(`any input of any request is admitted or refused, never thrown at, seed ${SEED}`, () => {
    const names = fc.constantFrom(...(Object.keys(requests) as RequestName[]));
    fc.assert(
      fc.property(names, fc.jsonValue(), (name, input) => {
        const admitted = admit(message(1, name, input), 0);
        expect('why' in admitted || requests[name].input.safeParse(input).success).toBe(true);
      }),
      { seed: SEED },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void admit(bytes, 0)),
      { seed: SEED },
    );
  });
});

describe('a hostile window', () => {
  let folder: string;
  let shell: FakeShell;
  let desk: Desk;
  let page: Page;
  let document: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'door-'));
    shell = fakeShell(folder, false);
    desk = await Desk.open(shell);
    page = new Page(desk, 'w');
    const files = [{ name: 'small.json', text: SMALL }];
    document = (await page.get('document.import', { files })).document!;
    await page.show(document);
  });
  afterAll(async () => {
    await desk.close();
    await rm(folder, { recursive: true });
  });

  const all = async (): Promise<unknown> => [
    await page.get('run.hashes', {}),
    Buffer.from((await page.ask('document.text', {})).payload).toString(),
    desk.documents(),
    (await readdir(folder, { recursive: true })).sort(),
  ];

  test('is refused, logged, and changes nothing', async () => {
    const before = await all();
    shell.lines.length = 0;
    page.post(new Uint8Array(0));
    page.post(Buffer.from(SECRET));
    page.post(new Uint8Array(MAX_MESSAGE_BYTES + 1));
    await expect(page.send(1, message(1, 'run.step', { ticks: 5 }))).rejects.toThrow('was had already');
    await expect(page.send(100, message(100, '__proto__', {}))).rejects.toMatchObject({ code: 'refused' });
    await expect(page.send(101, message(101, 'run.step', { ticks: -1 }))).rejects.toMatchObject({ code: 'refused' });
    await expect(page.send(102, message(102, 'run.step', { ticks: SECRET }))).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(page.get('attach', { document: '../../x' })).rejects.toMatchObject({ code: 'refused' });
    await expect(page.get('attach', { document: '__proto__' })).rejects.toMatchObject({ code: 'refused' });
    await expect(page.get('document.recent', { recent: '/etc/passwd' })).rejects.toMatchObject({ code: 'refused' });
    await expect(page.get('document.example', { example: '../two-socket-compact' })).rejects.toMatchObject({ code: 'refused' }); // prettier-ignore
    await expect(page.get('view.tiles', { vm: SECRET, fromPfn: 0, pages: 1 })).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(page.get('document.open', {})).rejects.toMatchObject({ code: 'refused' });
    await expect(page.ask('export.write', { name: 'a' }, Buffer.from('x'))).rejects.toMatchObject({ code: 'refused' });
    await page.get('document.discardRecovery', { recovery: '../../../documents' });
    expect((await page.get('document.recover', { recovery: '../x' })).diagnostics).toMatchObject([
      { slug: 'journal-unknown' },
    ]);
    expect(await all()).toEqual(before);
    expect(shell.lines.filter((line) => line.includes('refused'))).toHaveLength(14);
    expect(shell.lines.join('\n')).not.toContain(SECRET);
    expect(shell.lines.join('\n')).not.toContain('passwd');
  });

  test('that repeats itself is not logged without end', () => {
    shell.lines.length = 0;
    for (let i = 0; i < 5000; i++) page.post(Uint8Array.of(i));
    expect(shell.lines.length).toBeLessThan(30);
  });

  test('with a page of another version is told to load it again', async () => {
    await expect(page.get('hello', { protocol: 99 })).rejects.toThrow('load the page again');
  });

  test('that asks too much at once is refused the rest, and answered what was taken', async () => {
    const asked = Array.from({ length: 400 }, () => page.get('run.hashes', {}));
    const settled = await Promise.allSettled(asked);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(256);
    expect(settled.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'refused' } });
    expect((await page.get('run.hashes', {})).tick).toBe(0);
    const heavy = await Promise.allSettled(Array.from({ length: 20 }, () => page.get('export.preview', {})));
    expect(heavy.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
  });

  test('does not hear of a document that it does not show', async () => {
    const other = new Page(desk, 'other');
    await page.get('run.step', { ticks: 1 });
    expect(other.events('state')).toEqual([]);
    for (const name of ['run.pause', 'run.undo', 'run.hashes', 'document.text', 'export.preview'] as const)
      await expect(other.get(name, {})).rejects.toThrow('shows no document');
    other.close();
    expect(document).not.toBe('');
  });
});
