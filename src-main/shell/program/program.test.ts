/** The guest's programs over made-up files. What real ones print of real files: captured.data.test.ts. */
import { describe, expect, it } from 'vitest';
import type { Written } from '../../engine/index.ts';
import { FakeHost, type Tree } from '../fixture.ts';
import { PROGRAMS } from './index.ts';
import { runProgram } from './program.ts';

const D = '/sys/kernel/debug/memlayout';
const S = '/sys/devices/system/node';

async function run(name: string, args: readonly string[], host: FakeHost, env: Record<string, string> = {}) {
  const { stdout, stderr, exitCode } = await runProgram(name, PROGRAMS[name]!, args, host, {
    env: new Map(Object.entries(env)),
  });
  return [stdout, stderr, exitCode] as const;
}

const memlayout = (end: string): Tree => ({
  ...Object.fromEntries(['start', 'end', 'node', 'commit', 'clear'].map((name) => [`${D}/${name}`, '0\n'])),
  [`${D}/current`]: '-> layout.0',
  [`${D}/layout.0/00000-03fff`]: '0\n',
  [`${D}/layout.0/04000-${end}`]: '1\n',
});

const guest = (end = '08000', answer?: (path: string, text: string) => Written | null) =>
  new FakeHost(memlayout(end), answer);
/** What was written, the folder left out: `start=0x0`. */
const written = (host: FakeHost): string[] =>
  host.written.map(({ path, text }) => `${path.slice(D.length + 1)}=${text.trimEnd()}`);

describe('dnuma-test', () => {
  it('all', async () => {
    const host = guest();
    expect(await run('dnuma-test', ['a', '3'], host)).toEqual(['', '', 0]);
    expect(written(host)).toEqual(['clear=1', 'start=0x0', 'end=0x8000', 'node=3', 'commit=1']);
  });

  it('stripe, to the last page that the layout has, however long the stripes', async () => {
    const host = guest();
    expect(await run('dnuma-test', ['stripe', '0', '2', '128'], host)).toEqual(['', '', 0]);
    const lines = written(host);
    expect(lines).toHaveLength(2 + 3 * 256);
    expect(lines.slice(0, 7)).toEqual([
      ...['clear=1', 'start=0x0', 'end=0x7f', 'node=0', 'start=0x80', 'end=0xff', 'node=1'],
    ]);
    expect(lines.slice(-4)).toEqual(['start=0x7f80', 'end=0x7fff', 'node=0', 'commit=1']);
    const odd = guest('07ffe');
    await run('dnuma-test', ['s', '1', '2', '20000'], odd);
    expect(written(odd)).toEqual([
      ...['clear=1', 'start=0x0', 'end=0x4e1f', 'node=1', 'start=0x4e20', 'end=0x7ffe', 'node=2', 'commit=1'],
    ]);
  });

  it('block: each chunk has a page more than its share, and the last runs past the end', async () => {
    const host = guest();
    expect(await run('dnuma-test', ['b', '0', '1'], host)).toEqual(['', '', 0]);
    expect(written(host)).toEqual([
      ...['clear=1', 'start=0x0', 'end=0x4000', 'node=0', 'start=0x4001', 'end=0x8001', 'node=1', 'commit=1'],
    ]);
  });

  it('t1 is a syntax error, as in the script', async () => {
    const host = guest();
    const [stdout, stderr, code] = await run('dnuma-test', ['t1', '3', '1'], host);
    expect([stdout, code, host.written]).toEqual(['', 2, []]);
    expect(stderr).toBe('dnuma-test: arithmetic expression: expecting primary: "i % \\( 1 + 1 \\) "\n');
  });

  it('t2: the end goes round twice as fast as the start', async () => {
    const host = guest();
    const [stdout, , code] = await run('dnuma-test', ['t2', '3', '2', '16384'], host);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      ...['Stripe 0 0 16384', 'Stripe 0 1 16384', 'Stripe 1 2 16384'],
      ...['Stripe 1 0 16384', 'Stripe 2 1 16384', 'Stripe 2 2 16384'],
    ]);
    const nodes = written(host).filter((line) => line.startsWith('node='));
    // Where the end is below the start, all goes to the start.
    expect(nodes.join(' ')).toBe('node=0 node=0 node=0 node=1 node=1 node=2 node=1 node=1 node=2 node=2 node=2 node=2');
  });

  it('says what failed, clears and ends with 1', async () => {
    const host = guest('08000', (path, text) =>
      path.endsWith('/node') && text === '9\n' ? { ok: false, errno: 'EINVAL' } : null,
    );
    expect(await run('dnuma-test', ['a', '9'], host)).toEqual([
      'failed to write 9 to node\n',
      'dnuma-test: write error: Invalid argument\n',
      1,
    ]);
    expect(written(host)).toEqual(['clear=1', 'start=0x0', 'end=0x8000', 'clear=1']);
  });

  it('ends when it is killed, and when a write hangs', async () => {
    for (const [errno, text] of [
      ['killed', 'Killed\n'],
      ['hangs', 'dnuma-test: a write does not return: a task that was killed holds the mutex\n'],
    ] as const) {
      const host = guest('08000', (path) => (path.endsWith('/commit') ? { ok: false, errno } : null));
      expect(await run('dnuma-test', ['a', '1'], host)).toEqual(['', text, 137]);
    }
  });

  it('traces with DEBUG, and shows how it is used', async () => {
    const [traced] = await run('dnuma-test', ['a', '1'], guest(), { DEBUG: '1' });
    expect(traced).toBe('high_pfn = 32768 = 0x8000\ncreating rme 0x0 0x8000 1\n');
    for (const args of [[], ['x'], ['a'], ['s', '1', '2'], ['s', 'one', '2', '3'], ['t3', '1'], ['b', '1']]) {
      const host = guest();
      const [stdout, , code] = await run('dnuma-test', args, host);
      expect([stdout.slice(0, 17), code, host.written]).toEqual(['usage: dnuma-test', 1, []]);
    }
    expect(await run('dnuma-test', ['a', '1'], new FakeHost({}))).toEqual([
      '',
      `dnuma-test: no ranges in ${D}/current\n`,
      2,
    ]);
  });
});

describe('numactl', () => {
  const tree = {
    [`${S}/node0/cpulist`]: '0-1,4\n',
    [`${S}/node0/meminfo`]: 'Node 0 MemTotal:          44032 kB\nNode 0 MemFree:           44031 kB\n',
    [`${S}/node0/distance`]: '10 20\n',
    [`${S}/node3/cpulist`]: '\n',
    [`${S}/node3/meminfo`]: 'Node 3 MemTotal:              0 kB\nNode 3 MemFree:               0 kB\n',
    [`${S}/node3/distance`]: '20 10\n',
  };

  it('cuts sizes, names sparse nodes, and binds to what has CPUs and memory', async () => {
    expect(await run('numactl', ['-H'], new FakeHost(tree))).toEqual([
      [
        'available: 2 nodes (0,3)',
        ...['node 0 cpus: 0 1 4', 'node 0 size: 43 MB', 'node 0 free: 42 MB'],
        ...['node 3 cpus:', 'node 3 size: 0 MB', 'node 3 free: 0 MB'],
        ...['node distances:', 'node   0   3 ', '  0:  10  20 ', '  3:  20  10 ', ''],
      ].join('\n'),
      '',
      0,
    ]);
    expect((await run('numactl', ['--show'], new FakeHost(tree)))[0]).toBe(
      'policy: default\npreferred node: current\nphyscpubind: 0 1 4 \ncpubind: 0 \nnodebind: 0 \nmembind: 0 \npreferred: \n',
    );
  });

  it('runs nothing', async () => {
    expect((await run('numactl', ['--membind=0', 'ls'], new FakeHost(tree)))[2]).toBe(1);
    expect((await run('numactl', ['ls'], new FakeHost(tree)))[1]).toMatch(/no processes/);
    expect((await run('numactl', [], new FakeHost(tree)))[1]).toMatch(/^usage/);
  });
});

describe('numastat', () => {
  const node = (nid: number, hit: number, kb: number): Tree => ({
    [`${S}/node${nid}/numastat`]: `numa_hit ${hit}\nnuma_miss 0\n`,
    [`${S}/node${nid}/meminfo`]: `Node ${nid} MemTotal:  ${kb} kB\nNode ${nid} Odd: 1 kB\nNode ${nid} HugePages_Total:  3\n`,
  });
  // 128 kB and 640 kB lie between two hundredths.
  const tree = { ...node(0, 32, 128), ...node(2, 160, 640), '/proc/meminfo': 'Hugepagesize:       2048 kB\n' };

  it('rounds to the even hundredth, as C does, and tells names it does not know', async () => {
    expect(await run('numastat', ['-m'], new FakeHost(tree))).toEqual([
      [
        ...[
          '',
          'Per-node system memory usage (in MBs):',
          'Token Odd not in hash table.',
          'Token Odd not in hash table.',
        ],
        '                          Node 0          Node 2           Total',
        '                 --------------- --------------- ---------------',
        'MemTotal                    0.12            0.62            0.75',
        'HugePages_Total             6.00            6.00           12.00',
        '',
      ].join('\n'),
      '',
      0,
    ]);
  });

  it('leaves zeros out with -z, and sorts with -s', async () => {
    expect((await run('numastat', ['-z'], new FakeHost(tree)))[0]).not.toMatch(/Numa_Miss/);
    expect((await run('numastat', ['-n'], new FakeHost(tree)))[0]).toMatch(/Numa_Miss/);
    expect((await run('numastat', ['-ms'], new FakeHost(tree)))[0]).toMatch(/HugePages_Total[^]*MemTotal/);
  });

  it('has no processes to show', async () => {
    for (const args of [['-p', '1'], ['1'], ['-cp1'], ['init']])
      expect(await run('numastat', args, new FakeHost(tree))).toEqual([
        '',
        expect.stringMatching(/this guest has none/),
        1,
      ]);
    expect((await run('numastat', ['-x'], new FakeHost(tree)))[1]).toMatch(/^Usage/);
  });
});

describe('dmesg', () => {
  const tree = { '/dev/kmsg': '6,0,0,-;Linux version 3.10\n4,1,1500000,-;tried to embed {a;b}\n' };

  it('prints the seconds since boot', async () => {
    expect(await run('dmesg', [], new FakeHost(tree))).toEqual([
      '[    0.000000] Linux version 3.10\n[    1.500000] tried to embed {a;b}\n',
      '',
      0,
    ]);
    expect((await run('dmesg', ['-t', '-l', 'warn'], new FakeHost(tree)))[0]).toBe('tried to embed {a;b}\n');
    expect((await run('dmesg', ['-x'], new FakeHost(tree)))[0]).toMatch(/^kern {2}:info {2}: \[/);
    expect((await run('dmesg', ['-l', 'loud'], new FakeHost(tree)))[2]).toBe(1);
  });
});
