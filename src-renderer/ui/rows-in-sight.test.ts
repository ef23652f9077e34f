import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsInSight } from './rows-in-sight.ts';

test('rows in sight exist, and few others do, however long the list', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(3e7), fc.nat(2000), (rows, top, height) => {
      const { first, end } = rowsInSight(rows, 24, top, height);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(rows);
      expect(end - first).toBeLessThanOrEqual(height / 24 + 18);
      for (const y of [top, top + height - 1]) {
        const row = Math.floor(y / 24);
        if (row >= 0 && row < rows && height > 0) expect(row >= first && row < end).toBe(true);
      }
    }),
  );
});
