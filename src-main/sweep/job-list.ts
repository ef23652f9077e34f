/**
 * The jobs of a sweep, in the order of its table: point by point, seed by seed, and where an edge is looked for probe by
 * probe. A job's input is made when it is needed: a sweep may have many.
 */
import type { AxisValue } from './axis.ts';
import type { Point } from './design.ts';
import { pointsOf } from './design.ts';
import type { WholeSweep } from './document.ts';
import { designAxes, edgeAxis, seedCount } from './document.ts';
import { copyOf, parsePath, setAt } from './path.ts';
import type { DocumentPath } from './path.ts';
import type { PointInput } from './point-input.ts';

/** One point under one seed. */
export interface SweepCell {
  readonly point: number;
  readonly values: Point;
  /** Null: the scenario's own. */
  readonly seed: number | null;
}

export function cellsOf(sweep: WholeSweep): readonly SweepCell[] {
  const points = pointsOf(designAxes(sweep), sweep.latin);
  const { seeds } = sweep;
  return points.flatMap((values, point) =>
    Array.from({ length: seedCount(sweep) }, (_, s) => ({
      point,
      values,
      seed: seeds === null ? null : (seeds.first + s) % 2 ** 32,
    })),
  );
}

/** @param edgeValue of the axis that is halved. */
export function inputOf(
  sweep: WholeSweep,
  { values, seed }: SweepCell,
  edgeValue: AxisValue,
  version: string,
): PointInput {
  const { edge, job, options, metrics } = sweep;
  return {
    job,
    options,
    ...askedAt(sweep, values, seed, edgeValue),
    metrics: metrics.map(({ path, of }) => (of === undefined ? { path } : { path, of })),
    verdict: edge === null ? null : { path: edge.path, is: edge.is, value: edge.value },
    version,
  };
}

interface Asked {
  readonly scenario: string;
  readonly ask: PointInput['ask'];
}

/** The text of the scenario of one job, with which anybody can run it alone, and what is asked beside it. */
export function askedAt(sweep: WholeSweep, values: Point, seed: number | null, edgeValue: AxisValue): Asked {
  const scenario = copyOf<Record<string, unknown>>(sweep.scenario);
  const ask = copyOf(sweep.ask);
  const put = (path: string, value: unknown): void => void setIn({ scenario, ask }, parsePath(path)!, copyOf(value));
  designAxes(sweep).forEach(({ path }, i) => put(path, values[i]));
  const halved = edgeAxis(sweep);
  if (halved !== null) put(halved.path, edgeValue);
  if (seed !== null) scenario['seed'] = seed;
  return { scenario: JSON.stringify(scenario), ask };
}

/** A path that begins with `ask` leads beside the scenario. @returns as setAt does. */
export function setIn(
  { scenario, ask }: { readonly scenario: Record<string, unknown>; readonly ask: Record<string, unknown> },
  path: DocumentPath,
  value: unknown,
): string | null {
  return path[0] === 'ask' && path.length > 1 ? setAt(ask, path.slice(1), value) : setAt(scenario, path, value);
}
