/**
 * Convergence of "transplant on free" against renewal theory.
 *
 * Independence: the runs that count draw lifetimes from G only (start: fresh) and reach stationarity by running; the
 * expected S_e is never sampled. Pages are independent (no bulk frees), so U(t) is binomial: 4 sigma.
 */
import { describe, expect, test } from 'vitest';
import type { LifetimeConfig, WorkloadConfig } from '../../../shared/model/config.ts';
import { GuestMm } from '../mm/index.ts';
import { Workload } from './workload.ts';
import { mmConfig } from '../mm/mm-fixture.ts';

const PAGES = 98_304;

const GUEST = mmConfig({ nrPages: PAGES, nrNodeIds: 2, cpuNode: [0, 0] });

const work = (lifetime: LifetimeConfig, more: Partial<WorkloadConfig>): WorkloadConfig => ({
  occupancyPermille: 600,
  kernelPermille: 0,
  hugePermille: 0,
  lifetime,
  start: 'fresh',
  warmupTicks: 0,
  ...more,
});

/** Commits all memory to node 1 after the warm-up and returns U(t) at the given ticks, U0 first. */
function owed(config: WorkloadConfig, seed: number, ticks: readonly number[], before = 0): number[] {
  const mm = GuestMm.boot(GUEST);
  const workload = Workload.create(mm, config, seed, 'convergence');
  for (let t = 0; t < before; t++) workload.step();
  mm.commit([{ start: 0, end: PAGES, nid: 1 }]);
  const count = (): number => mm.stranded(0, 1).pages + mm.stranded(0, 1).pinned;
  const out = [count()];
  let now = 0;
  for (const t of ticks) {
    for (; now < t; now++) workload.step();
    out.push(count());
  }
  expect(mm.check()).toEqual([]);
  return out;
}

function expectBinomial(u: number, u0: number, survival: number): void {
  const sigma = Math.sqrt(u0 * survival * (1 - survival));
  expect(Math.abs(u - u0 * survival), `U ${u}, expected ${u0 * survival} ± ${4 * sigma}`).toBeLessThan(4 * sigma);
}

describe('C1: a stationary system follows the residual-life law', () => {
  test('exponential, mean 40 ticks, after 60 ticks of running: exp(-t / mean), seed 11', () => {
    const ticks = [4, 10, 20, 40, 80, 120, 200];
    const [u0, ...u] = owed(work({ law: 'exponential', meanTicks: 40 }, { warmupTicks: 60 }), 11, ticks);
    expect(u0).toBeGreaterThan(50_000);
    ticks.forEach((t, i) => expectBinomial(u[i]!, u0!, Math.exp(-t / 40)));
  });

  test('Lomax 2.5 with scale 15 ticks, after 600 ticks of running: (1 + t / s)^-1.5, not ^-2.5, seed 12', () => {
    const ticks = [3, 7, 15, 30, 60, 150];
    const [u0, ...u] = owed(work({ law: 'lomax', alpha: 2.5, scaleTicks: 15 }, { warmupTicks: 600 }), 12, ticks);
    ticks.forEach((t, i) => {
      expectBinomial(u[i]!, u0!, (1 + t / 15) ** -1.5);
      const lifetimeLaw = u0! * (1 + t / 15) ** -2.5;
      expect(u[i]! - lifetimeLaw).toBeGreaterThan(20 * Math.sqrt(lifetimeLaw));
    });
  });

  test('Lomax drawn stationary stays stationary while it runs, seed 13', () => {
    const ticks = [7, 30, 60];
    const stationary = work({ law: 'lomax', alpha: 2.5, scaleTicks: 15 }, { start: 'stationary' });
    const [u0, ...u] = owed(stationary, 13, ticks, 50);
    ticks.forEach((t, i) => expectBinomial(u[i]!, u0!, (1 + t / 15) ** -1.5));
  });
});

describe('C2: with fresh lifetimes at the commit one measures the lifetime law', () => {
  test('Lomax 2.5 at two scales: 0.0642, where the residual law has 0.1925, seed 14', () => {
    const [u0, u] = owed(work({ law: 'lomax', alpha: 2.5, scaleTicks: 30 }, {}), 14, [60]);
    expectBinomial(u!, u0!, 3 ** -2.5);
    expect((3 ** -2.5).toFixed(4)).toBe('0.0642');
    expect((3 ** -1.5).toFixed(4)).toBe('0.1925');
  });
});

describe('C7: kernel pages are the floor', () => {
  test('a tenth pinned: U settles at exactly the pinned pages, all huge pages converge, seed 15', () => {
    const config = work({ law: 'exponential', meanTicks: 4 }, { kernelPermille: 100, hugePermille: 300 });
    const mm = GuestMm.boot(GUEST);
    const workload = Workload.create(mm, config, 15, 'floor');
    const { kernel, huge } = workload.held;
    expect(kernel).toBe(Math.floor((PAGES * 0.6) / 10));
    expect(huge).toBeGreaterThan(0);
    mm.commit([{ start: 0, end: PAGES, nid: 1 }]);
    for (let t = 0; t < 80; t++) workload.step();
    expect(mm.stranded(0, 1)).toEqual({ pages: 0, pinned: kernel });
    expect(workload.held).toEqual({ kernel, huge, small: workload.held.small });
    expect(mm.check()).toEqual([]);
  });
});
