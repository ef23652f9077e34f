import { expect, test } from 'vitest';
import { changeTimes, extremes, mostOf, pagesAt, runDifference } from './run-difference.ts';
import type { RunSide } from './run-difference.ts';
import { EMPTY_SERIES } from './series.ts';
import { differenceSentence } from './words/run-difference.ts';

function side(ticks: readonly number[], owed: readonly number[], more: Partial<RunSide> = {}): RunSide {
  const band = { most: owed, least: null, last: null };
  const none = { most: owed.map(() => 0), least: null, last: null };
  const series = { ...EMPTY_SERIES, ticks, all: { owed: band, stale: none, pinned: none } };
  return { series, tickMs: 100, momentTick: 0, guest: null, ...more };
}

test('a value holds until the next point, and there is none outside', () => {
  const a = side([0, 5, 9], [1, 7, 2]);
  expect([-1, 0, 499, 500, 899, 900, 901].map((ms) => pagesAt(a, 'owed', ms))).toEqual([null, 1, 1, 7, 7, 2, null]);
});

/** By counting at every millisecond, as nobody would do it. */
function naive(a: RunSide, b: RunSide): number[] {
  const out: number[] = [];
  for (let ms = 0; ms <= 4000; ms += 10) {
    const [x, y] = [pagesAt(a, 'owed', ms), pagesAt(b, 'owed', ms)];
    if (x !== null && y !== null) out.push(y - x);
  }
  return out;
}

test.each([
  ['of equal ticks', side([0, 1, 2, 3], [5, 5, 9, 1]), side([0, 1, 2, 3], [5, 8, 2, 1])],
  ['of other ticks', side([0, 1, 2, 3], [5, 5, 9, 1]), side([0, 1, 2, 3, 4, 5], [5, 8, 2, 1, 0, 3], { tickMs: 70 })],
  [
    'from a moment of each',
    side([0, 4, 8, 20], [5, 6, 9, 1], { momentTick: 4 }),
    side([0, 10, 11, 30], [5, 8, 2, 1], { momentTick: 10 }),
  ],
])('the difference is that of the values at every time: %s', (_, a, b) => {
  const difference = runDifference(a, b, 'owed');
  const held: number[] = [];
  for (let ms = 0; ms <= 4000; ms += 10) {
    const { range, steps } = difference;
    if (ms < range!.fromMs - 1e-9 || ms > range!.toMs + 1e-9) continue;
    held.push(steps.findLast((step) => step.ms <= ms + 1e-6)!.pages);
  }
  expect(held).toEqual(naive(a, b));
  const { more, less } = extremes(difference);
  expect(more?.pages ?? 0).toBe(Math.max(0, ...naive(a, b)));
  expect(less?.pages ?? 0).toBe(Math.min(0, ...naive(a, b)));
});

test('times at which one of the two may change are those of both, once each', () => {
  expect(changeTimes(side([0, 1, 3], [0, 0, 0]), side([0, 2, 3], [0, 0, 0]))).toEqual([0, 100, 200, 300]);
  expect(changeTimes(side([0, 1], [0, 0]), side([0, 1], [0, 0], { momentTick: 50 }))).toEqual([]);
});

test('the most at once is the first time of it', () => {
  expect(mostOf(side([0, 1, 2, 3], [1, 9, 9, 2]), 'owed')).toEqual({ pages: 9, ms: 100 });
});

test('is said in a sentence: from when, how much, and how it ends', () => {
  const a = side([0, 1, 2, 3], [5, 5, 900, 1]);
  const says = (b: RunSide): string => Object.values(differenceSentence(runDifference(a, b, 'owed'))).join(' ');
  expect(says(a)).toBe('Both owe the same at every moment. They were compared from 0 s to 0.3 s.');
  expect(says(side([0, 1, 2, 3], [5, 8, 388, 1]))).toBe(
    'They differ from 0.1 s on. B owes up to 3 pages more, at 0.1 s, and up to 2 MiB (512 pages) less, at 0.2 s. At 0.3 s they are equal; compared from 0 s to 0.3 s.',
  );
  expect(says(side([0, 1, 2, 3], [5, 5, 900, 0]))).toBe(
    'They differ from 0.3 s on. B owes up to 1 page less, at 0.3 s. At 0.3 s it owes 1 page less; compared from 0 s to 0.3 s.',
  );
  expect(says(side([50, 60], [0, 0]))).toMatch(/^They have no time in common/);
});
