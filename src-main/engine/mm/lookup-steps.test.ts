/** What a lookup costs in each structure. */
import { guestsOf } from '../../../shared/columns/index.ts';
import { describe, expect, test } from 'vitest';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { config, guest, start } from '../world-fixture.ts';
import { type LookupKind, lookupSteps, radixLevels } from './lookup-steps.ts';
import { createLayout } from './memlayout.ts';

const KINDS: readonly LookupKind[] = ['tree', 'runs', 'radix', 'table'];
const stripes = (nrPages: number, pages: number): LayoutRange[] =>
  Array.from({ length: Math.ceil(nrPages / pages) }, (_, i) => ({
    start: i * pages,
    end: Math.min(nrPages, (i + 1) * pages),
    nid: i % 3,
  }));

describe('the steps of a lookup', () => {
  test('are the logarithm of the ranges in a tree or in runs, and one in a table of whole pageblocks', () => {
    const layout = createLayout(stripes(2 ** 20, 1024), 2 ** 20, 1);
    const most = (kind: LookupKind, cached = false): number => {
      let steps = 0;
      for (let pfn = 0; pfn < 2 ** 20; pfn += 511) steps = Math.max(steps, lookupSteps(layout, pfn, kind, cached));
      return steps;
    };
    // 1024 ranges, 2048 pageblocks.
    expect([most('tree'), most('tree', true), most('runs'), most('radix'), most('table')]).toEqual([12, 1, 10, 2, 1]);
    expect([1, 64, 65, 4096, 4097, 2 ** 19].map(radixLevels)).toEqual([1, 1, 2, 2, 3, 4]);
  });

  test('halve the ranges of the pageblock in a table, in the last pageblock as well', () => {
    const layout = createLayout(stripes(4096, 64), 4096, 1);
    const steps = (from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, i) => lookupSteps(layout, from + i, 'table', false));
    // Eight ranges, and the first of the next pageblock where there is one: it may begin before its pageblock.
    expect(new Set(steps(4096 - 512, 4096))).toEqual(new Set([1 + 3]));
    expect(new Set(steps(0, 4096 - 512))).toEqual(new Set([1 + 3, 1 + 4]));
  });

  test('are counted as the guest is set, and change nothing else', () => {
    const ran = (lookup: LookupKind) => {
      const a = guest('a', { regeneration: { enabled: false, granularityPages: 16, delayTicks: 1 } });
      const world = start(config([{ ...a, beyond: { ...PLAIN_RFC, lookup } }]));
      world.step(2);
      world.submit({ type: 'commitLayout', vm: 'a', ranges: stripes(4096, 128) });
      world.step(30);
      expect(world.check()).toEqual([]);
      const { lookups, counters } = guestsOf(world.snapshot('accounts'))[0]!;
      return { hash: world.hash(), lookups, steps: counters['lookupSteps']! };
    };
    const [tree, runs, radix, table] = KINDS.map(ran);
    expect(new Set([tree, runs, radix, table].map((r) => r!.hash)).size).toBe(1);
    expect(new Set([tree, runs, radix, table].map((r) => JSON.stringify(r!.lookups))).size).toBe(1);
    expect(table!.lookups.hit + table!.lookups.miss).toBeGreaterThan(500);
    // 32 ranges, four in every pageblock.
    expect(table!.steps).toBeLessThan(runs!.steps);
    // The shared cache answers what comes in a row.
    expect(tree!.steps).toBeLessThan(tree!.lookups.hit + 7 * tree!.lookups.miss + 1);
    expect(radix!.steps).toBe(table!.steps);
  });
});
