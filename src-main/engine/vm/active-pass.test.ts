/** The active pass: what it changes, when which order pays, and that the laws hold. */
import { guestsOf } from '../../../shared/columns/index.ts';
import { describe, expect, test } from 'vitest';
import type { BeyondConfig, GuestConfig, LayoutRange, LifetimeConfig } from '../../../shared/model/config.ts';
import { ALL_DEFECTS, DEFAULT_PROFILE } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { Prng, StateCollector } from '../core/index.ts';
import { config, guest, start } from '../world-fixture.ts';
import { World } from '../world.ts';

const PAGES = 16384;
type Order = 'oldest' | 'youngest' | 'address';

function guestWith(
  activePass: BeyondConfig['activePass'],
  lifetime: LifetimeConfig,
  more: Partial<GuestConfig> = {},
): GuestConfig {
  const base = guest('a');
  return guest('a', {
    mm: {
      ...base.mm,
      nrPages: PAGES,
      reserved: [],
      cpuNode: [0, 0],
      bootLayout: [{ start: 0, end: PAGES, nid: 0 }],
    },
    placement: [{ start: 0, end: PAGES, mode: 'interleave', nodes: [0, 1], pages: [], scatter: false }],
    regeneration: { enabled: false, granularityPages: 512, delayTicks: 1 },
    workload: { ...base.workload!, kernelPermille: 0, hugePermille: 0, lifetime },
    beyond: { ...PLAIN_RFC, activePass },
    ...more,
  });
}
const world = (g: GuestConfig, seed = 7): World => start({ ...config([g]), seed });
const ALL_ON_1: readonly LayoutRange[] = [{ start: 0, end: PAGES, nid: 1 }];
const owed = (w: World): number => guestsOf(w.snapshot('accounts'))[0]!.lag.targetActual;
const counters = (w: World) => w.guests[0]!.memory.state.beyondCounters;

/** Commits everything to node 1 and runs until nothing is owed. */
function converge(g: GuestConfig, seed: number): { ticks: number; relabelled: number; owedAtFirst: number } {
  const w = world(g, seed);
  w.step(2);
  w.submit({ type: 'commitLayout', vm: 'a', ranges: ALL_ON_1 });
  const owedAtFirst = owed(w);
  let ticks = 0;
  while (owed(w) > 0 && ticks < 5000) {
    w.step();
    ticks++;
  }
  return { ticks, relabelled: counters(w).relabelled, owedAtFirst };
}

const LOMAX: LifetimeConfig = { law: 'lomax', alpha: 1.5, scaleTicks: 15 };
const EXPONENTIAL: LifetimeConfig = { law: 'exponential', meanTicks: 120 };

describe('an active pass', () => {
  test('of M pages a tick relabels M t* of the pages owed and leaves the rest to be freed', () => {
    const [pagesPerTick, mean] = [30, 300];
    const { ticks, relabelled, owedAtFirst } = converge(
      guestWith({ pagesPerTick, order: 'address' }, { law: 'exponential', meanTicks: mean }),
      3,
    );
    const expected = mean * Math.log(1 + owedAtFirst / (pagesPerTick * mean));
    // Freed pages are a binomial share of those owed: about its deviation, in ticks of the rate.
    const sigma = Math.sqrt(owedAtFirst) / 2 / pagesPerTick;
    expect(Math.abs(ticks - expected)).toBeLessThan(4 * sigma + 2);
    expect(relabelled).toBeLessThanOrEqual(ticks * pagesPerTick);
    expect(relabelled).toBeGreaterThan(ticks * pagesPerTick - pagesPerTick);
  });

  test.each([1, 2])('oldest first pays where lifetimes have heavy tails, seed %i', (seed) => {
    const [oldest, youngest] = (['oldest', 'youngest'] as const).map((order) =>
      converge(guestWith({ pagesPerTick: 20, order }, LOMAX), seed),
    );
    expect(oldest!.owedAtFirst).toBe(youngest!.owedAtFirst);
    // The young free themselves, the old are relabelled: fewer relabels, and done earlier.
    expect(oldest!.ticks).toBeLessThan(0.9 * youngest!.ticks);
    expect(oldest!.relabelled).toBeLessThan(0.9 * youngest!.relabelled);
  });

  test.each([1, 2])('with exponential lifetimes the order makes no difference, seed %i', (seed) => {
    const results = (['oldest', 'youngest', 'address'] as const).map((order) =>
      converge(guestWith({ pagesPerTick: 20, order }, EXPONENTIAL), seed),
    );
    // Of each page owed it is chance whether it is freed before its turn: 4 sigma of the difference of two binomials.
    const tolerance = 4 * Math.sqrt((2 * results[0]!.owedAtFirst) / 4);
    for (const { relabelled } of results) {
      expect(Math.abs(relabelled - results[0]!.relabelled)).toBeLessThan(tolerance);
    }
  });

  test('without it a block that lives for ever is owed for ever; with it nothing is owed but what is pinned', () => {
    const held = (activePass: BeyondConfig['activePass']): World => {
      const w = world(guestWith(activePass, EXPONENTIAL, { workload: null }));
      for (const [pfn, order] of [
        [0, 0],
        [64, 3],
        [1024, 9],
        [4096, 10],
      ] as const)
        w.submit({ type: 'holdPages', vm: 'a', pfn, order });
      w.submit({ type: 'commitLayout', vm: 'a', ranges: ALL_ON_1 });
      w.step(400);
      return w;
    };
    expect(owed(held(null))).toBe(1 + 8 + 512 + 1024);
    const done = held({ pagesPerTick: 16, order: 'oldest' });
    expect([owed(done), counters(done).relabelled]).toEqual([0, 1545]);
    expect(done.check()).toEqual([]);
    expect(done.submit({ type: 'releasePages', vm: 'a', pfn: 4096, order: 10 })).toBeNull();
    expect(done.guests[0]!.memory.actualNid(4096)).toBe(1);
    expect(done.check()).toEqual([]);
  });

  test('takes first what is first in its order, also when the order has just changed', () => {
    const withPass = (order: Order) => ({ ...PLAIN_RFC, activePass: { pagesPerTick: 40, order } });
    const w = world(guestWith(withPass('youngest').activePass, LOMAX));
    w.step(40);
    w.submit({ type: 'commitLayout', vm: 'a', ranges: ALL_ON_1 });
    const { workload, memory } = w.guests[0]!;
    const births = (nid: number): Map<number, number> => {
      const found = new Map<number, number>();
      workload.forEachBlock((_, pfn, born) => {
        if (memory.actualNid(pfn) === nid) found.set(pfn, born);
      });
      return found;
    };
    let compared = 0;
    for (const order of ['youngest', 'oldest', 'youngest', 'oldest'] as const) {
      w.submit({ type: 'setBeyond', vm: 'a', beyond: withPass(order) });
      for (let t = 0; t < 3; t++) {
        const before = births(0);
        w.step();
        const [relabelled, left] = [births(1), births(0)].map((after) =>
          [...after].filter(([pfn, born]) => before.get(pfn) === born).map(([, born]) => born),
        ) as [number[], number[]];
        if (relabelled.length === 0 || left.length === 0) continue;
        compared++;
        if (order === 'oldest') expect(Math.max(...relabelled)).toBeLessThanOrEqual(Math.min(...left));
        else expect(Math.min(...relabelled)).toBeGreaterThanOrEqual(Math.max(...left));
      }
    }
    expect(compared).toBeGreaterThan(8);
  });

  test('never relabels more than its rate, and saves it up for a huge page', () => {
    const w = world(guestWith({ pagesPerTick: 100, order: 'address' }, EXPONENTIAL, { workload: null }));
    w.submit({ type: 'holdPages', vm: 'a', pfn: 1024, order: 9 });
    w.submit({ type: 'commitLayout', vm: 'a', ranges: ALL_ON_1 });
    const relabelled = Array.from({ length: 7 }, () => {
      w.step();
      return counters(w).relabelled;
    });
    expect(relabelled).toEqual([0, 0, 0, 0, 0, 512, 512]);
  });

  test.each(['oldest', 'youngest', 'address'] as const)(
    'every law holds at every tick, with kernel and huge pages, slow commits and restores: %s first',
    (order: Order) => {
      const prng = new Prng(5, order);
      const base = guestWith({ pagesPerTick: 40, order }, EXPONENTIAL);
      const w = world({
        ...base,
        workload: { ...base.workload!, kernelPermille: 20, hugePermille: 300 },
        beyond: { ...base.beyond, commitStepTicks: 1 },
      });
      for (let t = 0; t < 50; t++) {
        if (t % 12 === 3) {
          const cut = 1 + prng.below(PAGES - 2);
          const nid = prng.below(3);
          const ranges = [
            { start: 0, end: cut, nid },
            { start: cut, end: PAGES, nid: (nid + 1) % 3 },
          ];
          w.submit({ type: 'commitLayout', vm: 'a', ranges });
        }
        if (t === 30)
          w.submit({
            type: 'setBeyond',
            vm: 'a',
            beyond: { ...base.beyond, activePass: { pagesPerTick: 7, order: 'oldest' } },
          });
        w.step();
        expect(w.check()).toEqual([]);
        if (t % 5 !== 0) continue;
        const copy = World.restore(w.config, w.state());
        expect(copy.hash()).toBe(w.hash());
        const ahead = World.restore(w.config, w.state());
        copy.step(4);
        for (let i = 0; i < 4; i++) ahead.step();
        expect(copy.hash()).toBe(ahead.hash());
        expect(copy.snapshot('blocks')).toEqual(ahead.snapshot('blocks'));
      }
      expect(counters(w).relabelled).toBeGreaterThan(200);
      const again = start(w.config);
      again.step(w.tick);
      expect(again.hash()).toBe(w.hash());
    },
  );

  test('a guest with every defect may have it: what no defect explains stays right', () => {
    const base = guestWith({ pagesPerTick: 25, order: 'address' }, EXPONENTIAL);
    const profile = { ...DEFAULT_PROFILE, rfc: ALL_DEFECTS };
    const w = world({ ...base, mm: { ...base.mm, profile } });
    w.step(2);
    w.submit({ type: 'commitLayout', vm: 'a', ranges: ALL_ON_1 });
    for (let t = 0; t < 30; t++) {
      w.step();
      expect(w.check()).toEqual([]);
    }
    expect(counters(w).relabelled).toBeGreaterThan(100);
  });
});

test('a guest without a pass writes nothing of one', () => {
  const keys = (pagesPerTick: number | null): string[] => {
    const w = world(guestWith(pagesPerTick === null ? null : { pagesPerTick, order: 'address' }, LOMAX));
    w.step(3);
    const saved = new StateCollector();
    w.guests[0]!.save(saved);
    const { json, columns } = saved.done();
    return [...Object.keys(json), ...Object.keys(columns)].filter((key) => /\bpass\b/.test(key));
  };
  expect(keys(null)).toEqual([]);
  expect(keys(10)).toHaveLength(3);
});
