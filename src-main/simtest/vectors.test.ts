import { describe, expect, it } from 'vitest';
import { engineMaker } from './engine-mm.ts';
import { naiveMaker } from './naive-mm.ts';
import { runVector, vectors } from './vectors.ts';

const makers = [naiveMaker, engineMaker];

describe.each(makers)('section 8 vectors on $name', (maker) => {
  it.each(vectors)('$name', (vector) => {
    expect(runVector(maker, vector)).toEqual([]);
  });
});
