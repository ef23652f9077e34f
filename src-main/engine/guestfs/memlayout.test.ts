import { describe, expect, test } from 'vitest';
import { CORRECT, RFC_V3 } from '../../../shared/model/config.ts';
import { World } from '../world.ts';
import { config, Console, MEMLAYOUT, stripedAsPosted } from '../console-fixture.ts';

const layoutFiles = (c: Console, layout: string): Record<string, string> =>
  Object.fromEntries(
    c
      .ls(`${MEMLAYOUT}/${layout}`)
      .filter((name) => /^[0-9a-f]+-/.test(name))
      .map((name) => [name, c.cat(`${MEMLAYOUT}/${layout}/${name}`)]),
  );

/** Vector T11: what memlayout's files say. */
describe('T11, the interface', () => {
  test('1: start above end stages nothing but an empty layout', () => {
    const c = new Console();
    expect(c.stage(100, 99, 1)).toBe('EINVAL');
    expect(c.ls(MEMLAYOUT)).toContain('layout.1');
    expect(layoutFiles(c, 'layout.1')).toEqual({});
    expect(c.cat(`${MEMLAYOUT}/start`)).toBe('0x0000000000000064\n');
    expect(c.commit()).toBe('EINVAL');
    expect(c.cat(`${MEMLAYOUT}/current/00000-08000`)).toBe('0\n');
    expect(c.log.at(-1)).toBe('memlayout: layout.1 has no ranges');
  });

  test('1, as posted: the commit of an empty layout kills the writer, and the mutex stays held', () => {
    const c = new Console({ profile: { rfc: { ...CORRECT, emptyCommitCrash: true } } });
    expect(c.stage(100, 99, 1)).toBe('EINVAL');
    expect(c.commit()).toBe('killed');
    expect(c.log.some((line) => line.startsWith('BUG: unable to handle kernel NULL pointer'))).toBe(true);
    expect(c.commit()).toBe('hangs');
    expect(c.clear()).toBe('hangs');
    expect(c.stage(0, 9, 1)).toBe('hangs');
    expect(c.cat(`${MEMLAYOUT}/end`)).toBe('0x0000000000000009\n');
    expect(c.world.check()).toEqual([]);
    const twin = new Console(World.restore(c.world.config, c.world.state()));
    expect(twin.commit()).toBe('hangs');
  });

  test('2: a node that is not possible', () => {
    const c = new Console();
    expect(c.stage(0, 9, 4)).toBe('EINVAL');
    expect(c.stage(0, 9, -1)).toBe('EINVAL');
    expect(c.log.at(-1)).toBe('memlayout: node 4294967295 is none of the 4 possible ones');
    // nid truncates to 32 bits.
    expect(c.stage(0, 9, '0x100000001')).toBe(null);
    expect(layoutFiles(c, 'layout.1')).toEqual({ '00000-00009': '1\n' });
  });

  test.each([
    ['correct', false, 'EEXIST'],
    ['as posted', true, null],
  ] as const)('3: an overlap, %s', (_, overlapSilent, errno) => {
    const c = new Console({ profile: { rfc: { ...CORRECT, overlapSilent } } });
    expect(c.stage(0, 9, 1)).toBe(null);
    expect(c.cat(`${MEMLAYOUT}/start`)).toBe('0x0000000000000000\n');
    expect(c.cat(`${MEMLAYOUT}/end`)).toBe('0x0000000000000000\n');
    expect(c.stage(5, 20, 2)).toBe(errno);
    expect(layoutFiles(c, 'layout.1')).toEqual({ '00000-00009': '1\n' });
    expect(c.cat(`${MEMLAYOUT}/end`)).toBe('0x0000000000000014\n');
    const told = c.log.filter((line) => line.includes('tried to embed'));
    expect(told[0]).toBe('memlayout: tried to embed {00005-00014}:2 inside {00000-00009}:1');
    // The shell sends the line feed again; it is read as node 0 and collides once more.
    expect(told[1]).toBe(
      overlapSilent ? 'memlayout: tried to embed {00005-00014}:0 inside {00000-00009}:1' : undefined,
    );
    c.world.beginLine('g', 'printf 2 > node');
    expect(c.world.writeFile(`${MEMLAYOUT}/node`, '2')).toEqual(
      overlapSilent ? { ok: true, consumed: 1 } : { ok: false, errno: 'EEXIST' },
    );
    c.world.endLine();
  });

  test('4 and 5: commit without a staged layout does nothing; clear uses a number up', () => {
    const c = new Console();
    expect(c.commit()).toBe(null);
    expect(c.cat(`${MEMLAYOUT}/moved-pages`)).toBe('0\n');
    expect(c.ls(MEMLAYOUT).filter((n) => n.startsWith('layout'))).toEqual(['layout.0']);
    c.stage(0, 9, 1);
    expect(c.clear()).toBe(null);
    expect(c.commit()).toBe(null);
    expect(c.ls(MEMLAYOUT).filter((n) => n.startsWith('layout'))).toEqual(['layout.0']);
    c.stage(0, 9, 1);
    c.commit();
    expect(c.world.filesOf('g')!.stat(`${MEMLAYOUT}/current`)).toMatchObject({ kind: 'link', target: 'layout.2' });
    expect(c.guest.memory.layout.seq).toBe(2);
  });

  test('6: holes go to the range below, and it is said which', () => {
    const c = new Console();
    c.stage(1000, 1999, 1);
    c.stage('0xbb8', 3999, 0);
    expect(layoutFiles(c, 'layout.1')).toEqual({ '003e8-007cf': '1\n', '00bb8-00f9f': '0\n' });
    expect(c.commit()).toBe(null);
    expect(layoutFiles(c, 'current')).toEqual({ '00000-00bb7': '1\n', '00bb8-08000': '0\n' });
    expect(c.cat(`${MEMLAYOUT}/current/filled`)).toBe('00000-003e7\n007d0-00bb7\n00fa0-07fff\n');
    expect([c.guest.memory.presentPages(0), c.guest.memory.presentPages(1)]).toEqual([29768, 3000]);
    expect(c.cat(`${MEMLAYOUT}/moved-pages`)).toBe('3000\n');
    expect(c.world.check()).toEqual([]);
  });

  test('7: what cannot be written, and what a root reader of a write-only file sees', () => {
    const c = new Console();
    c.stage(0, 9, 1);
    c.commit();
    const files = c.world.filesOf('g')!;
    for (const name of ['node', 'commit', 'clear']) expect(files.stat(`${MEMLAYOUT}/${name}`)!.mode).toBe(0o200);
    for (const name of ['start', 'end']) expect(files.stat(`${MEMLAYOUT}/${name}`)!.mode).toBe(0o600);
    for (const name of ['moved-pages', 'pfn-lookup-cache-hits', 'pfn-lookup-cache-misses']) {
      expect(files.stat(`${MEMLAYOUT}/${name}`)!.mode).toBe(0o400);
      expect(c.echo(1, `${MEMLAYOUT}/${name}`)).toBe('EACCES');
    }
    expect(c.cat(`${MEMLAYOUT}/node`)).toBe('0x0000000000000001\n');
    expect(c.cat(`${MEMLAYOUT}/commit`)).toBe('0x0000000000000001\n');
    expect(c.echo(1, `${MEMLAYOUT}/current/00000-08000`)).toBe('EACCES');
    expect(c.echo(1, `${MEMLAYOUT}/current`)).toBe('EISDIR');
    expect(c.echo(1, `${MEMLAYOUT}/new`)).toBe('EACCES');
  });

  test.each([
    [0, ['layout.2']],
    [1, ['layout.1', 'layout.2']],
    [-1, ['layout.0', 'layout.1', 'layout.2']],
  ])('8: with a backlog of %i', (backlog, names) => {
    const c = new Console({ profile: { backlog } });
    for (const pages of [99, 199]) {
      c.stage(0, pages, 1);
      c.stage(pages + 1, 32767, 0);
      c.commit();
    }
    expect(c.ls(MEMLAYOUT).filter((n) => n.startsWith('layout'))).toEqual(names);
    expect(c.world.filesOf('g')!.resolve(`${MEMLAYOUT}/current/00000-000c7`)).toBe(`${MEMLAYOUT}/layout.2/00000-000c7`);
  });
});

test('a backlog is a power of two: 3 keeps 4', () => {
  const c = new Console({ profile: { backlog: 3 } });
  for (let pages = 0; pages < 7; pages++) {
    c.stage(0, pages, 1);
    c.commit();
  }
  expect(c.ls(MEMLAYOUT).filter((n) => n.startsWith('layout'))).toEqual([3, 4, 5, 6, 7].map((n) => `layout.${n}`));
});

test('a layout whose last range runs past the end is shown as it was written, and means what there is (T3)', () => {
  const c = new Console();
  c.stage(0, 16384, 0);
  c.stage(16385, 32769, 1);
  c.commit();
  expect(layoutFiles(c, 'current')).toEqual({ '00000-04000': '0\n', '04001-08001': '1\n' });
  expect(c.ls(`${MEMLAYOUT}/current`)).not.toContain('filled');
  expect([0, 1].map((nid) => c.guest.memory.presentPages(nid))).toEqual([16385, 16383]);
  expect(c.cat(`${MEMLAYOUT}/moved-pages`)).toBe('16383\n');
  expect(c.world.check()).toEqual([]);
});

test('ranges wholly beyond the memory belong to nobody', () => {
  const c = new Console();
  expect(c.stage(40000, 50000, 1)).toBe(null);
  expect(c.stage(60000, 60009, 2)).toBe(null);
  expect(c.commit()).toBe(null);
  expect(layoutFiles(c, 'current')).toEqual({ '00000-0ea5f': '1\n', '0ea60-0ea69': '2\n' });
  expect(c.guest.memory.presentPages(1)).toBe(32768);
  expect(c.stage(0, '0xffffffff', 0)).toBe('EINVAL');
});

describe('numbers', () => {
  const end = `${MEMLAYOUT}/end`;
  test.each([
    ['10', 10],
    ['0x10', 16],
    ['010', 8],
    ['0X1f', 31],
    ['12abc', 12],
    ['abc', 0],
    [' 5', 0],
    ['0x', 0],
    ['089', 0],
    ['123456789012345678901234567890', 0],
  ])('3.10 reads %s', (text, value) => {
    const c = new Console();
    expect(c.echo(text, end)).toBe(null);
    // 23 characters are looked at.
    const expected = text.length > 23 ? BigInt.asUintN(64, BigInt(text.slice(0, 23))) : BigInt(value);
    expect(BigInt(c.cat(end).trim())).toBe(expected);
  });

  test('6.1 refuses what is no number', () => {
    const c = new Console({ profile: { era: '6.1' } });
    for (const text of ['abc', '12abc', ' 5', '-1', '0x', '18446744073709551616', '1 ']) {
      expect(c.echo(text, end)).toBe('EINVAL');
    }
    for (const [text, value] of [
      ['12', 12],
      ['0x1f', 31],
      ['010', 8],
      ['+3', 3],
    ] as const) {
      expect(c.echo(text, end)).toBe(null);
      expect(Number(c.cat(end))).toBe(value);
    }
  });
});

describe('a line of the shell is one command', () => {
  /** Stages and commits a layout in one line, with an error in it. */
  function line(c: Console): void {
    c.world.beginLine('g', 'dnuma-test');
    const write = (name: string, text: string): unknown => c.world.writeFile(`${MEMLAYOUT}/${name}`, text);
    expect(write('node', '9\n')).toEqual({ ok: false, errno: 'EINVAL' });
    for (const [start, end, node] of [
      [0, 8191, 1],
      [8192, 32767, 0],
    ]) {
      write('start', `${start}\n`);
      write('end', `${end}\n`);
      expect(write('node', `${node}\n`)).toEqual({ ok: true, consumed: 2 });
    }
    write('nothing', '1\n');
    expect(write('commit', '1\n')).toEqual({ ok: true, consumed: 2 });
    expect(c.guest.memory.layout.seq).toBe(1);
    expect(c.world.endLine()).toBe(8);
  }

  test('what it wrote is in the schedule, the log and the configuration; replay gives the same hash and chain', () => {
    const c = new Console({ profile: { rfc: RFC_V3 } });
    c.world.step(3);
    line(c);
    expect(c.world.config.schedule).toHaveLength(1);
    expect(c.world.config.schedule[0]).toMatchObject({ at: 3, command: { type: 'writeFiles', line: 'dnuma-test' } });
    expect(c.world.log).toHaveLength(1);
    const events = c.world.takeEvents().map((e) => e.type);
    expect(events.slice(0, 1)).toEqual(['commandApplied']);
    expect(events).toContain('layoutCommitted');
    const text = JSON.parse(JSON.stringify(c.world.config)) as typeof c.world.config;
    const replayed = World.create(text).world!;
    replayed.step(3);
    for (let i = 0; i < 3; i++) {
      c.world.step();
      replayed.step();
      expect(replayed.hash()).toBe(c.world.hash());
      expect(replayed.chain).toBe(c.world.chain);
    }
    expect(replayed.log).toEqual(c.world.log);
    const restored = World.restore(c.world.config, c.world.state());
    for (const w of [c.world, restored]) w.step(2);
    expect(restored.hash()).toBe(c.world.hash());
  });

  test('one that writes nothing leaves no trace', () => {
    const c = new Console();
    const before = { hash: c.world.hash(), chain: c.world.chain, config: c.world.config };
    c.world.beginLine('g', 'cat /proc/version > /proc/nothing');
    expect(c.world.writeFile('/proc/nothing', 'x')).toEqual({ ok: false, errno: 'ENOENT' });
    expect(c.world.writeFile(`${MEMLAYOUT}/moved-pages`, 'x')).toEqual({ ok: false, errno: 'EACCES' });
    expect(c.world.endLine()).toBe(0);
    expect({ hash: c.world.hash(), chain: c.world.chain, config: c.world.config }).toEqual(before);
    expect(c.world.takeEvents()).toEqual([]);
  });

  test('while it is open, time stands still and nothing else may be done', () => {
    const c = new Console();
    c.world.beginLine('g', 'sleep');
    expect(() => c.world.step()).toThrow('line-open');
    expect(() => c.world.hash()).toThrow('line-open');
    expect(() => c.world.state()).toThrow('line-open');
    expect(() => c.world.beginLine('g', 'again')).toThrow('line-open');
    expect(() => c.world.submit({ type: 'setWorkload', vm: 'g', workload: null })).toThrow('line-open');
    c.world.endLine();
    c.world.step();
  });

  test('a command that has too many writes, or an unknown VM, is refused', () => {
    const c = new Console();
    const write = { path: '/none', text: '1' };
    expect(c.world.submit({ type: 'writeFiles', vm: 'x', line: '', writes: [write] })?.slug).toBe('vm-unknown');
    const writes = new Array<typeof write>(1_000_001).fill(write);
    expect(c.world.submit({ type: 'writeFiles', vm: 'g', line: '', writes })?.slug).toBe('write-too-many');
    expect(c.world.submit({ type: 'writeFiles', vm: 'g', line: '', writes: [write] })).toBe(null);
  });
});

test('layouts of the host and of commands take numbers too', () => {
  const c = new Console();
  c.stage(0, 99, 1);
  expect(c.world.submit({ type: 'commitLayout', vm: 'g', ranges: [{ start: 0, end: 4096, nid: 2 }] })).toBe(null);
  expect(c.guest.memory.layout.seq).toBe(2);
  // The one that was staged before comes into force later, with the lower number.
  expect(c.commit()).toBe(null);
  expect(c.guest.memory.layout.seq).toBe(1);
  expect(c.guest.kernel.layouts.committed.map((k) => [k.seq, k.origin])).toEqual([
    [0, 'boot'],
    [2, 'command'],
    [1, 'debugfs'],
  ]);
  expect(c.world.check()).toEqual([]);
  expect(config().guests[0]!.name).toBe('g');
});

describe('stats of the later tree', () => {
  const NAMES =
    'cache-hit cache-miss transplant-on-free transplant-from-freelist-add transplant-from-freelist-remove ' +
    'zonelist-rebuild no-zonelist-rebuild pcp-setup pcp-update pcp-drain split-pages transplant-bail-reserved ' +
    'transplant-bail-nid-eq transplant-bail-page-not-buddy transplant-bail-already-done transplant-examined-pfn ' +
    'drain-zonestat future-zone-fixup';
  const read = (c: Console, folder: string): Record<string, number> =>
    Object.fromEntries(
      c
        .ls(`${MEMLAYOUT}/${folder}`)
        .map((name) => [name, Number(c.cat(`${MEMLAYOUT}/${folder}/${name}`))] as const)
        .filter(([, value]) => value !== 0),
    );

  test.each([
    ['correct', CORRECT],
    ['as posted', RFC_V3],
  ] as const)('T7, by layout and by node, %s', (name, rfc) => {
    const c = new Console({ profile: { rfc }, mm: { nrNodeIds: 2 } });
    const { memory: mm } = c.guest;
    for (let pfn = 20000; pfn < 21000; pfn++) mm.holdBlock(pfn, 0);
    expect(c.ls(`${MEMLAYOUT}/stats`)).toEqual(NAMES.split(' ').sort());
    expect(read(c, 'stats')).toEqual({});
    c.stage(0, 16383, 0);
    c.stage(16384, 32767, 1);
    c.commit();
    for (let pfn = 20000; pfn < 20500; pfn++) mm.freePagesDirect(pfn, 0);
    const first = {
      'cache-hit': 499,
      'cache-miss': 1,
      'transplant-on-free': 500,
      'transplant-from-freelist-add': 15384,
      'transplant-from-freelist-remove': 15384,
      'zonelist-rebuild': 1,
      'pcp-setup': 1,
      'pcp-update': 3,
      'pcp-drain': 1,
    };
    expect(read(c, 'stats')).toEqual(first);
    expect(read(c, 'current/stats')).toEqual(first);
    expect(read(c, 'node_stats/0')).toEqual({ 'transplant-from-freelist-remove': 15384, 'pcp-update': 2 });
    expect(read(c, 'node_stats/1')).toEqual({
      'transplant-on-free': 500,
      'transplant-from-freelist-add': 15384,
      'pcp-setup': 1,
      'pcp-update': 1,
    });
    c.stage(0, 32767, 0);
    c.commit();
    for (let pfn = 20500; pfn < 21000; pfn++) mm.freePagesDirect(pfn, 0);
    expect(read(c, 'layout.1/stats')).toEqual(first);
    const looked = { 'cache-hit': 499, 'cache-miss': 1, 'transplant-bail-nid-eq': 500 };
    expect(read(c, 'layout.2/stats')).toEqual({
      ...(name === 'correct' ? {} : looked),
      'transplant-from-freelist-add': 15884,
      'transplant-from-freelist-remove': 15884,
      // No zone gains its first page, and the posted code does not ask which have lost their last.
      [name === 'correct' ? 'zonelist-rebuild' : 'no-zonelist-rebuild']: 1,
      'pcp-update': 3,
      'pcp-drain': 1,
    });
    expect(read(c, 'layout.2/node_stats/1')).toEqual({ 'transplant-from-freelist-remove': 15884, 'pcp-update': 1 });
    c.stage(0, 32767, 0);
    c.commit();
    expect(read(c, 'layout.3/stats')['no-zonelist-rebuild']).toBe(1);
    expect(read(c, 'layout.0/stats')).toEqual({});
    expect(c.world.check()).toEqual([]);
  });

  test('a block that is cut when it is freed (T8)', () => {
    const c = new Console();
    c.guest.memory.holdBlock(16384, 9);
    c.stage(0, 16499, 0);
    c.stage(16500, 32767, 1);
    c.commit();
    c.guest.memory.freePagesDirect(16384, 9);
    expect(read(c, 'stats')).toMatchObject({ 'split-pages': 512, 'transplant-on-free': 396 });
    expect(c.world.check()).toEqual([]);
  });

  test('straddling blocks are warned of (T4)', () => {
    const c = stripedAsPosted();
    expect(c.log).toContain('dnuma: 21 free blocks reached beyond the end of the range that its first page is in');
  });
});
