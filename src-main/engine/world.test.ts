import { compactionsOf, guestsOf, migrationsOf, recordsOf } from '../../shared/columns/index.ts';
import { describe, expect, test, vi } from 'vitest';
import type { Command } from '../../shared/model/command.ts';
import { InvariantError } from './core/index.ts';
import { MIGRATE_MOVABLE } from './mm/index.ts';
import { World } from './world.ts';
import { uniform } from './mm/mm-fixture.ts';
import { COMPACT, config, guest, MIGRATE, start } from './world-fixture.ts';

/** Steps to the tick; every law must hold after every step. */
function runTo(world: World, tick: number): void {
  while (world.tick < tick) {
    world.step();
    expect(world.check()).toEqual([]);
  }
}

const MAIN_JOB = [
  { at: 5, command: COMPACT },
  { at: 60, command: MIGRATE },
];

describe('the main job: compact, live-migrate, regenerate, converge', () => {
  test('all laws hold at every tick, both lags close, the guest gains the nodes it reached', () => {
    const world = start(config([guest('a'), guest('b')], MAIN_JOB));
    const spread = guestsOf(world.snapshot('accounts'))[0]!.lag;
    // Frames alternate between the host's nodes while the guest believes in halves: half of it is not where it thinks.
    expect(spread.hostTarget).toBe(2048);
    runTo(world, 60);
    expect(guestsOf(world.snapshot('accounts'))[0]!.lag.hostTarget).toBe(0);
    while (!world.converged() && world.tick < 2000) runTo(world, world.tick + 1);
    const after = world.snapshot('accounts');
    const { tables } = after;
    const header = recordsOf(after);
    expect(header.guests[0]!.lag).toMatchObject({ hostTarget: 0, coalesced: 0, targetActual: 0 });
    expect(header.migrations.map((m) => m.phase)).toEqual(['completed']);
    expect(header.compactions.map((c) => c.phase)).toEqual(['completed']);
    expect(header.guests[0]!.host).toBe(1);
    // Node 0 was gathered on old/0; its memory is now on three nodes of the new host, so three guest nodes have pages.
    const populated = new Set<number>();
    tables.zones.columns.presentPages.forEach((pages, row) => {
      if (pages > 0 && tables.zones.columns.guest[row] === 0) populated.add(tables.zones.columns.nid[row]!);
    });
    expect(populated.size).toBe(3);
    expect(header.guests[1]!.commits).toBe(0);
  });

  test('with regeneration off the guest gets no layout: lag 1 stays, nothing is stranded', () => {
    const frozen = { enabled: false, granularityPages: 16, delayTicks: 3 };
    const world = start(config([guest('a', { regeneration: frozen })], MAIN_JOB));
    runTo(world, 100);
    const { lag, commits } = guestsOf(world.snapshot('accounts'))[0]!;
    expect(commits).toBe(0);
    expect(lag.hostTarget).toBeGreaterThan(0);
    expect(lag.targetActual).toBe(0);
  });

  test('a guest without spare node ids shares them, and converges', () => {
    const base = guest('a');
    const mm = { ...base.mm, nrNodeIds: 2, distances: uniform(2) };
    const world = start(config([{ ...base, mm }], MAIN_JOB));
    while (!world.converged() && world.tick < 2000) runTo(world, world.tick + 1);
    expect(world.converged()).toBe(true);
    const { lag } = guestsOf(world.snapshot('accounts'))[0]!;
    // Three host nodes, two ids: what shares a number is counted, as what no layout could tell.
    expect(lag.coalesced).toBe(lag.hostTarget);
    expect(lag.hostTarget).toBeGreaterThan(0);
    expect(world.takeEvents().some((e) => e.type === 'layoutDelivered' && e.data.sharedHostNodes.length > 0)).toBe(
      true,
    );
  });

  test('runs coarser than the frames leave a lag that is counted as coalesced', () => {
    const coarse = { enabled: true, granularityPages: 1024, delayTicks: 1 };
    const world = start(
      config([guest('a', { regeneration: coarse })], [{ at: 2, command: { ...COMPACT, framesPerTick: 1 } }]),
    );
    runTo(world, 6);
    world.apply({ type: 'cancelCompaction', vm: 'a' });
    runTo(world, 20);
    const { lag } = guestsOf(world.snapshot('accounts'))[0]!;
    expect(lag.coalesced).toBe(lag.hostTarget);
    expect(lag.coalesced).toBeGreaterThan(0);
  });
});

describe('regeneration that is set while the world runs', () => {
  const on = { enabled: true, granularityPages: 16, delayTicks: 3 };
  const off = { ...on, enabled: false };
  const set = (regeneration: typeof on): Command => ({ type: 'setRegeneration', vm: 'a', regeneration });
  const lagOf = (world: World): unknown => guestsOf(world.snapshot('accounts'))[0]!.lag;
  const commitsOf = (world: World): number => guestsOf(world.snapshot('accounts'))[0]!.commits;
  const FAST: Command = { ...COMPACT, framesPerTick: 999 };

  test.each([
    [
      'switched on after the backing changed',
      off,
      [
        { at: 1, command: FAST },
        { at: 20, command: set(on) },
      ],
    ],
    [
      'switched off while a layout is due, then on',
      on,
      [
        { at: 1, command: FAST },
        { at: 3, command: set(off) },
        { at: 4, command: set(on) },
      ],
    ],
    [
      'given a finer granularity',
      { ...on, granularityPages: 2048 },
      [
        { at: 1, command: COMPACT },
        { at: 3, command: { type: 'cancelCompaction', vm: 'a' } satisfies Command },
        { at: 30, command: set(on) },
      ],
    ],
  ])('%s: the guest is told', (_, regeneration, schedule) => {
    const world = start(config([guest('a', { regeneration })], schedule));
    world.step(250 - world.tick);
    expect(world.check()).toEqual([]);
    expect(lagOf(world)).toMatchObject({ hostTarget: 0, coalesced: 0, targetActual: 0 });
    expect(world.converged()).toBe(true);
  });

  test('a guest that was misplaced at boot is told nothing, until its regeneration is set', () => {
    const world = start(config([guest('a', { regeneration: on })]));
    runTo(world, 20);
    expect(world.converged()).toBe(true);
    expect(lagOf(world)).toMatchObject({ hostTarget: 2048 });
    expect(commitsOf(world)).toBe(0);
    world.apply(set(on));
    world.step(250 - world.tick);
    expect(world.check()).toEqual([]);
    expect(lagOf(world)).toMatchObject({ hostTarget: 0 });
    expect(commitsOf(world)).toBe(1);
  });

  test('set again where the layout is right: looked at after the delay, nothing committed', () => {
    const world = start(config([guest('a', { regeneration: on })], [{ at: 1, command: FAST }]));
    world.step(250 - world.tick);
    expect(world.check()).toEqual([]);
    const before = commitsOf(world);
    expect(before).toBe(1);
    world.apply(set(on));
    expect(world.converged()).toBe(false);
    runTo(world, 253);
    expect(world.converged()).toBe(false);
    runTo(world, 254);
    expect(world.converged()).toBe(true);
    expect(commitsOf(world)).toBe(before);
  });

  test('a world waits for a layout that is due', () => {
    const slow = { ...on, delayTicks: 50 };
    const world = start(config([guest('a', { regeneration: slow, workload: null })], [{ at: 1, command: FAST }]));
    runTo(world, 40);
    expect(compactionsOf(world.snapshot('accounts')).map((c) => c.phase)).toEqual(['completed']);
    expect(lagOf(world)).toMatchObject({ targetActual: 0 });
    expect(world.converged()).toBe(false);
    world.step(250 - world.tick);
    expect(world.check()).toEqual([]);
    expect(world.converged()).toBe(true);
  });

  test('the lag follows the settings at once, and the delivery', () => {
    const coarse = { ...on, granularityPages: 2048 };
    const world = start(config([guest('a', { regeneration: coarse })]));
    // Frames alternate, so at this granularity nothing can be told: all of it is coalesced.
    expect(lagOf(world)).toMatchObject({ hostTarget: 2048, coalesced: 2048 });
    world.apply(set(off));
    expect(lagOf(world)).toMatchObject({ hostTarget: 2048, coalesced: 0 });
    world.apply(set(coarse));
    // Until the layout is delivered one cannot tell what of the lag will stay.
    expect(lagOf(world)).toMatchObject({ hostTarget: 2048, coalesced: 0 });
    runTo(world, 3);
    expect(lagOf(world)).toMatchObject({ hostTarget: 2048, coalesced: 0 });
    runTo(world, 4);
    expect(lagOf(world)).toMatchObject({ hostTarget: 2048, coalesced: 2048 });
  });
});

test('a snapshot has a row for each counter of each guest, however many there are', () => {
  const small = [{ start: 0, end: 64, nid: 0 }];
  const guests = Array.from({ length: 70 }, (_, i) =>
    guest(`g${i}`, {
      mm: { ...guest('a').mm, nrPages: 64, reserved: [], bootLayout: small },
      placement: [{ start: 0, end: 64, mode: 'strict', nodes: [0], pages: [], scatter: false }],
      workload: null,
    }),
  );
  const found = guestsOf(start(config(guests)).snapshot('accounts'));
  expect(found.map(({ name }) => name)).toEqual(guests.map(({ name }) => name));
  const names = Object.keys(found[0]!.counters);
  expect(names.length).toBeGreaterThan(10);
  for (const { counters } of found) expect(Object.keys(counters)).toEqual(names);
});

describe('determinism', () => {
  test('same configuration and seed: same chain at every tick; another seed: another', () => {
    const c = config([guest('a'), guest('b')], MAIN_JOB);
    const [one, two, other] = [start(c), start(c), start({ ...c, seed: 8 })];
    for (let t = 0; t < 120; t++) {
      expect(two.chain).toBe(one.chain);
      for (const w of [one, two, other]) w.step();
    }
    expect(two.hash()).toBe(one.hash());
    expect(other.chain).not.toBe(one.chain);
  });

  test('another guest beside it does not change what a guest draws', () => {
    const alone = start(config([guest('a')]));
    const beside = start(config([guest('a'), guest('b')]));
    alone.step(50);
    beside.step(50);
    const own = (w: World): unknown => guestsOf(w.snapshot('accounts'))[0]!.moved;
    expect(own(beside)).toEqual(own(alone));
    expect(beside.guests[0]!.memory.state.segment).toEqual(alone.guests[0]!.memory.state.segment);
  });

  test.each([0, 6, 9, 61, 62, 64, 66, 70, 110])(
    'a world restored at tick %i goes on as the one it was taken from',
    (tick) => {
      const c = config([guest('a'), guest('b')], MAIN_JOB);
      const world = start(c);
      world.step(tick);
      world.takeEvents();
      const twin = World.restore(c, world.state());
      expect(twin.hash()).toBe(world.hash());
      for (let i = 0; i < 60; i++) {
        world.step();
        twin.step();
        expect(twin.chain).toBe(world.chain);
      }
      expect(twin.hash()).toBe(world.hash());
      expect(twin.takeEvents()).toEqual(world.takeEvents());
      expect(twin.log).toEqual(world.log);
      expect(twin.check()).toEqual([]);
    },
  );

  test('looking changes nothing', () => {
    const c = config([guest('a')], MAIN_JOB);
    const [watched, alone] = [start(c), start(c)];
    for (let t = 0; t < 80; t++) {
      watched.snapshot('blocks');
      watched.check();
      watched.state();
      watched.takeEvents();
      watched.step();
      alone.step();
    }
    expect(watched.hash()).toBe(alone.hash());
  });
});

describe('a command takes effect whole or not at all', () => {
  const nonsense: readonly Command[] = [
    { type: 'compact', vm: 'nobody', nodes: null, framesPerTick: 1 },
    { type: 'compact', vm: 'a', nodes: [5], framesPerTick: 1 },
    { type: 'compact', vm: 'a', nodes: [], framesPerTick: 1 },
    { type: 'compact', vm: 'a', nodes: [0], framesPerTick: 0 },
    { type: 'cancelCompaction', vm: 'a' },
    { type: 'cancelMigration', vm: 'a' },
    { ...MIGRATE, toHost: 'old' },
    { ...MIGRATE, toHost: 'nowhere' },
    { ...MIGRATE, nodes: [2] },
    { type: 'commitLayout', vm: 'a', ranges: [] },
    { type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: 4097, nid: 0 }] },
    { type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: 10, nid: 4 }] },
    { type: 'commitLayout', vm: 'a', ranges: [{ start: 10, end: 10, nid: 0 }] },
    {
      type: 'commitLayout',
      vm: 'a',
      ranges: [
        { start: 0, end: 10, nid: 0 },
        { start: 9, end: 20, nid: 1 },
      ],
    },
    { type: 'holdPages', vm: 'a', pfn: 0, order: 0 },
    { type: 'holdPages', vm: 'a', pfn: 3, order: 1 },
    { type: 'holdPages', vm: 'a', pfn: 4096, order: 0 },
    { type: 'holdPages', vm: 'a', pfn: 0, order: 11 },
    { type: 'releasePages', vm: 'a', pfn: 40, order: 0 },
  ];

  test.each(nonsense.map((c) => [JSON.stringify(c), c] as const))('rejected: %s', (_, command) => {
    const world = start(config([guest('a')]));
    world.step(3);
    const before = world.hash();
    const rejection = world.apply(command);
    expect(rejection?.slug).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(world.hash()).toBe(before);
    expect(world.log.at(-1)).toEqual({ tick: 3, command, rejection });
    expect(world.takeEvents().at(-1)!.type).toBe('commandRejected');
  });

  test('a cancelled migration leaves the world as if it had never begun', () => {
    const c = config([guest('a'), guest('b')]);
    const [world, untouched] = [start(c), start(c)];
    world.step(5);
    untouched.step(5);
    expect(world.apply(MIGRATE)).toBeNull();
    runTo(world, 8);
    expect(world.snapshot('accounts').tables.backing.columns.copy.includes(1)).toBe(true);
    expect(world.apply({ type: 'cancelMigration', vm: 'a' })).toBeNull();
    untouched.step(3);
    for (const w of [world, untouched]) w.step(20);
    const [got, want] = [world.snapshot('blocks'), untouched.snapshot('blocks')];
    // What it was is still listed.
    const { migrations, rounds } = want.tables;
    expect({ ...got.tables, migrations, rounds }).toEqual(want.tables);
    expect(migrationsOf(got).map(({ phase }) => phase)).toEqual(['cancelled']);
  });

  test('pages held by hand are stranded by a commit and transplanted when released', () => {
    const world = start(config([guest('a', { workload: null })]));
    expect(world.apply({ type: 'holdPages', vm: 'a', pfn: 3072, order: 9 })).toBeNull();
    expect(world.apply({ type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: 3100, nid: 2 }] })).toBeNull();
    expect(world.guests[0]!.memory.stranded(1, 2)).toEqual({ pages: 512, pinned: 0 });
    expect(world.apply({ type: 'releasePages', vm: 'a', pfn: 3072, order: 8 })?.slug).toBe('release-not-held');
    expect(world.apply({ type: 'releasePages', vm: 'a', pfn: 3072, order: 9 })).toBeNull();
    expect(world.guests[0]!.memory.stranded(1, 2)).toEqual({ pages: 0, pinned: 0 });
    expect(world.check()).toEqual([]);
  });

  test.each([['step'], ['apply']] as const)('a bug of ours that shows in %s is reported with seed and tick', (door) => {
    const world = start(config([guest('a')]));
    world.step(3);
    vi.spyOn(world.guests[0]!.workload, door === 'step' ? 'stepInParts' : 'change').mockImplementation(() => {
      throw new InvariantError('bug', { pfn: 9 });
    });
    const run = (): unknown =>
      door === 'step' ? world.step() : world.apply({ type: 'setWorkload', vm: 'a', workload: null });
    expect(run).toThrow('invariant broken: bug (pfn=9 seed=7 tick=3)');
  });

  test('a broken law of a workload is reported', () => {
    const world = start(config([guest('a')]));
    world.guests[0]!.memory.allocPages(0, 0, MIGRATE_MOVABLE);
    expect(world.check().map((v) => [v.law, v.vm])).toEqual([['W1', 'a']]);
  });

  test('a workload taken away lets all that can die do so; kernel pages stay', () => {
    const world = start(config([guest('a')]));
    expect(world.apply({ type: 'setWorkload', vm: 'a', workload: null })).toBeNull();
    runTo(world, 300);
    const { held } = world.guests[0]!.workload;
    expect({ small: held.small, huge: held.huge }).toEqual({ small: 0, huge: 0 });
    expect(held.kernel).toBeGreaterThan(0);
  });
});
