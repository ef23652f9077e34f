/** Words stand on a node's tint: they must be read on it, in every theme and hue. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../../styles/theme.css', import.meta.url), 'utf8');
const box = readFileSync(new URL('NodeBox.svelte', import.meta.url), 'utf8');

function token(theme: string, name: string): string {
  const rules = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].filter(([, of]) => of!.includes(`[data-theme='${theme}']`));
  const found = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(rules.map(([, , block]) => block).join(''));
  if (found === null) throw new Error(`theme ${theme} has no --${name}`);
  return found[1]!;
}

/** fill-opacity of a rule of the box's own style. */
function opacity(selector: string): number {
  const found = new RegExp(`\\n  \\${selector} \\{\\s+fill-opacity: ([\\d.]+);`).exec(box);
  if (found === null) throw new Error(`NodeBox has no opacity for ${selector}`);
  return Number(found[1]);
}

type Colour = readonly [number, number, number];
const parse = (hex: string): Colour => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour;
const over = (top: Colour, part: number, ground: Colour): Colour =>
  top.map((value, i) => part * value + (1 - part) * ground[i]!) as unknown as Colour;

function luminance(colour: Colour): number {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: Colour, b: Colour): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

test.each(['light', 'dark', 'lstopo'])('in the theme %s', (theme) => {
  const ground = parse(token(theme, 'memory'));
  const low: string[] = [];
  for (let hue = 0; hue < 8; hue++) {
    for (const [selector, text] of [
      ['.used', 'ink'],
      ['.other .used', 'ink'],
      ['.copy .used', 'ink'],
      ['.merged .used', 'ink'],
      ['.free', 'soft'],
    ] as const) {
      const is = contrast(parse(token(theme, text)), over(parse(token(theme, `n${hue}`)), opacity(selector), ground));
      if (is < 4.5) low.push(`${text} on ${selector} of hue ${hue}: ${is.toFixed(2)}`);
    }
  }
  expect(low).toEqual([]);
});
