import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32, zip } from './zip.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const FILES = [
  { name: bytes('größe-hosts.csv'), content: bytes('a,b\r\n1,2\r\n') },
  { name: bytes('empty.csv'), content: bytes('') },
  { name: bytes('large.csv'), content: bytes('x'.repeat(70_000)) },
];

test('the checksum is that of zlib', () => {
  for (const { content } of FILES) expect(crc32(content)).toBe(nodeCrc32(content));
});

// Python's own reader, where it is.
const hasPython = spawnSync('python3', ['--version']).status === 0;
test.skipIf(!hasPython)('another program reads back what was put in, and finds no fault', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageshift-zip-'));
  try {
    const path = join(folder, 'a.zip');
    writeFileSync(path, zip(FILES));
    const read =
      'import sys, zipfile, json; z = zipfile.ZipFile(sys.argv[1]); ' +
      'print(json.dumps([z.testzip(), [[i.filename, z.read(i).decode()] for i in z.infolist()]]))';
    const found: unknown = JSON.parse(execFileSync('python3', ['-c', read, path], { encoding: 'utf8' }));
    expect(found).toEqual([
      null,
      FILES.map(({ name, content }) => [name, content].map((part) => Buffer.from(part).toString())),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('equal files give equal bytes', () => {
  expect(zip(FILES)).toEqual(zip(FILES));
});
