import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ribbonOf } from './ribbon.ts';

test('columns have the pages of their nodes, all of them together all pages', () => {
  const layout = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.nat(3)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(layout, fc.integer({ min: 1, max: 700 }), (parts, columns) => {
      let end = 0;
      const runs = parts.map(([pages, nid]) => ({ start: end, end: (end += pages), nid }));
      const { bands, columns: made } = ribbonOf(runs, end, columns);
      expect(bands.map(({ nid }) => nid)).toEqual([...new Set(parts.map(([, nid]) => nid))].sort((a, b) => a - b));
      for (const { nid, pages } of bands) {
        const expected = runs.filter((run) => run.nid === nid).reduce((sum, run) => sum + run.end - run.start, 0);
        expect(pages.reduce((sum, n) => sum + n, 0)).toBeCloseTo(expected, 6);
      }
      for (let x = 0; x < columns; x++) {
        expect(bands.reduce((sum, { pages }) => sum + pages[x]!, 0)).toBeCloseTo(made.widths[x]!, 6);
      }
    }),
  );
});

test('what is not covered stays empty, and what lies beyond the guest is cut', () => {
  const { bands } = ribbonOf([{ start: 50, end: 200, nid: 1 }], 100, 10);
  expect(bands).toEqual([{ nid: 1, pages: Float64Array.of(0, 0, 0, 0, 0, 10, 10, 10, 10, 10) }]);
});
