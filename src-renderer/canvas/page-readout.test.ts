import { describe, expect, test } from 'vitest';
import { MAX_TILE_PAGES } from '../../shared/protocol/limit.ts';
import { createTiles, PageTile } from '../../shared/columns/tile.ts';
import { drawer, isOwed, randomGuest, snapshotOf } from '../../shared/view/fixture/page-model.ts';
import type { ModelGuest } from '../../shared/view/fixture/page-model.ts';
import { LaneIndex } from '../../shared/view/lane-index.ts';
import { exactNeed, inSight } from './exact-need.ts';
import { Latest } from './latest.ts';
import { rangeAt, rangeSizeText, rangeText, readout, spoken, wholeBlocks, markText } from './page-readout.ts';
import { fit, show, toPfn } from './viewport.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
const PINNED = new Set(['kernel', 'reserved']);
const names = { host: (_host: number, nid: number): string => String(nid) };

function model(seed: number) {
  const guest = randomGuest({ name: 'g', nrPages: 512 * 8 + 100, nodes: 3, hostNids: [0, 4], seed });
  return { guest, index: new LaneIndex(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }), 0) };
}

function exactOf(guest: ModelGuest, from: number, pages: number) {
  const tiles = createTiles(from, pages);
  const states = { hole: 0, free: 1, used: 2, pcp: 3, reserved: 4, kernel: 5 } as const;
  guest.pages.slice(from, from + pages).forEach((page, i) => {
    tiles.state[i] = states[page.state];
    tiles.actual[i] = page.state === 'hole' ? 255 : page.actual;
    tiles.target[i] = page.target;
    tiles.order[i] = i % 4;
  });
  return tiles;
}

describe('a readout', () => {
  test.each([1, 2, 3, 4])('equals a count of the pages, of pageblocks and of exact pages, seed %d', (seed) => {
    const { guest, index } = model(seed);
    const draw = drawer(seed);
    for (let round = 0; round < 40; round++) {
      const tiles = round % 2 === 0 ? null : exactOf(guest, 1024, 1024);
      const start = tiles === null ? 512 * draw(8) : 1024 + draw(1000);
      const end = tiles === null ? Math.min(index.nrPages, start + 512 * (1 + draw(3))) : start + 1 + draw(20);
      const told = readout(index, { start, end }, tiles);
      const pages = guest.pages.slice(start, end);
      expect(told.precision).toBe(tiles === null ? 'blocks' : end - start === 1 ? 'page' : 'pages');
      expect(told.owedPages).toBe(pages.filter(isOwed).length);
      for (const { nid, pages: n } of told.H)
        expect(n).toBe(pages.filter((page) => page.state !== 'hole' && page.hostNid === nid).length);
      for (const { nid, pages: n } of told.T) expect(n).toBe(pages.filter((page) => page.target === nid).length);
      for (const band of told.A) {
        const own = pages.filter((page) => page.state !== 'hole' && page.actual === band.nid);
        expect(band.freePages).toBe(own.filter((page) => page.state === 'free').length);
        expect(band.pinnedPages).toBe(own.filter((page) => PINNED.has(page.state)).length);
        expect(band.owedPages).toBe(own.filter(isOwed).length);
        expect(band.usedPages + band.freePages + band.pinnedPages).toBe(own.length);
      }
    }
  });

  test('of one exact page names its state and order', () => {
    const { guest, index } = model(9);
    const tiles = exactOf(guest, 2048, 512);
    const pfn = 2048 + guest.pages.slice(2048).findIndex((page) => page.state === 'kernel');
    const told = readout(index, { start: pfn, end: pfn + 1 }, tiles);
    expect([told.precision, told.state, told.order]).toEqual(['page', 'kernel', (pfn - 2048) % 4]);
    expect(tiles.state[pfn - 2048]).toBe(PageTile.kernel);
    const page = guest.pages[pfn]!;
    expect(spoken(told, index.nrPages, names)).toBe(
      `Page 0x${pfn.toString(16).padStart(4, '0')}, kernel, order ${told.order}; H: host node ${page.hostNid}; ` +
        `T: node ${page.target}; A: node ${page.actual}; 0 pages owed${isOwed(page) ? ', 1 pinned elsewhere' : ''}`,
    );
  });

  test('says which pages have the lookup mark, where exact pages are known', () => {
    const { guest, index } = model(9);
    const tiles = exactOf(guest, 2048, 512);
    tiles.marked.set([1, 0, 1, 1]);
    const marks = (start: number, end: number, exact: typeof tiles | null) => {
      const told = readout(index, { start, end }, exact);
      return [told.markedPages, markText(told)];
    };
    expect(marks(2048, 2049, tiles)).toEqual([1, ', marked for lookup']);
    expect(marks(2049, 2050, tiles)).toEqual([0, '']);
    expect(marks(2048, 2060, tiles)).toEqual([3, ', 3 marked for lookup']);
    expect(marks(2048, 2560, null)).toEqual([null, '']);
    expect(spoken(readout(index, { start: 2048, end: 2060 }, tiles), index.nrPages, names)).toContain('3 marked');
  });

  test('is asked for the pageblocks of a pixel, or for its pages where these are known', () => {
    const nrPages = 512 * 8 + 100;
    const far = fit(nrPages, 40);
    expect(rangeAt(far, 700, null, nrPages)).toEqual({ start: 512, end: 1024 });
    expect(rangeAt(far, 1000, null, nrPages)).toEqual({ start: 512, end: 1536 });
    expect(rangeAt(far, nrPages - 1, null, nrPages)).toEqual({ start: 4096, end: nrPages });
    const near = show(fit(nrPages, 400), 600, 620);
    expect(rangeAt(near, 610, null, nrPages)).toEqual({ start: 512, end: 1024 });
    expect(rangeAt(near, 610, createTiles(512, 512), nrPages)).toEqual({ start: 610, end: 611 });
    expect(wholeBlocks({ start: 512, end: 1024 }, nrPages)).toEqual({ start: 512, end: 1024 });
  });

  test('writes ranges with their last page, in hex and decimal', () => {
    expect(rangeText({ start: 0, end: 512 }, 1 << 20)).toBe('0x00000 – 0x001ff');
    expect(rangeText({ start: 255, end: 256 }, 1 << 20)).toBe('0x000ff');
    expect(rangeSizeText({ start: 0, end: 512 })).toBe('pfn 0 – 511 · 512 pages, 2 MiB');
    expect(rangeSizeText({ start: 70_000, end: 70_003 })).toBe('pfn 70\u202f000 – 70\u202f002 · 3 pages, 12 KiB');
    expect(rangeSizeText({ start: 255, end: 256 })).toBe('pfn 255');
  });
});

describe('exact pages', () => {
  test('are needed where a page is a pixel or more, for all that is in sight', () => {
    const nrPages = 1 << 24;
    expect(exactNeed(fit(nrPages, 1000), nrPages)).toBeNull();
    const view = show(fit(nrPages, 1000), 500_000, 500_300);
    const need = exactNeed(view, nrPages)!;
    expect(need.start).toBeLessThanOrEqual(view.fromPfn);
    expect(need.end).toBeGreaterThanOrEqual(toPfn(view));
    expect(need.end - need.start).toBeLessThanOrEqual(MAX_TILE_PAGES);
    expect([need.start % 1024, need.end % 1024]).toEqual([0, 0]);
    expect(exactNeed(fit(64, 1000), 64)).toEqual({ start: 0, end: 64 });
    expect(inSight(fit(1, 1000), 1)).toEqual({ start: 0, end: 1 });
  });
});

test('of many wishes the first and the last are done, also when one fails', async () => {
  const done: number[] = [];
  const latest = new Latest(async (wish: number) => {
    await Promise.resolve();
    done.push(wish);
    if (wish === 1) throw new Error('no');
  });
  for (let i = 1; i <= 9; i++) latest.wish(i);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(done).toEqual([1, 9]);
  latest.wish(10);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(done).toEqual([1, 9, 10]);
});
