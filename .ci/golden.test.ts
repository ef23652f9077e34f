import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { expectGolden } from './golden.ts';

let folder = '';
let file: URL;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'golden-'));
  file = pathToFileURL(join(folder, 'golden.txt'));
  writeFileSync(file, 'old\n');
  vi.stubEnv('ACCEPT', undefined);
  vi.stubEnv('CI', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a text that differs fails, names the way to accept it, and changes nothing', () => {
  expect(() => expectGolden('old\n', file)).not.toThrow();
  expect(() => expectGolden('new\n', file)).toThrow(/ACCEPT=1 npx vitest run \.ci\/golden\.test\.ts/);
  expect(readFileSync(file, 'utf8')).toBe('old\n');
});

test('ACCEPT writes it', () => {
  vi.stubEnv('ACCEPT', '1');
  expectGolden('new\n', file);
  expect(readFileSync(file, 'utf8')).toBe('new\n');
});

test.each(['old\n', 'new\n'])('under CI nothing is accepted: %j', (text) => {
  vi.stubEnv('ACCEPT', '1');
  vi.stubEnv('CI', 'true');
  expect(() => expectGolden(text, file)).toThrow('ACCEPT is set under CI');
  expect(readFileSync(file, 'utf8')).toBe('old\n');
});
