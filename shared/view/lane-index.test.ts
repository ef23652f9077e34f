import { describe, expect, test } from 'vitest';
import { drawer, isOwed, randomGuest, snapshotOf } from './fixture/page-model.ts';
import { guestLanes } from './lane.ts';
import type { Lanes } from './lane.ts';
import { LaneIndex } from './lane-index.ts';

const HOST = { name: 'h', nodes: [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 })) };
const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

function drawn(seed: number) {
  const draw = drawer(seed);
  const nrPages = 1500 + draw(9000);
  const guest = randomGuest({ name: 'g', nrPages, nodes: 1 + (seed % 4), hostNids: [0, 4], seed });
  const before = randomGuest({ name: 'a', nrPages: 700, nodes: 2, hostNids: [0, 4], seed: seed + 50 });
  const after = randomGuest({ name: 'z', nrPages: 600, nodes: 3, hostNids: [0, 4], seed: seed + 90 });
  const snapshot = snapshotOf({ tick: 0, hosts: [HOST], guests: [before, guest, after] });
  return { draw, nrPages, guest, snapshot, index: new LaneIndex(snapshot, 1) };
}

/** Every figure of every band, by name. */
function figures(lanes: Lanes): [string, Float64Array][] {
  return [
    ...lanes.hostBands.map(({ host, nid, pages }): [string, Float64Array] => [`H${host}.${nid}`, pages]),
    ...lanes.targetBands.map(({ nid, pages }): [string, Float64Array] => [`T${nid}`, pages]),
    ...lanes.actualBands.flatMap(({ nid, ...bands }) =>
      Object.entries(bands).map(([name, pages]): [string, Float64Array] => [`A${nid} ${name}`, pages]),
    ),
    ['owed', lanes.owedPages],
  ];
}

describe('a lane index', () => {
  test.each(seeds)('counts what guestLanes counts, in any window and any number of columns, seed %d', (seed) => {
    const { draw, nrPages, snapshot, index } = drawn(seed);
    expect(index.nrPages).toBe(nrPages);
    for (let round = 0; round < 30; round++) {
      const fromPfn = round === 0 ? 0 : draw(nrPages);
      const toPfn = round === 0 ? nrPages : fromPfn + 1 + draw(nrPages - fromPfn);
      const columns = 1 + draw(round % 3 === 0 ? 3000 : 60);
      const oracle = guestLanes(snapshot, 1, { columns, fromPfn, toPfn });
      expect(index.counted(oracle.edges)).toEqual(oracle);
    }
  });

  test.each(seeds)(
    'shares pageblocks out by proportion: whole ones exactly, others to within a page, seed %d',
    (seed) => {
      const { draw, nrPages, snapshot, index } = drawn(seed);
      const aligned = Float64Array.from(
        [...new Set([0, 512, 1024, 512 * (2 + draw(3)), nrPages - (nrPages % 512)])].sort((a, b) => a - b),
      );
      expect(index.shared(aligned)).toEqual(index.counted(aligned));
      const { edges } = guestLanes(snapshot, 1, { columns: 1 + draw(500), fromPfn: draw(512), toPfn: nrPages });
      const counted = new Map(figures(index.counted(edges)));
      for (const [name, pages] of figures(index.shared(edges))) {
        const most = name === 'owed' ? 1 + index.counted(edges).actualBands.length : 1;
        for (let x = 0; x < pages.length; x++)
          expect(Math.abs(pages[x]! - counted.get(name)![x]!)).toBeLessThan(2 * most);
      }
    },
  );

  test('inside a pageblock every column has the proportions of the pageblock', () => {
    const { index } = drawn(3);
    const edges = Float64Array.from({ length: 512 / 4 + 1 }, (_, x) => 1024 + 4 * x);
    const shared = index.shared(edges);
    for (const { usedPages, freePages } of shared.actualBands) {
      expect(Math.max(...usedPages) - Math.min(...usedPages)).toBeLessThan(1e-9);
      expect(Math.max(...freePages) - Math.min(...freePages)).toBeLessThan(1e-9);
    }
    expect(index.blockAt(1024 + 511).map(({ nid, usedPages }) => [nid, usedPages])).toEqual(
      shared.actualBands.map(({ nid, usedPages }) => [nid, Math.round(usedPages[0]! * 128)]),
    );
  });

  test.each(seeds)('finds the runs and the pageblock of a page, seed %d', (seed) => {
    const { draw, nrPages, guest, index } = drawn(seed);
    const { pages } = guest;
    const hostKey = (pfn: number): number | null => (pages[pfn]!.state === 'hole' ? null : pages[pfn]!.hostNid);
    for (let round = 0; round < 60; round++) {
      const pfn = round === 0 ? 0 : round === 1 ? nrPages - 1 : round < 10 ? 690 + draw(220) : draw(nrPages);
      const [h, t] = [index.hostRunAt(pfn), index.targetRunAt(pfn)];
      expect(h?.nid ?? null).toBe(hostKey(pfn));
      expect(t?.nid).toBe(pages[pfn]!.target);
      const { start, end } = index.runAround(pfn);
      const same = (at: number): boolean => hostKey(at) === hostKey(pfn) && pages[at]!.target === pages[pfn]!.target;
      for (let at = start; at < end; at++) expect(same(at)).toBe(true);
      expect(start === 0 || !same(start - 1)).toBe(true);
      expect(end === nrPages || !same(end)).toBe(true);
      const block = pages.slice(pfn - (pfn % 512), pfn - (pfn % 512) + 512);
      for (const { nid, freePages, owedPages } of index.blockAt(pfn)) {
        expect(freePages).toBe(block.filter((page) => page.state === 'free' && page.actual === nid).length);
        expect(owedPages).toBe(block.filter((page) => isOwed(page) && page.actual === nid).length);
      }
    }
  });

  test('of a snapshot without pageblocks has no lane A, and says so', () => {
    const guest = randomGuest({ name: 'g', nrPages: 2000, nodes: 2, hostNids: [0, 4], seed: 5 });
    const index = new LaneIndex(snapshotOf({ tick: 0, hosts: [HOST], guests: [guest] }, 'accounts'), 0);
    expect(index.hasBlocks).toBe(false);
    expect(index.counted(Float64Array.of(0, 2000)).actualBands).toEqual([]);
    expect(index.blockAt(5)).toEqual([]);
  });
});
