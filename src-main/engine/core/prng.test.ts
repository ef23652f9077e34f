import { describe, expect, test } from 'vitest';
import { Prng } from './prng.ts';

describe('prng', () => {
  test('the stream of seed 1 is fixed', () => {
    const prng = new Prng(1, 'stream');
    expect(Array.from({ length: 6 }, () => prng.u32())).toEqual([
      124814649, 1986815263, 2569324766, 2319947278, 2393322141, 3645058471,
    ]);
  });

  test('other seed or stream, other numbers', () => {
    const draw = (seed: number, stream: string): string => {
      const prng = new Prng(seed, stream);
      return [prng.u32(), prng.u32()].join();
    };
    expect(new Set([draw(1, 'a'), draw(2, 'a'), draw(1, 'b'), draw(0, '')]).size).toBe(4);
  });

  test('below(n) is uniform: chi-square of 1e5 draws in 7 classes, seed 3', () => {
    const prng = new Prng(3, 'chi');
    const seen = new Array<number>(7).fill(0);
    for (let i = 0; i < 100_000; i++) seen[prng.below(7)]!++;
    const expected = 100_000 / 7;
    const chi = seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(22.5); // 0.1 % of chi-square with 6 degrees of freedom
  });

  test('unit() stays inside (0, 1) and has mean 1/2 within 4 sigma, seed 4', () => {
    const prng = new Prng(4, 'unit');
    let sum = 0;
    for (let i = 0; i < 100_000; i++) {
      const u = prng.unit();
      expect(u > 0 && u < 1).toBe(true);
      sum += u;
    }
    expect(Math.abs(sum / 100_000 - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 100_000));
  });

  test('a restored state goes on with the same stream', () => {
    const a = new Prng(5, 'x');
    a.u32();
    const b = new Prng(0, '');
    b.state.set(a.state);
    expect([b.u32(), b.u32()]).toEqual([a.u32(), a.u32()]);
  });
});
