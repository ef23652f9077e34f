/**
 * What a sweep varies: a place of the scenario, and the values that it takes there.
 *
 * (a) A list of any values, in its order. (b) A range with a step: `from`, `from + step`, … up to `to`, or with `log`
 * `from * step`, …. (c) A range without a step: RANGE_POINTS of a grid, at equal distances or, with `log`, equal ratios;
 * any of it in a Latin hypercube and for an edge. (d) `whole` rounds to whole numbers,
 *     as where the scenario takes no others. (e) Values of a range have at most 12
 * significant digits, so that steps add up to what a person would write.
 */
import { exp, ln } from '../engine/core/index.ts';

export type AxisValue = unknown;

interface ListAxis {
  readonly name: string;
  readonly path: string;
  readonly values: readonly AxisValue[];
}

export interface RangeAxis {
  readonly name: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly step?: number | undefined;
  readonly log?: boolean | undefined;
  readonly whole?: boolean | undefined;
}

export type Axis = ListAxis | RangeAxis;

export const isRange = (axis: Axis): axis is RangeAxis => 'from' in axis;

const RANGE_POINTS = 5;
export const MAX_AXIS_VALUES = 10_000;

const DIGITS = 12;
const rounded = (value: number, whole: boolean | undefined): number =>
  whole === true ? Math.round(value) : Number(value.toPrecision(DIGITS));

/** The value of a range at a share of its length, from 0 to 1. */
function valueAt({ from, to, log, whole }: RangeAxis, share: number): number {
  if (share <= 0) return from;
  if (share >= 1) return to;
  return rounded(log === true ? from * exp(share * ln(to / from)) : from + share * (to - from), whole);
}

/** The middle between two values of a range, as its scale has it. */
export const middle = ({ log, whole }: RangeAxis, low: number, high: number): number =>
  rounded(log === true ? Math.sqrt(low) * Math.sqrt(high) : (low + high) / 2, whole);

/** How many values a grid takes of an axis, without making them. */
export function gridCount(axis: Axis): number {
  if (!isRange(axis)) return axis.values.length;
  const { from, to, step, log } = axis;
  if (step === undefined) return from === to ? 1 : RANGE_POINTS;
  // A last step that ends a rounding error before `to` is taken.
  const steps = log === true ? ln(to / from) / ln(step) : (to - from) / step;
  return Math.floor(steps + 1e-9) + 1;
}

/** The values that a grid takes of an axis, each once. */
export function gridValues(axis: Axis): readonly AxisValue[] {
  if (!isRange(axis)) return axis.values;
  const { from, step, log, whole } = axis;
  const values = Array.from({ length: gridCount(axis) }, (_, i) => {
    if (step === undefined) return valueAt(axis, i / (RANGE_POINTS - 1));
    return rounded(log === true ? from * exp(i * ln(step)) : from + i * step, whole);
  });
  return [...new Set(values)];
}

/** The value of an axis at a share of it, from 0 to below 1: of a list and of steps the one whose part that is. */
export function sampleValue(axis: Axis, share: number): AxisValue {
  if (isRange(axis) && axis.step === undefined) return valueAt(axis, share);
  const values = gridValues(axis);
  return values[Math.floor(share * values.length)];
}

/** A value in a cell of a table. */
export const axisCell = (value: AxisValue): string | number | boolean | null =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as string | number | boolean | null);
