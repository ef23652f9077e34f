/** Each fast count of bitmap.ts against the plain definition of a maximal block, on random bits of every density. */
import { expect, test } from 'vitest';
import { Prng } from '../core/index.ts';
import { clearBlock, countBlocks, firstBlock, isFull, mergedOrder, rangeMask, setBlock, WORDS } from './bitmap.ts';

const PAGES = 512;
const has = (bits: Int32Array, i: number): boolean => ((bits[i >>> 5]! >>> (i & 31)) & 1) === 1;

function allSet(bits: Int32Array, offset: number, order: number): boolean {
  for (let i = offset; i < offset + 2 ** order; i++) if (!has(bits, i)) return false;
  return true;
}

/** Maximal blocks as [offset, order], ascending: at each bit the largest aligned block that is set. */
function maximal(bits: Int32Array): [number, number][] {
  const out: [number, number][] = [];
  for (let offset = 0; offset < PAGES;) {
    let order = 9;
    while (order >= 0 && !(offset % 2 ** order === 0 && allSet(bits, offset, order))) order--;
    if (order >= 0) out.push([offset, order]);
    offset += order < 0 ? 1 : 2 ** order;
  }
  return out;
}

function expectAgreement(bits: Int32Array): void {
  const blocks = maximal(bits);
  const counts = new Uint16Array(11);
  const pages = countBlocks(bits, 0, counts);
  expect(pages).toBe(blocks.reduce((sum, [, order]) => sum + 2 ** order, 0));
  for (let order = 0; order < 10; order++) {
    const ofOrder = blocks.filter((b) => b[1] === order);
    expect(counts[order]).toBe(ofOrder.length);
    expect(firstBlock(bits, 0, order)).toBe(ofOrder[0]?.[0] ?? -1);
  }
  for (const [offset, order] of blocks) {
    expect(isFull(bits, 0, offset, order)).toBe(true);
    expect(mergedOrder(bits, 0, offset, 0)).toBe(order);
    expect(mergedOrder(bits, 0, offset + 2 ** order - 1, 0)).toBe(order);
  }
}

test.each([1, 2, 3, 4])('blocks set and cleared at random, seed %i', (seed) => {
  const prng = new Prng(seed, 'bitmap');
  const bits = new Int32Array(WORDS);
  for (let n = 0; n < 120; n++) {
    const order = prng.below(10);
    const offset = (prng.below(PAGES) >>> order) << order;
    const set = prng.chance(3, 5);
    (set ? setBlock : clearBlock)(bits, 0, offset, order);
    expect(allSet(bits, offset, order)).toBe(set);
    expectAgreement(bits);
  }
});

test.each([5, 6])('single bits at random, seed %i', (seed) => {
  const prng = new Prng(seed, 'bitmap');
  const bits = new Int32Array(WORDS).fill(-1);
  for (let n = 0; n < 60; n++) {
    for (let i = 0; i < 1 << prng.below(7); i++) clearBlock(bits, 0, prng.below(PAGES), 0);
    for (let i = 0; i < 1 << prng.below(7); i++) setBlock(bits, 0, prng.below(PAGES), 0);
    expectAgreement(bits);
  }
});

test('a mask has exactly the bits of the range', () => {
  for (const [start, end] of [
    [0, 512],
    [31, 33],
    [32, 64],
    [5, 6],
    [100, 100],
    [480, 512],
    [63, 65],
  ] as const) {
    for (let i = 0; i < PAGES; i++) {
      expect(((rangeMask(i >>> 5, start, end) >>> (i & 31)) & 1) === 1).toBe(i >= start && i < end);
    }
  }
});
