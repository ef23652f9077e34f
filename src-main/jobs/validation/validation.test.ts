/** The suite, row by row; and the README shows what came out. `ACCEPT=1` writes its table anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { isWithin } from './case.ts';
import { VALIDATION_CASES, validationTable } from './index.ts';

const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
const BEGIN = '<!-- validation: written by src-main/jobs/validation/validation.test.ts -->';
const END = '<!-- end of validation -->';

describe('the validation suite', () => {
  const rows: { of: (typeof VALIDATION_CASES)[number]; got: number }[] = [];

  it.each(VALIDATION_CASES.map((of) => [`${of.id} ${of.what}`, of] as const))(
    '%s',
    (_, of) => {
      const got = of.got();
      rows.push({ of, got });
      expect(isWithin(of, got), `expected ${of.expected} ${of.unit}, got ${got}`).toBe(true);
    },
    60_000,
  );

  it('has every row of the suite', () => {
    const ids = new Set(VALIDATION_CASES.map(({ id }) => id));
    const wanted = [...range('M', 16), ...range('N', 9), ...range('C', 7), 'A1', 'R'];
    expect(wanted.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('is in the README as it came out', () => {
    const table = `${BEGIN}\n\n${validationTable(rows)}\n\n${END}`;
    const text = readFileSync(README, 'utf8');
    const at = text.indexOf(BEGIN);
    const end = text.indexOf(END) + END.length;
    if (process.env['ACCEPT'] === '1' && process.env['CI'] === undefined)
      writeFileSync(README, text.slice(0, at) + table + text.slice(end));
    else expect(text.slice(at, end)).toBe(table);
  });
});

test('a row that is off by more than it may be is told', () => {
  const [row] = VALIDATION_CASES;
  expect(isWithin(row!, row!.expected + 1)).toBe(false);
  const byPart = VALIDATION_CASES.find(({ within }) => 'part' in within)!;
  expect(isWithin(byPart, byPart.expected * 1.2)).toBe(false);
});

const range = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
