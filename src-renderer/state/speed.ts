/** How fast a run is played. */
import { decimal, plural } from '../../shared/view/number-format.ts';

/** Ticks a second; null: as fast as it goes. */
export const SPEEDS: readonly (number | null)[] = [1, 10, 100, 1000, null];

/** Two digits are all that a person reads of a rate that changes: 1 234 becomes 1 200. */
const shortRate = (perSec: number): number => {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(perSec)) - 1);
  return Math.round(perSec / unit) * unit;
};

/**
 * Short, for the list in the toolbar: "10/s · 1×" (real time), "max · 1 200/s".
 * @param measured ticks a second that it makes now; 0: it is not known.
 */
export function speedText(speed: number | null, tickMs: number, measured = 0): string {
  if (speed === null) return measured > 0 ? `max · ${decimal(shortRate(measured))}/s` : 'max';
  return `${speed}/s${speed * tickMs === 1000 ? ' · 1×' : ''}`;
}

/** The same in whole words, for the tip. */
export function speedWords(speed: number | null, tickMs: number): string {
  if (speed === null) return 'As fast as it goes';
  const pace = (speed * tickMs) / 1000;
  return `${plural(speed, 'tick')} a second: ${pace === 1 ? 'real time' : `${decimal(pace)} s of simulated time each second`}`;
}

/** The neighbour in SPEEDS; the nearest slower or faster one of a speed that is not among them. */
export function nextSpeed(speed: number | null, direction: 1 | -1): number | null {
  const value = (each: number | null): number => each ?? Infinity;
  const side = SPEEDS.filter((each) => direction * (value(each) - value(speed)) > 0);
  const next = direction > 0 ? side[0] : side.at(-1);
  return next === undefined ? speed : next;
}
