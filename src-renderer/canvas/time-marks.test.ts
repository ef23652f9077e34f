import { expect, test } from 'vitest';
import type { WorldEvent, WorldEventType } from '../../shared/model/event.ts';
import { comingAt, groupedMarks, markAt, rowsOfSpans, timeMarks } from './time-marks.ts';

const event = (tick: number, type: WorldEventType, vm: string | null): WorldEvent =>
  ({ tick, type, vm, data: {} }) as WorldEvent;

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
  const all = timeMarks(events, null, 100);
  // The step from tick 3 to 4 did it: it is seen from 4 on, or at once where nothing has gone on since.
  expect(all.commits).toEqual([{ tick: 4, event: 2 }]);
  expect(timeMarks(events, null, 3).commits).toEqual([{ tick: 3, event: 2 }]);
  expect(all.spans.map(({ kind, vm, fromTick, toTick, done }) => [kind, vm, fromTick, toTick, done])).toEqual([
    ['compaction', 'a', 1, 5, true],
    ['migration', 'b', 2, 7, false],
    ['compaction', 'a', 6, null, false],
  ]);
  expect(rowsOfSpans(all.spans)).toEqual([0, 1, 0]);
  expect(timeMarks(events, 'b', 100).spans.length).toBe(1);
});

test('marks that overlap are one with all of them in it', () => {
  const marks = [0, 5, 9, 40, 100, 108, 130, 160].map((tick, event) => ({ tick, event }));
  const groups = groupedMarks(marks, (tick) => tick);
  expect(groups.map(({ marks: of }) => of.map(({ tick }) => tick))).toEqual([[0, 5, 9], [40], [100, 108, 130], [160]]);
  expect(groups[2]).toMatchObject({ fromX: 100, toX: 130 });
  expect(groupedMarks(marks, (tick) => tick * 100).length).toBe(marks.length);
});

test('a place means the mark that is nearest, within reach, and all that the mark stands for', () => {
  const commits = [0, 5, 40].map((tick, event) => ({ tick, event }));
  const spans = [{ kind: 'migration', vm: 'v', fromTick: 60, toTick: null, done: false, event: 9 } as const];
  const at = (x: number) => markAt({ commits, spans }, x, 80, (tick) => tick);
  expect(at(4)).toMatchObject({ event: 1, events: [0, 1] });
  expect(at(38)).toMatchObject({ event: 2, events: [2] });
  expect(at(47)).toBeNull();
  expect(at(70)).toMatchObject({ event: 9, events: [9] });
  expect(at(87)).toBeNull();
});

test('the command to come that is nearest to the pointer, within reach', () => {
  const marks = [
    { tick: 10, nth: 0 },
    { tick: 14, nth: 1 },
  ];
  const xOf = (tick: number): number => 2 * tick;
  expect([comingAt(marks, 21, xOf), comingAt(marks, 26, xOf), comingAt(marks, 40, xOf)]).toEqual([0, 1, null]);
});
