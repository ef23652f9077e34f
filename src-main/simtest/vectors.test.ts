import { describe, expect, it } from 'vitest';
import { engineFactory } from './engine-mm.ts';
import { oracleFactory } from './naive-rfc-mm.ts';
import { runVector, vectors } from './vectors.ts';

describe.each([oracleFactory, engineFactory])('test vectors on the $name', (factory) => {
  it.each(vectors)('$name', (vector) => {
    expect(runVector(factory, vector)).toEqual([]);
  });
});
