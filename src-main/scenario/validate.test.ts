import { describe, expect, it } from 'vitest';
import { sampleInput } from './fixture.ts';
import { readScenario } from './read.ts';

type Edit = (doc: any) => void;

const read = (edit: Edit) => {
  const doc = JSON.parse(JSON.stringify(sampleInput()));
  edit(doc);
  return readScenario(JSON.stringify(doc), 'f');
};

/** `slug pointer` of every problem; warnings begin with `?`. */
const short = (edit: Edit): string[] =>
  read(edit).diagnostics.map((d) => `${d.severity === 'error' ? '' : '?'}${d.slug} ${d.where.path}`);

const RULES: readonly (readonly [string, Edit, readonly string[]])[] = [
  // Hosts and links
  [
    'two hosts of one name',
    (d) => (d.hosts[1].name = 'left'),
    ['name-duplicate /hosts/1/name', 'unknown-host /links/0/hosts/1', 'unknown-host /commands/1/toHost'],
  ],
  ['a node given twice', (d) => (d.hosts[1].nodes[1].nid = 2), ['node-duplicate /hosts/1/nodes/1/nid']],
  [
    'more reserved than there is',
    (d) => (d.hosts[0].nodes[0].reservedMiB = 1025),
    ['reserved-above-memory /hosts/0/nodes/0/reservedMiB'],
  ],
  [
    'a host without memory',
    (d) => (d.hosts[1].nodes[0].memoryMiB = 0),
    ['host-without-memory /hosts/1/nodes', '?target-too-small /commands/1/toHost'],
  ],
  ['a CPU on two nodes', (d) => (d.hosts[0].nodes[1].cpus = '3-7'), ['?cpu-on-two-nodes /hosts/0/nodes/1/cpus']],
  [
    'pools larger than the node',
    (d) => (d.hosts[0].nodes[0].hugepages = [{ sizeKiB: 1048576, count: 2 }]),
    ['?hugepages-above-memory /hosts/0/nodes/0/hugepages'],
  ],
  [
    'distances of an unknown node',
    (d) => (d.hosts[0].distances.ids = [0, 2]),
    ['distances-ids /hosts/0/distances/ids', 'distances-ids /hosts/0/distances/ids/1'],
  ],
  [
    'a matrix with a short row',
    (d) => d.hosts[0].distances.matrix[1].pop(),
    ['distances-shape /hosts/0/distances/matrix/1'],
  ],
  ['a matrix without a row', (d) => d.hosts[0].distances.matrix.pop(), ['distances-shape /hosts/0/distances/matrix']],
  [
    'a node far from itself',
    (d) => (d.hosts[0].distances.matrix[1][1] = 11),
    ['?distances-local /hosts/0/distances/matrix/1/1'],
  ],
  [
    'a link to nowhere',
    (d) => (d.links[0].hosts[1] = 'rihgt'),
    ['unknown-host /links/0/hosts/1', 'no-link /commands/1/toHost'],
  ],
  [
    'a link to itself',
    (d) => (d.links[0].hosts[1] = 'left'),
    ['link-to-itself /links/0/hosts', 'no-link /commands/1/toHost'],
  ],
  [
    'two links of a pair',
    (d) => d.links.push({ name: 'b', hosts: ['right', 'left'], bandwidthMiBps: 1 }),
    ['link-twice /links/1/hosts'],
  ],
  // The guest's memory
  [
    'a guest of 63 pages',
    (d) => {
      d.vms[1].memoryPages = 63;
      d.commands.splice(2);
    },
    ['guest-too-small /vms/1'],
  ],
  [
    'a guest beyond 1 TiB',
    (d) => {
      d.vms[1].memoryPages = 2 ** 28 + 1;
    },
    ['guest-too-large /vms/1'],
  ],
  [
    'guests beyond 2 TiB',
    (d) => {
      d.vms[1].memoryPages = 2 ** 29 + 1;
    },
    ['guest-too-large /vms/1', 'guests-too-large /vms'],
  ],
  [
    'a warm-up without end',
    (d) => (d.vms[0].workload = { lifetime: { law: 'exponential', meanMs: 1 }, start: 'fresh', warmupMs: 2 ** 40 }),
    ['warmup-too-long /vms/0/workload/warmupMs', '?warmup-too-costly /vms/0/workload/warmupMs'],
  ],
  ['cells that do not sum', (d) => (d.vms[0].cells[1].memoryMiB = 255), ['cells-sum /vms/0/cells']],
  [
    'a cell given twice',
    (d) => {
      d.vms[0].cells[1].id = 0;
      d.vms[0].memnodes = [];
    },
    ['cell-duplicate /vms/0/cells/1/id'],
  ],
  ['a cell beyond the node ids', (d) => (d.vms[0].nrNodeIds = 1), ['node-out-of-range /vms/0/cells/1/id']],
  [
    'cells against the layout',
    (d) =>
      (d.vms[0].layout = [
        { start: 0, end: 1000, nid: 0 },
        { start: 1000, end: 131072, nid: 1 },
      ]),
    ['cells-layout /vms/0/cells/0', 'cells-layout /vms/0/cells/1'],
  ],
  [
    'an overlap in the layout',
    (d) =>
      (d.vms[1].layout = [
        { start: 0, end: 33, nid: 0 },
        { start: 32, end: 64, nid: 1 },
      ]),
    ['range-overlap /vms/1/layout/1'],
  ],
  [
    'a layout beyond the guest',
    (d) => (d.vms[1].layout = [{ start: 0, end: 65, nid: 0 }]),
    ['range-outside /vms/1/layout/0'],
  ],
  ['an empty range', (d) => (d.vms[1].layout = [{ start: 9, end: 9, nid: 0 }]), ['range-empty /vms/1/layout/0']],
  [
    'a layout node beyond the ids',
    (d) => {
      d.vms[1].layout = [{ start: 0, end: 64, nid: 2 }];
      d.vms[1].nrNodeIds = 2;
    },
    ['node-out-of-range /vms/1/layout/0/nid'],
  ],
  [
    'overlapping holes',
    (d) =>
      (d.vms[1].holes = [
        { start: 8, end: 16 },
        { start: 10, end: 20 },
      ]),
    ['range-overlap /vms/1/holes/1'],
  ],
  [
    'DIMMs that are no whole memory blocks, or from nowhere',
    (d) => (d.vms[0].dimms = [{ memoryMiB: 100 }, { memoryMiB: 256, hostNodes: [7] }]),
    ['dimm-unaligned /vms/0/dimms/0', 'unknown-node /vms/0/dimms/1/hostNodes/0'],
  ],
  [
    'a DIMM that the VM does not have',
    (d) => d.commands.push({ at: 1, type: 'plugDimm', vm: 'big', dimm: 0 }),
    ['dimm-unknown /commands/4/dimm'],
  ],
  ['a hole at the end', (d) => (d.vms[1].holes = [{ start: 64, end: 80 }]), ['hole-at-end /vms/1/holes/0']],
  [
    'a hole within a 2 MiB frame',
    (d) => (d.vms[0].holes = [{ start: 512, end: 1000 }]),
    ['hole-unaligned /vms/0/holes/0'],
  ],
  [
    'reserved beyond the guest',
    (d) =>
      (d.vms[1].reserved = [
        { start: 0, end: 1 },
        { start: 60, end: 70 },
      ]),
    ['range-outside /vms/1/reserved/1'],
  ],
  [
    'overlapping reserved ranges',
    (d) =>
      (d.vms[1].reserved = [
        { start: 4, end: 8 },
        { start: 0, end: 5 },
      ]),
    ['range-overlap /vms/1/reserved/1'],
  ],
  [
    'reserved in a hole',
    (d) => {
      d.vms[1].holes = [{ start: 8, end: 16 }];
      d.vms[1].reserved = [
        { start: 0, end: 2 },
        { start: 15, end: 17 },
      ];
    },
    ['reserved-in-hole /vms/1/reserved/1'],
  ],
  ['everything reserved', (d) => (d.vms[1].reserved = [{ start: 0, end: 64 }]), ['reserved-all /vms/1/reserved']],
  ['zones out of order', (d) => (d.vms[0].zones = { dmaEndMiB: 64, dma32EndMiB: 64 }), ['zones-order /vms/0/zones']],
  [
    'guest distances of no node',
    (d) =>
      (d.vms[0].distances = {
        ids: [0, 9],
        matrix: [
          [10, 20],
          [20, 10],
        ],
      }),
    ['distances-ids /vms/0/distances/ids/1'],
  ],
  // vCPUs, dirty rate
  ['a cell with a vCPU too many', (d) => (d.vms[0].cells[1].cpus = '2-4'), ['vcpu-out-of-range /vms/0/cells/1/cpus']],
  ['a vCPU in two cells', (d) => (d.vms[0].cells[1].cpus = '1-2'), ['vcpu-in-two-cells /vms/0/cells/1/cpus']],
  [
    'a pin of no vCPU, a pin to no CPU',
    (d) => (d.vms[0].vcpupin = { 4: '0', 1: '8' }),
    ['?unknown-cpu /vms/0/vcpupin/1', 'vcpu-out-of-range /vms/0/vcpupin/4'],
  ],
  [
    'a working set above the memory',
    (d) => (d.vms[0].dirty.workingSetMiB = 513),
    ['working-set-too-large /vms/0/dirty/workingSetMiB'],
  ],
  ['a rate without a working set', (d) => (d.vms[0].dirty.workingSetMiB = 0), ['working-set-missing /vms/0/dirty']],
  // Placement
  ['an unknown host', (d) => (d.vms[1].host = 'lef'), ['unknown-host /vms/1/host']],
  [
    'a placement on no node',
    (d) => (d.vms[1].placement = { mode: 'strict', nodes: [0, 2] }),
    ['unknown-node /vms/1/placement/nodes/1'],
  ],
  [
    'a placement twice on a node',
    (d) => (d.vms[1].placement = { mode: 'interleave', nodes: [0, 0] }),
    ['node-duplicate /vms/1/placement/nodes/1'],
  ],
  [
    'a placement without memory',
    (d) => {
      d.vms[1].host = 'right';
      d.vms[1].placement = { mode: 'strict', nodes: [5] };
    },
    ['nodes-without-memory /vms/1/placement/nodes'],
  ],
  ['a memnode of no cell', (d) => (d.vms[0].memnodes[0].cell = 2), ['unknown-cell /vms/0/memnodes/0/cell']],
  [
    'two memnodes of a cell',
    (d) => d.vms[0].memnodes.push(d.vms[0].memnodes[0]),
    ['memnode-duplicate /vms/0/memnodes/1/cell'],
  ],
  [
    'shares that do not sum',
    (d) => (d.vms[1].placement = { mode: 'shares', shares: [{ node: 0, memoryPages: 63 }] }),
    ['shares-sum /vms/1/placement/shares'],
  ],
  [
    'a share within a frame',
    (d) => {
      d.vms[0].memnodes = [];
      d.vms[0].placement = {
        mode: 'shares',
        shares: [
          { node: 0, memoryMiB: 255 },
          { node: 1, memoryMiB: 257 },
        ],
      };
    },
    ['share-unaligned /vms/0/placement/shares/0'],
  ],
  [
    'a share on no node',
    (d) => (d.vms[1].placement = { mode: 'shares', shares: [{ node: 3, memoryPages: 64 }] }),
    ['unknown-node /vms/1/placement/shares/0/node'],
  ],
  [
    'shares besides memnodes',
    (d) => (d.vms[0].placement = { mode: 'shares', shares: [{ node: 0, memoryMiB: 512 }] }),
    ['shares-with-memnodes /vms/0/memnodes'],
  ],
  // Room
  [
    'a VM larger than its host',
    (d) => {
      d.vms[0] = { name: 'big', host: 'left', memoryMiB: 1986 };
      d.commands = [];
    },
    ['vm-larger-than-host /vms/0'],
  ],
  [
    'a VM larger than its strict node',
    (d) => {
      d.vms[0] = { name: 'big', host: 'left', memoryMiB: 962, placement: { mode: 'strict', nodes: [0] } };
    },
    ['vm-larger-than-nodes /vms/0/placement'],
  ],
  [
    'a cell larger than its memnode',
    (d) => {
      d.hosts[0].nodes[1].memoryMiB = 128;
    },
    ['?target-too-small /commands/0/nodes', 'vm-larger-than-nodes /vms/0/memnodes'],
  ],
  [
    'VMs that fit one by one',
    (d) => d.vms.push({ name: 'more', host: 'left', memoryMiB: 1474 }),
    ['host-overcommitted /hosts/0'],
  ],
  [
    'VMs after one another on a node',
    (d) => {
      d.vms.push({ name: 'a', host: 'left', memoryMiB: 700, placement: { mode: 'strict', nodes: [1] } });
    },
    ['placement-does-not-fit /vms/2/placement'],
  ],
  // Commands
  ['a command to no VM', (d) => (d.commands[0].vm = 'bigg'), ['unknown-vm /commands/0/vm']],
  ['a compaction on no node', (d) => (d.commands[0].nodes = [1, 2]), ['unknown-node /commands/0/nodes/1']],
  [
    'a compaction on a node of the host to come',
    (d) => {
      d.commands[0].nodes = [2];
      d.commands[0].at = 22;
    },
    [],
  ],
  [
    'a compaction there too early',
    (d) => {
      d.commands[0].nodes = [2];
      d.commands[0].at = 20;
    },
    ['unknown-node /commands/0/nodes/0'],
  ],
  ['a migration without a link', (d) => (d.links = []), ['no-link /commands/1/toHost']],
  ['a migration to where it is', (d) => (d.commands[1].toHost = 'left'), ['migrate-to-itself /commands/1/toHost']],
  ['a migration to an unknown host', (d) => (d.commands[1].toHost = 'rigth'), ['unknown-host /commands/1/toHost']],
  [
    'a migration to a host too small',
    (d) => (d.hosts[1].nodes[0].memoryMiB = 500),
    ['?target-too-small /commands/1/toHost'],
  ],
  ['there and back', (d) => d.commands.push({ at: 99, type: 'migrate', vm: 'big', toHost: 'left' }), []],
  ['a commit that overlaps', (d) => (d.commands[2].ranges[0].end = 33), ['range-overlap /commands/2/ranges/1']],
  ['a commit beyond the guest', (d) => (d.commands[2].ranges[1].end = 65), ['range-outside /commands/2/ranges/1']],
  [
    'a commit to a node beyond the ids',
    (d) => (d.commands[2].ranges[1].nid = 4),
    ['node-out-of-range /commands/2/ranges/1/nid'],
  ],
  [
    'a stripe to a node beyond the ids',
    (d) => {
      delete d.commands[2].ranges;
      d.commands[2].stripe = { nodes: [0, 4], pages: 8 };
    },
    ['node-out-of-range /commands/2/stripe/nodes/1'],
  ],
  [
    'a stripe of too many ranges',
    (d) => {
      delete d.commands[2].ranges;
      d.commands[2].vm = 'big';
      d.commands[2].stripe = { nodes: [0], pages: 1 };
    },
    ['too-many-ranges /commands/2/stripe/pages'],
  ],
  ['an unaligned block', (d) => (d.commands[3].pfn = 12), ['block-unaligned /commands/3/pfn']],
  ['a block beyond the guest', (d) => (d.commands[3].pfn = 64), ['range-outside /commands/3/pfn']],
];

describe('validateScenario', () => {
  it('finds nothing wrong with the sample', () => {
    expect(short(() => {})).toEqual([]);
  });

  it.each(RULES)('%s', (_what, edit, expected) => {
    expect(short(edit).sort()).toEqual([...expected].sort());
  });

  it('names both figures of a VM that is too large', () => {
    const edit: Edit = (d) => (d.vms[0] = { name: 'big', host: 'left', memoryMiB: 1986 });
    const problem = read(edit).diagnostics[0]!;
    // 2048 MiB less 64 reserved; a frame is 2 MiB, so 1985 MiB would take 1986.
    expect(problem.found).toBe('1986 MiB of frames');
    expect(problem.expected).toBe('at most 1984 MiB, what the host has for frames of 2048 KiB');
    const strict: Edit = (d) =>
      (d.vms[0] = { name: 'big', host: 'left', memoryMiB: 962, placement: { mode: 'strict', nodes: [0] } });
    expect(read(strict).diagnostics[0]).toMatchObject({
      found: '962 MiB to place',
      expected: 'at most 960 MiB, what is free on node 0',
    });
  });

  it('counts a partly used frame whole', () => {
    const fits: Edit = (d) =>
      (d.vms = [{ name: 'big', host: 'left', memoryMiB: 959, placement: { mode: 'strict', nodes: [0] } }]);
    const not: Edit = (d) =>
      (d.vms = [{ name: 'big', host: 'left', memoryMiB: 961, placement: { mode: 'strict', nodes: [0] } }]);
    const errors = (edit: Edit): string[] =>
      read((d) => {
        edit(d);
        d.commands = [];
      }).diagnostics.map((x) => x.slug);
    expect(errors(fits)).toEqual([]);
    expect(errors(not)).toEqual(['vm-larger-than-nodes']);
  });
});
