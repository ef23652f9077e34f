/**
 * Output streams: only results go to stdout; notes and diagnostics go to stderr. Colour only on a terminal, and not
 * where NO_COLOR is set.
 */
import type { Diagnostic, Severity } from '../../shared/errors/index.ts';
import { formatDiagnostic, visibleJson, visibleLines } from '../../shared/errors/index.ts';

/** 0 done; 1 the answer is no, or the input is bad; 2 wrong usage; 130 stopped by Ctrl+C. */
export type ExitCode = 0 | 1 | 2 | 130;

/** A reader that has seen enough (`| head`) is no error: end quietly. Call once, before anything is written. */
export function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      if (stream === process.stdout)
        printNote(`error output-failed: The result could not be written: ${error.message}`);
      process.exit(1);
    });
  }
}

/** Text for a person: what would steer the terminal is spelled out. */
export const printResult = (text: string): void => void process.stdout.write(visibleLines(text));

/** JSON text, and the same value when it is parsed. */
export const printJson = (json: string): void => void process.stdout.write(visibleJson(json));

export const printNote = (text: string): void => void process.stderr.write(`${visibleLines(text)}\n`);

/** One line each, and their number when there are several. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) process.stderr.write(`${coloured(diagnostic)}\n`);
  if (diagnostics.length < 2) return;
  const kinds = (['error', 'warning', 'note'] as const)
    .map((kind) => counted(diagnostics, kind))
    .filter((text) => text !== '');
  printNote(kinds.join(', '));
}

function counted(diagnostics: readonly Diagnostic[], severity: Severity): string {
  const n = diagnostics.filter((d) => d.severity === severity).length;
  return n === 0 ? '' : `${n} ${severity}${n === 1 ? '' : 's'}`;
}

const COLOURS: Readonly<Record<Severity, number>> = { error: 31, warning: 33, note: 36 };

function coloured(diagnostic: Diagnostic): string {
  const line = formatDiagnostic(diagnostic);
  if (!coloursOn(process.stderr, process.env)) return line;
  const kind = `${diagnostic.severity} ${diagnostic.slug}:`;
  return line.replace(kind, () => `\u001b[${COLOURS[diagnostic.severity]}m${kind}\u001b[0m`);
}

/** NO_COLOR as https://no-color.org has it: set and not empty. */
const coloursOn = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
