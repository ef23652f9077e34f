import { describe, expect, it } from 'vitest';
import { canonicalText } from './canonical.ts';
import { sampleInput } from './fixture.ts';
import { readScenario } from './read.ts';
import type { Scenario, ScenarioInput } from './schema.ts';
import { scenarioSchema } from './schema.ts';
import { toWorldConfig } from './world-config.ts';

const read = (input: ScenarioInput): Scenario => {
  const { value, diagnostics } = readScenario(canonicalText(input), 'f');
  expect(diagnostics).toEqual([]);
  return value!;
};

const GIB = 262_144; // pages

/** The configuration of one VM on a host that is large enough. */
const guest = (vm: object) =>
  toWorldConfig(
    read({
      pageshift: 1,
      name: 'x',
      hosts: [
        {
          name: 'h',
          nodes: [
            { nid: 0, memoryMiB: 1 << 20 },
            { nid: 3, memoryMiB: 1 << 20 },
          ],
        },
      ],
      vms: [{ name: 'v', host: 'h', ...vm } as never],
    }),
  ).guests[0]!;

describe('toWorldConfig', () => {
  it('says who has the pages of a workload only where a share is given', () => {
    const workload = (more: object): object => guest({ memoryMiB: 64, workload: more }).workload!;
    expect(workload({ slabPercent: 12.5, filePercent: 40 })).toMatchObject({ slabPermille: 125, filePermille: 400 });
    expect(Object.keys(workload({}))).not.toContain('slabPermille');
    expect(Object.keys(workload({}))).not.toContain('filePermille');
  });

  it('converts the sample to pages and ticks', () => {
    const world = toWorldConfig(read(sampleInput()));
    expect(world.hosts[0]).toEqual({
      name: 'left',
      nodes: [
        { nid: 0, cpus: [0, 1, 2, 3], totalPages: GIB, reservedPages: 16_384 },
        { nid: 1, cpus: [4, 5, 6, 7], totalPages: GIB, reservedPages: 0 },
      ],
      distances: [
        [10, 21],
        [21, 10],
      ],
    });
    expect(world.hosts[1]!.distances).toEqual([
      [10, 20],
      [20, 10],
    ]);
    expect(world.links).toEqual([{ name: 'wire', hosts: ['left', 'right'], bytesPerSec: 104_857_600 }]);
    // In the order of time; 2050 ms is within tick 20, so tick 21 is the first not before it.
    expect(world.schedule.map((s) => [s.at, s.command.type])).toEqual([
      [3, 'commitLayout'],
      [4, 'holdPages'],
      [10, 'compact'],
      [21, 'migrate'],
    ]);
    // 1024 MiB/s at 100 ms a tick is 102.4 MiB, 51.2 frames of 2 MiB.
    expect(world.schedule[2]!.command).toEqual({ type: 'compact', vm: 'big', nodes: [1], framesPerTick: 51 });
    expect(world.schedule[3]!.command).toEqual({
      type: 'migrate',
      vm: 'big',
      toHost: 'right',
      nodes: null,
      downtimeLimitMs: 300,
      maxBytesPerSec: 0,
      maxRounds: 30,
    });
  });

  it('is plain JSON: no undefined, nothing that is lost on the way', () => {
    const world = toWorldConfig(read(sampleInput()));
    expect(JSON.parse(JSON.stringify(world))).toStrictEqual(world);
  });

  it('makes a whole guest: cells, vCPUs, distances, reserved pages, memnodes', () => {
    const big = toWorldConfig(read(sampleInput())).guests[0]!;
    expect(big.mm.nrPages).toBe(131_072);
    expect(big.mm.bootLayout).toEqual([
      { start: 0, end: 65_536, nid: 0 },
      { start: 65_536, end: 131_072, nid: 1 },
    ]);
    // First MiB; 65536 pages x 64 bytes = 4 MiB = 1024 pages at the top of each cell.
    expect(big.mm.reserved).toEqual([
      { start: 0, end: 256 },
      { start: 64_512, end: 65_536 },
      { start: 130_048, end: 131_072 },
    ]);
    expect(big.mm.cpuNode).toEqual([0, 0, 1, 0]); // vCPU 3 is in no cell
    expect(big.mm.nrNodeIds).toBe(4);
    expect(big.mm.distances[1]).toEqual([20, 10, 20, 20]);
    expect(big.mm.zoneStartPfn).toEqual([0, 4096, 1_048_576]);
    expect(big.placement).toEqual([
      { start: 0, end: 65_536, mode: 'interleave', nodes: [0, 1], pages: [], scatter: false },
      { start: 65_536, end: 131_072, mode: 'strict', nodes: [1], pages: [], scatter: false },
    ]);
    expect(big.regeneration).toEqual({ enabled: true, granularityPages: 512, delayTicks: 10 });
    expect(big.workload).toEqual({
      occupancyPermille: 600,
      kernelPermille: 50,
      hugePermille: 300,
      lifetime: { law: 'exponential', meanTicks: 600 },
      start: 'stationary',
      warmupTicks: 0,
    });
    expect(big.dirty).toEqual({ workingSetPages: 16_384, pagesPerSec: 2560 });
  });

  it('leaves the PCI hole from 3.5 GiB on, and cells count pages that exist', () => {
    expect(guest({ memoryPages: 917_503 }).mm.holes).toEqual([]);
    const mm = guest({
      memoryMiB: 6144,
      cells: [
        { id: 1, memoryMiB: 2048 },
        { id: 0, memoryMiB: 4096 },
      ],
    }).mm;
    // 0       3 GiB  4 GiB  5 GiB    7 GiB
    // |  cell 0  |hole| cell 0 | cell 1 |
    expect(mm.holes).toEqual([{ start: 3 * GIB, end: 4 * GIB }]);
    expect(mm.nrPages).toBe(7 * GIB);
    expect(mm.bootLayout).toEqual([
      { start: 0, end: 5 * GIB, nid: 0 },
      { start: 5 * GIB, end: 7 * GIB, nid: 1 },
    ]);
    const at = guest({
      memoryMiB: 6144,
      cells: [
        { id: 0, memoryMiB: 3072 },
        { id: 1, memoryMiB: 3072 },
      ],
    }).mm;
    expect(at.bootLayout).toEqual([
      { start: 0, end: 3 * GIB, nid: 0 },
      { start: 4 * GIB, end: 7 * GIB, nid: 1 },
    ]);
    expect(guest({ memoryMiB: 6144, holes: [] }).mm).toMatchObject({ nrPages: 6 * GIB, holes: [] });
  });

  it('lays the slots of DIMMs above the memory, 128 MiB or a memory block apart, as holes', () => {
    const at = (more: object) =>
      guest({ memoryMiB: 200, dimms: [{ memoryMiB: 256 }, { memoryMiB: 128, hostNodes: [3] }], ...more });
    const { mm, dimms } = at({ placement: { mode: 'strict', nodes: [3, 0] } });
    // 0    200  256        512  640 MiB
    // | mem | gap | DIMM 0 | DIMM 1 |
    expect(mm.nrPages).toBe(640 * 256);
    expect(mm.holes).toEqual([{ start: 200 * 256, end: 640 * 256 }]);
    expect(mm.bootLayout).toEqual([{ start: 0, end: 640 * 256, nid: 0 }]);
    expect(dimms).toEqual([
      { start: 256 * 256, end: 512 * 256, hostNodes: [3, 0] },
      { start: 512 * 256, end: 640 * 256, hostNodes: [3] },
    ]);
    expect(at({}).dimms[0]!.hostNodes).toEqual([0, 3]);
    const large = at({ profile: { memoryBlockMiB: 512 }, dimms: [{ memoryMiB: 512 }, { memoryMiB: 512 }] });
    expect(large.dimms.map((d) => [d.start / 256, d.end / 256])).toEqual([
      [512, 1024],
      [1024, 1536],
    ]);
    // The PCI hole and the slots are holes apart.
    expect(guest({ memoryMiB: 4096, dimms: [{ memoryMiB: 128 }] }).mm.holes).toEqual([
      { start: 3 * GIB, end: 4 * GIB },
      { start: 5 * GIB, end: 5 * GIB + 32_768 },
    ]);
  });

  it('reserves nothing in a guest under 16 MiB or when told so, and passes over a hole', () => {
    expect(guest({ memoryPages: 4095 }).mm.reserved).toEqual([]);
    expect(guest({ memoryMiB: 64, reserved: [] }).mm.reserved).toEqual([]);
    // 16384 pages need a memmap of 256; 56 valid pages lie behind the hole, so 200 lie in front of it.
    const holes = [{ start: 16_328, end: 16_400 }];
    expect(guest({ memoryMiB: 64, holes, backing: { pageKiB: 4 } }).mm.reserved).toEqual([
      { start: 0, end: 256 },
      { start: 16_128, end: 16_328 },
      { start: 16_400, end: 16_456 },
    ]);
  });

  it.each([
    [2, 100, 4],
    [1, 50, 2],
    [4, 10, 5],
    [3, 34, 5],
    [3, 0, 3],
    [200, 100, 254],
  ])('extra_nr_node_ids: %i ids and %i percent more are %i', (nrNodeIds, extraNrNodeIdsPercent, expected) => {
    expect(guest({ memoryMiB: 64, nrNodeIds, profile: { extraNrNodeIdsPercent } }).mm.nrNodeIds).toBe(expected);
  });

  it('extra_nr_node_ids counts from the nodes of boot where no number of ids is given', () => {
    const cells = [0, 1].map((id) => ({ id, memoryMiB: 64 }));
    const vm = { memoryMiB: 128, cells, profile: { extraNrNodeIdsPercent: 50 } };
    expect(guest(vm).mm.nrNodeIds).toBe(3);
  });

  it('derives node ids: twice the boot nodes, at least 4, at most 254', () => {
    expect(guest({ memoryMiB: 64 }).mm.nrNodeIds).toBe(4);
    expect(guest({ memoryMiB: 64, layout: [{ start: 0, end: 1, nid: 5 }] }).mm.nrNodeIds).toBe(12);
    expect(guest({ memoryMiB: 64, layout: [{ start: 0, end: 1, nid: 200 }] }).mm.nrNodeIds).toBe(254);
  });

  it('a frame that straddles two cells goes with the lower one', () => {
    const vm = {
      memoryKiB: 8192,
      cells: [
        { id: 0, memoryKiB: 4100 },
        { id: 1, memoryKiB: 4092 },
      ],
      memnodes: [
        { cell: 0, mode: 'strict', nodes: [3] },
        { cell: 1, mode: 'interleave', nodes: [0] },
      ],
    };
    expect(guest(vm).placement.map((r) => [r.start, r.end, r.mode])).toEqual([
      [0, 1536, 'strict'],
      [1536, 2048, 'interleave'],
    ]);
    const small = guest({ ...vm, backing: { pageKiB: 4 } });
    expect(small.placement.map((r) => [r.start, r.end])).toEqual([
      [0, 1025],
      [1025, 2048],
    ]);
  });

  it('writes a stripe out: 256 ranges over nodes 0-2 end with 11008, 10880 and 10880 pages', () => {
    const input = sampleInput();
    input.vms![0]!.memoryMiB = 128;
    input.vms![0]!.cells = [];
    input.vms![0]!.memnodes = [];
    input.commands = [{ at: 0, type: 'commitLayout', vm: 'big', stripe: { nodes: [0, 1, 2], pages: 128 } }];
    const { command } = toWorldConfig(read(input)).schedule[0]!;
    if (command.type !== 'commitLayout') throw new Error('not a commit');
    expect(command.ranges).toHaveLength(256);
    expect(command.ranges.slice(0, 2)).toEqual([
      { start: 0, end: 128, nid: 0 },
      { start: 128, end: 256, nid: 1 },
    ]);
    const pages = [0, 0, 0];
    for (const r of command.ranges) pages[r.nid]! += r.end - r.start;
    expect(pages).toEqual([11_008, 10_880, 10_880]);
  });

  it('converts shares and lomax lifetimes', () => {
    const v = guest({
      memoryMiB: 64,
      placement: {
        mode: 'shares',
        shares: [
          { node: 3, memoryMiB: 60 },
          { node: 0, memoryMiB: 4 },
        ],
      },
      workload: { lifetime: { law: 'lomax', alpha: 1.5, scaleMs: 250 }, start: 'fresh', warmupMs: 50 },
    });
    expect(v.placement).toEqual([
      { start: 0, end: 16_384, mode: 'shares', nodes: [3, 0], pages: [15_360, 1024], scatter: true },
    ]);
    expect(v.workload).toMatchObject({
      lifetime: { law: 'lomax', alpha: 1.5, scaleTicks: 2.5 },
      start: 'fresh',
      warmupTicks: 1,
    });
  });
});

it('leaves out huge page pools that are larger than their node', () => {
  const pools = (count: number) => {
    const nodes = [{ nid: 0, memoryMiB: 1024, hugepages: [{ sizeKiB: 2048, count }] }];
    const text = canonicalText({ pageshift: 1, name: 'x', hosts: [{ name: 'h', nodes }], vms: [] });
    return toWorldConfig(readScenario(text, 'f').value!).hosts[0]!.nodes[0]!.pools;
  };
  expect(pools(512)).toEqual([{ framePages: 512, frames: 512 }]);
  expect(pools(513)).toBeUndefined();
});

describe('bindings that hold', () => {
  const homes = (vm: Partial<NonNullable<ScenarioInput['vms']>[number]>) => {
    const input = sampleInput();
    const base = { name: 'v', host: 'left', memoryMiB: 512, reserved: [] };
    return toWorldConfig(scenarioSchema.parse({ ...input, vms: [{ ...base, ...vm }], commands: [] })).guests[0]!.homes;
  };
  const cells = [0, 1].map((id) => ({ id, memoryMiB: 256 }));

  it('are none of a VM that is bound at its start only, or to nothing', () => {
    expect(homes({})).toBeUndefined();
    expect(homes({ placement: { mode: 'strict', nodes: [1] } })).toBeUndefined();
    expect(homes({ cells, memnodes: [{ cell: 0, mode: 'strict', nodes: [1] }] })).toBeUndefined();
  });
  it('leave to the whole what all its parts may use', () => {
    expect(homes({ binding: { mode: 'restrictive', nodes: [0, 1] } })).toMatchObject({
      allowed: [0, 1],
      named: [0, 1],
    });
    const memnodes = [0, 1].map((cell) => ({ cell, mode: 'strict' as const, nodes: [cell], holds: true }));
    expect(homes({ cells, memnodes })).toMatchObject({ allowed: [], named: [0, 1] });
    expect(homes({ cells, memnodes: [memnodes[1]!] })).toMatchObject({ allowed: [1], named: [1] });
  });
  it('are no preference, and no CPUs', () => {
    expect(homes({ binding: { mode: 'preferred', nodes: [1] } })).toMatchObject({ allowed: null, preferred: [1] });
    expect(homes({ vcpus: 2, vcpupin: { 0: '4' }, cpuset: '0-1' })).toEqual({
      cpus: [0, 1, 4],
      allowed: null,
      named: [],
      preferred: null,
    });
    expect(homes({ vcpus: 2, vcpupin: { 0: '4' } })).toBeUndefined();
  });
});
