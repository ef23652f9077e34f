/**
 * Golden files: what a program writes, kept to the letter beside its test. `ACCEPT=1 npx vitest run TEST` writes them
 * anew, for the diff to be read before it is committed. This is the only way, and it is refused under CI: there a file
 * that differs is a failure.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

export function expectGolden(text: string, file: URL): void {
  const { ACCEPT, CI } = process.env;
  if (ACCEPT !== undefined) {
    if (CI !== undefined) throw new Error('ACCEPT is set under CI: a golden file is accepted by a person');
    writeFileSync(file, text);
  }
  const test = relative(root, expect.getState().testPath ?? '');
  const how = `${relative(root, fileURLToPath(file))} differs; if it should: ACCEPT=1 npx vitest run ${test}`;
  expect(text, how).toBe(readFileSync(file, 'utf8'));
}
