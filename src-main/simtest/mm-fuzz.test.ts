import { describe, expect, it } from 'vitest';
import { engineFactory } from './engine-mm.ts';
import { newTally, runMmCase } from './mm-case.ts';
import { drawLongMmCase, drawMmCase } from './mm-draw.ts';
import type { MmCase, MmProfile } from './mm-draw.ts';
import { differMm, formatMmFailure, fuzzMm, shrinkMmCase } from './mm-fuzz.ts';
import { rfcMutants } from './mm-mutant-rfc.ts';
import { mmMutants } from './mm-mutant.ts';
import { mmRegressions } from './mm-regression.ts';
import { isRfcGuest } from './mm-under-test.ts';
import type { MmFactory } from './mm-under-test.ts';
import { NaiveMm, naiveFactory } from './naive-mm.ts';
import { NaiveRfcMm, oracleFactory, rfcFactory } from './naive-rfc-mm.ts';
import { runVector, vectors } from './vectors.ts';

/** The shyest planted fault is caught at seed 35. */
const LONG_SEEDS = 40;
const SHORT_SEEDS = 25;
/** `npm run simtest -- --mm` goes on for as long as asked. */
const ENGINE_SEEDS = 15;
const PROFILES: readonly MmProfile[] = ['correct', 'rfc-v3', 'random'];
/** One that takes three operations to see and one that takes a single one. */
const SHRUNK = ['a freed block follows its head', 'relabels reserved pages'];
/** Each of another kind; a run of all vectors on the naive model is not cheap. */
const SEEN_BY_VECTORS = [
  'forgets the drain',
  'a freed block follows its head',
  'loses a stranded decrement',
  'knows nothing of nrZonesAssign',
  'knows nothing of headOnly',
  'shows no leak',
];

describe('the fuzz can fail', () => {
  const isSeen = (factory: MmFactory, profile: MmProfile): boolean =>
    mmRegressions.some((c) => isRfcGuest(c.config) === (profile === 'random') && runMmCase(factory, c) !== null) ||
    Array.from({ length: LONG_SEEDS }, (_, i) => i + 1).some(
      (seed) => runMmCase(factory, drawLongMmCase(seed, profile), 'brisk') !== null,
    );
  const firstFailing = (factory: MmFactory): MmCase | undefined =>
    Array.from({ length: SHORT_SEEDS }, (_, i) => drawMmCase(i + 1, 'correct')).find(
      (c) => runMmCase(factory, c) !== null,
    );

  it.each(mmMutants)(
    `the planted fault "$name" is caught by a kept case or within seeds 1..${LONG_SEEDS}`,
    (factory) => {
      expect(isSeen(factory, 'correct')).toBe(true);
    },
  );

  it.each(rfcMutants)(
    `the planted fault "$name" is caught by a kept case or within seeds 1..${LONG_SEEDS}`,
    (factory) => {
      expect(isSeen(factory, 'random')).toBe(true);
    },
  );

  it.each(mmMutants.filter((m) => SHRUNK.includes(m.name)))(
    'a case of "$name" is shrunk and still fails',
    (factory) => {
      const small = shrinkMmCase(factory, firstFailing(factory)!);
      const failure = runMmCase(factory, small);
      expect(failure).not.toBeNull();
      expect(small.ops.length, formatMmFailure(factory, small, failure!)).toBeLessThanOrEqual(4);
    },
  );

  it.each([...mmMutants, ...rfcMutants].filter((m) => SEEN_BY_VECTORS.includes(m.name)))(
    'the planted fault "$name" breaks a test vector',
    (factory) => {
      const { boot } = factory;
      const isOfRfc = rfcMutants.includes(factory);
      const fits = vectors.filter((v) => isOfRfc === oracleFactory.boot(v.config) instanceof NaiveRfcMm);
      expect(fits.some((v) => runVector({ name: factory.name, boot }, v).length > 0)).toBe(true);
    },
  );

  it('what a brisk run finds is shrunk by thorough ones', () => {
    const factory = mmMutants.find((m) => m.name === 'relabels reserved pages')!;
    const reports = [1, 2, 3, 4, 5].map((seed) => differMm(factory, seed, 'correct').report);
    expect(reports.find((report) => report !== null)).toMatch(
      /^relabels reserved pages, seed \d, correct, long: operation 0: page \d+: A: expected/,
    );
  });
});

describe.each([oracleFactory, engineFactory])('operations on $name', (factory) => {
  it.each(mmRegressions)('$name', (c) => {
    const failure = runMmCase(factory, c);
    expect(failure === null ? null : formatMmFailure(factory, c, failure)).toBeNull();
  });
});

describe('the engine and the oracle agree', () => {
  it.each(PROFILES)(`on seeds 1..${ENGINE_SEEDS}, %s`, (profile) => {
    expect(fuzzMm(engineFactory, 1, ENGINE_SEEDS, profile)).toBeNull();
  });

  it.each(PROFILES.flatMap((profile) => [1, 2, 3, 4].map((seed) => ({ profile, seed }))))(
    'in a long run, $profile, seed $seed',
    ({ profile, seed }) => {
      const { tally, report } = differMm(engineFactory, seed, profile);
      expect(report).toBeNull();
      expect(tally.operations).toBeGreaterThan(500);
    },
  );
});

it('two readings of the correct guest agree: the oracle of RFC guests with every defect off is the other oracle', () => {
  const tally = newTally();
  for (let seed = 1; seed <= 8; seed++) {
    const drawn = drawLongMmCase(seed, 'correct');
    const pagesOnly = { ...drawn, ops: drawn.ops.filter((op) => op.do !== 'commitSteps') };
    expect(runMmCase(rfcFactory, pagesOnly, 'brisk', tally)).toBeNull();
  }
  expect(tally.transplants).toBeGreaterThan(0);
  expect(naiveFactory.boot(drawMmCase(1, 'correct').config)).toBeInstanceOf(NaiveMm);
});
