/** Huge page pools: who takes from them, and that nothing else does. */
import { describe, expect, it, test } from 'vitest';
import type { GuestConfig, HostConfig, HugePagePool, HugePageRange } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { Prng, StateCollector, StateReader } from '../core/index.ts';
import { checkFleet } from './check.ts';
import { evenlyFor, inOrder } from './deal.ts';
import { Fleet, type Move } from './fleet.ts';
import { guestOf, hostOf, ruleOf, worldOf } from './fleet-fixture.ts';
import { loadFleet, saveFleet } from './fleet-save.ts';
import { poolsTable } from './fleet-table.ts';
import { figuresOf } from './host.ts';
import { NaiveFleet } from './naive-fleet.ts';

const pool = (framePages: number, frames: number, reservedFrames = 0): HugePagePool => ({
  framePages,
  frames,
  ...(reservedFrames === 0 ? {} : { reservedFrames }),
});

/** @param nodes nid, pages, reserved pages, pools. */
function hostWith(
  name: string,
  nodes: readonly (readonly [number, number, number, readonly HugePagePool[]])[],
): HostConfig {
  const host = hostOf(
    name,
    nodes.map(([nid, total, reserved]) => [nid, total, reserved]),
  );
  return { ...host, nodes: host.nodes.map((node, i) => ({ ...node, pools: nodes[i]![3] })) };
}

function guestWith(
  name: string,
  nrPages: number,
  hugePages: readonly HugePageRange[],
  nodes: readonly number[],
): GuestConfig {
  const borders = [...new Set([0, nrPages, ...hugePages.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  const placement = borders.slice(1).map((end, i) => ruleOf('strict', borders[i]!, end, nodes));
  return { ...guestOf(name, { host: 'a', nrPages, framePages: 4, placement }), hugePages };
}

const create = (config: WorldConfig): Fleet | null => Fleet.create(config).fleet;

function reload(config: WorldConfig, fleet: Fleet): Fleet {
  const collector = new StateCollector();
  saveFleet(fleet, collector);
  return loadFleet(config, new StateReader(collector.done()));
}

describe('a guest with huge pages', () => {
  const a = hostWith('a', [[0, 256, 8, [pool(8, 6, 1), pool(32, 2)]]]);
  const ranges = [
    { start: 0, end: 64, framePages: 32 },
    { start: 64, end: 96, framePages: 8 },
  ];

  test('takes whole, aligned pages from the pool of each size, and the rest from what is outside', () => {
    const fleet = create(worldOf([a], [guestWith('vm', 120, ranges, [0])]))!;
    // The pools lie at the low end, the larger pages first: 0 to 64 and 64 to 112; others hold the page at 64.
    expect(fleet.guest(0).backing.extents.map(({ start, pages, frame }) => [start, pages, frame])).toEqual([
      [0, 64, 0],
      [64, 32, 72],
      [96, 24, 120],
    ]);
    expect(figuresOf(fleet.hosts[0]!.nodes[0]!)).toEqual({
      ...{ totalPages: 256, freePages: 144 - 8 - 24, usedPages: 120, reservedPages: 8 + 8, poolFreePages: 8 },
    });
    const { columns } = poolsTable(fleet);
    expect([...columns.framePages]).toEqual([8, 32]);
    expect([...columns.totalPages]).toEqual([48, 64]);
    expect([...columns.freePages]).toEqual([8, 0]);
    expect([...columns.usedPages]).toEqual([32, 64]);
    expect([...columns.reservedPages]).toEqual([8, 0]);
    expect(checkFleet(fleet)).toEqual([]);
  });

  test('does not fit where bytes would suffice but pages of its size do not; nor does another into a pool', () => {
    const shortOf = (guest: GuestConfig) => Fleet.create(worldOf([a], [guest])).problems;
    expect(shortOf(guestWith('vm', 96, [{ start: 0, end: 96, framePages: 32 }], [0]))).toMatchObject([
      { shortPages: 32, framePages: 32, inPool: true },
    ]);
    expect(shortOf(guestWith('vm', 64, [{ start: 0, end: 64, framePages: 16 }], [0]))).toMatchObject([
      { shortPages: 64, framePages: 16, inPool: true },
    ]);
    // 136 pages lie outside of the pools.
    expect(shortOf(guestWith('vm', 140, [], [0]))).toMatchObject([{ shortPages: 4, framePages: 4, inPool: false }]);
    expect(shortOf(guestWith('vm', 136, [], [0]))).toEqual([]);
  });

  test('takes whole frames of other memory where the pools of a host are not known', () => {
    const { pools: _, ...node } = a.nodes[0]!;
    const fleet = create(worldOf([{ ...a, nodes: [node] }], [guestWith('vm', 120, ranges, [0])]))!;
    expect(fleet.guest(0).backing.extents.every(({ start, frame }) => (frame - start) % 8 === 0)).toBe(true);
    expect(checkFleet(fleet)).toEqual([]);
  });
});

describe('law H1 finds', () => {
  const a = hostWith('a', [[0, 256, 8, [pool(8, 6)]]]);
  const fleet = create(worldOf([a], [guestWith('vm', 64, [{ start: 0, end: 16, framePages: 8 }], [0])]))!;
  const node = fleet.hosts[0]!.nodes[0]!;
  const texts = (broken: Fleet): string =>
    checkFleet(broken)
      .map(({ text }) => text)
      .join('; ');

  test('a frame of a pool that a guest without huge pages holds', () => {
    const guest = fleet.guest(0);
    const plain = {
      ...guest.memory,
      areas: [{ ...guest.memory.areas[1]!, start: 0, windows: guest.memory.windows, frames: 16 }],
    };
    expect(texts(new Fleet(fleet.hosts, [{ ...guest, memory: plain }]))).toMatch(
      /in use twice|neither free nor in use/,
    );
  });
  test('a page of a pool that is free and in use', () => {
    const [own] = node.pools!;
    const freed = own!.frames.release([{ frame: own!.extent.frame, pages: 8 }]);
    expect(
      texts(new Fleet([fleet.hosts[0]!.withFrames(0, freed, { framePages: 8, isPool: true })], fleet.guests)),
    ).toMatch(/the pool of 8 pages of node 0 of host a/);
  });
});

/** Nodes with pools of two sizes, or of which none are known; guests with areas of up to three kinds. */
function randomWorld(prng: Prng): WorldConfig {
  const nids = [0, 1, 16];
  const hosts = ['a', 'b'].map((name) => {
    const host = hostWith(
      name,
      nids.map((nid) => {
        const pools = [pool(8, prng.below(10), 0), pool(16, prng.below(6), 0)].map(({ framePages, frames }) =>
          pool(framePages, frames, frames > 3 ? prng.below(2) : 0),
        );
        return [nid, 300 + prng.below(150), prng.below(12), pools];
      }),
    );
    return prng.chance(1, 5) ? { ...host, nodes: host.nodes.map(({ pools: _, ...node }) => node) } : host;
  });
  const guests = [0, 1, 2].map((g) => {
    const sizes = [8, 16].filter(() => prng.chance(2, 3));
    if (prng.chance(1, 2)) sizes.reverse();
    const hugePages: HugePageRange[] = [];
    let start = prng.chance(1, 2) ? 16 * prng.below(2) : 0;
    for (const framePages of sizes) {
      const end = start + 16 * (1 + prng.below(3));
      hugePages.push({ start, end, framePages });
      start = end;
    }
    return guestWith(`vm${g}`, start + 16 + prng.below(20), hugePages, [16, 1, 0]);
  });
  return worldOf(hosts, guests, [], prng.u32());
}

describe('against one entry per page', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('random moves over pools, seed %i', (seed) => {
    const prng = new Prng(seed, 'pools-test');
    let config = randomWorld(prng);
    while (create(config) === null) config = randomWorld(prng);
    const naive = new NaiveFleet(config);
    config.guests.forEach((_, g) => expect(naive.placeStrict(g, [16, 1, 0])).toBe(true));
    let fleet = create(config)!;
    const nodes = (): number[] => [0, 1, 16].filter(() => prng.chance(2, 3));

    const draw = (): Move | null => {
      const guest = prng.below(config.guests.length);
      const { memory, backing, copy, host } = fleet.guest(guest);
      switch (prng.below(4)) {
        case 0: {
          // The lowest frame that is elsewhere; the area that it is in decides of which kind its new place is.
          const on = nodes();
          if (copy !== null || backing.extents.some((e) => e.host !== host)) return null;
          const first = backing.extents.find((e) => !on.includes(e.hostNid));
          if (first === undefined) return null;
          const area = memory.areas.find(({ start, end }) => start <= first.start && first.start < end)!;
          const steps = inOrder(fleet.hosts[host]!, on, 1, area);
          expect(naive.compact(guest, on, 1) > 0).toBe(steps.length > 0);
          if (steps.length === 0) return null;
          const start = Math.floor(first.start / area.framePages) * area.framePages;
          return { type: 'relocate', guest, host, windows: [{ start, end: start + area.framePages }], steps };
        }
        case 1: {
          const on = nodes();
          if (copy !== null || backing.extents.some((e) => e.host !== host)) return null;
          const { steps, shortPages } = evenlyFor(fleet.hosts[1 - host]!, on, memory.areas);
          expect(naive.startMigration(guest, 1 - host, on)).toBe(shortPages === 0);
          return shortPages === 0 ? { type: 'reserve', guest, host: 1 - host, steps } : null;
        }
        case 2: {
          if (copy === null) return null;
          const w = prng.below(naive.guests[guest]!.shape.length);
          if (naive.guests[guest]!.second![w] === null) return null;
          const { start, framePages } = naive.guests[guest]!.shape[w]!;
          naive.arrive(guest, w);
          return { type: 'arrive', guest, windows: [{ start, end: start + framePages }] };
        }
        default: {
          if (copy === null || backing.extents.some((e) => e.host !== host)) return null;
          naive.endMigration(guest, false);
          return { type: 'release', guest };
        }
      }
    };

    let applied = 0;
    for (let step = 0; step < 400; step++) {
      const move = draw();
      if (move === null) continue;
      fleet = fleet.apply(move);
      applied++;
      const { guest } = move;
      if (
        fleet.guest(guest).copy === null &&
        fleet.guest(guest).backing.extents.every((e) => e.host !== fleet.guest(guest).host)
      ) {
        const host = 1 - fleet.guest(guest).host;
        fleet = fleet.apply({ type: 'run', guest, host });
        naive.guests[guest]!.host = host;
      }
      expect(checkFleet(fleet)).toEqual([]);
      fleet.guests.forEach((each, g) => {
        const pages = new Map<number, number[]>();
        for (const e of each.backing.extents)
          for (let k = 0; k < e.pages; k++) pages.set(e.start + k, [e.host, e.hostNid, e.frame + k]);
        naive.pages(g).forEach((at, pfn) => expect(pages.get(pfn) ?? null).toEqual(at));
      });
      fleet.hosts.forEach((host, h) => {
        for (const node of host.nodes) {
          expect(node.frames.freePages).toBe(naive.free(h, node.nid));
          for (const { framePages, frames } of node.pools ?? [])
            expect(frames.freePages).toBe(naive.free(h, node.nid, framePages));
        }
      });
    }
    expect(applied).toBeGreaterThan(30);
    expect(reload(config, fleet)).toEqual(fleet);
  });
});
