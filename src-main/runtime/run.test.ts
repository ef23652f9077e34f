/**
 * Runs in process. The expected sizes are those of spec/dnuma.md T4 and of arithmetic: 256 stripes of 128 pages dealt
 * to three nodes are 86, 85 and 85 stripes. Determinism is tested on three ways to the same end.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Snapshot } from '../../shared/columns/index.ts';
import { World } from '../engine/index.ts';
import type { Scenario, ScenarioVm } from '../scenario/index.ts';
import { canonicalText, toWorldConfig } from '../scenario/index.ts';
import { example, scenarioOf, small } from './fixture.ts';
import type { Run, RunOptions } from './index.ts';
import { runInWorker, runWorld } from './index.ts';

const converged = (maxTicks = 20_000) => ({ converged: true, maxTicks }) as const;
const ticks = (n: number) => ({ converged: false, ticks: n }) as const;

async function run(scenario: Scenario, options: Partial<RunOptions> = {}): Promise<Run> {
  const { run: done, problems } = await runWorld(scenario, { until: converged(), version: 'test', ...options });
  if (done === null) throw new Error(JSON.stringify(problems));
  return done;
}

/** Sum of a column of the cells per node of guest 0. */
function perNode({ tables: { cells } }: Snapshot, name: string): number[] {
  const sums: number[] = [];
  for (let row = 0; row < cells.rows; row++) {
    const nid = cells.columns.nid![row]!;
    sums[nid] = (sums[nid] ?? 0) + cells.columns[name]![row]!;
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
    const { record, left } = await run(example('rfc-cover-letter'), { onSnapshot });
    const { tick } = record.after.header;
    expect(seen).toEqual(Array.from({ length: tick + 1 }, (_, i) => i));
    expect(perNode(record.after, 'presentPages')).toEqual([86 * 128, 85 * 128, 85 * 128, 0]);
    expect(perNode(record.after, 'presentPages').map((pages) => pages >> 8)).toEqual([43, 42, 42, 0]);
    expect({ ending: record.ending, left, laws: record.laws }).toEqual({
      ending: 'settled',
      left: [],
      laws: { checked: tick + 1, guestsChecked: 0, broken: [] },
    });
  });
});

describe('same scenario, same seed', () => {
  it('gives the same record again, and the same hash in a worker', async () => {
    const scenario = small();
    const [first, second] = [await run(scenario), await run(scenario)];
    expect(second).toEqual(first);
    const { hash, chain, after } = first.record;
    const tick = after.header.tick;
    expect(await runInWorker(canonicalText(scenario), converged())).toEqual({ hash, chain, tick });
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

  it('is rejected by the worker when the text is no scenario', async () => {
    await expect(runInWorker('{"pageshift": 1}', ticks(1))).rejects.toThrow(/hosts/);
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
    expect(record.commands[0]!.text).toBe(record.events.find(({ type }) => type === 'compactionCompleted')!.text);
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
    const text = (type: string, nth: number): string => record.events.filter((e) => e.type === type)[nth]!.text;
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
    const { run: none, problems } = await runWorld(
      { ...scenario, hosts, vms: [vm] },
      { until: ticks(1), version: 'test' },
    );
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

  it('says what is left when it does not settle in time', async () => {
    const early = await run(small(), { until: converged(2) });
    expect([early.record.ending, early.left]).toEqual(['maxTicks', ['a command is still to come']]);
    const { left, record } = await run(small(), { until: converged(12) });
    expect(record.ending).toBe('maxTicks');
    const { targetActual } = record.after.header.guests[0]!.lag;
    expect(targetActual).toBeGreaterThan(0);
    expect(left[0]).toBe(`VM v: ${targetActual} pages in use are owed to another node`);
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
    const controller = new AbortController();
    const onSnapshot = ({ header }: Snapshot): void => void (header.tick === 5 && controller.abort());
    const { record } = await run(small(), { signal: controller.signal, onSnapshot });
    expect([record.ending, record.after.header.tick, record.series.ticks]).toEqual([
      'interrupted',
      5,
      [0, 1, 2, 3, 4, 5],
    ]);
    expect(record.hash).toBe((await run(small(), { until: ticks(5) })).record.hash);
  });
});
