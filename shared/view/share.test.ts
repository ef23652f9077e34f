import { describe, expect, test } from 'vitest';
import { percentDown, percentText, shareText, shareTexts } from './share.ts';

test('what stands alone is rounded down: 100 % is all of it', () => {
  expect([0, 1, 333, 999, 1000].map((part) => shareText(part, 1000))).toEqual(['0 %', '<1 %', '33 %', '99 %', '100 %']);
  expect(shareText(0, 0)).toBe('–');
  // Counts as large as a world can have stay exact.
  expect(percentDown(2 ** 29 - 1, 2 ** 29)).toBe(99);
  expect(percentText(null)).toBe('–');
});

describe('parts of one whole', () => {
  test('sum to 100', () => {
    expect(shareTexts([2, 1])).toEqual(['67 %', '33 %']);
    expect(shareTexts([1, 1, 1])).toEqual(['34 %', '33 %', '33 %']);
    expect(shareTexts([0, 5])).toEqual(['0 %', '100 %']);
    expect(shareTexts([0, 0])).toEqual(['–', '–']);
  });

  test('the one that stands alone elsewhere says the same here', () => {
    expect(shareTexts([2, 1], 0)).toEqual(['66 %', '34 %']);
    expect(shareText(2, 3)).toBe('66 %');
  });

  test('a part that is not all is never 100 %, and one that is there never 0 %', () => {
    expect(shareTexts([9999, 1])).toEqual(['99 %', '<1 %']);
    expect(shareTexts([99_999, 1], 1)).toEqual(['99 %', '<1 %']);
  });

  test('in every case of up to four small parts', () => {
    const figure = (text: string): number => (text === '<1 %' ? 0 : Number(text.slice(0, -2)));
    const most = [0, 1, 2, 5, 7, 999];
    const all = most.flatMap((a) => most.flatMap((b) => most.flatMap((c) => most.map((d) => [a, b, c, d]))));
    for (const parts of all) {
      const whole = parts.reduce((sum, part) => sum + part, 0);
      if (whole === 0) continue;
      for (const alone of [0, 1, 2, 3]) {
        const texts = shareTexts(parts, alone);
        const sum = texts.reduce((total, text) => total + figure(text), 0);
        const isWrong =
          texts[alone] !== shareText(parts[alone]!, whole) ||
          (sum !== 100 && !(sum < 100 && texts.includes('<1 %'))) ||
          parts.some(
            (part, i) =>
              Math.abs(figure(texts[i]!) - (100 * part) / whole) > 1.5 || (texts[i] === '100 %') !== (part === whole),
          );
        if (isWrong) expect.fail(`${parts.join(' ')}, ${alone} alone: ${texts.join(', ')}`);
      }
    }
  });
});
