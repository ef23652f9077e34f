import { describe, expect, test } from 'vitest';
import { drawer } from '../../shared/view/fixture/page-model.ts';
import { columnAt, pixelColumns, valueIn } from './time-steps.ts';
import type { FullBand, PixelColumn, StepAxis } from './time-steps.ts';

const axis = (pixelsPerTick: number, toTick: number): StepAxis => ({
  ...{ xOf: (tick) => 60 + tick * pixelsPerTick, pixel: 1, fromTick: 0, toTick },
});
const exact = (pages: readonly number[]): FullBand => ({ most: pages, least: pages, last: pages });
const spans = (columns: readonly PixelColumn[]): number[][] => columns.map(({ x, endX }) => [x, endX]);

describe('columns of pixels', () => {
  test('a value holds to the next tick, and steps there', () => {
    const columns = pixelColumns({ ticks: [0, 1, 5], endTick: 5, unknown: null }, axis(10, 6));
    expect(spans(columns)).toEqual([
      [60, 70],
      [70, 110],
      [110, 111],
    ]);
    const at = (tick: number): number => valueIn(exact([3, 90, 4]), columnAt(columns, 60 + 10 * tick)!).last;
    expect([0, 0.9, 1, 3, 4.9, 5].map(at)).toEqual([3, 3, 90, 90, 90, 4]);
  });

  test('ticks that share a pixel are a band from least to most, and the line is at the last', () => {
    const pages = [5, 100, 1, 7, 20, 20];
    const columns = pixelColumns({ ticks: [0, 1, 2, 3, 4, 5], endTick: 5, unknown: null }, axis(0.25, 5));
    expect(columns.map((column) => valueIn(exact(pages), column))).toEqual([
      { least: 1, most: 100, last: 7 },
      { least: 20, most: 20, last: 20 },
    ]);
  });

  test('what is not known is not drawn', () => {
    const figure = { ticks: [0, 1, 9], endTick: 9, unknown: { fromTick: 2, toTick: 9 } };
    const columns = pixelColumns(figure, axis(10, 10));
    expect(spans(columns)).toEqual([
      [60, 70],
      [70, 80],
      [150, 151],
    ]);
    expect(columnAt(columns, 60 + 10 * 5)).toBeNull();
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'at any scale the columns are every point in sight, once, without a hole, seed %d',
    (seed) => {
      const draw = drawer(seed);
      const ticks = [0];
      while (ticks.length < 300) ticks.push(ticks.at(-1)! + 1 + (draw(4) === 0 ? draw(30) : 0));
      const pages = ticks.map(() => draw(1000));
      const endTick = ticks.at(-1)!;
      for (const pixelsPerTick of [0.01, 0.3, 1, 1.7, 12]) {
        const { xOf, ...rest } = axis(pixelsPerTick, endTick);
        const columns = pixelColumns({ ticks, endTick, unknown: null }, { xOf, ...rest, pixel: 0.5 });
        expect(columns[0]!.first).toBe(0);
        expect(columns.at(-1)!.last).toBe(ticks.length - 1);
        columns.slice(1).forEach(({ first, x }, i) => {
          // A point whose last tick falls into the pixel of the next is part of both.
          expect([columns[i]!.last, columns[i]!.last + 1]).toContain(first);
          expect(x).toBe(columns[i]!.endX);
        });
        for (const column of columns) {
          const mine = pages.slice(column.first, column.last + 1);
          expect(valueIn(exact(pages), column)).toEqual({
            least: Math.min(...mine),
            most: Math.max(...mine),
            last: mine.at(-1),
          });
        }
      }
    },
  );
});
