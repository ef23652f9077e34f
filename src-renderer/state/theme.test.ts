import { expect, test } from 'vitest';
import { readThemeChoice, THEME_CHOICES, themeOf } from './theme.ts';

const memory = (theme: string | null) => ({ get: () => theme, set: () => {} });

test('the choice is remembered, and what is none is the system', () => {
  for (const choice of THEME_CHOICES) expect(readThemeChoice(memory(choice))).toBe(choice);
  for (const text of [null, '', 'Dark', 'constructor']) expect(readThemeChoice(memory(text))).toBe('system');
});

test('the system decides only where it is asked', () => {
  expect([themeOf('system', true), themeOf('system', false)]).toEqual(['dark', 'light']);
  expect([themeOf('light', true), themeOf('lstopo', true), themeOf('dark', false)]).toEqual([
    'light',
    'lstopo',
    'dark',
  ]);
});
