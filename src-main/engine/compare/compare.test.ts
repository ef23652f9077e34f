/** Comparisons over worlds that were run: the cover letter's example, and each thing beyond the RFC. */
import { differenceText } from '../../../shared/view/words/index.ts';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../../shared/model/comparison.ts';
import type { BeyondConfig, LayoutRange, RfcSwitches } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { ALL_DEFECTS, CORRECT, DEFAULT_PROFILE, RFC_V3 } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { wholeOf } from '../core/index.ts';
import { uniform } from '../mm/mm-fixture.ts';
import { config, guest } from '../world-fixture.ts';
import { compareInParts, type CompareOptions, type CompareProgress } from './index.ts';

const PAGES = 32768;
const all = (nid: number): LayoutRange[] => [{ start: 0, end: PAGES, nid }];
const stripes: LayoutRange[] = Array.from({ length: 256 }, (_, i) => ({
  start: i * 128,
  end: (i + 1) * 128,
  nid: i % 3,
}));

/** 128 MB on two boot nodes; `a 3`, then `s 0 2 128`. */
function coverLetter(rfc: RfcSwitches, workload: boolean): WorldConfig {
  const base = guest('a');
  const a = guest('a', {
    mm: {
      ...base.mm,
      nrPages: PAGES,
      reserved: [],
      zoneStartPfn: [0, 4096, 1048576],
      distances: uniform(4),
      bootLayout: [
        { start: 0, end: 16384, nid: 0 },
        { start: 16384, end: PAGES, nid: 1 },
      ],
      profile: { ...DEFAULT_PROFILE, rfc },
    },
    framePages: 512,
    placement: [{ start: 0, end: PAGES, mode: 'interleave', nodes: [0, 1], pages: [], scatter: false }],
    regeneration: { enabled: false, granularityPages: 512, delayTicks: 1 },
    workload: workload ? base.workload : null,
  });
  const c = config(
    [a],
    [
      { at: 5, command: { type: 'commitLayout', vm: 'a', ranges: all(3) } },
      { at: 25, command: { type: 'commitLayout', vm: 'a', ranges: stripes } },
    ],
  );
  return { ...c, hosts: c.hosts.map((h) => ({ ...h, nodes: h.nodes.map((n) => ({ ...n, totalPages: 40960 })) })) };
}

const compare = (c: WorldConfig, options: Partial<CompareOptions> = {}): Comparison =>
  wholeOf(compareInParts(c, { vm: 'a', of: 'defects', until: 40, maxTicks: 1000, ...options }));

const figure = (comparison: Comparison, variant: string, counter: string, nid: number | null = null): number =>
  comparison.variants
    .find(({ name }) => name === variant)!
    .figures.find((f) => f.counter === counter && f.nid === nid && f.zone === null)!.value;
const sizes = (comparison: Comparison, variant: string): number[] =>
  [0, 1, 2, 3].map((nid) => figure(comparison, variant, 'sizeMb', nid));

describe('the defects of a guest', () => {
  test.each([
    ['everything free', false],
    ['a workload', true],
  ])("the cover letter's sizes are put down to nr_zones alone, with %s", (_, workload) => {
    const comparison = compare(coverLetter(ALL_DEFECTS, workload));
    expect(sizes(comparison, 'correct')).toEqual([43, 42, 42, 0]);
    expect(sizes(comparison, 'this')).toEqual([43, 5, 42, 0]);
    expect(sizes(comparison, 'nrZonesAssign')).toEqual([43, 5, 42, 0]);
    expect(sizes(comparison, 'markAll')).toEqual([43, 42, 42, 0]);
    const size = comparison.differences.filter(({ counter }) => counter === 'sizeMb');
    expect(size).toEqual([
      {
        nid: 1,
        zone: null,
        counter: 'sizeMb',
        value: 5,
        reference: 42,
        causes: [{ name: 'nrZonesAssign', lost: { nid: 1, nrZones: 1, zones: [{ zone: 1, pages: 9472 }] } }],
      },
    ]);
    expect(differenceText(size[0]!)).toBe(
      "Node 1's size in MB is 5, not 42: nr_zones(1) fell to 1 when its zone DMA was first used, so the count sweep " +
        'skipped DMA32 with 9\u202f472 pages.',
    );
    const pages = comparison.differences.find(({ counter, zone }) => counter === 'presentPages' && zone === null)!;
    expect([pages.nid, pages.value, pages.reference]).toEqual([1, 1408, 10880]);
    expect(differenceText(pages)).toContain(
      "Node 1's size is 1\u202f408 pages (5 MB), not 10\u202f880 pages (42 MB): nr_zones(1) fell to 1",
    );
  });

  test('are each put down to themselves', () => {
    const { differences } = compare(coverLetter(RFC_V3, false));
    const because = (counter: string): readonly string[] => [
      ...new Set(differences.filter((d) => d.counter === counter).flatMap((d) => d.causes.map(({ name }) => name))),
    ];
    expect(because('nrZones')).toEqual(['nrZonesAssign']);
    expect(because('nodeLinks')).toEqual(['sysfsStale']);
    expect(because('wmarkMin')).toEqual(['nrZonesAssign']);
    expect(
      because('misplaced').every((name) => ['splitStuck', 'headOnly', 'mergeUnmoved', 'markAll'].includes(name)),
    ).toBe(true);
    for (const difference of differences) expect(differenceText(difference)).toMatch(/ is .*, not .*: .+\.$/);
  });

  test('have figures of nodes that add up to those of the guest, and a reference to each that differs', () => {
    const comparison = compare(coverLetter(ALL_DEFECTS, true), { until: 30 });
    for (const { name } of comparison.variants) {
      const owed = [0, 1, 2, 3].map((nid) => figure(comparison, name, 'stranded', nid));
      const all = figure(comparison, name, 'stranded') + figure(comparison, name, 'pinned');
      expect(all, name).toBe(owed.reduce((sum, pages) => sum + pages, 0));
    }
    expect(figure(comparison, 'correct', 'stranded')).toBeGreaterThan(0);
    // Counters of the posted code are 0 in a guest that has none of it.
    const of = (counter: string) => comparison.differences.find((d) => d.counter === counter);
    expect(of('straddles')).toMatchObject({ reference: 0 });
    for (const { counter, reference } of comparison.differences) expect(reference, counter).toBeTypeOf('number');
  });

  test('of a correct guest there are none to find, so it is set against the series as posted', () => {
    const comparison = compare(coverLetter(CORRECT, false));
    expect(comparison.variants.slice(0, 2).map(({ name }) => name)).toEqual(['correct', 'rfc-v3']);
    expect(sizes(comparison, 'rfc-v3')).toEqual([43, 5, 42, 0]);
  });

  test('a guest with a single one is its own witness', () => {
    const comparison = compare(coverLetter({ ...CORRECT, nrZonesAssign: true }, false));
    expect(comparison.variants.map(({ name }) => name)).toEqual(['correct', 'this']);
    expect(comparison.differences[0]!.causes).toMatchObject([{ name: 'nrZonesAssign', lost: { nid: 1, nrZones: 1 } }]);
  });

  test('each variant has the hash of its own world, and the guest as it is that of the scenario', async () => {
    const { World } = await import('../world.ts');
    const c = coverLetter(ALL_DEFECTS, true);
    const comparison = compare(c);
    const { world } = World.create(c);
    world!.step(40);
    expect(comparison.variants[1]!.hash).toBe(world!.hash());
    expect(new Set(comparison.variants.map(({ hash }) => hash)).size).toBeGreaterThan(3);
  });

  test('work comes in parts, each of which is told', () => {
    const told: CompareProgress[] = [];
    const parts = compareInParts(coverLetter(RFC_V3, false), {
      vm: 'a',
      of: 'defects',
      until: 10,
      maxTicks: 0,
      onProgress: (progress) => told.push(progress),
    });
    expect(parts.next().done).toBe(false);
    expect(told).toEqual([{ variant: 0, variants: 12, name: 'correct', tick: 0 }]);
    while (told.length < 2) expect(parts.next().done).toBe(false);
    expect(told[1]).toEqual({ variant: 0, variants: 12, name: 'correct', tick: 8 });
  });
});

describe('what goes beyond the RFC', () => {
  /** Slow commits, slab caches, and memory that goes where the boot map has no CPU. */
  function busy(beyond: Partial<BeyondConfig>): WorldConfig {
    const base = guest('a');
    const a = guest('a', {
      mm: { ...base.mm, cpuNode: [0, 0, 1, 1] },
      regeneration: { enabled: false, granularityPages: 16, delayTicks: 1 },
      workload: { ...base.workload!, slabPermille: 100, lifetime: { law: 'lomax', alpha: 1.5, scaleTicks: 10 } },
      beyond: { ...PLAIN_RFC, ...beyond },
    });
    const commits: LayoutRange[][] = [
      [
        { start: 0, end: 700, nid: 0 },
        { start: 700, end: 4096, nid: 2 },
      ],
      Array.from({ length: 32 }, (_, i) => ({ start: i * 128, end: (i + 1) * 128, nid: [0, 3][i % 2]! })),
    ];
    return config(
      [a],
      commits.map((ranges, i) => ({ at: 5 + 40 * i, command: { type: 'commitLayout', vm: 'a', ranges } })),
    );
  }

  test('is measured against the plain RFC, each option alone and the guest as it is', () => {
    const comparison = compare(busy({ topology: true, activePass: { pagesPerTick: 16, order: 'oldest' } }), {
      of: 'beyond',
      until: 120,
    });
    const at = (variant: string, counter: string): number => figure(comparison, variant, counter);
    expect(comparison.variants.map(({ name }) => name)).toEqual([
      ...['plain', 'this', 'topology', 'activePass', 'commitStepTicks', 'consultTarget', 'notify', 'shrinkSlabs'],
      ...['lookupRuns', 'lookupRadix', 'lookupTable'],
    ]);
    expect(at('activePass', 'strandedArea')).toBeLessThan(0.8 * at('plain', 'strandedArea'));
    expect(at('topology', 'remoteAllocs')).toBeLessThan(0.8 * at('plain', 'remoteAllocs'));
    expect(at('commitStepTicks', 'bornStranded')).toBeGreaterThan(10);
    expect(at('consultTarget', 'bornStranded')).toBeLessThan(0.7 * at('commitStepTicks', 'bornStranded'));
    expect([at('plain', 'commitTicks'), at('commitStepTicks', 'commitTicks')]).toEqual([0, 15]);
    expect(at('shrinkSlabs', 'slabStranded')).toBeLessThan(at('plain', 'slabStranded'));
    expect(at('lookupRadix', 'lookups')).toBe(at('plain', 'lookups'));
    expect(at('lookupRadix', 'lookupSteps')).not.toBe(at('plain', 'lookupSteps'));
    const because = (counter: string): readonly string[] =>
      comparison.differences.find((d) => d.counter === counter)!.causes.map(({ name }) => name);
    expect(because('topologyGeneration')).toEqual(['topology']);
    expect(because('relabelled')).toEqual(['activePass']);
  });

  test('leaves out what would set it on the way, but not for the guest as it is', () => {
    const c = busy({});
    const set = { at: 2, command: { type: 'setBeyond', vm: 'a', beyond: { ...PLAIN_RFC, topology: true } } } as const;
    const comparison = compare({ ...c, schedule: [set, ...c.schedule] }, { of: 'beyond', until: 50 });
    const generations = comparison.variants.map(({ name }) => [name, figure(comparison, name, 'topologyGeneration')]);
    expect(generations.filter(([, generation]) => generation !== 0).map(([name]) => name)).toEqual([
      'this',
      'topology',
    ]);
  });

  test('until it has converged: as long as the first two need', () => {
    const slow = busy({ activePass: { pagesPerTick: 64, order: 'oldest' } });
    const lifetime = { law: 'exponential', meanTicks: 20 } as const;
    const guests = slow.guests.map((g) => ({ ...g, workload: { ...g.workload!, slabPermille: 0, lifetime } }));
    const c = { ...slow, guests };
    const comparison = compare(c, { of: 'beyond', until: 'converged', maxTicks: 3000 });
    const done = (name: string): number => figure(comparison, name, 'convergedTick');
    expect(done('this')).toBeLessThan(done('plain'));
    expect(comparison.tick).toBe(Math.max(done('this'), done('plain')));
    // A figure that only one of the two has is no difference.
    const early = compare(c, { of: 'beyond', until: done('this') });
    const hasConverged = (i: number): boolean =>
      early.variants[i]!.figures.some(({ counter }) => counter === 'convergedTick');
    expect([hasConverged(0), hasConverged(1)]).toEqual([false, true]);
    expect(early.differences.map(({ counter }) => counter)).not.toContain('convergedTick');
  });
});
