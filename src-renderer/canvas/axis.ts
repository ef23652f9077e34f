/** Marks of the axes: round pfns in hex (steps are powers of two, so they are round sizes too), and simulated seconds. */
import { kibFromPages, PAGES_PER_GIB, PAGES_PER_MIB } from '../../shared/units/index.ts';
import { decimal, exactPages, hexPfn, niceStep, size } from '../../shared/view/number-format.ts';
import type { Viewport } from './viewport.ts';
import { toPfn } from './viewport.ts';

export interface AxisMark {
  readonly value: number;
  readonly text: string;
}

export interface PfnAxis {
  readonly step: number;
  /** "128 MiB": what lies between two marks. */
  readonly stepText: string;
  readonly marks: readonly AxisMark[];
}

/** Whole pfns, multiples of one power of two, as many as have room at so many pixels each. */
export function pfnAxis(view: Viewport, pixelsPerMark: number): PfnAxis {
  const most = Math.max(1, view.widthPixels / pixelsPerMark);
  const wanted = (view.widthPixels * view.pagesPerPixel) / most;
  let step = 1;
  while (step < wanted) step *= 2;
  const marks: AxisMark[] = [];
  for (let pfn = Math.ceil(view.fromPfn / step) * step; pfn <= toPfn(view); pfn += step) {
    marks.push({ value: pfn, text: hexPfn(pfn, view.nrPages + 1) });
  }
  return { step, stepText: step === 1 ? '4 KiB' : stepSize(step), marks };
}

const stepSize = (pages: number): string => (pages < PAGES_PER_MIB ? `${kibFromPages(pages)} KiB` : size(pages));

/** Round numbers from 0 to `max`, at most about `steps`. A max of 0 gives the 0 alone. */
export function countAxis(max: number, steps: number): readonly number[] {
  if (max <= 0) return [0];
  const step = Math.max(1, niceStep(max, steps));
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, i) => i * step);
}

/** Round sizes from 0 to `maxPages`, at most about `steps`: MiB or GiB, or pages where there are few. */
export function sizeAxis(maxPages: number, steps: number): readonly AxisMark[] {
  const unit = maxPages >= 2 * PAGES_PER_GIB ? PAGES_PER_GIB : maxPages >= 2 * PAGES_PER_MIB ? PAGES_PER_MIB : 1;
  return countAxis(Math.floor(maxPages / unit), steps).map((n) => ({
    value: n * unit,
    text: n === 0 ? '0' : unit === 1 ? exactPages(n) : size(n * unit),
  }));
}

/** Round simulated seconds between two ticks. */
export function timeAxis(fromTick: number, toTick: number, tickMs: number, marks: number): readonly AxisMark[] {
  const [from, to] = [(fromTick * tickMs) / 1000, (toTick * tickMs) / 1000];
  if (to <= from) return [{ value: fromTick, text: `${decimal(from)} s` }];
  const step = niceStep(to - from, Math.max(1, marks));
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) => {
    const seconds = (first + i) * step;
    return { value: (seconds * 1000) / tickMs, text: `${decimal(seconds)} s` };
  });
}
