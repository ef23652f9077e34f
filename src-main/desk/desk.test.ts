import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/protocol/index.ts';
import { runJob } from '../runtime/index.ts';
import { readScenario } from '../scenario/index.ts';
import type { FakeShell } from './fixture/page.ts';
import { COMPACT, fakeShell, Page, SMALL, until } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
let shell: FakeShell;
let desk: Desk;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-'));
  shell = fakeShell(folder, false);
  desk = await Desk.open(shell);
});
afterEach(async () => {
  await desk.close();
  await rm(folder, { recursive: true });
});

async function imported(page: Page, text = SMALL): Promise<string> {
  const reply = await page.get('document.import', { files: [{ name: 'small.json', text }] });
  expect(reply.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return reply.document!;
}

/** The chain of a scenario run by itself for so many ticks. */
async function chainOf(text: string, ticks: number): Promise<string> {
  const { run } = await runJob('run', {
    scenario: readScenario(text, '').value!,
    until: { converged: false, ticks },
    version: '',
  });
  return run!.record.chain;
}

describe('the start screen', () => {
  test('has the six examples, the tour first, with their hosts and how their VMs lie', async () => {
    const { start, tables, document } = await new Page(desk, 'w').hello();
    expect(document).toBeNull();
    expect(tables).toContain('accounting.csv');
    expect(start.examples.map(({ id }) => id)).toEqual([
      'two-socket-compact',
      'rfc-cover-letter',
      'rfc-defects',
      'two-to-four-migrate',
      'numad-eight-node',
      'one-node-for-big',
    ]);
    const { hosts, vms, commands } = start.examples[3]!;
    expect(hosts[0]!.nodes).toEqual([0, 1].map((nid) => ({ nid, memoryMiB: 32_768, cpus: 16 })));
    expect(vms[0]).toMatchObject({ name: 'shop', host: 'two-socket', memoryMiB: 16_384 });
    expect(vms[0]!.shares).toEqual([0, 1].map((nid) => ({ nid, part: 0.5 })));
    expect(commands).toBe(1);
    for (const example of start.examples)
      for (const { shares } of example.vms) expect(shares.reduce((sum, { part }) => sum + part, 0)).toBeCloseTo(1, 10);
  });

  test('lists what is open, and is told when that changes', async () => {
    const [a, b] = [new Page(desk, 'a'), new Page(desk, 'b')];
    const id = await imported(a);
    await a.show(id);
    await until('b is told', () => b.last('start')?.open[0]?.windows === 1);
    expect(b.last('start')!.open).toMatchObject([{ id, name: 'small', tick: 0, playing: false }]);
    await a.get('run.play', { ticksPerSec: 20 });
    await until('b sees it play', () => (b.last('start')?.open[0]?.tick ?? 0) > 3);
  });
});

test('what is wrong with a document is answered, and a question about no VM is denied', async () => {
  const page = new Page(desk, 'w');
  const text = JSON.stringify({
    pageshift: 1,
    name: 'bound',
    hosts: [
      { name: 'h', nodes: [0, 1].map((nid) => ({ nid, cpus: `${nid}`, memoryMiB: 4096, freeKiB: 1_048_576 })) },
      { name: 'there', nodes: [{ nid: 0, cpus: '0', memoryMiB: 4096 }] },
    ],
    vms: [
      {
        name: 'a',
        host: 'h',
        memoryMiB: 256,
        running: true,
        placement: { mode: 'strict', nodes: [1] },
        assumed: ['Where its memory lies.'],
      },
    ],
  });
  await page.show(await imported(page, text));
  const { findings, assumed, notTested } = await page.get('document.findings', { migration: null });
  expect(findings.map(({ id }) => id)).not.toContain('migration-node-missing');
  expect(assumed).toMatchObject([
    { host: 'h', vm: 'a', text: 'Where its memory lies.', measure: expect.any(String) },
    { host: 'h', vm: 'a', text: expect.stringContaining('What it writes a second is not known') },
  ]);
  expect(notTested.length).toBeGreaterThan(0);
  const open = { dirtyMibPerSec: null, workingSetMib: null, linkMibPerSec: null, downtimeLimitMs: null };
  const asked = await page.get('document.findings', { migration: { vm: 'a', toHost: 'there', ...open } });
  expect(asked.findings.map(({ id }) => id)).toContain('migration-node-missing');
  await expect(page.get('document.findings', { migration: { vm: 'b', toHost: 'there', ...open } })).rejects.toThrow(
    'there is no VM "b"',
  );
});

describe('a document', () => {
  test('is made of the small form', async () => {
    const page = new Page(desk, 'w');
    const hosts = [{ count: 1, nodes: 4, nodeMemoryMiB: 1024, cpusPerNode: 2, vms: 3, vmMemoryMiB: 256 }];
    const form = { name: 'mine', hosts, links: null };
    const kernel = { era: '6.1', defects: 'rfc-v3' } as const;
    const { document, diagnostics } = await page.get('document.new', { ...form, ...kernel });
    expect(diagnostics).toEqual([]);
    const state = (await page.get('attach', { document }))!;
    expect(state).toMatchObject({ name: 'mine', dirty: true, place: null, tick: 0 });
    expect(state.inputs.guests.map(({ name }) => name)).toEqual(['vm1', 'vm2', 'vm3']);
    const { payload } = await page.ask('document.text', {});
    const scenario = readScenario(Buffer.from(payload).toString(), '').value!;
    expect(scenario.hosts[0]!.nodes.map(({ cpus }) => cpus)).toEqual(['0-1', '2-3', '4-5', '6-7']);
    expect(scenario.vms.every(({ placement }) => placement.mode === 'spread')).toBe(true);
    for (const { profile } of scenario.vms) expect(profile).toMatchObject({ era: '6.1', rfc: 'rfc-v3' });
  });

  test('of the small form has as many hosts as were asked for, and links between them', async () => {
    const page = new Page(desk, 'w');
    const small = { nodes: 2, nodeMemoryMiB: 256, cpusPerNode: 2, vms: 1, vmMemoryMiB: 64 };
    const hosts = [
      { ...small, count: 2 },
      { ...small, count: 1, nodes: 4, vms: 2 },
    ];
    for (const [between, joined] of [
      ['all', ['host1 to host2', 'host1 to host3', 'host2 to host3']],
      ['first', ['host1 to host2', 'host1 to host3']],
    ] as const) {
      const links = { between, bandwidthMiBps: 500 };
      await page.show((await page.get('document.new', { name: 'three', hosts, links })).document!);
      const { payload } = await page.ask('document.text', {});
      const scenario = readScenario(Buffer.from(payload).toString(), '').value!;
      expect(scenario.hosts.map(({ name, nodes }) => [name, nodes.length])).toEqual([
        ['host1', 2],
        ['host2', 2],
        ['host3', 4],
      ]);
      expect(scenario.links.map(({ name }) => name)).toEqual(joined);
      expect(scenario.links.every(({ bandwidthMiBps }) => bandwidthMiBps === 500)).toBe(true);
      expect(scenario.vms.map(({ name, host }) => [name, host])).toEqual([
        ['vm1', 'host1'],
        ['vm2', 'host2'],
        ['vm3', 'host3'],
        ['vm4', 'host3'],
      ]);
    }
  });

  test('of a form whose VMs do not fit is refused with every reason', async () => {
    const hosts = [{ count: 1, nodes: 1, nodeMemoryMiB: 64, cpusPerNode: 1, vms: 2, vmMemoryMiB: 256 }];
    const form = { name: 'mine', hosts, links: null };
    const { document, diagnostics } = await new Page(desk, 'w').get('document.new', form);
    expect(document).toBeNull();
    expect(diagnostics.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(0);
    expect(diagnostics[0]!.where.path).toMatch(/^\/vms\//);
    expect(desk.documents()).toEqual([]);
  });

  test('is compared beside its run, which tells how far it is and stays as it is', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    await page.get('run.step', { ticks: 40 });
    const before = await page.get('run.hashes', {});
    const comparison = await page.get('run.compare', { vm: 'v', of: 'defects' });
    expect(comparison).toMatchObject({ vm: 'v', tick: 40, of: 'defects' });
    expect(comparison.variants[0]).toMatchObject({ name: 'correct' });
    const told = page.last('comparing')!;
    expect(told).toMatchObject({ vm: 'v', of: 'defects', toTick: 40 });
    expect(told.variant).toBeLessThan(told.variants);
    expect(await page.get('run.hashes', {})).toEqual(before);
    await expect(page.get('run.compare', { vm: 'nobody', of: 'beyond' })).rejects.toThrow();
  });

  test('takes commands, undoes them and does them again, and its text says so', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    await page.get('run.step', { ticks: 5 });
    expect((await page.get('run.command', { command: COMPACT })).rejection).toBeNull();
    await until('it is told', () => page.last('state')?.undo !== null && page.last('state')?.dirty === true);
    expect(page.last('state')!.commands).toMatchObject([{ tick: 5, type: 'compact', vm: 'v' }]);
    await page.get('run.step', { ticks: 10 });
    const there = await page.get('run.hashes', {});
    const text = Buffer.from((await page.ask('document.text', {})).payload).toString();
    expect(await chainOf(text, 15)).toBe(there.chain);
    await page.get('run.undo', {});
    await until('it is undone', () => page.last('state')?.undo === null && page.last('state')?.dirty === false);
    await expect(page.get('run.undo', {})).rejects.toThrow('There is nothing to undo.');
    await page.get('run.redo', {});
    const again = Buffer.from((await page.ask('document.text', {})).payload).toString();
    expect(again).toBe(text);
    await until('it is told', () => page.last('state')?.redo === null);
  });

  test('refuses a command that the world refuses, and is not changed by it', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    const { rejection } = await page.get('run.command', { command: { ...COMPACT, nodes: [7] } });
    expect(rejection).not.toBeNull();
    expect(desk.documents()[0]!.dirty).toBe(false);
  });

  test('goes on with no window, and its hash does not depend on who looks', async () => {
    const page = new Page(desk, 'w');
    // Its pages live long, so it is not done before the windows have come and gone.
    const id = await imported(page, SMALL.replace('"meanMs": 1000', '"meanMs": 60000'));
    await page.show(id);
    await page.get('run.step', { ticks: 3 });
    // Slow enough to be under way for as long as a busy machine takes.
    await page.get('run.command', { command: { ...COMPACT, rateMiBps: 1 } });
    await page.get('run.play', { ticksPerSec: 20 });
    await setTimeout(200);
    // Reloaded, joined by a second window, then both closed.
    const reloaded = new Page(desk, 'w');
    expect((await reloaded.hello()).document).toBe(id);
    await reloaded.show(id);
    const second = new Page(desk, 'second');
    await second.show(id);
    await second.get('view.watch', { at: 2, blocksOf: 'v' });
    await setTimeout(100);
    second.close();
    reloaded.close();
    const { tick } = await stateOf(id);
    await until('it goes on', async () => (await stateOf(id)).tick > tick + 5);
    const last = new Page(desk, 'w');
    await last.show(id);
    await last.get('run.pause', {});
    const { tick: at, chain } = await last.get('run.hashes', {});
    const text = Buffer.from((await last.ask('document.text', {})).payload).toString();
    expect(await chainOf(text, at)).toBe(chain);
  });

  async function stateOf(id: string): Promise<{ tick: number }> {
    const page = new Page(desk, `looks at ${id}`);
    const state = (await page.get('attach', { document: id }))!;
    page.close();
    return state;
  }

  test('that is closed is gone from every window that showed it', async () => {
    const [a, b] = [new Page(desk, 'a'), new Page(desk, 'b')];
    const id = await imported(a);
    await a.show(id);
    await b.show(id);
    await a.get('document.close', { document: id, discard: true });
    expect(b.events('open')).toEqual([{ document: null }]);
    await expect(b.get('run.pause', {})).rejects.toThrow('This window shows no document.');
    await expect(a.get('attach', { document: id })).rejects.toThrow('not open any more');
    expect(shell.titles.get('b')).toBe('Pageshift');
  });

  test('beyond the sixteenth closes one that nobody would miss, or is refused', async () => {
    const page = new Page(desk, 'w');
    const hosts = [{ count: 1, nodes: 1, nodeMemoryMiB: 64, cpusPerNode: 0, vms: 0, vmMemoryMiB: 1 }];
    const form = { name: 'f', hosts, links: null };
    const first = await imported(page);
    for (let i = 0; i < 15; i++) expect((await page.get('document.new', form)).document).not.toBeNull();
    expect((await page.get('document.new', form)).document).not.toBeNull();
    expect(desk.documents().map(({ id }) => id)).not.toContain(first);
    expect((await page.get('document.new', form)).diagnostics).toMatchObject([{ slug: 'too-many-documents' }]);
    expect(desk.documents()).toHaveLength(16);
  }, 60_000);

  test('is titled by its name, and whether it is saved', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    expect(shell.titles.get('w')).toBe('small – Pageshift');
    await page.get('document.rename', { name: 'another' });
    await until('the title follows', () => shell.titles.get('w') === 'another (edited) – Pageshift');
    await expect(page.get('document.rename', { name: 'x'.repeat(101) })).rejects.toThrow('at most 100');
  });
});

describe('frames', () => {
  test('come one at a time, each after the one before was drawn', async () => {
    const page = new Page(desk, 'w');
    page.draws = false;
    await page.show(await imported(page));
    await until('the first comes', () => page.events('frame').length === 1);
    await page.get('run.play', { ticksPerSec: null });
    await setTimeout(400);
    expect(page.events('frame')).toHaveLength(1);
    await page.get('view.ack', { frame: 99 });
    await setTimeout(50);
    expect(page.events('frame')).toHaveLength(1);
    await page.get('view.ack', { frame: page.last('frame')!.frame });
    await until('the next comes', () => page.events('frame').length === 2);
    expect(page.last('frame')!.tick).toBeGreaterThan(0);
  });

  test('are at most about thirty a second, and none when nothing is new', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    await page.get('run.play', { ticksPerSec: 1000 });
    await setTimeout(1000);
    await page.get('run.pause', {});
    const frames = page.events('frame');
    expect(frames.length).toBeLessThan(36);
    expect(frames.length).toBeGreaterThan(5);
    const { tick } = await page.get('run.hashes', {});
    await until(
      'the last is the present',
      () => page.last('frame')!.tick === tick && page.last('state')!.tick === tick,
    );
    const { length } = page.events('frame');
    await setTimeout(300);
    expect(page.events('frame')).toHaveLength(length);
    const states = page.events('state').length;
    expect(states).toBeLessThan(20);
  });

  test('show what is asked for: a tick of the past, or a command given at the same tick', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    await page.get('run.step', { ticks: 20 });
    await until('the present is shown', () => page.last('frame')?.tick === 20);
    await page.get('view.watch', { at: 4, blocksOf: null });
    await until('the past is shown', () => page.last('frame')?.at === 4);
    expect(page.last('frame')!.tick).toBeLessThanOrEqual(4);
    await page.get('view.watch', { at: null, blocksOf: null });
    await until('the present is back', () => page.last('frame')?.at === null);
    const { length } = page.events('frame');
    await page.get('run.command', { command: COMPACT });
    await until('the command is seen', () => page.events('frame').length > length);
    await expect(page.get('view.watch', { at: null, blocksOf: 'nobody' })).rejects.toThrow('no VM');
  });

  test('and all else stop for a window that does not draw, does not read, or is gone', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    await until('the first comes', () => page.events('frame').length === 1);
    page.waitingBytes = 2 ** 30;
    await page.get('run.play', { ticksPerSec: 100 });
    await setTimeout(300);
    expect(page.events('state').length).toBeLessThan(4);
    page.waitingBytes = 0;
    await until('it is told again', () => (page.last('state')?.tick ?? 0) > 10);
    page.draws = false;
    await setTimeout(2500);
    const { length } = page.told;
    await setTimeout(400);
    expect(page.told.length).toBe(length);
    page.close();
  });
});

describe('events', () => {
  test('reach a window that comes late, all of them and once', async () => {
    const page = new Page(desk, 'w');
    const id = await imported(page);
    await page.show(id);
    await page.get('run.command', { command: COMPACT });
    await page.get('run.step', { ticks: 30 });
    const late = new Page(desk, 'late');
    await late.show(id);
    const joined = (from: Page): unknown[] => {
      let all: unknown[] = [];
      for (const { from: at, events } of from.events('events')) all = [...all.slice(0, at), ...events];
      return all;
    };
    const { events } = await page.get('view.events', { from: 0, most: 10_000 });
    expect(events.length).toBeGreaterThan(1);
    await until('late has all', () => joined(late).length === events.length);
    expect(joined(late)).toEqual(events);
    await until('page has all', () => joined(page).length === events.length);
    expect(joined(page)).toEqual(events);
    await page.get('run.undo', {});
    await until('they are taken back', () => joined(page).length < events.length);
  });
});

describe('exports', () => {
  test('are the report, its tables and the scenario, from one record', async () => {
    const page = new Page(desk, 'w');
    const { tables } = await page.hello();
    await page.show(await imported(page));
    await page.get('run.step', { ticks: 5 });
    const html = await page.ask('export.make', { kind: 'html' });
    expect(html.output).toEqual({ name: 'small-report.html', mime: 'text/html' });
    expect(Buffer.from(html.payload).toString()).toContain('small · Pageshift report');
    const json = JSON.parse(Buffer.from((await page.ask('export.make', { kind: 'json' })).payload).toString()) as {
      tick: number;
      chain: string;
    };
    expect(json.chain).toBe((await page.get('run.hashes', {})).chain);
    for (const table of tables) {
      const { output, payload } = await page.ask('export.make', { kind: 'csv', table });
      expect(output).toEqual({ name: `small-${table}`, mime: 'text/csv' });
      expect(Buffer.from(payload).toString()).toContain('\r\n');
    }
    const archive = await page.ask('export.make', { kind: 'tables' });
    expect(archive.output).toEqual({ name: 'small-tables.zip', mime: 'application/zip' });
    const inside = Buffer.from(archive.payload).toString('latin1');
    for (const table of tables) expect(inside).toContain(`small-${table}`);
    await expect(page.get('export.make', { kind: 'csv', table: '__proto__' })).rejects.toThrow('no such table');
    await expect(page.get('export.make', { kind: 'pdf' })).rejects.toThrow('print the preview');
    const scenario = await page.ask('export.make', { kind: 'scenario' });
    expect(Buffer.from(scenario.payload)).toEqual(Buffer.from((await page.ask('document.text', {})).payload));
  });

  test('can be looked at under a path that nobody guesses, with a policy of its own', async () => {
    const page = new Page(desk, 'w');
    await page.show(await imported(page));
    const { path } = await page.get('export.preview', {});
    expect(path).toMatch(/^\/preview\/[0-9a-f]{32}$/);
    const asset = desk.asset(path)!;
    expect(Buffer.from(asset.body).toString()).toContain('Pageshift report');
    expect(asset.headers['Content-Security-Policy']).toContain("default-src 'none'; style-src 'unsafe-inline'");
    for (const other of ['/preview/', `${path}x`, `${path}/../`, '/preview/../../etc/passwd', '/preview/__proto__'])
      expect(desk.asset(other)).toBeNull();
    for (let i = 0; i < 8; i++) await page.get('export.preview', {});
    expect(desk.asset(path)).toBeNull();
  });
});

test('an imported host and its VMs become one unsaved document; all problems come at once', async () => {
  const page = new Page(desk, 'w');
  const host =
    'available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 4096 MB\nnode 0 free: 2000 MB\nnode 1 cpus: 2 3\nnode 1 size: 4096 MB\nnode 1 free: 2000 MB\nnode distances:\nnode   0   1 \n  0:  10  20 \n  1:  20  10 \n';
  const vm = "<domain type='kvm'><name>db</name><memory unit='MiB'>1024</memory><vcpu>2</vcpu></domain>";
  const files = [
    { name: 'C:\\vms\\db.xml', text: vm },
    { name: 'host.txt', text: host },
  ];
  const reply = await page.get('document.import', { files });
  expect(reply.files).toEqual([
    { name: 'db.xml', kind: 'vm' },
    { name: 'host.txt', kind: 'host' },
  ]);
  const state = (await page.get('attach', { document: reply.document }))!;
  expect(state).toMatchObject({ dirty: true, place: null, commands: [], isImport: true });
  // However it is opened, what it is is the same.
  for (const [name, text, isImport] of [
    ['pasted.txt', `$ numactl --hardware\n${host}$ virsh dumpxml db\n${vm}\n`, true],
    ['small.pageshift.json', SMALL, false],
  ] as const) {
    const path = join(folder, name);
    await writeFile(path, text);
    const { document } = await desk.openPath(null, path);
    expect((await page.get('attach', { document }))!.isImport).toBe(isImport);
  }
  const bad = await page.get('document.import', {
    files: [
      { name: 'a.xml', text: '<domain><name>x' },
      { name: 'b.json', text: '{ "pageshift": 1 }' },
      { name: 'c.txt', text: 'what?' },
    ],
  });
  expect(bad.document).toBeNull();
  expect(new Set(bad.diagnostics.map(({ where }) => where.file))).toEqual(new Set(['a.xml', 'b.json', 'c.txt']));
  expect(bad.files.map(({ kind }) => kind)).toEqual(['vm', 'scenario', null]);
});

test('an opening tells how far it is, and is given up at once', async () => {
  const page = new Page(desk, 'w');
  const large = [{ count: 1, nodes: 1, nodeMemoryMiB: 16_384, cpusPerNode: 4, vms: 1, vmMemoryMiB: 8192 }];
  const opened = page.get('document.new', { name: 'large', hosts: large, links: null });
  await until('it is being made', () => (page.last('opening')?.pages ?? 0) > 0);
  expect(page.last('opening')!.ofPages).toBeGreaterThanOrEqual(2 ** 21);
  await page.get('document.stopOpening', {});
  expect(await opened).toEqual({ document: null, diagnostics: [] });
  expect(desk.documents()).toEqual([]);
  expect((await page.get('hello', { protocol: PROTOCOL_VERSION })).start.recoverable).toEqual([]);
});

describe('the end', () => {
  test.each([0, 5, 20, 60])('ends what is just being opened too, %i ms after it was asked for', async (ms) => {
    const path = join(folder, 'small.pageshift.json');
    await writeFile(path, SMALL);
    const opening = desk.openPath(null, path);
    const settled = Promise.allSettled([opening]);
    await setTimeout(ms);
    await desk.close();
    await settled;
    expect(desk.documents()).toEqual([]);
    await expect(desk.openPath(null, path)).rejects.toThrow(/ends/);
  });
});
