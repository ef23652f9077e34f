/** Frames go in as they were taken and come out the same, whatever was spilled, thinned or cut off in between. */
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../shared/columns/index.ts';
import { encode } from '../../shared/columns/index.ts';
import { World } from '../engine/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import { small } from './fixture.ts';
import type { HistoryBounds } from './history.ts';
import { History } from './history.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pageshift-history-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FRAMES = 120;
const taken: Snapshot[] = [];
const world = World.create(toWorldConfig(small())).world!;
for (let i = 0; i < FRAMES; i++) {
  taken.push(world.snapshot('blocks'));
  world.step();
}

const bytesOf = (frame: Snapshot): Buffer => Buffer.from(encode(frame));
const takenBytes = taken.map(bytesOf);

/** Ticks after an event. */
const happened = (tick: number): boolean => tick % 17 === 3;
const PLAIN = { isBesideEvent: false, isAmended: false };
const kindAt = (tick: number) => ({ ...PLAIN, isBesideEvent: happened(tick) });

function filled(bounds: Partial<HistoryBounds>, frames = FRAMES): History {
  const history = new History({ folder, nowMs: () => 0, bounds });
  for (const frame of taken.slice(0, frames)) history.add(frame, kindAt(frame.header.tick));
  return history;
}

/** The frame of each tick that has one, in an order that no cache expects. */
function expectExact(history: History): void {
  const ticks = history.ticks();
  const order = [...ticks.keys()].sort((a, b) => ((a * 37) % ticks.length) - ((b * 37) % ticks.length));
  const differ = order.filter((i) => !bytesOf(history.frameAt(ticks[i]!)).equals(takenBytes[ticks[i]!]!));
  expect(differ).toEqual([]);
  // Between two frames the earlier is shown.
  const gaps = ticks.filter((tick, i) => (ticks[i + 1] ?? Infinity) > tick + 1);
  expect(gaps.map((tick) => history.frameAt(tick + 1).header.tick)).toEqual(gaps);
}

describe('a history', () => {
  it('gives every frame as it was taken, and the last before a tick that has none', () => {
    const history = filled({ groupFrames: 7 });
    expect(history.ticks()).toEqual(taken.map(({ header }) => header.tick));
    expectExact(history);
    expect(history.frameAt(10_000).header.tick).toBe(FRAMES - 1);
    expect(history.figures()).toMatchObject({ first: 0, last: FRAMES - 1, frames: FRAMES, diskBytes: 0 });
  });

  it('keeps to its bound of memory: what is beyond it is in files, and reads the same', () => {
    const history = filled({ groupFrames: 8, memoryBytes: 20_000 });
    const { memoryBytes, diskBytes, frames } = history.figures();
    expect(memoryBytes).toBeLessThanOrEqual(20_000);
    expect(diskBytes).toBeGreaterThan(20_000);
    expect(frames).toBe(FRAMES);
    expect(readdirSync(folder).length).toBeGreaterThan(2);
    expectExact(history);
  });

  it('is thinned beyond so many frames, oldest first, but for the first, the newest and those beside events', () => {
    const history = filled({ groupFrames: 8, frames: 60 });
    const ticks = history.ticks();
    expect(ticks.length).toBeLessThanOrEqual(60);
    expect([ticks[0], ticks.at(-1)]).toEqual([0, FRAMES - 1]);
    expect(ticks.filter(happened)).toEqual([3, 20, 37, 54, 71, 88, 105]);
    const gaps = ticks.slice(1).map((tick, i) => tick - ticks[i]!);
    expect(gaps.at(0)).toBeGreaterThan(1);
    expect(gaps.at(-1)).toBe(1);
    expectExact(history);
  });

  it('gives up frames beside events only when there are no others left', () => {
    const history = new History({ folder, nowMs: () => 0, bounds: { groupFrames: 8, frames: 40 } });
    const beside = (tick: number): boolean => tick % 3 !== 0;
    let losses = 0;
    for (const frame of taken) {
      const before = history.ticks();
      history.add(frame, PLAIN);
      const kept = new Set(history.ticks());
      if (beside(frame.header.tick)) history.keepNewest();
      if (!before.some((tick) => beside(tick) && !kept.has(tick))) continue;
      losses++;
      // The newest group is not thinned; nor is the first frame.
      expect(before.filter((tick) => tick > 0 && !beside(tick) && tick < frame.header.tick - 8)).toEqual([]);
    }
    expect(losses).toBeGreaterThan(1);
    expect(history.ticks().length).toBeLessThanOrEqual(40);
    expect(history.ticks().at(0)).toBe(0);
    expectExact(history);
  });

  it('shows the world after the commands of a tick, and forgets it when it goes back to the tick', () => {
    const history = filled({ groupFrames: 5 }, 10);
    const amended = { ...taken[9]!, header: { ...taken[9]!.header, chain: 'amended' } };
    history.add(amended, { ...PLAIN, isAmended: true });
    for (const frame of taken.slice(10, 20)) history.add(frame, PLAIN);
    expect(history.frameAt(9).header.chain).toBe('amended');
    expect(history.frameAt(10).header.tick).toBe(10);
    expect(history.ticks()).toEqual(taken.slice(0, 20).map(({ header }) => header.tick));
    history.truncate(9);
    expect(bytesOf(history.frameAt(9)).equals(takenBytes[9]!)).toBe(true);
    history.add(amended, { ...PLAIN, isAmended: true });
    history.truncate(9);
    expect(history.chain).toBe(taken[9]!.header.chain);
    expectExact(history);
  });

  it('is thinned beyond so many bytes, and what it no longer needs is removed from the disk', () => {
    const history = filled({ groupFrames: 8, memoryBytes: 8000, allBytes: 30_000 });
    const { memoryBytes, diskBytes } = history.figures();
    expect(memoryBytes + diskBytes).toBeLessThanOrEqual(30_000);
    expect(history.ticks().length).toBeLessThan(FRAMES);
    expectExact(history);
    expect(readdirSync(folder).length).toBeLessThan(15);
  });

  it.each([0, 5, 63, 64, 119])('is cut after tick %i and goes on from there', (tick) => {
    const history = filled({ groupFrames: 8, memoryBytes: 4000 });
    history.frameAt(100);
    history.truncate(tick);
    expect(history.ticks()).toEqual(taken.slice(0, tick + 1).map(({ header }) => header.tick));
    expectExact(history);
    for (const frame of taken.slice(tick + 1)) history.add(frame, PLAIN);
    expectExact(history);
    const { memoryBytes, diskBytes, frames } = history.figures();
    expect(frames).toBe(FRAMES);
    const whole = filled({ groupFrames: 8, memoryBytes: 1e9 }).figures();
    expect(memoryBytes + diskBytes).toBe(whole.memoryBytes);
  });

  it('stays in memory, thinned, where no file can be written', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const missing = join(file, 'below');
    const history = new History({ folder: missing, nowMs: () => 0, bounds: { groupFrames: 8, memoryBytes: 20_000 } });
    for (const frame of taken) history.add(frame, PLAIN);
    expect(history.figures().memoryBytes).toBeLessThanOrEqual(20_000);
    expect(existsSync(missing)).toBe(false);
    expectExact(history);
  });

  it.runIf(existsSync('/dev/full'))('leaves nothing behind where there is no room for a file', () => {
    symlinkSync('/dev/full', join(folder, 'frames-1'));
    const history = new History({ folder, nowMs: () => 0, bounds: { groupFrames: 8, memoryBytes: 20_000 } });
    for (const frame of taken) history.add(frame, PLAIN);
    expect(history.figures()).toMatchObject({ diskBytes: 0 });
    expect(history.figures().memoryBytes).toBeLessThanOrEqual(20_000);
    expect(readdirSync(folder)).toEqual([]);
    expectExact(history);
  });
});

describe('when a frame is recorded', () => {
  /** Recording takes `costMs`, a tick one ms. */
  function recorded(costMs: number, isEvent: (tick: number) => boolean): number {
    let now = 0;
    const history = new History({ folder, nowMs: () => now });
    history.add(taken[0]!, PLAIN);
    for (let tick = 1; tick <= 4000; tick++) {
      const frame = { ...taken[1]!, header: { ...taken[1]!.header, tick } };
      now += 1;
      history.afterTick(tick, isEvent(tick), () => {
        now += costMs;
        return frame;
      });
    }
    return history.figures().frames;
  }

  it('costs no more than its share of stepping', () => {
    const frames = recorded(10, () => false);
    expect(frames).toBeGreaterThan(70);
    expect(frames * 10).toBeLessThanOrEqual(0.2 * 4000 + 2 * 10);
    // At leisure every tick has one.
    expect(recorded(0.1, () => false)).toBe(4001);
  });

  it('is every tick in which something happened, however long recording takes; others then wait', () => {
    expect(recorded(10, (tick) => tick % 100 === 0)).toBeGreaterThanOrEqual(40);
    expect(recorded(10, () => true)).toBe(4001);
    // Of 2000 ms that it took, 200 are made up for.
    const frames = recorded(10, (tick) => tick <= 200);
    expect(frames).toBeGreaterThan(201 + 50);
    expect(frames).toBeLessThan(201 + 60);
  });
});
