/**
 * Shares of a whole as percentages, for every view and the report: one quantity has one text wherever it stands.
 *
 * (a) What stands alone (a score, how full, how far) is rounded down: 100 % is all of it, 0 % is none of it.
 * (b) The parts of one whole sum to 100. The part that also stands alone elsewhere keeps its own text; what rounding down
 *     leaves goes to the others, to those first that lose most.
 * (c) What is there but less than one hundredth is "<1 %", and what is not all of it is never 100 %.
 */
import { decimal, UNKNOWN } from './number-format.ts';

/** Rounded down; null where there is no whole. Exact for counts of pages. */
export const percentDown = (part: number, whole: number): number | null =>
  whole <= 0 ? null : Math.floor((100 * part) / whole);

/** A setting in thousandths, as it was set: 62.5 %. */
export const permilleText = (permille: number): string => `${decimal(permille / 10)} %`;

/** A percentage that has been rounded. */
export const percentText = (percent: number | null): string => (percent === null ? UNKNOWN : `${percent} %`);

/** How far something is; of nothing, all is done. */
export const doneText = (done: number, whole: number): string => (whole <= 0 ? '100 %' : shareText(done, whole));

/** A share that stands alone: 58 %, <1 %, 0 %. */
export function shareText(part: number, whole: number): string {
  const percent = percentDown(part, whole);
  return percent === 0 && part > 0 ? '<1 %' : percentText(percent);
}

/**
 * Texts of the parts that together are the whole.
 *
 * @param alone the part that also stands alone elsewhere, and so is rounded down; none: all may be rounded up
 */
export function shareTexts(parts: readonly number[], alone: number | null = null): string[] {
  const whole = parts.reduce((sum, part) => sum + part, 0);
  if (whole <= 0) return parts.map(() => UNKNOWN);
  const down = parts.map((part) => Math.floor((100 * part) / whole));
  let left = 100 - down.reduce((sum, percent) => sum + percent, 0);
  const lost = (i: number): number => (100 * parts[i]!) / whole - down[i]!;
  const takers = parts
    .map((_, i) => i)
    .filter((i) => i !== alone && lost(i) > 0)
    .sort((a, b) => lost(b) - lost(a) || a - b);
  for (const i of takers) {
    // Not up to the whole, and not twice what it is: the rest is in what says "<1 %".
    if (left === 0 || down[i] === 99 || (100 * parts[i]!) / whole < 0.5) continue;
    down[i] = down[i]! + 1;
    left--;
  }
  return down.map((percent, i) => (percent === 0 && parts[i]! > 0 ? '<1 %' : percentText(percent)));
}
