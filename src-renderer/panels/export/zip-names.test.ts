import { expect, test } from 'vitest';
import { zip } from '../../../src-main/report/index.ts';
import { zipNames } from './zip-names.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the names of an archive as main makes it; none of anything else', () => {
  const files = ['a-hosts.csv', 'größe-b.csv'].map((name) => ({ name: bytes(name), content: bytes('a,b\r\n') }));
  expect(zipNames(zip(files))).toEqual(['a-hosts.csv', 'größe-b.csv']);
  expect(zipNames(bytes('no archive, but long enough to be one'))).toEqual([]);
});
