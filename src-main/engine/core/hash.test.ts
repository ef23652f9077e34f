import { describe, expect, test } from 'vitest';
import { StateHash } from './hash.ts';
import { Prng } from './prng.ts';
import { StateCollector, StateHasher, StateReader } from './state.ts';

const hashOf = (bytes: ArrayBufferView): string => {
  const h = new StateHash();
  h.bytes(bytes);
  return h.hex();
};

describe('state hash', () => {
  test('a fixed value: the hash of a world must not change with the release', () => {
    const h = new StateHash();
    h.word(1);
    h.number(0.5);
    h.text('node');
    h.bytes(Uint8Array.of(1, 2, 3, 4, 5));
    expect(h.hex()).toBe('59d53b2f5ef9ce42');
  });

  test('every single flipped bit of 64 random bytes changes both halves, seed 1', () => {
    const prng = new Prng(1, 'hash');
    const bytes = Uint8Array.from({ length: 64 }, () => prng.below(256));
    const base = hashOf(bytes);
    for (let bit = 0; bit < 512; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const other = hashOf(bytes);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(other.slice(0, 8)).not.toBe(base.slice(0, 8));
      expect(other.slice(8)).not.toBe(base.slice(8));
    }
  });

  test('an unaligned view hashes as its aligned copy', () => {
    const all = Uint8Array.from({ length: 41 }, (_, i) => i * 7);
    for (const [from, to] of [
      [1, 30],
      [2, 41],
      [3, 3],
      [4, 39],
    ] as const) {
      expect(hashOf(all.subarray(from, to))).toBe(hashOf(all.slice(from, to)));
    }
  });

  test('no collision among 100000 small different inputs, seed 2', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 100_000; i++) seen.add(hashOf(Uint32Array.of(i)));
    expect(seen.size).toBe(100_000);
  });
});

describe('state', () => {
  test('what is collected is a copy, and reads back', () => {
    const w = new StateCollector();
    const column = Uint32Array.of(1, 2, 3);
    w.column('c', column);
    w.json('j', { a: [1, null] });
    w.column('odd', Uint8Array.of(7));
    w.column('wide', Float64Array.of(0.5));
    const r = new StateReader(w.done());
    column[0] = 9;
    expect(r.column('c')).toEqual(Uint32Array.of(1, 2, 3));
    expect(r.column('odd')).toEqual(Uint8Array.of(7));
    expect(r.column('wide')).toEqual(Float64Array.of(0.5));
    expect(r.json('j')).toEqual({ a: [1, null] });
    expect(() => r.json('k')).toThrow('state-name-missing');
    expect(() => w.json('j', 1)).toThrow('state-name-twice');
  });

  test('the name of a column is part of the hash', () => {
    const one = new StateHasher();
    one.column('a', Uint8Array.of(1));
    const two = new StateHasher();
    two.column('b', Uint8Array.of(1));
    expect(one.hex()).not.toBe(two.hex());
  });
});
