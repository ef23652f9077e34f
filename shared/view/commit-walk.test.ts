import { expect, test } from 'vitest';
import { placeAgain, walked, walkedCounters, walkTable } from './commit-walk.ts';
import type { CounterChange, CommitTrace } from '../model/commit-trace.ts';

const change = (
  nid: number | null,
  zone: number | null,
  counter: string,
  before: number,
  after: number,
): CounterChange => ({
  ...{ nid, zone, counter, before, after },
});
const commit = (seq: number, ...steps: readonly (readonly CounterChange[])[]): CommitTrace => ({
  seq,
  fromSeq: seq - 1,
  deltaPages: 1,
  stepNames: ['online', 'publish', 'mark', 'sweep'],
  steps: steps.map((changes) => ({ name: 'mark', tick: 5, figures: { marked: 0, markedBefore: 0 }, changes, more: 0 })),
});

const FIRST = commit(
  1,
  [change(1, null, 'online', 0, 1)],
  [change(0, 0, 'presentPages', 10, 4), change(1, 0, 'presentPages', 0, 6)],
  [],
  [change(0, 0, 'freePages', 9, 5), change(1, 0, 'freePages', 0, 4), change(1, 0, 'presentPages', 6, 7)],
);

test('counters are shown as they were, as they are at the step, and what the step changed', () => {
  const at = (step: number) =>
    walkedCounters(FIRST, step).map((row) => [row.nid, row.counter, row.first, row.before, row.now, row.changedHere]);
  expect(at(-1)).toEqual([
    [0, 'presentPages', 10, 10, 10, false],
    [0, 'freePages', 9, 9, 9, false],
    [1, 'online', 0, 0, 0, false],
    [1, 'presentPages', 0, 0, 0, false],
    [1, 'freePages', 0, 0, 0, false],
  ]);
  expect(at(1)).toEqual([
    [0, 'presentPages', 10, 10, 4, true],
    [0, 'freePages', 9, 9, 9, false],
    [1, 'online', 0, 1, 1, false],
    [1, 'presentPages', 0, 0, 6, true],
    [1, 'freePages', 0, 0, 0, false],
  ]);
  expect(at(2).every(([, , , before, now, here]) => before === now && here === false)).toBe(true);
  expect(at(3)).toContainEqual([1, 'presentPages', 0, 6, 7, true]);
  expect(at(3)).toContainEqual([0, 'presentPages', 10, 4, 4, false]);
});

test('one walks over the ends of commits, and stops at the ends of all', () => {
  const commits = [FIRST, commit(2, [], [])];
  expect(walked(commits, { commit: 0, step: 2 }, 1)).toEqual({ commit: 0, step: 3 });
  expect(walked(commits, { commit: 0, step: 3 }, 1)).toEqual({ commit: 1, step: -1 });
  expect(walked(commits, { commit: 1, step: -1 }, -1)).toEqual({ commit: 0, step: 3 });
  expect(walked(commits, { commit: 1, step: 1 }, 1)).toBeNull();
  expect(walked(commits, { commit: 0, step: -1 }, -1)).toBeNull();
  expect(walked([], { commit: 0, step: -1 }, 1)).toBeNull();
});

test('where one stands is kept while older commits fall out, and an undone commit ends the walk', () => {
  const [one, two] = [FIRST, commit(2, [], [])];
  expect(placeAgain([one, two], { commit: 1, step: 1 }, [two])).toEqual({ commit: 0, step: 1 });
  expect(placeAgain([one, two], { commit: 1, step: 1 }, [one, commit(2, [])])).toEqual({ commit: 1, step: 0 });
  expect(placeAgain([one, two], { commit: 1, step: 1 }, [one])).toBeNull();
});

test('as a table: the guest, then nodes with their zones; what a row does not have is empty', () => {
  const walkedAll = commit(1, [
    change(1, 0, 'freePages', 0, 4),
    change(null, null, 'layoutSeq', 0, 1),
    change(0, null, 'marked', 0, 2),
  ]);
  const { counters, rows } = walkTable(walkedCounters(walkedAll, 0));
  expect(counters).toEqual(['layoutSeq', 'freePages', 'marked']);
  expect(rows.map(({ nid, zone, cells }) => [nid, zone, cells.map((cell) => cell?.now ?? null)])).toEqual([
    [null, null, [1, null, null]],
    [0, null, [null, null, 2]],
    [1, 0, [null, 4, null]],
  ]);
  expect(rows.every(({ changedHere }) => changedHere)).toBe(true);
  expect(walkTable(walkedCounters(FIRST, 2)).rows.some(({ changedHere }) => changedHere)).toBe(false);
});
