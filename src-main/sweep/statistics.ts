/**
 * What the results of one point under several seeds have in common: median, quantiles, mean, and how sure they are.
 *
 * (a) A quantile lies between two neighbours in order, in proportion (type 7 of Hyndman and Fan, as R and NumPy have it).
 * (b) Confidence is by bootstrap: of the mean studentised (Efron and Tibshirani 1993, chapter 12.5), whose intervals
 *     are right to second order also for few and skewed results; of the median by its percentiles.
 * (c) Each interval draws from its own stream of the seed, so that one more metric or point changes no other.
 * (d) Fewer than MIN_FOR_INTERVAL results have no interval (null); equal ones have the value itself.
 */
import { Prng } from '../engine/core/index.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Summary {
  readonly n: number;
  readonly min: number;
  readonly q05: number;
  readonly q25: number;
  readonly median: number;
  readonly q75: number;
  readonly q95: number;
  readonly max: number;
  readonly mean: number;
  readonly medianInterval: Interval | null;
  readonly meanInterval: Interval | null;
}

export interface Bootstrap {
  readonly resamples: number;
  readonly seed: number;
  /** Of 100 such intervals, so many are to hold what they are about. */
  readonly confidencePercent: number;
}

export const DEFAULT_BOOTSTRAP: Bootstrap = { resamples: 2000, seed: 1, confidencePercent: 95 };

const MIN_FOR_INTERVAL = 5;

/** @param stream names what is summarised. */
export function summarise(values: readonly number[], bootstrap: Bootstrap, stream: string): Summary | null {
  const { length: n } = values;
  if (n === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (p: number): number => quantile(sorted, p);
  return {
    n,
    min: sorted[0]!,
    q05: at(0.05),
    q25: at(0.25),
    median: at(0.5),
    q75: at(0.75),
    q95: at(0.95),
    max: sorted[n - 1]!,
    mean: meanOf(sorted),
    medianInterval: medianInterval(sorted, bootstrap, stream),
    meanInterval: meanInterval(sorted, bootstrap, stream),
  };
}

/** @param sorted not empty. */
export function quantile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const tailOf = ({ confidencePercent }: Bootstrap): number => (1 - confidencePercent / 100) / 2;

export function medianInterval(sorted: Float64Array, bootstrap: Bootstrap, stream: string): Interval | null {
  const n = sorted.length;
  if (n < MIN_FOR_INTERVAL) return null;
  if (sorted[0] === sorted[n - 1]) return { low: sorted[0]!, high: sorted[0]! };
  const prng = new Prng(bootstrap.seed, `median of ${stream}`);
  const medians = new Float64Array(bootstrap.resamples);
  const counts = new Uint32Array(n);
  const [lower, upper] = [(n - 1) >> 1, n >> 1];
  for (let b = 0; b < bootstrap.resamples; b++) {
    counts.fill(0);
    for (let i = 0; i < n; i++) {
      const drawn = prng.below(n);
      counts[drawn] = counts[drawn]! + 1;
    }
    // The values are in order: the median is where half of the draws are behind.
    let passed = 0;
    let i = 0;
    while (passed + counts[i]! <= lower) passed += counts[i++]!;
    const low = sorted[i]!;
    while (passed + counts[i]! <= upper) passed += counts[i++]!;
    medians[b] = (low + sorted[i]!) / 2;
  }
  medians.sort();
  const tail = tailOf(bootstrap);
  return { low: quantile(medians, tail), high: quantile(medians, 1 - tail) };
}

export function meanInterval(values: Float64Array, bootstrap: Bootstrap, stream: string): Interval | null {
  const n = values.length;
  if (n < MIN_FOR_INTERVAL) return null;
  const mean = meanOf(values);
  const error = standardError(values, mean);
  if (error === 0) return { low: mean, high: mean };
  const prng = new Prng(bootstrap.seed, `mean of ${stream}`);
  const ratios = new Float64Array(bootstrap.resamples);
  for (let b = 0; b < bootstrap.resamples; b++) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      // From the mean, so that little is lost where the values are large and close together.
      const off = values[prng.below(n)]! - mean;
      sum += off;
      squares += off * off;
    }
    const shift = sum / n;
    const spread = Math.max(0, squares - n * shift * shift);
    // All the same value drawn: it says nothing of the spread, and counts as far off.
    ratios[b] = spread > 1e-12 * squares ? shift / Math.sqrt(spread / (n - 1) / n) : shift === 0 ? 0 : shift * Infinity;
  }
  ratios.sort();
  const tail = tailOf(bootstrap);
  return { low: mean - edgeOf(ratios, 1 - tail) * error, high: mean - edgeOf(ratios, tail) * error };
}

/** The quantile of the ratios, the outermost finite one where it is infinite. */
function edgeOf(ratios: Float64Array, p: number): number {
  const finite = ratios.filter(Number.isFinite);
  if (finite.length === 0) return 0;
  const at = Math.round(p * (ratios.length - 1));
  const value = ratios[at]!;
  return Number.isFinite(value) ? value : value < 0 ? finite[0]! : finite[finite.length - 1]!;
}

function standardError(values: Float64Array, mean: number): number {
  const n = values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (n - 1) / n);
}
