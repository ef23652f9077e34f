import { expect, test } from 'vitest';
import { Prng } from '../core/index.ts';
import { GuestMm } from './guest-mm.ts';
import { mmConfig } from './mm-fixture.ts';
import { nextRelabel } from './relabel.ts';

const PAGES = 8192;

/** What may be relabelled, in order, when at most so many pages are looked at in one call; and pages looked at in all. */
function found({ state }: GuestMm, most: number): { readonly pfns: number[]; readonly lookedAtAll: number } {
  const pfns: number[] = [];
  let lookedAtAll = 0;
  let at = 0;
  for (let calls = 0; at < PAGES; calls++) {
    expect(calls).toBeLessThan(2 * PAGES);
    const { pfn, order, looked, reached } = nextRelabel(state, at, PAGES, most);
    expect(looked).toBeLessThanOrEqual(most);
    lookedAtAll += looked;
    expect(reached).toBeGreaterThanOrEqual(at);
    if (pfn < 0) at = reached;
    else {
      pfns.push(pfn);
      at = pfn + (1 << order);
    }
  }
  return { pfns, lookedAtAll };
}

test.each([1, 2, 3])('a search that is cut short goes on where it stood and finds the same, seed %i', (seed) => {
  const mm = GuestMm.boot(mmConfig({ bootLayout: [{ start: 0, end: PAGES, nid: 0 }] }));
  const prng = new Prng(seed, 'relabel');
  const taken: number[] = [];
  const pinned = new Set<number>();
  for (let pfn = 0; pfn < PAGES; pfn += 1 + prng.below(40)) {
    if (!mm.takeBlock(pfn, 0)) continue;
    taken.push(pfn);
    if (prng.below(3) === 0) continue;
    mm.pin(pfn);
    pinned.add(pfn);
  }
  expect(mm.commit([{ start: 0, end: PAGES, nid: 1 }]).ok).toBe(true);
  const expected = taken.filter((pfn) => !pinned.has(pfn));
  // All that is in use is owed: each page of it is looked at once.
  for (const most of [PAGES, 7, 2, 1]) {
    expect(found(mm, most)).toEqual({ pfns: expected, lookedAtAll: taken.length });
  }
});
