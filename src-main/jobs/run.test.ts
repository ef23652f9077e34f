/**
 * Runs in process. The expected sizes are those of vector T4 (simtest/vectors.ts) and of arithmetic: 256 stripes of 128 pages dealt
 * to three nodes are 86, 85 and 85 stripes. Determinism is tested on three ways to the same end.
 */
import { guestsOf } from '../../shared/columns/index.ts';
import { eventText } from '../../shared/view/words/index.ts';
import { describe, expect, it, vi } from 'vitest';
import type { ColumnName, Snapshot } from '../../shared/columns/index.ts';
import { World } from '../engine/index.ts';
import type { Scenario, ScenarioVm } from '../scenario/index.ts';
import { canonicalText, toWorldConfig } from '../scenario/index.ts';
import { example, scenarioOf, small } from '../runtime/fixture.ts';
import type { JobOptions } from '../runtime/index.ts';
import { isJobStopped, runJob } from '../runtime/index.ts';
import { decodeRecord, encodeRecord } from './index.ts';
import type { Run, RunUntil } from './index.ts';
import type { RunProgress } from './run.ts';
import { runScenario } from './run.ts';

const converged = (maxTicks = 20_000) => ({ converged: true, maxTicks }) as const;
const ticks = (n: number) => ({ converged: false, ticks: n }) as const;

async function run(
  scenario: Scenario,
  { until = converged(), ...options }: { readonly until?: RunUntil } & JobOptions<'run'> = {},
): Promise<Run> {
  const { run: done, problems } = await runJob('run', { scenario, until, version: 'test' }, options);
  if (done === null) throw new Error(JSON.stringify(problems));
  return done;
}

/** Step by step, as a caller of the job does. @param stops is asked after every snapshot. */
function watched(scenario: Scenario, onSnapshot: (snapshot: Snapshot) => void, stops = (): boolean => false): Run {
  const steps = runScenario({ scenario, until: converged(), version: 'test' }, onSnapshot);
  let step = steps.next();
  while (step.done !== true) step = steps.next(stops());
  return step.value.run!;
}

/** Sum of a column of the zones per node of guest 0. */
function perNode({ tables: { zones } }: Snapshot, name: ColumnName<'zones'>): number[] {
  const sums: number[] = [];
  for (let row = 0; row < zones.rows; row++) {
    const nid = zones.columns.nid[row]!;
    sums[nid] = (sums[nid] ?? 0) + zones.columns[name][row]!;
  }
  return sums;
}

describe('the RFC example', () => {
  it('ends with 43, 42, 42, 0 MB, free never above size on any node at any tick', async () => {
    const seen: number[] = [];
    const onSnapshot = (snapshot: Snapshot): void => {
      seen.push(snapshot.header.tick);
      const size = perNode(snapshot, 'presentPages');
      perNode(snapshot, 'freePages').forEach((free, nid) => {
        if (free > size[nid]!)
          throw new Error(`tick ${snapshot.header.tick} node ${nid}: ${free} free of ${size[nid]}`);
      });
    };
    const { record, pendingWork } = watched(example('rfc-cover-letter'), onSnapshot);
    const { tick } = record.after.header;
    expect(seen).toEqual(Array.from({ length: tick + 1 }, (_, i) => i));
    expect(perNode(record.after, 'presentPages')).toEqual([86 * 128, 85 * 128, 85 * 128, 0]);
    expect(perNode(record.after, 'presentPages').map((pages) => pages >> 8)).toEqual([43, 42, 42, 0]);
    expect({ ending: record.ending, pendingWork, laws: record.laws }).toEqual({
      ending: 'settled',
      pendingWork: [],
      laws: { checked: tick + 1, guestsChecked: 0, broken: [] },
    });
  });
});

describe('same scenario, same seed', () => {
  it('gives the same record again, and in a worker', async () => {
    const scenario = small();
    const [first, second] = [await run(scenario), await run(scenario)];
    expect(second).toEqual(first);
    expect(await run(scenarioOf(canonicalText(scenario)), { where: 'worker' })).toEqual(first);
  });

  it('gives the same hash after snapshot and restore half-way', async () => {
    const scenario = small();
    const { record } = await run(scenario);
    const config = toWorldConfig(scenario);
    const whole = World.create(config).world!;
    const half = Math.floor(record.after.header.tick / 2);
    whole.step(half);
    const restored = World.restore(config, structuredClone(whole.state()));
    restored.step(record.after.header.tick - half);
    expect({ hash: restored.hash(), chain: restored.chain }).toEqual({ hash: record.hash, chain: record.chain });
  });

  it('gives another hash with another seed', async () => {
    const [one, other] = [
      await run(small(), { until: ticks(20) }),
      await run(small({ seed: 2 }), { until: ticks(20) }),
    ];
    expect(other.record.hash).not.toBe(one.record.hash);
  });

  it('is told as it goes on, here and in a worker, and rejects what the job throws', async () => {
    for (const where of ['here', 'worker'] as const) {
      const told: number[] = [];
      const onProgress = ({ tick }: { readonly tick: number }): void => void told.push(tick);
      await run(small(), { where, until: ticks(200), onProgress });
      expect(told.length).toBeGreaterThan(0);
      expect(told).toEqual([...told].sort((x, y) => x - y));
      await expect(run({} as Scenario, { where })).rejects.toThrow();
    }
  });
});

describe('the record', () => {
  it('tells what came of each command, and keeps the events in order', async () => {
    const { record } = await run(
      small({
        commands: [
          { at: 3, type: 'compact', vm: 'v', nodes: [1], rateMiBps: 64 },
          { at: 4, type: 'compact', vm: 'v', nodes: [0] },
          { at: 5, type: 'setRegeneration', vm: 'v', regeneration: { delayMs: 100 } },
        ],
      }),
    );
    expect(record.commands.map(({ tick, applied }) => [tick, applied])).toEqual([
      [3, true],
      [4, false],
      [5, true],
    ]);
    expect(record.commands[0]!.text).toBe(eventText(record.events.find(({ type }) => type === 'compactionCompleted')!));
    const order = record.events.map(({ tick }) => tick);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(record.before.header).toMatchObject({ tick: 0, level: 'blocks' });
    expect(record.after.header).toMatchObject({ tick: record.series.ticks.at(-1), level: 'blocks' });
    // What was reproduced once can be reproduced from the record alone.
    expect((await run(scenarioOf(record.sourceText))).record.hash).toBe(record.hash);
  });

  it('tells commands of one tick apart', async () => {
    const { record } = await run(
      small({
        commands: [
          { at: 3, type: 'compact', vm: 'v', nodes: [1], rateMiBps: 64 },
          { at: 4, type: 'cancelCompaction', vm: 'v' },
          { at: 4, type: 'compact', vm: 'v', nodes: [0] },
          { at: 4, type: 'commitLayout', vm: 'v', stripe: { nodes: [0, 1], pages: 1024 } },
          { at: 4, type: 'commitLayout', vm: 'v', stripe: { nodes: [1, 0], pages: 1024 } },
        ],
      }),
    );
    const text = (type: string, nth: number): string => eventText(record.events.filter((e) => e.type === type)[nth]!);
    expect(record.commands.map((command) => command.text)).toEqual([
      text('compactionCancelled', 0),
      'It took effect.',
      text('compactionCompleted', 0),
      text('layoutCommitted', 0),
      text('layoutCommitted', 1),
    ]);
    expect(text('layoutCommitted', 0)).not.toBe(text('layoutCommitted', 1));
  });

  it('has no run but the problems when a VM does not fit', async () => {
    const scenario = small();
    const vm: ScenarioVm = { ...scenario.vms[0]!, memnodes: [], placement: { mode: 'strict', nodes: [0] } };
    const hosts = [
      {
        ...scenario.hosts[0]!,
        nodes: [{ ...scenario.hosts[0]!.nodes[0]!, memoryMiB: 32 }, scenario.hosts[0]!.nodes[1]!],
      },
    ];
    const { run: none, problems } = await runJob('run', {
      ...{ scenario: { ...scenario, hosts, vms: [vm] }, until: ticks(1), version: 'test' },
    });
    expect(none).toBeNull();
    expect(problems).toMatchObject([{ guest: 'v', host: 'h', nodes: [0], shortPages: 8192 }]);
  });
});

describe('the end', () => {
  it('is after the ticks asked for, also none', async () => {
    for (const n of [0, 7]) {
      const { record } = await run(small(), { until: ticks(n) });
      expect([record.ending, record.after.header.tick]).toEqual(['ticks', n]);
    }
  });

  it('says what work is pending when it does not settle in time', async () => {
    const early = await run(small(), { until: converged(2) });
    expect([early.record.ending, early.pendingWork]).toEqual(['maxTicks', [{ kind: 'commands', commands: 1 }]]);
    const { pendingWork, record } = await run(small(), { until: converged(12) });
    expect(record.ending).toBe('maxTicks');
    const { targetActual } = guestsOf(record.after)[0]!.lag;
    expect(targetActual).toBeGreaterThan(0);
    expect(pendingWork[0]).toEqual({ kind: 'owed', vm: 'v', pages: targetActual });
  });

  it('is the tick in which a law was found broken', async () => {
    const violation = { law: 'G3', vm: 'v', text: 'free of node 0 is 7; found 8, page 42' };
    const check = vi.spyOn(World.prototype, 'check');
    for (let i = 0; i < 4; i++) check.mockReturnValueOnce([]);
    check.mockReturnValueOnce([violation]);
    const { record } = await run(small());
    check.mockRestore();
    expect([record.ending, record.after.header.tick, record.laws]).toEqual([
      'brokenLaw',
      4,
      { checked: 5, guestsChecked: 0, broken: [violation] },
    ]);
  });

  it('is the tick under way when it is stopped, with all of it kept', async () => {
    let tick = 0;
    const { record } = watched(
      small(),
      ({ header }) => void (tick = header.tick),
      () => tick === 5,
    );
    expect([record.ending, record.after.header.tick, record.series.ticks]).toEqual([
      'interrupted',
      5,
      [0, 1, 2, 3, 4, 5],
    ]);
    expect(record.hash).toBe((await run(small(), { until: ticks(5) })).record.hash);
  });

  it('is where a signal stops it, here and in a worker', async () => {
    for (const where of ['here', 'worker'] as const) {
      const controller = new AbortController();
      const onProgress = (): void => controller.abort();
      const { record } = await run(small(), { where, signal: controller.signal, onProgress, until: ticks(2 ** 30) });
      expect(record.ending).toBe('interrupted');
      const { tick } = record.after.header;
      expect(record.hash).toBe((await run(small(), { until: ticks(tick) })).record.hash);
    }
  });

  /** Blocks that live for a 256th of a tick: a tick takes seconds. */
  const busy = (workload: object) =>
    small({
      vms: [
        {
          ...{ name: 'v', host: 'h', memoryMiB: 64 },
          workload: { lifetime: { law: 'exponential', meanMs: 0.4 }, ...workload },
        },
      ],
      commands: [],
    });

  it.each([
    ['a warm-up of hours', { start: 'fresh', warmupMs: 99_999_000 }, (p: RunProgress) => p.making !== undefined],
    ['a tick of seconds', {}, (p: RunProgress) => p.making === undefined],
  ] as const)('is none of one that is stopped in %s, here and in a worker', async (_, workload, isThere) => {
    for (const where of ['here', 'worker'] as const) {
      const controller = new AbortController();
      const onProgress = (progress: RunProgress): void => {
        if (isThere(progress)) controller.abort();
      };
      const stopped = run(busy(workload), { where, signal: controller.signal, onProgress, until: ticks(2 ** 30) });
      expect(isJobStopped(await stopped.catch((error: unknown) => error))).toBe(true);
    }
  });

  it('is none of a job that has nothing to show when it is stopped', async () => {
    const input = { scenario: small(), vm: 'v', of: 'defects', until: 40, maxTicks: 0 } as const;
    const signal = AbortSignal.abort();
    for (const where of ['here', 'worker'] as const)
      expect(isJobStopped(await runJob('compare', input, { where, signal }).catch((error: unknown) => error))).toBe(
        true,
      );
  });
});

describe('a record as bytes', () => {
  it('comes back as it was, and equal records give equal bytes', async () => {
    for (const scenario of [small(), example('rfc-defects')]) {
      const { record } = await run(scenario, { until: ticks(12) });
      const bytes = encodeRecord(record);
      expect(decodeRecord(bytes)).toEqual({ value: record, diagnostics: [] });
      expect(encodeRecord(decodeRecord(bytes).value!)).toEqual(bytes);
    }
  });

  it('is refused where it is cut off, longer, of another version or none', async () => {
    const bytes = encodeRecord((await run(small(), { until: ticks(3) })).record);
    const changed = (at: number, value: number): Uint8Array => bytes.with(at, value);
    const wrong = [
      ...[0, 10, 31, 40, bytes.length - 1].map((length) => bytes.subarray(0, length)),
      Uint8Array.of(...bytes, 0),
      ...[changed(0, 1), changed(4, 2), changed(15, 0xff), changed(32, 0x5b)],
    ];
    for (const each of wrong) {
      const { value, diagnostics } = decodeRecord(each);
      expect(value).toBeNull();
      expect(diagnostics).toMatchObject([{ slug: 'record-unreadable' }]);
    }
    expect(decodeRecord(changed(bytes.length - 40, 0xff)).diagnostics.length).toBeLessThan(2);
  });
});

it('a run that can never converge says so when that is certain, and what stays', async () => {
  const { record, pendingWork } = await run(example('rfc-defects'), { until: converged(100_000) });
  expect(record.ending).toBe('neverSettles');
  expect(record.after.header.tick).toBeLessThan(2000);
  const { vm, lag } = { vm: 'as-posted', lag: guestsOf(record.after)[0]!.lag };
  expect(pendingWork).toEqual([
    { kind: 'owed', vm, pages: lag.targetActual },
    { kind: 'stays', vm, pages: expect.toSatisfy((pages) => pages > 5000), because: 'unmarked' },
  ]);
}, 60_000);
