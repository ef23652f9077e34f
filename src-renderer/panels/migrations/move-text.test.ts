import { expect, test } from 'vitest';
import { lateText, moveRate, timeText } from './move-text.ts';

test('times are in the unit that is read', () => {
  expect([0, 42.5, 999, 1000, 12_345, 179_999, 200_400].map(timeText)).toEqual([
    '0 ms',
    '42.5 ms',
    '999 ms',
    '1 s',
    '12.35 s',
    '180 s',
    '3 min 20 s',
  ]);
});

test('late and early have their sign', () => {
  expect([lateText(1500, 1000), lateText(1000, 2200), lateText(5, 5)]).toEqual(['+500 ms', '−1.2 s', 'as forecast']);
});

test('a rate that is not known yet is left out', () => {
  expect(moveRate({ bytesPerSec: null })).toBe('');
  expect(moveRate({ bytesPerSec: 150 * 2 ** 20 })).toBe('150 MiB/s');
});
