/**
 * Diagnostics: what a person reads when their input is wrong. Three kinds of error are kept apart:
 *
 * (a) a bug of ours: `assert` in engine/core throws InvariantError, and the world stops;
 * (b) wrong input: a `Diagnostic`, collected with all others and returned, never thrown;
 * (c) a failure inside the simulated world (out of memory, a rejected migration): an ordinary result.
 *
 * Slugs are stable once released: tests, scripts and documentation refer to them.
 */

export { steers, visible, visibleJson, visibleLines } from './visible.ts';

export type Severity = 'error' | 'warning' | 'note';

/** Where a problem is. Lines and columns count from 1. `path` is a JSON pointer or an element path such as `/domain/cpu/numa/cell[2]/@memory`. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
}

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable, kebab-case: `xml-truncated`, `range-overlap`. */
  readonly slug: string;
  /** One sentence: what was asked and what is wrong with it. */
  readonly message: string;
  readonly where: Place;
  /** What was found, quoted and cut to a readable length. */
  readonly found?: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** The result of reading something: a value only when no diagnostic is an error. */
export interface Read<T> {
  readonly value: T | null;
  readonly diagnostics: readonly Diagnostic[];
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === 'error');

/** `file:line:column: error slug: message (path; found …; expected …). hint` — one line a problem, as compilers print. */
export function formatDiagnostic(d: Diagnostic): string {
  const w = d.where;
  const place = [w.file ?? '', w.line ?? '', w.line === undefined ? '' : (w.column ?? '')]
    .filter((x) => x !== '')
    .join(':');
  const details = [
    w.path === undefined ? '' : `at ${w.path}`,
    d.found === undefined ? '' : `found ${d.found}`,
    d.expected === undefined ? '' : `expected ${d.expected}`,
  ].filter((x) => x !== '');
  const tail = details.length === 0 ? '' : ` (${details.join('; ')})`;
  const hint = d.hint === undefined ? '' : ` ${d.hint}`;
  return `${place === '' ? '' : `${place}: `}${d.severity} ${d.slug}: ${d.message}${tail}${hint}`;
}
