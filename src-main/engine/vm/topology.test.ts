/** CPU map and distances with the layout: what it changes, and that every law holds. */
import { guestsOf } from '../../../shared/columns/index.ts';
import { describe, expect, test } from 'vitest';
import type { GuestConfig, HostConfig, LayoutRange } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { Prng } from '../core/index.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { config, guest, host, MIGRATE, start } from '../world-fixture.ts';
import { World } from '../world.ts';
import { cpusWhereMemoryIs } from './topology.ts';

const PAGES = 4096;
const withTopology = (topology: boolean, more: Partial<GuestConfig> = {}): GuestConfig =>
  guest('a', { beyond: { ...PLAIN_RFC, topology }, ...more });
const untold = { enabled: false, granularityPages: 16, delayTicks: 1 };

/** An eighth on 0, the rest on 2: both CPUs run there, and the guest's own map has CPU 0 on node 0 still. */
const ON_NEW_NODES: readonly LayoutRange[] = [
  { start: 0, end: 512, nid: 0 },
  { start: 512, end: PAGES, nid: 2 },
];

function ran(topology: boolean): World {
  const world = start(config([withTopology(topology, { regeneration: untold })]));
  world.step(2);
  world.submit({ type: 'commitLayout', vm: 'a', ranges: ON_NEW_NODES });
  world.step(40);
  return world;
}
const header = (world: World) => guestsOf(world.snapshot('accounts'))[0]!;

describe('a topology that comes with the layout', () => {
  test('is numbered, and tasks allocate where their CPUs are; without it they allocate by the old map', () => {
    const [plain, told] = [ran(false), ran(true)];
    expect([header(plain).topologyGeneration, header(plain).cpuNode]).toEqual([0, [0, 1]]);
    expect([header(told).topologyGeneration, header(told).cpuNode]).toEqual([1, [2, 2]]);
    const remote = (world: World): number => header(world).counters['remoteAllocs']!;
    expect(remote(plain)).toBeGreaterThan(200);
    expect(remote(told)).toBeLessThan(remote(plain) / 2);
    // One rebuild a commit, whatever brought it about.
    expect(header(told).counters['zonelistRebuilds']).toBe(1);
  });

  test('of a layout that changes no population still makes the zonelists anew', () => {
    const world = start(config([withTopology(true, { regeneration: untold })]));
    world.submit({
      type: 'commitLayout',
      vm: 'a',
      ranges: [
        { start: 0, end: 1100, nid: 0 },
        { start: 1100, end: PAGES, nid: 1 },
      ],
    });
    expect([header(world).cpuNode, header(world).counters['zonelistRebuilds']]).toEqual([[0, 1], 0]);
    world.submit({
      type: 'commitLayout',
      vm: 'a',
      ranges: [
        { start: 0, end: 64, nid: 0 },
        { start: 64, end: PAGES, nid: 1 },
      ],
    });
    expect([header(world).cpuNode, header(world).counters['zonelistRebuilds']]).toEqual([[1, 1], 1]);
  });

  test.each([false, true])(
    'leaves every law, also in the middle of slow commits and after a restore: %s',
    (topology) => {
      const beyond = { ...PLAIN_RFC, topology, commitStepTicks: 2 };
      const world = start(config([withTopology(topology, { regeneration: untold, beyond })]));
      for (let t = 0; t < 60; t++) {
        if (t % 16 === 3)
          world.submit({
            type: 'commitLayout',
            vm: 'a',
            ranges: t % 32 === 3 ? ON_NEW_NODES : [{ start: 0, end: PAGES, nid: 1 }],
          });
        world.step();
        expect(world.check()).toEqual([]);
        const copy = World.restore(world.config, world.state());
        expect(copy.hash()).toBe(world.hash());
        const ahead = World.restore(world.config, world.state());
        copy.step(5);
        for (let i = 0; i < 5; i++) ahead.step();
        expect(copy.snapshot('blocks')).toEqual(ahead.snapshot('blocks'));
      }
      const again = start(world.config);
      again.step(world.tick);
      expect([again.hash(), header(again)]).toEqual([world.hash(), header(world)]);
    },
  );

  test('has the distances of the host nodes that its nodes stand for, when the host tells it', () => {
    const far: HostConfig = {
      ...host('new', [0, 1, 16, 17], 8192),
      distances: [
        [10, 16, 32, 33],
        [16, 10, 34, 35],
        [32, 34, 10, 12],
        [33, 35, 12, 10],
      ],
    };
    const c: WorldConfig = { ...config([withTopology(true)]), hosts: [host('old', [0, 1], 16384), far] };
    const world = start(c);
    world.step();
    world.submit(MIGRATE);
    world.step(400);
    const { map, memory: mm } = world.guests[0]!;
    expect(mm.state.topology.generation).toBeGreaterThan(0);
    const position = new Map([0, 1, 16, 17].map((nid, i) => [nid, i]));
    let compared = 0;
    map.nodes.forEach((a, from) => {
      map.nodes.forEach((b, to) => {
        if (a === null || b === null || a.host !== 1 || b.host !== 1 || from === to) return;
        compared++;
        expect(mm.state.topology.distances[from]![to]).toBe(
          far.distances[position.get(a.hostNid)!]![position.get(b.hostNid)!],
        );
      });
    });
    expect(compared).toBeGreaterThan(1);
    expect(world.check()).toEqual([]);
  });
});

describe('CPUs run where memory is', () => {
  const none = { nodes: [null, null, null, null], shared: [] };

  test('in proportion, whole ones by largest remainder, and stay where they can', () => {
    expect(cpusWhereMemoryIs([0, 0, 1, 1], [100, 100, 0, 0], none, [])).toEqual([0, 0, 1, 1]);
    expect(cpusWhereMemoryIs([0, 0, 1, 1], [0, 100, 0, 300], none, [])).toEqual([3, 3, 1, 3]);
    expect(cpusWhereMemoryIs([0, 1], [10, 10, 10], none, [])).toEqual([0, 1]);
    expect(cpusWhereMemoryIs([2], [10, 20, 30, 30], none, [])).toEqual([2]);
  });

  test.each([1, 2, 3])(
    'a node gets its whole share, and one more only before those with a smaller rest, seed %i',
    (seed) => {
      const prng = new Prng(seed, 'cpus');
      let rests = 0;
      for (let n = 0; n < 300; n++) {
        const pages = Array.from({ length: 2 + prng.below(4) }, () => prng.below(1000));
        pages[0]!++;
        const total = pages.reduce((a, b) => a + b, 0);
        const map = { nodes: pages.map(() => null), shared: [] };
        const boot = Array.from({ length: 1 + prng.below(12) }, () => prng.below(pages.length));
        const got = pages.map(() => 0);
        for (const nid of cpusWhereMemoryIs(boot, pages, map, [])) got[nid]!++;
        const whole = pages.map((p) => Math.floor((boot.length * p) / total));
        const rest = pages.map((p) => (boot.length * p) % total);
        const [more, exact] = [1, 0].map((extra) => [...got.keys()].filter((nid) => got[nid] === whole[nid]! + extra));
        expect(more!.length + exact!.length).toBe(pages.length);
        for (const a of more!) for (const b of exact!) expect(rest[a]).toBeGreaterThanOrEqual(rest[b]!);
        if (more!.length > 0 && exact!.length > 0) rests++;
      }
      expect(rests).toBeGreaterThan(200);
    },
  );

  test('but not on nodes that stand for host nodes without CPUs', () => {
    const hosts: HostConfig[] = [
      {
        name: 'h',
        nodes: [
          { nid: 0, cpus: [0], totalPages: 1, reservedPages: 0 },
          { nid: 1, cpus: [], totalPages: 1, reservedPages: 0 },
        ],
        distances: [],
      },
    ];
    const map = {
      nodes: [
        { host: 0, hostNid: 0 },
        { host: 0, hostNid: 1 },
      ],
      shared: [],
    };
    expect(cpusWhereMemoryIs([0, 1], [10, 1000], map, hosts)).toEqual([0, 0]);
    expect(cpusWhereMemoryIs([0, 1], [0, 1000], map, hosts)).toEqual([1, 1]);
  });
});
