import { expect, test } from 'vitest';
import { randomGuest, snapshotOf } from './fixture/page-model.ts';
import { owedByAge } from './owed-age.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
const guest = (name: string, seed: number) => randomGuest({ name, nrPages: 1500, nodes: 2, hostNids: [0, 4], seed });
const shot = (level: 'accounts' | 'blocks' = 'blocks') =>
  snapshotOf({ tick: 0, hosts: [HOST], guests: [guest('a', 1), guest('b', 2), guest('c', 3)] }, level);

test('owners by age, with the sums of both; ages in between that nobody has are there', () => {
  const snapshot = shot();
  const rows = [
    [0, 2, 5, 1000],
    [1, 0, 0, 7],
    [1, 2, 0, 10],
    [1, 2, 3, 20],
    [1, 5, 3, 1],
    [2, 1, 1, 99],
  ];
  const columnOf = (i: number): number[] => rows.map((row) => row[i]!);
  const tables = {
    ...snapshot.tables,
    owed: {
      rows: rows.length,
      columns: {
        guest: Uint32Array.from(columnOf(0)),
        owner: Uint8Array.from(columnOf(1)),
        age: Uint8Array.from(columnOf(2)),
        pages: Uint32Array.from(columnOf(3)),
      },
    },
  };
  expect(owedByAge({ ...snapshot, tables }, 1)).toEqual({
    ages: [
      { fromTicks: 0, toTicks: 1 },
      { fromTicks: 1, toTicks: 3 },
      { fromTicks: 3, toTicks: 7 },
      { fromTicks: 7, toTicks: 15 },
    ],
    owners: [
      { owner: 'anonymous', pages: [10, 0, 0, 20], total: 30 },
      { owner: 'byHand', pages: [0, 0, 0, 1], total: 1 },
    ],
    pinned: { owner: 'kernel', pages: [7, 0, 0, 0], total: 7 },
    totals: [10, 0, 0, 21],
    total: 31,
  });
});

test('nobody owes is not the same as not known', () => {
  const none = guest('a', 1);
  for (const page of none.pages) page.actual = page.target;
  const snapshot = snapshotOf({ tick: 0, hosts: [HOST], guests: [none] });
  expect(owedByAge(snapshot, 0)).toEqual({ ages: [], owners: [], pinned: null, totals: [], total: 0 });
  expect(owedByAge(shot('accounts'), 1)).toBeNull();
});
