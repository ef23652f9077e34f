import { describe, expect, test } from 'vitest';
import { COUNTER_NAMES, migrationsOf } from '../../shared/columns/index.ts';
import type { Command } from '../../shared/model/command.ts';
import type { ScheduledCommand } from '../../shared/model/world.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import { World } from './world.ts';
import { COMPACT, config, guest, MIGRATE, start } from './world-fixture.ts';

const AT = 6;

/** A block of the guest that is wholly free at the tick. */
function freeBlock(c: WorldConfig, order: number): number {
  const world = start(c);
  world.step(AT);
  for (let pfn = 4096 - 2 ** order; pfn >= 0; pfn -= 2 ** order) {
    if (world.apply({ type: 'holdPages', vm: 'a', pfn, order }) === null) return pfn;
  }
  throw new Error(`no free block of order ${order}`);
}

/** Commands before, on and after the tick: what is given goes between those before and those on it. */
const SCHEDULE: readonly ScheduledCommand[] = [
  { at: 30, command: { type: 'setWorkload', vm: 'b', workload: null } },
  {
    at: 2,
    command: { type: 'setRegeneration', vm: 'b', regeneration: { enabled: true, granularityPages: 32, delayTicks: 2 } },
  },
  { at: AT, command: { ...COMPACT, vm: 'b' } },
  { at: AT, command: { type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: 512, nid: 1 }] } },
  { at: AT, command: { ...COMPACT, vm: 'b', nodes: [1] } },
];

/** The schedule in time order with the command before those of its tick and of later ticks. */
function withGiven(schedule: readonly ScheduledCommand[], given: readonly Command[]): ScheduledCommand[] {
  return [
    ...schedule.filter((s) => s.at < AT),
    ...given.map((command) => ({ at: AT, command })),
    ...schedule.filter((s) => s.at >= AT),
  ];
}

describe('a given command', () => {
  const base = config([guest('a'), guest('b')], SCHEDULE);
  const hold: Command = { type: 'holdPages', vm: 'a', pfn: freeBlock(base, 4), order: 4 };
  const given: readonly (readonly Command[])[] = [
    [COMPACT],
    [MIGRATE],
    [{ type: 'setRegeneration', vm: 'a', regeneration: { enabled: false, granularityPages: 16, delayTicks: 0 } }],
    [hold],
    [hold, { ...hold, type: 'releasePages' }, COMPACT, { type: 'cancelCompaction', vm: 'a' }, MIGRATE],
  ];

  test.each(given.map((g) => [g.map((c) => c.type).join(), g] as const))(
    '%s: hash, chain and log are those of a world that had it in its schedule',
    (_, commands) => {
      const steered = start(base);
      steered.step(AT);
      expect(steered.appliedCommands).toBe(1);
      expect(steered.nextScheduledTick).toBe(AT);
      commands.forEach((command, i) => {
        expect(steered.submit(command)).toBeNull();
        expect(steered.appliedCommands).toBe(2 + i);
        expect(steered.pendingCommands).toBe(4);
      });
      expect(steered.config.schedule).toEqual(withGiven(SCHEDULE, commands).sort((x, y) => x.at - y.at));
      const written = start({ ...base, schedule: withGiven(SCHEDULE, commands) });
      written.step(AT);
      const plain = start(base);
      plain.step(AT);
      for (let tick = AT; tick < 80; tick++) {
        for (const w of [steered, written, plain]) w.step();
        expect(steered.chain).toBe(written.chain);
        expect(steered.hash()).toBe(written.hash());
        expect(steered.hash()).not.toBe(plain.hash());
      }
      expect(steered.log).toEqual(written.log);
      expect(steered.nextScheduledTick).toBeNull();
      expect(steered.check()).toEqual([]);
    },
  );

  test('a world restored with the config of the steered one goes on as it does', () => {
    const steered = start(base);
    steered.step(AT);
    steered.submit(COMPACT);
    steered.takeEvents();
    const twin = World.restore(steered.config, steered.state());
    expect(twin.hash()).toBe(steered.hash());
    expect(twin.nextScheduledTick).toBe(AT);
    for (const w of [steered, twin]) w.step(40);
    expect(twin.hash()).toBe(steered.hash());
    expect(twin.log).toEqual(steered.log);
  });

  test('a state shares nothing with the world it was taken from', () => {
    const nrPages = 20_480;
    // Large enough for per-CPU lists.
    const mm = { ...guest('a').mm, nrPages, zoneStartPfn: [0, 1024, 2048] as const };
    const large = guest('a', { mm, placement: [{ ...guest('a').placement[0]!, end: nrPages }] });
    const world = start({ ...base, guests: [large] });
    world.step(AT);
    world.submit({ ...MIGRATE, nodes: [0, 16, 17] });
    world.step(2);
    world.takeEvents();
    const { config: then, tick } = world;
    const logged = world.log.length;
    const state = world.state();
    const plain = (): string =>
      [state, ...state.guests].map((p) => JSON.stringify(p.json) + JSON.stringify(Object.entries(p.columns))).join();
    const before = plain();
    expect(state.guests[0]!.json['pcp']).not.toEqual([]);
    const hash = world.hash();
    world.submit({ type: 'cancelMigration', vm: 'a' });
    world.submit(COMPACT);
    world.step(20);
    expect(plain()).toBe(before);
    const twin = World.restore(then, state);
    expect([twin.tick, twin.hash(), twin.log.length]).toEqual([tick, hash, logged]);
  });

  test('states share the guests that nothing has changed in between, and no other', () => {
    const world = start({ ...base, schedule: [] });
    world.step(AT);
    const changed = (change: () => void): boolean[] => {
      const before = world.state().guests;
      change();
      const after = world.state();
      expect(World.restore(world.config, after).hash()).toBe(world.hash());
      return after.guests.map((part, i) => part !== before[i]);
    };
    const onlyA = base.guests.map((g) => g.name === 'a');
    expect(changed(() => undefined)).toEqual(base.guests.map(() => false));
    const commands: readonly Command[] = [
      { type: 'holdPages', vm: 'a', pfn: freeBlock({ ...base, schedule: [] }, 0), order: 0 },
      { type: 'setWorkload', vm: 'a', workload: null },
      { type: 'setRegeneration', vm: 'a', regeneration: { enabled: false, granularityPages: 16, delayTicks: 0 } },
      { type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: 4096, nid: 2 }] },
      { type: 'setBeyond', vm: 'a', beyond: { ...guest('a').beyond, consultTarget: true } },
    ];
    for (const command of commands) {
      expect(changed(() => expect(world.submit(command)).toBeNull())).toEqual(onlyA);
    }
    const shell = (): void => {
      world.beginLine('a', 'echo 1 > node');
      world.writeFile('/sys/kernel/debug/memlayout/start', '1\n');
      world.endLine();
    };
    expect(changed(shell)).toEqual(onlyA);
    expect(changed(() => world.step())).toEqual(base.guests.map(() => true));
  });

  test('at tick 0 it comes before the first step', () => {
    const steered = start(base);
    expect(steered.submit(COMPACT)).toBeNull();
    const written = start({ ...base, schedule: [{ at: 0, command: COMPACT }, ...base.schedule] });
    for (const w of [steered, written]) w.step(20);
    expect(steered.hash()).toBe(written.hash());
  });

  test.each([
    ['the command itself is wrong', { ...COMPACT, nodes: [9] } satisfies Command],
    ['the VM is unknown', { ...COMPACT, vm: 'nobody' } satisfies Command],
    ['the VM is busy', { ...COMPACT, vm: 'b' } satisfies Command],
    ['the block is not free', { type: 'holdPages', vm: 'a', pfn: 0, order: 0 } satisfies Command],
    ['the host has no room', { ...MIGRATE, toHost: 'new', nodes: [17] } satisfies Command],
  ])('rejected (%s): hash, chain and schedule stay, only the log changes', (_, command) => {
    const small = {
      ...base,
      hosts: [
        base.hosts[0]!,
        { ...base.hosts[1]!, nodes: base.hosts[1]!.nodes.map((n) => ({ ...n, totalPages: 2048 })) },
      ],
    };
    const world = start(small);
    world.step(AT + 1);
    world.takeEvents();
    const before = { hash: world.hash(), chain: world.chain, applied: world.appliedCommands, config: world.config };
    const rejection = world.submit(command);
    expect(rejection?.slug).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect({ hash: world.hash(), chain: world.chain, applied: world.appliedCommands, config: world.config }).toEqual(
      before,
    );
    expect(world.log.at(-1)).toEqual({ tick: AT + 1, command, rejection });
    expect(world.takeEvents().map((e) => e.type)).toEqual(['commandRejected']);
    const untouched = start(small);
    untouched.step(AT + 1);
    for (const w of [world, untouched]) w.step(30);
    expect(world.hash()).toBe(untouched.hash());
  });
});

test('a snapshot has the pageblocks of the guests asked for, in the same rows', () => {
  const world = start(config([guest('a'), guest('b'), guest('c')]));
  world.step(20);
  const all = world.snapshot('blocks').tables.blocks;
  const rowsFor = (wanted: readonly number[]): unknown => {
    const rows = Array.from({ length: all.rows }, (_, i) => i).filter((i) => wanted.includes(all.columns.guest[i]!));
    return Object.fromEntries(Object.entries(all.columns).map(([name, c]) => [name, rows.map((i) => c[i])]));
  };
  const plain = (blocksOf: readonly number[]): unknown => {
    const { columns } = world.snapshot('blocks', { blocksOf }).tables.blocks;
    return Object.fromEntries(Object.entries(columns).map(([name, c]) => [name, [...c]]));
  };
  for (const wanted of [[], [1], [2, 0], [0, 1, 2]]) expect(plain(wanted)).toEqual(rowsFor(wanted));
  expect(world.snapshot('accounts', { blocksOf: [1] }).tables.blocks.rows).toBe(0);
});

describe('setDirty', () => {
  /** 4096 pages of RAM take several rounds; the dirty rate decides how many. */
  const SET_DIRTY: Command = { type: 'setDirty', vm: 'a', dirty: { workingSetPages: 0, pagesPerSec: 0 } };
  const rounds = (world: World): readonly { readonly dirtyBytes: number | null }[] =>
    migrationsOf(world.snapshot('accounts'))[0]!.rounds;

  test('a migration finds the new rate, as its forecast says', () => {
    const world = start(config([guest('a'), guest('b')], []));
    const before = world.forecast(MIGRATE);
    expect(world.forecast(SET_DIRTY)).toMatchObject({ effect: { command: 'setDirty', workingSetPages: 0 } });
    expect(world.submit(SET_DIRTY)).toBeNull();
    const after = world.forecast(MIGRATE);
    if (before.type !== 'migrate' || after.type !== 'migrate') throw new Error('no forecast of a migration');
    expect(before.rounds[0]!.dirtyBytes).toBeGreaterThan(0);
    expect(after.rounds.map((r) => r.dirtyBytes)).toEqual(after.rounds.map(() => 0));
  });

  test('under way, the round goes on with the old rate and the next has the new one, also when restored', () => {
    const world = start(config([guest('a'), guest('b')], []));
    world.submit({ ...MIGRATE, downtimeLimitMs: 0 });
    world.step();
    expect(world.submit(SET_DIRTY)).toBeNull();
    const restored = World.restore(world.config, world.state());
    for (const w of [world, restored]) {
      for (let tick = 0; tick < 80 && rounds(w).length < 3; tick++) w.step();
      const [first, second] = rounds(w);
      expect(first!.dirtyBytes).toBeGreaterThan(0);
      expect(second!.dirtyBytes).toBe(0);
    }
    expect(restored.hash()).toBe(world.hash());
    const written = start(world.config);
    written.step(world.tick);
    expect(written.hash()).toBe(world.hash());
  });
});

test('layouts delivered are counted, and a restored world counts on', () => {
  const delivered = (world: World): number => {
    const { counters } = world.snapshot('accounts').tables;
    const number = COUNTER_NAMES.indexOf('layoutsDelivered');
    return counters.columns.value[counters.columns.counter.indexOf(number)]!;
  };
  const world = start(config([guest('a'), guest('b')], []));
  expect(delivered(world)).toBe(0);
  world.submit(COMPACT);
  world.step(40);
  const events = world.takeEvents().filter(({ type }) => type === 'layoutDelivered');
  expect(events.length).toBeGreaterThan(0);
  expect(delivered(world)).toBe(events.length);
  expect(delivered(World.restore(world.config, world.state()))).toBe(events.length);
});
