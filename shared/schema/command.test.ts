/** The table of the world's commands: what it accepts, and what the engine is given. */
import { describe, expect, test } from 'vitest';
import { COMMAND_TYPES, COMMANDS, FLAG_COMMANDS, flagGrammar } from '../model/command.ts';
import { commandSchema, engineCommand, submittedCommandSchema } from './command.ts';
import type { CommandPlace, ScenarioCommand } from './command.ts';

const PLACE: CommandPlace = { tickMs: 100, nrPages: 1000, framePages: 512 };

/** Of each command the least that is accepted. */
const LEAST = {
  compact: {},
  cancelCompaction: {},
  migrate: { toHost: 'h' },
  cancelMigration: {},
  commitLayout: { stripe: { nodes: [2, 0], pages: 400 } },
  setWorkload: { workload: null },
  setRegeneration: { regeneration: {} },
  holdPages: { pfn: 8, order: 3 },
  releasePages: { pfn: 8, order: 3 },
  writeFiles: { line: 'echo 1 > x', writes: [{ path: '/x', text: '1' }] },
  plugDimm: { dimm: 0 },
  setBeyond: { beyond: {} },
  setDirty: { dirty: {} },
} as const;

const engineOf = (command: unknown): unknown => engineCommand(commandSchema.parse(command), PLACE);

describe.each(COMMAND_TYPES)('%s', (type) => {
  const least = { type, vm: 'v', ...LEAST[type] };

  test('is submitted as it stands in a scenario, without its time', () => {
    const { at, ...rest } = commandSchema.parse({ at: 7, ...least });
    expect(at).toBe(7);
    const submitted = submittedCommandSchema.safeParse(least);
    expect(submitted.success).toBe(COMMANDS[type].inWindow);
    if (submitted.success) expect(submitted.data).toEqual(rest);
  });

  test('has one time in a scenario, none for the present, and no other key', () => {
    expect(commandSchema.safeParse(least).success).toBe(false);
    expect(commandSchema.safeParse({ ...least, at: 1, atMs: 1 }).success).toBe(false);
    expect(commandSchema.safeParse({ ...least, atMs: 1 }).success).toBe(true);
    expect(commandSchema.safeParse({ ...least, at: 1, other: 1 }).success).toBe(false);
    expect(submittedCommandSchema.safeParse({ ...least, at: 1 }).success).toBe(false);
  });

  test('is of the same VM for the engine, type and VM first', () => {
    const command = engineOf({ at: 0, ...least });
    expect(Object.entries(command as object).slice(0, 2)).toEqual([
      ['type', type],
      ['vm', 'v'],
    ]);
  });
});

test.each<[unknown, unknown]>([
  [{ type: 'compact' }, { nodes: null, framesPerTick: 51 }], // 1024 MiB/s: 102.4 MiB a tick, in frames of 2 MiB
  [
    { type: 'compact', rateMiBps: 0.5 },
    { nodes: null, framesPerTick: 1 },
  ],
  [
    { type: 'migrate', toHost: 'h', maxBandwidthMiBps: 1.5 },
    { toHost: 'h', nodes: null, downtimeLimitMs: 300, maxBytesPerSec: 1_572_864, maxRounds: 30 },
  ],
  [
    { type: 'commitLayout', stripe: { nodes: [2, 0], pages: 400 } },
    {
      ranges: [
        { start: 0, end: 400, nid: 2 },
        { start: 400, end: 800, nid: 0 },
        { start: 800, end: 1000, nid: 2 },
      ],
    },
  ],
  [
    {
      type: 'commitLayout',
      ranges: [
        { start: 5, end: 9, nid: 1 },
        { start: 0, end: 5, nid: 0 },
      ],
    },
    {
      ranges: [
        { start: 0, end: 5, nid: 0 },
        { start: 5, end: 9, nid: 1 },
      ],
    },
  ],
  [
    { type: 'setRegeneration', regeneration: { delayMs: 101 } },
    { regeneration: { enabled: true, granularityPages: 512, delayTicks: 2 } },
  ],
])('%j for the engine', (command, expected) => {
  expect(engineOf({ at: 0, vm: 'v', ...(command as object) })).toEqual({
    type: (command as ScenarioCommand).type,
    vm: 'v',
    ...(expected as object),
  });
});

test('numbers of a dialog are accepted from the default to the largest, and none above', () => {
  for (const type of COMMAND_TYPES) {
    for (const [key, { default: usual, max }] of Object.entries(COMMANDS[type].numbers)) {
      const accepts = (value: number): boolean =>
        submittedCommandSchema.safeParse({ type, vm: 'v', ...LEAST[type], [key]: value }).success;
      expect([accepts(usual), accepts(max), accepts(max + 1), accepts(-1)]).toEqual([true, true, false, false]);
      expect(commandSchema.parse({ at: 0, type, vm: 'v', ...LEAST[type] })).toMatchObject({ [key]: usual });
    }
  }
});

test('flags have a grammar', () => {
  expect(FLAG_COMMANDS.map((type) => `--${type} ${flagGrammar(type)}`)).toEqual([
    '--compact VM[=NODES][@TICK]',
    '--migrate VM=HOST[:NODES][@TICK]',
  ]);
});
