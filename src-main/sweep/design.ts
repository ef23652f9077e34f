/**
 * The points of a sweep: which values its axes take together.
 *
 * (a) A grid has every combination; the last axis changes fastest.
 * (b) A Latin hypercube of N points cuts every axis into N equal parts and has one point in each part of each axis, in
 *     orders drawn from its seed. Adding an axis behind the others does not change what those draw.
 */
import { Prng } from '../engine/core/index.ts';
import type { Axis, AxisValue } from './axis.ts';
import { gridCount, gridValues, sampleValue } from './axis.ts';

export interface LatinSample {
  readonly points: number;
  readonly seed: number;
}

/** Values in the order of the axes. */
export type Point = readonly AxisValue[];

/** @param latin null: a grid. */
export const pointCount = (axes: readonly Axis[], latin: LatinSample | null): number =>
  axes.length === 0 ? 1 : latin === null ? axes.reduce((n, axis) => n * gridCount(axis), 1) : latin.points;

export function pointsOf(axes: readonly Axis[], latin: LatinSample | null): readonly Point[] {
  if (axes.length === 0) return [[]];
  return latin === null ? grid(axes) : latinHypercube(axes, latin);
}

function grid(axes: readonly Axis[]): readonly Point[] {
  let points: readonly Point[] = [[]];
  for (const axis of axes) {
    const values = gridValues(axis);
    points = points.flatMap((point) => values.map((value) => [...point, value]));
  }
  return points;
}

function latinHypercube(axes: readonly Axis[], { points, seed }: LatinSample): readonly Point[] {
  const columns = axes.map((axis, a) => {
    const prng = new Prng(seed, `sweep axis ${a}`);
    const parts = Array.from({ length: points }, (_, i) => i);
    for (let i = points - 1; i > 0; i--) {
      const j = prng.below(i + 1);
      [parts[i], parts[j]] = [parts[j]!, parts[i]!];
    }
    return parts.map((part) => sampleValue(axis, (part + prng.unit()) / points));
  });
  return Array.from({ length: points }, (_, i) => columns.map((column) => column[i]));
}
