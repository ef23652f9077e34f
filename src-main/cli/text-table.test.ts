import { expect, it } from 'vitest';
import { fold, textTable } from './text-table.ts';

it('aligns columns and folds the last one to the terminal', () => {
  const rows = [
    ['5', 'one two three four five six seven'],
    ['250', 'short'],
  ];
  expect(textTable('><', rows)).toBe('    5  one two three four five six seven\n  250  short\n');
  expect(textTable('><', rows, 33)).toBe('    5  one two three four five\n       six seven\n  250  short\n');
});

it('breaks at plain blanks alone: numbers and long words stay whole', () => {
  expect(fold('2\u202f621\u202f440 pages', 9)).toEqual(['2\u202f621\u202f440', 'pages']);
  expect(fold('abcdefghij k', 5)).toEqual(['abcdefghij', 'k']);
});
