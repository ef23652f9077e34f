import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HUES_DARK, HUES_LIGHT, PAGE_DARK, PAGE_LIGHT } from '../../shared/view/index.ts';

const css = readFileSync(new URL('theme.css', import.meta.url), 'utf8');

function tokens(theme: string): ReadonlyMap<string, string> {
  const rules = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].filter(([, of]) => of!.includes(`[data-theme='${theme}']`));
  const lines = rules.flatMap(([, , block]) => [...block!.matchAll(/--([\w-]+): ([^;]+);/g)]);
  return new Map(lines.map(([, name, value]) => [name!, value!]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

const themes = [
  { theme: 'light', hues: HUES_LIGHT, page: PAGE_LIGHT },
  { theme: 'dark', hues: HUES_DARK, page: PAGE_DARK },
  { theme: 'lstopo', hues: HUES_LIGHT, page: PAGE_LIGHT },
] as const;

describe.each(themes)('theme $theme', ({ theme, hues, page }) => {
  const token = (name: string): string => {
    const value = tokens(theme).get(name);
    if (value === undefined) throw new Error(`theme ${theme} has no --${name}`);
    return value;
  };

  test('has the hues and the page of shared/view', () => {
    expect(hues.map((_, i) => token(`n${i}`))).toEqual([...hues]);
    expect(token('page')).toBe(page);
  });

  test('writes text that can be read on every ground', () => {
    const grounds = ['page', 'panel', 'raised', 'hover', 'chosen'];
    const texts = ['ink', 'soft', 'good', 'bad', 'warn'];
    const low = grounds.flatMap((ground) =>
      texts
        .map((text) => ({ text, ground, is: contrast(token(text), token(ground)) }))
        .filter(({ is }) => is < 4.5)
        .map(({ is, ...pair }) => ({ ...pair, is: is.toFixed(2) })),
    );
    expect(low).toEqual([]);
    expect(contrast(token('on-accent'), token('accent'))).toBeGreaterThanOrEqual(4.5);
    for (const text of ['good', 'bad', 'warn', 'ink']) {
      for (const ground of ['good', 'bad', 'warn'].filter((g) => g === text || text === 'ink')) {
        expect(contrast(token(text), token(`${ground}-ground`)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test('shows focus and edges of controls', () => {
    for (const mark of ['focus', 'edge']) {
      for (const ground of ['page', 'panel', 'raised']) {
        expect(contrast(token(mark), token(ground)), `${mark} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  test('names the same tokens as the others', () => {
    expect([...tokens(theme).keys()].sort()).toEqual([...tokens('light').keys()].sort());
  });
});
