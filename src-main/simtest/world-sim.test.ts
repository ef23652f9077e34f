import { guestsOf } from '../../shared/columns/index.ts';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../shared/model/command.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import { CORRECT } from '../../shared/model/config.ts';
import type { World } from '../engine/index.ts';
import { drawWorldCase } from './world-draw.ts';
import type { WorldCase } from './world-draw.ts';
import { worldRegressions } from './world-regression.ts';
import {
  engineWorldFactory,
  formatWorldFailure,
  runSimtest,
  runSimtestOn,
  runWorldCase,
  shrinkWorldCase,
} from './world-sim.ts';
import type { WorldFailure, WorldFactory, WorldUnderTest } from './world-sim.ts';

/** The engine's world with some doors replaced. */
function faulty(
  name: string,
  twist: (world: WorldUnderTest, restored: boolean) => Partial<WorldUnderTest>,
): WorldFactory {
  const wrap = (world: WorldUnderTest, restored: boolean): WorldUnderTest => {
    const plain: WorldUnderTest = {
      get tick() {
        return world.tick;
      },
      mayReachEvent: () => world.mayReachEvent(),
      step: (ticks) => world.step(ticks),
      get config() {
        return world.config;
      },
      submit: (command) => world.submit(command),
      forecast: (command) => world.forecast(command),
      snapshot: (level) => world.snapshot(level),
      state: () => world.state(),
      hash: () => world.hash(),
      check: () => world.check(),
      converged: () => world.converged(),
      takeEvents: () => world.takeEvents(),
    };
    return Object.assign(plain, twist(world, restored));
  };
  return {
    name,
    create: (config) => {
      const { world, problems } = engineWorldFactory.create(config);
      return { world: world === null ? null : wrap(world, false), problems };
    },
    restore: (config, state) => wrap(engineWorldFactory.restore(config, state), true),
  };
}

/** Every second world is made with another seed: two runs of one configuration differ. */
function forgetful(): WorldFactory {
  let worlds = 0;
  const other = (config: WorldConfig): WorldConfig => ({ ...config, seed: (config.seed + (worlds++ % 2)) >>> 0 });
  return {
    ...engineWorldFactory,
    name: 'two runs differ',
    create: (config) => engineWorldFactory.create(other(config)),
  };
}

const faults: readonly (readonly [WorldFactory, RegExp])[] = [
  [
    faulty('a rejected command changes something', (world) => ({
      submit: (command: Command) => {
        const rejection = world.submit(command);
        if (rejection !== null) world.step(1);
        return rejection;
      },
    })),
    /a rejected command changed the world/,
  ],
  [
    faulty('a restored world misses a tick', (world, restored) => ({
      step: (ticks) => world.step(restored && world.tick % 5 === 4 ? ticks + 1 : ticks),
    })),
    /the restored world differs/,
  ],
  [
    faulty('a restored world is another', (world, restored) => ({
      hash: () => (restored ? 'other' : world.hash()),
    })),
    /restored, the restored world differs/,
  ],
  [faulty('expects no event', () => ({ mayReachEvent: () => false })), /no event was due, and there was /],
  [faulty('never settles', () => ({ converged: () => false })), /not settled after/],
  [
    faulty('breaks a law', (world) => ({
      check: () => (world.tick < 7 ? [] : [{ law: 'H1', vm: null, text: 'planted' }]),
    })),
    /H1 .*planted/,
  ],
  [
    faulty('throws', (world) => ({
      step: (ticks) => {
        if (world.tick > 5) throw new Error('planted');
        world.step(ticks);
      },
    })),
    /threw Error: planted/,
  ],
  [
    faulty('a page is lost from a zone', (world) => ({
      snapshot: (level) => {
        const snapshot = world.snapshot(level);
        const { zones } = snapshot.tables;
        const freePages = zones.columns.freePages.map((n) => (n > 0 ? n - 1 : n));
        return {
          ...snapshot,
          tables: { ...snapshot.tables, zones: { ...zones, columns: { ...zones.columns, freePages } } },
        };
      },
    })),
    /snapshot: .*free \+ pcp \+ allocated \+ reserved/,
  ],
  [
    faulty('a cancelled migration leaves the source elsewhere', (world) => {
      let cancelled = false;
      return {
        submit: (command: Command) => {
          const rejection = world.submit(command);
          cancelled ||= command.type === 'cancelMigration' && rejection === null;
          return rejection;
        },
        snapshot: (level) => {
          const snapshot = world.snapshot(level);
          const { backing } = snapshot.tables;
          const frame = backing.columns.frame.map((n) => (cancelled ? n + 1 : n));
          const columns = { ...backing.columns, frame };
          return { ...snapshot, tables: { ...snapshot.tables, backing: { ...backing, columns } } };
        },
      };
    }),
    /its migration ended, but its backing was/,
  ],
  [
    faulty('a submitted command is not entered into the schedule', (world) => ({
      submit: (command: Command) => (world as World).apply(command),
    })),
    /run again, the hash is/,
  ],
  [
    faulty('a forecast submits', (world) => ({
      forecast: (command: Command) => {
        const forecast = world.forecast(command);
        world.submit(command);
        return forecast;
      },
    })),
    /forecasting .* changed the world/,
  ],
  [
    faulty('forecasts no rejection', () => ({ forecast: () => ({ rejection: null }) })),
    /forecast of .*: null, but submitting gave: /,
  ],
  [forgetful(), /run again, the hash is/],
];

const SEEDS = 60;

/** The case without workloads: cheaper, and as good for seeing that a checker checks. */
const idle = (c: WorldCase): WorldCase => ({
  ...c,
  config: { ...c.config, guests: c.config.guests.map((g) => ({ ...g, workload: null })) },
  commands: c.commands.filter(({ command }) => command.type !== 'setWorkload'),
});

describe('the simulator can fail', () => {
  it.each(faults)(
    `the planted fault of world $name is caught within seeds 1..${SEEDS}`,
    (factory, reason) => {
      let failure: WorldFailure | null = null;
      for (let seed = 1; failure === null && seed <= SEEDS; seed++)
        failure = runWorldCase(factory, idle(drawWorldCase(seed))).failure;
      expect(failure?.text).toMatch(reason);
      // Sixty worlds, where the fault needs a late one.
    },
    180_000,
  );

  it('a failure is shrunk and printed with its seed and all that was drawn', () => {
    const factory = faulty('commits are illegal', (world) => ({
      check: () =>
        guestsOf(world.snapshot('accounts'))
          .filter((g) => g.layoutSeq > 0)
          .map((g) => ({ law: 'X', vm: g.name, text: 'planted' })),
    }));
    const failing = Array.from({ length: SEEDS }, (_, i) => idle(drawWorldCase(i + 1))).find(
      (c) => runWorldCase(factory, c).failure !== null,
    )!;
    const small = shrinkWorldCase(factory, failing);
    const report = formatWorldFailure(factory, small, runWorldCase(factory, small).failure!);
    expect(report).toContain(`SEED ${failing.config.seed} `);
    expect(small.commands.length + small.config.schedule.length).toBe(1);
    expect(report).toMatch(/"type":"(commitLayout|writeFiles)"/);
  });
});

/** .ci/run tries 200 more. */
it.each([1, 2, 3, 4])('the world of seed %i keeps every law and settles', (firstSeed) => {
  const result = runSimtest({ firstSeed, seeds: 1, onProgress: () => undefined });
  expect(result.failure?.report).toBeUndefined();
  expect(result).toMatchObject({ done: 1, unplaced: 0 });
});

it.each(worldRegressions)('$name', (c) => {
  expect(runWorldCase(engineWorldFactory, c).failure).toBeNull();
});

it('the worlds that are drawn do what there is to do', () => {
  const done = new Map<string, number>();
  const add = (what: string, times = 1): unknown => done.set(what, (done.get(what) ?? 0) + times);
  for (let seed = 1; seed <= 80; seed++) {
    const { config, commands, ticks } = drawWorldCase(seed);
    const world = engineWorldFactory.create({ ...config, schedule: [] }).world!;
    for (const { command } of commands) {
      const rejected = world.submit(command) !== null;
      if (!rejected) add(command.type);
    }
    world.step(ticks);
    for (const { type } of world.takeEvents()) add(`event ${type}`);
    for (const guest of guestsOf(world.snapshot('accounts'))) {
      for (const defect of guest.defects) add(defect);
      add('crashed', guest.crashed ? 1 : 0);
      add(`lookup ${guest.beyond.lookup}`);
      for (const [counter, count] of Object.entries(guest.counters)) add(counter, count);
    }
  }
  const wanted = [
    ...['writeFiles', 'plugDimm', 'setBeyond', 'setDirty', 'commitLayout', 'compact', 'migrate', 'holdPages'],
    ...['event layoutCommitted', 'event memoryPlugged', 'event nodeOnline'],
    ...Object.keys(CORRECT),
    ...['lookup tree', 'lookup runs', 'lookup radix', 'lookup table'],
    ...['relabelled', 'commitTicks', 'straddles', 'flagsLost', 'crashed'],
  ];
  expect(wanted.filter((what) => (done.get(what) ?? 0) === 0)).toEqual([]);
});

it('one seed draws one case', () => {
  expect(drawWorldCase(11)).toEqual(drawWorldCase(11));
  expect(drawWorldCase(11)).not.toEqual(drawWorldCase(12));
});

it('stops when told to, with what is done', () => {
  const result = runSimtest({ firstSeed: 1, seeds: 40, onProgress: (done) => done < 3 });
  expect(result).toMatchObject({ done: 3, failure: null });
});

it('a run stops at the first seed that fails and reports it', () => {
  const factory = faulty('illegal from the start', () => ({ check: () => [{ law: 'X', vm: null, text: 'planted' }] }));
  const result = runSimtestOn(factory, { firstSeed: 5, seeds: 10, onProgress: () => undefined });
  expect(result).toMatchObject({ done: 1, failure: { seed: 5 } });
  expect(result.failure?.report).toContain('SEED 5 (illegal from the start): tick 0: at creation: X  planted');
});
