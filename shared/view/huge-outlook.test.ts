import { expect, test } from 'vitest';
import { nodeRows } from './accounting.ts';
import { randomGuest, snapshotOf, zoneOf } from './fixture/page-model.ts';
import type { ModelGuest, Page } from './fixture/page-model.ts';
import { hugeOutlook, pageblockRows } from './huge-outlook.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
const snapshot = (guest: ModelGuest, level: 'accounts' | 'blocks' = 'blocks') =>
  snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }, level);
const outlook = (guest: ModelGuest) => hugeOutlook(snapshot(guest), 0, nodeRows(snapshot(guest), 0))!;

interface Block {
  readonly pages: readonly Page[];
  readonly node: number;
  readonly zone: number;
  readonly never: boolean;
}

/** Every pageblock, judged page by page. */
function blocksOf(guest: ModelGuest): Block[] {
  const blocks: Block[] = [];
  for (let start = 0; start < guest.pages.length; start += 512) {
    const pages = guest.pages.slice(start, start + 512);
    if (pages.every(({ state }) => state === 'hole')) continue;
    const shares = Array.from({ length: guest.nrNodeIds }, (_, n) => pages.filter((p) => p.target === n).length);
    const isFree = pages.length === 512 && pages.every((p) => p.state === 'free' && p.actual === pages[0]!.actual);
    const never =
      pages.length < 512 ||
      pages.some(({ state }) => state === 'hole' || state === 'kernel' || state === 'reserved') ||
      new Set(pages.map((p) => p.target)).size > 1;
    blocks.push({
      pages,
      node: shares.indexOf(Math.max(...shares)),
      zone: zoneOf(guest, start),
      never: never && !isFree,
    });
  }
  return blocks;
}

/** Packs by hand: the emptiest pageblock that can move gives its pages to free places elsewhere, until none can. */
function packed(guest: ModelGuest, node: number, zone: number): number {
  let elsewhere = 0;
  guest.pages.forEach((p, pfn) => {
    const block = all.get(Math.floor(pfn / 512));
    const inMovable = block !== undefined && !block.never && block.node === node && block.zone === zone;
    if (p.state === 'free' && p.actual === node && zoneOf(guest, pfn) === zone && !inMovable) elsewhere++;
  });
  const used = blocksOf(guest)
    .filter((block) => !block.never && block.node === node && block.zone === zone)
    .map(({ pages }) => pages.filter(({ state }) => state !== 'free').length)
    .sort((a, b) => a - b);
  let empty = 0;
  while (used.length > 0) {
    const give = used.shift()!;
    const room = elsewhere + used.reduce((sum, n) => sum + 512 - n, 0);
    if (room < give) break;
    let left = give - Math.min(elsewhere, give);
    elsewhere -= give - left;
    for (let i = used.length - 1; i >= 0 && left > 0; i--) {
      const put = Math.min(left, 512 - used[i]!);
      used[i]! += put;
      left -= put;
    }
    empty++;
  }
  return empty;
}
let all = new Map<number, Block>();

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'now, after compaction and never are what pages say one by one, seed %d',
  (seed) => {
    const guest = randomGuest({ name: 'g', nrPages: 512 * 40 + 100, nodes: 3, hostNids: [0, 4], seed });
    // Long runs of one node without pinned pages, and whole free pageblocks, or there is little to compact.
    guest.pages.forEach((page, pfn) => {
      if (page.state === 'hole') return;
      page.target = Math.floor(pfn / 2900) % 3;
      page.actual = page.target;
      if (Math.floor(pfn / 512) % 3 !== 0 && (page.state === 'kernel' || page.state === 'reserved'))
        page.state = 'used';
      if ([9, 14, 15, 20].includes(Math.floor(pfn / 512))) page.state = 'free';
    });
    const blocks = blocksOf(guest);
    all = new Map(blocks.map((block) => [guest.pages.indexOf(block.pages[0]!) >> 9, block]));
    const rows = outlook(guest);
    expect(rows.length).toBe(3);
    for (const row of rows) {
      const own = blocks.filter(({ node }) => node === row.nid);
      const isFree = ({ pages }: Block): boolean =>
        pages.length === 512 && pages.every((p) => p.state === 'free' && p.actual === row.nid);
      expect(row.pageblocks).toBe(own.length);
      expect(row.now).toBe(blocks.filter(isFree).length);
      expect(row.never).toBe(own.filter(({ never }) => never).length);
      expect(row.pinned + row.mixed + row.holed).toBe(row.never);
      expect(row.afterCompaction).toBe(packed(guest, row.nid, 0) + packed(guest, row.nid, 1));
      expect(row.afterCompaction + row.never + row.inUse).toBe(row.pageblocks);
    }
    expect(rows.some(({ afterCompaction, now }) => afterCompaction > now)).toBe(true);
  },
);

test('a pageblock over a boundary is mixed, unless it is free and whole on one node all the same', () => {
  const guest = randomGuest({ name: 'g', nrPages: 2048, nodes: 2, hostNids: [0, 4], seed: 1 });
  guest.zoneStartPfn = [0, 1 << 20, 1 << 21];
  guest.pages.forEach((page, pfn) => Object.assign(page, { state: 'free', target: pfn < 1400 ? 0 : 1, actual: 0 }));
  // Pageblock 2 is [1024, 1536): booked whole on node 0, as the posted sweep leaves it.
  for (let pfn = 1536; pfn < 2048; pfn++) guest.pages[pfn]!.actual = 1;
  expect(pageblockRows(snapshot(guest), 0).map(({ nid, targetNodes, why }) => [nid, targetNodes, why])).toEqual([
    [0, 1, null],
    [0, 1, null],
    [0, 2, null],
    [1, 1, null],
  ]);
  expect(outlook(guest).map(({ now, never }) => [now, never])).toEqual([
    [3, 0],
    [1, 0],
  ]);
  guest.pages[1024]!.state = 'used';
  expect(pageblockRows(snapshot(guest), 0)[2]).toMatchObject({ why: 'mixed', usedPages: 1, freePages: 511 });
  expect(outlook(guest).map(({ now, mixed }) => [now, mixed])).toEqual([
    [2, 1],
    [1, 0],
  ]);
});

test('without pageblocks in the snapshot nothing is known', () => {
  const guest = randomGuest({ name: 'g', nrPages: 2048, nodes: 2, hostNids: [0, 4], seed: 1 });
  const shot = snapshot(guest, 'accounts');
  expect(hugeOutlook(shot, 0, nodeRows(shot, 0))).toBeNull();
  expect(pageblockRows(shot, 0)).toEqual([]);
});
