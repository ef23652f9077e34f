/**
 * A metric is one value of the JSON document that a job ends in.
 *
 * (a) It is a number, a truth value or a text; null where the path leads to none, or to a list or an object.
 * (b) Where a `*` leads to several, they are made one: by `of`, or else numbers are added and truth values must all hold.
 */
import type { DocumentPath } from './path.ts';
import { parsePath, valuesAt } from './path.ts';

export type MetricValue = number | string | boolean | null;

export const METRIC_FOLDS = ['sum', 'mean', 'min', 'max', 'count'] as const;
type MetricFold = (typeof METRIC_FOLDS)[number];

export interface Metric {
  /** Of its column. */
  readonly name: string;
  readonly path: string;
  readonly of?: MetricFold | undefined;
}

export function metricValue(document: unknown, { path, of }: Metric): MetricValue {
  const parts = parsePath(path);
  if (parts === null) return null;
  const found = valuesAt(document, parts);
  if (of === 'count') return found.length;
  if (!parts.includes('*') && of === undefined) return scalar(found[0]);
  const scalars = found.map(scalar).filter((value) => value !== null);
  return of === undefined && scalars.length > 0 && scalars.every((value) => typeof value === 'boolean')
    ? scalars.every(Boolean)
    : folded(
        scalars.map(numberOf).filter((value) => value !== null),
        of ?? 'sum',
      );
}

function scalar(value: unknown): MetricValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

/** A truth value counts as 1 or 0, so that its mean is a share. */
export const numberOf = (value: MetricValue): number | null =>
  typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? value : null;

function folded(numbers: readonly number[], of: MetricFold): number | null {
  if (numbers.length === 0) return null;
  const sum = numbers.reduce((total, each) => total + each, 0);
  switch (of) {
    case 'min':
      return numbers.reduce((a, b) => Math.min(a, b));
    case 'max':
      return numbers.reduce((a, b) => Math.max(a, b));
    case 'mean':
      return sum / numbers.length;
    default:
      return sum;
  }
}

/** `/a/0/b` is called a.0.b. */
export const metricName = (path: DocumentPath): string => path.join('.');
