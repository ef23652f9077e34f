/** The way back without checkpoints, a way back that is stopped, and what is taken back when the record has been thinned. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import { World } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import { moving, small } from './fixture.ts';
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
    if (run.tick % 3 === 0) while (run.checkpointDue(true)) run.checkpointSome();
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
    const seen = [run.frame('v').header.chain];
    const go = (ticks: number): void => {
      for (let i = 0; i < ticks; i++) {
        run.step();
        seen.push(run.frame('v').header.chain);
      }
    };
    go(2);
    for (const [command, ticks] of COMMANDS) {
      expect(run.submit(command)).toBeNull();
      seen[run.tick] = run.frame('v').header.chain;
      go(ticks);
    }
    go(60);
    const ticks = run.frameTicks();
    const eventTicks = [...new Set(run.events.map(({ tick }) => tick))];
    expect(eventTicks.length).toBeGreaterThan(8);
    const missing = eventTicks.flatMap((tick) => [tick, tick + 1]).filter((tick) => !ticks.includes(tick));
    expect(missing).toEqual([]);
    expect(ticks.map((tick) => run.frameAt(tick).header.chain)).toEqual(ticks.map((tick) => seen[tick]));
    expect(ticks.length).toBeLessThan(run.tick / 2);
  });

  it('shows what was submitted at a tick, and no longer once it is taken back', () => {
    const run = runOf(small({ commands: [] }), keep);
    steps(run, 4);
    run.recordNow();
    const before = run.frameAt(4).header.chain;
    expect(run.submit(compact([1]))).toBeNull();
    run.writeFile('v', 'line', '/sys/kernel/debug/pagectl/alloc', '0 0\n');
    run.endLine();
    const after = run.frame(null).header.chain;
    steps(run, 3);
    expect(run.frameAt(4).header.chain).toBe(after);
    run.finishUndo(through(run.startUndo()));
    steps(run, 1);
    expect([before, after]).not.toContain(run.frameAt(4).header.chain);
    run.finishUndo(through(run.startUndo()));
    steps(run, 1);
    expect(run.frameAt(4).header.chain).toBe(before);
  });
});

it('recording changes nothing of the world', () => {
  const run = runOf(small(), 'all');
  const world = World.create(toWorldConfig(small())).world!;
  for (let i = 0; i < 60; i++) {
    run.step();
    run.recordNow();
    run.state(true);
    run.frame('v');
    run.frameAt(i >> 1);
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
  run.checkpointSome();
  // Another world: what was begun is dropped.
  expect(run.submit(compact([1]))).toBeNull();
  while (run.checkpointDue(true)) run.checkpointSome();
  const { hash } = run.hashes();
  run.finishUndo(through(run.startUndo()));
  run.finishRedo(through(run.startRedo()));
  expect(run.hashes().hash).toBe(hash);
});
