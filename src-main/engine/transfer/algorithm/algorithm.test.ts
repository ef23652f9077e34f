/**
 * The algorithms against figures that were computed from the hypervisors' sources by other programs, and against runs of
 * real QEMU: memory that is not zero is read from the run's own counters, everything else is what was asked of it.
 */
import { describe, expect, it } from 'vitest';
import { PAGES_PER_MIB } from '../../../../shared/units/index.ts';
import { type MigrationSettings, runToEnd, startMigration } from './index.ts';
import type { MigrationRun } from './migration-run.ts';
import type { Watcher } from './policy.ts';

const MIB = 2 ** 20;

interface Figures {
  readonly v: number;
  readonly d: number;
  readonly w?: number;
  readonly nonzeroPages?: number;
  readonly pages?: number;
}

function run(
  { v, d, w = v, pages = v * PAGES_PER_MIB, nonzeroPages = pages }: Figures,
  more: Partial<MigrationSettings>,
  watcher: Watcher | null = null,
) {
  const settings: MigrationSettings = {
    algorithm: 'qemu',
    guest: {
      pages,
      zeroPages: pages - nonzeroPages,
      sets: [
        {
          pages: w * PAGES_PER_MIB,
          pattern: 'sequential',
          rates: [{ fromMs: 0, pagesPerSec: d * PAGES_PER_MIB }],
        },
      ],
      cpuNeed: 1,
      vcpus: 1,
    },
    linkBandwidth: 128 * MIB,
    maxBandwidth: Infinity,
    switchoverBandwidth: null,
    maxPostcopyBandwidth: Infinity,
    downtimeLimitMs: 300,
    channels: null,
    zeroPages: 'legacy',
    headerBytes: null,
    stopsAtThreshold: false,
    throttle: null,
    xbzrle: null,
    postcopyAtMs: null,
    postcopyAfterPasses: null,
    timeoutMs: Infinity,
    atTimeout: 'cancel',
    wholePages: false,
    ...more,
  };
  const migration = startMigration(settings);
  return { migration, ...runToEnd(migration, watcher) };
}

const close = (found: number, expected: number, part: number): void =>
  expect(Math.abs(found / expected - 1), `${found}, expected ${expected}`).toBeLessThan(part);

function expectFigures(
  { migration, outcome }: { migration: MigrationRun; outcome: string },
  totalS: number,
  downtimeMs: number,
  passes: number,
  sentMib: number,
): void {
  expect(outcome).toBe('converges');
  expect(migration.passes).toHaveLength(passes);
  close(migration.nowMs / 1000, totalS, 1e-3);
  close(migration.downtimeMs!, downtimeMs, 3e-3);
  close(migration.sentBytes / MIB, sentMib, 1e-4);
}

describe('QEMU, without headers', () => {
  it.each([
    { v: 4096, link: 128, d: 32, totalS: 42.575, downMs: 275.0, syncs: 8, sentMib: 5449.6 },
    { v: 4096, link: 1192, d: 300, totalS: 4.493, downMs: 293.3, syncs: 6, sentMib: 5356 },
    { v: 16384, link: 1192, d: 800, totalS: 41.195, downMs: 294.6, syncs: 18, sentMib: 49104 },
  ])('V $v link $link D $d', ({ v, link, d, totalS, downMs, syncs, sentMib }) => {
    expectFigures(run({ v, d }, { linkBandwidth: link * MIB, headerBytes: 0 }), totalS, downMs, syncs, sentMib);
  });

  it('sends as much in all passes as in all, also in post-copy, and as fast by whole pages', () => {
    const slow = { linkBandwidth: 4 * MIB, maxBandwidth: 4 * MIB };
    const found = [{}, { wholePages: true }, { postcopyAtMs: 3000 }].map((more) => {
      const { migration } = run({ v: 32, d: 1 }, { ...slow, ...more });
      const bytes = migration.passes.reduce((sum, pass) => sum + pass.bytes, 0);
      close(bytes, migration.sentBytes, 1e-9);
      return migration;
    });
    expect(found.map(({ endsBy }) => endsBy)).toEqual(['precopy', 'precopy', 'postcopy']);
    close(found[1]!.nowMs, found[0]!.nowMs, 0.005);
  });

  it('takes as long when somebody looks at it ten times a second, by whole pages too', () => {
    const slow = { linkBandwidth: MIB / 4, maxBandwidth: MIB / 4, wholePages: true };
    const watcher = (): Watcher => ({
      ...{ nextMs: 100, atPasses: false, isSettled: true },
      look({ nowMs }) {
        (this as { nextMs: number }).nextMs = nowMs + 100;
        return [];
      },
    });
    const alone = run({ v: 4, d: 0 }, slow).migration;
    const watched = run({ v: 4, d: 0 }, slow, watcher()).migration;
    close(watched.nowMs, alone.nowMs, 0.002);
  });

  it('is known never to end when the guest is throttled by as much as it may be', () => {
    const throttle = {
      ...({ kind: 'auto-converge', triggerPercent: 50, initialPercent: 20, incrementPercent: 10 } as const),
      ...{ maxPercent: 60, tailslow: false, timer: false, bytesPerSecPerVcpu: 0 },
    };
    const { migration, outcome } = run({ v: 512, d: 1000 }, { throttle });
    expect([outcome, migration.passes.at(-1)!.throttlePercent]).toEqual(['never', 60]);
    expect(migration.passes.length).toBeLessThan(2000);
  });

  it('never ends when more is written than sent', () => {
    expect(run({ v: 4096, d: 1300 }, { linkBandwidth: 1192 * MIB }).outcome).toBe('never');
  });

  it('ends at any rate when the working set fits into bandwidth times limit, and not when it does not', () => {
    const at = (w: number): string => run({ v: 4096, d: 100_000, w }, {}).outcome;
    expect(at(38)).toBe('converges');
    expect(at(48)).toBe('never');
  });

  it('sends the last pass as fast as the link is, or as avail-switchover-bandwidth promises', () => {
    const capped = { maxBandwidth: 128 * MIB, linkBandwidth: 1192 * MIB, headerBytes: 0 };
    const told = { ...capped, switchoverBandwidth: 1192 * MIB };
    expectFigures(run({ v: 4096, d: 32 }, capped), 42.33, 29.5, 7, 5449.6);
    expectFigures(run({ v: 4096, d: 32 }, told), 39.295, 295.3, 7, 5344);
    expect(run({ v: 4096, d: 160, w: 300 }, capped).outcome).toBe('never');
    expectFigures(run({ v: 4096, d: 160, w: 300 }, told), 31.895, 294.6, 4, 4396);
  });
});

describe('XBZRLE', () => {
  const set = { v: 1024, d: 1e5, w: 48 };
  const bytes = (xbzrle: MigrationSettings['xbzrle'], passes: number) => {
    const { migration } = run(set, { linkBandwidth: 32 * MIB, maxBandwidth: 32 * MIB, downtimeLimitMs: 30, xbzrle });
    return migration.passes.slice(0, passes).map((pass) => pass.bytes / (pass.dirtyPages || 1));
  };

  it('caches in the second pass and encodes from the third on', () => {
    const [, second, third] = bytes({ cachePages: 64 * PAGES_PER_MIB, encodedBytes: 20 }, 3);
    expect(second).toBeGreaterThan(3900);
    expect(third).toBeLessThan(100);
  });

  it('of a set twice as large as the cache encodes half', () => {
    const [, , third] = bytes({ cachePages: 24 * PAGES_PER_MIB, encodedBytes: 20 }, 3);
    expect(third).toBeGreaterThan(1900);
    expect(third).toBeLessThan(2100);
  });

  it('saves nothing where whole pages change', () => {
    const [, , third] = bytes({ cachePages: 64 * PAGES_PER_MIB, encodedBytes: 4096 }, 3);
    expect(third).toBeGreaterThan(3900);
  });
});

describe('runs of real QEMU 7.2', () => {
  const ram = { v: 512, pages: 131_202 };
  const ends = (migration: MigrationRun): number[] => migration.passes.slice(0, -2).map(({ endMs }) => endMs / 1000);
  const expectPasses = (found: readonly number[], real: readonly number[]): void =>
    real.forEach((at, i) => {
      const length = at - (real[i - 1] ?? 0);
      expect(Math.abs(found[i]! - (found[i - 1] ?? 0) - length)).toBeLessThan(Math.max(0.1, 0.03 * length));
    });

  it('16 MiB/s over 128 MiB, a link of 32 MiB/s', () => {
    const { migration } = run(
      { ...ram, d: 16, w: 128, nonzeroPages: 131_202 - 79_646 },
      { linkBandwidth: 32 * MIB, maxBandwidth: 1000 * MIB },
    );
    close(migration.nowMs, 12_400, 0.01);
    expect(migration.passes).toHaveLength(10);
    close(migration.sentBytes, 415_944_905, 0.01);
    close(migration.downtimeMs!, 284, 0.03);
    expectPasses(ends(migration), [6.072, 9.094, 10.639, 11.374, 11.776, 11.939, 12.056, 12.114]);
  });

  it('16 MiB/s over 128 MiB, a limit of 32 MiB/s', () => {
    const { migration } = run(
      { ...ram, d: 16, w: 128, nonzeroPages: 131_202 - 77_321 },
      { linkBandwidth: 1192 * MIB, maxBandwidth: 32 * MIB },
    );
    close(migration.nowMs, 12_725, 0.01);
    expect(migration.passes).toHaveLength(9);
    close(migration.sentBytes, 435_618_396, 0.01);
    expect(migration.downtimeMs).toBeLessThan(10);
    expectPasses(ends(migration), [6.41, 9.616, 11.219, 12.019, 12.419, 12.619, 12.719]);
  });

  it('48 MiB/s over 256 MiB, a limit of 32 MiB/s: never', () => {
    const { migration, outcome } = run(
      { ...ram, d: 48, w: 256, nonzeroPages: 131_202 - 46_658 },
      { linkBandwidth: 1192 * MIB, maxBandwidth: 32 * MIB },
    );
    expect(outcome).toBe('never');
    expectPasses(ends(migration), [10.109, 18.117, 25.926, 33.733, 41.541, 49.347, 57.163]);
  });

  it('the same, switched to post-copy after 10.48 s: each page once', () => {
    const { migration } = run(
      { ...ram, d: 48, w: 256, nonzeroPages: 131_202 - 44_768 },
      { linkBandwidth: 1192 * MIB, maxBandwidth: 32 * MIB, maxPostcopyBandwidth: 32 * MIB, postcopyAtMs: 10_480 },
    );
    expect(migration.endsBy).toBe('postcopy');
    close(migration.nowMs, 18_230, 0.05);
    expect(migration.passes).toHaveLength(3);
    close(migration.sentBytes, 624_232_994, 0.02);
  });
});

describe('Xen', () => {
  it.each([
    ['xen-classic', 1024, 125, 25, 6, 1279.984, 10.2399, 0.524],
    ['xen-classic', 1024, 125, 100, 5, 3777.823, 30.2226, 2684.355],
    ['xen-classic', 1024, 125, 125, 4, 5120, 40.96, 8192],
    ['xen-classic', 1024, 125, 200, 4, 5120, 40.96, 8192],
    ['xen-modern', 1024, 125, 25, 5, 1279.918, 10.2393, 2.621],
    ['xen-modern', 1024, 125, 62.5, 5, 2016, 16.128, 256],
    ['xen-modern', 1024, 125, 100, 5, 3777.823, 30.2226, 2684.355],
    ['xen-modern', 1024, 125, 200, 5, 6144, 49.152, 8192],
    ['xen-modern', 4096, 1250, 250, 5, 5119.672, 4.0957, 1.049],
  ] as const)('%s V %i R %i D %f', (algorithm, v, r, d, rounds, sentMib, totalS, downMs) => {
    const found = run({ v, d }, { algorithm, linkBandwidth: r * MIB });
    expectFigures(found, totalS, downMs, rounds + 1, sentMib);
  });
});

describe('Cloud Hypervisor', () => {
  it.each([
    [4096, 1192, 300, 2, 5424.8, 4.665, 235.6],
    [16384, 1192, 800, 11, 50650.5, 43.119, 285.9],
  ] as const)('V %i R %i D %i', (v, r, d, rounds, sentMib, totalS, downMs) => {
    const found = run({ v, d }, { algorithm: 'cloud-hypervisor', linkBandwidth: r * MIB });
    expectFigures(found, totalS, downMs, rounds + 1, sentMib);
  });

  it('asks for its timeout between rounds alone, so it is late by one', () => {
    const set = { v: 6144, d: 1e6, w: 5420 };
    const settings = { algorithm: 'cloud-hypervisor', linkBandwidth: 1850 * MIB, timeoutMs: 60_000 } as const;
    const stopped = run(set, { ...settings, atTimeout: 'ignore' }).migration;
    expect(stopped.passes).toHaveLength(21);
    close(stopped.passes.at(-1)!.startMs, 60_126, 1e-4);
    close(stopped.downtimeMs!, 2929.7, 1e-4);
    expect(run(set, settings).migration.status).toBe('failed');
  });
});
