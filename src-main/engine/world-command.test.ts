/** Each command of the world, where it is taken and where it is rejected: forecast and submit agree, whole or not at all. */
import { expect, it } from 'vitest';
import type { Command } from '../../shared/model/command.ts';
import { COMMAND_TYPES } from '../../shared/model/command.ts';
import { MAX_WRITES } from '../../shared/model/limit.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { COMPACT, config, guest, MIGRATE, start } from './world-fixture.ts';
import type { World } from './world.ts';

type Slug = Rejection['slug'];
const vm = 'a';
const idle = (): World => start(config([guest('a', { workload: null })]));
const after =
  (...before: Command[]) =>
  (): World => {
    const world = idle();
    for (const command of before) expect(world.submit(command)).toBeNull();
    return world;
  };

const hold: Command = { type: 'holdPages', vm, pfn: 1024, order: 3 };
const release: Command = { type: 'releasePages', vm, pfn: 1024, order: 3 };
const layout = (end: number): Command => ({ type: 'commitLayout', vm, ranges: [{ start: 0, end, nid: 1 }] });
const write = { path: '/proc/sys/vm/drop_caches', text: '1' };

/** The event that follows, or why it is rejected. */
const CASES: readonly (readonly [() => World, Command, string | { readonly slug: Slug }])[] = [
  [idle, COMPACT, 'compactionStarted'],
  [after(COMPACT), COMPACT, { slug: 'vm-compacting' }],
  [idle, { ...COMPACT, nodes: [9] }, { slug: 'node-unknown' }],
  [after(COMPACT), { type: 'cancelCompaction', vm }, 'compactionCancelled'],
  [idle, { type: 'cancelCompaction', vm }, { slug: 'compact-none' }],
  [idle, MIGRATE, 'migrationStarted'],
  [idle, { ...MIGRATE, toHost: 'old' }, { slug: 'migrate-same-host' }],
  [after(MIGRATE), { type: 'cancelMigration', vm }, 'migrationCancelled'],
  [idle, { type: 'cancelMigration', vm }, { slug: 'migrate-none' }],
  [idle, layout(4096), 'commandApplied'],
  [idle, layout(5000), { slug: 'layout-invalid' }],
  [idle, { type: 'setWorkload', vm, workload: null }, 'commandApplied'],
  [
    idle,
    { type: 'setRegeneration', vm, regeneration: { enabled: false, granularityPages: 16, delayTicks: 0 } },
    'commandApplied',
  ],
  [idle, hold, 'commandApplied'],
  [after(hold), hold, { slug: 'hold-not-free' }],
  [after(hold), release, 'commandApplied'],
  [idle, release, { slug: 'release-not-held' }],
  [idle, { type: 'writeFiles', vm, line: 'x', writes: [write] }, 'commandApplied'],
  [
    idle,
    { type: 'writeFiles', vm, line: 'x', writes: Array.from({ length: MAX_WRITES + 1 }, () => write) },
    { slug: 'write-too-many' },
  ],
  [idle, { type: 'plugDimm', vm, dimm: 0 }, { slug: 'dimm-unknown' }],
  [idle, { type: 'setDirty', vm, dirty: { workingSetPages: 64, pagesPerSec: 100 } }, 'commandApplied'],
  [idle, { type: 'setBeyond', vm, beyond: { ...PLAIN_RFC, topology: true } }, 'commandApplied'],
  [idle, { type: 'setWorkload', vm: 'nobody', workload: null }, { slug: 'vm-unknown' }],
];

it.each(CASES.map((each) => [each[1].type, ...each] as const))('%s', (_, make, command, expected) => {
  const world = make();
  world.takeEvents();
  const [before, chain] = [world.hash(), world.chain];
  const forecast = world.forecast(command);
  expect([world.hash(), world.chain, world.takeEvents()]).toEqual([before, chain, []]);
  const rejection = world.submit(command);
  expect(rejection).toEqual(forecast.rejection);
  const [event] = world.takeEvents();
  if (typeof expected === 'string') {
    expect(rejection).toBeNull();
    expect(event?.type).toBe(expected);
    expect(world.chain).not.toBe(chain);
  } else {
    expect(rejection).toMatchObject(expected);
    expect(event?.type).toBe('commandRejected');
    expect([world.hash(), world.chain]).toEqual([before, chain]);
  }
});

it('has a case for each command', () => {
  expect(new Set(CASES.map(([, { type }]) => type))).toEqual(new Set(COMMAND_TYPES));
});
