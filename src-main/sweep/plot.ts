/** What the figures of a sweep share: a frame, two scales with their marks, and lines through points. Units are pixels. */
import { decimal, niceStep } from '../../shared/view/number-format.ts';
import { ln } from '../engine/core/index.ts';
import { h } from '../report/index.ts';
import type { Child } from '../report/index.ts';

export const PLOT = { width: 860, height: 300, left: 92, right: 20, top: 12, bottom: 44 } as const;

export interface Scale {
  /** The place of a value. */
  at(value: number): number;
  readonly marks: readonly { readonly value: number; readonly text: string }[];
}

/** @param values all that is to be seen. @param from and `to` are places. */
export function scaleOf(values: readonly number[], from: number, to: number, isLog: boolean): Scale {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return isLog && low > 0 && high > low ? logScale(low, high, from, to) : linearScale(low, high, from, to);
}

function linearScale(low: number, high: number, from: number, to: number): Scale {
  const span = high - low;
  // One value alone stands in the middle.
  const [first, last] =
    span === 0 ? [low - Math.max(1, Math.abs(low)) / 2, high + Math.max(1, Math.abs(high)) / 2] : [low, high];
  const step = niceStep(last - first, 5);
  const marks: number[] = [];
  for (let i = Math.ceil(first / step - 1e-9); i * step <= last + step * 1e-9; i++) marks.push(i * step);
  return {
    at: (value) => tenth(from + ((value - first) / (last - first)) * (to - from)),
    marks: marks.map((value) => ({ value, text: numberText(value) })),
  };
}

/** Marks at 1, 2 and 5 times powers of ten, or at powers alone where they are many. */
function logScale(low: number, high: number, from: number, to: number): Scale {
  const [first, last] = [ln(low), ln(high)];
  const all: number[] = [];
  for (let power = Math.floor(first / Math.LN10); power <= Math.ceil(last / Math.LN10); power++)
    for (const factor of [1, 2, 5]) all.push(Number(`${factor}e${power}`));
  const seen = all.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const marks = seen.length <= 8 ? seen : seen.filter((value) => /^1e|^10*$|^0\.0*1$/.test(String(value)));
  return {
    at: (value) => tenth(from + ((ln(value) - first) / (last - first)) * (to - from)),
    marks: marks.map((value) => ({ value, text: numberText(value) })),
  };
}

/** Positions of things that have names. */
export function nameScale(names: readonly string[], from: number, to: number): Scale {
  const each = (to - from) / names.length;
  return {
    at: (value) => tenth(from + (value + 0.5) * each),
    marks: names.map((text, value) => ({ value, text: shortened(text, 14) })),
  };
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

const UNITS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const;

/** A number at an axis or in a cell: 1.2 G, 0.005, 300. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  const unit = UNITS.find(([least]) => size >= least);
  if (unit !== undefined) return `${decimal(value / (unit[1] === 'k' ? 1e3 : unit[0]))} ${unit[1]}`;
  return size > 0 && size < 0.01 ? String(Number(value.toPrecision(2))) : decimal(value);
}

export const shortened = (text: string, chars: number): string =>
  text.length > chars ? `${text.slice(0, chars - 1)}…` : text;

/** Axes with their grid and names. */
export function frame(x: Scale, y: Scale, xName: string, yName: string): Child {
  const { width, height, left, right, top, bottom } = PLOT;
  const [base, end] = [height - bottom, width - right];
  return [
    y.marks.map(({ value, text }) => [
      h('path', { class: 'grid crisp', d: `M${left} ${y.at(value)}H${end}` }),
      h('text', { x: left - 6, y: y.at(value) + 4, class: 'soft end' }, text),
    ]),
    x.marks.map(({ value, text }) => [
      h('path', { class: 'axis crisp', d: `M${x.at(value)} ${base}v4` }),
      h('text', { x: x.at(value), y: base + 16, class: 'soft mid' }, text),
    ]),
    h('path', { class: 'axis crisp', d: `M${left} ${top}V${base}H${end}` }),
    h('text', { x: (left + end) / 2, y: height - 8, class: 'mid' }, xName),
    h(
      'text',
      { x: 12, y: (top + base) / 2, class: 'mid', transform: `rotate(-90 12 ${(top + base) / 2})` },
      shortened(yName, 40),
    ),
  ];
}

export const line = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');

/** The classes of series, to be added to the style of all figures. */
export const SERIES_RULES = Array.from(
  { length: 6 },
  (_, i) => `.s${i}{stroke:var(--n${i});fill:none} .f${i}{fill:var(--n${i})}`,
).join('\n');
