/** How fast a run is played. */
import { decimal, plural } from '../../shared/view/number-format.ts';

/** Ticks a second; null: as fast as it goes. */
export const SPEEDS: readonly (number | null)[] = [1, 10, 100, 1000, null];

/** Short, for the list in the toolbar: "10/s · real time", "max". */
export function speedText(speed: number | null, tickMs: number): string {
  if (speed === null) return 'max';
  return `${speed}/s${speed * tickMs === 1000 ? ' · real time' : ''}`;
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
