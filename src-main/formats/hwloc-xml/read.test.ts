import { describe, expect, test } from 'vitest';
import { hwlocXml, readDocument, readForeign, recognise } from '../index.ts';

const node = (id: number, cpuset: string, more = ''): string =>
  `<object type="NUMANode" os_index="${id}" cpuset="${cpuset}" gp_index="${id + 10}" local_memory="1073741824"${more}><page_type size="4096" count="262144"/></object>`;
const topology = (nodes: string, behind = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n<topology version="2.0">\n  <object type="Machine" os_index="0">${nodes}</object>\n${behind}</topology>\n`;
const read = (text: string): any => readForeign(text, 'f').value;
const slugs = (text: string): readonly string[] => readDocument(text, 'f').diagnostics.map(({ slug }) => slug);

describe("hwloc's XML", () => {
  test('of version 1 is refused with the way out, and a topology of libvirt is none', () => {
    for (const text of [
      '<topology><object type="Machine"/></topology>',
      '<topology version="1.0"><object/></topology>',
    ]) {
      const { parts, diagnostics } = readDocument(text, 'f');
      expect(parts).toEqual([]);
      expect(diagnostics).toMatchObject([{ slug: 'hwloc-version', hint: expect.stringContaining('lstopo --input') }]);
    }
    expect(recognise('<vcpu>4</vcpu>\n<topology sockets="2" cores="2" threads="1"/>', 'f').value?.id).toBe(
      'libvirt-fragment',
    );
  });

  test('finds nodes at every depth, in masks of many words, and keeps sparse ids', () => {
    const text = topology(
      `<object type="Group"><object type="MemCache">${node(8, '0x6000,,0x40000,0x6007')}</object></object>${node(250, '0x0')}`,
    );
    expect(read(text).nodes).toMatchObject([
      { id: 8, memoryKiB: 1_048_576, cpus: [0, 1, 2, 13, 14, 50, 109, 110] },
      { id: 250, cpus: [], localCpus: [] },
    ]);
  });

  test('gives CPUs that several nodes are near to one of them, and says so', () => {
    const text = topology(node(1, '0xf', ' subtype="MCDRAM"') + node(0, '0xf'));
    expect(read(text).nodes).toMatchObject([
      { id: 0, cpus: [0, 1, 2, 3], localCpus: [0, 1, 2, 3] },
      { id: 1, cpus: [], localCpus: [0, 1, 2, 3], subtype: 'MCDRAM' },
    ]);
    expect(slugs(text)).toEqual(['cpuset-shared']);
  });

  test('reads distances in the order of their indexes, broken anywhere, and refuses one that is cut', () => {
    const matrix = (values: string): string =>
      topology(
        node(0, '0x1') + node(8, '0x2'),
        `<distances2 type="NUMANode" nbobjs="2" kind="5" indexing="os"><indexes length="4">8 </indexes><indexes length="2">0 </indexes>${values}</distances2>`,
      );
    const whole = matrix('<u64values length="6">10 21 </u64values><u64values length="6">31 10 </u64values>');
    expect(read(whole).distances).toEqual({
      ids: [0, 8],
      matrix: [
        [10, 31],
        [21, 10],
      ],
    });
    expect(slugs(matrix('<u64values length="6">10 21 </u64values>'))).toContain('distances-incomplete');
  });

  test('is changed in one value alone, and unchanged is itself', () => {
    const text = topology(`${node(0, '0x1')} <!-- kept -->\n <object type='Misc' name="x"/>`);
    expect(hwlocXml.edit!(text, 'f', []).value).toBe(text);
    const path = '/topology/object/object[1]/@local_memory';
    expect(hwlocXml.edit!(text, 'f', [{ path, value: '2147483648' }]).value).toBe(
      text.replace('1073741824', '2147483648'),
    );
  });
});
