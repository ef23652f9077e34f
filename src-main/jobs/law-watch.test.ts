/** A watch that cannot see a broken law proves nothing: here the world is damaged behind its back. */
import { describe, expect, it } from 'vitest';
import type { WorldEvent, WorldEventType } from '../../shared/model/event.ts';
import { ALL_DEFECTS } from '../../shared/model/config.ts';
import { World } from '../engine/index.ts';
import { config, guest, start } from '../engine/world-fixture.ts';
import { canonicalText, readScenario, toWorldConfig } from '../scenario/index.ts';
import { LawWatch } from './law-watch.ts';

/** What an event says of itself is not looked at. */
const event = (tick: number, type: WorldEventType): WorldEvent => ({ tick, type, vm: 'v', data: {} }) as WorldEvent;

function world(memoryMiB: number): World {
  const text = canonicalText({
    pageshift: 1,
    name: 'watched',
    hosts: [{ name: 'h', nodes: [{ nid: 0, memoryMiB: 1024 }] }],
    vms: [{ name: 'v', host: 'h', memoryMiB }],
  });
  return World.create(toWorldConfig(readScenario(text, 'test').value!)).world!;
}

it('checks a small world after every tick, a large one whenever the ticks have doubled and at the end', () => {
  const checksOf = (w: World, ticks: number): number => {
    const watch = new LawWatch(w);
    for (let i = 0; i < ticks; i++) {
      w.step();
      watch.afterTick([]);
    }
    watch.atEnd();
    return watch.result.checked;
  };
  expect(checksOf(world(64), 10)).toBe(11);
  expect(checksOf(world(512), 10)).toBe(2);
  expect(checksOf(world(512), 2049)).toBe(4);
});

it('checks a guest at its first commit and at commits while nothing moves it', () => {
  const w = world(512);
  const watch = new LawWatch(w);
  const checksAfter = (type: WorldEventType): number => {
    w.step();
    watch.afterTick([event(w.tick, type)]);
    return watch.result.guestsChecked;
  };
  expect(checksAfter('compactionStarted')).toBe(0);
  expect(checksAfter('layoutCommitted')).toBe(1);
  expect(checksAfter('layoutCommitted')).toBe(1);
  expect(checksAfter('compactionCompleted')).toBe(1);
  expect(checksAfter('layoutCommitted')).toBe(2);
  w.guests[0]!.memory.state.zones.free[1]! -= 1;
  expect(checksAfter('layoutCommitted')).toBe(3);
  expect(watch.result.broken[0]).toMatchObject({ vm: 'v' });
  expect(watch.result.checked).toBe(1);
});

it('sees free above size at once, with node and numbers', () => {
  const w = world(512);
  const watch = new LawWatch(w);
  const { state: mm } = w.guests[0]!.memory;
  mm.zones.present.fill(0);
  watch.afterTick([]);
  expect(watch.result.broken).toMatchObject([
    { law: 'G4', vm: 'v', text: expect.stringMatching(/free of node 0 .* of 0$/) },
  ]);
});

it('sees a counter that is off by one page', () => {
  const w = world(64);
  const watch = new LawWatch(w);
  w.guests[0]!.memory.state.zones.free[1]! -= 1;
  watch.afterTick([]);
  expect(watch.result.broken.length).toBeGreaterThan(0);
});

describe('a guest with the posted code’s defects', () => {
  /** 16 MiB on two nodes; a stripe of 128 pages over three, as in the cover letter. */
  const stripedWorld = (): World => {
    const plain = guest('a');
    const profile = { ...plain.mm.profile, rfc: ALL_DEFECTS };
    const ranges = Array.from({ length: 32 }, (_, k) => ({ start: k * 128, end: (k + 1) * 128, nid: k % 3 }));
    return start(
      config(
        [guest('a', { mm: { ...plain.mm, profile }, regeneration: { ...plain.regeneration, enabled: false } })],
        [{ at: 5, command: { type: 'commitLayout', vm: 'a', ranges } }],
      ),
    );
  };

  it('goes on when its kernel believes more free than there is: that is explained', () => {
    const w = stripedWorld();
    const watch = new LawWatch(w);
    for (let i = 0; i < 60; i++) {
      w.step();
      watch.afterTick([]);
      expect(watch.result.broken).toEqual([]);
    }
    const { memory: mm } = w.guests[0]!;
    const believed = mm.faults().filter(({ text }) => /node \d: \d+ free pages of \d+/.test(text));
    expect(believed.length).toBeGreaterThan(0);
    for (const { switches } of mm.faults()) expect(switches.length).toBeGreaterThan(0);
  });

  it('stops at what no defect explains', () => {
    const w = stripedWorld();
    const watch = new LawWatch(w);
    for (let i = 0; i < 8; i++) w.step();
    const { state: mm } = w.guests[0]!.memory;
    mm.rfc!.misplacedOut[0]! += 1;
    watch.checkNow();
    expect(watch.result.broken).toMatchObject([{ law: 'G6', vm: 'a' }]);
  });
});

describe('in parts', () => {
  /** All that is due, and in how many parts. */
  const parts = (watch: LawWatch): number => {
    let n = 0;
    for (; watch.checking; n++) watch.checkSome();
    return n;
  };

  it('comes to what a check at once comes to, of a world of several parts and of a guest', () => {
    const w = world(900);
    const watch = new LawWatch(w, { inParts: true });
    expect(watch.result.checked).toBe(0);
    expect(parts(watch)).toBeGreaterThan(6);
    expect(watch.result).toEqual({ checked: 1, guestsChecked: 0, broken: [] });
    w.step();
    watch.afterTick([event(0, 'layoutCommitted')]);
    expect(parts(watch)).toBeGreaterThan(6);
    expect(watch.result).toEqual({ checked: 1, guestsChecked: 1, broken: [] });
    // A page of the last part.
    const { block } = w.guests[0]!.memory.state;
    block.free[block.free.length - 1]! += 1;
    watch.checkNow();
    parts(watch);
    expect(watch.result.broken).toEqual(w.check());
    expect(watch.result.broken).toMatchObject([{ law: 'G3', vm: 'v' }]);
  });

  it('begins anew when a command was given, and is still due when it goes back', () => {
    const w = world(900);
    const watch = new LawWatch(w, { inParts: true });
    const whole = parts(new LawWatch(w, { inParts: true }));
    const saved = watch.save();
    for (let i = 0; i < 5; i++) watch.checkSome();
    expect(w.submit({ type: 'setWorkload', vm: 'v', workload: null })).toBeNull();
    watch.worldChanged();
    expect(parts(watch)).toBeGreaterThanOrEqual(whole - 1);
    expect(watch.result.checked).toBe(1);
    watch.goBack(world(900), saved);
    expect(watch.checking).toBe(true);
    expect(parts(watch)).toBe(whole);
    expect(watch.result).toEqual({ checked: 1, guestsChecked: 0, broken: [] });
  });

  it('of a small world is done at once', () => {
    const watch = new LawWatch(world(64), { inParts: true });
    expect(watch.checking).toBe(false);
    expect(watch.result.checked).toBe(1);
  });
});
