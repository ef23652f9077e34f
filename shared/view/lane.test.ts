import { describe, expect, test } from 'vitest';
import { rowAt, tableOf } from '../columns/index.ts';
import { drawer, isOwed, randomGuest, snapshotOf } from './fixture/page-model.ts';
import type { Page } from './fixture/page-model.ts';
import { hostMatrix } from './host.ts';
import { guestLanes } from './lane.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
const isPinned = (page: Page): boolean => page.state === 'kernel' || page.state === 'reserved';

describe('guest lanes', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('H and T equal a count of the pages in every column, seed %d', (seed) => {
    const draw = drawer(seed);
    const nrPages = 1000 + draw(4000);
    const guest = randomGuest({ name: 'g', nrPages, nodes: 3, hostNids: [0, 4], seed });
    const other = randomGuest({ name: 'other', nrPages: 700, nodes: 2, hostNids: [0, 4], seed: seed + 50 });
    const snapshot = snapshotOf({ tick: 0, hosts: [HOST], guests: [other, guest] });
    const fromPfn = seed % 2 === 0 ? 0 : draw(nrPages - 600);
    const toPfn = seed % 2 === 0 ? nrPages : fromPfn + 1 + draw(nrPages - fromPfn);
    for (const columns of [1, 7, 100, 997]) {
      const lanes = guestLanes(snapshot, 1, { columns, fromPfn, toPfn });
      expect([lanes.edges[0], lanes.edges[columns]]).toEqual([fromPfn, toPfn]);
      for (let x = 0; x < columns; x++) {
        const pages = guest.pages.slice(lanes.edges[x], lanes.edges[x + 1]);
        for (const band of lanes.hostBands) {
          expect(band.pages[x]).toBe(pages.filter((page) => page.state !== 'hole' && page.hostNid === band.nid).length);
        }
        for (const band of lanes.targetBands)
          expect(band.pages[x]).toBe(pages.filter((page) => page.target === band.nid).length);
        expect(sum(lanes.targetBands.map((band) => band.pages[x]!))).toBe(pages.length);
      }
    }
  });

  test.each([11, 12, 13])(
    'A and owed are exact for whole pageblocks, and add up exactly in any columns, seed %d',
    (seed) => {
      const guest = randomGuest({ name: 'g', nrPages: 512 * 9 + 40, nodes: 3, hostNids: [0, 4], seed });
      const snapshot = snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] });
      const count = (pages: readonly Page[], nid: number, holds: (page: Page) => boolean): number =>
        pages.filter((page) => page.state !== 'hole' && page.actual === nid && holds(page)).length;
      const check = (columns: number, toPfn: number, groups: number): void => {
        const lanes = guestLanes(snapshot, 0, { columns, fromPfn: 0, toPfn });
        const per = columns / groups;
        for (let group = 0; group < groups; group++) {
          const slice = (pages: Float64Array): number => sum(pages.slice(group * per, (group + 1) * per));
          const pages = guest.pages.slice(lanes.edges[group * per], lanes.edges[(group + 1) * per]);
          for (const band of lanes.actualBands) {
            expect(slice(band.freePages)).toBe(count(pages, band.nid, (page) => page.state === 'free'));
            expect(slice(band.pinnedPages)).toBe(count(pages, band.nid, isPinned));
            expect(slice(band.usedPages)).toBe(
              count(pages, band.nid, (page) => page.state !== 'free' && !isPinned(page)),
            );
          }
          expect(slice(lanes.owedPages)).toBe(pages.filter(isOwed).length);
          for (const band of lanes.actualBands) {
            const owing = pages.filter((page) => isOwed(page) && page.actual === band.nid);
            expect(slice(band.owedPages)).toBe(owing.length);
            expect(slice(band.owedPinnedPages)).toBe(owing.filter(isPinned).length);
          }
        }
      };
      check(9, 512 * 9, 9); // a column is a pageblock
      check(3, 512 * 9, 3); // a column is three
      check(9 * 16, 512 * 9, 9); // sixteen columns share one
      check(1000, guest.pages.length, 1); // nothing fits: the sums over the guest
      check(9000, guest.pages.length, 1); // more columns than pages
    },
  );

  test.each(['one target', 'several targets'])(
    'what is owed and pinned is exact where a pageblock has %s',
    (targets) => {
      const guest = randomGuest({ name: 'g', nrPages: 512 * 6, nodes: 2, hostNids: [0, 4], seed: 9 });
      const run = targets === 'one target' ? 512 : 100;
      guest.pages.forEach((page, pfn) => (page.target = Math.floor(pfn / run) % 2));
      const snapshot = snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] });
      const { actualBands } = guestLanes(snapshot, 0, { columns: 6, fromPfn: 0, toPfn: 512 * 6 });
      for (const { nid, owedPinnedPages } of actualBands) {
        const stuck = guest.pages.filter((page) => isOwed(page) && isPinned(page) && page.actual === nid);
        expect(stuck.length).toBeGreaterThan(0);
        expect(sum(owedPinnedPages)).toBe(stuck.length);
      }
    },
  );

  test('a single owed page among many is in exactly one column', () => {
    const guest = randomGuest({ name: 'g', nrPages: 512 * 40, nodes: 2, hostNids: [0, 4], seed: 5 });
    for (const page of guest.pages) page.actual = page.target;
    const lone = guest.pages[9001]!;
    lone.state = 'used';
    lone.actual = 1 - lone.target;
    const { owedPages } = guestLanes(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }), 0, {
      columns: 300,
      fromPfn: 0,
      toPfn: 512 * 40,
    });
    expect([...owedPages].filter((pages) => pages > 0)).toEqual([1]);
  });

  test("a migration's second copy is neither where a page lives nor in the VM's memory, but the host holds it", () => {
    const guest = randomGuest({ name: 'g', nrPages: 2000, nodes: 2, hostNids: [0, 4], seed: 5 });
    const snapshot = snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] });
    const window = { columns: 10, fromPfn: 0, toPfn: 2000 };
    const [lanes, matrix] = [guestLanes(snapshot, 0, window), hostMatrix(snapshot)];
    const { backing } = snapshot.tables;
    const rows = Array.from({ length: backing.rows }, (_, row) => rowAt('backing', backing, row));
    const copy = { guest: 0, start: 0, pages: 300, host: 0, hostNid: 4, frame: 9000, copy: 1 };
    const copied = { ...snapshot, tables: { ...snapshot.tables, backing: tableOf('backing', [...rows, copy]) } };
    expect(guestLanes(copied, 0, window).hostBands).toEqual(lanes.hostBands);
    const [vm, was] = [hostMatrix(copied).vms[0]!, matrix.vms[0]!];
    const parts = [was.parts[0]!, { ...was.parts[1]!, copyPages: 300 }];
    expect(vm).toEqual({ ...was, parts, copyPages: [0, 300] });
    expect(hostMatrix(copied).columnPages).toEqual([matrix.columnPages[0]!, matrix.columnPages[1]! + 300]);
  });

  test('without blocks there is no lane A', () => {
    const guest = randomGuest({ name: 'g', nrPages: 2000, nodes: 2, hostNids: [0, 4], seed: 5 });
    const lanes = guestLanes(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }, 'accounts'), 0, {
      columns: 10,
      fromPfn: 0,
      toPfn: 2000,
    });
    expect(lanes.actualBands).toEqual([]);
    expect(sum(lanes.hostBands.map((band) => sum(band.pages)))).toBe(
      2000 - guest.pages.filter((page) => page.state === 'hole').length,
    );
  });
});
