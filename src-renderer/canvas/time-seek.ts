/** Which recorded tick is meant by a place on the time axis. */
import { pointAt } from '../../shared/view/time-steps.ts';

/** What can be shown: recorded frames between two ticks, and the present. */
export interface Recorded {
  readonly first: number;
  readonly now: number;
  /** Ticks of the series' points, ascending; frames are at these or between them. */
  readonly ticks: readonly number[];
}

/** The recorded tick nearest to a wish; null: the present. */
export function snapped({ first, now, ticks }: Recorded, wish: number): number | null {
  if (wish >= now) return null;
  const at = pointAt(ticks, wish);
  const [below, above] = [ticks[at] ?? first, ticks[at + 1] ?? now];
  const near = wish - below <= above - wish ? below : above;
  return near >= now ? null : Math.max(first, near);
}

/** So many recorded ticks before or after the one that is shown. */
export function steppedTick({ first, now, ticks }: Recorded, shown: number, steps: number): number | null {
  const at = pointAt(ticks, shown);
  // Between two points, a step back goes to the point before.
  const from = steps < 0 && at >= 0 && ticks[at]! < shown ? at + 1 : at;
  const to = ticks[Math.max(0, from + steps)] ?? now;
  return to >= now ? null : Math.max(first, to);
}
