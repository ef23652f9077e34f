/** How Diagnostics are ordered and placed for a person. */
import type { Diagnostic, Place, Severity } from '../../shared/errors/index.ts';

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Errors, warnings, notes; in each the order given. */
export const worstFirst = (problems: readonly Diagnostic[]): Diagnostic[] =>
  [...problems].sort((a, b) => RANK[a.severity] - RANK[b.severity]);

/** host.xml:12:3 at /capabilities/host */
export function placeText({ file, line, column, path }: Place): string {
  const spot = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
  return [spot, path === undefined || path === '' ? '' : `at ${path}`].filter((part) => part !== '').join(' ');
}
