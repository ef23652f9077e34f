import { describe, expect, it } from 'vitest';
import { PAGES_PER_MIB, PAGE_SIZE_BYTES } from '../../../shared/units/index.ts';
import { advance, precopyAtOnce, roundLeftMs, sentBytes, startPrecopy, workingSetDirt } from './precopy.ts';

const MIB = 2 ** 20;

describe('pre-copy by the rules of QEMU', () => {
  // By hand, at QEMU's downtime limit of 300 ms: sizes in MiB, plain D x T.
  it.each([
    { v: 4096, r: 128, d: 32, passes: 4, sentMib: 5456.0, totalS: 42.625, downMs: 125.0 },
    { v: 4096, r: 1192, d: 300, passes: 2, sentMib: 5386.32, totalS: 4.5187, downMs: 217.658 },
    { v: 16384, r: 1192, d: 800, passes: 10, sentMib: 49200.78, totalS: 41.2758, downMs: 254.848 },
  ])(
    'V $v R $r D $d: $passes passes, $sentMib MiB, $totalS s, $downMs ms',
    ({ v, r, d, passes, sentMib, totalS, downMs }) => {
      const dirty = (seconds: number): number => Math.round(Math.min(v, d * seconds) * PAGES_PER_MIB);
      const { precopy, totalMs, downtimeMs } = precopyAtOnce(v * PAGES_PER_MIB, r * MIB, 300, 1000, dirty);
      expect(precopy.phase).toBe('done');
      // The last round is sent while the VM is paused.
      expect(precopy.rounds).toHaveLength(passes + 1);
      const close = (found: number, published: number): void =>
        expect(Math.abs(found / published - 1)).toBeLessThan(1e-4);
      close(sentBytes(precopy) / MIB, sentMib);
      close(totalMs / 1000, totalS);
      close(downtimeMs!, downMs);
    },
  );

  it('V 4096 R 1192 D 1300 never converges', () => {
    const dirty = (seconds: number): number => Math.round(Math.min(4096, 1300 * seconds) * PAGES_PER_MIB);
    const { precopy, downtimeMs } = precopyAtOnce(4096 * PAGES_PER_MIB, 1192 * MIB, 300, 50, dirty);
    expect(precopy.phase).toBe('failed');
    expect(precopy.rounds).toHaveLength(50);
    expect(downtimeMs).toBeNull();
    // Round 0 takes 4096 / 1192 s and dirties all of memory, so the limit must allow for all of it.
    expect(precopy.leastLimitMs).toBe(Math.ceil((4096 / 1192) * 1000));
  });

  it('names the smallest downtime limit that would have sufficed', () => {
    const dirty = workingSetDirt({ workingSetPages: 50_000, pagesPerSec: 40_000 }, 100_000);
    const run = (limitMs: number) => precopyAtOnce(100_000, 100 * MIB, limitMs, 6, dirty).precopy;
    const failed = run(10);
    expect(failed.phase).toBe('failed');
    expect(run(failed.leastLimitMs!).phase).toBe('done');
    expect(run(failed.leastLimitMs! - 1).phase).toBe('failed');
  });

  it('dirties at most the working set', () => {
    const dirt = (pagesPerSec: number, seconds: number): number =>
      workingSetDirt({ workingSetPages: 65536, pagesPerSec }, 1 << 20)(seconds);
    expect(Math.abs(dirt(20000, 1) - 17236.4)).toBeLessThan(0.56);
    expect(Math.abs(dirt(20000, 5) - 51286.5)).toBeLessThan(0.56);
    expect(dirt(200000, 5)).toBe(65536);
    expect(dirt(1e12, 1e6)).toBe(65536);
    expect(workingSetDirt({ workingSetPages: 0, pagesPerSec: 9 }, 100)(1)).toBe(0);
    expect(workingSetDirt({ workingSetPages: 500, pagesPerSec: 1e9 }, 100)(1)).toBe(100);
  });

  it.each([1, 7, 100, 1000])('gives the same rounds when time comes in ticks of %i ms', (tickMs) => {
    const dirty = workingSetDirt({ workingSetPages: 30_000, pagesPerSec: 9_000 }, 60_000);
    const whole = precopyAtOnce(60_000, 50 * MIB, 20, 30, dirty);
    const ticked = startPrecopy(60_000, 20, 30, 0);
    let ms = 0;
    for (let tick = 0; ticked.phase === 'running' || ticked.phase === 'switchOver'; tick++) {
      for (let left = tickMs; left > 0 && (ticked.phase === 'running' || ticked.phase === 'switchOver');) {
        const now = Math.min(left, roundLeftMs(ticked, 50 * MIB));
        advance(ticked, now, ticked.phase === 'running' ? 1 : 0, 50 * MIB, tick, dirty);
        ms += now;
        left -= now;
      }
    }
    expect(ticked.rounds.map((r) => r.bytesToSend)).toEqual(whole.precopy.rounds.map((r) => r.bytesToSend));
    expect(Math.abs(ms / whole.totalMs - 1)).toBeLessThan(1e-9);
    expect(Math.abs(ticked.roundMs / whole.downtimeMs! - 1)).toBeLessThan(1e-6);
    expect(whole.precopy.rounds.length).toBeGreaterThan(3);
  });

  it('ends a round in the tick whose end it meets, not one later', () => {
    // Ten ticks of 0.1 s at 128 MiB/s: in doubles ten tenths of 128 MiB fall a fraction of a byte short.
    const p = startPrecopy(128 * PAGES_PER_MIB, 300, 30, 0);
    for (let tick = 0; p.phase === 'running'; tick++) {
      advance(p, Math.min(100, roundLeftMs(p, 128 * MIB)), 1, 128 * MIB, tick, () => 1);
    }
    expect(p.rounds.map((r) => r.startTick)).toEqual([0, 9]);
  });

  it('dirties as much as the guest runs', () => {
    // One round of 1 s at 100 pages a second, W large. Expect: half the CPU share, half the time to write.
    const dirty = workingSetDirt({ workingSetPages: 1000, pagesPerSec: 500 }, 1000);
    const dirtied = (cpuShare: number): number => {
      const p = startPrecopy(100, 0, 30, 0);
      advance(p, 1000, cpuShare, 100 * PAGE_SIZE_BYTES, 0, dirty);
      return p.rounds[0]!.dirtyBytes! / PAGE_SIZE_BYTES;
    };
    expect([1, 0.5, 0].map(dirtied)).toEqual([dirty(1), dirty(0.5), 0]);
  });

  it('switches over with an empty last pass when nothing is dirtied', () => {
    const { precopy, totalMs, downtimeMs } = precopyAtOnce(256, MIB, 0, 1, () => 0);
    expect([precopy.phase, totalMs, downtimeMs, sentBytes(precopy)]).toEqual(['done', 1000, 0, 256 * PAGE_SIZE_BYTES]);
  });
});
