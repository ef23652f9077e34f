/** Memory that is plugged in: patches 25 to 27 of the RFC. */
import { describe, expect, test } from 'vitest';
import { ALL_DEFECTS, type GuestConfig } from '../../shared/model/config.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import { config as configOf, Console, type GuestOptions, MEMLAYOUT } from './console-fixture.ts';
import { World } from './world.ts';

const BLOCK = 32768;
const PROBE = '/sys/devices/system/memory/probe';
const NODE = '/sys/devices/system/node';

/** 128 MB on two nodes and two slots of 256 MB and 128 MB behind it. */
function options(more: Partial<GuestConfig> = {}, profile: GuestOptions['profile'] = {}): GuestOptions {
  return {
    mm: {
      nrPages: 4 * BLOCK,
      holes: [{ start: BLOCK, end: 4 * BLOCK }],
      bootLayout: [
        { start: 0, end: 16384, nid: 0 },
        { start: 16384, end: 4 * BLOCK, nid: 1 },
      ],
    },
    profile: profile ?? {},
    guest: {
      placement: [{ start: 0, end: 4 * BLOCK, mode: 'strict', nodes: [0], pages: [], scatter: false }],
      dimms: [
        { start: BLOCK, end: 3 * BLOCK, hostNodes: [1] },
        { start: 3 * BLOCK, end: 4 * BLOCK, hostNodes: [0, 1] },
      ],
      ...more,
    },
  };
}

const present = (c: Console): number[] => [0, 1, 2, 3].map((nid) => c.guest.memory.presentPages(nid));
const used = (c: Console): number[] => Array.from(c.world.snapshot('accounts').tables.hostNodes.columns.usedPages);
const plug = (c: Console, dimm: number): string | null =>
  c.world.submit({ type: 'plugDimm', vm: 'g', dimm })?.slug ?? null;

describe('a DIMM', () => {
  test('is on node 0 while the layout of boot is in force, and a commit takes it along', () => {
    const c = new Console(options());
    expect(present(c)).toEqual([16384, 16384, 0, 0]);
    expect(c.ls('/sys/devices/system/memory').filter((n) => /^memory\d/.test(n))).toEqual(['memory0']);
    expect(plug(c, 0)).toBe(null);
    expect(present(c)).toEqual([16384 + 2 * BLOCK, 16384, 0, 0]);
    expect(used(c)).toEqual([BLOCK, 2 * BLOCK]);
    expect(c.ls('/sys/devices/system/memory').filter((n) => /^memory\d/.test(n))).toEqual([
      'memory0',
      'memory1',
      'memory2',
    ]);
    expect(c.ls(`${NODE}/node0`).filter((n) => n.startsWith('memory'))).toEqual(['memory0', 'memory1', 'memory2']);
    expect(c.cat(`${NODE}/node0/meminfo`)).toContain(`Node 0 MemTotal:         ${(16384 + 2 * BLOCK) * 4} kB\n`);
    expect(c.cat('/proc/meminfo')).toContain(`MemTotal:         ${3 * BLOCK * 4} kB\n`);
    expect(c.cat('/proc/zoneinfo')).toContain(`        spanned  ${3 * BLOCK - 4096}\n`);
    expect(c.guest.memory.state.minFreeKib).toBe(Math.floor(Math.sqrt(3 * BLOCK * 4 * 16)));
    expect(c.log).toContain('init_memory_mapping: [mem 0x08000000-0x17ffffff]');
    expect(c.log).toContain('memory2 is added to node 0');
    expect(c.log.filter((line) => line.includes('more memory block'))).toEqual([]);
    expect(c.world.takeEvents().map((e) => e.type)).toEqual(['commandApplied', 'memoryPlugged']);
    expect(c.world.check()).toEqual([]);
    c.stage(0, BLOCK - 1, 1);
    c.stage(BLOCK, 2 * BLOCK - 1, 2);
    c.stage(2 * BLOCK, 4 * BLOCK, 3);
    expect(c.commit()).toBe(null);
    expect(present(c)).toEqual([0, BLOCK, BLOCK, BLOCK]);
    expect(c.cat(`${MEMLAYOUT}/moved-pages`)).toBe(`${16384 + 2 * BLOCK}\n`);
    // The other DIMM: the layout says node 3.
    expect(plug(c, 1)).toBe(null);
    expect(present(c)).toEqual([0, BLOCK, BLOCK, 2 * BLOCK]);
    expect(used(c)).toEqual([2 * BLOCK, 2 * BLOCK]);
    expect(c.world.check()).toEqual([]);
  });

  test('is refused whole: unknown, there already, no frames, the guest on the move or in a commit', () => {
    const c = new Console(options({ dimms: [{ start: BLOCK, end: 4 * BLOCK, hostNodes: [1] }] }));
    const before = c.world.hash();
    expect(plug(c, 1)).toBe('dimm-unknown');
    expect(c.world.hash()).toBe(before);
    expect(c.world.forecast({ type: 'plugDimm', vm: 'g', dimm: 7 }).rejection?.slug).toBe('dimm-unknown');
    expect(c.world.forecast({ type: 'plugDimm', vm: 'g', dimm: 0 }).rejection).toBe(null);
    c.world.submit({ type: 'compact', vm: 'g', nodes: [1], framesPerTick: 100 });
    expect(plug(c, 0)).toBe('plug-busy');
    c.world.submit({ type: 'cancelCompaction', vm: 'g' });
    expect(plug(c, 0)).toBe(null);
    expect(plug(c, 0)).toBe('dimm-plugged');
    const base = configOf(options());
    const small = {
      ...base,
      hosts: base.hosts.map((h) => ({
        ...h,
        nodes: h.nodes.map((n) => ({ ...n, totalPages: n.nid === 0 ? BLOCK : BLOCK + 512 })),
      })),
    };
    const full = new Console(World.create(small).world!);
    const hash = full.world.hash();
    expect(plug(full, 0)).toBe('plug-no-room');
    expect(full.world.hash()).toBe(hash);
    expect(full.echo('0x8000000', PROBE)).toBe(null);
    expect(full.echo('0x10000000', PROBE)).toBe('ENOMEM');
    expect(full.world.check()).toEqual([]);
  });
});

test('what has been plugged in moves with the guest', () => {
  const base = configOf(options());
  const there = { ...base.hosts[0]!, name: 'there' };
  const world = World.create({
    ...base,
    hosts: [...base.hosts, there],
    links: [{ name: 'wire', hosts: ['h', 'there'], bytesPerSec: 2 ** 30 }],
  }).world!;
  const c = new Console(world);
  expect(plug(c, 0)).toBe(null);
  const migrate = { type: 'migrate', vm: 'g', toHost: 'there', nodes: [0], downtimeLimitMs: 300 } as const;
  expect(world.submit({ ...migrate, maxBytesPerSec: 0, maxRounds: 30 })).toBe(null);
  expect(plug(c, 1)).toBe('plug-busy');
  expect(c.echo('0x18000000', PROBE)).toBe('EBUSY');
  world.step(40);
  expect(world.check()).toEqual([]);
  expect(used(c)).toEqual([0, 0, 3 * BLOCK, 0]);
  expect(plug(c, 1)).toBe(null);
  expect(used(c)).toEqual([0, 0, 4 * BLOCK, 0]);
  expect(world.check()).toEqual([]);
});

test('nothing is plugged in while a commit is under way', () => {
  const c = new Console(options({ beyond: { ...PLAIN_RFC, commitStepTicks: 2 } }));
  c.stage(0, 4 * BLOCK - 1, 2);
  expect(c.commit()).toBe(null);
  expect(plug(c, 0)).toBe('plug-commit');
  expect(c.echo('0x8000000', PROBE)).toBe('EBUSY');
  c.world.step(20);
  expect(plug(c, 0)).toBe(null);
  expect(present(c)).toEqual([0, 0, 3 * BLOCK, 0]);
  expect(c.world.check()).toEqual([]);
});

test('probe adds one memory block, where a DIMM lies and only once', () => {
  const c = new Console(options());
  expect(c.echo('0x8000001', PROBE)).toBe('EINVAL');
  expect(c.log.at(-1)).toBe('probe: 0x8000001 is not where a memory block begins');
  expect(c.echo('0x0', PROBE)).toBe('EEXIST');
  expect(c.echo('0x100000000000', PROBE)).toBe('EINVAL');
  expect(c.echo('268435456', PROBE)).toBe(null);
  expect(c.cat('/sys/devices/system/memory/memory2/state')).toBe('online\n');
  expect(c.world.filesOf('g')!.stat('/sys/devices/system/memory/memory1')).toBe(null);
  expect(c.echo('0x10000000', PROBE)).toBe('EEXIST');
  // What is left of the DIMM.
  expect(plug(c, 0)).toBe(null);
  expect(present(c)[0]).toBe(16384 + 2 * BLOCK);
  expect(plug(c, 0)).toBe('dimm-plugged');
  expect(c.world.check()).toEqual([]);
  const none = new Console({ mm: { nrPages: 2 * BLOCK, holes: [{ start: BLOCK, end: 2 * BLOCK }] } });
  expect(none.echo('0x8000000', PROBE)).toBe('EINVAL');
});

test('a block that has ranges of two nodes: the kernel asks for its first page, every page goes to its own node', () => {
  const c = new Console(options());
  c.stage(0, BLOCK + 1000, 1);
  c.stage(BLOCK + 1001, 4 * BLOCK, 2);
  c.commit();
  expect(plug(c, 0)).toBe(null);
  expect(c.log).toContain('memory1 is added to node 1');
  expect(c.log).toContain('memory2 is added to node 2');
  expect(present(c)).toEqual([0, BLOCK + 1001, 2 * BLOCK - 1001, 0]);
  expect(c.ls('/sys/devices/system/memory/memory1').filter((n) => n.startsWith('node'))).toEqual(['node1', 'node2']);
  expect(c.world.check()).toEqual([]);
});

describe.each([
  ['correct', {}],
  ['with all defects', { rfc: ALL_DEFECTS }],
])('at random, %s', (_, profile) => {
  test.each([1, 2, 3, 4, 5, 6])('seed %i: laws hold, a restored world and a replay are the same', (seed) => {
    let state = seed * 7919;
    const below = (n: number): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n;
    const workload = {
      occupancyPermille: 600,
      kernelPermille: 20,
      hugePermille: 200,
      lifetime: { law: 'exponential' as const, meanTicks: 20 },
      start: 'stationary' as const,
      warmupTicks: 0,
    };
    const regeneration = { enabled: seed % 2 === 0, granularityPages: 512, delayTicks: 1 };
    const c = new Console(options({ workload, regeneration }, profile));
    const random = [
      () => plug(c, below(2)),
      () => c.echo(`0x${(below(4) * 0x8000000).toString(16)}`, PROBE),
      () => {
        const cut = 1 + below(4 * BLOCK - 1);
        c.clear();
        c.stage(0, cut - 1, below(4));
        c.stage(cut, 4 * BLOCK - 1, below(4));
        c.commit();
      },
      () => c.world.submit({ type: 'compact', vm: 'g', nodes: [below(2)], framesPerTick: 4096 }),
      () => c.world.submit({ type: 'cancelCompaction', vm: 'g' }),
    ];
    for (let i = 0; i < 12; i++) {
      random[below(random.length)]!();
      c.world.step(1 + below(3));
      expect(c.world.check()).toEqual([]);
    }
    expect(c.guest.memory.state.plugged).not.toEqual([]);
    c.world.takeEvents();
    const twin = World.restore(c.world.config, c.world.state());
    expect(twin.hash()).toBe(c.world.hash());
    const ticks = c.world.tick;
    for (const w of [c.world, twin]) w.step(5);
    expect(twin.hash()).toBe(c.world.hash());
    expect(twin.check()).toEqual([]);
    const replayed = World.create(c.world.config).world!;
    replayed.step(ticks + 5);
    expect(replayed.hash()).toBe(c.world.hash());
    expect(replayed.chain).toBe(c.world.chain);
  });
});
