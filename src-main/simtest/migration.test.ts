/**
 * The engine's migrations against the naive ones, page by page, over random small guests of every algorithm: the same passes
 * with the same pages, the same times; no page lost, none sent twice after the switch; bounds of downtime and link kept.
 */
import { describe, expect, it } from 'vitest';
import { Prng } from '../engine/core/index.ts';
import { type MigrationSettings, startMigration } from '../engine/transfer/algorithm/index.ts';
import { type NaiveMigration, NaiveMigrator } from './naive-migration.ts';

const BATCHES = 50;
const BATCH = 100;
const MAX_PASSES = 25;
const ALGORITHMS = ['qemu', 'qemu', 'qemu', 'xen-classic', 'xen-modern', 'cloud-hypervisor'] as const;

function draw(seed: number): NaiveMigration {
  const prng = new Prng(seed, 'naive-migration');
  const below = (n: number): number => prng.below(n);
  const algorithm = ALGORITHMS[below(ALGORITHMS.length)]!;
  const isQemu = algorithm === 'qemu';
  const sets = Array.from({ length: 1 + below(3) }, () => ({ pages: 1 + below(150), pagesPerSec: below(1000) }));
  const zeroPages = isQemu ? below(200) : 0;
  const otherPages = below(200);
  const pages = zeroPages + otherPages + sets.reduce((sum, set) => sum + set.pages, 0);
  // All of it in 0.2 to 5 s, at a whole number of bytes a ms.
  const link = Math.max(1, Math.round((pages * 4096) / (200 + below(4800))));
  const isCapped = isQemu && prng.chance(1, 2);
  const pageBytes = isQemu ? 4104 : 4096;
  const autoConverge = isQemu && prng.chance(1, 4);
  return {
    algorithm,
    zeroPages,
    otherPages,
    sets,
    link,
    cap: isCapped ? Math.max(1, Math.round((link * (10 + below(110))) / 100)) : Infinity,
    limitMs: 10 + below(1000),
    pageBytes,
    zeroBytes: isQemu ? 9 : 4096,
    stopsAtThreshold: prng.chance(1, 2),
    autoConverge,
    timer: prng.chance(1, 2),
    postcopyAtMs: isQemu && prng.chance(1, 4) ? below(6000) : Infinity,
    overheadMs: algorithm === 'cloud-hypervisor' ? 57 : 0,
    maxPasses: MAX_PASSES,
  };
}

function settingsOf(of: NaiveMigration): MigrationSettings {
  const written = of.sets.reduce((sum, { pages }) => sum + pages, 0);
  return {
    algorithm: of.algorithm,
    guest: {
      pages: of.zeroPages + of.otherPages + written,
      zeroPages: of.zeroPages,
      sets: of.sets.map(({ pages, pagesPerSec }) => ({
        pages,
        pattern: 'sequential',
        rates: [{ fromMs: 0, pagesPerSec }],
      })),
      cpuNeed: 1,
      vcpus: 1,
    },
    linkBandwidth: of.link * 1000,
    maxBandwidth: of.cap * 1000,
    switchoverBandwidth: null,
    maxPostcopyBandwidth: Infinity,
    downtimeLimitMs: of.limitMs,
    channels: null,
    zeroPages: 'legacy',
    headerBytes: null,
    stopsAtThreshold: of.stopsAtThreshold,
    throttle: of.autoConverge
      ? {
          kind: 'auto-converge',
          triggerPercent: 50,
          initialPercent: 20,
          incrementPercent: 10,
          maxPercent: 99,
          tailslow: false,
          timer: of.timer,
          bytesPerSecPerVcpu: 1,
        }
      : null,
    xbzrle: null,
    postcopyAtMs: of.postcopyAtMs === Infinity ? null : of.postcopyAtMs,
    postcopyAfterPasses: null,
    timeoutMs: Infinity,
    atTimeout: 'cancel',
    wholePages: true,
  };
}

function compare(seed: number): void {
  const of = draw(seed);
  const naive = new NaiveMigrator(of).run();
  const run = startMigration(settingsOf(of));
  while (run.status !== 'completed' && run.passes.length <= MAX_PASSES) run.step(Infinity);
  const what = `seed ${seed}: ${JSON.stringify(of)}`;
  const ended = run.status === 'completed';
  expect(ended, what).toBe(naive.endsBy !== null);
  expect(naive.stale, `pages lost, ${what}`).toBe(0);
  expect(naive.mostAfterSwitch, `pages sent twice after the switch, ${what}`).toBeLessThanOrEqual(1);
  const told = run.passes.slice(0, MAX_PASSES - 1).map(({ dirtyPages }) => Math.round(dirtyPages * 1000) / 1000);
  expect(told, what).toEqual(naive.passes.slice(0, MAX_PASSES - 1).map(({ dirtyAtStart }) => dirtyAtStart));
  run.passes.slice(0, MAX_PASSES - 1).forEach(({ startMs, endMs }, i) => {
    expect(Math.abs(endMs - startMs - naive.passes[i]!.ms), `pass ${i}, ${what}`).toBeLessThan(1e-3);
  });
  if (!ended) return;
  expect(run.endsBy, what).toBe(naive.endsBy);
  expect(Math.abs(run.nowMs - naive.totalMs), what).toBeLessThan(1e-3);
  expect(Math.abs(run.downtimeMs! - naive.downtimeMs!), what).toBeLessThan(1e-3);
  expect(run.sentBytes, `more than the link carries, ${what}`).toBeLessThanOrEqual(of.link * run.nowMs + of.pageBytes);
  if (of.algorithm === 'qemu' && run.endsBy === 'precopy') {
    const least = 0.5;
    const bound = of.limitMs * Math.min(1, of.cap / of.link) * (of.pageBytes / 4096) + least;
    expect(run.downtimeMs, `downtime bound, ${what}`).toBeLessThanOrEqual(bound + 1e-6);
  }
}

describe('random migrations, the engine and page by page', () => {
  it.each(Array.from({ length: BATCHES }, (_, i) => [i * BATCH, (i + 1) * BATCH - 1]))(
    'seeds %i to %i',
    (first, last) => {
      for (let seed = first; seed <= last; seed++) compare(seed);
    },
  );

  it('draws every way to end', () => {
    const ends = new Map<string, number>();
    for (let seed = 0; seed < 600; seed++) {
      const of = draw(seed);
      const { endsBy } = new NaiveMigrator(of).run();
      const key = `${of.algorithm} ${endsBy ?? 'not in time'}`;
      ends.set(key, (ends.get(key) ?? 0) + 1);
    }
    for (const key of [
      'qemu precopy',
      'qemu postcopy',
      'qemu not in time',
      'xen-classic precopy',
      'xen-modern precopy',
      'cloud-hypervisor precopy',
    ])
      expect(ends.get(key) ?? 0, key).toBeGreaterThan(10);
  });
});
