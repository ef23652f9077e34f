/** Checks the text of a number field. Every problem says what was found and what would be valid. */
import { count } from '../../shared/view/number-format.ts';

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  readonly unit?: string;
}

/** @returns null when the text is a number that the rule allows. */
export function numberProblem(text: string, { min, max, whole, unit = '' }: NumberRule): string | null {
  const asked = `a ${whole ? 'whole ' : ''}number ${range(min, max)}${unit === '' ? '' : ` ${unit}`}`;
  const trimmed = text.trim();
  if (trimmed === '') return `Empty; enter ${asked}.`;
  const value = Number(trimmed);
  const sound = Number.isFinite(value) && (!whole || Number.isInteger(value)) && value >= min && value <= max;
  return sound ? null : `Found ${trimmed}; enter ${asked}.`;
}

const range = (min: number, max: number): string =>
  max === Number.MAX_SAFE_INTEGER ? `from ${count(min)}` : `from ${count(min)} to ${count(max)}`;
