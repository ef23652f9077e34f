import { describe, expect, test } from 'vitest';
import { countAxis, pfnAxis, sizeAxis, timeAxis } from './axis.ts';
import { fit, show, xOf } from './viewport.ts';

describe('the address axis', () => {
  test('has round pfns that are round sizes, with room for each', () => {
    const axis = pfnAxis(fit(2 ** 22, 800), 100);
    expect(axis).toEqual({
      step: 2 ** 19,
      stepText: '2 GiB',
      marks: Array.from({ length: 9 }, (_, i) => ({
        value: i * 2 ** 19,
        text: `0x${(i * 2 ** 19).toString(16).padStart(6, '0')}`,
      })),
    });
  });

  test.each([1, 7, 64, 4096, 2 ** 28])('of a guest of %d pages never crowds, and always has a mark', (nrPages) => {
    for (const [start, end] of [
      [0, nrPages],
      [Math.floor(nrPages / 3), Math.floor(nrPages / 3) + 1],
      [Math.floor(nrPages / 2), Math.max(Math.floor(nrPages / 2) + 1, Math.floor(nrPages * 0.51))],
    ] as const) {
      const view = show(fit(nrPages, 900), start, end);
      const { marks, step } = pfnAxis(view, 90);
      expect(marks.length).toBeGreaterThan(0);
      expect(Number.isInteger(Math.log2(step))).toBe(true);
      for (let i = 1; i < marks.length; i++) {
        expect(xOf(view, marks[i]!.value) - xOf(view, marks[i - 1]!.value)).toBeGreaterThanOrEqual(90 - 1e-6);
      }
    }
  });

  test('names small steps in KiB', () => {
    expect(pfnAxis(show(fit(4096, 800), 0, 60), 100).stepText).toBe('64 KiB');
    expect(pfnAxis(show(fit(4096, 800), 0, 3), 100).stepText).toBe('4 KiB');
  });
});

test('an axis of counts starts at 0, in round whole steps', () => {
  expect(countAxis(0, 4)).toEqual([0]);
  expect(countAxis(1, 4)).toEqual([0, 1]);
  expect(countAxis(61_204, 3)).toEqual([0, 50_000]);
  expect(countAxis(430, 4)).toEqual([0, 200, 400]);
});

test('an axis of time has round seconds, in ticks', () => {
  expect(timeAxis(0, 100, 100, 5).map(({ value, text }) => [value, text])).toEqual([
    [0, '0 s'],
    [20, '2 s'],
    [40, '4 s'],
    [60, '6 s'],
    [80, '8 s'],
    [100, '10 s'],
  ]);
  expect(timeAxis(0, 0, 100, 5)).toEqual([{ value: 0, text: '0 s' }]);
  expect(timeAxis(5, 9, 10, 4).map(({ text }) => text)).toEqual(['0.05 s', '0.06 s', '0.07 s', '0.08 s', '0.09 s']);
});

test('an axis of sizes is round in the unit it is read in', () => {
  const texts = (pages: number): string[] => sizeAxis(pages, 3).map(({ text }) => text);
  expect(texts(0)).toEqual(['0']);
  expect(texts(90)).toEqual(['0', '50 pages']);
  expect(texts(61_204)).toEqual(['0', '100 MiB', '200 MiB']);
  expect(texts(2_621_440)).toEqual(['0', '5 GiB', '10 GiB']);
  expect(sizeAxis(61_204, 3).map(({ value }) => value)).toEqual([0, 25_600, 51_200]);
});
