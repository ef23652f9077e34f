/** Slab caches and memory policies: who is notified of a commit, what that changes, and that every law holds. */
import { guestsOf } from '../../../shared/columns/index.ts';
import { describe, expect, test } from 'vitest';
import { OWED_OWNERS } from '../../../shared/model/owed.ts';
import type { BeyondConfig, GuestConfig, LayoutRange } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { GuestMm, MIGRATE_UNMOVABLE, PAGEBLOCK_ORDER } from '../mm/index.ts';
import { mmConfig } from '../mm/mm-fixture.ts';
import { setBlockType } from '../mm/segment.ts';
import { config, guest, start } from '../world-fixture.ts';
import { World } from '../world.ts';
import { SlabCaches } from './slab.ts';

const PAGES = 4096;
const base = guest('a');
const withSlabs = (beyond: Partial<BeyondConfig> = {}, more: Partial<GuestConfig['workload']> = {}): GuestConfig =>
  guest('a', {
    regeneration: { enabled: false, granularityPages: 16, delayTicks: 1 },
    workload: { ...base.workload!, slabPermille: 200, filePermille: 400, hugePermille: 0, ...more },
    beyond: { ...PLAIN_RFC, ...beyond },
  });
const ALL_ON_2: readonly LayoutRange[] = [{ start: 0, end: PAGES, nid: 2 }];

function moved(beyond: Partial<BeyondConfig>, ticks = 200): World {
  const world = start(config([withSlabs(beyond)]));
  world.step(5);
  expect(world.submit({ type: 'commitLayout', vm: 'a', ranges: ALL_ON_2 })).toBeNull();
  world.step(ticks);
  return world;
}
const counter = (world: World, name: string): number => guestsOf(world.snapshot('accounts'))[0]!.counters[name]!;

/** Owed pages by owner. */
const owners = (world: World): Record<string, number> => {
  const out: Record<string, number> = {};
  for (const { owner, pages } of world.guests[0]!.owed(world.tick)) {
    const name = OWED_OWNERS[owner]!;
    out[name] = (out[name] ?? 0) + pages;
  }
  return out;
};

function expectNodesToAddUp(world: World): void {
  const { slabs } = world.guests[0]!;
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  for (const name of slabs.names) {
    const { all, byNode } = slabs.cache(name);
    expect([sum(byNode.slabs), sum(byNode.objects), sum(byNode.partial)], name).toEqual([
      all.slabs,
      all.objects,
      all.partial,
    ]);
  }
}

describe('slab caches', () => {
  test('that are not told keep what they have on the old node; told, they leave it; shrunk, they leave it at once', () => {
    const [deaf, told, shrunk] = [{}, { notify: true }, { notify: true, shrinkSlabs: true }].map((b) => moved(b, 10));
    expect(counter(deaf!, 'slabStranded')).toBeGreaterThan(250);
    expect(counter(shrunk!, 'slabStranded')).toBeLessThan(0.6 * counter(told!, 'slabStranded'));
    deaf!.step(1500);
    told!.step(1500);
    expect(counter(told!, 'slabStranded')).toBeLessThan(0.8 * counter(deaf!, 'slabStranded'));
    expect([counter(deaf!, 'slabShrunk'), counter(told!, 'slabShrunk')]).toEqual([0, 0]);
    expect(counter(shrunk!, 'slabShrunk')).toBeGreaterThan(100);
    // Only caches whose objects cannot be dropped are left.
    for (const { reclaimable, owed } of shrunk!.guests[0]!.slabs.figures()) if (reclaimable) expect(owed).toBe(0);
  });

  test('have their objects back when they have been dropped, and as many as before', () => {
    const objects = (world: World): number[] => world.guests[0]!.slabs.figures().map((cache) => cache.objects);
    expect(objects(moved({ notify: true, shrinkSlabs: true }))).toEqual(objects(moved({})));
  });

  test('are owners of their own in what is owed, as is the page cache', () => {
    const world = moved({}, 2);
    const owed = owners(world);
    expect(owed['slab']).toBe(counter(world, 'slabStranded'));
    expect(owed['file']! / (owed['file']! + owed['anonymous']!)).toBeGreaterThan(0.3);
    expect(owed['file']! / (owed['file']! + owed['anonymous']!)).toBeLessThan(0.5);
    const { state: mm } = world.guests[0]!.memory;
    let all = 0;
    for (const pages of mm.zones.strandedOut) all += pages;
    expect(Object.values(owed).reduce((sum, pages) => sum + pages, 0)).toBe(all);
  });

  test('count an empty slab on its node, but not as partly used', () => {
    const world = moved({}, 2);
    world.submit({ type: 'setWorkload', vm: 'a', workload: { ...base.workload!, slabPermille: 1, hugePermille: 0 } });
    let empty = 0;
    for (let t = 0; t < 20; t++) {
      world.step(50);
      expectNodesToAddUp(world);
      for (const { slabs, partial, objects, objectsPartial, objectsPerSlab } of world.guests[0]!.slabs.figures())
        empty += slabs - partial - (objects - objectsPartial) / objectsPerSlab;
    }
    expect(empty).toBeGreaterThan(0);
  });

  test('that were never used go on after a restore as they would have gone on', () => {
    const world = start(config([withSlabs({}, { slabPermille: 0 })]));
    world.step(3);
    const copy = World.restore(world.config, world.state());
    for (const each of [world, copy]) {
      each.submit({ type: 'setWorkload', vm: 'a', workload: { ...base.workload!, slabPermille: 200 } });
      each.step(20);
      expect(each.guests[0]!.slabs.pages).toBeGreaterThan(100);
    }
    expect([copy.hash(), owners(copy)]).toEqual([world.hash(), owners(world)]);
  });

  test('have a bit for each of their pages and for no other, to the last page of the guest', () => {
    const nrPages = 4096 + 4;
    const mm = GuestMm.boot(mmConfig({ nrPages, zoneStartPfn: [0, 1024, 1048576] }));
    // So that the last four pages are taken first.
    setBlockType(mm.state, 4096 >>> PAGEBLOCK_ORDER, MIGRATE_UNMOVABLE);
    const slabs = SlabCaches.create(mm, 60, 1, 'test');
    const bits = slabs.bits()!;
    let pages = 0;
    for (let pfn = 0; pfn < nrPages; pfn++) {
      const isSlab = mm.pageState(pfn) === 'allocated';
      expect(((bits[pfn >>> 5]! >>> (pfn & 31)) & 1) === 1, `pfn ${pfn}`).toBe(isSlab);
      if (isSlab) pages++;
    }
    expect(pages).toBe(slabs.pages);
    expect(mm.pageState(nrPages - 1)).toBe('allocated');
  });

  test('shrink one by one, as a write to its file does', () => {
    const world = moved({}, 2);
    const { slabs } = world.guests[0]!;
    const pages = (name: string): number => slabs.figures().find((cache) => cache.name === name)!.slabs;
    const before = pages('dentry');
    expect(before).toBeGreaterThan(20);
    expect(slabs.shrinkOne('dentry')).toBe(true);
    expect(pages('dentry')).toBe(0);
    expect(slabs.shrinkOne('nothing')).toBe(false);
    expect(world.check()).toEqual([]);
  });

  test.each([{}, { notify: true }, { notify: true, shrinkSlabs: true, commitStepTicks: 2 }])(
    'leave every law at every tick, with restores on the way: %o',
    (beyond) => {
      const world = start(config([withSlabs(beyond)]));
      for (let t = 0; t < 60; t++) {
        if (t % 20 === 4)
          world.submit({
            type: 'commitLayout',
            vm: 'a',
            ranges: t % 40 === 4 ? ALL_ON_2 : [{ start: 0, end: PAGES, nid: 0 }],
          });
        if (t === 30) {
          const workload = { ...base.workload!, slabPermille: 50, filePermille: 900 };
          world.submit({ type: 'setWorkload', vm: 'a', workload });
        }
        world.step();
        expect(world.check()).toEqual([]);
        expectNodesToAddUp(world);
        if (t % 6 !== 0) continue;
        const copy = World.restore(world.config, world.state());
        expect(copy.hash()).toBe(world.hash());
        const ahead = World.restore(world.config, world.state());
        copy.step(6);
        for (let i = 0; i < 6; i++) ahead.step();
        expect([copy.hash(), copy.snapshot('blocks')]).toEqual([ahead.hash(), ahead.snapshot('blocks')]);
      }
      const again = start(world.config);
      again.step(world.tick);
      expect([again.hash(), owners(again)]).toEqual([world.hash(), owners(world)]);
    },
  );

  test('and the page cache change nothing where their shares are 0', () => {
    const plain = start(config([guest('a')]));
    const zero = start(config([guest('a', { workload: { ...base.workload!, slabPermille: 0, filePermille: 0 } })]));
    plain.step(20);
    zero.step(20);
    expect(zero.chain).toBe(plain.chain);
    // Whose a page is decides nothing either.
    const file = start(config([guest('a', { workload: { ...base.workload!, filePermille: 700 } })]));
    file.step(20);
    expect(file.chain).toBe(plain.chain);
  });
});

describe('tasks with a memory policy', () => {
  test('that are told follow their memory; the others name nodes that have none', () => {
    const [deaf, told] = [moved({}, 2), moved({ notify: true }, 2)];
    const masks = (world: World): string[] =>
      world.guests[0]!.policies.tasks.map(({ comm, policy, nodes }) => `${comm} ${policy} ${nodes.join()}`);
    expect(masks(deaf)).toEqual(['worker0 bind 0', 'worker1 bind 1', 'logger prefer 0']);
    expect(masks(told)).toEqual(['worker0 bind 2', 'worker1 bind 2', 'logger prefer 2']);
    expect([counter(deaf, 'staleMasks'), counter(told, 'staleMasks')]).toEqual([3, 0]);
    expect([counter(deaf, 'tasksRemapped'), counter(told, 'tasksRemapped')]).toEqual([0, 3]);
    expect(masks(World.restore(told.config, told.state()))).toEqual(masks(told));
  });

  test('stay with the node that keeps most of its memory', () => {
    const world = start(config([withSlabs({ notify: true })]));
    const ranges = [
      { start: 0, end: 1100, nid: 0 },
      { start: 1100, end: 2048, nid: 2 },
      { start: 2048, end: 3000, nid: 1 },
      { start: 3000, end: PAGES, nid: 3 },
    ];
    world.submit({ type: 'commitLayout', vm: 'a', ranges });
    expect(world.guests[0]!.policies.tasks.map(({ nodes }) => nodes)).toEqual([[0], [3], [0]]);
  });
});
