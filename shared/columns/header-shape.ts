/**
 * Checks whether a value from outside has the shape of a SnapshotHeader: types and finite numbers only. What the
 * numbers mean is not checked. Extra fields are allowed and ignored.
 */
import { SNAPSHOT_VERSION } from './table.ts';

export interface ShapeProblem {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** A value in a few words. Lists and objects are not printed: hostile ones nest deeper than JSON.stringify can go. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

type Shape = (value: unknown, path: string) => ShapeProblem | null;

const leaf =
  (expected: string, holds: (value: unknown) => boolean): Shape =>
  (value, path) =>
    holds(value) ? null : { path, found: describe(value), expected };

const text = leaf('text', (v) => typeof v === 'string');
const count = leaf('a whole number from 0', (v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0);
const number = leaf('a finite number', (v) => typeof v === 'number' && Number.isFinite(v));
const oneOf = (...allowed: readonly unknown[]): Shape =>
  leaf(`one of ${allowed.join(', ')}`, (v) => allowed.includes(v));
const orNull =
  (shape: Shape): Shape =>
  (value, path) =>
    value === null ? null : shape(value, path);

const list =
  (shape: Shape): Shape =>
  (value, path) => {
    if (!Array.isArray(value)) return leaf('a list', () => false)(value, path);
    for (let i = 0; i < value.length; i++) {
      const problem = shape(value[i], `${path}/${i}`);
      if (problem !== null) return problem;
    }
    return null;
  };

const record =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return leaf('an object', () => false)(value, path);
    for (const [name, shape] of Object.entries(shapes)) {
      const problem = shape((value as Record<string, unknown>)[name], `${path}/${name}`);
      if (problem !== null) return problem;
    }
    return null;
  };

const flag = oneOf(true, false);

const beyondShape = record({
  topology: flag,
  activePass: orNull(record({ pagesPerTick: count, order: oneOf('oldest', 'youngest', 'address') })),
  consultTarget: flag,
  commitStepTicks: count,
  notify: flag,
  shrinkSlabs: flag,
  lookup: oneOf('tree', 'runs', 'radix', 'table'),
});

const kernelShape = record({ era: text, defects: list(text), beyond: beyondShape });

const headerShape = record({
  version: oneOf(SNAPSHOT_VERSION),
  level: oneOf('accounts', 'blocks'),
  tick: count,
  tickMs: number,
  seed: count,
  chain: text,
  hosts: list(record({ name: text, nids: list(count), cpus: list(list(count)), distances: list(list(number)) })),
  vms: list(text),
  kernels: list(kernelShape),
});

/** The first place where `value` is not a SnapshotHeader, or null. */
export const headerProblem = (value: unknown): ShapeProblem | null => headerShape(value, '/header');
