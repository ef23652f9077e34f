/**
 * Diagnostics: what a person reads when their input is wrong. Three kinds of error are kept apart:
 *
 * (a) a bug of ours: `assert` in engine/core throws InvariantError, and the world stops;
 * (b) wrong input: a `Diagnostic`, collected with all others and returned, never thrown;
 * (c) a failure inside the simulated world (out of memory, a rejected migration): an ordinary result.
 *
 * Slugs are stable once released: tests, scripts and documentation refer to them.
 */

import type { Diagnostic } from './diagnostic.ts';
import { visible } from './visible.ts';

export type { Diagnostic, Place, Read, Severity } from './diagnostic.ts';
export { steers, visible, visibleDiagnostic, visibleJson, visibleLines } from './visible.ts';

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === 'error');

/** `file:line:column: error slug: message (path; found …; expected …). hint` — one line a problem, as compilers print. Made visible. */
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
  return visible(`${place === '' ? '' : `${place}: `}${d.severity} ${d.slug}: ${d.message}${tail}${hint}`);
}
