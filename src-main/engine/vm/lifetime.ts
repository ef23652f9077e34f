/**
 * Lifetime laws of allocations, in ticks, drawn by inversion. `residual` draws from the equilibrium law: what is left of
 * the life of a page met at a random moment of a stationary system. It is not the lifetime law (length bias), except for
 * the exponential. Source: renewal theory.
 *
 *   exponential  P(L > t) = e^(-t/mean)            residual: the same
 *   lomax        P(L > t) = (1 + t/scale)^-alpha   residual: (1 + t/scale)^-(alpha - 1), one power heavier
 */
import type { LifetimeConfig } from '../../../shared/model/config.ts';
import { ln, pow, type Prng } from '../core/index.ts';

/** The lifetime that a random number in (0, 1) stands for. */
export function lifetimeAt(law: LifetimeConfig, unit: number): number {
  return law.law === 'exponential' ? -law.meanTicks * ln(unit) : law.scaleTicks * (pow(unit, -1 / law.alpha) - 1);
}

/** The same for what is left of a life. */
export function residualAt(law: LifetimeConfig, unit: number): number {
  return law.law === 'exponential' ? -law.meanTicks * ln(unit) : law.scaleTicks * (pow(unit, -1 / (law.alpha - 1)) - 1);
}

export const drawLifetime = (law: LifetimeConfig, prng: Prng): number => lifetimeAt(law, prng.unit());

/**
 * The age of a block of a stationary system that has `residual` left to live: what a lifetime that is longer than that is
 * longer by. Exponential: whatever is left, an age like any lifetime. Lomax: the more is left, the older it is.
 */
export function drawAge(law: LifetimeConfig, residual: number, prng: Prng): number {
  return law.law === 'exponential'
    ? drawLifetime(law, prng)
    : drawLifetime({ ...law, scaleTicks: law.scaleTicks + residual }, prng);
}
