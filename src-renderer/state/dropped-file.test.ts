import { expect, test } from 'vitest';
import { MAX_FILE_CHARS, MAX_FILES } from '../../shared/protocol/limit.ts';
import { readFiles } from './dropped-file.ts';
import type { FileLike } from './dropped-file.ts';

let reads = 0;
const file = (name: string, text: string, size = text.length): FileLike => ({
  ...{ name, size },
  text: () => {
    reads++;
    return Promise.resolve(text);
  },
});

test('files come back with their names and texts, in order', async () => {
  const { files, problems } = await readFiles([file('host.xml', '<h/>'), file('a.xml', '<a/>')]);
  expect(problems).toEqual([]);
  expect(files).toEqual([
    { name: 'host.xml', text: '<h/>' },
    { name: 'a.xml', text: '<a/>' },
  ]);
});

test('every file that is too large is reported, and none is read', async () => {
  reads = 0;
  const { files, problems } = await readFiles([
    file('disk.img', '', MAX_FILE_CHARS + 1),
    file('host.xml', '<h/>'),
    file('core', '', 2 ** 40),
  ]);
  expect(files).toEqual([]);
  expect(problems.map(({ slug, where }) => [slug, where.file])).toEqual([
    ['drop-file-too-large', 'disk.img'],
    ['drop-file-too-large', 'core'],
  ]);
  expect(problems[1]!.found).toContain('GiB');
  expect(reads).toBe(0);
});

test('files that are small alone can be too large together', async () => {
  const list = Array.from({ length: 4 }, (_, i) => file(`${i}.xml`, '', MAX_FILE_CHARS));
  expect((await readFiles(list)).problems.map(({ slug }) => slug)).toEqual(['drop-files-too-large']);
  expect((await readFiles(list.slice(1))).problems).toEqual([]);
});

test('too many files, and none at all', async () => {
  const many = Array.from({ length: MAX_FILES + 1 }, (_, i) => file(`${i}`, ''));
  expect((await readFiles(many)).problems.map(({ slug }) => slug)).toEqual(['drop-too-many-files']);
  expect((await readFiles([])).problems.map(({ slug }) => slug)).toEqual(['drop-no-files']);
});

test('one that cannot be read is reported, and the others are not taken without it', async () => {
  const folder: FileLike = { name: 'vms', size: 4096, text: () => Promise.reject(new Error('is a folder')) };
  const { files, problems } = await readFiles([file('host.xml', '<h/>'), folder]);
  expect(files).toEqual([]);
  expect(problems).toMatchObject([{ slug: 'drop-unreadable', where: { file: 'vms' }, found: 'is a folder' }]);
});
