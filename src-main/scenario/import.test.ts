import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostFacts, VmFacts } from '../formats/index.ts';
import { readForeign } from '../formats/index.ts';
import { canonicalText } from './canonical.ts';
import type { ImportOptions } from './import.ts';
import { assembleScenario, sortParts } from './import.ts';
import { readScenario } from './read.ts';
import { MAX_SOURCE_CHARS } from './schema.ts';
import { toWorldConfig } from './world-config.ts';

const GIB_KIB = 1 << 20;

/** A host as libvirt capabilities state it; memory in KiB for each node, null for none stated. */
const host = (memory: readonly (number | null)[], more: Partial<HostFacts> = {}): HostFacts => ({
  kind: 'capabilities',
  nodes: memory.map((memoryKiB, i) => ({ id: i, memoryKiB, cpus: [2 * i, 2 * i + 1], freeKiB: null, pages: [] })),
  distances: null,
  hugepages: [],
  arch: 'x86_64',
  uuid: null,
  interconnects: [],
  cpuPlaces: [],
  ...more,
});

const vm = (more: Partial<VmFacts> = {}): VmFacts => ({
  kind: 'domain',
  name: 'guest',
  vcpus: 2,
  memoryKiB: GIB_KIB,
  cells: [],
  distances: null,
  memory: null,
  memnodes: [],
  vcpupin: {},
  hugepages: [],
  uuid: null,
  arch: null,
  vcpusCurrent: 2,
  vcpuPlacement: 'static',
  vcpuCpuset: null,
  currentMemoryKiB: null,
  maxMemoryKiB: null,
  maxMemorySlots: null,
  cpuTopology: null,
  distancesGiven: [],
  emulatorpin: null,
  iothreadpin: [],
  domainId: null,
  running: false,
  hostdevs: [],
  memoryBacking: null,
  notRead: [],
  memoryDevices: [],
  ...more,
});

const cell = (id: number, memoryKiB: number | null, cpus: readonly number[] = []) => ({
  id,
  cpus,
  memoryKiB,
  memAccess: null,
});
const dimm = (model: string, sizeKiB: number, guestNode: number | null, requestedKiB: number | null = null) => ({
  model,
  sizeKiB,
  guestNode,
  hostNodemask: null,
  pagesizeKiB: null,
  blockKiB: null,
  requestedKiB,
});

const assemble = (hosts: readonly HostFacts[], vms: readonly VmFacts[], options: ImportOptions = {}) => {
  const read = assembleScenario(
    {
      hosts: hosts.map((facts, i) => ({ file: `/data/h${i}.xml`, facts })),
      vms: vms.map((facts, i) => ({ file: `v${i}.xml`, facts })),
    },
    options,
  );
  // Whatever is assembled is a document that can be written and read again.
  if (read.value !== null) expect(readScenario(canonicalText(read.value), 'f').value).toEqual(read.value);
  return { ...read, said: read.diagnostics.map((d) => `${d.severity} ${d.slug} ${d.where.file ?? ''}`.trim()) };
};

const TWO = host([16 * GIB_KIB, 16 * GIB_KIB]);

describe('assembleScenario: hosts', () => {
  it('names hosts after files, links each to each, puts the VMs on the first or the one that is asked for', () => {
    const { value } = assemble([TWO, TWO, TWO], [vm()]);
    expect(value?.hosts.map((h) => h.name)).toEqual(['h0', 'h1', 'h2']);
    expect(value?.links.map((l) => [...l.hosts, l.bandwidthMiBps])).toEqual([
      ['h0', 'h1', 1192],
      ['h0', 'h2', 1192],
      ['h1', 'h2', 1192],
    ]);
    expect(value?.vms[0]?.host).toBe('h0');
    expect(assemble([TWO, TWO], [vm()], { vmHost: 'h1' }).value?.vms[0]?.host).toBe('h1');
    expect(assemble([TWO], [vm()], { vmHost: 'h7' }).said).toEqual(['error unknown-host']);
    expect(assemble([], [vm()]).said).toEqual(['error import-no-host']);
  });

  it('assumes memory that no node states: for the VMs twice, a power of two GiB, at least 16 GiB, and says so', () => {
    const small = assemble([host([null, null])], [vm()]);
    expect(small.value?.hosts[0]?.nodes.map((n) => n.memoryMiB)).toEqual([16384, 16384]);
    expect(small.value?.hosts[0]?.assumed).toMatchObject([
      { text: 'nodes 0-1: 16384 MiB each, as the file states no memory', measure: 'numactl --hardware' },
      { text: expect.stringContaining('Distances'), measure: 'numactl --hardware' },
      { text: expect.stringContaining('free'), measure: 'virsh freecell --all' },
      { text: expect.stringContaining('Huge page pools: none'), measure: 'virsh freepages --all' },
    ]);
    expect(small.said).toEqual(['warning memory-assumed /data/h0.xml']);
    // 2 x 24 GiB over two nodes is 24 GiB a node.
    const large = assemble([host([null, null])], [vm({ memoryKiB: 24 * GIB_KIB })]);
    expect(large.value?.hosts[0]?.nodes[0]?.memoryMiB).toBe(32768);
    // On one node twice 24 GiB counts.
    const single = assemble([host([null])], [vm({ memoryKiB: 24 * GIB_KIB })]);
    expect(single.value?.hosts[0]?.nodes[0]?.memoryMiB).toBe(65536);
    const told = assemble([host([null, null])], [vm()], { nodeMemoryMiB: 5000 });
    expect(told.value?.hosts[0]?.nodes.map((n) => n.memoryMiB)).toEqual([5000, 5000]);
  });

  it('takes a node without stated memory among others with it as a node without memory', () => {
    const { value, said } = assemble([host([GIB_KIB, null])], []);
    expect(value?.hosts[0]?.nodes.map((n) => n.memoryMiB)).toEqual([1024, 0]);
    expect(value?.hosts[0]?.assumed?.[0]).toMatchObject({ text: expect.stringContaining('node 1: no memory') });
    expect(said).toEqual(['warning memory-assumed /data/h0.xml']);
  });

  it('keeps sparse ids, CPUs, distances and pools; cuts a partial page off', () => {
    const facts = host([GIB_KIB + 3, GIB_KIB], {
      distances: {
        ids: [0, 17],
        matrix: [
          [10, 40],
          [40, 10],
        ],
      },
      hugepages: [{ node: 17, sizeKiB: 2048, count: 7 }],
    });
    const sparse = { ...facts, nodes: [facts.nodes[0]!, { ...facts.nodes[1]!, id: 17, cpus: [1, 3, 4, 5] }] };
    expect(assemble([sparse], []).value?.hosts[0]).toEqual({
      assumed: [{ text: expect.stringContaining('free'), measure: 'virsh freecell --all' }],
      name: 'h0',
      nodes: [
        { nid: 0, cpus: '0-1', memoryMiB: 1024, reservedMiB: 0, hugepages: [] },
        { nid: 17, cpus: '1,3-5', memoryMiB: 1024, reservedMiB: 0, hugepages: [{ sizeKiB: 2048, count: 7 }] },
      ],
      distances: {
        ids: [0, 17],
        matrix: [
          [10, 40],
          [40, 10],
        ],
      },
    });
  });
});

describe('assembleScenario: VMs', () => {
  const first = (facts: Partial<VmFacts>, hosts: readonly HostFacts[] = [TWO]) => {
    const read = assemble(hosts, [vm(facts)]);
    return { vm: read.value?.vms[0], notPlaced: read.value?.notPlaced?.[0], said: read.said };
  };

  it('makes names unique, and says which were changed', () => {
    const { value, diagnostics } = assemble([TWO], [vm(), vm(), vm({ name: 'guest-2' }), vm()]);
    expect(value?.vms.map((v) => v.name)).toEqual(['guest', 'guest-3', 'guest-2', 'guest-4']);
    expect(diagnostics.map((d) => `${d.slug} ${d.where.file}`)).toEqual([
      'import-renamed v1.xml',
      'import-renamed v3.xml',
    ]);
  });

  it('sums cells and dimms, counts virtio-mem as requested, rounds up to pages, leaves other devices out', () => {
    const { vm: v, said } = first({
      memoryKiB: 1_267_710,
      cells: [cell(0, 219_136, [0]), cell(1, 20_002, [1])],
      memoryDevices: [dimm('dimm', 524_287, 0), dimm('virtio-mem', 2_097_152, 1, 524_288), dimm('nvdimm', 4096, 1)],
    });
    expect(v?.cells.map((c) => c.memoryKiB ?? c.memoryMiB! * 1024)).toEqual([219_136 + 524_288, 20_004 + 524_288]);
    expect(v?.memoryKiB).toBe(219_136 + 524_288 + 20_004 + 524_288);
    expect(said).toEqual([
      'note import-rounded v0.xml',
      'note import-rounded v0.xml',
      'note import-device-ignored v0.xml',
      'note import-cells-count v0.xml',
    ]);
  });

  it('without cells <memory> counts dimms already', () => {
    const { vm: v, said } = first({ memoryDevices: [dimm('dimm', 524_287, null)] });
    expect(v?.memoryMiB).toBe(1024);
    expect(said).toEqual(['note import-devices v0.xml']);
  });

  it('refuses a VM without memory and enlarges one that is too small', () => {
    expect(first({ memoryKiB: null }).said).toEqual(['error import-no-memory v0.xml']);
    const { vm: v, said } = first({ memoryKiB: 100 });
    expect(v?.memoryKiB).toBe(256);
    expect(said).toEqual(['warning import-enlarged v0.xml']);
  });

  it('backs VMs from 64 MiB on by 2 MiB frames, and cells by huge pages as they ask', () => {
    expect(first({ memoryKiB: 65_536 }).vm?.backing.pageKiB).toBe(2048);
    expect(first({ memoryKiB: 65_532 }).vm?.backing.pageKiB).toBe(4);
    const huge = first({ memoryKiB: 65_536, hugepages: [{ sizeKiB: 1_048_576, nodeset: [0] }] });
    expect(huge.vm?.hugepages).toEqual([{ sizeKiB: 1_048_576, cells: [0] }]);
    expect(huge.said).toEqual([]);
  });

  it('places by numatune', () => {
    const memory = (mode: 'strict' | 'preferred' | 'interleave' | 'restrictive', nodeset: readonly number[] | null) =>
      first({ memory: { mode, nodeset, placement: null } });
    expect(first({}).vm?.placement).toEqual({ mode: 'spread' });
    expect(memory('strict', [0, 1])).toMatchObject({ vm: { placement: { mode: 'strict', nodes: [0, 1] } }, said: [] });
    expect(memory('restrictive', [1])).toMatchObject({
      vm: { placement: { mode: 'strict', nodes: [1] }, binding: { mode: 'restrictive', nodes: [1] } },
      said: [],
    });
    expect(memory('strict', null)).toMatchObject({
      vm: { placement: { mode: 'spread' }, domain: { automaticPlacement: true } },
      said: ['note import-numad v0.xml'],
    });
  });

  it.each(['strict', 'preferred', 'interleave', 'restrictive'] as const)(
    'keeps a VM that is bound (%s) to a node which is not there, and does not place it',
    (mode) => {
      const { notPlaced, vm: placed, said } = first({ memory: { mode, nodeset: [1, 5], placement: null } });
      expect(placed).toBeUndefined();
      expect(notPlaced).toMatchObject({ vm: { name: 'guest', binding: { mode, nodes: [1, 5] } } });
      expect(notPlaced?.reason).toContain('has no node 5');
      expect(said).toEqual(['warning vm-not-placed v0.xml']);
    },
  );

  it('binds cells by memnode', () => {
    const { vm: v } = first({
      memoryKiB: null,
      cells: [cell(0, GIB_KIB, [0]), cell(1, GIB_KIB, [1])],
      memnodes: [
        { cell: 0, mode: 'preferred', nodeset: [1] },
        { cell: 1, mode: 'strict', nodeset: [0] },
      ],
    });
    expect(v?.memnodes).toEqual([
      { cell: 0, mode: 'preferred', nodes: [1], holds: true },
      { cell: 1, mode: 'strict', nodes: [0], holds: true },
    ]);
  });

  it('keeps pins, and does not place a VM that is pinned to a CPU which is not there', () => {
    expect(first({ vcpupin: { 0: [0, 1, 2] } }).vm?.vcpupin).toEqual({ 0: '0-2' });
    const { notPlaced, said } = first({ vcpupin: { 0: [0, 1, 2], 1: [9] } });
    expect(notPlaced?.vm.vcpupin).toEqual({ 0: '0-2', 1: '9' });
    expect(notPlaced?.reason).toContain('has no CPU 9');
    expect(said).toEqual(['warning vm-not-placed v0.xml']);
  });

  it('gives every VM the same workload, since no file states one', () => {
    expect(first({}).vm?.workload).toEqual({
      occupancyPercent: 60,
      kernelPercent: 5,
      hugePercent: 30,
      lifetime: { law: 'exponential', meanMs: 60_000 },
      start: 'stationary',
      warmupMs: 0,
    });
  });

  it('checks the whole: a VM larger than its host is kept, not placed', () => {
    const { notPlaced, said } = first({ memoryKiB: 33 * GIB_KIB });
    expect(notPlaced?.reason).toContain('larger than its host');
    expect(said).toEqual(['warning vm-not-placed v0.xml']);
    // 255 is beyond the node ids of a guest: the form of the document itself is wrong.
    expect(first({ cells: [cell(255, GIB_KIB)] }).said).toContain('error out-of-range v0.xml');
  });

  it('appends the commands that were asked for', () => {
    const { value, diagnostics } = assemble([TWO, TWO], [vm()], { compact: ['guest=0@50'], migrate: ['guest=h1@90'] });
    expect(diagnostics).toEqual([]);
    expect(value?.commands).toMatchObject([
      { at: 50, type: 'compact', nodes: [0] },
      { at: 90, type: 'migrate', toHost: 'h1' },
    ]);
    expect(assemble([TWO], [vm()], { compact: ['gest', 'guest=4'] }).said).toEqual([
      'error unknown-vm',
      'error unknown-node',
    ]);
  });
});

describe('rehearsal', () => {
  const two = host([32 * GIB_KIB, 32 * GIB_KIB]);
  const bound = vm({ name: 'bound', memory: { mode: 'strict', nodeset: [1], placement: null } });
  const parts = {
    hosts: [{ file: 'h.xml', facts: two }],
    vms: [vm({ name: 'free' }), bound].map((facts) => ({ file: `${facts.name}.xml`, facts })),
  };

  it('compacts each VM in turn, a bound one on its nodes, and says so', () => {
    const { value } = assembleScenario(parts);
    expect(value?.commands.map((c) => [c.at, c.type, c.vm, 'nodes' in c ? c.nodes : undefined])).toEqual([
      [50, 'compact', 'free', null],
      [100, 'compact', 'bound', [1]],
    ]);
    expect(value?.description).toContain('rehearse');
  });

  it('is left out when it is not wanted, or when commands are asked for', () => {
    expect(assembleScenario(parts, { rehearsal: false }).value?.commands).toEqual([]);
    expect(assembleScenario(parts, { compact: ['free@7'] }).value?.commands).toHaveLength(1);
  });
});

describe('amounts of memory', () => {
  const SEED = 1024;
  const xml = (kib: number) => `<memory unit='KiB'>${kib}</memory>`;
  const capabilities = (nodes: readonly number[]) =>
    `<capabilities><host><topology><cells num='${nodes.length}'>${nodes
      .map((kib, id) => `<cell id='${id}'>${xml(kib)}<cpus num='0'/></cell>`)
      .join('')}</cells></topology></host></capabilities>`;
  const domain = (kib: number, cells: readonly number[]) =>
    `<domain><name>v</name>${xml(kib)}<vcpu>1</vcpu><cpu>${
      cells.length === 0 ? '' : `<numa>${cells.map((kib) => `<cell memory='${kib}' unit='KiB'/>`).join('')}</numa>`
    }</cpu></domain>`;

  it(`survive the way from libvirt's text over the document's to the world, to the page: seed ${SEED}`, () => {
    const kib = fc.oneof(fc.integer({ min: 256, max: 2 ** 20 }), fc.integer({ min: 256, max: 2 ** 28 }));
    const cells = fc.oneof(fc.constant([]), fc.array(kib, { minLength: 2, maxLength: 4 }));
    fc.assert(
      fc.property(kib, cells, fc.nat(2 ** 30), (whole, cells, spare) => {
        const sizes = cells.length === 0 ? [whole] : cells;
        const nodes = [4 * (sizes.reduce((sum, size) => sum + size, 0) + 2 ** 22) + spare, spare];
        const texts = { 'h.xml': capabilities(nodes), 'v.xml': domain(whole, cells) };
        const parts = Object.entries(texts).map(([file, text]) => ({ file, facts: readForeign(text, file).value! }));
        const { value: assembled } = assembleScenario(sortParts(parts), { rehearsal: false });
        const { value: scenario } = readScenario(canonicalText(assembled!), 'f');
        const { hosts, guests } = toWorldConfig(scenario!);
        expect(hosts[0]!.nodes.map(({ totalPages }) => totalPages)).toEqual(
          nodes.map((size) => (size - (size % 4)) / 4),
        );
        const { nrPages, holes, bootLayout } = guests[0]!.mm;
        const present = (range: { readonly start: number; readonly end: number }) =>
          holes.reduce(
            (pages, hole) => pages - Math.max(0, Math.min(range.end, hole.end) - Math.max(range.start, hole.start)),
            range.end - range.start,
          );
        const pages = sizes.map((size) => (size + ((4 - (size % 4)) % 4)) / 4);
        expect(present({ start: 0, end: nrPages })).toBe(pages.reduce((sum, size) => sum + size, 0));
        const byNode = pages.map((_, nid) =>
          bootLayout.filter((range) => range.nid === nid).reduce((sum, range) => sum + present(range), 0),
        );
        expect(byNode).toEqual(pages);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('sources', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const part = <F>(file: string, facts: F, text: string) => ({ file, facts, text });
  const large = 'x'.repeat(MAX_SOURCE_CHARS);
  const assembled = (hostText: string, vmTexts: readonly string[]) =>
    assembleScenario(
      {
        hosts: [part('/etc/h.xml', host([GIB_KIB * 64]), hostText)],
        vms: vmTexts.map((text, i) => part(`C:\\v${i}.xml`, vm({ name: `v${i}` }), text)),
      },
      { sha256 },
    ).value!;

  it('keep name, format, digest and text, last in the document, and are no part of the world', () => {
    const scenario = assembled('<a>\r\n é</a>', ['<b/>']);
    expect(scenario.sources).toEqual([
      { name: 'h.xml', format: 'capabilities', sha256: sha256('<a>\r\n é</a>'), text: '<a>\r\n é</a>' },
      { name: 'v0.xml', format: 'domain', sha256: sha256('<b/>'), text: '<b/>' },
    ]);
    const text = canonicalText(scenario);
    const { sources, ...without } = scenario;
    expect(text.startsWith(canonicalText(without).replace(/\n\}\n$/, ',\n  "sources": ['))).toBe(true);
    expect(readScenario(text, 'f')).toEqual({ value: { ...without, sources }, diagnostics: [] });
    expect(toWorldConfig(scenario)).toEqual(toWorldConfig(without));
  });

  it('keep the digest alone of a text that is too large, by itself or with those before it', () => {
    const { sources } = assembled(
      `${large}x`,
      Array.from({ length: 9 }, () => large),
    );
    expect(sources!.map(({ text }) => text?.length)).toEqual([
      undefined,
      ...Array.from({ length: 8 }, () => MAX_SOURCE_CHARS),
      undefined,
    ]);
    expect(sources!.map((source) => source.sha256)).toEqual([
      sha256(`${large}x`),
      ...Array.from({ length: 9 }, () => sha256(large)),
    ]);
  });

  it('keep what is read and nothing is made of, and say that nothing is', () => {
    const other = part('n.txt', { kind: 'some-measurement' }, '1 2 3');
    const parts = sortParts([part('h.xml', host([GIB_KIB]), '<a/>'), other]);
    const { value, diagnostics } = assembleScenario(parts, { sha256 });
    expect(value?.sources?.map(({ name, format }) => [name, format])).toEqual([
      ['h.xml', 'capabilities'],
      ['n.txt', 'some-measurement'],
    ]);
    expect(diagnostics.map((d) => `${d.severity} ${d.slug} ${d.where.file}`)).toEqual(['warning import-unused n.txt']);
  });

  it('are not there without texts, and a document without them is as it was', () => {
    const { value } = assemble([host([GIB_KIB])], []);
    expect(value).not.toHaveProperty('sources');
    expect(canonicalText(value!)).not.toContain('sources');
  });

  it.each([
    [{ name: 'a', format: 'capabilities', sha256: 'AB' }, '/sources/0/sha256'],
    [{ name: 'a', format: 'Capabilities', sha256: '0'.repeat(64) }, '/sources/0/format'],
    [{ name: 'a', format: 'x', sha256: '0'.repeat(64), text: `${large}x` }, '/sources/0/text'],
    [{ name: 'a', format: 'x', sha256: '0'.repeat(64), more: 1 }, '/sources/0/more'],
  ])('of another shape are a problem with its place', (source, path) => {
    const text = JSON.stringify({ ...JSON.parse(canonicalText(assembled('', []))), sources: [source] });
    expect(readScenario(text, 'f').diagnostics.map(({ where }) => where.path)).toEqual([path]);
  });
});
