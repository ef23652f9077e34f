/** The commit as a sequence of steps, and what may happen between them. Figures by hand. */
import { describe, expect, test } from 'vitest';
import type { LayoutRange, MmConfig } from '../../../shared/model/config.ts';
import { Prng, StateCollector, StateReader } from '../core/index.ts';
import { COMMIT_STEPS } from '../../../shared/model/commit-trace.ts';
import { GuestMm } from './guest-mm.ts';
import { MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, NO_PFN } from './limit.ts';
import { mmConfig } from './mm-fixture.ts';
import { ROW, ROW16 } from './segment-table.ts';

const boot = (nrPages: number, bootLayout: readonly LayoutRange[], more: Partial<MmConfig> = {}): GuestMm =>
  GuestMm.boot(mmConfig({ nrPages, nrNodeIds: 3, cpuNode: [0, 0], bootLayout, ...more }));

const ON_0: readonly LayoutRange[] = [{ start: 0, end: 32768, nid: 0 }];
const HALVES: readonly LayoutRange[] = [
  { start: 0, end: 16384, nid: 0 },
  { start: 16384, end: 32768, nid: 1 },
];

describe('frees between the steps of a commit (T12b)', () => {
  // before any step, then after each of online, publish, mark, sweep, drain, settle
  const moments = Array.from({ length: COMMIT_STEPS.length + 1 }, (_, i) => i);

  test.each(moments)('a page freed after %i steps ends on its new node and counts once', (steps) => {
    for (const through of ['freePages', 'freePagesDirect'] as const) {
      const mm = boot(32768, ON_0);
      expect(mm.takeBlock(20_000, 0)).toBe(true);
      const start = mm.beginCommit(HALVES);
      if (!start.ok) throw new Error('refused');
      for (let i = 0; i < steps; i++) start.commit.next();
      mm[through](20_000, 0, 0);
      start.commit.finish();
      mm.drainPcp();
      expect(mm.actualNid(20_000)).toBe(1);
      expect(mm.moved.sweep + mm.moved.free + mm.moved.drain).toBe(16384);
      expect(mm.stranded(0, 1).pages).toBe(0);
      expect(mm.check()).toEqual([]);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'blocks of all orders freed at random steps of random commits, seed %i',
    (seed) => {
      const prng = new Prng(seed, 'commit-steps');
      const mm = boot(6000, [{ start: 0, end: 6000, nid: 0 }], {
        zoneStartPfn: [0, 1024, 1048576],
        holes: [{ start: 1500, end: 1530 }],
        reserved: [{ start: 40, end: 90 }],
      });
      const held: { pfn: number; order: number }[] = [];
      for (let round = 0; round < 12; round++) {
        for (let i = 0; i < 60; i++) {
          const order = prng.below(11);
          const pfn = (prng.below(6000) >>> order) << order;
          if (mm.takeBlock(pfn, order)) held.push({ pfn, order });
        }
        const stripe = 1 + prng.below(700);
        const ranges: LayoutRange[] = [];
        for (let start = 0; start < 6000; start += stripe) {
          ranges.push({ start, end: Math.min(6000, start + stripe), nid: prng.below(3) });
        }
        const start = mm.beginCommit(ranges);
        if (!start.ok) throw new Error('refused');
        do {
          for (let i = prng.below(6); i > 0 && held.length > 0; i--) {
            const [block] = held.splice(prng.below(held.length), 1);
            mm.freePages(block!.pfn, block!.order, prng.below(2));
          }
        } while (start.commit.next() !== null);
        expect(mm.check()).toEqual([]);
      }
    },
  );

  test('what is taken before the sweep is stranded from its first moment; what is taken after it is not', () => {
    const mm = boot(32768, ON_0);
    const start = mm.beginCommit(HALVES);
    if (!start.ok) throw new Error('refused');
    start.commit.next();
    start.commit.next();
    expect(mm.holdBlock(16384, 3)).toBe(true);
    expect(mm.holdBlock(0, 3)).toBe(true);
    expect(mm.stranded(0, 1)).toEqual({ pages: 8, pinned: 0 });
    expect(mm.check()).toEqual([]);
    start.commit.next();
    start.commit.next();
    expect(mm.holdBlock(16392, 3)).toBe(true);
    start.commit.finish();
    expect(mm.stranded(0, 1)).toEqual({ pages: 8, pinned: 0 });
    expect(mm.check()).toEqual([]);
    mm.freePages(16384, 3, 0);
    expect([mm.moved.free, mm.stranded(0, 1).pages]).toEqual([8, 0]);
    expect(mm.check()).toEqual([]);
  });

  test.each([1, 2, 3, 4])(
    'allocations, frees and pins between steps, and a restore: every law that holds then, seed %i',
    (seed) => {
      const prng = new Prng(seed, 'between-steps');
      let mm = boot(8192, [{ start: 0, end: 8192, nid: 0 }]);
      const held: { pfn: number; order: number }[] = [];
      const work = (): void => {
        for (let i = 0; i < 60; i++) {
          const order = prng.chance(1, 4) ? 1 + prng.below(5) : 0;
          const pfn = mm.allocPages(order, prng.below(2), prng.chance(1, 3) ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE);
          if (pfn !== NO_PFN && prng.chance(1, 20)) mm.pin(pfn);
          else if (pfn !== NO_PFN) held.push({ pfn, order });
          if (held.length > 0 && prng.chance(2, 3)) {
            const [block] = held.splice(prng.below(held.length), 1);
            mm.freePages(block!.pfn, block!.order, prng.below(2));
          }
        }
      };
      for (let round = 0; round < 8; round++) {
        const cut = 1 + prng.below(8190);
        const start = mm.beginCommit([
          { start: 0, end: cut, nid: prng.below(2) },
          { start: cut, end: 8192, nid: prng.below(2) },
        ]);
        if (!start.ok) throw new Error('refused');
        let { commit } = start;
        const stop = prng.below(7);
        for (let step = 0; commit.nextStep !== null; step++) {
          work();
          if (step === stop) {
            const w = new StateCollector();
            mm.save(w);
            commit.save(w);
            const again = GuestMm.load(mm.state.config, new StateReader(w.done()));
            commit = again.loadCommit(new StateReader(w.done()));
            mm = again;
          }
          commit.next();
          expect(mm.check()).toEqual([]);
        }
        expect(mm.check()).toEqual([]);
      }
      expect(mm.state.stranded.some((pages) => pages > 0)).toBe(true);
    },
  );
});

describe('blocks that straddle', () => {
  test('an order-10 block whose boundary lies in its second pageblock is cut there when it is freed', () => {
    //  1024            1536           2048
    //  |---- pageblock ---|---- pageblock ---|     one allocation of 1024 pages
    //  |  T = 0           |  T = 1           |     Expect: 512 pages move, 512 stay
    const mm = boot(32768, ON_0);
    expect(mm.takeBlock(1024, 10)).toBe(true);
    mm.commit([
      { start: 0, end: 1536, nid: 0 },
      { start: 1536, end: 32768, nid: 1 },
    ]);
    expect(mm.stranded(0, 1).pages).toBe(512);
    mm.freePages(1024, 10, 0);
    expect(mm.moved.free).toBe(512);
    expect([mm.actualNid(1535), mm.actualNid(1536)]).toEqual([0, 1]);
    expect(mm.check()).toEqual([]);
  });
});

describe('a commit that changes nothing', () => {
  test('publishes its number and leaves per-CPU lists, zonelists and counters alone', () => {
    const mm = boot(32768, ON_0);
    const pfn = mm.allocPages(0, 0, MIGRATE_MOVABLE);
    mm.freePages(pfn, 0, 0);
    const before = mm.zone(0, 1);
    const outcome = mm.commit(ON_0);
    expect(outcome).toMatchObject({ ok: true, result: { seq: 1, deltaPages: 0, movedSweep: 0, movedDrain: 0 } });
    expect(mm.zone(0, 1)).toEqual(before);
    expect(before.pcpPages).toBe(7);
    expect(mm.state.zonelistRebuilds).toBe(0);
  });

  test('leaves the record of a pageblock without a free page alone', () => {
    const mm = boot(32768, ON_0);
    expect(mm.holdBlock(20 * 512, 9)).toBe(true);
    const { row, row16 } = mm.state.segment;
    const record = (): number[] => [...row.subarray(20 * ROW, 21 * ROW), ...row16.subarray(20 * ROW16, 21 * ROW16)];
    const before = record();
    mm.commit([{ start: 0, end: 32768, nid: 1 }]);
    expect(record()).toEqual(before);
    expect([mm.stranded(0, 1).pages, mm.check()]).toEqual([512, []]);
  });

  test('swapping two nodes populates and empties no zone, whatever the order of its runs', () => {
    const mm = boot(32768, HALVES);
    const rebuilds = mm.state.zonelistRebuilds;
    const swapped = [
      { start: 0, end: 4096, nid: 0 },
      { start: 4096, end: 16384, nid: 1 },
      { start: 16384, end: 32768, nid: 0 },
    ];
    expect(mm.commit(swapped)).toMatchObject({ ok: true, result: { zonesPopulated: [], deltaPages: 28672 } });
    expect(mm.state.zonelistRebuilds).toBe(rebuilds);
  });

  test('a zone that still has pages in use of its own is not populated anew when the layout comes back', () => {
    const mm = boot(32768, HALVES);
    expect(mm.holdBlock(20000, 0)).toBe(true);
    expect(mm.commit(ON_0)).toMatchObject({ ok: true, result: { zonesPopulated: [] } });
    expect(mm.zone(1, 1)).toMatchObject({ presentPages: 0, spannedPages: 16384 });
    expect(mm.commit(HALVES)).toMatchObject({ ok: true, result: { zonesPopulated: [] } });
    expect(mm.commit(ON_0)).toMatchObject({ ok: true });
    mm.freePages(20000, 0, 0);
    expect(mm.zone(1, 1)).toMatchObject({ presentPages: 0, spannedPages: 0 });
    expect(mm.commit(HALVES)).toMatchObject({ ok: true, result: { zonesPopulated: [{ nid: 1, zone: 1 }] } });
  });
});

test('a range may begin and end at any page: what is free goes to the node of its range', () => {
  const mm = boot(1024, [{ start: 0, end: 1024, nid: 0 }], { zoneStartPfn: [0, 1024, 1024] });
  // The edges of words, and one page beside each.
  const edges = [0, 1, 2, 31, 32, 33, 63, 64, 65, 480, 481, 511, 512, 513];
  for (const used of [[], [0], [32], [1, 33, 500]]) {
    for (const pfn of used) expect(mm.takeBlock(pfn, 0)).toBe(true);
    for (const start of edges) {
      for (const end of edges) {
        if (end <= start) continue;
        const ranges = [
          { start: 0, end: start, nid: 0 },
          { start, end, nid: 1 },
          { start: end, end: 1024, nid: 0 },
        ].filter((r) => r.start < r.end);
        expect(mm.commit(ranges).ok).toBe(true);
        expect(mm.check(), `${used.join()}: ${start} to ${end}`).toEqual([]);
        for (const pfn of edges) {
          if (used.includes(pfn)) continue;
          expect(mm.actualNid(pfn), `${used.join()}: ${start} to ${end}, page ${pfn}`).toBe(
            pfn >= start && pfn < end ? 1 : 0,
          );
        }
      }
    }
    for (const pfn of used) mm.freePagesDirect(pfn, 0);
  }
});

test('an order beyond the largest is no allocation', () => {
  const mm = boot(32768, ON_0);
  mm.holdBlock(256, 8);
  expect(mm.isHeld(256, 8)).toBe(true);
  for (const order of [-1, 9, 11, 24, 40]) expect(mm.isHeld(256, order)).toBe(false);
  expect(() => mm.freePages(256, 40, 0)).toThrow('free-not-allocated');
});

test('every range that begins inside another is named, not only neighbours', () => {
  const mm = boot(64, [{ start: 0, end: 64, nid: 0 }], { zoneStartPfn: [0, 4096, 1048576] });
  const outcome = mm.commit([
    { start: 0, end: 50, nid: 0 },
    { start: 10, end: 20, nid: 1 },
    { start: 30, end: 40, nid: 1 },
  ]);
  expect(outcome.ok ? [] : outcome.problems.map((p) => 'index' in p && p.index)).toEqual([1, 2]);
});

test('marks in force are the marked pages, by node and in all', () => {
  const mm = boot(32768, ON_0);
  const marked = (): number[] => {
    const byNode = [0, 0, 0];
    for (let pfn = 0; pfn < 32768; pfn++) if (mm.isMarked(pfn)) byNode[mm.actualNid(pfn)]!++;
    return byNode;
  };
  expect([mm.marksInForce(), marked()]).toEqual([0, [0, 0, 0]]);
  for (const pfn of [100, 16384, 20_000, 20_001]) expect(mm.takeBlock(pfn, 0)).toBe(true);
  expect(mm.commit(HALVES).ok).toBe(true);
  expect(marked()).toEqual([3, 0, 0]);
  expect([mm.marksInForce(), [...mm.markedByNode()]]).toEqual([3, marked()]);
  expect([0, 1, 2].map((nid) => mm.markedPages(nid))).toEqual(marked());
});
