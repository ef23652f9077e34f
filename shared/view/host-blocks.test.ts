import { describe, expect, test } from 'vitest';
import { hostMatrix } from './host.ts';
import type { HostMatrix } from './host.ts';
import { LABEL_PX, labelPlaces, memoryBlocks, mergedGuests, NAMED_PX } from './host-blocks.ts';
import { drawer, randomWorld } from './fixture/random-world.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed + 1);

/** Worlds, nodes and heights of a picture, by chance. */
function forEachNode(seed: number, see: (matrix: HostMatrix, node: number, height: number) => void): void {
  const draw = drawer(seed);
  const matrix = hostMatrix(randomWorld(seed));
  for (let node = 0; node < matrix.nodes.length; node++) see(matrix, node, 1 + draw(600));
}

describe('the blocks of a node', () => {
  test.each(SEEDS)('are as high as their pages and all of the memory, in world %i', (seed) => {
    forEachNode(seed, (matrix, node, height) => {
      const { totalPages, freePages } = matrix.nodes[node]!;
      const blocks = memoryBlocks(matrix, node, height);
      if (totalPages === 0) return expect(blocks).toEqual([]);
      expect(sum(blocks.map(({ pages }) => pages))).toBe(totalPages);
      expect(sum(blocks.map((block) => block.height))).toBeCloseTo(height, 6);
      let top = 0;
      for (const block of blocks) {
        expect(block.height).toBeCloseTo((height * block.pages) / totalPages, 6);
        expect(block.top).toBeCloseTo(top, 6);
        top += block.height;
      }
      expect(blocks.at(-1)).toMatchObject({ kind: 'free', pages: freePages });
    });
  });

  test.each(SEEDS)('have every VM once, named or in the merged one, in world %i', (seed) => {
    forEachNode(seed, (matrix, node, height) => {
      const blocks = memoryBlocks(matrix, node, height);
      const named = blocks.filter(({ kind }) => kind === 'vm' || kind === 'copy');
      const merged = blocks.filter(({ kind }) => kind === 'merged');
      expect(merged.length).toBeLessThanOrEqual(1);
      for (const block of named) expect(block.height).toBeGreaterThanOrEqual(NAMED_PX);
      const notches = merged.flatMap((block) => block.notches);
      for (const notch of notches) expect(notch.height).toBeLessThan(NAMED_PX);
      expect(sum(notches.map(({ pages }) => pages))).toBe(sum(merged.map(({ pages }) => pages)));
      // Counted from the VMs' own columns, not from what the node holds.
      const expected = matrix.vms.flatMap(({ guest, pages, copyPages }) => [
        ...(pages[node]! > 0 ? [`vm ${guest} ${pages[node]}`] : []),
        ...(copyPages[node]! > 0 ? [`copy ${guest} ${copyPages[node]}`] : []),
      ]);
      const drawn = [...named, ...notches].map(({ kind, guest, pages }) => `${kind} ${guest} ${pages}`);
      expect(drawn.toSorted()).toEqual(expected.toSorted());
      for (const { kind, guest, split } of named)
        if (kind === 'vm') expect(split).toBe(matrix.vms[guest!]!.pages.filter((pages) => pages > 0).length > 1);
    });
  });

  test.each(SEEDS)('have their words where there is room, in world %i', (seed) => {
    forEachNode(seed, (matrix, node, height) => {
      const blocks = memoryBlocks(matrix, node, height);
      const places = labelPlaces(blocks);
      const [merged, free] = ['merged', 'free'].map((kind) => blocks.find((block) => block.kind === kind));
      expect(places.merged === null).toBe(merged === undefined);
      if (merged !== undefined) expect(places.merged === 'inside').toBe(merged.height >= LABEL_PX);
      expect(places.free === 'inside').toBe((free?.height ?? 0) >= LABEL_PX);
      if (places.merged === 'free') expect(places.free).toBe('inside');
    });
  });
});

test('a node with forty VMs of which two have room for a name', () => {
  const node = { host: 0, hostName: 'h', nid: 0, cpus: [], totalPages: 1000, freePages: 440, usedPages: 560 };
  const sizes = [200, 100, ...Array.from({ length: 26 }, () => 10)];
  const parts = sizes.map((pages, guest) => ({ guest, node: 0, pages, copyPages: 0 }));
  const vms = parts.map((part) => ({
    ...{ guest: part.guest, name: `vm${part.guest}`, host: 0, parts: [part], totalPages: part.pages },
    ...{ pages: [part.pages], copyPages: [0], largestNodeShare: 100 },
  }));
  const matrix = { nodes: [{ ...node, reservedPages: 0, poolFreePages: 0 }], vms, held: [parts], columnPages: [560] };
  const blocks = memoryBlocks(matrix, 0, 200);
  expect(blocks.map(({ kind, pages, height }) => [kind, pages, height])).toEqual([
    ['vm', 200, 40],
    ['vm', 100, 20],
    ['merged', 260, 52],
    ['free', 440, 88],
  ]);
  expect(mergedGuests(blocks[2]!)).toHaveLength(26);
  expect(labelPlaces(blocks)).toEqual({ merged: 'inside', free: 'inside' });
});
