/** Commits spread over ticks, while the workload allocates and frees; and what is told of each step. */
import { commitStepText } from '../../../shared/view/words/index.ts';
import { guestsOf } from '../../../shared/columns/index.ts';
import { describe, expect, test } from 'vitest';
import type { BeyondConfig, GuestConfig, LayoutRange } from '../../../shared/model/config.ts';
import { DEFAULT_PROFILE, RFC_V3 } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { snapshotViolations } from '../../simtest/snapshot-law.ts';
import { COMMIT_STEPS } from '../../../shared/model/commit-trace.ts';
import { COMPACT, config, guest, start } from '../world-fixture.ts';
import { World } from '../world.ts';
import { MAX_TRACES } from './commit-trace.ts';

const PAGES = 4096;
const untold = { enabled: false, granularityPages: 16, delayTicks: 1 };
const slow = (commitStepTicks: number, more: Partial<GuestConfig> = {}): GuestConfig =>
  guest('a', { regeneration: untold, beyond: { ...PLAIN_RFC, commitStepTicks }, ...more });

const SWAPPED: readonly LayoutRange[] = [
  { start: 0, end: 2048, nid: 1 },
  { start: 2048, end: PAGES, nid: 0 },
];
const stripes = (pages: number, nodes: number, first = 0): LayoutRange[] =>
  Array.from({ length: PAGES / pages }, (_, i) => ({
    start: i * pages,
    end: (i + 1) * pages,
    nid: (i + first) % nodes,
  }));
const commit = (world: World, ranges: readonly LayoutRange[]) =>
  world.submit({ type: 'commitLayout', vm: 'a', ranges });

describe('a commit over several ticks', () => {
  test('does a step each so many ticks, is refused company, and leaves every law at its end', () => {
    const c = config([slow(3)]);
    const world = start(c);
    world.step(5);
    expect(commit(world, SWAPPED)).toBeNull();
    expect(world.guests[0]!.committing).toEqual({ seq: 1, step: 'publish', tick: 8 });
    expect(commit(world, SWAPPED)).toEqual({
      slug: 'commit-under-way',
      vm: 'a',
      seq: 1,
      step: 'publish',
      dueTick: 8,
    });
    while (world.guests[0]!.committing !== null) {
      expect(world.converged()).toBe(false);
      expect(world.check()).toEqual([]);
      world.step();
    }
    const [trace] = world.guests[0]!.traces;
    expect(trace!.steps.map(({ name, tick }) => [name, tick])).toEqual(
      COMMIT_STEPS.map((name, i) => [name, 5 + 3 * i]),
    );
    expect(world.check()).toEqual([]);
    expect(snapshotViolations(world.snapshot('blocks'), world.config)).toEqual([]);
    // What was given is what the scenario has: from the beginning it comes to the same.
    const again = start(world.config);
    again.step(world.tick);
    expect([again.hash(), again.chain]).toEqual([world.hash(), world.chain]);
  });

  test.each([0, 1, 2, 4])('goes on after a restore as it would have gone on, %i ticks between steps', (ticks) => {
    const world = start(config([slow(ticks)]));
    world.step(3);
    for (let round = 0; round < 3; round++) {
      commit(world, stripes(128, 3, round));
      for (let t = 0; t < 7 * ticks + 2; t++) {
        const copy = World.restore(world.config, world.state());
        expect(copy.hash()).toBe(world.hash());
        copy.step(3 * ticks + 2);
        expect(copy.check()).toEqual([]);
        expect(copy.snapshot('blocks')).toEqual(
          (() => {
            const ahead = World.restore(world.config, world.state());
            ahead.step(1);
            ahead.step(3 * ticks + 1);
            return ahead.snapshot('blocks');
          })(),
        );
        world.step();
        expect(world.check()).toEqual([]);
      }
    }
    const whole = start(world.config);
    whole.step(world.tick);
    expect(whole.hash()).toBe(world.hash());
    expect(whole.guests[0]!.traces).toEqual(world.guests[0]!.traces);
  });

  test('pages that are allocated between publish and sweep are stranded; in one tick there are none', () => {
    const born = [0, 2].map((ticks) => {
      const world = start(config([slow(ticks)]));
      world.step(2);
      commit(world, SWAPPED);
      world.step(12);
      return world.guests[0]!.memory.state.beyondCounters.bornStranded;
    });
    expect(born[0]).toBe(0);
    expect(born[1]).toBeGreaterThan(10);
  });

  test('the host delivers its next layout when it is done', () => {
    const beyond: BeyondConfig = { ...PLAIN_RFC, commitStepTicks: 4 };
    const world = start(
      config([guest('a', { beyond, regeneration: { enabled: true, granularityPages: 16, delayTicks: 1 } })]),
    );
    world.step();
    world.submit({ ...COMPACT, framesPerTick: 2 });
    for (let t = 0; t < 160; t++) {
      world.step();
      if (t % 7 === 0) expect(world.check()).toEqual([]);
    }
    const { traces } = world.guests[0]!;
    expect(traces.length).toBeGreaterThan(2);
    expect(traces.every(({ steps }) => steps.length === COMMIT_STEPS.length)).toBe(true);
    expect(guestsOf(world.snapshot('accounts'))[0]!.lag.hostTarget).toBe(0);
  });

  test('a guest with the defects of the posted code may take its time too', () => {
    const a = slow(2);
    const world = start(config([{ ...a, mm: { ...a.mm, profile: { ...DEFAULT_PROFILE, rfc: RFC_V3 } } }]));
    world.step(2);
    for (let round = 0; round < 3; round++) {
      commit(world, stripes(96, 2, round).slice(0, -1));
      for (let t = 0; t < 13; t++) {
        world.step();
        const copy = World.restore(world.config, world.state());
        expect(copy.hash()).toBe(world.hash());
        copy.step();
        const ahead = World.restore(world.config, world.state());
        ahead.step();
        expect(copy.hash()).toBe(ahead.hash());
      }
    }
    expect(world.guests[0]!.traces.length).toBe(3);
  });
});

describe('the trace of a commit', () => {
  const world = start(config([slow(0, { workload: null })]));
  world.step();
  world.submit({ type: 'holdPages', vm: 'a', pfn: 2048, order: 5 });
  commit(world, [{ start: 0, end: PAGES, nid: 0 }]);
  const [trace] = world.guests[0]!.traces;
  const changed = (step: string, counter: string) =>
    trace!.steps.find(({ name }) => name === step)!.changes.filter((change) => change.counter === counter);

  test('has every counter that a step changed, before and after', () => {
    expect(trace).toMatchObject({ seq: 1, fromSeq: 0, deltaPages: 2048, stepNames: COMMIT_STEPS });
    expect(changed('publish', 'presentPages')).toEqual([
      { nid: 0, zone: 1, counter: 'presentPages', before: 1024, after: 3072 },
      { nid: 0, zone: null, counter: 'presentPages', before: 2048, after: PAGES },
      { nid: 1, zone: 1, counter: 'presentPages', before: 2048, after: 0 },
      { nid: 1, zone: null, counter: 'presentPages', before: 2048, after: 0 },
    ]);
    expect(changed('publish', 'stranded')).toEqual([{ nid: 1, zone: 1, counter: 'stranded', before: 0, after: 32 }]);
    expect(changed('publish', 'marked')).toEqual([]);
    expect(changed('mark', 'marked')).toEqual([
      { nid: 1, zone: null, counter: 'marked', before: 0, after: 32 },
      { nid: null, zone: null, counter: 'marked', before: 0, after: 32 },
    ]);
    expect(changed('sweep', 'freePages')).toEqual([
      { nid: 0, zone: 1, counter: 'freePages', before: 1024, after: 3040 },
      { nid: 1, zone: 1, counter: 'freePages', before: 2016, after: 0 },
    ]);
    expect(changed('settle', 'zonelistRebuilds')).toEqual([
      { nid: null, zone: null, counter: 'zonelistRebuilds', before: 0, after: 1 },
    ]);
  });

  test('says it in sentences with the figures', () => {
    expect(trace!.steps.map(commitStepText)).toEqual([
      'Every node of the layout is online already.',
      'Lookups answer from layout 1: 2\u202f048 pages of the delta have another target, 2 zones another size. ' +
        'Pages in use that are owed: 0 before, +32.',
      '32 pages are marked, 0 before: whoever frees one asks the layout where it belongs.',
      '2\u202f016 free pages go to the node of the new layout.',
      'No page leaves the per-CPU lists, 0 of them for another node.',
      expect.stringMatching(
        /^Watermarks and per-CPU sizes follow the managed pages: min_free_kbytes [\d\u202f]+ to [\d\u202f]+, all min marks [\d\u202f]+ to [\d\u202f]+ pages\. The zonelists are rebuilt, once\.$/,
      ) as string,
    ]);
  });

  test('shows where the posted code loses a zone', () => {
    const a = slow(0, { workload: null });
    const nrZonesAssign = { ...DEFAULT_PROFILE, rfc: { ...DEFAULT_PROFILE.rfc, nrZonesAssign: true } };
    const defect = start(config([{ ...a, mm: { ...a.mm, profile: nrZonesAssign } }]));
    commit(defect, stripes(128, 2));
    const texts = defect.guests[0]!.traces[0]!.steps.map(commitStepText);
    expect(texts[0]).toContain('Node 1 gets its zone 0 for the first time, and its nr_zones falls from 2 to 1.');
    expect(texts[1]).toContain('Node 1 counts 1 zone and leaves out 1\u202f536 pages.');
  });

  test('is kept of the last commits only, and is no part of the hash', () => {
    const many = start(config([slow(0)]));
    for (let i = 0; i < MAX_TRACES + 3; i++) {
      commit(many, stripes(256, 3, i));
      many.step();
    }
    expect(many.guests[0]!.traces.map(({ seq }) => seq)).toEqual(Array.from({ length: MAX_TRACES }, (_, i) => 4 + i));
    const state = many.state();
    const [guest0] = state.guests;
    const json = { ...guest0!.json, commitTraces: { traces: [], lastTicks: 0 } };
    expect(World.restore(many.config, { ...state, guests: [{ ...guest0!, json }] }).hash()).toBe(many.hash());
  });
});
