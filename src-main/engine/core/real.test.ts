import { describe, expect, test } from 'vitest';
import { Prng } from './prng.ts';
import { exp, ln, pow } from './real.ts';

/** Relative difference to the platform's own function, which is the oracle here. */
const off = (found: number, expected: number): number =>
  Math.abs(found - expected) / Math.max(1e-300, Math.abs(expected));

describe('real: logarithm, exponential and power agree with the platform to 1e-13', () => {
  test('seed 1: 20000 arguments', () => {
    const prng = new Prng(1, 'real');
    for (let i = 0; i < 20000; i++) {
      const x = prng.unit() * 10 ** (prng.below(40) - 20);
      if (Math.abs(Math.log(x)) > 1e-3) expect(off(ln(x), Math.log(x))).toBeLessThan(1e-13);
      const y = (prng.unit() - 0.5) * 200;
      expect(off(exp(y), Math.exp(y))).toBeLessThan(1e-13);
      const base = prng.unit() * 100;
      const power = (prng.unit() - 0.5) * 10;
      expect(off(pow(base, power), base ** power)).toBeLessThan(1e-12);
    }
  });

  test('the logarithm is as exact as it says over all of one turn of the exponent', () => {
    for (let i = 0; i <= 4096; i++) {
      const x = 0.75 + (0.75 * i) / 4096;
      if (Math.abs(x - 1) > 1e-3) expect(off(ln(x), Math.log(x)), `${x}`).toBeLessThan(1e-15);
    }
  });

  test('near 1 the logarithm keeps its absolute accuracy', () => {
    for (const d of [1e-9, -1e-9, 1e-4, -1e-4, 0.2, -0.2])
      expect(Math.abs(ln(1 + d) - Math.log(1 + d))).toBeLessThan(1e-16);
    expect(ln(1)).toBe(0);
    expect(exp(0)).toBe(1);
  });

  test('the bits themselves are fixed: another engine must give the same', () => {
    // 1.5 and its multiples are where the exponent of what is left begins anew.
    expect([ln(1.5), ln(3), ln(48)].map(bits)).toEqual(['3fd9f323ecbf984c', '3ff193ea7aad030b', '400ef8383c50bb75']);
    expect([ln(0.1), ln(7), exp(-3.7), pow(0.3, -0.4)].map(bits)).toEqual([
      'c0026bb1bbb55515',
      '3fff2272ae325a57',
      '3f99511fc6871044',
      '3ff9e5f7dcad5544',
    ]);
  });
});

function bits(x: number): string {
  return new BigUint64Array(new Float64Array([x]).buffer)[0]!.toString(16);
}
