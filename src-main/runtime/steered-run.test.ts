/** The way back without checkpoints, a way back that is stopped, and what is taken back when the record has been thinned. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordsOf } from '../../shared/columns/index.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import { World } from '../engine/index.ts';
import type { Scenario, ScenarioInput } from '../scenario/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import { moving, scenarioOf, small } from './fixture.ts';
import type { Replay } from './replay.ts';
import { SteeredRun } from './steered-run.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pageshift-run-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Checkpoints before every command, never kept, or taken in parts as in a world where they are dear. */
type Checkpoints = 'all' | 'none' | 'dear';

function runOf(scenario: Scenario, keep: Checkpoints): SteeredRun {
  const none = { memoryBytes: 0, diskBytes: 0 };
  const { run } = SteeredRun.create(scenario, {
    version: 'test',
    spillFolder: folder,
    nowMs: () => 0,
    ...(keep === 'none' ? { checkpoints: none } : {}),
    ...(keep === 'dear' ? { cheapPages: 0 } : {}),
  });
  return run!;
}

const steps = (run: SteeredRun, n: number): void => {
  for (let i = 0; i < n; i++) {
    // Every third tick, so that replays begin elsewhere than at commands.
    if (run.tick % 3 === 0) while (run.checkpointDue(true)) run.recorded.checkpointSome();
    run.step();
  }
};

function through(replay: Replay | null): Replay {
  while (replay!.advance());
  return replay!;
}

const compact = (nodes: number[]): SubmittedCommand => ({ type: 'compact', vm: 'v', nodes, rateMiBps: 64 });
const COMMANDS: readonly (readonly [SubmittedCommand, number])[] = [
  [compact([0]), 5],
  [{ type: 'setRegeneration', vm: 'v', regeneration: { enabled: true, grainKiB: 4096, delayMs: 100 } }, 0],
  [{ type: 'cancelCompaction', vm: 'v' }, 6],
  [compact([1]), 20],
];

/** A run with all of COMMANDS, and its record before each of them and at the end. */
function steered(keep: Checkpoints): { readonly run: SteeredRun; readonly records: readonly unknown[] } {
  const run = runOf(moving(), keep);
  const records: unknown[] = [];
  steps(run, 2);
  for (const [command, ticks] of COMMANDS) {
    records.push(run.record());
    expect(run.submit(command)).toBeNull();
    steps(run, ticks);
  }
  return { run, records: [...records, run.record()] };
}

describe.each(['all', 'none', 'dear'] as const)('undo and redo, with checkpoints: %s', (keep) => {
  it('come to every record there was, backwards and forwards', () => {
    const { run, records } = steered(keep);
    for (let i = COMMANDS.length - 1; i >= 0; i--) {
      run.finishUndo(through(run.startUndo()));
      expect(run.record()).toEqual(records[i]);
    }
    expect(run.startUndo()).toBeNull();
    for (const [i, [, ticks]] of COMMANDS.entries()) {
      run.finishRedo(through(run.startRedo()));
      steps(run, ticks);
      expect(run.record()).toEqual(records[i + 1]);
    }
    expect(run.startRedo()).toBeNull();
  });

  it('that are stopped on the way change nothing', () => {
    const { run, records } = steered(keep);
    const hash = run.hashes();
    run.startUndo()!.advance();
    expect(run.record()).toEqual(records.at(-1));
    steps(run, 3);
    const { run: never } = steered(keep);
    steps(never, 3);
    expect(run.record()).toEqual(never.record());
    expect(run.hashes()).not.toEqual(hash);
  });
});

describe.each(['all', 'none', 'dear'] as const)('a dirty rate, with checkpoints: %s', (keep) => {
  const setDirty = (rateMiBps: number) => ({
    ...({ type: 'setDirty', vm: 'v', dirty: { workingSetMiB: 16, rateMiBps } } as const),
  });
  /** What the guest writes in the first round of the migration. */
  const written = (run: SteeredRun): number | null =>
    recordsOf(run.recorded.present()).migrations[0]!.rounds[0]!.dirtyBytes;

  it('that the scenario sets is that of the migration after it', () => {
    const [none, some] = [0, 8].map((rate) => {
      const set = { at: 2, ...setDirty(rate) };
      const run = runOf(moving({ commands: [set, ...moving().commands] } as ScenarioInput), keep);
      steps(run, 30);
      return written(run)!;
    });
    expect(none).toBe(0);
    expect(some).toBeGreaterThan(0);
  });

  it('that is set by hand stands in the text, and is that of before when it is taken back', () => {
    const run = runOf(moving(), keep);
    steps(run, 2);
    expect(run.submit(setDirty(8))).toBeNull();
    steps(run, 30);
    const whole = run.record();
    expect(written(run)).toBeGreaterThan(0);
    expect(run.undoLabel).toBe('set the dirty rate of v to 8 MiB/s');
    const again = runOf(scenarioOf(run.text), keep);
    steps(again, run.tick);
    expect(again.hashes()).toEqual(run.hashes());
    run.finishUndo(through(run.startUndo()));
    steps(run, 30);
    expect(written(run)).toBe(0);
    run.finishRedo(through(run.startRedo()));
    steps(run, 30);
    expect(run.record()).toEqual(whole);
  });
});

it('a replay that comes elsewhere is thrown', () => {
  const { run } = steered('none');
  const replay = through(run.startUndo());
  replay.world.step();
  expect(() => run.finishUndo(replay)).toThrow('replay-differs');
});

describe.each(['all', 'dear'] as const)('the history, with checkpoints: %s', (keep) => {
  /** As time stands still, no frame is recorded but those that must be. */
  it('has the ticks before and after every event, as they were', () => {
    const run = runOf(moving(), keep);
    const seen = [run.recorded.frame('v').header.chain];
    const go = (ticks: number): void => {
      for (let i = 0; i < ticks; i++) {
        run.step();
        seen.push(run.recorded.frame('v').header.chain);
      }
    };
    go(2);
    for (const [command, ticks] of COMMANDS) {
      expect(run.submit(command)).toBeNull();
      seen[run.tick] = run.recorded.frame('v').header.chain;
      go(ticks);
    }
    go(60);
    const ticks = run.recorded.frameTicks();
    const eventTicks = [...new Set(run.recorded.events.map(({ tick }) => tick))];
    expect(eventTicks.length).toBeGreaterThan(8);
    const missing = eventTicks.flatMap((tick) => [tick, tick + 1]).filter((tick) => !ticks.includes(tick));
    expect(missing).toEqual([]);
    expect(ticks.map((tick) => run.recorded.frameAt(tick).header.chain)).toEqual(ticks.map((tick) => seen[tick]));
    expect(ticks.length).toBeLessThan(run.tick / 2);
  });

  it('shows what was submitted at a tick, and no longer once it is taken back', () => {
    const run = runOf(small({ commands: [] }), keep);
    steps(run, 4);
    run.recorded.recordNow();
    const before = run.recorded.frameAt(4).header.chain;
    expect(run.submit(compact([1]))).toBeNull();
    run.writeFile('v', 'line', '/sys/kernel/debug/pagectl/alloc', '0 0\n');
    run.endLine();
    const after = run.recorded.frame(null).header.chain;
    steps(run, 3);
    expect(run.recorded.frameAt(4).header.chain).toBe(after);
    run.finishUndo(through(run.startUndo()));
    steps(run, 1);
    expect([before, after]).not.toContain(run.recorded.frameAt(4).header.chain);
    run.finishUndo(through(run.startUndo()));
    steps(run, 1);
    expect(run.recorded.frameAt(4).header.chain).toBe(before);
  });
});

it('recording changes nothing of the world', () => {
  const run = runOf(small(), 'all');
  const world = World.create(toWorldConfig(small())).world!;
  for (let i = 0; i < 60; i++) {
    run.step();
    run.recorded.recordNow();
    run.state(true);
    run.recorded.frame('v');
    run.recorded.frameAt(i >> 1);
    world.step();
    expect(run.hashes()).toEqual({ tick: i + 1, hash: world.hash(), chain: world.chain });
  }
});

it('a command given again that is refused by now stays in the scenario', () => {
  const run = runOf(small(), 'all');
  run.step();
  run.submitAgain({ at: 1, type: 'cancelMigration', vm: 'v' });
  expect(run.undoLabel).toBeNull();
  run.step();
  expect(run.state(true).commands).toMatchObject([
    { tick: 1, type: 'cancelMigration', state: 'rejected' },
    { tick: 3, type: 'compact', state: 'pending' },
  ]);
});

it('of a large world no command waits for a checkpoint, and one under way is of the world as it stands', () => {
  const run = runOf(small(), 'dear');
  expect(run.checkpointDue(true)).toBe(true);
  run.recorded.checkpointSome();
  // Another world: what was begun is dropped.
  expect(run.submit(compact([1]))).toBeNull();
  while (run.checkpointDue(true)) run.recorded.checkpointSome();
  const { hash } = run.hashes();
  run.finishUndo(through(run.startUndo()));
  run.finishRedo(through(run.startRedo()));
  expect(run.hashes().hash).toBe(hash);
});

describe.each(['all', 'none', 'dear'] as const)('a change of the commands to come, with checkpoints: %s', (keep) => {
  const at = (tick: number, node: number, vm = 'v') => ({
    at: tick,
    type: 'compact' as const,
    vm,
    nodes: [node],
    rateMiBps: 64,
  });
  const scheduled = [at(8, 1), at(30, 0)];
  const toCome = (run: SteeredRun) => run.commandsToCome().map(({ tick, command: { type } }) => [tick, type]);
  /** Of the text alone, run from the beginning. */
  const chainOf = (text: string, tick: number): string => {
    const world = World.create(toWorldConfig(scenarioOf(text))).world!;
    while (world.tick < tick) world.step();
    return world.chain;
  };
  const sound = (run: SteeredRun): void => expect(run.hashes().chain).toBe(chainOf(run.text, run.tick));

  it('takes one out, and undo and redo of it and of what is around it come to the same runs', () => {
    const run = runOf(small({ commands: scheduled }), keep);
    steps(run, 2);
    expect(run.submit({ type: 'setRegeneration', vm: 'v', regeneration: { delayMs: 100 } })).toBeNull();
    steps(run, 3);
    const [first] = run.commandsToCome();
    const { id, tick, text } = first!;
    run.unschedule({ id, tick, text });
    expect(toCome(run)).toEqual([[30, 'compact']]);
    expect(run.undoLabel).toBe('remove compact v to node 1 at 0.8 s');
    expect(run.text).not.toContain('"at": 8');
    steps(run, 10);
    sound(run);
    expect(run.submit(compact([0]))).toBeNull();
    steps(run, 4);
    const whole = run.record();
    sound(run);

    run.finishUndo(through(run.startUndo()));
    expect(run.tick).toBe(15);
    sound(run);
    run.finishUndo(through(run.startUndo()));
    expect(run.tick).toBe(5);
    expect(toCome(run)).toEqual([
      [8, 'compact'],
      [30, 'compact'],
    ]);
    run.finishUndo(through(run.startUndo()));
    expect(run.tick).toBe(2);
    steps(run, 10);
    sound(run);
    for (const ticks of [3, 10, 4]) {
      run.finishRedo(through(run.startRedo()));
      if (ticks === 10) expect(toCome(run)).toEqual([[30, 'compact']]);
      steps(run, ticks);
      sound(run);
    }
    expect(run.record()).toEqual(whole);
  });

  it('of a command that was applied meanwhile, or is another by now, changes nothing', () => {
    const run = runOf(small({ commands: scheduled }), keep);
    const [first] = run.commandsToCome();
    const { id, tick, text } = first!;
    expect(() => run.unschedule({ id, tick: tick + 1, text })).toThrow('not to come any more');
    steps(run, 9);
    expect(() => run.unschedule({ id, tick, text })).toThrow('not to come any more');
    expect(run.undoLabel).toBeNull();
    expect(toCome(run)).toEqual([[30, 'compact']]);
  });

  it('that would leave a command without sense is denied, and changes nothing', () => {
    const commands = [{ at: 3, type: 'migrate' as const, vm: 'v', toHost: 'k' }, at(30, 2)];
    const run = runOf(moving({ commands }), keep);
    const { text } = run;
    const [migration, compaction] = run.commandsToCome();
    const taken = ({ id, tick, text: label }: typeof compaction & {}) => ({ id, tick, text: label });
    expect(() => run.unschedule(taken(migration!))).toThrow('Then "compact v to node 2" would make no sense.');
    expect([run.text, run.undoLabel]).toEqual([text, null]);
    run.unschedule(taken(compaction!));
    run.unschedule(taken(migration!));
    expect(toCome(run)).toEqual([]);
    steps(run, 5);
    sound(run);
  });

  it('rehearses every VM from the present on, as one change', () => {
    const vms = ['a', 'b'].map((name) => ({ name, host: 'h', memoryMiB: 16 }));
    const run = runOf(small({ commands: [at(8, 1, 'a')], vms }), keep);
    steps(run, 4);
    run.rehearse();
    const rehearsal = [
      [8, 'compact'],
      [54, 'compact'],
      [104, 'compact'],
    ];
    expect(toCome(run)).toEqual(rehearsal);
    expect(run.undoLabel).toBe('rehearse a compaction of each VM');
    steps(run, 60);
    sound(run);
    run.finishUndo(through(run.startUndo()));
    expect(run.tick).toBe(4);
    expect(toCome(run)).toEqual([[8, 'compact']]);
    run.finishRedo(through(run.startRedo()));
    expect(toCome(run)).toEqual(rehearsal);
    steps(run, 60);
    sound(run);
  });
});
