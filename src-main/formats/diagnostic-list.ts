/**
 * Collects the problems of one file, so that all are reported at once, and the budget that reading it may still use.
 *
 * (a) Every diagnostic names the file.
 * (b) Text quoted from the file is shortened and free of control characters, so that a file cannot control a terminal.
 * (c) At most MAX_DIAGNOSTICS are kept, and a note states how many were not.
 * (d) A value is returned only when there is no error.
 */
import type { Diagnostic, Place, Read, Severity } from '../../shared/errors/index.ts';
import { hasErrors, visible } from '../../shared/errors/index.ts';
import type { IdBudget } from './id-list.ts';
import { newIdBudget } from './id-list.ts';

export const MAX_DIAGNOSTICS = 200;
const MAX_QUOTED_CHARS = 80;

export interface Detail {
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
}

/** `text` in quotes, cut to a readable length, what would steer a terminal spelled out. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
  return `"${visible(cut)}"`;
}

export class DiagnosticList {
  readonly file: string;
  /** Shared by all id lists of the file, since many short ranges are as costly as one long one. */
  readonly idBudget: IdBudget = newIdBudget();
  private readonly kept: Diagnostic[] = [];
  private dropped = 0;
  private errors = 0;

  constructor(file: string) {
    this.file = file;
  }

  error(slug: string, message: string, where: Place, detail: Detail = {}): void {
    this.errors++;
    this.add('error', slug, message, where, detail);
  }

  warning(slug: string, message: string, where: Place, detail: Detail = {}): void {
    this.add('warning', slug, message, where, detail);
  }

  note(slug: string, message: string, where: Place, detail: Detail = {}): void {
    this.add('note', slug, message, where, detail);
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }

  /** The result of the reading, in the order of the lines; `value` only when nothing was an error. */
  read<T>(value: T | null): Read<T> {
    const diagnostics = [...this.kept].sort((a, b) => (a.where.line ?? 0) - (b.where.line ?? 0));
    if (this.dropped > 0) {
      const severity: Severity = hasErrors(diagnostics) || !this.hasErrors ? 'note' : 'error';
      const message = `${this.dropped} more problems are not shown.`;
      diagnostics.push({ severity, slug: 'more-problems', message, where: { file: this.file } });
    }
    return { value: this.hasErrors ? null : value, diagnostics };
  }

  private add(severity: Severity, slug: string, message: string, where: Place, detail: Detail): void {
    if (this.kept.length >= MAX_DIAGNOSTICS) {
      this.dropped++;
      return;
    }
    this.kept.push({ severity, slug, message, where: { file: this.file, ...where }, ...detail });
  }
}
