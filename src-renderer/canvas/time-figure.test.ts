import { describe, expect, test } from 'vitest';
import { drawer, randomGuest, snapshotOf } from '../../shared/view/fixture/page-model.ts';
import { EMPTY_SERIES, SeriesRecorder } from '../../shared/view/series.ts';
import type { Series } from '../../shared/view/series.ts';
import type { Band, GuestSeries } from '../../shared/view/series.ts';
import { convergedTick, lastChange, seriesUpTo, timeFigure } from './time-figure.ts';

const band = (most: readonly number[]): Band => ({ most, least: null, last: null });
const sums = (lists: readonly (readonly number[])[]): number[] =>
  (lists[0] ?? []).map((_, i) => lists.reduce((total, list) => total + list[i]!, 0));

/** Of points of one tick each. */
function guestOf(
  name: string,
  pages: { readonly owed: readonly number[]; readonly stale: readonly number[]; readonly pinned: readonly number[] },
  pairs: GuestSeries['pairs'] = [],
): GuestSeries {
  const none = pages.owed.map(() => 0);
  return {
    ...{ name, pairs, lags: { owed: band(pages.owed), stale: band(pages.stale), pinned: band(pages.pinned) } },
    ...{ targetActualPages: pages.owed, hostTargetPages: pages.stale, pinnedPages: pages.pinned, coalescedPages: none },
    ...{ movedSweep: none, movedFree: none, movedDrain: none },
  };
}

function seriesOf(ticks: readonly number[], guests: readonly GuestSeries[]): Series {
  const all = (lag: 'owed' | 'stale' | 'pinned'): Band => band(sums(guests.map(({ lags }) => lags[lag].most)));
  return {
    ticks,
    stride: 1,
    all: { owed: all('owed'), stale: all('stale'), pinned: all('pinned') },
    guests,
    hostNodes: [],
  };
}

function series(seed: number): Series {
  const draw = drawer(seed);
  const points = 40;
  const values = (): number[] => Array.from({ length: points }, () => draw(1000));
  const guests = ['a', 'b', 'c'].map((name) => {
    const pairs = [
      [0, 1],
      [1, 0],
      [2, 0],
      [-1, -1],
    ].map(([from, to]) => ({ from: from!, to: to!, owedPages: values(), lastPages: null }));
    return guestOf(
      name,
      { owed: sums(pairs.map(({ owedPages }) => owedPages)), stale: values(), pinned: values() },
      pairs,
    );
  });
  return seriesOf(
    Array.from({ length: points }, (_, i) => i * 3),
    guests,
  );
}

describe('the time figure', () => {
  test.each([null, 0, 2])('stacks to the pages owed at every point, of guest %s', (guest) => {
    const of = series(3);
    const figure = timeFigure(
      { series: of, unknown: null },
      guest,
      (g, nid) => g + nid,
      (colour) => `node ${colour}`,
    );
    of.ticks.forEach((_, i) => {
      const owed = of.guests.reduce(
        (sum, each, g) => sum + (guest === null || g === guest ? each.targetActualPages[i]! : 0),
        0,
      );
      expect(figure.layers.reduce((sum, { pages }) => sum + pages[i]!, 0)).toBe(owed);
      expect([figure.owed.most[i], figure.owed.least[i], figure.owed.last[i]]).toEqual([owed, owed, owed]);
      expect(figure.top).toBeGreaterThanOrEqual(owed);
    });
    expect(figure.layers.map(({ colour }) => colour)).toEqual(
      guest === null ? [0, 1, 2, 3, 4, null] : [guest, guest + 1, guest + 2, null],
    );
    expect(figure.layers[0]!.label).toBe(guest === null ? 'node 0' : '0→1');
  });

  test('of a run that has no points yet is empty', () => {
    const none = timeFigure({ series: EMPTY_SERIES, unknown: null }, null, () => 0, String);
    expect([none.layers, none.top]).toEqual([[], 0]);
  });
});

describe('an end of it', () => {
  const two = seriesOf(
    [0, 10, 20, 30, 40],
    [
      guestOf('a', { stale: [900, 0, 0, 0, 0], owed: [0, 400, 1, 0, 0], pinned: [0, 0, 0, 0, 0] }),
      guestOf('b', { stale: [7, 7, 7, 7, 7], owed: [0, 0, 0, 0, 0], pinned: [0, 0, 0, 0, 0] }),
    ],
  );

  test('has converged once nothing lags but what is coalesced or of a guest without layouts', () => {
    const getsLayouts = (g: number): boolean => g === 0;
    expect(convergedTick(two, 0, getsLayouts)).toBe(30);
    expect(convergedTick(two, null, getsLayouts)).toBe(30);
    expect(convergedTick(two, 1, getsLayouts)).toBeNull(); // nothing ever lagged
    expect(convergedTick(two, 1, () => true)).toBeNull(); // and here it still does
    expect(convergedTick(two, null, () => true)).toBeNull();
  });

  test('is the last change that can be seen', () => {
    const figure = timeFigure({ series: two, unknown: null }, 0, () => 0, String);
    const none = { commits: [], spans: [] };
    expect(lastChange(figure, none)).toBe(20); // a page of 900 is not seen
    expect(lastChange(figure, { commits: [{ tick: 33, event: 0 }], spans: [] })).toBe(33);
    expect(
      lastChange(
        timeFigure({ series: EMPTY_SERIES, unknown: null }, 0, () => 0, String),
        none,
      ),
    ).toBe(0);
  });
});

describe('the series up to a frame', () => {
  const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
  const at = (tick: number) =>
    snapshotOf({
      tick,
      hosts: [HOST],
      guests: [randomGuest({ name: 'g', nrPages: 3000, nodes: 3, hostNids: [0, 4], seed: 7 + tick })],
    });
  const seriesOfTicks = (ticks: readonly number[]): Series => {
    const recorder = new SeriesRecorder();
    for (const tick of ticks) recorder.add(at(tick));
    return recorder.series();
  };

  test('that is the next one: as the recorder would have added it', () => {
    const { hostNodes: _, ...whole } = seriesOfTicks([0, 1, 2, 3]);
    const seen = seriesUpTo(seriesOfTicks([0, 1, 2]), at(3));
    expect(seen.series).toMatchObject(whole);
    expect(seen.unknown).toBeNull();
  });

  test('that is its last one: the frame says what is so now', () => {
    const { hostNodes: _, ...whole } = seriesOfTicks([0, 1, 2]);
    expect(seriesUpTo(seriesOfTicks([0, 1, 2]), at(2)).series).toMatchObject(whole);
    const recorder = new SeriesRecorder();
    for (const tick of [0, 1]) recorder.add(at(tick));
    const changed = at(9);
    const frame = { ...changed, header: { ...changed.header, tick: 1 } };
    expect(seriesUpTo(recorder.series(), frame).series.guests[0]!.lags.owed.most.at(-1)).toBe(
      frame.tables.guests.columns.targetActualPages[0],
    );
  });

  test('that is behind it ends there, and one ahead of it leaves what is between unknown', () => {
    expect(seriesUpTo(seriesOfTicks([0, 1, 2, 3, 4]), at(2)).series.ticks).toEqual([0, 1, 2]);
    const ahead = seriesUpTo(seriesOfTicks([0, 1]), at(5));
    expect(ahead.series.ticks).toEqual([0, 1, 5]);
    expect(ahead.unknown).toEqual({ fromTick: 2, toTick: 5 });
  });
});
