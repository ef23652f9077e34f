/** Watermarks: whether a zone may give a block, by the blocks that it has itself. */
import { expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../shared/model/config.ts';
import { GuestMm, MAX_PAGE_ORDER, NR_PAGE_ORDERS } from './index.ts';
import { mmConfig } from './mm-fixture.ts';
import { watermarkOk } from './watermark.ts';

test.each([0, 1, 3, 9])('6.1: a zone whose largest blocks have order %i may give no larger one', (largest) => {
  const mm = GuestMm.boot(mmConfig({ profile: { ...DEFAULT_PROFILE, era: '6.1' } }));
  // Of zone DMA every other block of that order is taken; the zone above has blocks of every order.
  for (let pfn = 0; pfn < 4096; pfn += 2 << largest) expect(mm.takeBlock(pfn, largest)).toBe(true);
  for (let order = 0; order < MAX_PAGE_ORDER; order++) expect(mm.takeBlock(8192 + (1 << order), order)).toBe(true);
  expect(mm.takeBlock(8192 + 2048, 0)).toBe(true);
  for (let order = 0; order < NR_PAGE_ORDERS; order++) {
    expect(watermarkOk(mm.state, 0, order, 0), `order ${order}`).toBe(order <= largest);
    expect(watermarkOk(mm.state, 1, order, 0), `order ${order} of the zone above`).toBe(true);
  }
});
