import { expect, test } from 'vitest';
import { NR_HUES, PATTERNS } from '../../shared/view/node-colour.ts';
import { nodeFill, nodeHue, tileId } from './node-fill.ts';

test('eight plain hues, then hue and pattern, each pair once before the first comes again', () => {
  expect(nodeFill(0)).toBe('var(--n0)');
  expect(nodeFill(7)).toBe('var(--n7)');
  expect(nodeFill(8)).toBe('url(#tile-0-0)');
  expect(nodeFill(17)).toBe('url(#tile-1-1)');
  const all = Array.from({ length: NR_HUES * (PATTERNS.length + 1) }, (_, index) => nodeFill(index));
  expect(new Set(all).size).toBe(all.length);
  expect(nodeFill(all.length)).toBe(nodeFill(8));
  expect([nodeHue(9), tileId(1, 0)]).toEqual(['var(--n1)', 'tile-1-0']);
});
