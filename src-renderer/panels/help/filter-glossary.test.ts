import { expect, test } from 'vitest';
import { GLOSSARY } from '../../../shared/view/words/index.ts';
import { filterGlossary } from './filter-glossary.ts';

test('every word must be there, in any part, in either case', () => {
  const ids = (wanted: string) => filterGlossary(GLOSSARY, wanted).map(({ id }) => id);
  expect(ids('')).toHaveLength(GLOSSARY.length);
  expect(ids('Lookup  MARK')).toEqual(['marked']);
  expect(ids('h ≠ t')).toContain('stale');
  expect(ids('no such word')).toEqual([]);
});
