import { expect, test } from 'vitest';
import { find } from './find.ts';

const commands = [
  { title: 'Compact web…', group: 'VM' },
  { title: 'Show web', group: 'VM' },
  { title: 'Save as…', group: 'File' },
  { title: 'Save', group: 'File' },
  { title: 'Cancel the compaction of web', group: 'VM' },
];
const titles = (typed: string): string[] => find(commands, typed).map(({ title }) => title);

test('nothing typed: all, in their order', () => {
  expect(titles('  ')).toEqual(commands.map(({ title }) => title));
});

test('what begins as typed comes first, then words that begin so, then letters anywhere', () => {
  expect(titles('comp')).toEqual(['Compact web…', 'Cancel the compaction of web']);
  expect(titles('web comp')).toEqual(['Compact web…', 'Cancel the compaction of web']);
  expect(titles('ave')).toEqual(['Save as…', 'Save']);
  expect(titles('vm show')).toEqual(['Show web']);
  expect(titles('zzz')).toEqual([]);
});
