/**
 * The nodes of pages in use, and the states of special pages, against plain arrays: more nodes in a pageblock than a small
 * chunk knows, chunks that come and go, and what is written down of them.
 */
import { describe, expect, it, test } from 'vitest';
import { CORRECT, DEFAULT_PROFILE, type LayoutRange } from '../../../shared/model/config.ts';
import { Prng, StateCollector, StateHasher, StateReader } from '../core/index.ts';
import { GuestMm, NID_MIXED } from './index.ts';
import {
  ALLOCATED,
  clearAllocated,
  clearSpecialRange,
  createPageColumns,
  HELD,
  HOLE,
  isSpecial,
  markAllocated,
  PCP,
  PINNED,
  RESERVED,
  setSpecial,
  setSpecialRange,
  stateOf,
  TAIL,
} from './page.ts';
import { mmConfig } from './mm-fixture.ts';

const NODES = 12;
const PAGES = 4096;

const config = mmConfig({
  nrPages: PAGES,
  reserved: [{ start: 0, end: 700 }],
  zoneStartPfn: [0, 1024, PAGES],
  nrNodeIds: NODES,
  profile: { ...DEFAULT_PROFILE, rfc: CORRECT },
});

/** Ranges of any length, so that pageblocks have many. */
function drawLayout(random: Prng): LayoutRange[] {
  const out: LayoutRange[] = [];
  for (let start = 0; start < PAGES;) {
    const end = Math.min(PAGES, start + 1 + random.below(random.below(2) === 0 ? 40 : 900));
    out.push({ start, end, nid: random.below(NODES) });
    start = end;
  }
  return out;
}

const hashOf = (mm: GuestMm): string => {
  const hasher = new StateHasher();
  mm.save(hasher);
  return hasher.hex();
};

describe('A of the pages in use', () => {
  test.each([1, 2, 3])(
    'is what it was when the page was taken, on up to twelve nodes in a pageblock, seed %i',
    (seed) => {
      const random = new Prng(seed, 'used-node');
      let mm = GuestMm.boot(config);
      const taken = new Map<number, number>();
      let widest = 0;
      for (let round = 0; round < 30; round++) {
        for (let i = 0; i < 200; i++) {
          const pfn = random.below(PAGES);
          if (taken.has(pfn)) {
            mm.freePagesDirect(pfn, 0);
            taken.delete(pfn);
          } else if (mm.takeBlock(pfn, 0)) {
            taken.set(pfn, mm.targetNid(pfn));
          }
        }
        for (const [pfn, nid] of taken) expect(mm.actualNid(pfn)).toBe(nid);
        expect(mm.check()).toEqual([]);
        const { usedNodes, block } = mm.state;
        for (let b = 0; b < block.actual.length; b++) {
          const nodes = new Set([...taken].filter(([pfn]) => pfn >>> 9 === b).map(([, nid]) => nid));
          if (block.actual[b] === NID_MIXED) widest = Math.max(widest, nodes.size);
          else if (nodes.size > 0 && b > 1) expect([...nodes]).toEqual([block.actual[b]]);
        }
        expect(usedNodes.smallUsed).toBeLessThanOrEqual(1 + block.actual.length);
        // Written down and read back, it is the same; so it is after whatever follows.
        const state = new StateCollector();
        mm.save(state);
        const again = GuestMm.load(config, new StateReader(state.done()));
        expect(hashOf(again)).toBe(hashOf(mm));
        const layout = drawLayout(random);
        expect([mm.commit(layout).ok, again.commit(layout).ok]).toEqual([true, true]);
        expect(hashOf(again)).toBe(hashOf(mm));
        if (round % 2 === 1) mm = again;
      }
      // More than the four of a small chunk.
      expect(widest).toBeGreaterThan(4);
    },
  );
});

describe('states of special pages', () => {
  it('are those of a plain array, whatever chunks are kept', () => {
    const random = new Prng(7, 'page');
    const page = createPageColumns(PAGES);
    const plain: (number | undefined)[] = new Array<number | undefined>(PAGES).fill(undefined);
    for (let i = 0; i < 4000; i++) {
      const kind = random.below(6);
      const order = random.below(11);
      const start = random.below(PAGES >>> order) << order;
      const end = start + 2 ** order;
      // A range may begin and end anywhere, an allocation may not.
      const from = random.below(2) === 0 ? start : random.below(start + 1);
      const to = Math.min(PAGES, from + (random.below(2) === 0 ? 2 ** order : random.below(1500)));
      if (kind === 0) {
        const state = random.below(2) === 0 ? HOLE : RESERVED;
        setSpecialRange(page, from, to, state);
        plain.fill(state, from, to);
      } else if (kind === 1) {
        clearSpecialRange(page, from, to);
        plain.fill(undefined, from, to);
      } else if (kind === 2) {
        setSpecial(page, start, PCP);
        plain[start] = PCP;
      } else if (kind === 3) {
        // Of an allocation over two pageblocks both have states.
        if (order > 9) continue;
        clearAllocated(page, start, order);
        plain.fill(undefined, start, end);
      } else {
        const head = [ALLOCATED, HELD, ALLOCATED | PINNED][random.below(3)]!;
        markAllocated(page, start, order, head);
        plain.fill(TAIL | (head & PINNED), start, end);
        plain[start] = head | order;
      }
      if (i % 50 !== 0) continue;
      for (let pfn = 0; pfn < PAGES; pfn++) {
        if (isSpecial(page, pfn) !== (plain[pfn] !== undefined) || stateOf(page, pfn) !== (plain[pfn] ?? ALLOCATED)) {
          expect([pfn, isSpecial(page, pfn), stateOf(page, pfn)]).toEqual([pfn, plain[pfn] !== undefined, plain[pfn]]);
        }
      }
      // A chunk for each pageblock at most: those that are not needed have been given back.
      expect(page.used).toBeLessThanOrEqual(1 + PAGES / 512);
    }
  });

  it('of pageblocks that are free, one huge page or ordinary pages cost nothing', () => {
    const mm = GuestMm.boot({ ...config, reserved: [] });
    expect(mm.takeBlock(1024, 9)).toBe(true);
    expect(mm.takeBlock(2048, 10)).toBe(true);
    for (let pfn = 512; pfn < 1024; pfn += 3) expect(mm.takeBlock(pfn, 0)).toBe(true);
    expect(mm.state.page.used).toBe(1);
    expect(mm.state.usedNodes.smallUsed).toBe(1);
    expect(mm.check()).toEqual([]);
  });

  it('of a pageblock in use on up to four nodes take a small chunk, on more a wide one', () => {
    const mm = GuestMm.boot({ ...config, reserved: [] });
    const { usedNodes } = mm.state;
    const useOn = (nid: number): void => {
      expect(mm.commit([{ start: 0, end: PAGES, nid }]).ok).toBe(true);
      for (let i = 0; i < 20; i++) expect(mm.takeBlock(512 + nid * 40 + i, 0)).toBe(true);
    };
    for (const nid of [0, 1, 2, 3]) useOn(nid);
    expect([usedNodes.smallUsed, usedNodes.wideUsed]).toEqual([2, 1]);
    useOn(4);
    expect([usedNodes.smallUsed, usedNodes.wideUsed]).toEqual([2, 2]);
    // The small chunk that the wide one replaced is there for the next pageblock.
    expect(mm.takeBlock(1024, 0)).toBe(true);
    expect(mm.commit([{ start: 0, end: PAGES, nid: 1 }]).ok).toBe(true);
    expect(mm.takeBlock(1025, 0)).toBe(true);
    expect([usedNodes.smallUsed, usedNodes.wideUsed]).toEqual([2, 2]);
    expect(mm.check()).toEqual([]);
  });
});
