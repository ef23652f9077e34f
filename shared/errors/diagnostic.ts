/** What a person reads when their input is wrong (index.ts). */

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
