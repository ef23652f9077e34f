/**
 * What is said of the time to come: a forecast of what is owed, and the room that it gets on the axis.
 *
 * The forecast is made only where it is exact: an exponential lifetime has no memory, so what is owed now falls by
 * e^(-t/mean) as long as no other layout is delivered. Otherwise there is none.
 */
export interface OwedForecast {
  readonly owedPages: number;
  readonly meanTicks: number;
}

export interface OwedForecastInput {
  readonly owedPages: number;
  /** H ≠ T, without what is coalesced: the next layout will make it owed. */
  readonly stalePages: number;
  readonly lifetime: { readonly law: string; readonly meanTicks?: number } | null;
  /** Something moves this VM, or holds pages of it. */
  readonly disturbed: boolean;
}

export function owedForecast({ owedPages, stalePages, lifetime, disturbed }: OwedForecastInput): OwedForecast | null {
  if (owedPages <= 0 || stalePages > 0 || disturbed) return null;
  if (lifetime?.law !== 'exponential' || !(lifetime.meanTicks! > 0)) return null;
  return { owedPages, meanTicks: lifetime.meanTicks! };
}

export const owedAfter = ({ owedPages, meanTicks }: OwedForecast, ticks: number): number =>
  owedPages * Math.exp(-ticks / meanTicks);

/** Ticks until a share of it is left. */
export const ticksUntil = ({ meanTicks }: OwedForecast, share: number): number => meanTicks * Math.log(1 / share);

/** A tick is not divided: the axis of a run that has just begun is of some. */
const LEAST_SPAN = 10;
/** Commands to come are on the axis as far ahead as the run is long, and of one that has just begun so many ticks. */
const LEAST_AHEAD = 200;

/**
 * The tick at the right end of the axis: the present with a little room, more where a forecast can be seen.
 * @param top the greatest value of the axis
 * @param coming ticks of commands to come
 */
export function axisEnd(
  now: number,
  first: number,
  forecast: OwedForecast | null,
  top: number,
  coming: readonly number[] = [],
): number {
  const span = Math.max(1, now - first);
  const ahead = now + Math.max(span, LEAST_AHEAD);
  const last = coming.reduce((most, tick) => (tick <= ahead ? Math.max(most, tick) : most), now);
  const withComing = last > now ? last + Math.max(1, 0.03 * (last - first)) : 0;
  return Math.max(withComing, endWithout(now, first, forecast, top));
}

function endWithout(now: number, first: number, forecast: OwedForecast | null, top: number): number {
  const span = Math.max(1, now - first);
  if (span < LEAST_SPAN) return first + LEAST_SPAN;
  const room =
    forecast === null || forecast.owedPages < top / 100 ? 0.03 : Math.min(0.35, ticksUntil(forecast, 0.01) / span);
  return now + Math.max(1, span * Math.max(0.03, room));
}
