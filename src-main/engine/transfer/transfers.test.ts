import { describe, expect, it } from 'vitest';
import type { WorldEvent } from '../../../shared/model/event.ts';
import type { LinkConfig } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { Prng, StateCollector, StateHasher, StateReader } from '../core/index.ts';
import type { MigrateOptions } from './plan.ts';
import { Transfers } from './transfers.ts';
import { guestOf, hostOf, ruleOf, sharesOf, worldOf } from '../fleet/fleet-fixture.ts';
import { backingTable, hostNodesTable } from '../fleet/index.ts';
import { NaiveFleet } from '../fleet/naive-fleet.ts';

const LINK: LinkConfig = { name: 'wire', hosts: ['a', 'b'], bytesPerSec: 4096 * 100 };

function create(config: WorldConfig): Transfers {
  const { transfers, problems } = Transfers.create(config);
  expect(problems).toEqual([]);
  return transfers!;
}

const options = (toHost: string, more: Partial<MigrateOptions> = {}): MigrateOptions => ({
  toHost,
  nodes: null,
  downtimeLimitMs: 100,
  maxBytesPerSec: 0,
  maxRounds: 30,
  ...more,
});

function hashOf(h: Transfers): string {
  const hasher = new StateHasher();
  h.save(hasher);
  return hasher.hex();
}

function reload(config: WorldConfig, h: Transfers): Transfers {
  const collector = new StateCollector();
  h.save(collector);
  return Transfers.load(config, new StateReader(collector.done()));
}

const typesOf = (events: readonly WorldEvent[]): string[] => events.map((e) => e.type);

/** Runs until nothing is under way; every law at every tick. */
function finish(h: Transfers, from = 0): { events: WorldEvent[]; ticks: number } {
  let tick = from;
  for (; h.isBusy; tick++) {
    expect(tick).toBeLessThan(10_000);
    h.step(tick);
    expect(h.check()).toEqual([]);
  }
  return { events: h.takeEvents(), ticks: tick };
}

/** A small world from a seed: sparse nids, a node without memory, frames of 1, 4 and 8 pages, holes, strict placement. */
function randomWorld(prng: Prng): WorldConfig {
  const nids = [0, 1, 16, 17];
  const hosts = ['a', 'b'].map((name) =>
    hostOf(
      name,
      nids.map((nid) => (prng.chance(1, 6) ? [nid, 0, 0] : [nid, 60 + prng.below(120), prng.below(12)])),
    ),
  );
  const guests = [0, 1, 2, 3].map((g) => {
    const nrPages = 64 + prng.below(40);
    const start = prng.below(40);
    const holes = prng.chance(1, 2) ? [{ start, end: start + 1 + prng.below(20) }] : [];
    const nodes = [...nids].sort(() => (prng.chance(1, 2) ? 1 : -1));
    return guestOf(`vm${g}`, {
      host: prng.chance(1, 2) ? 'a' : 'b',
      nrPages,
      holes,
      framePages: [1, 4, 8][prng.below(3)]!,
      placement: [ruleOf('strict', 0, nrPages, nodes)],
      dirty: { workingSetPages: prng.below(60), pagesPerSec: prng.below(300) },
    });
  });
  return worldOf(hosts, guests, [LINK], prng.u32());
}

describe('Transfers against one entry per page', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('random compactions and migrations, seed %i', (seed) => {
    const prng = new Prng(seed, 'host-side-test');
    let config = randomWorld(prng);
    let created = Transfers.create(config);
    while (created.transfers === null) created = Transfers.create((config = randomWorld(prng)));
    let h = created.transfers;
    const naive = new NaiveFleet(config);
    config.guests.forEach((g, i) => expect(naive.placeStrict(i, g.placement[0]!.nodes)).toBe(true));
    const compacting = new Map<number, { nodes: readonly number[]; framesPerTick: number }>();
    const migrating = new Set<number>();

    const compare = (): void => {
      expect(h.check()).toEqual([]);
      config.guests.forEach((g, i) => {
        const pages: unknown[] = Array.from({ length: g.mm.nrPages }, () => null);
        const { extents } = h.fleet.guest(i).backing;
        for (const e of extents) {
          for (let k = 0; k < e.pages; k++) pages[e.start + k] = [e.host, e.hostNid, e.frame + k];
        }
        expect(pages).toEqual(naive.pages(i));
      });
      const nodes = hostNodesTable(h.fleet).columns;
      nodes['nid']!.forEach((nid, i) => expect(nodes['freePages']![i]).toBe(naive.free(nodes['host']![i]!, nid)));
    };

    const command = (tick: number): void => {
      const guest = prng.below(4);
      const nodes = [0, 1, 16, 17].filter(() => prng.chance(1, 2));
      const destination = 1 - naive.guests[guest]!.host;
      const before = hostNodesTable(h.fleet);
      switch (prng.below(6)) {
        case 0:
        case 1: {
          const framesPerTick = 1 + prng.below(6);
          if (h.compact(guest, nodes, framesPerTick, tick) === null) compacting.set(guest, { nodes, framesPerTick });
          break;
        }
        case 2:
          expect(h.cancelCompaction(guest, tick) === null).toBe(compacting.delete(guest));
          break;
        case 3:
        case 4: {
          const wanted = options(['a', 'b'][destination]!, { nodes, downtimeLimitMs: prng.below(300), maxRounds: 4 });
          const rejection = h.migrate(guest, wanted, tick);
          if (rejection === null) {
            expect(naive.startMigration(guest, destination, nodes)).toBe(true);
            migrating.add(guest);
          } else {
            expect(hostNodesTable(h.fleet)).toEqual(before);
            if (rejection.slug === 'migrate-no-room')
              expect(naive.startMigration(guest, destination, nodes)).toBe(false);
          }
          break;
        }
        case 5:
          expect(h.cancelMigration(guest, tick) === null).toBe(migrating.delete(guest));
          if (naive.guests[guest]!.second !== null) naive.endMigration(guest, false);
      }
    };

    for (let tick = 0; tick < 120; tick++) {
      if (prng.chance(1, 2)) command(tick);
      const generations = config.guests.map((_, i) => h.fleet.guest(i).generation);
      const backings = config.guests.map((_, i) => JSON.stringify(h.fleet.guest(i).backing));
      h.step(tick);
      for (const [guest, { nodes, framesPerTick }] of [...compacting].sort(([a], [b]) => a - b)) {
        naive.compact(guest, nodes, framesPerTick);
      }
      for (const event of h.takeEvents()) {
        const guest = config.guests.findIndex((g) => g.name === event.vm);
        if (event.type === 'compactionCompleted') expect(naive.elsewhere(guest, compacting.get(guest)!.nodes)).toBe(0);
        if (event.type === 'compactionStalled')
          expect(naive.elsewhere(guest, compacting.get(guest)!.nodes)).toBeGreaterThan(0);
        if (event.type === 'compactionCompleted' || event.type === 'compactionStalled') compacting.delete(guest);
        if (event.type === 'migrationCompleted' || event.type === 'migrationFailed') {
          naive.endMigration(guest, event.type === 'migrationCompleted');
          migrating.delete(guest);
        }
      }
      for (const row of h.compactionRows()) {
        const guest = config.guests.findIndex((g) => g.name === row.vm);
        if (row.phase === 'running') expect(row.leftPages).toBe(naive.elsewhere(guest, row.nodes));
      }
      compare();
      config.guests.forEach((_, i) => {
        const changed = JSON.stringify(h.fleet.guest(i).backing) !== backings[i];
        expect(h.fleet.guest(i).generation > generations[i]!).toBe(changed);
      });
      if (prng.chance(1, 10)) {
        const loaded = reload(config, h);
        expect(hashOf(loaded)).toBe(hashOf(h));
        h = loaded;
      }
    }
  });
});

/** One VM of 96 pages, a third on each of three nodes of host a, and room for it on b. */
function spreadWorld(roomOnA0 = 128): WorldConfig {
  const a = hostOf('a', [
    [0, roomOnA0, 0],
    [1, 64, 0],
    [17, 64, 0],
  ]);
  const b = hostOf('b', [
    [0, 64, 0],
    [1, 64, 0],
  ]);
  const vm = guestOf('vm', { host: 'a', nrPages: 96, placement: [sharesOf(0, 96, { 0: 32, 1: 32, 17: 32 }, false)] });
  return worldOf([a, b], [vm], [LINK]);
}

describe('compaction', () => {
  it('gathers a VM on the chosen nodes at the given pace, lowest page first', () => {
    const h = create(spreadWorld());
    expect(h.compact(0, [0], 10, 5)).toBeNull();
    h.step(5);
    // Expect: ten of node 1's pages follow node 0's 32 at once, frame after frame.
    expect(h.fleet.guest(0).backing.extents[0]).toEqual({ start: 0, pages: 42, host: 0, hostNid: 0, frame: 0 });
    const { events, ticks } = finish(h, 6);
    expect(ticks).toBe(5 + 7);
    expect(typesOf(events)).toEqual(['compactionStarted', 'compactionCompleted']);
    expect(events[1]!.data).toEqual({ host: 'a', nodes: [0], movedPages: 64, leftPages: 0 });
    expect(h.fleet.guest(0).backing.extents).toEqual([{ start: 0, pages: 96, host: 0, hostNid: 0, frame: 0 }]);
  });

  it('says beforehand which tick will have events: that of its last frames, and none before', () => {
    const h = create(spreadWorld());
    h.compact(0, [0], 10, 0);
    h.takeEvents();
    const due: boolean[] = [];
    for (let tick = 0; h.isBusy; tick++) {
      due.push(h.mayReachEvent);
      h.step(tick);
      expect(h.takeEvents().length > 0, `tick ${tick}`).toBe(due.at(-1));
    }
    // 64 frames, 10 a tick.
    expect(due).toEqual([false, false, false, false, false, false, true]);
  });

  it('chooses the best set when none is given', () => {
    const h = create(spreadWorld(100));
    h.compact(0, null, 1000, 0);
    expect(h.compactionRows()[0]!.nodes).toEqual([0]);
  });

  it('stalls when the chosen nodes are full and nothing can free room, keeping what it moved', () => {
    const h = create(spreadWorld(40));
    h.compact(0, [0], 5, 0);
    const { events } = finish(h);
    expect(typesOf(events)).toEqual(['compactionStarted', 'compactionStalled']);
    expect(events[1]!.data).toEqual({ host: 'a', nodes: [0], movedPages: 8, leftPages: 56 });
    expect(h.fleet.guest(0).backing.pagesByNode(0).get(0)).toBe(40);
  });

  it('waits for room that another VM is leaving; two that wait for each other both stall', () => {
    const host = hostOf('a', [
      [0, 64, 0],
      [1, 96, 0],
    ]);
    const vm = (name: string, node: number) =>
      guestOf(name, { host: 'a', nrPages: 64, placement: [ruleOf('strict', 0, 64, [node])] });
    const config = worldOf([host], [vm('one', 1), vm('two', 0)]);
    const h = create(config);
    // Node 0 is full of two; 32 frames of node 1 are free. Expect: one waits for a tick, then follows behind two.
    h.compact(0, [0], 8, 0);
    h.compact(1, [1], 8, 0);
    h.step(0);
    expect(h.compactionRows().map((r) => [r.phase, r.movedPages])).toEqual([
      ['running', 0],
      ['running', 8],
    ]);
    finish(h, 1);
    expect(h.compactionRows().map((r) => [r.phase, r.leftPages])).toEqual([
      ['completed', 0],
      ['completed', 0],
    ]);
    const full = worldOf(
      [
        hostOf('a', [
          [0, 64, 0],
          [1, 64, 0],
        ]),
      ],
      config.guests,
    );
    const stuck = create(full);
    stuck.compact(0, [0], 8, 0);
    stuck.compact(1, [1], 8, 0);
    finish(stuck);
    expect(stuck.compactionRows().map((r) => r.phase)).toEqual(['stalled', 'stalled']);
  });

  it('waits for a migration that leaves its host, then goes on', () => {
    const hosts = [
      hostOf('a', [
        [0, 64, 0],
        [1, 64, 0],
      ]),
      hostOf('b', [[0, 64, 0]]),
    ];
    const vm = (name: string, node: number) =>
      guestOf(name, { host: 'a', nrPages: 64, placement: [ruleOf('strict', 0, 64, [node])] });
    const h = create(worldOf(hosts, [vm('stays', 1), vm('leaves', 0)], [LINK]));
    h.compact(0, [0], 64, 0);
    h.migrate(1, options('b'), 0);
    h.step(0);
    expect(h.compactionRows()[0]).toMatchObject({ phase: 'running', movedPages: 0 });
    finish(h, 1);
    expect(h.compactionRows()[0]).toMatchObject({ phase: 'completed', movedPages: 64, leftPages: 0 });
  });

  it('is rejected with a reason', () => {
    const h = create(
      worldOf(
        [
          hostOf('a', [
            [0, 64, 0],
            [1, 0, 0],
          ]),
        ],
        [guestOf('vm', { host: 'a', nrPages: 64, placement: [ruleOf('strict', 0, 64, [0])] })],
      ),
    );
    const slugs = [
      h.compact(0, [], 1, 0),
      h.compact(0, [2], 1, 0),
      h.compact(0, [1], 1, 0),
      h.compact(0, [0], 0, 0),
      h.cancelCompaction(0, 0),
    ].map((r) => r?.slug);
    // The world looks VMs up by name; an index of none is a bug.
    expect(() => h.compact(7, null, 1, 0)).toThrow('guest-unknown');
    expect(slugs).toEqual(['nodes-empty', 'node-unknown', 'node-no-memory', 'compact-frames-per-tick', 'compact-none']);
    expect(h.takeEvents()).toEqual([]);
    expect(h.compact(0, [0], 1, 0)).toBeNull();
    expect(h.compact(0, [0], 1, 0)?.slug).toBe('vm-compacting');
    expect(h.migrate(0, options('b'), 0)?.slug).toBe('vm-compacting');
  });
});

describe('migration', () => {
  it('runs its rounds, pauses, and is on the other host, an even share on each node', () => {
    const h = create(spreadWorld());
    expect(h.migrate(0, options('b', { nodes: [1, 0], downtimeLimitMs: 40 }), 0)).toBeNull();
    const { events } = finish(h);
    const types = typesOf(events);
    expect([types[0], types.at(-2), types.at(-1)]).toEqual([
      'migrationStarted',
      'migrationSwitchOver',
      'migrationCompleted',
    ]);
    expect(h.fleet.guest(0).backing).toEqual({
      extents: [
        { start: 0, pages: 48, host: 1, hostNid: 1, frame: 0 },
        { start: 48, pages: 48, host: 1, hostNid: 0, frame: 0 },
      ],
    });
    const row = h.migrationRows()[0]!;
    // 100 pages a second both ways, so n pages sent dirty W (1 - exp(-n / W)) with W = 16: 96 -> 16.0, 16 -> 10.1,
    // 10 -> 7.4, 7 -> 5.7, 6 -> 5.0, 5 -> 4.3, and 4 pages take the 40 ms allowed.
    expect(row.rounds.map((r) => r.bytesToSend / 4096)).toEqual([96, 16, 10, 7, 6, 5, 4]);
    expect(row.phase).toBe('completed');
    expect(row.downtimeMs).toBeCloseTo(40, 6);
    expect(row.sentBytes).toBe(row.rounds.reduce((sum, r) => sum + r.bytesToSend, 0));
    // An event for each round that ended while the guest ran, numbered from 0, with what its row says.
    expect(events.filter((e) => e.type === 'migrationRound').map(({ data }) => data)).toEqual(
      row.rounds
        .slice(0, -1)
        .map(({ bytesSent, dirtyBytes }, round) =>
          expect.objectContaining({ round, sentBytes: bytesSent, dirtyBytes }),
        ),
    );
  });

  it('fails after the most rounds and names the limit that would have sufficed; that limit does', () => {
    const config = spreadWorld();
    const h = create(config);
    const before = h.fleet.guest(0).backing;
    h.migrate(0, options('b', { downtimeLimitMs: 0, maxRounds: 3 }), 0);
    const { events } = finish(h);
    const failed = events.at(-1)!;
    if (failed.type !== 'migrationFailed') throw new Error(`it ended with ${failed.type}`);
    expect(h.fleet.guest(0).backing).toBe(before);
    const { leastLimitMs } = failed.data;
    expect(failed.data).toMatchObject({ host: 'a', rounds: 3, downtimeLimitMs: 0 });
    for (const [downtimeLimitMs, phase] of [
      [leastLimitMs, 'completed'],
      [leastLimitMs - 1, 'failed'],
    ] as const) {
      const again = create(config);
      again.migrate(0, options('b', { downtimeLimitMs, maxRounds: 3 }), 0);
      finish(again);
      expect(again.migrationRows()[0]!.phase).toBe(phase);
    }
  });

  it.each([0, 1, 5, 9, 11])('cancelled after %i ticks leaves everything but its own row as before', (ticks) => {
    const config = spreadWorld();
    const state = (h: Transfers): unknown => {
      const collector = new StateCollector();
      h.save(collector);
      const { json, columns } = collector.done();
      return { columns, generations: json['host.generations'], hostNodes: hostNodesTable(h.fleet) };
    };
    const h = create(config);
    const before = state(h);
    h.migrate(0, options('b', { downtimeLimitMs: 200 }), 0);
    for (let tick = 0; tick < ticks; tick++) h.step(tick);
    expect(h.of(0)).not.toBeNull();
    h.takeEvents();
    expect(backingTable(h.fleet).columns.copy.some((copy) => copy === 1)).toBe(true);
    expect(h.cancelMigration(0, ticks)).toBeNull();
    expect(typesOf(h.takeEvents())).toEqual(['migrationCancelled']);
    expect(state(h)).toEqual(before);
    expect(h.check()).toEqual([]);
    expect(h.migrationRows()[0]!.phase).toBe('cancelled');
    expect(h.cancelMigration(0, ticks)?.slug).toBe('migrate-none');
  });

  it('shares a link equally, and takes over the rest of the tick when the other ends', () => {
    const hosts = [hostOf('a', [[0, 256, 0]]), hostOf('b', [[0, 256, 0]])];
    const vm = (name: string, nrPages: number) =>
      guestOf(name, {
        host: 'a',
        nrPages,
        placement: [ruleOf('strict', 0, nrPages, [0])],
        dirty: { workingSetPages: 0, pagesPerSec: 0 },
      });
    const h = create(worldOf(hosts, [vm('small', 64), vm('large', 128)], [LINK]));
    h.migrate(0, options('b'), 0);
    h.migrate(1, options('b'), 0);
    finish(h);
    // 50 pages a second each until small ends at 1.28 s; large has 64 pages left and 100 a second: 1.92 s.
    expect(h.migrationRows().map((r) => r.endTick)).toEqual([12, 19]);
    const limited = create(worldOf(hosts, [vm('small', 64)], [LINK]));
    limited.migrate(0, options('b', { maxBytesPerSec: 4096 * 10 }), 0);
    finish(limited);
    expect(limited.migrationRows()[0]!.endTick).toBe(63);
  });

  it('takes what a limited one leaves of the link, and goes over several links where none is direct', () => {
    //  a ---- b ---- c     100 and 60 pages a second; one from a to c, two from a to b, one of these limited to 10
    const hosts = ['a', 'b', 'c'].map((name) => hostOf(name, [[0, 512, 0]]));
    const still = { workingSetPages: 0, pagesPerSec: 0 };
    const placement = [ruleOf('strict', 0, 64, [0])];
    const vm = (name: string) => guestOf(name, { host: 'a', nrPages: 64, placement, dirty: still });
    const links: LinkConfig[] = [
      { name: 'ab', hosts: ['a', 'b'], bytesPerSec: 4096 * 100 },
      { name: 'bc', hosts: ['c', 'b'], bytesPerSec: 4096 * 40 },
    ];
    const h = create(worldOf(hosts, [vm('far'), vm('free'), vm('slow')], links));
    h.migrate(1, options('b'), 0);
    h.migrate(2, options('b', { maxBytesPerSec: 4096 * 10 }), 0);
    // Expect: 40 pages a second of bc, although ab has 45 of 100 left for it.
    expect(h.forecastMigration(0, options('c')).plan).toMatchObject({ bytesPerSec: 4096 * 40, totalMs: 1600 });
    h.migrate(0, options('c'), 0);
    finish(h);
    // far 1.6 s; free 50 pages a second, 1.28 s; slow 6.4 s.
    expect(h.migrationRows().map((r) => [r.vm, r.endTick])).toEqual([
      ['free', 12],
      ['slow', 63],
      ['far', 15],
    ]);
  });

  it('gives the guest no CPU while it is paused, and all of it otherwise', () => {
    const h = create(spreadWorld());
    h.migrate(0, options('b', { downtimeLimitMs: 40 }), 0);
    const stoodMs: number[] = [];
    for (let tick = 0; h.isBusy; tick++) {
      h.step(tick);
      stoodMs.push(100 * (1 - h.cpuShare(0)));
    }
    // Expect: the pause is the downtime, and lies in the last ticks alone.
    expect(stoodMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(h.migrationRows()[0]!.downtimeMs!, 6);
    expect(stoodMs.slice(0, -2).every((ms) => ms === 0)).toBe(true);
  });

  it('ends at the same moment whatever the length of a tick', () => {
    const run = (tickMs: number): unknown => {
      const h = create({ ...spreadWorld(), tickMs });
      h.migrate(0, options('b', { downtimeLimitMs: 60 }), 0);
      finish(h);
      const { rounds, downtimeMs, endTick } = h.migrationRows()[0]!;
      return {
        rounds: rounds.map((r) => r.bytesToSend),
        downtime: downtimeMs!.toFixed(6),
        second: Math.floor((endTick! * tickMs) / 1000),
      };
    };
    expect(run(100)).toEqual(run(1000));
    expect(run(7)).toEqual(run(1000));
  });

  it('is rejected with a reason, and a rejection takes nothing', () => {
    const config = spreadWorld();
    const small = hostOf('small', [[0, 64, 0]]);
    const alone = hostOf('alone', [[0, 640, 0]]);
    const toSmall = { ...LINK, hosts: ['small', 'a'] as const };
    const h = create({ ...config, hosts: [...config.hosts, small, alone], links: [LINK, toSmall] });
    const before = hashOf(h);
    const slugs = [
      options('nowhere'),
      options('a'),
      options('alone'),
      options('small'),
      options('b', { nodes: [1] }),
      options('b', { nodes: [9] }),
      options('b', { maxRounds: 0 }),
    ].map((o) => h.migrate(0, o, 0)?.slug);
    expect(slugs).toEqual([
      'migrate-host-unknown',
      'migrate-same-host',
      'migrate-no-link',
      'migrate-no-room',
      'migrate-no-room',
      'node-unknown',
      'migrate-rounds',
    ]);
    expect(hashOf(h)).toBe(before);
    expect(h.migrate(0, options('b'), 0)).toBeNull();
    expect(h.migrate(0, options('b'), 0)?.slug).toBe('vm-migrating');
    expect(h.compact(0, null, 1, 0)?.slug).toBe('vm-migrating');
  });
});

describe('save and load', () => {
  it('saved at every tick of a compaction and two migrations, the future is the same to the byte', () => {
    const config = randomWorldThatFits(41);
    const start = (): Transfers => {
      const h = create(config);
      h.compact(0, null, 2, 0);
      h.migrate(1, options(config.guests[1]!.host === 'a' ? 'b' : 'a', { downtimeLimitMs: 30 }), 0);
      h.migrate(2, options(config.guests[2]!.host === 'a' ? 'b' : 'a', { downtimeLimitMs: 30 }), 0);
      return h;
    };
    const whole = start();
    const first = whole.takeEvents();
    expect(typesOf(first)).toEqual(['compactionStarted', 'migrationStarted', 'migrationStarted']);
    let reloaded = reload(config, whole);
    const saved = new StateCollector();
    whole.save(saved);
    const early = JSON.stringify(saved.done());
    for (let tick = 0; whole.isBusy; tick++) {
      whole.step(tick);
      reloaded.step(tick);
      expect(reloaded.takeEvents()).toEqual(whole.takeEvents());
      expect(hashOf(reloaded)).toBe(hashOf(whole));
      expect(backingTable(reloaded.fleet)).toEqual(backingTable(whole.fleet));
      expect(reloaded.migrationRows()).toEqual(whole.migrationRows());
      reloaded = reload(config, reloaded);
    }
    // Steps do not reach into a state saved before them.
    expect(JSON.stringify(saved.done())).toBe(early);
  });
});

function randomWorldThatFits(seed: number): WorldConfig {
  for (const prng = new Prng(seed, 'host-save-test'); ;) {
    const config = randomWorld(prng);
    const { transfers } = Transfers.create(config);
    const started = [1, 2].every(
      (g) => transfers?.migrate(g, options(config.guests[g]!.host === 'a' ? 'b' : 'a'), 0) === null,
    );
    if (started) return config;
  }
}

describe('a host of 128 nodes', () => {
  it('spreads, compacts and accounts exactly', () => {
    const nids = Array.from({ length: 128 }, (_, nid) => nid);
    const bare = hostOf(
      'a',
      nids.map((nid) => [nid, nid % 5 === 4 ? 0 : 64, 0]),
    );
    const host = { ...bare, nodes: bare.nodes.map((node) => ({ ...node, cpus: [node.nid] })) };
    const withMemory = nids.filter((nid) => nid % 5 !== 4);
    const vm = guestOf('vm', { host: 'a', nrPages: 1000, placement: [ruleOf('interleave', 0, 1000, withMemory)] });
    const h = create(worldOf([host], [vm]));
    expect(h.fleet.guest(0).backing.pagesByNode(0).size).toBe(withMemory.length);
    h.compact(0, null, 100, 0);
    finish(h);
    expect(h.compactionRows()[0]!.phase).toBe('completed');
    // 1000 pages and at most 64 on a node: 16 nodes.
    expect(h.fleet.guest(0).backing.pagesByNode(0).size).toBe(16);
  });
});
