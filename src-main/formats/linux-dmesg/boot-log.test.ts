import { describe, expect, it } from 'vitest';
import { readBootLog } from './read.ts';

const LOG = `[    0.000000] Linux version 6.1.0-56-cloud-amd64 (gcc-12)
[    0.000000] Command line: console=ttyS0
[    0.000000] BIOS-provided physical RAM map:
[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
[    0.000000] BIOS-e820: [mem 0x0000000100000000-0x000000017fffffff] usable
[    0.005952] last_pfn = 0x180000 max_arch_pfn = 0x400000000
[    0.012240] RAMDISK: [mem 0x7fdb9000-0x7ffdffff]
[    0.016181] SRAT: PXM 0 -> APIC 0x00 -> Node 0
[    0.016225] SRAT: PXM 1 -> APIC 0x02 -> Node 1
[    0.016348] ACPI: SRAT: Node 0 PXM 0 [mem 0x00000000-0x0009ffff]
[    0.016397] ACPI: SRAT: Node 1 PXM 1 [mem 0x180000000-0x1ffffffff] hotplug
[    0.017488] NODE_DATA(0) allocated [mem 0x3ffd5000-0x3fffffff]
[    0.022946] Zone ranges:
[    0.022973]   DMA      [mem 0x0000000000001000-0x0000000000ffffff]
[    0.023047]   Normal   empty
[    0.023639] Early memory node ranges
[    0.023669]   node   0: [mem 0x0000000000001000-0x000000000009efff]
[    0.023800]   node   0: [mem 0x0000000000100000-0x000000007fffffff]
[    0.023823]   node   1: [mem 0x0000000100000000-0x000000017fffffff]
[    0.024012] Initmem setup node 0 [mem 0x0000000000001000-0x000000007fffffff]
[    0.030000] software IO TLB: mapped [mem 0x000000007bdb9000-0x000000007fdb9000-1] (64MB)
[    0.030001] software IO TLB: mapped [mem 0x000000007bdb9000-0x000000007fdb8fff] (64MB)
[    0.047349] setup_percpu: NR_CPUS:8192 nr_cpumask_bits:4 nr_cpu_ids:4 nr_node_ids:3
[    0.063692] percpu: Embedded 61 pages/cpu s212992 r8192 d28672 u1048576
[    0.065474] Fallback order for Node 0: 0 1 
[    0.065542] Fallback order for Node 1: 1 0 
[    0.068000] Dentry cache hash table entries: 262144 (order: 9, 2097152 bytes, linear)
[    0.087187] Memory: 523060K/2620920K available (14343K kernel code, 2327K rwdata, 2612K init, 5436K bss, 87388K reserved, 0K cma-reserved)
[    0.100000] Mount-cache hash table entries: 8192 (order: 4, 65536 bytes, linear)
[    0.555535] Freeing SMP alternatives memory: 36K
[    1.225738] smp: Brought up 2 nodes, 4 CPUs
[    1.308395] x86/mm: Memory block size: 128MB
[    3.010055] Freeing initrd memory: 2204K
[    4.108343] Freeing unused kernel image (initmem) memory: 2612K
[   99.000000] Early memory node ranges
[   99.000000]   node   0: [mem 0x0000000000001000-0x000000000009efff]
[   99.065474] Fallback order for Node 0: 0 1 2 
`;

const slugs = (text: string) => readBootLog(text, 'f').diagnostics.map((d) => [d.slug, d.where.line]);

describe('readBootLog', () => {
  it('reads the memory map, what was taken and what was given back', () => {
    const { value, diagnostics } = readBootLog(LOG, 'f');
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({
      version: '6.1.0-56-cloud-amd64',
      commandLine: 'console=ttyS0',
      nodeRanges: [
        { nid: 0, start: 1, end: 0x9f },
        { nid: 0, start: 0x100, end: 0x80000 },
        { nid: 1, start: 0x100000, end: 0x180000 },
      ],
      sratMemory: [
        { nid: 0, hotplug: false },
        { nid: 1, hotplug: true, start: 0x180000000, end: 0x200000000 },
      ],
      sratCpus: [
        { id: 0, nid: 0 },
        { id: 2, nid: 1 },
      ],
      zones: [
        { name: 'DMA', range: { start: 1, end: 4096 } },
        { name: 'Normal', range: null },
      ],
      nodeData: [{ nid: 0, start: 0x3ffd5000, end: 0x40000000 }],
      initrd: { start: 0x7fdb9000, end: 0x7ffe0000 },
      swiotlb: { start: 0x7bdb9000, end: 0x7fdb9000 },
      memory: { totalKib: 2620920, reservedKib: 87388, kernelKib: { 'kernel code': 14343, bss: 5436 } },
      perCpuPages: 61,
      earlyHashBytes: 2097152,
      nrCpuIds: 4,
      nrNodeIds: 3,
      cpus: 4,
      maxArchPfn: 2 ** 34,
      memoryBlockMib: 128,
    });
    expect(value!.freed).toEqual([
      { what: 'SMP alternatives', kib: 36, late: false },
      { what: 'initrd', kib: 2204, late: true },
      { what: 'unused kernel image, initmem', kib: 2612, late: true },
    ]);
    // What is printed again when memory is plugged in is not the map of the boot.
    expect(value!.fallback).toEqual([
      { nid: 0, order: [0, 1] },
      { nid: 1, order: [1, 0] },
    ]);
  });

  it('reads it without time stamps, with priorities, and out of the journal', () => {
    const bare = LOG.replaceAll(/^\[ *[\d.]+\] /gm, '');
    const journal = bare.replaceAll(/^/gm, 'Nov 22 19:37:36 guest kernel: ');
    const wanted = readBootLog(LOG, 'f').value;
    for (const text of [bare, journal, LOG.replaceAll(/^\[/gm, '<6>[')])
      expect(readBootLog(text, 'f').value).toEqual(wanted);
  });

  it('reads what 3.10 prints', () => {
    const old = `Linux version 3.10.0
Early memory node ranges
  node   0: [mem 0x00001000-0x0009efff]
  node   0: [mem 0x00100000-0x07ffdfff]
Memory: 115072k/131064k available (6241k kernel code, 456k absent, 15536k reserved, 6949k data, 1352k init)
Freeing unused kernel memory: 1404k freed
`;
    const { value, diagnostics } = readBootLog(old, 'f');
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({
      nodeRanges: [{ end: 0x9f }, { start: 0x100, end: 0x7ffe }],
      memory: { reservedKib: 15536, kernelKib: { 'kernel code': 6241 } },
      freed: [{ what: 'unused kernel', kib: 1404 }],
    });
  });

  it('refuses a log whose beginning is gone, and ranges that make no sense', () => {
    expect(slugs(LOG.split('\n').slice(25).join('\n').replaceAll('Early', 'Late'))).toEqual([['boot-log-cut', 1]]);
    expect(
      slugs(LOG.replace('0x0000000000100000-0x000000007fffffff', '0x0000000000001000-0x000000007fffffff')),
    ).toEqual([['range-overlap', 18]]);
    expect(
      slugs(LOG.replace('0x0000000000100000-0x000000007fffffff', '0x0000000000100000-0xffffffffffffffff'))[0],
    ).toEqual(['range-invalid', 18]);
    expect(slugs(LOG.replace('  node   1: [mem', '  node   5000: [mem'))).toEqual([['range-invalid', 19]]);
  });
});
