/** Spans: what lies outside one, and what a kernel says of it. */
import { expect, test } from 'vitest';
import { CORRECT } from '../../../shared/model/config.ts';
import { bootWith, HALVES, mustCommit, P, range } from './rfc/rfc-fixture.ts';

test('a page outside its zone is named with node, zone and both ends', () => {
  const mm = bootWith(CORRECT, HALVES);
  for (let pfn = 0; pfn < P; pfn++) expect(mm.outsideZone(pfn)).toBeNull();
  mm.state.zones.spanStart[1 * 3 + 1] = 16385;
  expect(mm.outsideZone(16384)).toBe('page 0x4000 outside node 1 zone DMA32 [ 0x4001 - 0x8000 ]');
  expect(mm.outsideZone(16385)).toBeNull();
  expect(mm.check()).toContainEqual({
    law: 'G10',
    text: 'page 0x4000 outside node 1 zone DMA32 [ 0x4001 - 0x8000 ]',
  });
});

test('a span that grows to the left holds its pages at every step of the commit', () => {
  const mm = bootWith(CORRECT, HALVES);
  mm.holdBlock(20000, 0);
  const start = mm.beginCommit([range(0, 8192, 0), range(8192, 24576, 1), range(24576, P, 0)]);
  if (!start.ok) throw new Error('refused');
  do {
    for (let pfn = 0; pfn < P; pfn += 16) expect(mm.outsideZone(pfn)).toBeNull();
  } while (start.commit.next() !== null);
  mustCommit(mm, HALVES);
  expect(mm.zone(1, 1)).toMatchObject({ spanStart: 16384, spannedPages: 16384 });
});

test('a hole is on no zone, so it is not outside one', () => {
  const mm = bootWith(CORRECT, HALVES, { holes: [{ start: 30000, end: P }] });
  expect(mm.outsideZone(30001)).toBeNull();
});
