/** What a guest is compared with. */
import { expect, test } from 'vitest';
import { config, guest } from '../world-fixture.ts';
import { beyondVariants } from './variant.ts';

/** Pages a tick of the pass that a guest without one is compared with. */
function usualRate(nrPages: number): number {
  const base = guest('a');
  const a = { ...base, mm: { ...base.mm, nrPages } };
  const pass = beyondVariants(config([a]), 'a').find(({ name }) => name === 'activePass')!;
  return pass.config.guests[0]!.beyond.activePass!.pagesPerTick;
}

test.each([1, 4096, 32_000, 32_001, 33_999, 2 ** 18])(
  'a guest of %i pages without a pass is compared with one that is through in 2000 ticks',
  (nrPages) => {
    const rate = usualRate(nrPages);
    expect(rate * 2000).toBeGreaterThanOrEqual(nrPages);
    // No more than that takes, but for small guests.
    expect(rate === 16 || (rate - 1) * 2000 < nrPages).toBe(true);
  },
);
