/** /proc and /sys of small guests whose numbers can be worked out by hand. */
import { describe, expect, test } from 'vitest';
import { CORRECT, RFC_V3 } from '../../../shared/model/config.ts';
import { Console } from '../console-fixture.ts';
import { World } from '../world.ts';

const NODE = '/sys/devices/system/node';
const MEMORY = '/sys/devices/system/memory';
const halves = [
  { start: 0, end: 16384, nid: 0 },
  { start: 16384, end: 32768, nid: 1 },
];

test('a path means what it means to Linux', () => {
  const files = new Console().world.filesOf('g')!;
  expect(files.resolve('/sys/devices/../devices/system/node/node0/memory0/')).toBe(
    '/sys/devices/system/memory/memory0',
  );
  expect(files.resolve('/sys/devices/system/node/node0/memory0/../memory0')).toBe('/sys/devices/system/memory/memory0');
  expect(files.resolve('/../proc')).toBe('/proc');
  expect(files.list('/')).toEqual(['dev', 'proc', 'sys']);
  expect(files.list('/proc/version')).toBe(null);
  expect(files.stat('/sys/devices/system/node/node0/memory0')).toEqual({
    kind: 'link',
    mode: 0o777,
    size: 20,
    target: '../../memory/memory0',
  });
  expect(files.stat('/sys/devices/system/node/node0/memory0/state')).toMatchObject({ kind: 'file', mode: 0o644 });
  expect(files.stat('/none')).toBe(null);
  expect(files.read('/proc')).toEqual({ ok: false, errno: 'EISDIR' });
  expect(files.read('/none')).toEqual({ ok: false, errno: 'ENOENT' });
  expect(files.read('proc/version')).toEqual({ ok: false, errno: 'ENOENT' });
  expect(files.read('/proc/version/more')).toEqual({ ok: false, errno: 'ENOTDIR' });
  expect(files.read(`/${'x/'.repeat(600)}`)).toEqual({ ok: false, errno: 'ENAMETOOLONG' });
  for (const name of ['constructor', '__proto__', 'toString', 'node-1', 'node00', 'node999', 'node1e0']) {
    expect(files.stat(`/sys/devices/system/node/${name}`)).toBe(null);
    expect(files.stat(`/${name}`)).toBe(null);
  }
});

test('every file of the tree can be read, and reading changes nothing', () => {
  for (const era of ['3.10', '6.1'] as const) {
    const c = new Console({ profile: { era }, mm: { bootLayout: halves, cpuNode: [0, 1, 1] } });
    const files = c.world.filesOf('g')!;
    const hash = c.world.hash();
    let read = 0;
    const walk = (path: string): void => {
      const stat = files.stat(path)!;
      if (stat.kind === 'dir') for (const name of files.list(path)!) walk(`${path === '/' ? '' : path}/${name}`);
      else if (stat.kind === 'link') expect(files.stat(files.resolve(path)!)!.kind, path).toBe('dir');
      else {
        const first = files.read(path);
        if (!first.ok) return;
        expect(files.read(path)).toEqual(first);
        expect(first.text === '' || first.text.endsWith('\n'), path).toBe(true);
        read++;
      }
    };
    walk('/');
    expect(read).toBeGreaterThan(50);
    expect(c.world.hash()).toBe(hash);
  }
});

test.each(['3.10', '6.1'] as const)('permission bits of %s promise nothing that a file cannot do', (era) => {
  const c = new Console({ profile: { era }, mm: { bootLayout: halves } });
  const files = c.world.filesOf('g')!;
  const dirMode = (path: string): number => {
    if (path === '/proc' || path === '/sys') return 0o555;
    return path === '/sys/kernel/debug' ? 0o700 : 0o755;
  };
  const modes = new Set<number>();
  const walk = (path: string): void => {
    const { kind, mode } = files.stat(path)!;
    if (kind === 'dir') {
      expect(mode, path).toBe(dirMode(path));
      for (const name of files.list(path)!) walk(`${path === '/' ? '' : path}/${name}`);
    } else if (kind === 'file') {
      modes.add(mode);
      if (path.startsWith('/sys/kernel/debug/')) expect(mode & 0o077, `${path} is root's alone`).toBe(0);
      if ((mode & 0o400) !== 0) expect(files.read(path).ok, path).toBe(true);
      // Linux takes lines for its log from root; this guest does not.
      if ((mode & 0o200) !== 0 && path !== '/dev/kmsg') expect(c.echo('nonsense', path), path).not.toBe('EACCES');
    }
  };
  walk('/');
  expect([...modes].sort()).toEqual([0o200, 0o400, 0o444, 0o600, 0o644].sort());
});

test('/proc/zoneinfo of 3.10, whole', () => {
  const c = new Console({ mm: { bootLayout: halves } });
  const zeros = (names: string): string =>
    names
      .split(' ')
      .map((name) => `    ${name.padEnd(12)} 0\n`)
      .join('');
  const stats =
    zeros(
      'nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_mlock nr_anon_pages nr_mapped ' +
        'nr_file_pages nr_dirty nr_writeback nr_slab_reclaimable nr_slab_unreclaimable nr_page_table_pages ' +
        'nr_kernel_stack nr_unstable nr_bounce nr_vmscan_write nr_vmscan_immediate_reclaim nr_writeback_temp ' +
        'nr_isolated_anon nr_isolated_file nr_shmem nr_dirtied nr_written numa_hit numa_miss numa_foreign ' +
        'numa_interleave numa_local numa_other nr_anon_transparent_hugepages nr_free_cma',
    ) + '';
  const text = c.cat('/proc/zoneinfo');
  const [dma, upper0, upper1] = text.split(/(?=^Node)/m);
  // min_free_kbytes = isqrt(131072 * 16) = 1448, 362 pages; a zone's share of them by its managed pages.
  expect(dma).toBe(
    'Node 0, zone      DMA\n' +
      '  pages free     4096\n' +
      '        min      45\n' +
      '        low      56\n' +
      '        high     67\n' +
      '        scanned  0\n' +
      '        spanned  4096\n' +
      '        present  4096\n' +
      '        managed  4096\n' +
      `    nr_free_pages 4096\n${stats}` +
      '        protection: (0, 48, 48, 48)\n' +
      '  pagesets\n' +
      '    cpu: 0\n' +
      '              count: 0\n' +
      '              high:  0\n' +
      '              batch: 1\n' +
      '  vm stats threshold: 2\n' +
      '  all_unreclaimable: 0\n' +
      '  start_pfn:         0\n' +
      '  inactive_ratio:    1\n',
  );
  expect(upper0).toContain('Node 0, zone    DMA32\n  pages free     12288\n');
  expect(upper1).toContain('Node 1, zone    DMA32\n  pages free     16384\n');
  expect(upper1).toContain('  start_pfn:         16384\n');
  expect(text.split(/^Node/m)).toHaveLength(4);
});

test('/proc/zoneinfo of 6.1: counters of a node once, before its first zone with pages; empty zones end early', () => {
  const c = new Console({ profile: { era: '6.1' }, mm: { bootLayout: halves, cpuNode: [0, 1] } });
  const zones = c
    .cat('/proc/zoneinfo')
    .split(/(?=^Node)/m)
    .map((zone) => {
      const lines = zone.trimEnd().split('\n');
      // What is indented deeper belongs to the line above it.
      return { name: lines[0]!, lines: lines.slice(1).filter((line) => /^ {2}\S/.test(line)), last: lines.at(-1)! };
    });
  const ofZone = [
    ...['pages free     N', 'pagesets'],
    ...[0, 1].map(() => 'vm stats threshold: N'),
    ...['node_unreclaimable:  N', 'start_pfn:           N'],
  ];
  const expected = (nid: number, zone: string): string[] => {
    const first = nid === 0 ? 'DMA' : 'DMA32';
    if (zone === 'DMA32' || zone === first) return zone === first ? ['per-node stats', ...ofZone] : ofZone;
    return ['pages free     N'];
  };
  expect(zones.map(({ name }) => name)).toEqual(
    [0, 1].flatMap((nid) =>
      ['DMA', 'DMA32', 'Normal', 'Movable', 'Device'].map((zone) => `Node ${nid}, zone ${zone.padStart(8)}`),
    ),
  );
  for (const { name, lines, last } of zones) {
    const [, nid, zone] = /^Node (\d), zone +(\w+)$/.exec(name)!;
    const shown = lines.map((line) => line.slice(2).replace(/\d+$/, 'N'));
    expect(shown, name).toEqual(expected(Number(nid), zone!));
    if (lines.length === 1) expect(last, name).toBe('        protection: (0, 0, 0, 0, 0)');
  }
});

// The kernel: int_sqrt(10 * gb) for zones of a gigabyte and more, 1 for smaller ones.
test.each([
  [2 ** 18 - 1, 1],
  [2 ** 18, 3],
  [2 ** 18 + 2 ** 17, 3],
])('inactive_ratio of a zone of %i pages is %i', (managed, ratio) => {
  const nrPages = 4096 + managed;
  const c = new Console({ mm: { bootLayout: [{ start: 0, end: nrPages, nid: 0 }], nrNodeIds: 1 } });
  const [, dma32] = c.cat('/proc/zoneinfo').split(/(?=^Node)/m);
  expect(dma32).toContain(`        managed  ${managed}\n`);
  expect(dma32).toContain(`  inactive_ratio:    ${ratio}\n`);
});

test('/proc/buddyinfo and pagetypeinfo', () => {
  const c = new Console({ mm: { bootLayout: halves } });
  expect(c.cat('/proc/buddyinfo')).toBe(
    'Node 0, zone      DMA      0      0      0      0      0      0      0      0      0      0      4 \n' +
      'Node 0, zone    DMA32      0      0      0      0      0      0      0      0      0      0     12 \n' +
      'Node 1, zone    DMA32      0      0      0      0      0      0      0      0      0      0     16 \n',
  );
  const text = c.cat('/proc/pagetypeinfo').split('\n');
  expect(text.slice(0, 7)).toEqual([
    'Page block order: 9',
    'Pages per block:  512',
    '',
    'Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10 ',
    'Node    0, zone      DMA, type    Unmovable      0      0      0      0      0      0      0      0      0      0      0 ',
    'Node    0, zone      DMA, type  Reclaimable      0      0      0      0      0      0      0      0      0      0      0 ',
    'Node    0, zone      DMA, type      Movable      0      0      0      0      0      0      0      0      0      0      4 ',
  ]);
  expect(text).toContain('Number of blocks type     Unmovable  Reclaimable      Movable      Reserve      Isolate ');
  expect(text).toContain('Node 0, zone      DMA            0            0            8            0            0 ');
  expect(text).toContain('Node 1, zone    DMA32            0            0           32            0            0 ');
});

test('meminfo of the guest and of a node; MemUsed wraps where a node has more free pages than its kernel counts for it', () => {
  const c = new Console({ mm: { bootLayout: halves, reserved: [{ start: 0, end: 256 }] } });
  expect(c.cat('/proc/meminfo').split('\n').slice(0, 2)).toEqual([
    'MemTotal:         130048 kB',
    'MemFree:          130048 kB',
  ]);
  const node = c.cat(`${NODE}/node0/meminfo`).split('\n');
  expect(node.slice(0, 3)).toEqual([
    'Node 0 MemTotal:          65536 kB',
    'Node 0 MemFree:           64512 kB',
    'Node 0 MemUsed:            1024 kB',
  ]);
  expect(node).toContain('Node 0 HugePages_Total:     0');
  // 6.1 counts managed pages.
  const later = new Console({
    profile: { era: '6.1' },
    mm: { bootLayout: halves, reserved: [{ start: 0, end: 256 }] },
  });
  expect(later.cat(`${NODE}/node0/meminfo`)).toContain('Node 0 MemTotal:          64512 kB\n');
  // T4: of the 42 MB of node 1, the kernel as posted counts 5.
  const rfc = new Console({ profile: { rfc: RFC_V3 }, mm: { bootLayout: halves } });
  for (let k = 0; k < 256; k++) rfc.stage(k * 128, k * 128 + 127, k % 3);
  rfc.commit();
  const lines = rfc.cat(`${NODE}/node1/meminfo`).split('\n');
  expect(lines[0]).toBe('Node 1 MemTotal:           5632 kB');
  expect(lines[1]).toBe('Node 1 MemFree:           40960 kB');
  expect(lines[2]).toBe(`Node 1 MemUsed:        ${2n ** 64n - 35328n} kB`);
});

test('node lists, CPUs, distances, and the state of a node that comes online', () => {
  const c = new Console({ mm: { bootLayout: halves, cpuNode: [0, 1, 1, 0] } });
  const file = (name: string): string => c.cat(`${NODE}/${name}`);
  expect(['online', 'possible', 'has_cpu', 'has_memory', 'has_normal_memory'].map(file)).toEqual([
    '0-1\n',
    '0-3\n',
    '0-1\n',
    '0-1\n',
    '0-1\n',
  ]);
  expect([file('node0/cpulist'), file('node0/cpumap'), file('node1/cpulist'), file('node1/cpumap')]).toEqual([
    '0,3\n',
    '9\n',
    '1-2\n',
    '6\n',
  ]);
  expect(file('node0/distance')).toBe('10 20\n');
  expect(c.ls(`${NODE}/node1`)).toEqual(
    ['cpu1', 'cpu2', 'cpulist', 'cpumap', 'distance', 'hugepages', 'meminfo', 'memory0', 'numastat', 'vmstat'].sort(),
  );
  expect(c.ls('/sys/devices/system/cpu/cpu3')).toEqual(['node0']);
  c.stage(0, 4095, 3);
  c.stage(4096, 32767, 1);
  c.commit();
  expect(file('online')).toBe('0-1,3\n');
  expect(file('has_memory')).toBe('1,3\n');
  expect(file('node3/cpulist')).toBe('\n');
  expect(file('node3/distance')).toBe('20 20 10\n');
  expect(c.log).toContain('dnuma: node 3 is online');
  expect(c.log).toContain('dnuma: zone DMA of node 3 is initialised');
});

test('a mask is written in groups of 32 CPUs', () => {
  const cpuNode = Array.from({ length: 40 }, (_, cpu) => (cpu === 35 || cpu === 0 ? 0 : 1));
  const c = new Console({ mm: { bootLayout: halves, cpuNode } });
  expect(c.cat(`${NODE}/node0/cpumap`)).toBe('08,00000001\n');
});

/** Vector T13: links of memory blocks. */
describe.each([
  ['correct', CORRECT],
  ['sysfsStale', { ...CORRECT, sysfsStale: true }],
] as const)('T13, %s', (name, rfc) => {
  const stale = name === 'sysfsStale';
  const nodesOf = (c: Console, block: number): string[] =>
    c.ls(`${MEMORY}/memory${block}`).filter((n) => n.startsWith('node'));

  test('one block of 128 MB', () => {
    const c = new Console({ profile: { rfc } });
    expect(c.cat(`${MEMORY}/block_size_bytes`)).toBe('8000000\n');
    expect(nodesOf(c, 0)).toEqual(['node0']);
    c.stage(0, 16383, 0);
    c.stage(16384, 32767, 1);
    c.commit();
    expect(nodesOf(c, 0)).toEqual(['node0', 'node1']);
    expect(c.ls(`${NODE}/node1`)).toContain('memory0');
    for (let k = 0; k < 256; k++) c.stage(k * 128, k * 128 + 127, k % 3);
    c.commit();
    expect(nodesOf(c, 0)).toEqual(['node0', 'node1', 'node2']);
    c.stage(0, 32767, 1);
    c.commit();
    expect(nodesOf(c, 0)).toEqual(stale ? ['node0', 'node1', 'node2'] : ['node1']);
    expect(c.ls(`${NODE}/node0`).includes('memory0')).toBe(stale);
  });

  test('eight blocks of 16 MB', () => {
    const c = new Console({ profile: { rfc, memoryBlockPages: 4096 } });
    expect(c.cat(`${MEMORY}/block_size_bytes`)).toBe('1000000\n');
    expect(c.ls(MEMORY).filter((n) => /^memory\d/.test(n))).toHaveLength(8);
    c.stage(0, 16383, 0);
    c.stage(16384, 32767, 1);
    c.commit();
    for (let block = 0; block < 8; block++) {
      expect(nodesOf(c, block)).toEqual(block < 4 ? ['node0'] : stale ? ['node0', 'node1'] : ['node1']);
    }
    expect(c.ls(`${NODE}/node1`).filter((n) => n.startsWith('memory'))).toEqual(
      ['4', '5', '6', '7'].map((n) => `memory${n}`),
    );
    expect(c.cat(`${MEMORY}/memory7/phys_index`)).toBe('00000007\n');
    expect(c.cat(`${MEMORY}/memory7/state`)).toBe('online\n');
    expect(c.echo('offline', `${MEMORY}/memory7/state`)).toBe('EBUSY');
    expect(c.echo('online', `${MEMORY}/memory7/state`)).toBe('EINVAL');
  });
});

test('numastat counts allocations by where they were wanted and given', () => {
  // CPU 0 is on node 0, CPU 1 on node 2, which has no memory: node 0 is as near as node 1, so it is asked first.
  const c = new Console({ mm: { bootLayout: halves, cpuNode: [0, 2] } });
  const { memory: mm } = c.guest;
  for (let i = 0; i < 5; i++) mm.allocPages(0, 0, 2);
  for (let i = 0; i < 3; i++) mm.allocPages(9, 1, 2);
  expect(c.cat(`${NODE}/node0/numastat`)).toBe(
    'numa_hit 8\nnuma_miss 0\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 5\nother_node 3\n',
  );
  // Node 0 is filled, so what CPU 0 wants comes from node 1.
  while (mm.state.zones.free[1]! + mm.state.zones.free[0]! > 1024) mm.allocPages(9, 0, 2);
  const hits = Number(/numa_hit (\d+)/.exec(c.cat(`${NODE}/node0/numastat`))![1]);
  let missed = 0;
  for (let i = 0; i < 8; i++) if (mm.actualNid(mm.allocPages(9, 0, 2)) === 1) missed++;
  expect(missed).toBeGreaterThan(4);
  expect(c.cat(`${NODE}/node1/numastat`)).toBe(
    `numa_hit 0\nnuma_miss ${missed}\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 0\nother_node ${missed}\n`,
  );
  expect(c.cat(`${NODE}/node0/numastat`)).toContain(
    `numa_hit ${hits + 8 - missed}\nnuma_miss 0\nnuma_foreign ${missed}\n`,
  );
  expect(c.cat('/proc/vmstat')).toContain(`numa_miss ${missed}\n`);
  expect(c.cat('/proc/zoneinfo')).toContain(`    numa_foreign ${missed}\n`);
});

test('the log of boot tells of memory and nodes', () => {
  const c = new Console({
    mm: { bootLayout: halves, holes: [{ start: 160, end: 256 }], reserved: [{ start: 0, end: 16 }], cpuNode: [0, 1] },
    profile: { extraNrNodeIdsPercent: 100 },
  });
  expect(c.log).toContain('Memory: 130624k/130688k available (64k reserved)');
  const zones = c.cat('/proc/zoneinfo');
  const sum = (label: string): number =>
    [...zones.matchAll(new RegExp(`^ +${label} +(\\d+)$`, 'gm'))].reduce((total, [, n]) => total + Number(n), 0);
  // Pages above the high watermark of their zone; per-CPU lists have such a line too, and keep nothing here at boot.
  const high = sum('high');
  expect(high).toBeGreaterThan(100);
  expect(c.log).toContain(
    `Built 2 zonelists in Node order, mobility grouping on.  Total pages: ${sum('managed') - high}`,
  );
  expect(c.log).toContain('Policy zone: DMA32');
  expect(c.log).toContain('Initmem setup node 0 [mem 0x00000000-0x03ffffff]');
  expect(c.log).toContain('Initmem setup node 1 [mem 0x04000000-0x07ffffff]');
  expect(c.log).toContain('BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable');
  expect(c.log).toContain('SRAT: Node 1 PXM 1 [mem 0x04000000-0x07ffffff]');
  expect(c.log).toContain('  DMA32    [mem 0x01000000-0x07ffffff]');
  expect(c.log).toContain('  Normal   empty');
  expect(c.log).toContain('extra_nr_node_ids: 100% more than 2: nr_node_ids is 4');
  expect(
    c.log.filter((line) => /^Built 2 zonelists in Node order, mobility grouping on\. {2}Total pages: \d+$/.test(line)),
  ).toHaveLength(1);
  expect(c.log.slice(-3)).toEqual([
    'memlayout: layout.0 is the initial layout, 2 ranges',
    'memlayout: {00000-03fff}:0',
    'memlayout: {04000-08000}:1',
  ]);
  expect(c.cat('/proc/cmdline')).toContain('extra_nr_node_ids=100');
  expect(c.cat('/dev/kmsg').split('\n')[0]).toBe(`6,0,0,-;${c.cat('/proc/version').trim()}`);
  c.world.step(15);
  c.stage(0, 99, 1);
  c.commit();
  expect(c.cat('/dev/kmsg')).toMatch(/^6,\d+,1500000,-;memlayout: committing layout\.1, 1 range$/m);
});

test('the log is a ring', () => {
  const c = new Console();
  const { log } = c.guest.kernel;
  for (let i = 0; i < 20_000; i++) log.print(i, 6, `line ${i} of many`);
  const last = log.lines.at(-1)!;
  expect(last.text).toBe('line 19999 of many');
  expect(log.lines.length).toBeLessThan(10_000);
  expect(log.lines[0]!.number).toBe(last.number + 1 - log.lines.length);
  expect(log.lines.reduce((sum, l) => sum + l.text.length + 16, 0)).toBeLessThanOrEqual(2 ** 18);
  const restored = World.restore(c.world.config, c.world.state()).guests[0]!.kernel.log;
  for (const each of [log, restored]) each.print(20_000, 6, 'one more');
  expect(restored.lines).toEqual(log.lines);
});

test('6.1 logs the fallback orders, as the captured guest does', () => {
  const c = new Console({ profile: { era: '6.1' }, mm: { bootLayout: halves, nrNodeIds: 2 } });
  const at = c.log.findIndex((line) => line.startsWith('Fallback order'));
  expect(c.log.slice(at, at + 2)).toEqual(['Fallback order for Node 0: 0 1 ', 'Fallback order for Node 1: 1 0 ']);
  expect(c.log[at + 2]).toMatch(/^Built 2 zonelists, mobility grouping on\. {2}Total pages: \d+$/);
});

test('a write takes a page at most, and an empty one is none', () => {
  const c = new Console();
  c.world.beginLine('g', 'x'.repeat(5000));
  const path = '/sys/kernel/debug/memlayout/end';
  expect(c.world.writeFile(path, '')).toEqual({ ok: true, consumed: 0 });
  expect(c.world.writeFile(path, `7${' '.repeat(9000)}`)).toEqual({ ok: true, consumed: 4096 });
  expect(c.world.endLine()).toBe(1);
  expect(c.cat(path)).toBe('0x0000000000000007\n');
  const { command } = c.world.config.schedule[0]!;
  expect(command.type === 'writeFiles' && [command.line.length, command.writes[0]!.text.length]).toEqual([4096, 4096]);
});

test('vmstat counts pages allocated by zone, and freed, each once', () => {
  for (const rfc of [CORRECT, RFC_V3]) {
    const c = new Console({ profile: { rfc } });
    const { memory: mm } = c.guest;
    const pages = [0, 0, 4, 9].map((order) => [mm.allocPages(order, 0, 2), order] as const);
    const [direct] = pages;
    const moved = mm.allocPages(0, 0, 2);
    mm.freePagesDirect(direct![0], 0);
    for (const [pfn, order] of pages.slice(1)) mm.freePages(pfn, order, 0);
    c.stage(0, 32767, 1);
    c.commit();
    mm.freePages(moved, 0, 0);
    expect(c.cat('/proc/vmstat')).toMatch(/^pgalloc_dma 0\npgalloc_dma32 531\npgalloc_normal 0$/m);
    expect(c.cat('/proc/vmstat')).toMatch(/^pgfree 531$/m);
  }
});

test('a memory block after the last is no folder', () => {
  const files = new Console({ mm: { bootLayout: halves } }).world.filesOf('g')!;
  const blocks = files.list(MEMORY)!.filter((name) => /^memory\d+$/.test(name));
  expect(blocks).toEqual(['memory0']);
  for (const name of blocks) expect(files.stat(`${MEMORY}/${name}`)).not.toBe(null);
  for (const name of ['memory1', 'memory2', 'memory99']) expect(files.stat(`${MEMORY}/${name}`)).toBe(null);
});

test.each([32_768, 32_768 - 256, 32_768 - 1])(
  'of %i pages the direct map reaches to the last, in huge pages',
  (nrPages) => {
    const c = new Console({ mm: { bootLayout: [{ start: 0, end: nrPages, nid: 0 }] } });
    const kib = Number(/^DirectMap2M: +(\d+) kB$/m.exec(c.cat('/proc/meminfo'))![1]);
    expect(kib % 2048).toBe(0);
    expect(kib).toBeGreaterThanOrEqual(nrPages * 4);
    expect(kib - nrPages * 4).toBeLessThan(2048);
  },
);
