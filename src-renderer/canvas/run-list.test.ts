import { expect, test } from 'vitest';
import { isOwed, randomGuest, snapshotOf } from '../../shared/view/fixture/page-model.ts';
import { LaneIndex } from '../../shared/view/lane-index.ts';
import { runRows } from './run-list.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };

test.each([1, 2, 3])('runs follow one another without gaps, and their figures add up to the guest, seed %d', (seed) => {
  const guest = randomGuest({ name: 'g', nrPages: 512 * 9 + 17, nodes: 3, hostNids: [0, 4], seed });
  const index = new LaneIndex(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }), 0);
  const { rows, cutAt } = runRows(index, { start: 0, end: index.nrPages }, 10_000);
  expect(cutAt).toBeNull();
  expect([rows[0]!.start, rows.at(-1)!.end]).toEqual([0, index.nrPages]);
  rows.forEach((row, i) => {
    if (i > 0) expect(row.start).toBe(rows[i - 1]!.end);
    for (const page of guest.pages.slice(row.start, row.end)) {
      expect(page.target).toBe(row.target);
      expect(page.state === 'hole' ? null : page.hostNid).toBe(row.host?.nid ?? null);
    }
  });
  const total = rows.reduce((sum, { owedPages }) => sum + owedPages, 0);
  expect(total).toBe(guest.pages.filter(isOwed).length);
  const pages = rows.reduce((sum, row) => sum + row.usedPages + row.freePages + row.pinnedPages, 0);
  expect(pages).toBe(guest.pages.filter((page) => page.state !== 'hole').length);

  const cut = runRows(index, { start: 1000, end: 4000 }, 3);
  expect(cut.rows.length).toBe(3);
  expect(cut.rows[0]!.start).toBeLessThanOrEqual(1000);
  expect(cut.rows[0]!.end).toBeGreaterThan(1000);
  expect(cut.cutAt).toBe(cut.rows[2]!.end);
});
