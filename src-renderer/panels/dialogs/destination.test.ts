import { expect, test } from 'vitest';
import { destinations } from './destination.ts';

const links = [
  { name: 'slow', hosts: ['a', 'b'], bytesPerSec: 1 },
  { name: 'fast', hosts: ['b', 'a'], bytesPerSec: 2 },
  { name: 'other', hosts: ['b', 'c'], bytesPerSec: 9 },
] as const;

test('every other host, over the link that a migration takes', () => {
  expect(destinations(['a', 'b', 'c'], links, 'a').map(({ host, link }) => [host, link?.name])).toEqual([
    ['b', 'slow'],
    ['c', undefined],
  ]);
  expect(destinations(['a'], [], 'a')).toEqual([]);
  expect(destinations([], [], null)).toEqual([]);
});
