/** One row of the validation suite: what goes in, what must come out and who says so, and what our model makes of it. */

/**
 * What a row is worth: only figures of others' programs and of real machines validate a model; maths and source code verify
 * that it is built as meant; a calibration has the figure as its input, and validates nothing.
 */
export type SourceClass = 'source code' | 'measurement' | 'oracle' | 'maths' | 'calibration' | 'property' | 'invariant';

export interface ValidationCase {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly expected: number;
  /** How far off it may be: a part of the expected value, or so many units. */
  readonly within: { readonly part: number } | { readonly units: number };
  readonly from: SourceClass;
  readonly source: string;
  readonly got: () => number;
}

export const part = (value: number): { readonly part: number } => ({ part: value });
export const units = (value: number): { readonly units: number } => ({ units: value });
export const exact = units(0);

export function isWithin({ expected, within }: ValidationCase, got: number): boolean {
  const off = Math.abs(got - expected);
  return 'part' in within ? off <= within.part * Math.abs(expected) : off <= within.units + 1e-9;
}

/** Computed once, however many rows ask for it. */
export function once<T>(compute: () => T): () => T {
  let value: { readonly of: T } | null = null;
  return () => (value ??= { of: compute() }).of;
}
