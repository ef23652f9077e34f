import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { figureFile } from './figure-file.ts';
import { syntheticRecord } from './fixture/synthetic-run.ts';
import { renderReport } from './report.ts';

const NAME = '<b>&"\'';
const record = syntheticRecord({ guestNames: ['db', NAME], nrPages: 6000, nodes: 12, ticks: 9, seed: 3 });

function svgOf(figure: 'map' | 'convergence', vm = ''): string {
  const { svg, why } = figureFile(record, figure, vm);
  if (svg === null) throw new Error(why);
  return svg;
}

describe.each([
  ['map', 'db'],
  ['map', NAME],
  ['convergence', ''],
] as const)('the figure %s %s', (figure, vm) => {
  const svg = svgOf(figure, vm);

  test('is an SVG file that stands alone', () => {
    expect(XMLValidator.validate(svg)).toBe(true);
    const root = new XMLParser({ ignoreAttributes: false }).parse(svg).svg;
    expect(root['@_xmlns']).toBe('http://www.w3.org/2000/svg');
    const [, , width, height] = String(root['@_viewBox']).split(' ').map(Number);
    expect([Number(root['@_width']), Number(root['@_height'])]).toEqual([width, height]);
    expect(svg).not.toMatch(/var\(|undefined|NaN/);
  });

  test('has every pattern that it paints with', () => {
    const asked = new Set([...svg.matchAll(/url\(#([\w-]+)\)/g)].map(([, id]) => id!));
    const given = new Set([...svg.matchAll(/<pattern id="([\w-]+)"/g)].map(([, id]) => id!));
    expect([...asked].filter((id) => !given.has(id))).toEqual([]);
  });

  test('draws what the report draws', () => {
    const { html } = renderReport(record);
    const paths = [...svg.matchAll(/ d="([^"]{40,})"/g)].map(([, d]) => d!);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(html).toContain(path);
  });
});

test('what cannot be drawn is said', () => {
  expect(figureFile(record, 'map', 'web').why).toContain('no VM of this name');
  const still = syntheticRecord({ guestNames: [], nrPages: 64, nodes: 2, ticks: 3, seed: 1 });
  expect(figureFile(still, 'convergence', '').why).toContain('nothing to draw');
});

test('the convergence is drawn in steps: no line has a slope', () => {
  const lines = [...svgOf('convergence').matchAll(/<path d="M([^"]+)" class="(lag1edge|edge [^"]*|pinned)"/g)];
  expect(lines.length).toBeGreaterThan(0);
  let steps = 0;
  for (const [, points] of lines) {
    const places = points!.split('L').map((place) => place.split(' ').map(Number) as [number, number]);
    for (const [i, [x, y]] of places.slice(1).entries()) {
      const [beforeX, beforeY] = places[i]!;
      expect(x === beforeX || y === beforeY, `from ${beforeX} ${beforeY} to ${x} ${y}`).toBe(true);
      if (y !== beforeY) steps++;
    }
  }
  expect(steps).toBeGreaterThan(3);
});
