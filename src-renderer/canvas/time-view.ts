/**
 * Which part of the time axis is on screen. Plain values; every function gives a new one.
 *
 * (a) A zoom lies inside the whole axis and is narrower than it; what is not narrower is null: all of it.
 * (b) A zoom that has the axis' end in it follows the end, so that one goes on seeing the present.
 */
export interface TimeRange {
  readonly fromTick: number;
  readonly toTick: number;
}

export interface TimeZoom extends TimeRange {
  readonly follows: boolean;
}

/** At the closest. */
const LEAST_TICKS = 4;

const span = ({ fromTick, toTick }: TimeRange): number => toTick - fromTick;

function clamped(fromTick: number, ticks: number, whole: TimeRange): TimeZoom | null {
  if (ticks >= span(whole) * (1 - 1e-9)) return null;
  const from = Math.max(whole.fromTick, Math.min(fromTick, whole.toTick - ticks));
  return { fromTick: from, toTick: from + ticks, follows: from + ticks >= whole.toTick - 1e-9 };
}

/** What is seen of the whole axis. */
export function seen(zoom: TimeZoom | null, whole: TimeRange): TimeRange {
  if (zoom === null) return whole;
  return clamped(zoom.follows ? whole.toTick - span(zoom) : zoom.fromTick, span(zoom), whole) ?? whole;
}

/** @param factor above 1: closer, with `tick` staying where it is. */
export function zoomed(zoom: TimeZoom | null, whole: TimeRange, tick: number, factor: number): TimeZoom | null {
  const now = seen(zoom, whole);
  const ticks = Math.max(LEAST_TICKS, span(now) / factor);
  const part = (tick - now.fromTick) / Math.max(1e-9, span(now));
  return clamped(tick - part * ticks, ticks, whole);
}

/** @param part of what is seen; positive: towards later. */
export function panned(zoom: TimeZoom | null, whole: TimeRange, part: number): TimeZoom | null {
  const now = seen(zoom, whole);
  return clamped(now.fromTick + part * span(now), span(now), whole);
}

/** Moves no more than it must to have a tick in sight. */
export function revealing(zoom: TimeZoom | null, whole: TimeRange, tick: number): TimeZoom | null {
  const now = seen(zoom, whole);
  if (tick >= now.fromTick && tick <= now.toTick) return zoom;
  const room = span(now) / 10;
  return clamped(tick < now.fromTick ? tick - room : tick + room - span(now), span(now), whole);
}

/** From the beginning until a little after a tick. */
export const until = (whole: TimeRange, tick: number): TimeZoom | null =>
  clamped(whole.fromTick, Math.max(LEAST_TICKS, (tick - whole.fromTick) * 1.08), whole);
