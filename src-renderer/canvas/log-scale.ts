/** Heights of counts that span from one to millions: 0 is the foot, 1 stands clear of it, then each tenfold the same step. */

/** Share of the height, 0 to 1. @param top what fills it; at least 1. */
export const logShare = (n: number, top: number): number =>
  n <= 0 ? 0 : (Math.log10(n) + FOOT) / (Math.log10(Math.max(1, top)) + FOOT);

/** Room below 1, in tenfold steps. */
const FOOT = 0.5;

/** The power of ten that holds `max`, at least 10. */
export function logTop(max: number): number {
  let top = 10;
  while (top < max) top *= 10;
  return top;
}

/** 1, 10, 100, … up to the top. */
export function logMarks(top: number): number[] {
  const marks: number[] = [];
  for (let mark = 1; mark <= top; mark *= 10) marks.push(mark);
  return marks;
}
