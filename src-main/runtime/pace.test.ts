/** Against a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import { Pace, RateMeter } from './pace.ts';

/** Ticks done by `endMs` when each takes `tickMs`, and the times of the clock at which they were begun. */
function run(pace: Pace, fromMs: number, endMs: number, tickMs = 0): number[] {
  const begun: number[] = [];
  for (let now = fromMs; now <= endMs;) {
    const wait = pace.waitMs(now);
    if (wait > 0) {
      now += wait;
      continue;
    }
    begun.push(now);
    now += tickMs;
    pace.tick(now);
  }
  return begun;
}

describe('pace', () => {
  it.each([0.1, 1, 3, 60, 1000])('of %d ticks a second begins at once and does not drift', (ticksPerSec) => {
    const begun = run(new Pace(ticksPerSec, 500), 500, 500 + 20_000, 0.2);
    expect(begun[0]).toBe(500);
    expect(begun.length).toBe(Math.floor(20 * ticksPerSec + 1e-6) + 1);
    expect(Math.max(...begun.map((ms, i) => Math.abs(ms - 500 - (i * 1000) / ticksPerSec)))).toBeLessThan(0.3);
  });

  it('makes up for less than a second of standstill, and for no more', () => {
    const short = new Pace(10, 0);
    run(short, 0, 1000);
    // Stood from 1.0 s to 1.8 s: eleven of the first second, seven made up for, and on.
    expect(run(short, 1800, 1800).length).toBe(8);
    const long = new Pace(10, 0);
    run(long, 0, 1000);
    const begun = run(long, 60_000, 60_000).length;
    expect(begun).toBeGreaterThan(9);
    expect(begun).toBeLessThan(13);
    expect(run(long, 60_001, 61_000).length).toBe(10);
  });

  it('as fast as it goes never waits', () => {
    expect(run(new Pace(null, 0), 0, 10, 1).length).toBe(11);
  });

  it('keeps what has passed of a tick when the speed changes', () => {
    const pace = new Pace(1, 0);
    run(pace, 0, 500);
    pace.change(10, 500);
    // Half a tick had passed: the other half takes 50 ms now.
    expect(pace.waitMs(500)).toBeCloseTo(50, 6);
    run(pace, 500, 1000);
    pace.change(null, 1000);
    expect(pace.waitMs(1000)).toBe(0);
    pace.change(1, 2000);
    expect(pace.waitMs(2000)).toBeLessThanOrEqual(1000);
  });
});

describe('the rate', () => {
  it('is that of the last second', () => {
    const meter = new RateMeter();
    expect(meter.ticksPerSec()).toBe(0);
    for (let i = 0; i <= 100; i++) meter.mark(i, i * 10);
    expect(meter.ticksPerSec()).toBeCloseTo(100, 6);
    for (let i = 1; i <= 400; i++) meter.mark(100 + i, 1000 + i * 5);
    expect(meter.ticksPerSec()).toBeCloseTo(200, 6);
    meter.clear();
    expect(meter.ticksPerSec()).toBe(0);
  });
});
