import { describe, expect, it } from 'vitest';
import { Prng } from '../core/index.ts';
import { planFreeBlocks } from './free-plan.ts';

/** The maximal aligned decomposition of a set of pages, orders 0 to 10: blocks by order. By hand, page by page. */
function decompose(free: ReadonlySet<number>, nrPages: number): number[] {
  const counts = new Array<number>(11).fill(0);
  for (let pfn = 0; pfn < nrPages;) {
    if (!free.has(pfn)) {
      pfn++;
      continue;
    }
    let order = 10;
    const whole = (o: number): boolean => {
      if (pfn % (1 << o) !== 0) return false;
      for (let p = pfn; p < pfn + (1 << o); p++) if (!free.has(p)) return false;
      return true;
    };
    while (!whole(order)) order--;
    counts[order]!++;
    pfn += 1 << order;
  }
  return counts;
}

const counts = (blocks: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: 11 }, (_, order) => blocks[order] ?? 0);

function pagesOf(ranges: readonly { start: number; end: number }[], wanted: readonly number[]): Set<number> {
  const plan = planFreeBlocks(ranges, wanted);
  if (!plan.ok) throw new Error(`order ${plan.order}: room for ${plan.room}`);
  const free = new Set<number>();
  for (const { pfn, order } of plan.blocks) for (let p = pfn; p < pfn + (1 << order); p++) free.add(p);
  for (const p of free) expect(ranges.some((r) => r.start <= p && p < r.end)).toBe(true);
  return free;
}

describe('planFreeBlocks', () => {
  it('lays blocks from the bottom up, the lower of two buddies first', () => {
    const plan = planFreeBlocks([{ start: 0, end: 4096 }], counts({ 10: 2, 9: 1, 0: 1 }));
    expect(plan).toEqual({
      ok: true,
      blocks: [
        { pfn: 0, order: 10 },
        { pfn: 1024, order: 10 },
        { pfn: 2048, order: 9 },
        { pfn: 2560, order: 0 },
      ],
    });
  });

  it('is the DMA zone of a real guest', () => {
    // First MiB reserved; 3712 pages free of 3840.
    const plan = planFreeBlocks([{ start: 256, end: 4096 }], counts({ 10: 3, 9: 1, 7: 1 }));
    expect(plan.ok && plan.blocks.map(({ pfn, order }) => [pfn, order])).toEqual([
      [256, 7],
      [512, 9],
      [1024, 10],
      [2048, 10],
      [3072, 10],
    ]);
  });

  it('keeps the counts against merging, however the pages are spread', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const prng = new Prng(seed, 'free-plan');
      const nrPages = 4096;
      const ranges: { start: number; end: number }[] = [];
      for (let at = prng.below(50); at < nrPages;) {
        const end = Math.min(nrPages, at + 1 + prng.below(seed % 3 === 0 ? 40 : 1500));
        ranges.push({ start: at, end });
        at = end + prng.below(30);
      }
      // Any free set has an arrangement: its own.
      const free = new Set<number>();
      for (const { start, end } of ranges) {
        let on = prng.chance(1, 2);
        for (let p = start; p < end; p++) {
          if (prng.chance(1, seed % 2 === 0 ? 3 : 60)) on = !on;
          if (on) free.add(p);
        }
      }
      const wanted = decompose(free, nrPages);
      expect(decompose(pagesOf(ranges, wanted), nrPages)).toEqual(wanted);
    }
  });

  it('says which order has no room, and for how many', () => {
    expect(planFreeBlocks([{ start: 0, end: 2048 }], counts({ 10: 3 }))).toEqual({ ok: false, order: 10, room: 2 });
    // Two of order 9 in one chunk would be one of order 10.
    expect(planFreeBlocks([{ start: 0, end: 1024 }], counts({ 9: 2 }))).toEqual({ ok: false, order: 9, room: 1 });
    expect(planFreeBlocks([{ start: 0, end: 1000 }], counts({ 10: 1 }))).toEqual({ ok: false, order: 10, room: 0 });
    expect(planFreeBlocks([], counts({ 0: 1 }))).toEqual({ ok: false, order: 0, room: 0 });
    expect(planFreeBlocks([], counts({}))).toEqual({ ok: true, blocks: [] });
  });

  it('takes ranges that touch as one', () => {
    const plan = planFreeBlocks([{ start: 0, end: 300 }, { start: 300, end: 1024 }], counts({ 10: 1 })); // prettier-ignore
    expect(plan.ok).toBe(true);
  });
});
