import { expect, test } from 'vitest';
import { requests } from '../../../shared/protocol/index.ts';
import { figureChoices, formatChoices, FORMATS, makeInput, withEnding } from './export-choice.ts';

test('a page prints where main cannot make a PDF', () => {
  const ids = (pdf: boolean) => formatChoices(pdf).map(({ id }) => id);
  expect(ids(true)).toContain('pdf');
  expect(ids(true)).not.toContain('print');
  expect(ids(false)).toContain('print');
  expect(ids(false)).not.toContain('pdf');
});

test('whatever is chosen is a request of the table', () => {
  const figures = figureChoices('png', ['db', 'map of x', ''], true);
  expect(figures.map(({ value }) => value)).toEqual(['view', 'convergence', 'map db', 'map map of x', 'map ']);
  for (const format of FORMATS) {
    for (const { value } of figures) {
      const input = makeInput(format, 'accounting.csv', value);
      if (input === null) expect([format, value]).toEqual([expect.stringMatching(/svg|png/), 'view']);
      else expect(requests['export.make'].input.safeParse(input).error).toBeUndefined();
    }
  }
  expect(makeInput('svg', '', 'map map of x')).toEqual({ kind: 'figure', figure: 'map', vm: 'map of x' });
});

test('only a picture is made of the view on screen, and only where one is drawn', () => {
  expect(figureChoices('svg', [], true)[0]!.value).toBe('convergence');
  expect(figureChoices('png', [], false)[0]!.value).toBe('convergence');
});

test('a name keeps what is before its ending', () => {
  expect(withEnding('a.b-map-db.svg', 'png')).toBe('a.b-map-db.png');
  expect(withEnding('plain', 'png')).toBe('plain.png');
});
