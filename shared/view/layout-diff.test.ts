import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomGuest, snapshotOf } from './fixture/page-model.ts';
import { diffLayouts, existingPages, memoryBlockLinks, readLayoutRanges } from './layout-diff.ts';
import type { LayoutRun } from './layout-diff.ts';

const bytesOf = (runs: readonly (readonly [number, number, number])[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(runs.flat()).buffer);

test('ranges are read as they are, neighbours of one node joined, at any offset', () => {
  const bytes = bytesOf([
    [0, 10, 1],
    [10, 20, 1],
    [20, 2 ** 31, 0],
  ]);
  const expected = [
    { start: 0, end: 20, nid: 1 },
    { start: 20, end: 2 ** 31, nid: 0 },
  ];
  expect(readLayoutRanges(bytes)).toEqual(expected);
  const odd = new Uint8Array(bytes.length + 1);
  odd.set(bytes, 1);
  expect(readLayoutRanges(odd.subarray(1))).toEqual(expected);
  expect(() => readLayoutRanges(bytes.subarray(1))).toThrow(RangeError);
});

/** A layout over [0, pages) from the nodes of its pages. */
function runsOf(nodes: readonly number[]): LayoutRun[] {
  const runs: { start: number; end: number; nid: number }[] = [];
  nodes.forEach((nid, pfn) => {
    if (runs.at(-1)?.nid === nid) runs.at(-1)!.end = pfn + 1;
    else runs.push({ start: pfn, end: pfn + 1, nid });
  });
  return runs;
}

test('the diff is what pages say one by one', () => {
  const layout = fc.array(fc.nat(2), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(layout, layout, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (a, b, exists) => {
      const existing = runsOf(exists.map(Number)).filter(({ nid }) => nid === 1);
      const { changes, pairs, changedPages, pages } = diffLayouts(runsOf(a), runsOf(b), existing);
      expect(pages).toBe(exists.filter(Boolean).length);
      const told = Array.from({ length: 60 }, () => '');
      for (const { start, end, from, to } of changes) {
        for (let pfn = start; pfn < end; pfn++) told[pfn] = `${from} ${to}`;
      }
      const found = a.map((nid, pfn) => (exists[pfn] && nid !== b[pfn] ? `${nid} ${b[pfn]}` : ''));
      expect(told).toEqual(found);
      expect(changedPages).toBe(found.filter((each) => each !== '').length);
      for (const { from, to, pages: n } of pairs)
        expect(n).toBe(found.filter((each) => each === `${from} ${to}`).length);
      expect(pairs.reduce((sum, pair) => sum + pair.pages, 0)).toBe(changedPages);
      for (let i = 1; i < changes.length; i++) {
        const [left, right] = [changes[i - 1]!, changes[i]!];
        expect(left.end < right.start || left.from !== right.from || left.to !== right.to).toBe(true);
      }
    }),
  );
});

test('the pages that exist are those of no hole, joined', () => {
  const guest = randomGuest({ name: 'g', nrPages: 2000, nodes: 3, hostNids: [0, 4], seed: 5 });
  const other = randomGuest({ name: 'o', nrPages: 600, nodes: 2, hostNids: [0], seed: 6 });
  const nodes = [0, 4].map((nid) => ({ nid, cpus: [], totalPages: 1 << 20, reservedPages: 0 }));
  const snapshot = snapshotOf({ tick: 0, hosts: [{ name: 'h', nodes }], guests: [other, guest] });
  const exists = guest.pages.map(({ state }) => Number(state !== 'hole'));
  const expected = runsOf(exists).filter(({ nid }) => nid === 1);
  expect(existingPages(snapshot, 1)).toEqual(expected.map(({ start, end }) => ({ start, end })));
});

test('a memory block is linked under every node that touches it', () => {
  const half: LayoutRun[] = [
    { start: 0, end: 16_384, nid: 0 },
    { start: 16_384, end: 32_768, nid: 1 },
  ];
  expect(memoryBlockLinks(half, 32_768, 32_768).map(({ nids }) => nids)).toEqual([[0, 1]]);
  const stripes = Array.from({ length: 256 }, (_, i) => ({ start: i * 128, end: i * 128 + 128, nid: i % 3 }));
  expect(memoryBlockLinks(stripes, 32_768, 32_768).map(({ nids }) => nids)).toEqual([[0, 1, 2]]);
  const all = memoryBlockLinks(half, 32_768, 4096);
  expect(all.map(({ number, nids }) => [number, nids])).toEqual(
    Array.from({ length: 8 }, (_, i) => [i, [i < 4 ? 0 : 1]]),
  );
  // The last one of a guest that ends inside it.
  expect(memoryBlockLinks(half, 30_000, 4096).at(-1)).toMatchObject({ start: 28_672, end: 30_000 });
});
