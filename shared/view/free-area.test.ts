import { expect, test } from 'vitest';
import { nodeRows } from './accounting.ts';
import { randomGuest, snapshotOf } from './fixture/page-model.ts';
import { freeAreas, HUGE_ORDER } from './free-area.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };

test.each([1, 2, 3])('free blocks of a node hold its free pages, the largest among them, seed %d', (seed) => {
  const guest = randomGuest({ name: 'g', nrPages: 512 * 9, nodes: 3, hostNids: [0, 4], seed });
  // An aligned stretch that is free and of one node in both maps.
  for (const page of guest.pages.slice(2048, 3072)) Object.assign(page, { state: 'free', target: 1, actual: 1 });
  const areas = freeAreas(nodeRows(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }), 0));
  expect(areas.map(({ nid }) => nid)).toEqual([0, 1, 2]);
  for (const { nid, blocks, freePages, hugePages, largestOrder } of areas) {
    expect(freePages).toBe(guest.pages.filter((page) => page.state === 'free' && page.actual === nid).length);
    expect(largestOrder).toBe(blocks.findLastIndex((n) => n > 0));
    expect(hugePages).toBe(nid === 1 ? 1024 : 0);
  }
  expect(areas[1]!.largestOrder).toBe(10);
  expect(HUGE_ORDER).toBe(9);
});

test('a node that is offline and empty has no row; a full one has, with nothing in it', () => {
  const guest = randomGuest({ name: 'g', nrPages: 2000, nodes: 3, hostNids: [0, 4], seed: 4 });
  guest.online = [true, true, false];
  for (const page of guest.pages) if (page.actual === 2 || page.state === 'free') page.state = 'used';
  const areas = freeAreas(nodeRows(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }), 0));
  expect(areas.map(({ nid, freePages, largestOrder }) => [nid, freePages, largestOrder])).toEqual([
    [0, 0, null],
    [1, 0, null],
  ]);
});
