import { expect, test } from 'vitest';
import { count, decimal, hexPfn, niceStep, plural, seconds, size } from './number-format.ts';

const thin = (text: string): string => text.replaceAll('_', '\u202f');

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1_000'],
  [4194304, '4_194_304'],
  [-61204, '−61_204'],
])('count %d is %s', (n, text) => expect(count(n)).toBe(thin(text)));

test.each([
  [0, '0'],
  [1.5, '1.5'],
  [12, '12'],
  [0.046, '0.05'],
  [-0.001, '0'],
  [1234.567, '1_234.57'],
])('decimal %d is %s', (n, text) => expect(decimal(n)).toBe(thin(text)));

test.each([
  [0, '0 MiB'],
  [1, '<0.01 MiB'],
  [-1, '−<0.01 MiB'],
  [2, '0.01 MiB'],
  [61204, '239.08 MiB'],
  [262144, '1 GiB'],
  [4194304, '16 GiB'],
])('%d pages are %s', (pages, text) => expect(size(pages)).toBe(text));

test('axis steps are 1, 2 or 5 times a power of ten and not too many', () => {
  for (const max of [0.003, 0.7, 1, 3, 8.1, 45, 99, 100, 6000, 123456]) {
    const step = niceStep(max, 4);
    expect(max / step).toBeLessThanOrEqual(4.0001);
    expect(max / step).toBeGreaterThan(1.5);
    expect(String(Math.round(step * 1e6))).toMatch(/^[125]0*$/);
  }
});

test('pfns, times and the numerus', () => {
  expect(hexPfn(255, 0x4000)).toBe('0x00ff');
  expect(seconds(426, 100)).toBe('42.6 s');
  expect([plural(1, 'page'), plural(0, 'page'), plural(2, 'child', 'children')]).toEqual([
    '1 page',
    '0 pages',
    '2 children',
  ]);
});
