/** The theme a person chose, and the one that is in force: `system` follows the system's light or dark. */
import type { Memory } from './memory.ts';

export const THEME_CHOICES = ['system', 'light', 'dark', 'lstopo'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];
/** What styles/theme.css has a block for. */
export type Theme = Exclude<ThemeChoice, 'system'>;

const isChoice = (text: string | null): text is ThemeChoice =>
  (THEME_CHOICES as readonly (string | null)[]).includes(text);

export function readThemeChoice(memory: Memory): ThemeChoice {
  const text = memory.get('theme');
  return isChoice(text) ? text : 'system';
}

export const themeOf = (choice: ThemeChoice, systemIsDark: boolean): Theme =>
  choice === 'system' ? (systemIsDark ? 'dark' : 'light') : choice;
