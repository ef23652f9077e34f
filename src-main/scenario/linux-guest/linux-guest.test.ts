/** Guests unlike the captured ones: a hole below 4 GiB, more nodes, memory without CPUs, memory that was plugged in. */
import { describe, expect, it } from 'vitest';
import { GuestMm } from '../../engine/mm/index.ts';
import type { ForeignFacts } from '../../formats/index.ts';
import { readForeign } from '../../formats/index.ts';
import { assembleScenario, sortParts } from '../import.ts';
import { toWorldConfig } from '../world-config.ts';
import { explainManaged, guestFromLinuxFiles } from './index.ts';
import { bootMap, leavesFirstMib } from './boot-map.ts';

const MIB = 256;
const GIB = 1024 * MIB;

interface Zone {
  readonly nid: number;
  readonly zone: string;
  readonly start: number;
  readonly spanned: number;
  readonly present?: number;
  readonly managed?: number;
  readonly free?: number;
}

const zoneText = ({ nid, zone, start, spanned, present = spanned, managed = present, free = managed }: Zone): string =>
  `Node ${nid}, zone ${zone.padStart(8)}
  pages free     ${free}
        min      0
        spanned  ${spanned}
        present  ${present}
        managed  ${managed}
  start_pfn:           ${start}
`;

const listText = (nid: number, zone: string, blocks: Readonly<Record<number, number>>, orders = 11): string =>
  `Node ${nid}, zone ${zone.padStart(8)} ${Array.from({ length: orders }, (_, o) => blocks[o] ?? 0).join(' ')} \n`;

function partsOf(texts: Readonly<Record<string, string>>) {
  return Object.entries(texts).map(([file, text]) => {
    const { value, diagnostics } = readForeign(text, file);
    expect(diagnostics).toEqual([]);
    return { file, facts: value! as ForeignFacts };
  });
}

function imported(texts: Readonly<Record<string, string>>) {
  const { value, diagnostics } = assembleScenario(sortParts(partsOf(texts)));
  return { scenario: value, diagnostics, slugs: diagnostics.map(({ slug }) => slug) };
}

function booted(texts: Readonly<Record<string, string>>) {
  const { scenario, diagnostics, slugs } = imported(texts);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const config = toWorldConfig(scenario!).guests[0]!;
  const mm = GuestMm.boot(config.mm);
  expect(mm.check()).toEqual([]);
  return { mm, config, slugs, diagnostics };
}

const range = (nid: number, start: number, end: number): string => {
  const hex = (n: number): string => `0x${n.toString(16).padStart(16, '0')}`;
  return `  node ${String(nid).padStart(3)}: [mem ${hex(start * 4096)}-${hex(end * 4096 - 1)}]\n`;
};

/** A log of nodes' ranges, with what else is wanted of it. */
const logOf = (ranges: readonly (readonly [number, number, number])[], more = ''): string =>
  `Linux version 6.1.0 (test)\nEarly memory node ranges\n${ranges.map(([nid, start, end]) => range(nid, start, end)).join('')}${more}`;

/** q35 with 4 GiB: 2 GiB below the hole, 2 GiB above; node 0 goes on above it. */
const HOLED = [
  [0, 1, 0x9f],
  [0, 0x100, 0x7ffe0],
  [0, 0x100000, 0x140000],
  [1, 0x140000, 0x180000],
] as const;

describe('a boot log', () => {
  it('gives a node that goes on above 4 GiB the hole below it in its DMA32 span', () => {
    const { mm } = booted({ log: logOf(HOLED) });
    expect(mm.zone(0, 0)).toMatchObject({ spanStart: 1, spannedPages: 4095, presentPages: 3998 });
    expect(mm.zone(0, 1)).toMatchObject({
      spanStart: 4096,
      spannedPages: 1_048_576 - 4096,
      presentPages: 0x7ffe0 - 4096,
    });
    expect(mm.zone(0, 2)).toMatchObject({ spanStart: 0x100000, spannedPages: 0x40000, presentPages: 0x40000 });
    expect(mm.zone(1, 2)).toMatchObject({ spanStart: 0x140000, spannedPages: 0x40000 });
    expect(mm.zone(1, 1).presentPages).toBe(0);
  });

  it('puts what is counted and not placed at the top of its node, memory maps by section', () => {
    const { mm } = booted({ log: logOf(HOLED) });
    // Node 0 has 16 sections below the hole and 8 above, node 1 has 8.
    expect(mm.zone(0, 2).reservedPages).toBe(24 * 512);
    expect(mm.zone(1, 2).reservedPages).toBe(8 * 512);
    expect(mm.pageState(0x140000 - 1)).toBe('reserved');
    expect(mm.zone(0, 0).managedPages).toBe(3840);
  });

  it('takes bounce buffers, crash kernel and early hash tables where it says', () => {
    const more = `software IO TLB: mapped [mem 0x000000007bdb9000-0x000000007fdb8fff] (64MB)
Reserving 256MB of memory at 512MB for crashkernel (System RAM: 4095MB)
Dentry cache hash table entries: 524288 (order: 10, 4194304 bytes, linear)
Memory: 1K/4193656K available (0K kernel code, 409600K reserved)
`;
    const { mm } = booted({ log: logOf(HOLED, more) });
    expect(mm.pageState(0x7bdb9)).toBe('reserved');
    expect(mm.pageState(0x7bdb8)).toBe('free');
    expect(mm.pageState(512 * MIB)).toBe('reserved');
    expect(mm.pageState(768 * MIB)).toBe('free');
    // The log's sum holds, to the page.
    const reserved = [0, 1].flatMap((nid) => [0, 1, 2].map((z) => mm.zone(nid, z).reservedPages));
    expect(reserved.reduce((a, b) => a + b)).toBe(409600 / 4);
  });

  it('places the kernel where iomem says, and says so where it does not', () => {
    const more =
      'Memory: 1K/2K available (8192K kernel code, 4096K bss)\nsmp: Brought up 1 node, 1 CPU\nFreeing unused kernel image (initmem) memory: 1024K\n';
    const iomem = `60000000-607fffff : Kernel code\n60800000-60bfffff : Kernel bss\n`;
    const log = logOf(HOLED, more);
    const placed = booted({ log, iomem });
    expect(placed.mm.pageState(0x60000)).toBe('reserved');
    expect(placed.mm.pageState(0x60c00)).toBe('free');
    // 1 MiB before bss is given back after the watermarks were set.
    expect(placed.mm.pageState(0x60800 - 1)).toBe('free');
    expect(placed.config.mm.freedLate).toEqual([{ start: 0x60800 - 256, end: 0x60800 }]);
    expect(placed.slugs).not.toContain('guest-assumed-kernel');
    const unplaced = booted({ log });
    expect(unplaced.mm.pageState(4096)).toBe('free');
    expect(unplaced.mm.pageState(4096 + 256)).toBe('reserved');
    expect(unplaced.diagnostics.some(({ message }) => message.includes('kernel image'))).toBe(true);
    const rows = explainManaged(bootMap(partsOf({ log })[0]!.facts as never, null, [0]), []);
    expect(rows.every(({ because }) => because !== '')).toBe(true);
  });

  it('has CPUs by the firmware’s table; a node of CPUs alone is a node', () => {
    const srat = [0, 0, 1, 2].map((nid, i) => `SRAT: PXM ${nid} -> APIC 0x0${i} -> Node ${nid}\n`).join('');
    const { mm, config } = booted({ log: logOf(HOLED, `${srat}setup_percpu: NR_CPUS:8 nr_cpu_ids:4 nr_node_ids:3\n`) });
    expect(config.mm.cpuNode).toEqual([0, 0, 1, 2]);
    expect(config.mm.nrNodeIds).toBe(3);
    expect(Array.from(mm.state.online)).toEqual([1, 1, 1]);
  });

  it('of 128 nodes and of one node is as good', () => {
    const many = Array.from(
      { length: 128 },
      (_, nid) => [nid, nid * 16384 + (nid === 0 ? 1 : 0), (nid + 1) * 16384] as const,
    );
    const { mm } = booted({ log: logOf(many) });
    expect(mm.zone(127, 2).presentPages).toBe(16384);
    expect(booted({ log: logOf([[0, 1, 32768]]) }).mm.zone(0, 1).presentPages).toBe(32768 - 4096);
  });

  it('by the kernel’s age, the first MiB is managed or not', () => {
    expect(['3.10.0', '5.12.9', '5.13.0', '6.1.0-56', null].map(leavesFirstMib)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    const { mm } = booted({ log: logOf(HOLED).replace('6.1.0', '5.4.0') });
    expect(mm.zone(0, 0).managedPages).toBe(3998 - 15);
  });

  it('is refused beyond what a guest can be', () => {
    expect(imported({ log: logOf([[0, 1, 2 ** 30]]) }).slugs).toContain('guest-too-large');
    // Refused before anything of its size is counted: a table of 128 MiB sections of it would not fit the memory.
    expect(imported({ log: logOf([[0, 1, 2 ** 40]]) }).scenario).toBeNull();
    expect(imported({ log: logOf([[300, 1, 32768]]) }).slugs).toContain('guest-node-id');
  });
});

describe('a zoneinfo', () => {
  const zones: readonly Zone[] = [
    { nid: 0, zone: 'DMA', start: 1, spanned: 4095, present: 3998, managed: 3840 },
    // 2 GiB below the hole of a node that goes on above it.
    { nid: 0, zone: 'DMA32', start: 4096, spanned: 1_044_480, present: 520_160, managed: 510_000, free: 1234 },
    { nid: 0, zone: 'Normal', start: 1_048_576, spanned: GIB, managed: 258_000, free: 0 },
    { nid: 1, zone: 'Normal', start: 1_048_576 + GIB, spanned: GIB, managed: 258_048 },
  ];
  const zoneinfo = zones.map(zoneText).join('');

  it('alone suffices: sizes as stated, as many free pages in few blocks', () => {
    const { mm, slugs } = booted({ zoneinfo });
    for (const { nid, zone, start, spanned, present = spanned, managed = present, free = managed } of zones) {
      const cell = mm.zone(nid, ['DMA', 'DMA32', 'Normal'].indexOf(zone));
      expect(cell).toMatchObject({ spanStart: start, spannedPages: spanned, presentPages: present });
      expect([cell.managedPages, cell.freePages]).toEqual([managed, free]);
    }
    expect(slugs).toContain('guest-assumed');
    expect(slugs).toContain('host-assumed');
  });

  it('has its holes where the firmware’s window and the hole for devices are', () => {
    const { config } = booted({ zoneinfo });
    expect(config.mm.holes).toEqual([
      { start: 0, end: 1 },
      { start: 256 - 97, end: 256 },
      { start: 4096 + 520_160, end: 1_048_576 },
    ]);
  });

  it('with buddyinfo starts with those lists; orders above ten are counted in blocks of ten', () => {
    const buddyinfo =
      listText(0, 'DMA', { 7: 1, 9: 1, 10: 3 }, 13) +
      listText(0, 'DMA32', { 0: 500, 1: 3, 4: 2, 10: 100, 11: 20, 12: 5 }, 13) +
      listText(1, 'Normal', { 3: 7, 10: 200 }, 13);
    const { mm, slugs, diagnostics } = booted({ zoneinfo, buddyinfo });
    expect(mm.zone(0, 1).freeBlocks).toEqual([500, 3, 0, 0, 2, 0, 0, 0, 0, 0, 100 + 40 + 20]);
    expect(mm.zone(1, 2).freeBlocks).toEqual([0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 200]);
    // Node 0 Normal has no list: nothing of it is free.
    expect(mm.zone(0, 2).freePages).toBe(0);
    expect(slugs).toContain('guest-no-lists');
    expect(diagnostics.filter(({ slug }) => slug === 'guest-free-differs').length).toBeGreaterThan(0);
  });

  it('reserved pages make room between free blocks where there is none otherwise', () => {
    // 16 blocks of order 0 in 64 pages: every second page, so what is reserved must lie between them.
    const tight = [{ nid: 0, zone: 'DMA', start: 0, spanned: 1024, managed: 1024 - 500, free: 500 }] as const;
    const buddyinfo = listText(0, 'DMA', { 0: 500 });
    const { mm } = booted({ zoneinfo: tight.map(zoneText).join(''), buddyinfo });
    expect(mm.zone(0, 0)).toMatchObject({ managedPages: 524, freePages: 500 });
    expect(mm.zone(0, 0).freeBlocks[0]).toBe(500);
    const none = listText(0, 'DMA', { 0: 520 });
    expect(imported({ zoneinfo: tight.map(zoneText).join(''), buddyinfo: none }).slugs).toContain('free-lists-no-room');
  });

  it('of nodes one inside the other: each has its own pages', () => {
    const nested = [
      { nid: 0, zone: 'DMA32', start: 4096, spanned: 61_440, present: 40_960 },
      { nid: 1, zone: 'DMA32', start: 16_384, spanned: 20_480 },
    ];
    const { mm } = booted({ zoneinfo: nested.map(zoneText).join('') });
    expect(mm.zone(0, 1)).toMatchObject({ spanStart: 4096, spannedPages: 61_440, presentPages: 40_960 });
    expect(mm.zone(1, 1)).toMatchObject({ spanStart: 16_384, spannedPages: 20_480, presentPages: 20_480 });
    const torn = nested.map((zone) => zoneText({ ...zone, present: zone.spanned, managed: zone.spanned, free: 0 }));
    expect(imported({ zoneinfo: torn.join('') }).slugs).toContain('zones-overlap');
  });

  it('after memory was plugged in: the log has the rest', () => {
    const log = logOf([
      [0, 1, 0x9f],
      [0, 0x100, 0x20000],
      [1, 0x20000, 0x40000],
    ]);
    const plugged = [
      { nid: 0, zone: 'DMA', start: 1, spanned: 4095, present: 3998, managed: 3840 },
      { nid: 0, zone: 'DMA32', start: 4096, spanned: 0x20000 - 4096, managed: 124_000 },
      { nid: 1, zone: 'DMA32', start: 0x20000, spanned: 0x20000, managed: 128_000 },
      { nid: 1, zone: 'Normal', start: 0x100000, spanned: 0x8000 },
    ];
    const files = { zoneinfo: plugged.map(zoneText).join(''), log };
    const { mm } = booted(files);
    expect(mm.zone(1, 2)).toMatchObject({ spanStart: 0x100000, presentPages: 0x8000, managedPages: 0x8000 });
    expect(mm.zone(1, 1).presentPages).toBe(0x20000);
    const { map } = guestFromLinuxFiles(partsOf(files) as never).value!;
    const zones = (partsOf(files)[0]!.facts as unknown as { zones: never[] }).zones;
    const row = explainManaged(map!, zones).find(({ nid, zone }) => nid === 1 && zone === 'Normal')!;
    expect(row.because).toContain('plugged in after the boot');
  });

  it('counts Movable memory by where it is', () => {
    const movable = [
      { nid: 0, zone: 'DMA32', start: 4096, spanned: 61_440 },
      { nid: 0, zone: 'Normal', start: 1_048_576, spanned: 8192, free: 4096 },
      { nid: 0, zone: 'Movable', start: 1_048_576 + 8192, spanned: 8192 },
    ];
    const { mm, slugs } = booted({ zoneinfo: movable.map(zoneText).join('') });
    expect(mm.zone(0, 2)).toMatchObject({ presentPages: 16_384, freePages: 12_288 });
    expect(slugs).toContain('guest-zone-name');
  });

  it('is refused where its zones are not those of x86_64', () => {
    const across = zoneText({ nid: 0, zone: 'Normal', start: 4096, spanned: 2 ** 21 });
    expect(imported({ zoneinfo: across }).slugs).toContain('zone-unlike-x86');
    const far = zoneText({ nid: 0, zone: 'Normal', start: 2 ** 29, spanned: 4096 });
    expect(imported({ zoneinfo: far }).slugs).toContain('guest-too-large');
    expect(imported({ zoneinfo: zoneText({ nid: 0, zone: 'DMA', start: 0, spanned: 0 }) }).slugs).toContain(
      'guest-no-memory',
    );
  });

  it('follows the kernel that printed it', () => {
    expect(booted({ zoneinfo }).config.mm.profile.era).toBe('3.10');
    const stats = zoneinfo.replace('  pages free', '  per-node stats\n      nr_mapped 0\n  pages free');
    expect(booted({ zoneinfo: stats }).config.mm.profile.era).toBe('6.1');
  });
});

describe('other files of a guest', () => {
  const numactl = `available: 2 nodes (0-1)
node 0 cpus: 0 2
node 0 size: 64 MB
node 0 free: 1 MB
node 1 cpus: 1 3
node 1 size: 64 MB
node 1 free: 1 MB
node distances:
node   0   1 
  0:  10  21 
  1:  21  10 
`;
  const meminfo = (nid: number) => `Node ${nid} MemTotal:  65536 kB\nNode ${nid} MemFree:  1024 kB\n`;

  it('sizes and free lists are enough for nodes one after the other', () => {
    const buddyinfo = listText(0, 'DMA', { 10: 1 }) + listText(0, 'DMA32', { 2: 4 }) + listText(1, 'DMA32', { 5: 9 });
    const { mm, slugs } = booted({ buddyinfo, 'node0/meminfo': meminfo(0), 'node1/meminfo': meminfo(1) });
    expect(mm.presentPages(1)).toBe(64 * MIB);
    expect(mm.zone(1, 1).freeBlocks[5]).toBe(9);
    expect(slugs).toContain('guest-assumed');
    const byNumactl = booted({ buddyinfo, numactl });
    expect(byNumactl.mm.presentPages(0)).toBe(64 * MIB);
    expect(byNumactl.config.mm.cpuNode).toEqual([0, 1, 0, 1]);
    expect(byNumactl.config.mm.distances[0]![1]).toBe(21);
  });

  it('free lists alone are not', () => {
    expect(imported({ buddyinfo: listText(0, 'DMA', { 10: 1 }) }).slugs).toContain('guest-no-size');
  });

  it('migrate types add up', () => {
    const pagetypeinfo = `Page block order: 9

Free pages count per migrate type at order       0      1      2 
Node    0, zone      DMA, type    Unmovable      1      0      2 
Node    0, zone      DMA, type      Movable      1      1      0 
`;
    const { mm } = booted({ pagetypeinfo, 'node0/meminfo': meminfo(0) });
    expect(mm.zone(0, 0).freeBlocks.slice(0, 3)).toEqual([2, 1, 2]);
  });

  it('two of a kind, or a host among them, are refused', () => {
    const zoneinfo = zoneText({ nid: 0, zone: 'DMA32', start: 4096, spanned: 8192 });
    expect(imported({ a: zoneinfo, b: zoneinfo }).slugs).toEqual(['guest-file-twice']);
    const host = readForeign("<capabilities><host><topology><cells num='1'><cell id='0'><memory unit='KiB'>1048576</memory><cpus num='1'><cpu id='0'/></cpus></cell></cells></topology></host></capabilities>", 'h'); // prettier-ignore
    const parts = [...partsOf({ zoneinfo }), { file: 'h', facts: host.value! }];
    expect(assembleScenario(sortParts(parts)).diagnostics.map(({ slug }) => slug)).toContain('import-guest-alone');
  });

  it('what they state differently is told', () => {
    const zoneinfo = zoneText({ nid: 0, zone: 'DMA32', start: 4096, spanned: 16384 });
    const { slugs } = imported({ zoneinfo, 'node0/meminfo': meminfo(0).replace('65536', '60000') });
    expect(slugs).toContain('guest-size-differs');
    expect(imported({ zoneinfo, 'node0/meminfo': meminfo(0) }).slugs).not.toContain('guest-size-differs');
  });
});

describe('recorded free blocks and pages freed late, in a document', () => {
  const { scenario } = imported({ zoneinfo: zoneText({ nid: 0, zone: 'DMA32', start: 4096, spanned: 8192 }) });

  it('are checked with their place', async () => {
    const { readScenario, canonicalText } = await import('../index.ts');
    const problems = (change: (vm: Record<string, unknown>) => void) => {
      const document = JSON.parse(canonicalText(scenario!)) as { vms: Record<string, unknown>[] };
      change(document.vms[0]!);
      return readScenario(JSON.stringify(document), 'f').diagnostics.map((d) => [d.slug, d.where.path]);
    };
    const list = (blocks: Record<number, number>, nid = 0, zone = 'DMA32') => ({
      nid,
      zone,
      blocks: Array.from({ length: 11 }, (_, o) => blocks[o] ?? 0),
    });
    expect(problems(() => undefined)).toEqual([]);
    expect(problems((vm) => (vm.recordedFree = [list({ 10: 9 })]))).toEqual([
      ['recorded-free-too-much', '/vms/0/recordedFree/0'],
    ]);
    expect(problems((vm) => (vm.recordedFree = [list({ 9: 16 })]))).toEqual([
      ['recorded-free-no-room', '/vms/0/recordedFree/0/blocks/9'],
    ]);
    expect(problems((vm) => (vm.recordedFree = [list({}), list({})]))).toEqual([
      ['recorded-free-duplicate', '/vms/0/recordedFree/1'],
    ]);
    expect(problems((vm) => (vm.recordedFree = [list({}, 99)]))).toEqual([
      ['node-out-of-range', '/vms/0/recordedFree/0/nid'],
    ]);
    expect(problems((vm) => (vm.freedLate = [{ start: 0, end: 10 }]))).toEqual([
      ['freed-late-taken', '/vms/0/freedLate/0'],
    ]);
    expect(problems((vm) => (vm.freedLate = [{ start: 9, end: 9 }]))).toEqual([['range-empty', '/vms/0/freedLate/0']]);
  });
});
