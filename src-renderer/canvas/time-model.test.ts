import { describe, expect, test } from 'vitest';
import type { WorldEvent, WorldEventType } from '../../shared/model/event.ts';
import { drawer, randomGuest, snapshotOf } from '../../shared/view/fixture/page-model.ts';
import { SeriesRecorder } from '../../shared/view/series.ts';
import type { Series } from '../../shared/view/series.ts';
import {
  axisEnd,
  convergedTick,
  owedForecast,
  owedAfter,
  groupedMarks,
  lastChange,
  pointAt,
  rowsOfSpans,
  snapped,
  steppedTick,
  ticksUntil,
  timeFigure,
  timeMarks,
  withPresent,
} from './time-model.ts';

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
    ].map(([from, to]) => ({ from: from!, to: to!, owedPages: values() }));
    return {
      name,
      pairs,
      hostTargetPages: values(),
      targetActualPages: Array.from({ length: points }, (_, i) =>
        pairs.reduce((sum, { owedPages }) => sum + owedPages[i]!, 0),
      ),
      pinnedPages: values(),
      coalescedPages: values(),
      movedSweep: values(),
      movedFree: values(),
      movedDrain: values(),
    };
  });
  return { ticks: Array.from({ length: points }, (_, i) => i * 3), stride: 3, guests, hostNodes: [] };
}

const event = (tick: number, type: WorldEventType, vm: string | null): WorldEvent =>
  ({ tick, type, vm, data: {} }) as WorldEvent;

describe('the time figure', () => {
  test.each([null, 0, 2])('stacks to the pages owed at every point, of guest %s', (guest) => {
    const of = series(3);
    const figure = timeFigure(
      of,
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
      expect(figure.targetActual[i]).toBe(owed);
      expect(figure.top).toBeGreaterThanOrEqual(owed);
    });
    expect(figure.layers.map(({ colour }) => colour)).toEqual(
      guest === null ? [0, 1, 2, 3, 4, null] : [guest, guest + 1, guest + 2, null],
    );
    expect(figure.layers[0]!.label).toBe(guest === null ? 'node 0' : '0→1');
  });

  test('of a run that has no points yet is empty', () => {
    const none = timeFigure({ ticks: [], stride: 1, guests: [], hostNodes: [] }, null, () => 0, String);
    expect([none.layers, none.top]).toEqual([[], 0]);
  });
});

test('commits are marks; what begins and ends is a span, also over one another and under way', () => {
  const events = [
    event(1, 'compactionStarted', 'a'),
    event(2, 'migrationStarted', 'b'),
    event(3, 'layoutCommitted', 'a'),
    event(5, 'compactionCompleted', 'a'),
    event(6, 'compactionStarted', 'a'),
    event(7, 'migrationFailed', 'b'),
    event(8, 'nodeOnline', 'a'),
    event(9, 'layoutCommitted', null),
  ];
  const all = timeMarks(events, null);
  expect(all.commits).toEqual([{ tick: 3, event: 2 }]);
  expect(all.spans.map(({ kind, vm, fromTick, toTick, done }) => [kind, vm, fromTick, toTick, done])).toEqual([
    ['compaction', 'a', 1, 5, true],
    ['migration', 'b', 2, 7, false],
    ['compaction', 'a', 6, null, false],
  ]);
  expect(rowsOfSpans(all.spans)).toEqual([0, 1, 0]);
  expect(timeMarks(events, 'b').spans.length).toBe(1);
});

test('marks that overlap are one with all of them in it', () => {
  const marks = [0, 5, 9, 40, 100, 108, 130, 160].map((tick, event) => ({ tick, event }));
  const groups = groupedMarks(marks, (tick) => tick);
  expect(groups.map(({ marks: of }) => of.map(({ tick }) => tick))).toEqual([[0, 5, 9], [40], [100, 108, 130], [160]]);
  expect(groups[2]).toMatchObject({ fromX: 100, toX: 130 });
  expect(groupedMarks(marks, (tick) => tick * 100).length).toBe(marks.length);
});

describe('an end of it', () => {
  const guest = (name: string, hostTargetPages: number[], targetActualPages: number[], coalescedPages: number[]) => {
    const none = hostTargetPages.map(() => 0);
    const moved = { movedSweep: none, movedFree: none, movedDrain: none };
    return { name, pairs: [], hostTargetPages, targetActualPages, coalescedPages, pinnedPages: none, ...moved };
  };
  const two: Series = {
    ticks: [0, 10, 20, 30, 40],
    stride: 1,
    guests: [
      guest('a', [900, 5, 5, 5, 5], [0, 400, 1, 0, 0], [0, 5, 5, 5, 5]),
      guest('b', [7, 7, 7, 7, 7], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
    ],
    hostNodes: [],
  };

  test('has converged once nothing lags but what is coalesced or of a guest without layouts', () => {
    const getsLayouts = (g: number): boolean => g === 0;
    expect(convergedTick(two, 0, getsLayouts)).toBe(30);
    expect(convergedTick(two, null, getsLayouts)).toBe(30);
    expect(convergedTick(two, 1, getsLayouts)).toBeNull(); // nothing ever lagged
    expect(convergedTick(two, 1, () => true)).toBeNull(); // and here it still does
    expect(convergedTick(two, null, () => true)).toBeNull();
  });

  test('is the last change that can be seen', () => {
    const figure = timeFigure(two, 0, () => 0, String);
    const none = { commits: [], spans: [] };
    expect(lastChange(figure, none)).toBe(20); // a page of 900 is not seen
    expect(lastChange(figure, { commits: [{ tick: 33, event: 0 }], spans: [] })).toBe(33);
    expect(
      lastChange(
        timeFigure({ ...two, ticks: [] }, 0, () => 0, String),
        none,
      ),
    ).toBe(0);
  });
});

describe('scrubbing', () => {
  const recorded = { first: 10, now: 100, ticks: [10, 20, 40, 70, 100] };

  test('snaps to the nearest recorded tick, and to the present at its end', () => {
    expect([-5, 10, 14, 16, 31, 60, 84, 86, 100, 400].map((tick) => snapped(recorded, tick))).toEqual([
      10,
      10,
      10,
      20,
      40,
      70,
      70,
      null,
      null,
      null,
    ]);
    expect(snapped({ first: 0, now: 0, ticks: [] }, 5)).toBeNull();
  });

  test('steps from one recorded tick to the next, from wherever one is', () => {
    expect(steppedTick(recorded, 40, 1)).toBe(70);
    expect(steppedTick(recorded, 40, -1)).toBe(20);
    expect(steppedTick(recorded, 45, -1)).toBe(40);
    expect(steppedTick(recorded, 45, 1)).toBe(70);
    expect(steppedTick(recorded, 10, -1)).toBe(10);
    expect(steppedTick(recorded, 70, 1)).toBeNull();
    expect(steppedTick(recorded, 100, -1)).toBe(70);
    expect([5, 10, 39, 40, 1000].map((tick) => pointAt(recorded.ticks, tick))).toEqual([-1, 0, 1, 2, 4]);
  });
});

describe('the forecast', () => {
  const sure = { owedPages: 1000, stalePages: 0, lifetime: { law: 'exponential', meanTicks: 50 }, disturbed: false };

  test('falls by e for every mean lifetime', () => {
    const forecast = owedForecast(sure)!;
    expect(owedAfter(forecast, 50)).toBeCloseTo(1000 / Math.E, 9);
    expect(owedAfter(forecast, ticksUntil(forecast, 0.01))).toBeCloseTo(10, 9);
    // spec/models.md section 4: mean 60 s, 1 % at 276.3 s
    expect(ticksUntil({ owedPages: 1, meanTicks: 60 }, 0.01)).toBeCloseTo(276.3, 1);
    expect(axisEnd(100, 0, forecast, 1000)).toBe(135);
    expect(axisEnd(100, 0, forecast, 1_000_000)).toBe(103); // less than can be seen
    expect(axisEnd(100, 0, null, 0)).toBe(103);
    expect(axisEnd(0, 0, null, 0)).toBe(10);
  });

  test('is not made where it would not be exact', () => {
    expect(owedForecast({ ...sure, owedPages: 0 })).toBeNull();
    expect(owedForecast({ ...sure, stalePages: 5 })).toBeNull();
    expect(owedForecast({ ...sure, disturbed: true })).toBeNull();
    expect(owedForecast({ ...sure, lifetime: null })).toBeNull();
    expect(owedForecast({ ...sure, lifetime: { law: 'lomax' } })).toBeNull();
  });
});

test('the present as the last point is what the recorder would have added', () => {
  const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
  const at = (tick: number) =>
    snapshotOf({
      tick,
      hosts: [HOST],
      guests: [randomGuest({ name: 'g', nrPages: 3000, nodes: 3, hostNids: [0, 4], seed: 7 + tick })],
    });
  const recorder = new SeriesRecorder();
  for (const tick of [0, 1, 2]) recorder.add(at(tick));
  const before = recorder.series();
  recorder.add(at(5));
  const { hostNodes: _, ...whole } = recorder.series();
  expect(withPresent(before, at(5))).toMatchObject(whole);
  expect(withPresent(before, at(2))).toBe(before);
});
