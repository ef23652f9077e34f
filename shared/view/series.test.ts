import { describe, expect, test } from 'vitest';
import { tableOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { drawer, snapshotOf, withGuestFigures } from './fixture/page-model.ts';
import {
  EMPTY_SERIES,
  MAX_PAIRS,
  MAX_POINTS,
  OTHER_PAIRS,
  type Series,
  SeriesRecorder,
  spliceSeries,
} from './series.ts';

const EMPTY = snapshotOf(
  {
    tick: 0,
    hosts: [{ name: 'h', nodes: [{ nid: 0, cpus: [], totalPages: 100, reservedPages: 0 }] }],
    guests: [
      {
        name: 'g',
        host: 0,
        nrNodeIds: 1,
        cpuNode: [0],
        zoneStartPfn: [0, 4096, 8192],
        standsFor: [null],
        online: [true],
        pages: [],
      },
    ],
  },
  'accounts',
);

/** A snapshot with these owed pages and nothing else. */
function at(tick: number, owed: readonly { from: number; to: number; pages: number }[], free = 100): Snapshot {
  const targetActualPages = owed.reduce((sum, pair) => sum + pair.pages, 0);
  const hostNodes = tableOf('hostNodes', [
    { host: 0, nid: 0, totalPages: 100, freePages: free, usedPages: 100 - free, reservedPages: 0, poolFreePages: 0 },
  ]);
  const stranded = tableOf(
    'stranded',
    owed.map((pair) => ({ guest: 0, ...pair, pinned: 0, misplaced: 0 })),
  );
  const { header, tables } = withGuestFigures(EMPTY, 0, { targetActualPages, movedSweep: tick });
  return { header: { ...header, tick }, tables: { ...tables, hostNodes, stranded } };
}

describe('series', () => {
  test('every snapshot is a point while there is room; a pair that appears late was zero before', () => {
    const recorder = new SeriesRecorder();
    recorder.add(at(0, []));
    recorder.add(at(1, [{ from: 0, to: 1, pages: 5 }]));
    recorder.add(
      at(2, [
        { from: 0, to: 1, pages: 3 },
        { from: 0, to: 2, pages: 1 },
      ]),
    );
    recorder.add(at(3, []));
    const series = recorder.series();
    expect(series.ticks).toEqual([0, 1, 2, 3]);
    expect(series.guests[0]!.pairs).toEqual([
      { from: 0, to: 1, owedPages: [0, 5, 3, 0], lastPages: null },
      { from: 0, to: 2, owedPages: [0, 0, 1, 0], lastPages: null },
    ]);
    expect(series.guests[0]!.targetActualPages).toEqual([0, 5, 4, 0]);
    expect(series.guests[0]!.movedSweep).toEqual([0, 1, 2, 3]);
    expect(new SeriesRecorder().series().ticks).toEqual([]);
  });

  test.each([1, 2])('a long run is bounded and keeps every peak of its window and the last point, seed %d', (seed) => {
    const draw = drawer(seed);
    const recorder = new SeriesRecorder();
    const owed: number[] = [];
    const free: number[] = [];
    const ticks = 5 * MAX_POINTS + 3;
    for (let tick = 0; tick < ticks; tick++) {
      owed.push(draw(50) === 0 ? 1000 + draw(1000) : draw(10));
      free.push(draw(100));
      recorder.add(at(tick, owed[tick]! === 0 ? [] : [{ from: 0, to: 1, pages: owed[tick]! }], free[tick]!));
    }
    const series = recorder.series();
    expect(series.ticks.length).toBeLessThanOrEqual(MAX_POINTS + 1);
    expect(series.stride).toBe(8);
    expect(series.ticks.at(-1)).toBe(ticks - 1);
    const guest = series.guests[0]!;
    for (let i = 0; i < series.ticks.length - 1; i++) {
      // Up to the next point: the last tick is a point of its own.
      const window = [series.ticks[i]!, series.ticks[i + 1]!] as const;
      expect(window[1] - window[0]).toBeLessThanOrEqual(series.stride);
      expect(guest.pairs[0]!.owedPages[i]).toBe(Math.max(...owed.slice(...window)));
      expect(guest.pairs[0]!.lastPages![i]).toBe(owed[window[1] - 1]);
      expect(guest.lags.owed.least![i]).toBe(Math.min(...owed.slice(...window)));
      expect(guest.lags.owed.last![i]).toBe(owed[window[1] - 1]);
      expect(guest.targetActualPages[i]).toBe(Math.max(...owed.slice(...window)));
      expect(series.hostNodes[0]!.freePages[i]).toBe(Math.min(...free.slice(...window)));
      expect(guest.movedSweep[i]).toBe(window[1] - 1);
    }
    expect(guest.targetActualPages.at(-1)).toBe(owed.at(-1));
    expect(guest.pairs[0]!.owedPages).toHaveLength(series.ticks.length);
  });

  test.each([1, 2, 3])(
    'what happened is a point of its own, between the ticks before and after it, seed %d',
    (seed) => {
      const draw = drawer(seed);
      const recorder = new SeriesRecorder();
      const owed: number[] = [];
      const happened: number[] = [];
      for (let tick = 0; tick < 4 * MAX_POINTS; tick++) {
        owed.push(draw(1000));
        if (draw(100) === 0) happened.push(tick);
        recorder.add(
          at(tick, owed[tick]! === 0 ? [] : [{ from: 0, to: 1, pages: owed[tick]! }]),
          happened.at(-1) === tick,
        );
      }
      const { ticks, guests, all } = recorder.series();
      expect(ticks.length).toBeLessThanOrEqual(MAX_POINTS + 1);
      const { most, least, last } = guests[0]!.lags.owed;
      for (const tick of happened) {
        const point = ticks.indexOf(tick);
        expect(point, `tick ${tick} is a point`).toBeGreaterThanOrEqual(0);
        expect([most[point], least![point], last![point]]).toEqual([owed[tick], owed[tick], owed[tick]]);
        if (point === 0) continue;
        expect(last![point - 1]).toBe(owed[tick - 1]);
        if (point < ticks.length - 1) expect(ticks[point + 1]).toBe(tick + 1);
      }
      expect(all.owed).toEqual(guests[0]!.lags.owed);
    },
  );

  test('a run in which something always happens is bounded all the same, and keeps its peaks', () => {
    const recorder = new SeriesRecorder();
    const ticks = 3 * MAX_POINTS;
    for (let tick = 0; tick < ticks; tick++) recorder.add(at(tick, [{ from: 0, to: 1, pages: 1 + tick }]), true);
    const series = recorder.series();
    expect(series.ticks.length).toBeLessThanOrEqual(MAX_POINTS + 1);
    series.ticks.forEach((tick, i) => {
      const end = series.ticks[i + 1] ?? ticks;
      const { most, least, last } = series.guests[0]!.lags.owed;
      expect([least![i], last![i], most[i]]).toEqual([1 + tick, end, end]);
    });
  });

  test('a pair that first owes inside a merged point has a column of full length', () => {
    const recorder = new SeriesRecorder();
    for (let tick = 0; tick < MAX_POINTS + 2; tick++)
      recorder.add(at(tick, tick === MAX_POINTS + 1 ? [{ from: 2, to: 0, pages: 9 }] : []));
    const series = recorder.series();
    expect(series.stride).toBe(2);
    expect(series.guests[0]!.pairs[0]!.owedPages).toHaveLength(series.ticks.length);
    expect(series.guests[0]!.pairs[0]!.owedPages.at(-1)).toBe(9);
  });

  test('pairs beyond the limit share one column, and nothing is lost', () => {
    const recorder = new SeriesRecorder();
    recorder.add(
      at(
        0,
        Array.from({ length: 200 }, (_, i) => ({ from: i, to: i + 1, pages: 2 })),
      ),
    );
    const { pairs } = recorder.series().guests[0]!;
    expect(pairs).toHaveLength(MAX_PAIRS);
    expect(pairs.at(-1)!.from).toBe(OTHER_PAIRS);
    expect(pairs.reduce((sum, pair) => sum + pair.owedPages[0]!, 0)).toBe(400);
  });
});

describe('what was changed by hand at a tick', () => {
  const owes = (tick: number, pages: number, to = 1): Snapshot => at(tick, [{ from: 0, to, pages }]);
  const recorded = (): SeriesRecorder => {
    const recorder = new SeriesRecorder();
    for (let tick = 0; tick < 5; tick++) recorder.add(owes(tick, 10));
    return recorder;
  };

  test('is what a window sees of it from then on, and no record of the run', () => {
    const recorder = recorded();
    const before = recorder.series();
    recorder.amend(owes(4, 3));
    expect(recorder.series()).toEqual(before);
    recorder.add(owes(5, 3));
    const { guests } = recorder.since(null, 1).series;
    expect(guests[0]!.lags.owed).toEqual({
      most: [10, 10, 10, 10, 10, 3],
      least: [10, 10, 10, 10, 3, 3],
      last: [10, 10, 10, 10, 3, 3],
    });
    expect(guests[0]!.pairs[0]!.lastPages).toEqual([10, 10, 10, 10, 3, 3]);
  });

  test('is sent although no time has passed, with pairs that nobody has met before', () => {
    const recorder = recorded();
    const have = spliceSeries(EMPTY_SERIES, recorder.since(null, 1))!;
    const now = spliceSeries(have, recorder.since(4, 1, owes(4, 7, 2)))!;
    expect(now.guests[0]!.pairs).toEqual([
      { from: 0, to: 1, owedPages: [10, 10, 10, 10, 10], lastPages: [10, 10, 10, 10, 0] },
      { from: 0, to: 2, owedPages: [0, 0, 0, 0, 7], lastPages: [0, 0, 0, 0, 7] },
    ]);
    expect(now.all.owed.last).toEqual([10, 10, 10, 10, 7]);
    expect(recorder.series().guests[0]!.pairs).toHaveLength(1);
  });

  test('goes when one goes back to that tick, or before it', () => {
    const recorder = recorded();
    const state = recorder.save();
    recorder.amend(owes(4, 3));
    const kept = SeriesRecorder.restore(state);
    kept.keepAmended(recorder, 5);
    expect(kept.since(null, 1).series).toEqual(recorder.since(null, 1).series);
    const back = SeriesRecorder.restore(state);
    back.keepAmended(recorder, 4);
    expect(back.since(null, 1).series).toEqual(recorder.series());
  });
});

describe('parts of a series', () => {
  /** What a window does: asks with what it has, splices. */
  function follow(have: Series, recorder: SeriesRecorder): Series {
    const spliced = spliceSeries(have, recorder.since(have.ticks.at(-1) ?? null, have.stride));
    expect(spliced).not.toBeNull();
    return spliced!;
  }

  test.each([1, 2, 3, 4, 5, 6])(
    'spliced at any moments they are the whole series, seed %d',
    (seed) => {
      const draw = drawer(seed);
      const recorder = new SeriesRecorder();
      // Windows that look often, now and then, and hardly ever.
      const windows = [20, 150, 900].map((every) => ({ every, have: EMPTY_SERIES }));
      let tick = 0;
      let halved = 0;
      let pairs = 1;
      const most = MAX_POINTS * 2 + draw(1000);
      const mostPairs = seed === 1 ? MAX_PAIRS + 8 : 7;
      for (let n = 0; n < most; n++) {
        tick += 1 + draw(3);
        if (draw(200) === 0) pairs = Math.min(mostPairs, pairs + 1 + draw(5));
        const owed = Array.from({ length: pairs }, (_, i) => ({ from: i % 9, to: 10 + i, pages: draw(50) }));
        recorder.add(at(tick, owed.slice(draw(2)), draw(100)), draw(60) === 0);
        for (const window of windows) {
          if (draw(window.every) !== 0) continue;
          const stride = window.have.stride;
          window.have = follow(window.have, recorder);
          if (window.have.stride !== stride) halved++;
          if (draw(10) === 0) expect(window.have).toEqual(recorder.series());
        }
      }
      expect(halved).toBeGreaterThan(2);
      for (const window of windows) expect(follow(window.have, recorder)).toEqual(recorder.series());
    },
    60_000,
  );

  test('a part holds only what has come since', () => {
    const recorder = new SeriesRecorder();
    for (let tick = 0; tick < 1000; tick++) recorder.add(at(tick, []));
    const part = recorder.since(989, 1);
    expect(part.from).toBe(989);
    expect(part.series.ticks).toEqual([989, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
    expect(part.series.guests[0]!.movedSweep).toHaveLength(11);
    expect(part.series.hostNodes[0]!.freePages).toHaveLength(11);
    expect(part.series.all.owed.most).toHaveLength(11);
  });

  test('all of it for a window that has none, another stride, or more than there is', () => {
    const recorder = new SeriesRecorder();
    expect(recorder.since(null, 1)).toEqual({ from: 0, series: EMPTY_SERIES });
    for (let tick = 0; tick < 10; tick++) recorder.add(at(tick, []));
    for (const part of [recorder.since(null, 1), recorder.since(5, 2), recorder.since(10, 1)]) {
      expect(part).toEqual({ from: 0, series: recorder.series() });
    }
  });

  test('a part that does not continue what the window has is refused', () => {
    const recorder = new SeriesRecorder();
    for (let tick = 0; tick < 10; tick++) recorder.add(at(tick, []));
    const part = recorder.since(8, 1);
    expect(spliceSeries(EMPTY_SERIES, part)).toBeNull();
    expect(spliceSeries({ ...recorder.series(), stride: 2 }, part)).toBeNull();
  });
});
