/**
 * Reads another document of ours than a scenario: text in, a value of the schema's form or every problem with its place
 * out. What its values mean is for `meaning` to say, once the form is right.
 */
import type { z } from 'zod';
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { MAX_DEPTH, MAX_DIAGNOSTICS, MAX_TEXT_CHARS, MAX_VALUES } from '../../shared/model/limit.ts';
import { problemsOfIssues } from './form-problem.ts';
import type { Problem } from './problem.ts';
import { diagnosticOf, sentence } from './problem.ts';
import { madeVisible } from './steering.ts';
import { excessOffset, parseText, textPlaces, valueOf } from './text-place.ts';

/** @param file its name, for the places of problems. */
export function readForm<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  meaning: (value: T) => readonly Omit<Problem, 'severity'>[],
): Read<T> {
  const one = (where: Diagnostic['where'], slug: string, message: string): Read<T> => ({
    value: null,
    diagnostics: [{ severity: 'error', slug, message: sentence(message), where }],
  });
  if (text.length > MAX_TEXT_CHARS)
    return one(
      { file },
      'text-too-large',
      `the document has ${text.length} characters; at most ${MAX_TEXT_CHARS} are read`,
    );
  const json = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  const places = textPlaces(json, file);
  const excess = excessOffset(json);
  if (excess !== null)
    return excess.what === 'depth'
      ? one(places.at(excess.offset), 'text-too-deep', `values are nested more than ${MAX_DEPTH} deep here`)
      : one(places.at(excess.offset), 'text-too-many-values', `the document has more than ${MAX_VALUES} values`);
  const { root, problems: syntax } = parseText(json);
  if (syntax.length > 0 || root === null) {
    const diagnostics = syntax.map(({ message, offset }): Diagnostic => ({
      severity: 'error',
      slug: 'json-syntax',
      message: sentence(message),
      where: places.at(offset),
    }));
    return { value: null, diagnostics: diagnostics.slice(0, MAX_DIAGNOSTICS) };
  }
  const problems: Problem[] = [];
  const value = madeVisible(valueOf(root, [], problems), [], problems);
  const parsed = schema.safeParse(value);
  if (parsed.success) problems.push(...meaning(parsed.data).map((each): Problem => ({ severity: 'error', ...each })));
  else problems.push(...problemsOfIssues(parsed.error.issues, value, schema));
  const diagnostics = problems
    .map((problem) => diagnosticOf(problem, places.of(root, problem)))
    .slice(0, MAX_DIAGNOSTICS);
  const isBad = diagnostics.some(({ severity }) => severity === 'error');
  return { value: parsed.success && !isBad ? parsed.data : null, diagnostics };
}
