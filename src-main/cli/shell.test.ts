/** `shell` from outside, as a person or a script uses it: the test vectors that are the shell's. */
import { describe, expect, it } from 'vitest';
import { pageshift } from './fixture/pageshift.ts';

const HALVES = ['--pages', '32768', '--boot', '0-16383:0,16384-32767:1', '--nr-node-ids', '4'];
const ONE_NODE = ['--pages', '32768', '--nr-node-ids', '4'];
const D = '/sys/kernel/debug/memlayout';

const shell = (flags: readonly string[], lines: readonly string[]) =>
  pageshift(['shell', ...flags], { stdin: lines.map((line) => `${line}\n`).join('') });

/** Sizes that the last `numactl --hardware` printed, by node. */
const sizesOf = (stdout: string): Record<string, number> =>
  Object.fromEntries([...stdout.matchAll(/^node (\d+) size: (\d+) MB$/gm)].map(([, nid, mb]) => [nid!, Number(mb)]));

describe("the cover letter's script", () => {
  it.each([
    ['rfc-v3', { 0: 43, 1: 5, 2: 42, 3: 0 }],
    ['all-defects', { 0: 43, 1: 5, 2: 42, 3: 0 }],
    ['nrZonesAssign', { 0: 43, 1: 5, 2: 42, 3: 0 }],
    ['splitStuck,headOnly', { 0: 43, 1: 42, 2: 42, 3: 0 }],
  ])('prints the sizes of the RFC with %s', async (profile, sizes) => {
    const { code, stdout, stderr } = await shell(
      [...HALVES, '--profile', profile],
      ['dnuma-test a 3', 'dnuma-test s 0 2 128', 'numactl --hardware'],
    );
    expect([code, stderr, sizesOf(stdout)]).toEqual([0, '', sizes]);
  });

  it('prints the right sizes of a correct guest', async () => {
    const { code, stdout } = await shell(HALVES, ['dnuma-test a 3', 'dnuma-test s 0 2 128', 'numactl --hardware']);
    expect(code).toBe(0);
    const [head, ...rest] = stdout.split('\n');
    expect(head).toMatch(/^available: [34] nodes \(0-[23]\)$/);
    const { 3: gone = 0, ...sizes } = sizesOf(rest.join('\n'));
    expect([sizes, gone]).toEqual([{ 0: 43, 1: 42, 2: 42 }, 0]);
  });

  it('P = 32766, as qemu has it', async () => {
    const { code, stdout } = await shell(
      ['--pages', '32766', '--boot', '0-16383:0,16384-32765:1'],
      ['dnuma-test s 0 2 128', 'numactl -H', `cat ${D}/moved-pages`],
    );
    expect([code, sizesOf(stdout)]).toEqual([0, { 0: 42, 1: 42, 2: 42 }]);
    expect(stdout).toMatch(/^node 0 free: 42 MB$/m);
  });
});

/** Each line's status is printed after it, so that all of them can be looked at. */
const statuses = async (flags: readonly string[], lines: readonly string[]) => {
  const all = lines.flatMap((line) => [line, 'echo "= $?"']);
  const { code, stdout, stderr } = await shell([...flags, '--keep-going'], all);
  const out = stdout.split(/^= (\d+)\n/m);
  return { code, stderr, of: lines.map((_, i) => ({ out: out[2 * i], status: Number(out[2 * i + 1]) })) };
};

describe.each(['correct', 'rfc-v3'])('T11, %s', (profile) => {
  const flags = [...ONE_NODE, '--profile', profile];
  const isRfc = profile === 'rfc-v3';
  const zero = '0x0000000000000000\n';

  it('1: an end before its start is refused; what comes of a commit then', async () => {
    const { of, stderr } = await statuses(flags, [
      `cd ${D}; echo 100 > start; echo 99 > end`,
      'echo 1 > node',
      'cat start end',
      'echo 1 > commit',
      'echo 1 > node',
    ]);
    expect(of.slice(0, 3)).toEqual([
      { out: '', status: 0 },
      { out: '', status: 1 },
      { out: '0x0000000000000064\n0x0000000000000063\n', status: 0 },
    ]);
    if (!isRfc) return expect(of[3]).toEqual({ out: '', status: 1 });
    expect(of.slice(3).map(({ status }) => status)).toEqual([137, 1]);
    expect(stderr).toMatch(/^Killed$/m);
    expect(stderr).toMatch(/does not return/);
  });

  it('2: a node that is not possible, and -1, are refused', async () => {
    const { of, stderr } = await statuses(flags, [`cd ${D}`, 'echo 4 > node', 'echo -1 > node', 'echo 3 > node']);
    expect(of.map(({ status }) => status)).toEqual([0, 1, 1, 0]);
    expect(stderr.match(/^sh: write error: Invalid argument$/gm)).toHaveLength(2);
  });

  it('3: start and end go back to 0; an overlap', async () => {
    const { of } = await statuses(flags, [
      `cd ${D}; echo 0 > start; echo 9 > end`,
      'echo 1 > node; cat start end',
      'echo 5 > start; echo 20 > end; echo 2 > node',
      'ls layout.1',
    ]);
    expect(of[1]).toEqual({ out: zero + zero, status: 0 });
    expect(of[2]!.status).toBe(isRfc ? 0 : 1);
    expect(of[3]).toEqual({ out: '00000-00009\n', status: 0 });
  });

  it('4 and 5: nothing staged is no commit; what is cleared has used up its number', async () => {
    const { of, code } = await statuses(flags, [
      `cd ${D}; echo 1 > commit; readlink current`,
      'echo 0 > start; echo 99 > end; echo 1 > node; ls -d layout.*',
      'echo 1 > clear; echo 1 > commit; readlink current; ls -d layout.*',
      'echo 0 > start; echo 99 > end; echo 1 > node; echo 1 > commit; readlink current',
    ]);
    expect(code).toBe(0);
    expect(of.map(({ out }) => out)).toEqual([
      'layout.0\n',
      'layout.0\nlayout.1\n',
      'layout.0\nlayout.0\n',
      'layout.2\n',
    ]);
  });

  it('6: holes go to the range below', async () => {
    const { of } = await statuses(flags, [
      `cd ${D}; echo 1000 > start; echo 1999 > end; echo 1 > node; echo 3000 > start; echo 3999 > end; echo 0 > node`,
      'echo 1 > commit; ls current | grep -- -; cat current/*-*',
      'numactl -H | grep size',
    ]);
    expect(of[1]!.out).toBe('00000-00bb7\n00bb8-08000\n1\n0\n');
    expect(of[2]!.out).toBe('node 0 size: 116 MB\nnode 1 size: 11 MB\n');
  });

  it('7: what has no write method refuses', async () => {
    const { of } = await statuses(flags, [
      `cd ${D}; echo 1 > moved-pages`,
      'for f in current/*-*; do echo 1 > $f; done',
      'echo 1 > current',
      'cat node commit clear > /tmp/read',
    ]);
    expect(of.map(({ status }) => status)).toEqual([1, 1, 1, 0]);
  });
});

describe.each(['correct', 'rfc-v3'])('T13, %s', (profile) => {
  const links = (block: number) => `ls -d /sys/devices/system/node/node*/memory${block} | cut -d/ -f6`;
  const flags = [...ONE_NODE, '--profile', profile];

  it('one block of 128 MB is under each node that has a part of it', async () => {
    const { of } = await statuses(flags, [
      `dnuma-test b 0 1; ${links(0)}`,
      `dnuma-test s 0 2 128; ${links(0)}`,
      `dnuma-test a 1; ${links(0)}`,
    ]);
    expect(of[0]).toEqual({ out: 'node0\nnode1\n', status: 0 });
    expect(of[1]).toEqual({ out: 'node0\nnode1\nnode2\n', status: 0 });
    expect(of[2]).toEqual({ out: profile === 'correct' ? 'node1\n' : 'node0\nnode1\nnode2\n', status: 0 });
  });

  it('blocks of 16 MB are under one node each', async () => {
    const aligned = `cd ${D}; echo 0 > start; echo 16383 > end; echo 0 > node; echo 16384 > start; echo 32767 > end; echo 1 > node; echo 1 > commit`;
    const { of } = await statuses(
      [...flags, '--memory-block-mib', '16'],
      [aligned, ...[0, 3, 4, 7].map(links), 'cat /sys/devices/system/memory/block_size_bytes'],
    );
    expect(of.slice(1, 5).map(({ out }) => out)).toEqual(
      profile === 'correct'
        ? ['node0\n', 'node0\n', 'node1\n', 'node1\n']
        : ['node0\n', 'node0\n', 'node0\nnode1\n', 'node0\nnode1\n'],
    );
    expect(of[5]!.out).toBe('1000000\n');
  });
});

describe('lines', () => {
  it('make commands of several, and stop at the first that fails', async () => {
    const { code, stdout, stderr } = await shell(ONE_NODE, [
      'for i in 1 2',
      'do',
      '  echo $i',
      'done',
      'false',
      'echo 3',
    ]);
    expect([code, stdout, stderr]).toEqual([1, '1\n2\n', 'stopped at line 5: exit status 1\n']);
  });

  it('go on with --keep-going; the last one is the answer', async () => {
    const go = (...lines: string[]) => shell([...ONE_NODE, '--keep-going'], lines);
    expect(await go('false', 'none', 'echo 3')).toEqual({
      code: 0,
      stdout: '3\n',
      stderr: 'sh: none: command not found\n',
    });
    expect((await go('echo 3', 'false')).code).toBe(1);
    expect((await go('if true')).code).toBe(1);
    expect(await go('exit 0', 'echo 3')).toMatchObject({ code: 0, stdout: '' });
  });

  it('sleep simulated time', async () => {
    const { stdout } = await shell(ONE_NODE, ['sleep 90', 'dnuma-test a 1', 'dmesg | tail -n 1']);
    expect(stdout).toMatch(/^\[ {3}90\.000000\] /);
  });
});

describe('a guest from flags', () => {
  it('tiny: 64 pages, one zone', async () => {
    const { code, stdout } = await shell(
      ['--pages', '64', '--boot', '0-31:0,0x20-0x3f:1', '--reserved', '5-6,40-42', '--nr-node-ids', '2'],
      ['cat /proc/buddyinfo', 'numactl -H | head -n 1', `dnuma-test a 1; cat ${D}/moved-pages`],
    );
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^Node 0, zone {6}DMA +2 +0 +1 +1 +1 /);
    expect(stdout).toMatch(/available: 2 nodes/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('30');
  });

  it('has the zones, CPUs, blocks and era that were asked for', async () => {
    const { stdout } = await shell(
      [...HALVES, '--zones', 'dma=8192', '--cpus', '0-1:0,2:1', '--era', '6.1', '--memory-block-mib', '16'],
      [
        'numactl -H | grep cpus',
        'grep -c zone /proc/zoneinfo',
        'cat /sys/devices/system/node/possible',
        'cat /proc/version',
      ],
    );
    expect(stdout).toMatch(/^node 0 cpus: 0 1\nnode 1 cpus: 2\n/);
    expect(stdout).toMatch(/^0-3$/m);
    expect(stdout).toMatch(/Linux version 6\.1/);
  });

  it('is refused with all that is wrong at once', async () => {
    const { code, stdout, stderr } = await shell(
      [
        ...['--pages', '100', '--boot', '0-63:0,60-99:1,5:9,200-201:0,9-3:0,x', '--nr-node-ids', '300'],
        ...[
          '--reserved',
          '0-100',
          '--profile',
          'rfc-v4,headOnly',
          '--zones',
          'dma=100',
          '--era',
          '5',
          '--memory-block-mib',
          '3',
        ],
        ...['--cpus', '0:0,2:0', '--vm', 'v'],
      ],
      ['echo never'],
    );
    expect([code, stdout]).toEqual([2, '']);
    for (const flag of ['boot', 'nr-node-ids', 'reserved', 'profile', 'zones', 'era', 'memory-block-mib', 'cpus', 'vm'])
      expect(stderr).toContain(`--${flag}`);
    expect(stderr).toMatch(/'x' is no range of pfns/);
    expect(stderr).toMatch(/9-3:0 ends before it begins/);
    expect(stderr).toMatch(/200-201:0 ends behind the last page/);
  });

  it('needs its size, and no node beyond the possible ones', async () => {
    expect(await shell([], [])).toMatchObject({ code: 2, stderr: expect.stringContaining('--pages') });
    const { code, stderr } = await shell(['--pages', '100', '--boot', '0-9:3', '--nr-node-ids', '3'], []);
    expect([code, stderr]).toEqual([2, expect.stringContaining('node ids are below 3')]);
  });
});

describe('a VM of a scenario', () => {
  const FILE = 'shared/examples/rfc-cover-letter.pageshift.json';

  it('has its shell', async () => {
    const { code, stdout } = await shell([FILE], ['numactl -H | head -n 1', 'hostname || echo $HOSTNAME']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^available: /);
  });

  it('must be one of its VMs', async () => {
    expect(await shell([FILE, '--vm', 'nobody'], [])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no VM named nobody[^]*VMs of/),
    });
    expect(await shell([FILE, '--pages', '64'], [])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--pages'),
    });
  });
});

describe('pagectl', () => {
  it('T7: stranded pages, frees, a second commit', async () => {
    const aligned = [
      `cd ${D}`,
      'halves() { echo 0 > start; echo 16383 > end; echo 0 > node; echo 16384 > start; echo 32767 > end; echo 1 > node; echo 1 > commit; }',
      'now() { pagectl accounting --json; }',
    ];
    const { code, stdout } = await shell(
      ['--pages', '32768', '--nr-node-ids', '2', '--reserved', '0-1023'],
      [
        ...aligned,
        'for range in 2048-3071 10000-10499 20000-20999; do pagectl alloc $range; done; now',
        'halves; now',
        'for i in $(seq 20000 20499); do pagectl free $i; done; now',
        'dnuma-test a 0; now',
        'pagectl free 20500-20999; now',
      ],
    );
    expect(code).toBe(0);
    const books = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const figures = books.map(({ nodes, moved, stranded }) => [
      ...[0, 1].flatMap((nid) => {
        const node = nodes.find((each: { nid: number }) => each.nid === nid);
        return [node?.sizePages ?? 0, node?.freePages ?? 0, node?.actualPages ?? 0];
      }),
      stranded.reduce((sum: number, { pages }: { pages: number }) => sum + pages, 0),
      moved.total,
    ]);
    expect(figures).toEqual([
      [32768, 29220, 32768, 0, 0, 0, 0, 0],
      [16384, 13836, 17384, 16384, 15384, 15384, 1000, 15384],
      [16384, 13836, 16884, 16384, 15884, 15884, 500, 15884],
      [32768, 29720, 32768, 0, 0, 0, 0, 31768],
      [32768, 30220, 32768, 0, 0, 0, 0, 31768],
    ]);
  });

  it('shows a page, and says why not', async () => {
    const { of, stderr } = await statuses(ONE_NODE, [
      'pagectl alloc 0x200 9; pagectl show 512 | head -n 2',
      'pagectl alloc 600',
      'pagectl pcp 512-513',
      'pagectl free 512; pagectl show 512 | grep state',
      'pagectl show 32768',
      'pagectl alloc page',
      'pagectl nonsense',
    ]);
    expect(of.map(({ status }) => status)).toEqual([0, 1, 1, 0, 1, 1, 2]);
    expect(of[0]!.out).toBe('pfn: 512 (0x00200)\nstate: allocated\n');
    expect(of[3]!.out).toBe('state: free\n');
    expect(stderr).toMatch(/^pagectl: alloc: pfn 600 is in use$/m);
    expect(stderr).toMatch(/^pagectl: pfn 32768: there is no such page$/m);
    expect(stderr).toMatch(/^pagectl: alloc: "page" is no PFN/m);
    expect(stderr).toMatch(/^usage: pagectl alloc/m);
  });
});

it('free and lsmem add up', async () => {
  const { code, stdout } = await shell([...ONE_NODE, '--memory-block-mib', '16'], ['free -k', 'free -m', 'lsmem']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Mem: +131072 +0 +131072 +0 +0 +\d+$/m);
  expect(stdout).toMatch(/^Mem: +128 +0 +128 +0 +0 +\d+$/m);
  expect(stdout).toMatch(/^0x0000000000000000-0x0000000007ffffff {2}128M online +\w+ +0-7$/m);
  expect(stdout).toMatch(/^Memory block size: +16M\nTotal online memory: +128M\nTotal offline memory: +0B$/m);
});
