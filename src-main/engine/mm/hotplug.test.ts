/** Which memory may be plugged in. What comes of it in a guest: plug.test.ts. */
import { expect, test } from 'vitest';
import { GuestMm } from './index.ts';
import { mmConfig } from './mm-fixture.ts';

const BLOCK = 32768;

/** Four memory blocks, of which the second exists. */
const mm = GuestMm.boot(
  mmConfig({
    nrPages: 4 * BLOCK,
    holes: [
      { start: 0, end: BLOCK },
      { start: 2 * BLOCK, end: 4 * BLOCK },
    ],
  }),
);

test.each([
  [0, BLOCK],
  [2 * BLOCK, 3 * BLOCK],
  [3 * BLOCK, 4 * BLOCK],
  [2 * BLOCK, 4 * BLOCK],
])('whole memory blocks that do not exist may be: %i to %i', (start, end) => {
  expect(mm.mayPlug({ start, end })).toBe(true);
});

test.each([
  ['one that exists', BLOCK, 2 * BLOCK],
  ['one that exists among others', 0, 4 * BLOCK],
  ['none', 2 * BLOCK, 2 * BLOCK],
  ['a part', 2 * BLOCK, 3 * BLOCK - 1],
  ['one that begins inside another', 2 * BLOCK + 512, 3 * BLOCK],
  ['one beyond the end', 4 * BLOCK, 5 * BLOCK],
  ['one before the beginning', -BLOCK, 0],
  ['an end before its start', 4 * BLOCK, 2 * BLOCK],
])('%s may not', (_, start, end) => {
  expect(mm.mayPlug({ start, end })).toBe(false);
});
