import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { libvirtDomain, readDomain } from './read.ts';

const fixture = readFileSync(new URL('fixtures/three-cells.xml', import.meta.url), 'utf8');

/** A domain of `vcpus` vCPUs; `inner` begins on line 5. */
const domain = (inner: string, vcpus = 4) =>
  `<domain>\n<name>v</name>\n<memory>4096</memory>\n<vcpu>${vcpus}</vcpu>\n${inner}\n</domain>`;
const numa = (...cells: readonly string[]) => `<cpu><numa>\n${cells.join('\n')}\n</numa></cpu>`;
const twoCells = numa("<cell id='0' cpus='0-1' memory='1'/>", "<cell id='1' cpus='2-3' memory='1'/>");
const problems = (text: string) =>
  readDomain(text, 'd.xml').diagnostics.map((d) => `${d.severity} ${d.slug} ${d.where.line}`);

describe('readDomain', () => {
  it('reads cells, bindings, pages and devices', () => {
    const { value, diagnostics } = readDomain(fixture, 'd.xml');
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({
      kind: 'domain',
      name: 'a&b <&amp;>',
      vcpus: 6,
      memoryKiB: 2929689,
      cells: [
        { id: 0, cpus: [0, 1], memoryKiB: 1048576, memAccess: 'shared' },
        { id: 1, cpus: [2, 3], memoryKiB: 900000, memAccess: null },
        { id: 2, cpus: [4, 5], memoryKiB: 1048576, memAccess: null },
      ],
      distances: {
        ids: [0, 1, 2],
        matrix: [
          [10, 20, 30],
          [20, 10, 20],
          [31, 20, 10],
        ],
      },
      memory: { mode: 'interleave', nodeset: [0, 16], placement: null },
      memnodes: [{ cell: 2, mode: 'strict', nodeset: [16] }],
      vcpupin: { 0: [12345], 5: [8, 9, 40] },
      hugepages: [
        { sizeKiB: 1048576, nodeset: [1] },
        { sizeKiB: 2048, nodeset: null },
      ],
      uuid: '01234567-89ab-cdef-0123-456789abcdef',
      arch: 'x86_64',
      vcpusCurrent: 4,
      vcpuPlacement: 'static',
      vcpuCpuset: [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      currentMemoryKiB: 2000000,
      maxMemoryKiB: 8388608,
      maxMemorySlots: 4,
      cpuTopology: { sockets: 1, cores: 6, threads: 1 },
      distancesGiven: [
        { from: 0, to: 2, value: 30 },
        { from: 2, to: 0, value: 31 },
      ],
      emulatorpin: [1, 2],
      iothreadpin: [{ iothread: 1, cpuset: [7] }],
      memoryDevices: [
        {
          model: 'virtio-mem',
          sizeKiB: 524288,
          guestNode: 1,
          hostNodemask: [0, 16],
          pagesizeKiB: 2048,
          blockKiB: 2048,
          requestedKiB: 262144,
        },
      ],
      domainId: null,
      running: false,
      hostdevs: [],
      memoryBacking: { source: null, access: null, allocation: null, locked: false, nosharepages: false },
      notRead: ['metadata'],
    });
  });

  it('mirrors a distance that is given in one direction only', () => {
    const text = domain(
      numa(
        "<cell cpus='0-1' memory='1'><distances><sibling id='1' value='21'/></distances></cell>",
        "<cell cpus='2-3' memory='1'/>",
      ),
    );
    expect(readDomain(text, 'd.xml').value?.distances?.matrix).toEqual([
      [10, 21],
      [21, 10],
    ]);
  });

  it('says null for what is absent', () => {
    const { value } = readDomain(`<domain><name>v</name><vcpu>4</vcpu>${twoCells}</domain>`, 'd.xml');
    expect(value).toMatchObject({ memoryKiB: null, distances: null, memory: null, hugepages: [], vcpupin: {} });
    const backed = readDomain(domain('<memoryBacking><hugepages/></memoryBacking>'), 'd.xml').value;
    expect(backed?.hugepages).toEqual([{ sizeKiB: null, nodeset: null }]);
  });

  it('reads automatic placement and refuses it beside a nodeset', () => {
    const auto = readDomain(domain("<numatune><memory placement='auto'/></numatune>"), 'd.xml').value;
    expect(auto?.memory).toEqual({ mode: 'strict', nodeset: null, placement: 'auto' });
    const both = domain("<numatune>\n<memory placement='auto' nodeset='0'/></numatune>");
    expect(problems(both)).toEqual(['error numatune-auto-nodeset 6']);
    expect(readDomain(both, 'd.xml').value).toBeNull();
  });

  it.each([
    ['a cell twice', numa("<cell id='0' memory='1'/>", "<cell id='0' memory='1'/>"), 'error cell-duplicate 7'],
    ['ids that are not 0 … n-1', numa("<cell id='7' cpus='0-3' memory='1'/>"), 'error number-invalid 6'],
    ['a vCPU beyond the count', numa("<cell cpus='0-4' memory='1'/>"), 'error cell-cpu-range 6'],
    [
      'a vCPU in two cells',
      numa("<cell cpus='0-3' memory='1'/>", "<cell cpus='3' memory='1'/>"),
      'error cell-cpu-overlap 7',
    ],
    ['a cell without memory attribute', numa("<cell cpus='0-3'/>"), 'error attribute-missing 6'],
    ['a cell of no memory', numa("<cell cpus='0-3' memory='0'/>"), 'warning cell-empty 6'],
    ['a vCPU in no cell', numa("<cell cpus='0-2' memory='1'/>"), 'warning vcpu-without-cell 5'],
    ['no cells', '<cpu><numa/></cpu>', 'error cell-count 5'],
    ['a cut range', numa("<cell cpus='0-' memory='1'/>"), 'error id-list-invalid 6'],
    [
      'memnode for no cell',
      `<numatune>\n<memnode cellid='2' nodeset='0'/></numatune>${twoCells}`,
      'error memnode-cell 6',
    ],
    ['memnode without cells', "<numatune>\n<memnode cellid='0' nodeset='0'/></numatune>", 'error memnode-cell 6'],
    [
      'memnode twice',
      `<numatune><memnode cellid='0' nodeset='0'/>\n<memnode cellid='0' nodeset='0'/></numatune>${twoCells}`,
      'error memnode-duplicate 6',
    ],
    [
      'memnode beside auto',
      `<numatune><memory placement='auto'/>\n<memnode cellid='0' nodeset='0'/></numatune>${twoCells}`,
      'error memnode-auto 6',
    ],
    ['an empty nodeset', "<numatune>\n<memory nodeset=''/></numatune>", 'error id-list-empty 6'],
    ['a nodeset that excludes all', "<numatune>\n<memory nodeset='1,^1'/></numatune>", 'error id-list-empty 6'],
    [
      'a static policy without nodeset',
      "<numatune>\n<memory mode='strict'/></numatune>",
      'error numatune-nodeset-missing 6',
    ],
    ['an unknown mode', "<numatune>\n<memory mode='lax' nodeset='0'/></numatune>", 'error numatune-mode 6'],
    ['a pin beyond the count', "<cputune>\n<vcpupin vcpu='4' cpuset='0'/></cputune>", 'warning vcpupin-range 6'],
    [
      'a pin twice',
      "<cputune><vcpupin vcpu='1' cpuset='0'/>\n<vcpupin vcpu='1' cpuset='0'/></cputune>",
      'error vcpupin-duplicate 6',
    ],
    ['a pin far away', "<cputune>\n<vcpupin vcpu='1' cpuset='0-4294967295'/></cputune>", 'error id-list-invalid 6'],
    [
      'pages for no cell',
      `<memoryBacking><hugepages>\n<page size='2048' nodeset='0,5'/></hugepages></memoryBacking>${twoCells}`,
      'warning hugepage-cell 6',
    ],
    [
      'pages of no size',
      "<memoryBacking><hugepages>\n<page size='0'/></hugepages></memoryBacking>",
      'error hugepage-size 6',
    ],
    ['an unknown unit', "<currentMemory\nunit='parsec'>1</currentMemory>", 'error unit-unknown 5'],
    [
      'a device for no cell',
      '<devices><memory><target>\n<node>3</node></target></memory></devices>',
      'warning memory-device-cell 6',
    ],
  ])('diagnoses %s', (_, inner, expected) => {
    expect(problems(domain(inner))).toEqual([expected]);
  });

  it.each([
    ['9', 'out of range'],
    ['10', 'that of the cell itself'],
    ['256', 'out of range'],
  ])('refuses the distance %s between cells', (value) => {
    const cell = `<cell cpus='0-1' memory='1'><distances><sibling id='1' value='${value}'/></distances></cell>`;
    expect(problems(domain(numa(cell, "<cell cpus='2-3' memory='1'/>")))).toEqual(['error distance-range 6']);
  });

  it.each(['0', '-1', 'NaN', '99999999999999999999999999999'])('refuses %s KiB of memory', (memory) => {
    const text = domain('').replace('4096', memory);
    expect(problems(text)).toEqual([expect.stringMatching(/^error (memory-zero|size-invalid|size-too-large) 3$/)]);
  });

  it('tells all problems at once, and none that only follows from another', () => {
    const text = `<domain>\n<memory>x</memory>\n<vcpu current='9'>0</vcpu>\n${twoCells}\n<cputune><vcpupin vcpu='9' cpuset='3-1'/></cputune></domain>`;
    expect(problems(text)).toEqual([
      'error name-missing 1',
      'error size-invalid 2',
      'error vcpu-zero 3',
      'error id-list-invalid 8',
    ]);
  });

  it('is edited: a binding and a size change, and nothing else of the text or of what it says', () => {
    const { value: edited } = libvirtDomain.edit!(fixture, 'd.xml', [
      { path: '/domain/numatune/memory/@nodeset', value: '0-1' },
      { path: '/domain/maxMemory', value: '16' },
    ]);
    const lines = edited!.split('\n');
    const changed = fixture
      .split('\n')
      .flatMap((line, i) => (line === lines[i] ? [] : [[line.trim(), lines[i]!.trim()]]));
    expect(changed).toEqual([
      [`<maxMemory slots='4' unit='GiB'>8</maxMemory>`, `<maxMemory slots='4' unit='GiB'>16</maxMemory>`],
      [`<memory mode='interleave' nodeset='0-1,16,^1'/>`, `<memory mode='interleave' nodeset='0-1'/>`],
    ]);
    const before = readDomain(fixture, 'd.xml').value!;
    expect(readDomain(edited!, 'd.xml').value).toEqual({
      ...before,
      maxMemoryKiB: 16 * 2 ** 20,
      memory: { ...before.memory, nodeset: [0, 1] },
    });
  });
});
