/**
 * The files that a scenario was imported from. The scenario keeps them, so that what is not understood of them today
 * is not lost. They do not affect the world.
 */
import type { ScenarioSource } from './schema.ts';
import { MAX_SOURCE_CHARS } from './schema.ts';

/** Texts of all sources together. A larger one has room in no document. */
const MAX_SOURCES_CHARS = 8 * MAX_SOURCE_CHARS;

export interface SourceFile {
  /** Without its folders. */
  readonly name: string;
  readonly format: string;
  readonly text: string;
}

/** In the order given. A text that is too large by itself, or with those before it, is left out; its digest is not. */
export function sourcesOf(files: readonly SourceFile[], sha256: (text: string) => string): ScenarioSource[] {
  let left = MAX_SOURCES_CHARS;
  return files.map(({ name, format, text }) => {
    const source = { name, format, sha256: sha256(text) };
    if (text.length > Math.min(left, MAX_SOURCE_CHARS)) return source;
    left -= text.length;
    return { ...source, text };
  });
}
