import { expect, test } from 'vitest';
import { sentenceFormat } from './sentence.ts';

const format = sentenceFormat({
  hosts: [{ name: 'rack-10000', nids: [], cpus: [], distances: [] } as never],
  guests: [{ name: '51722' } as never, { name: 'vm 20000 (a)' } as never],
});

test.each([
  [
    '51722 gathers 2097152 pages on host rack-10000 node 0.',
    '51722 gathers 2_097_152 pages on host rack-10000 node 0.',
  ],
  ['vm 20000 (a): 20000 pages, 9999 left', 'vm 20000 (a): 20_000 pages, 9999 left'],
  ['Round 0: 1007.2 MiB of 16384.0 MiB left, at 62.5 MiB/s', 'Round 0: 1_007.2 MiB of 16 GiB left, at 62.5 MiB/s'],
  ['22371.1 MiB sent', '21.85 GiB sent'],
  ['free of node 0 is 12345, found 12346.', 'free of node 0 is 12_345, found 12_346.'],
  ['pfn 40960 order 9; 0x12345; 8803cf36d7e44308; v1.12345; 12345.5 ms; build-12345; a12345', null],
])('%s', (text, expected) => {
  expect(format(text)).toBe((expected ?? text).replaceAll('_', '\u202f'));
});
