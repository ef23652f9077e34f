/** Range arithmetic against sets of single ids. */
import { describe, expect, test } from 'vitest';
import { Prng } from '../engine/core/index.ts';
import { idsOf } from './id-list.ts';
import { difference, type IdSet, idSetOf, idSetText, intersection, sizeOf, union } from './id-set.ts';

const expand = (set: IdSet): number[] =>
  set.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

/** One to six terms of ids below 40, so that ranges touch and overlap often. */
function drawnList(prng: Prng): string {
  return Array.from({ length: 1 + prng.below(6) }, () => {
    const first = prng.below(40);
    return prng.below(2) === 0 ? `${first}` : `${first}-${first + prng.below(12)}`;
  }).join(',');
}

describe('seeds 1 to 500', () => {
  test.each([1, 101, 201, 301, 401])('from %i on', (from) => {
    for (let seed = from; seed < from + 100; seed++) {
      const prng = new Prng(seed, 'id-set');
      const texts = [drawnList(prng), drawnList(prng)] as const;
      const [a, b] = [idSetOf(texts[0]), idSetOf(texts[1])];
      const [ids, others] = [idsOf(texts[0]), new Set(idsOf(texts[1]))];
      const seen = { a: expand(a), common: expand(intersection(a, b)), rest: expand(difference(a, b)) };
      expect({ seed, ...seen }).toEqual({
        seed,
        a: ids,
        common: ids.filter((id) => others.has(id)),
        rest: ids.filter((id) => !others.has(id)),
      });
      expect(expand(union(a, b))).toEqual([...new Set([...ids, ...others])].sort((x, y) => x - y));
      expect(sizeOf(a)).toBe(ids.length);
      expect(idSetOf(idSetText(a))).toEqual(a);
    }
  });
});

test('the cost of a set is that of its text', () => {
  expect(idSetOf('0-999999999')).toEqual([{ first: 0, last: 999_999_999 }]);
  expect(sizeOf(difference(idSetOf('0-999999999'), idSetOf('5')))).toBe(999_999_999);
  expect(idSetOf('')).toEqual([]);
});
