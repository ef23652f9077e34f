/** buddyinfo, pagetypeinfo, node meminfo, iomem: the kernel's small files. */
import { describe, expect, it } from 'vitest';
import { readBuddyinfo } from './linux-buddyinfo/read.ts';
import { readIomem } from './linux-iomem/read.ts';
import { readNodeMeminfo } from './linux-node-meminfo/read.ts';
import { readPagetypeinfo } from './linux-pagetypeinfo/read.ts';

const slugsOf = ({ diagnostics }: { diagnostics: readonly { slug: string; where: { line?: number } }[] }) =>
  diagnostics.map((d) => [d.slug, d.where.line]);

describe('readBuddyinfo', () => {
  const TEXT = `Node 0, zone      DMA      0      0      0      0      0      0      1      1      0      1      3 
Node 0, zone    DMA32      2      2      2      1      2      0      0      1      1      2    226 
`;

  it('reads blocks by order', () => {
    const { value, diagnostics } = readBuddyinfo(TEXT, 'f');
    expect(diagnostics).toEqual([]);
    expect(value!.zones).toEqual([
      { nid: 0, zone: 'DMA', line: 1, blocks: [0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 3] },
      { nid: 0, zone: 'DMA32', line: 2, blocks: [2, 2, 2, 1, 2, 0, 0, 1, 1, 2, 226] },
    ]);
  });

  it('reads lines that a terminal has wrapped', () => {
    const wrapped = TEXT.replaceAll(/( +\d+)( +\d+)( +\d+)( *)$/gm, '\n$1$2$3');
    expect(readBuddyinfo(wrapped, 'f').value).toMatchObject({
      zones: [{ blocks: [0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 3] }, { blocks: [2, 2, 2, 1, 2, 0, 0, 1, 1, 2, 226] }],
    });
  });

  it('refuses lines of different lengths, a zone twice, and what is no number', () => {
    expect(slugsOf(readBuddyinfo(TEXT.replace('226', ''), 'f'))).toEqual([['orders-differ', 2]]);
    expect(slugsOf(readBuddyinfo(TEXT + TEXT, 'f'))).toEqual([
      ['zone-duplicate', 3],
      ['zone-duplicate', 4],
    ]);
    expect(slugsOf(readBuddyinfo(TEXT.replace('226', '22x'), 'f'))).toContainEqual(['count-invalid', 2]);
    expect(slugsOf(readBuddyinfo(TEXT.replace('226', '9'.repeat(20)), 'f'))).toContainEqual(['count-invalid', 2]);
    expect(slugsOf(readBuddyinfo('hello', 'f'))).toEqual([['not-buddyinfo', 1]]);
  });
});

describe('readPagetypeinfo', () => {
  const TEXT = `Page block order: 9
Pages per block:  512

Free pages count per migrate type at order       0      1      2 
Node    0, zone      DMA, type    Unmovable      0      1      2 
Node    0, zone      DMA, type      Movable      3 >100000      5 

Number of blocks type     Unmovable      Movable 
Node 0, zone      DMA            1            7 
`;

  it('reads blocks by migrate type, and pageblocks', () => {
    const { value, diagnostics } = readPagetypeinfo(TEXT, 'f');
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({
      kind: 'linux-pagetypeinfo',
      pageblockOrder: 9,
      free: [
        { nid: 0, zone: 'DMA', type: 'Unmovable', line: 5, blocks: [0, 1, 2] },
        { nid: 0, zone: 'DMA', type: 'Movable', line: 6, blocks: [3, null, 5] },
      ],
      pageblocks: [{ nid: 0, zone: 'DMA', counts: { Unmovable: 1, Movable: 7 } }],
    });
  });

  it('refuses counts that do not fit their head', () => {
    expect(slugsOf(readPagetypeinfo(TEXT.replace('            7', ''), 'f'))).toEqual([['count-invalid', 9]]);
    expect(slugsOf(readPagetypeinfo(TEXT.replace('>100000', '>x'), 'f'))).toEqual([['count-invalid', 6]]);
    expect(slugsOf(readPagetypeinfo('Page block order: 9', 'f'))).toEqual([['not-pagetypeinfo', 1]]);
  });
});

describe('readNodeMeminfo', () => {
  it('reads one node, or several in one file, whatever else they state', () => {
    const text = '\nNode 8 MemTotal:       1030488 kB\nNode 8 MemFree:  1008440 kB\nNode 8 HugePages_Total:     0\n';
    expect(readNodeMeminfo(`${text}Node 0 MemTotal: 4 kB\n`, 'f').value!.nodes).toMatchObject([
      { nid: 0, totalKib: 4, freeKib: null },
      { nid: 8, line: 2, totalKib: 1030488, freeKib: 1008440, fields: { HugePages_Total: 0 } },
    ]);
  });

  it('refuses a field twice and a node without its size; warns of more free than there is', () => {
    expect(slugsOf(readNodeMeminfo('Node 0 MemTotal: 4 kB\nNode 0 MemTotal: 4 kB', 'f'))).toEqual([
      ['field-duplicate', 2],
    ]);
    expect(slugsOf(readNodeMeminfo('Node 0 MemFree: 4 kB', 'f'))).toEqual([['node-incomplete', 1]]);
    expect(slugsOf(readNodeMeminfo('Node 0 MemTotal: 4 kB\nNode 0 MemFree: 8 kB', 'f'))).toEqual([
      ['free-above-size', 1],
    ]);
    expect(slugsOf(readNodeMeminfo('Node 4096 MemTotal: 4 kB', 'f'))[0]).toEqual(['too-many-nodes', 1]);
    expect(slugsOf(readNodeMeminfo('MemTotal: 4 kB', 'f'))).toEqual([['not-node-meminfo', 1]]);
  });
});

describe('readIomem', () => {
  it('reads ranges and how deep they are', () => {
    const text = '00100000-7ffdffff : System RAM\n  08200000-09001ef1 : Kernel code\n';
    expect(readIomem(text, 'f').value!.resources).toEqual([
      { start: 0x100000, end: 0x7ffe0000, name: 'System RAM', depth: 0, line: 1 },
      { start: 0x8200000, end: 0x9001ef2, name: 'Kernel code', depth: 1, line: 2 },
    ]);
  });

  it('refuses what the kernel shows to others than root', () => {
    expect(slugsOf(readIomem('00000000-00000000 : System RAM\n', 'f'))).toEqual([['iomem-hidden', 1]]);
    expect(slugsOf(readIomem('00000002-00000001 : System RAM\n', 'f'))).toEqual([
      ['range-invalid', 1],
      ['not-iomem', 1],
    ]);
  });
});
