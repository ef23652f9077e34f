import { describe, expect, it } from 'vitest';
import { readForeign, recognise } from '../index.ts';
import type { HostStateFacts } from '../measured.ts';

/** As virsh 9.0.0 prints it. */
const TEXT = `    0:    2225176 KiB
    1:     926216 KiB
    2:    1017916 KiB
--------------------
Total:    4169308 KiB
`;
const NODES = [
  [0, 2225176],
  [1, 926216],
  [2, 1017916],
];
const read = (text: string) => readForeign(text, 'f');
const slugs = (text: string) => read(text).diagnostics.map(({ slug }) => slug);

describe('virsh freecell --all', () => {
  it('gives what is free of each node, also in another language, pasted, or with nodes out of order', () => {
    for (const text of [
      TEXT,
      TEXT.replace('Total', 'Gesamt'),
      TEXT.replaceAll('\n', '\r\n'),
      `$ virsh freecell --all\n> ${TEXT.replaceAll('\n', '\n> ')}`,
      `${TEXT.split('\n').slice(1, 3).join('\n')}\n    0:    2225176 KiB\nTotal:    4169308 KiB\n`,
    ]) {
      const { value, diagnostics } = read(text);
      expect(diagnostics).toEqual([]);
      expect(value).toMatchObject({ kind: 'virsh-freecell', freeKiB: 4169308, memoryKiB: null });
      expect((value as HostStateFacts).nodes.map(({ id, freeKiB }) => [id, freeKiB])).toEqual(NODES);
    }
    expect(recognise(TEXT, 'f').value).toMatchObject({ role: 'host-state' });
  });

  it('says that lines are missing or given twice; without --all there is the sum alone', () => {
    expect(slugs(TEXT.replace(/^ {4}1:.*\n/m, ''))).toEqual(['freecell-total']);
    expect(slugs(TEXT.replace(/^Total.*\n/m, ''))).toEqual([]);
    expect(slugs(TEXT + TEXT)).toEqual(['node-duplicate', 'node-duplicate', 'node-duplicate']);
    expect(read('Total: 4166592 KiB\n\n')).toMatchObject({ value: { nodes: [], freeKiB: 4166592 }, diagnostics: [] });
    expect(slugs(TEXT.replace('1:', '99999:'))).toEqual(['too-many-nodes']);
  });
});
