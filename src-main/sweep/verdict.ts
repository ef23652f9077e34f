/** What an edge is the edge of: one value of a job's document, compared. */
import { parsePath, valuesAt } from './path.ts';

export const VERDICT_OPERATORS = ['=', '!=', '<', '<=', '>', '>='] as const;

export interface Verdict {
  readonly path: string;
  readonly is: (typeof VERDICT_OPERATORS)[number];
  readonly value: number | string | boolean;
}

/** A value that is not there is equal to none, and neither below nor above any. */
function holds(found: unknown, { is, value }: Verdict): boolean {
  if (is === '=') return found === value;
  if (is === '!=') return found !== value;
  if (typeof found !== 'number' || typeof value !== 'number') return false;
  switch (is) {
    case '<':
      return found < value;
    case '<=':
      return found <= value;
    case '>':
      return found > value;
    default:
      return found >= value;
  }
}

/** With several values at the path it must hold of all, and of at least one. */
export function verdictOf(document: unknown, verdict: Verdict): boolean {
  const path = parsePath(verdict.path);
  const found = path === null ? [] : valuesAt(document, path);
  return found.length === 0 ? holds(undefined, verdict) : found.every((value) => holds(value, verdict));
}

export const verdictText = ({ path, is, value }: Verdict): string => `${path} ${is} ${String(value)}`;
