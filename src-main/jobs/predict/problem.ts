/** Problems of a question, collected: a person hears all of them at once. */
import type { Diagnostic } from '../../../shared/errors/index.ts';

export interface NumberBounds {
  /** At least; `above` excludes it. */
  readonly least?: number;
  readonly above?: number;
  readonly most: number;
  /** The option that the most is of. */
  readonly mostIs?: string;
}

export class Problems {
  readonly list: Diagnostic[] = [];

  add(
    slug: string,
    message: string,
    detail: { readonly found?: string; readonly expected?: string; readonly hint?: string } = {},
  ): void {
    this.list.push({ severity: 'error', slug, message, where: {}, ...detail });
  }

  /** A decimal number within bounds; null when it is not stated, or wrong. */
  number(option: string, text: string | null, bounds: NumberBounds): number | null {
    if (text === null) return null;
    const value = /^[+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?$/i.test(text.trim()) ? Number(text) : NaN;
    const { least = 0, above, most, mostIs } = bounds;
    if (value <= most && value >= least && (above === undefined || value > above)) return value;
    const from = above === undefined ? `from ${least}` : `above ${above}`;
    const to = mostIs === undefined ? `up to ${most}` : `up to ${most}, the value of ${mostIs}`;
    this.add('predict-number', `${option} cannot be so.`, { found: cut(text), expected: `a number ${from} ${to}` });
    return null;
  }

  choice<T extends string>(option: string, text: string | null, choices: readonly T[]): T | null {
    if (text === null) return null;
    const choice = choices.find((one) => one === text);
    if (choice !== undefined) return choice;
    this.add('predict-choice', `${option} does not know it.`, { found: cut(text), expected: choices.join(', ') });
    return null;
  }

  /** Two numbers with = between them. */
  pair(option: string, text: string, grammar: string): readonly [number | null, number | null] {
    const [first, second, ...more] = text.split('=') as [string, string | undefined];
    if (second === undefined || more.length > 0) {
      this.add('predict-pair', `${option} cannot be read.`, { found: cut(text), expected: grammar });
      return [null, null];
    }
    const bounds = { least: 0, most: 2 ** 30 };
    return [this.number(option, first, bounds), this.number(option, second, bounds)];
  }
}

export const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
