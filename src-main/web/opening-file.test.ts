import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCommand } from './browser.ts';
import { writeOpeningFile } from './opening-file.ts';

const ADDRESS = 'http://127.0.0.1:41707/?token=abc_-DEF';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-opening-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(process.platform === 'win32')('only this user can read the file and list its folder', () => {
  const { path } = writeOpeningFile(ADDRESS, folder);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

test('it sends the browser to the address, which no command line has', () => {
  const { path } = writeOpeningFile(ADDRESS, folder);
  expect(readFileSync(path, 'utf8')).toContain(`content="0; url=${ADDRESS}"`);
  for (const platform of ['linux', 'darwin', 'win32'] as const)
    expect(openCommand(platform, path).join(' ')).not.toContain('abc_-DEF');
});

test('it is removed whole, and removing it twice does no harm', () => {
  const opening = writeOpeningFile(ADDRESS, folder);
  opening.remove();
  opening.remove();
  expect(readdirSync(folder)).toEqual([]);
});
