import { describe, expect, test } from 'vitest';
import { isMac, isOwnKey, matches, showKeys } from './keys.ts';
import type { Press } from './keys.ts';

const press = (key: string, held: Partial<Press> = {}): Press => ({
  ...{ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false },
  ...held,
});

describe('a press means what is written', () => {
  const ctrl = { ctrlKey: true };
  test.each<[string, Press, boolean]>([
    ['Mod+Z', press('z', ctrl), true],
    ['Mod+Z', press('Z', { ...ctrl, shiftKey: true }), false],
    ['Mod+Shift+Z', press('Z', { ...ctrl, shiftKey: true }), true],
    ['Mod+Z', press('z', { metaKey: true }), false],
    ['Mod+Z', press('z', { ...ctrl, altKey: true }), false],
    ['Mod+1', press('1', ctrl), true],
    ['Space', press(' '), true],
    ['?', press('?', { shiftKey: true }), true],
    ['+', press('+', { shiftKey: true }), true],
    ['+', press('+', ctrl), false],
    ['F', press('f'), true],
    ['F', press('F', { shiftKey: true }), false],
    ['0', press('0'), true],
    ['ArrowLeft', press('ArrowLeft'), true],
    ['Home', press('Home', { shiftKey: true }), false],
    [',', press('.'), false],
  ])('%s', (keys, event, means) => {
    expect(matches(keys, event, false)).toBe(means);
  });

  test('on a Mac it is Command', () => {
    expect(matches('Mod+K', press('k', { metaKey: true }), true)).toBe(true);
    expect(matches('Mod+K', press('k', { ctrlKey: true }), true)).toBe(false);
    expect([isMac('darwin'), isMac('MacIntel'), isMac('linux'), isMac('win32')]).toEqual([true, true, false, false]);
  });
});

test('keys are shown as the system writes them', () => {
  expect(showKeys('Mod+Shift+Z', false)).toBe('Ctrl+Shift+Z');
  expect(showKeys('Mod+Shift+Z', true)).toBe('⇧⌘Z');
  expect(['ArrowLeft', '+', '-', 'Space'].map((keys) => showKeys(keys, false))).toEqual(['←', '+', '−', 'Space']);
});

describe('a press belongs to what has the focus', () => {
  /** An element inside these, by the parts of a selector list that it answers to. */
  const inside = (...selectors: string[]) => ({
    closest: (asked: string) => (selectors.some((each) => asked.includes(each)) ? {} : null),
  });
  const ctrl = { ctrlKey: true };
  test.each<[string, Press, ReturnType<typeof inside> | null, boolean]>([
    ['text field', press('f'), inside('textarea'), true],
    ['text field, with Control', press('z', ctrl), inside('textarea'), true],
    ['dialog', press('?'), inside('[role=dialog]'), true],
    ['a function key in a text field', press('F1'), inside('textarea'), false],
    ['a function key in a dialog', press('F1'), inside('[role=dialog]'), true],
    ['Space on a button', press(' '), inside('button'), true],
    ['a letter on a button', press('f'), inside('button'), false],
    ['Control on a button', press('k', ctrl), inside('button'), false],
    ['an arrow in a row of tabs', press('ArrowLeft'), inside('[role=tablist]'), true],
    ['an arrow on a button', press('ArrowLeft'), inside('button'), false],
    ['nothing focused', press(' '), null, false],
    ['the page itself', press(' '), inside(), false],
  ])('%s', (_, event, target, own) => {
    expect(isOwnKey(event, target)).toBe(own);
  });
});
