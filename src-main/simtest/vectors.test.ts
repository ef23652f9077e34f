import { describe, expect, it } from 'vitest';
import { engineMaker } from './engine-mm.ts';
import { oracleMaker } from './naive-rfc-mm.ts';
import { runVector, vectors } from './vectors.ts';

describe.each([oracleMaker, engineMaker])('section 8 vectors on the $name', (maker) => {
  it.each(vectors)('$name', (vector) => {
    expect(runVector(maker, vector)).toEqual([]);
  });
});
