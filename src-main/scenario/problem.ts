/**
 * A problem found in a document before its place in a text is known: a path instead of a line. The reader turns it into
 * a Diagnostic with line and column, an importer into one that names the foreign file.
 */
import { visibleJson } from '../../shared/errors/index.ts';
import type { Diagnostic, Place, Severity } from '../../shared/errors/index.ts';

export type Path = readonly (string | number)[];

export interface Problem {
  readonly severity: Severity;
  readonly slug: string;
  readonly message: string;
  readonly path: Path;
  /** The place is this key of the object at `path`, not its value. */
  readonly key?: string;
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
}

/** JSON pointer (RFC 6901). */
export const pointerOf = (path: Path): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** A capital letter in front, a full stop behind; the checks write neither. */
export const sentence = (message: string): string =>
  message.charAt(0).toUpperCase() + message.slice(1) + (/[.?!]$/.test(message) ? '' : '.');

export function diagnosticOf(problem: Problem, where: Place): Diagnostic {
  const { severity, slug, message, found, expected, hint } = problem;
  return {
    severity,
    slug,
    message: sentence(message),
    where,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(hint === undefined ? {} : { hint }),
  };
}

const FOUND_CHARS = 60;

/** A value as it would be written, cut to a readable length. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  // JSON has no word for what overflowed while it was read.
  const text = typeof value === 'number' ? String(value) : visibleJson(JSON.stringify(value) ?? 'nothing');
  return text.length > FOUND_CHARS ? `${text.slice(0, FOUND_CHARS)}…` : text;
}
