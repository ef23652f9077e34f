/** Allocation as Linux does it: zonelists, watermarks, per-CPU lists, migrate types. Figures from the rules, by hand. */
import { describe, expect, test } from 'vitest';
import type { MmConfig } from '../../../shared/model/config.ts';
import { Prng } from '../core/index.ts';
import { GuestMm } from './guest-mm.ts';
import { MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, NO_PFN, NR_ZONES, ZONE_DMA, ZONE_DMA32 } from './limit.ts';
import { mmConfig } from './mm-fixture.ts';

/** Three nodes of 32 MiB each, all in one DMA32 zone but for node 0's first 4 MiB of DMA. */
const THREE = mmConfig({
  zoneStartPfn: [0, 1024, 1048576],
  cpuNode: [0, 1, 2],
  // Node 2 is nearer to node 0 than node 1 is.
  distances: [
    [10, 31, 21, 20],
    [31, 10, 21, 20],
    [21, 31, 10, 20],
    [20, 20, 20, 10],
  ],
  bootLayout: [0, 1, 2].map((nid) => ({ start: nid * 8192, end: (nid + 1) * 8192, nid })),
});

/** Allocates blocks for a CPU until the guest refuses; returns the nodes they came from, in order of first use. */
function exhaust(mm: GuestMm, cpu: number, order: number): { nodes: number[]; blocks: number[] } {
  const nodes: number[] = [];
  const blocks: number[] = [];
  for (;;) {
    const pfn = mm.allocPages(order, cpu, MIGRATE_MOVABLE);
    if (pfn === NO_PFN) return { nodes, blocks };
    blocks.push(pfn);
    const nid = mm.actualNid(pfn);
    if (nodes.at(-1) !== nid) nodes.push(nid);
  }
}

describe('zonelists', () => {
  test('an allocation starts on the CPU’s node and falls back by distance; the low marks first, then min', () => {
    // Low marks: own node, then by distance. Then the same again down to min.
    expect(exhaust(GuestMm.boot(THREE), 0, 0).nodes).toEqual([0, 2, 1, 0, 2, 1]);
    expect(exhaust(GuestMm.boot(THREE), 1, 0).nodes).toEqual([1, 2, 0, 1, 2, 0]);
    expect(exhaust(GuestMm.boot(THREE), 2, 0).nodes).toEqual([2, 0, 1, 2, 0, 1]);
  });

  test('a node that a commit empties leaves the zonelists, one that it fills joins them', () => {
    const mm = GuestMm.boot(THREE);
    mm.commit([
      { start: 0, end: 8192, nid: 3 },
      { start: 8192, end: 24576, nid: 1 },
    ]);
    expect(mm.actualNid(mm.allocPages(0, 0, MIGRATE_MOVABLE))).toBe(3);
    expect(exhaust(mm, 0, 0).nodes).toEqual([3, 1, 3, 1]);
    expect(mm.check()).toEqual([]);
  });
});

describe('watermarks', () => {
  test('what is left in each zone is its min mark and what it keeps back for lower zones', () => {
    const mm = GuestMm.boot(THREE);
    exhaust(mm, 0, 0);
    // managed 24576 pages = 98304 kB: min_free_kbytes = isqrt(98304 * 16) = 1254 -> 313 pages in all.
    // Node 0 DMA 1024 pages: min 13; it also keeps 7168 / 256 = 28 from those who could use DMA32. DMA32 7168: min 91.
    expect(mm.zone(0, ZONE_DMA).wmarkMin).toBe(13);
    expect(mm.zone(0, ZONE_DMA32).wmarkMin).toBe(91);
    const left = (nid: number, zoneType: number): number => mm.zone(nid, zoneType).freePages;
    expect(left(0, ZONE_DMA)).toBe(13 + 28);
    // A batch is taken without asking between its pages: DMA32's batch is 1 here, so it stops exactly at the mark.
    expect(mm.zone(0, ZONE_DMA32).pcpBatch).toBe(1);
    expect(left(0, ZONE_DMA32)).toBe(91);
    expect(mm.check()).toEqual([]);
  });

  test('a large block needs large blocks left over: order 9 stops long before order 0', () => {
    const mm = GuestMm.boot(THREE);
    const huge = exhaust(mm, 0, 9).blocks.length;
    expect(huge).toBeGreaterThan(40);
    expect(huge).toBeLessThan(48);
    expect(mm.allocPages(0, 0, MIGRATE_MOVABLE)).not.toBe(NO_PFN);
  });
});

describe('per-CPU lists', () => {
  const ONE: MmConfig = {
    ...THREE,
    nrPages: 32768,
    zoneStartPfn: [0, 4096, 1048576],
    cpuNode: [0, 0],
    bootLayout: [{ start: 0, end: 32768, nid: 0 }],
  };

  test('a list is refilled by a batch, freed pages stay up to high, then a batch goes back', () => {
    const mm = GuestMm.boot(ONE);
    const zone = (): { freePages: number; pcpPages: number } => mm.zone(0, ZONE_DMA32);
    // 28672 managed pages: batch 7, high 42 (zone_batchsize of 3.10).
    expect([mm.zone(0, ZONE_DMA32).pcpBatch, mm.zone(0, ZONE_DMA32).pcpHigh]).toEqual([7, 42]);
    const first = mm.allocPages(0, 0, MIGRATE_MOVABLE);
    expect([zone().freePages, zone().pcpPages]).toEqual([28672 - 7, 6]);
    mm.freePages(first, 0, 0);
    expect(zone().pcpPages).toBe(7);
    // The newest is handed out again.
    expect(mm.allocPages(0, 0, MIGRATE_MOVABLE)).toBe(first);
    const more = Array.from({ length: 48 }, () => mm.allocPages(0, 0, MIGRATE_MOVABLE));
    expect(zone().pcpPages).toBe(0);
    more.slice(0, 41).forEach((pfn) => mm.freePages(pfn, 0, 0));
    expect(zone().pcpPages).toBe(41);
    mm.freePages(more[41]!, 0, 0);
    expect(zone().pcpPages).toBe(42 - 7);
    expect(mm.check()).toEqual([]);
  });

  test('a page of another CPU’s list is not handed out; a drain gives all back', () => {
    const mm = GuestMm.boot(ONE);
    const pfn = mm.allocPages(0, 0, MIGRATE_MOVABLE);
    mm.freePages(pfn, 0, 0);
    expect(mm.allocPages(0, 1, MIGRATE_MOVABLE)).not.toBe(pfn);
    mm.drainPcp();
    expect(mm.moved.drain).toBe(0);
    expect(mm.zone(0, ZONE_DMA32).pcpPages).toBe(0);
    expect(mm.check()).toEqual([]);
  });
});

describe('migrate types', () => {
  test('an unmovable page steals the largest movable block and takes its pageblocks; later ones stay in them', () => {
    const mm = GuestMm.boot(THREE);
    const kernel = Array.from({ length: 600 }, () => mm.allocPages(0, 0, MIGRATE_UNMOVABLE));
    const pageblocks = new Set(kernel.map((pfn) => pfn >>> 9));
    // One order-10 block is two pageblocks: 1024 pages hold all 600.
    expect(pageblocks.size).toBe(2);
    for (const b of pageblocks) expect(mm.state.blockType[b]).toBe(MIGRATE_UNMOVABLE);
    const user = mm.allocPages(0, 0, MIGRATE_MOVABLE);
    expect(pageblocks.has(user >>> 9)).toBe(false);
  });

  test.each([1, 2, 3])('types never break the lists: random mix, seed %i', (seed) => {
    const prng = new Prng(seed, 'migrate-types');
    const mm = GuestMm.boot(THREE);
    const held: { pfn: number; order: number }[] = [];
    for (let i = 0; i < 6000; i++) {
      if (prng.chance(11, 20)) {
        const order = prng.chance(1, 8) ? prng.below(10) : 0;
        const pfn = mm.allocPages(order, prng.below(3), prng.below(3));
        if (pfn !== NO_PFN) held.push({ pfn, order });
      } else if (held.length > 0) {
        const [block] = held.splice(prng.below(held.length), 1);
        mm.freePages(block!.pfn, block!.order, prng.below(3));
      }
      if (i % 500 === 0) expect(mm.check()).toEqual([]);
    }
    held.forEach(({ pfn, order }) => mm.freePages(pfn, order, 0));
    mm.drainPcp();
    expect(mm.check()).toEqual([]);
    // All free again: the boot state, 3 nodes of whole order-10 blocks.
    expect([0, 1, 2].map((nid) => mm.zone(nid, ZONE_DMA32).freeBlocks[10])).toEqual([7, 8, 8]);
    expect(mm.zone(0, ZONE_DMA).freeBlocks[10]).toBe(1);
  });
});

describe('blocks taken by hand', () => {
  test('only an aligned block of an order that there is, inside the guest, may be held', () => {
    const mm = GuestMm.boot(THREE);
    const refused = [[-1, 0], [-1024, 10], [0, -1], [0, 11], [3, 1], [512, 10], [24576, 0], [24064, 10]] as const; // prettier-ignore
    for (const [pfn, order] of refused) {
      expect([pfn, order, mm.mayHold(pfn, order), mm.holdBlock(pfn, order)]).toEqual([pfn, order, false, false]);
    }
    const held = [[0, 0], [2, 1], [512, 9], [1024, 10], [24575, 0]] as const; // prettier-ignore
    for (const [pfn, order] of held) {
      expect([pfn, order, mm.mayHold(pfn, order), mm.holdBlock(pfn, order)]).toEqual([pfn, order, true, true]);
      expect([pfn, order, mm.isHeld(pfn, order), mm.mayHold(pfn, order)]).toEqual([pfn, order, true, false]);
    }
    expect(mm.check()).toEqual([]);
  });
});

test('a zone whose counter is wrong is named by its node and its type', () => {
  for (const [nid, zoneType] of [
    [0, ZONE_DMA],
    [0, ZONE_DMA32],
    [1, ZONE_DMA32],
    [2, ZONE_DMA32],
  ] as const) {
    const mm = GuestMm.boot(THREE);
    mm.state.zones.managed[nid * NR_ZONES + zoneType]! += 1;
    expect(
      mm
        .check()
        .map(({ text }) => text)
        .filter((text) => text.includes('managed: counted')),
    ).toEqual([expect.stringContaining(`node ${nid} zone ${zoneType} managed`)]);
  }
});
