/**
 * Characters that steer what shows them instead of being shown: control characters (C0 with the escape character, DEL,
 * C1), marks and overrides of writing direction, line and paragraph separators, the byte order mark. A name that comes
 * from a file must not move a terminal's cursor, reorder a sentence or begin a line of its own.
 *
 * Every door through which a text of a person, a file or a guest is shown spells them out with one of these:
 *
 *   names and texts of a scenario, when it is read      scenario/read.ts, scenario/import.ts
 *   file names and places for a window                   desk/window-link.ts
 *   terminals: results, notes, diagnostics               cli/output.ts
 *   what a guest's shell prints                          shell/shell.ts
 *   reports: HTML and SVG, CSV, JSON                     report/markup.ts, csv.ts; view/run-document.ts
 */
import type { Diagnostic } from './diagnostic.ts';

const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A text of one line with such characters as `\u{202e}`. */
export const visible = (text: string): string => text.replace(STEERING, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);

/** As visible, of a text with lines and tabs. */
export const visibleLines = (text: string): string =>
  text.replace(STEERING, (c) => (c === '\n' || c === '\t' ? c : visible(c)));

/** JSON text with such characters as JSON's own escapes: the same value. Between its strings are only line feeds and tabs. */
export const visibleJson = (json: string): string =>
  json.replace(STEERING, (c) =>
    c === '\n' || c === '\t' || c === '\r' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The fields of a diagnostic that may quote a file, or name one. */
export const visibleDiagnostic = (d: Diagnostic): Diagnostic => {
  const shown = <T>(value: T): T => (typeof value === 'string' ? (visible(value) as T) : value);
  const fields = Object.entries(d).map(([key, value]) => [key, shown(value)] as const);
  const where = Object.entries(d.where).map(([key, value]) => [key, shown(value)] as const);
  return { ...(Object.fromEntries(fields) as unknown as Diagnostic), where: Object.fromEntries(where) };
};

/** Whether a text has such a character. */
export const steers = (text: string): boolean => text.search(STEERING) >= 0;
