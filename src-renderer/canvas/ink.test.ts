import { describe, expect, test } from 'vitest';
import { PATTERNS } from '../../shared/view/node-colour.ts';
import { cssColour, mix, parseColour, patternMask } from './ink.ts';

describe('colours', () => {
  test('come back as written, lie in memory as red, green, blue, alpha, and mix', () => {
    for (const text of ['#3e61db', '#000000', '#ffffff', '#0102fe']) expect(cssColour(parseColour(text))).toBe(text);
    expect(parseColour('#abc')).toBe(parseColour('#aabbcc'));
    expect([...new Uint8Array(Uint32Array.of(parseColour('#010203')).buffer)]).toEqual([1, 2, 3, 255]);
    const [black, white] = [parseColour('#000'), parseColour('#fff')];
    expect([mix(black, white, 0), mix(black, white, 1)]).toEqual([black, white]);
    expect(cssColour(mix(black, white, 0.5))).toBe('#808080');
    expect(cssColour(parseColour('rgb(1 2 3)'))).toBe('#000000');
  });

  test('patterns differ, leave ground to see, and fit their neighbours', () => {
    const masks = PATTERNS.map((path) => patternMask(path, 16));
    for (const { bits } of masks) {
      const share = bits.reduce((a, b) => a + b, 0) / bits.length;
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.6);
    }
    expect(new Set(masks.map(({ bits }) => bits.join(''))).size).toBe(PATTERNS.length);
    // A diagonal leaves a tile where it enters the next.
    const { bits, side } = patternMask(PATTERNS[0]!, 8);
    for (let y = 0; y < side; y++) expect(bits[y * side] ?? 0).toBe(bits[((y + 1) % side) * side + side - 1] ?? 0);
  });
});
