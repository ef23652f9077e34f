import { describe, expect, it } from 'vitest';
import { engineMaker } from './engine-mm.ts';
import { oracleMaker } from './naive-rfc-mm.ts';
import { isRfcGuest } from './mm-under-test.ts';
import { runVector, vectors } from './vectors.ts';

const makers = [
  { name: 'the oracle', maker: oracleMaker, runs: vectors },
  {
    name: 'the engine',
    maker: engineMaker,
    runs: vectors.filter(({ name, config }) => !isRfcGuest(config) && !name.startsWith('T13')),
  },
];

describe.each(makers)('section 8 vectors on $name', ({ maker, runs }) => {
  it.each(runs)('$name', (vector) => {
    expect(runVector(maker, vector)).toEqual([]);
  });
});
