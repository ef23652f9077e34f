import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test.each([
  ['db-1', 'db-1'],
  ['my vm', "'my vm'"],
  ["it's", "'it'\\''s'"],
  ['$(reboot)', "'$(reboot)'"],
  ['', "''"],
])('%j as a shell takes it', (text, word) => {
  expect(shellWord(text)).toBe(word);
});
