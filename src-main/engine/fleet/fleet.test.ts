import { describe, expect, it } from 'vitest';
import type { WorldConfig } from '../../../shared/model/world.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { Prng, StateCollector, StateHasher, StateReader } from '../core/index.ts';
import { Backing } from './backing.ts';
import { checkFleet } from './check.ts';
import { evenly, inOrder } from './deal.ts';
import { Fleet, type Move } from './fleet.ts';
import { guestOf, hostOf, ruleOf, sharesOf, worldOf } from './fleet-fixture.ts';
import { loadFleet, saveFleet } from './fleet-save.ts';
import { sizeOf } from './guest-memory.ts';
import { bestNodes } from './node-choice.ts';
import { Host, plainFrames } from './host.ts';
import { NaiveFleet } from './naive-fleet.ts';
import { NodeFrames } from './node-frames.ts';

function create(config: WorldConfig): Fleet {
  const { fleet, problems } = Fleet.create(config);
  expect(problems).toEqual([]);
  return fleet!;
}

/** One VM of 96 pages in frames of 8, a third on each of three nodes of host a; host b has room for it. */
const SPREAD = worldOf(
  [
    hostOf('a', [
      [0, 128, 0],
      [1, 64, 0],
      [17, 64, 0],
    ]),
    hostOf('b', [
      [0, 64, 0],
      [1, 64, 0],
    ]),
  ],
  [
    guestOf('vm', {
      host: 'a',
      nrPages: 96,
      framePages: 8,
      placement: [sharesOf(0, 96, { 0: 32, 1: 32, 17: 32 }, false)],
    }),
  ],
);

const places = (fleet: Fleet): number[][] =>
  fleet.guest(0).backing.extents.map((e) => [e.start, e.pages, e.host, e.hostNid, e.frame]);

const reserveOnB = (fleet: Fleet): Fleet =>
  fleet.apply({ type: 'reserve', guest: 0, host: 1, steps: evenly(fleet.hosts[1]!, [0, 1], 12, plainFrames(8)) });

describe('a fleet', () => {
  it('shares with the one before all that a move does not touch', () => {
    const config = { ...SPREAD, guests: [...SPREAD.guests, { ...SPREAD.guests[0]!, name: 'other' }] };
    const before = create(config);
    const windows = [{ start: 32, end: 64 }];
    const after = before.apply({ type: 'relocate', guest: 0, host: 0, windows, steps: [{ hostNid: 0, frames: 4 }] });
    // Expect: guest 0 and nodes 0 and 1 of host a are new; everything else is the same object.
    expect(after.guests[1]).toBe(before.guests[1]);
    expect(after.hosts[1]).toBe(before.hosts[1]);
    expect(after.hosts[0]!.nodes[2]).toBe(before.hosts[0]!.nodes[2]);
    expect(before.hosts[0]!.frames(0).freePages - after.hosts[0]!.frames(0).freePages).toBe(32);
    expect(before.guest(0).generation).toBe(0);
    expect(after.guest(0).generation).toBe(1);
  });

  it('lets a VM live on two hosts at once while its pages arrive one by one', () => {
    const reserved = reserveOnB(create(SPREAD)).apply({ type: 'run', guest: 0, host: 1 });
    const half = reserved.apply({ type: 'arrive', guest: 0, windows: [{ start: 24, end: 40 }] });
    // Expect: windows 24-39 on b, the frames on a that backed them free, the second copy has the other ten windows.
    expect(places(half)).toEqual([
      [0, 24, 0, 0, 0],
      [24, 16, 1, 0, 24],
      [40, 24, 0, 1, 8],
      [64, 32, 0, 17, 0],
    ]);
    expect(half.guest(0).copy!.extents.map((e) => [e.start, e.pages])).toEqual([
      [0, 24],
      [40, 8],
      [48, 48],
    ]);
    expect([0, 1, 17].map((nid) => half.hosts[0]!.frames(nid).usedPages)).toEqual([24, 24, 32]);
    expect(half.hostOf(0).name).toBe('b');
    expect(checkFleet(half)).toEqual([]);
    expect(reload(SPREAD, half)).toEqual(half);
    const all = half.apply({ type: 'arrive', guest: 0, windows: [{ start: 0, end: 96 }] });
    expect(all.guest(0).copy).toBeNull();
    expect(all.hosts[0]!.nodes.every(({ frames }) => frames.usedPages === 0)).toBe(true);
    expect(checkFleet(all)).toEqual([]);
  });

  it('is as it was when a second copy is given up', () => {
    const before = create(SPREAD);
    expect(reserveOnB(before).apply({ type: 'release', guest: 0 })).toEqual(before);
  });

  it('tells hosts apart by distance and counts what a guest holds on a host towards its best nodes', () => {
    const fleet = create(SPREAD);
    expect(fleet.distance({ host: 0, hostNid: 0 }, { host: 0, hostNid: 17 })).toBe(30);
    expect(fleet.distance({ host: 0, hostNid: 0 }, { host: 1, hostNid: 0 })).toBe(255);
    expect(bestNodes(fleet, 0, 0)).toEqual([0]);
    expect(bestNodes(fleet, 0, 1)).toEqual([0, 1]);
  });
});

function reload(config: WorldConfig, fleet: Fleet): Fleet {
  const collector = new StateCollector();
  saveFleet(fleet, collector);
  return loadFleet(config, new StateReader(collector.done()));
}

function hashOf(fleet: Fleet): string {
  const hasher = new StateHasher();
  saveFleet(fleet, hasher);
  return hasher.hex();
}

/** Two hosts with sparse nids and a node without memory; guests in frames of 1, 4 and 8 pages, some with holes. */
function randomWorld(prng: Prng): WorldConfig {
  const nids = [0, 1, 16, 17];
  const hosts = ['a', 'b'].map((name) =>
    hostOf(
      name,
      nids.map((nid) => (prng.chance(1, 6) ? [nid, 0, 0] : [nid, 80 + prng.below(120), prng.below(12)])),
    ),
  );
  const guests = [0, 1, 2].map((g) => {
    const nrPages = 64 + prng.below(30);
    const start = prng.below(40);
    const holes = prng.chance(1, 2) ? [{ start, end: start + 1 + prng.below(20) }] : [];
    const placement = [ruleOf('strict', 0, nrPages, [...nids].reverse())];
    return guestOf(`vm${g}`, { host: 'a', nrPages, holes, framePages: [1, 4, 8][prng.below(3)]!, placement });
  });
  return worldOf(hosts, guests, [], prng.u32());
}

describe('against one entry per page', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('random moves, seed %i', (seed) => {
    const prng = new Prng(seed, 'fleet-test');
    let config = randomWorld(prng);
    while (Fleet.create(config).fleet === null) config = randomWorld(prng);
    const naive = new NaiveFleet(config);
    config.guests.forEach((_, g) => expect(naive.placeStrict(g, [17, 16, 1, 0])).toBe(true));
    let fleet = create(config);

    const nodes = (): number[] => [0, 1, 16, 17].filter(() => prng.chance(2, 3));
    /** A move, carried out on the naive side; null when it is not possible. */
    const draw = (): Move | null => {
      const guest = prng.below(config.guests.length);
      const { memory, backing, copy, host } = fleet.guest(guest);
      const { framePages } = memory;
      switch (prng.below(5)) {
        case 0: {
          if (copy !== null || backing.extents.some((e) => e.host !== host)) return null;
          const on = nodes();
          // What the naive compaction moves: the lowest windows that are elsewhere, while there is room.
          const elsewhere = [...backing.wholeFrames(framePages)].filter((run) => !on.includes(run.hostNid));
          const wanted = elsewhere.slice(0, 1).reduce((sum, run) => sum + run.pages, 0) / framePages;
          const steps = inOrder(fleet.hosts[host]!, on, wanted, plainFrames(framePages));
          const frames = steps.reduce((sum, s) => sum + s.frames, 0);
          if (frames === 0) return null;
          naive.compact(guest, on, frames);
          const { start } = elsewhere[0]!;
          const windows = [{ start, end: start + frames * framePages }];
          return { type: 'relocate', guest, host, windows, steps };
        }
        case 1: {
          const on = nodes();
          if (copy !== null || backing.extents.some((e) => e.host !== host)) return null;
          const steps = evenly(fleet.hosts[1 - host]!, on, memory.frames, plainFrames(framePages));
          const fits = steps.reduce((sum, s) => sum + s.frames, 0) === memory.frames;
          expect(naive.startMigration(guest, 1 - host, on)).toBe(fits);
          return fits ? { type: 'reserve', guest, host: 1 - host, steps } : null;
        }
        case 2: {
          if (copy === null) return null;
          const windows: PfnRange[] = [];
          const last = Math.ceil(config.guests[guest]!.mm.nrPages / framePages);
          for (let w = 0; w < last; w++) {
            if (!prng.chance(1, 2)) continue;
            windows.push({ start: w * framePages, end: (w + 1) * framePages });
            naive.arrive(guest, w);
          }
          return { type: 'arrive', guest, windows };
        }
        default:
          if (copy === null || backing.extents.some((e) => e.host !== host)) return null;
          naive.endMigration(guest, false);
          return { type: 'release', guest };
      }
    };

    const kept: { fleet: Fleet; hash: string }[] = [];
    const seen = new Set<string>();
    for (let i = 0; i < 120; i++) {
      const move = draw();
      if (move === null) continue;
      seen.add(move.type);
      kept.push({ fleet, hash: hashOf(fleet) });
      fleet = fleet.apply(move);
      // A guest that has arrived whole runs there.
      const { backing, copy, host } = fleet.guest(move.guest);
      const there = backing.extents[0]!.host;
      if (copy === null && host !== there) {
        fleet = fleet.apply({ type: 'run', guest: move.guest, host: there });
        naive.guests[move.guest]!.host = there;
      }
      expect(checkFleet(fleet)).toEqual([]);
      config.guests.forEach((g, index) => {
        const pages: unknown[] = Array.from({ length: g.mm.nrPages }, () => null);
        for (const e of fleet.guest(index).backing.extents) {
          for (let k = 0; k < e.pages; k++) pages[e.start + k] = [e.host, e.hostNid, e.frame + k];
        }
        expect(pages).toEqual(naive.pages(index));
      });
      fleet.hosts.forEach((host) => {
        for (const { nid, frames } of host.nodes) expect(frames.freePages).toBe(naive.free(host.index, nid));
      });
      expect(reload(config, fleet)).toEqual(fleet);
    }
    expect([...seen].sort()).toEqual(['arrive', 'release', 'relocate', 'reserve']);
    // A later move never reaches into an earlier fleet.
    for (const { fleet: earlier, hash } of kept) expect(hashOf(earlier)).toBe(hash);
  });
});

describe('plugged memory', () => {
  it('takes its frames in order and joins the guest; a fleet read back has it too', () => {
    const dimm = { start: 96, end: 128 };
    const guests = [{ ...SPREAD.guests[0]!, mm: { ...SPREAD.guests[0]!.mm, nrPages: 128, holes: [dimm] } }];
    const config = { ...SPREAD, guests };
    const before = create(config);
    const steps = inOrder(before.hosts[0]!, [17, 1], sizeOf([dimm]) / 8, plainFrames(8));
    const after = before.apply({ type: 'plug', guest: 0, pages: [dimm], steps });
    expect(places(after).at(-1)).toEqual([64, 64, 0, 17, 0]);
    expect(after.guest(0).memory).toMatchObject({ validPages: 128, frames: 16, plugged: [dimm] });
    expect(checkFleet(after)).toEqual([]);
    expect(reload(config, after)).toEqual(after);
  });
});

describe('law H1 finds', () => {
  const fleet = create(SPREAD);
  const lawsOf = (broken: Fleet): string => checkFleet(broken).map((v) => v.text)[0] ?? '';
  const guest = fleet.guest(0);
  const backedBy = (extents: Backing['extents']): Fleet =>
    new Fleet(fleet.hosts, [{ ...guest, backing: new Backing(extents) }]);

  it.each<[string, Fleet, RegExp]>([
    ['a page that nothing backs', backedBy(guest.backing.extents.slice(1)), /valid, but backed|should be backed next/],
    [
      'a page at another offset',
      backedBy(guest.backing.extents.map((e, i) => (i === 0 ? { ...e, frame: 4 } : e))),
      /offset/,
    ],
    ['a frame that two hold', new Fleet(fleet.hosts, [guest, { ...guest, name: 'twin' }]), /in use twice/],
    [
      'a frame that is free and in use',
      new Fleet([Host.unused(SPREAD.hosts[0]!, 0), fleet.hosts[1]!], [guest]),
      /both free and in use/,
    ],
    [
      'a frame that nobody has',
      new Fleet([fleet.hosts[0]!, fleet.hosts[1]!.withFrames(0, NodeFrames.unused(64, 0).take(1, 8).rest)], [guest]),
      /neither free nor in use/,
    ],
    [
      'an extent that could be longer',
      backedBy(
        guest.backing.extents.flatMap((e, i) =>
          i > 0
            ? [e]
            : [
                { ...e, pages: 8 },
                { ...e, start: 8, frame: 8, pages: e.pages - 8 },
              ],
        ),
      ),
      /not maximal/,
    ],
    [
      'a second copy of a page that is a hole',
      new Fleet(fleet.hosts, [
        { ...guest, copy: new Backing([{ start: 96, pages: 8, host: 1, hostNid: 0, frame: 0 }]) },
      ]),
      /not valid/,
    ],
  ])('%s', (_, broken, text) => {
    expect(checkFleet(fleet)).toEqual([]);
    expect(lawsOf(broken)).toMatch(text);
  });
});
