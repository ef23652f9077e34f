import { expect, test } from 'vitest';
import { fileSize } from './file-size.ts';

test('sizes of files', () => {
  expect([0, 1, 1023, 1024, 6830, 2 ** 20 - 1, 2 ** 20, 3 * 2 ** 20].map(fileSize)).toEqual([
    '0 bytes',
    '1 byte',
    '1\u202f023 bytes',
    '1 KiB',
    '6.67 KiB',
    '1\u202f024 KiB',
    '1 MiB',
    '3 MiB',
  ]);
});
