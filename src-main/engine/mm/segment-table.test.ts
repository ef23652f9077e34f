/** Extra segments: taken, given back, and taken again before the table grows. */
import { expect, test } from 'vitest';
import { CHAIN, createSegmentTable, giveExtra, ROW, takeExtra } from './segment-table.ts';

test('segments that were given back are taken again, each once, and nothing grows', () => {
  const t = createSegmentTable(4, 3);
  const take = (n: number): number[] =>
    Array.from({ length: n }, () => {
      const seg = takeExtra(t, 2);
      // In use: whoever takes it chains it.
      t.row[seg * ROW + CHAIN] = -1;
      return seg;
    });
  const first = take(40);
  // The second segment of its pageblock, then those behind all second ones.
  expect(first).toEqual([6, ...Array.from({ length: 39 }, (_, i) => 8 + i)]);
  const { used } = t;
  const { length } = t.row;
  for (let round = 0; round < 3; round++) {
    for (const seg of first) giveExtra(t, seg);
    expect(take(40).sort((a, b) => a - b)).toEqual(first);
  }
  expect([t.used, t.row.length]).toEqual([used, length]);
});
