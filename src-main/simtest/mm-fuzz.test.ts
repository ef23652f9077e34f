import { describe, expect, it } from 'vitest';
import { engineMaker } from './engine-mm.ts';
import { drawMmCase } from './mm-draw.ts';
import type { MmCase } from './mm-draw.ts';
import { runMmCase } from './mm-case.ts';
import { formatMmFailure, fuzzMm, shrinkMmCase } from './mm-fuzz.ts';
import { mmMutants } from './mm-mutant.ts';
import { mmRegressions } from './mm-regression.ts';
import type { MmMaker } from './mm-under-test.ts';
import { naiveMaker } from './naive-mm.ts';
import { runVector, vectors } from './vectors.ts';

/** The shyest planted fault is caught at seed 12. */
const SEEDS = 25;
const ENGINE_SEEDS = 30;
/** One that takes three operations to see and one that takes a single one. */
const SHRUNK = ['a freed block follows its head', 'relabels reserved pages'];
/** Each of another kind; a run of all vectors on the naive model is not cheap. */
const SEEN_BY_VECTORS = ['forgets the drain', 'a freed block follows its head', 'loses a stranded decrement'];

describe('the fuzz can fail', () => {
  const firstFailing = (maker: MmMaker): MmCase | undefined =>
    Array.from({ length: SEEDS }, (_, i) => drawMmCase(i + 1, 'correct')).find((c) => runMmCase(maker, c) !== null);

  it.each(mmMutants)(`the planted fault "$name" is caught within seeds 1..${SEEDS}`, (maker) => {
    expect(firstFailing(maker)).toBeDefined();
  });

  it.each(mmMutants.filter((m) => SHRUNK.includes(m.name)))('a case of "$name" is shrunk and still fails', (maker) => {
    const small = shrinkMmCase(maker, firstFailing(maker)!);
    const failure = runMmCase(maker, small);
    expect(failure).not.toBeNull();
    expect(small.ops.length, formatMmFailure(maker, small, failure!)).toBeLessThanOrEqual(4);
  });

  it.each(mmMutants.filter((m) => SEEN_BY_VECTORS.includes(m.name)))(
    'the planted fault "$name" breaks a vector of the specification',
    (maker) => {
      expect(vectors.some((v) => runVector(maker, v).length > 0)).toBe(true);
    },
  );
});

describe.each([naiveMaker, engineMaker])('operations on $name', (maker) => {
  it.each(mmRegressions)('$name', (c) => {
    const failure = runMmCase(maker, c);
    expect(failure === null ? null : formatMmFailure(maker, c, failure)).toBeNull();
  });
});

it(`the engine and the oracle agree on seeds 1..${ENGINE_SEEDS}`, () => {
  expect(fuzzMm(engineMaker, 1, ENGINE_SEEDS, 'correct')).toBeNull();
});
