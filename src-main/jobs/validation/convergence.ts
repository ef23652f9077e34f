/**
 * How a guest's allocator converges: C1 to C7 of the suite. Lifetimes are drawn from the lifetime law alone, as the engine
 * draws them; what is left of the life of a page met at a random moment comes out of running, never out of the formula.
 */
import { Prng } from '../../engine/core/index.ts';
import { lifetimeAt } from '../../engine/vm/lifetime.ts';
import type { LifetimeConfig } from '../../../shared/model/config.ts';
import { once, part, units, type ValidationCase } from './case.ts';

const N = 50_000;

/** Of so many pages, the share that still lives its life of time 0 at each of the times. */
function leftAt(law: LifetimeConfig, warmup: number, times: readonly number[], seed: number, n = N): number[] {
  const prng = new Prng(seed, 'validation-convergence');
  const left = times.map(() => 0);
  for (let i = 0; i < n; i++) {
    let end = lifetimeAt(law, prng.unit());
    while (end < warmup) end += lifetimeAt(law, prng.unit());
    for (let t = 0; t < times.length; t++) if (end - warmup > times[t]!) left[t]!++;
  }
  return left.map((count) => count / n);
}

const sigma4 = (survival: number, n = N): { readonly units: number } =>
  units(4 * Math.sqrt((survival * (1 - survival)) / n));

const EXPONENTIAL: LifetimeConfig = { law: 'exponential', meanTicks: 60 };
const LOMAX: LifetimeConfig = { law: 'lomax', alpha: 2.5, scaleTicks: 30 };
const RENEWAL = 'renewal theory';
const TIMES = [15, 60, 180] as const;

const survival = (
  id: string,
  what: string,
  run: () => readonly number[],
  expected: (t: number) => number,
): ValidationCase[] =>
  TIMES.map((t, i) => ({
    id,
    what: `${what}, after ${t}`,
    unit: 'share owed',
    expected: expected(t),
    within: sigma4(expected(t)),
    from: 'maths',
    source: RENEWAL,
    got: () => run()[i]!,
  }));

const exponential = once(() => leftAt(EXPONENTIAL, 400, TIMES, 1));
const lomax = once(() => leftAt(LOMAX, 1000, TIMES, 2));
const fresh = once(() => leftAt(LOMAX, 0, TIMES, 3));

// C3 and C4: a pass that moves so many a second, while pages are freed by themselves.

const PASS = { owed: 1e6, meanS: 300, perSec: 5000 } as const;

/** A fluid, in steps: nothing of the closed form is in it. */
function pass(delayS: number): { readonly endS: number; readonly migrated: number; readonly at60: number } {
  const stepS = 0.001;
  let { owed } = PASS;
  let migrated = 0;
  let at60 = 0;
  for (let step = 0; ; step++) {
    const nowS = step * stepS;
    if (step === 60 / stepS) at60 = owed;
    const moved = nowS >= delayS ? Math.min(owed, PASS.perSec * stepS) : 0;
    owed -= moved;
    migrated += moved;
    owed -= (owed * stepS) / PASS.meanS;
    if (owed <= 1e-6) return { endS: nowS + stepS, migrated, at60 };
  }
}

const passAt = (delayS: number, endS: number, migrated: number): ValidationCase[] => {
  const ran = once(() => pass(delayS));
  const common = { id: delayS === 0 ? 'C3' : 'C4', from: 'maths', source: 'linear decay' } as const;
  const what = `A pass of 5,000 pages/s over 10^6 owed, mean 300 s${delayS === 0 ? '' : `, begun after ${delayS} s`}`;
  return [
    { ...common, what: `${what}: done`, unit: 's', expected: endS, within: part(1e-3), got: () => ran().endS },
    {
      ...common,
      what: `${what}: moved`,
      unit: 'pages',
      expected: migrated,
      within: part(1e-3),
      got: () => ran().migrated,
    },
  ];
};

// C5: layouts at random moments, each misplacing a share of the pages.

/** The time's mean share of misplaced pages: after an event a page is misplaced with probability p, else as it was. */
function misplaced(kappa: number, p: number, lambda: number, events: number): number {
  const prng = new Prng(5, 'validation-relayout');
  let share = 0;
  let area = 0;
  let time = 0;
  for (let i = 0; i < events; i++) {
    const gap = lifetimeAt({ law: 'exponential', meanTicks: 1 / kappa }, prng.unit());
    const after = share * Math.exp(-lambda * gap);
    area += (share - after) / lambda;
    time += gap;
    share = after + (1 - after) * p;
  }
  return area / time;
}

const relayout = (kappa: number, p: number, lambda: number, expected: number): ValidationCase => ({
  id: 'C5',
  what: `Layouts at a rate of ${kappa}, each misplacing ${p}, pages freed at ${lambda}`,
  unit: 'mean share',
  expected,
  within: part(0.01),
  from: 'maths',
  source: 'kp / (kp + l)',
  got: () => misplaced(kappa, p, lambda, 300_000),
});

// C6: lifetimes without a mean: what is left grows with the uptime.

const UPTIME = 1e6;
const LATE_N = 800;
const LATE: LifetimeConfig = { law: 'lomax', alpha: 0.7, scaleTicks: 1 };
const late = once(() => leftAt(LATE, UPTIME, [0.1 * UPTIME, UPTIME, 10 * UPTIME], 6, LATE_N));
const uptime = (i: number, x: number, expected: number, within: number): ValidationCase => ({
  id: 'C6',
  what: `Lomax 0.7, uptime 10^6: left after ${x} times the uptime`,
  unit: 'share owed',
  expected,
  within: units(Math.max(within * expected, sigma4(expected, LATE_N).units)),
  from: 'maths',
  source: 'Dynkin-Lamperti',
  got: () => late()[i]!,
});

const pinned = once(() => 0.1 + 0.9 * leftAt(EXPONENTIAL, 400, [3000], 7, 20_000)[0]!);

export const CONVERGENCE_CASES: readonly ValidationCase[] = [
  ...survival('C1', 'Exponential 60, in a stationary system', exponential, (t) => Math.exp(-t / 60)),
  ...survival('C1', 'Lomax 2.5/30, in a stationary system', lomax, (t) => (1 + t / 30) ** -1.5),
  ...survival('C2', 'Lomax 2.5/30, every page fresh: the other law', fresh, (t) => (1 + t / 30) ** -2.5),
  ...passAt(0, 153.248, 766_238),
  {
    id: 'C3',
    what: 'The same: owed after 60 s',
    unit: 'pages',
    expected: 546_826.9,
    within: part(1e-3),
    from: 'maths',
    source: 'linear decay',
    got: once(() => pass(0).at60),
  },
  ...passAt(150, 251.87, 509_366),
  ...passAt(300, 365.8, 329_008),
  ...passAt(600, 625.91, 129_574),
  relayout(0.5, 0.5, 1, 0.2),
  relayout(1, 0.5, 1, 0.3333),
  relayout(0.1, 1, 1, 0.0909),
  uptime(0, 0.1, 0.5792, 0.01),
  uptime(1, 1, 0.2724, 0.01),
  uptime(2, 10, 0.0706, 0.05),
  {
    id: 'C7',
    what: 'A tenth pinned: what is owed for ever',
    unit: 'share owed',
    expected: 0.1,
    within: units(1e-9),
    from: 'maths',
    source: RENEWAL,
    got: pinned,
  },
];
