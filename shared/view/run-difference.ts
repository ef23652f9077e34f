/**
 * Two runs, or two moments of one, on one axis: time is counted from a moment of each. What one has more than the other at
 * every time that both have.
 *
 * (a) A value holds from its point to the next one, as the time strip draws it; where a point stands for several ticks it is
 *     that of the last of them.
 * (b) Nothing is compared before the moment of each, nor after the end of the shorter one.
 */
import type { Lag } from './lag.ts';
import type { Series } from './series.ts';
import { pointAt } from './time-steps.ts';

export interface RunSide {
  readonly series: Series;
  readonly tickMs: number;
  /** The moment that counts as 0. */
  readonly momentTick: number;
  /** Index of the VM; null: of all together. */
  readonly guest: number | null;
}

/** B − A in pages, from `ms` until the next. */
export interface DifferenceStep {
  readonly ms: number;
  readonly pages: number;
}

export interface RunDifference {
  readonly lag: Lag;
  readonly steps: readonly DifferenceStep[];
  /** The times that both have; null: none. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | null;
}

export const msOf = ({ tickMs, momentTick }: RunSide, tick: number): number => (tick - momentTick) * tickMs;
export const tickOf = ({ tickMs, momentTick }: RunSide, ms: number): number => momentTick + ms / tickMs;

/** When it begins and ends, as far as it is known. */
export function rangeOf(side: RunSide): { readonly fromMs: number; readonly toMs: number } | null {
  const { ticks } = side.series;
  return ticks.length === 0 ? null : { fromMs: msOf(side, ticks[0]!), toMs: msOf(side, ticks.at(-1)!) };
}

/** Pages at a time; null: it has not that time. */
export function pagesAt(side: RunSide, lag: Lag, ms: number): number | null {
  const { series, guest } = side;
  const range = rangeOf(side);
  if (range === null || ms < range.fromMs - 1e-9 || ms > range.toMs + 1e-9) return null;
  const band = (guest === null ? series.all : series.guests[guest]?.lags)?.[lag];
  const at = pointAt(series.ticks, tickOf(side, ms) + 1e-9);
  return band === undefined ? null : ((band.last ?? band.most)[at] ?? null);
}

/** Every time at which one of the two may change, ascending, within what both have. */
export function changeTimes(a: RunSide, b: RunSide): readonly number[] {
  const [first, second] = [rangeOf(a), rangeOf(b)];
  if (first === null || second === null) return [];
  const [fromMs, toMs] = [Math.max(0, first.fromMs, second.fromMs), Math.min(first.toMs, second.toMs)];
  if (fromMs > toMs) return [];
  const of = (side: RunSide): number[] => side.series.ticks.map((tick) => msOf(side, tick));
  const times = [...of(a), ...of(b), fromMs].filter((ms) => ms >= fromMs && ms <= toMs).sort((x, y) => x - y);
  return times.filter((ms, i) => i === 0 || ms - times[i - 1]! > 1e-6);
}

export function runDifference(a: RunSide, b: RunSide, lag: Lag): RunDifference {
  const times = changeTimes(a, b);
  const steps: DifferenceStep[] = [];
  for (const ms of times) {
    const pages = pagesAt(b, lag, ms)! - pagesAt(a, lag, ms)!;
    if (steps.at(-1)?.pages !== pages) steps.push({ ms, pages });
  }
  return { lag, steps, range: times.length === 0 ? null : { fromMs: times[0]!, toMs: times.at(-1)! } };
}

/** Where B has the most more than A, and the most less; null: it never has. */
export function extremes({ steps }: RunDifference): {
  readonly more: DifferenceStep | null;
  readonly less: DifferenceStep | null;
} {
  let [more, less]: (DifferenceStep | null)[] = [null, null];
  for (const step of steps) {
    if (step.pages > (more?.pages ?? 0)) more = step;
    if (step.pages < (less?.pages ?? 0)) less = step;
  }
  return { more: more!, less: less! };
}

/** The most at once, and when first. */
export function mostOf(side: RunSide, lag: Lag): { readonly pages: number; readonly ms: number } | null {
  const { series, guest } = side;
  const most = (guest === null ? series.all : series.guests[guest]?.lags)?.[lag].most ?? [];
  let at = -1;
  most.forEach((pages, i) => {
    if (at < 0 || pages > most[at]!) at = i;
  });
  return at < 0 ? null : { pages: most[at]!, ms: msOf(side, series.ticks[at]!) };
}
