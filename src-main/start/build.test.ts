import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build, staleness } from './build.ts';

let root: string;

/** @param seconds of its last change */
function file(name: string, seconds: number): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  utimesSync(path, seconds, seconds);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pageshift-build-'));
  for (const source of ['src-renderer/app/main.ts', 'shared/units/page.ts', 'package.json']) file(source, 1000);
  for (const made of ['out/main/main.js', 'out/preload/preload.cjs', 'out/renderer/index.html']) file(made, 2000);
});
afterEach(() => rmSync(root, { recursive: true }));

test('what is newer than all its sources is up to date', () => {
  expect(staleness(root)).toBeNull();
});

test.each([
  'src-renderer/app/main.ts',
  'shared/deep/below/new.ts',
  'src-main/app/main.ts',
  'package.json',
  'electron.vite.config.ts',
])('a newer %s is built', (name) => {
  file(name, 3000);
  expect(staleness(root)).toBe(`${join(name)} is newer than what was built`);
});

test('a newer test changes nothing of what is built', () => {
  file('src-main/app/door.test.ts', 3000);
  expect(staleness(root)).toBeNull();
});

test.each(['out/main/main.js', 'out/preload/preload.cjs', 'out/renderer/index.html'])(
  'without %s it is built',
  (name) => {
    rmSync(join(root, name));
    expect(staleness(root)).toBe(`there is no ${name}`);
  },
);

test('a build without its tool says what is missing', () => {
  expect(() => build(root)).toThrow(/electron-vite is not installed: npm ci/);
});
