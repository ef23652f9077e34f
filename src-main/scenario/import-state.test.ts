/** A host as it was measured, from the facts of its tools: what runs, what is in use, what cannot start. */
import { describe, expect, test } from 'vitest';
import { readForeign } from '../formats/index.ts';
import type { PlacementFacts, VmFacts } from '../formats/index.ts';
import { assembleScenario, sortParts } from './import.ts';
import { toWorldConfig } from './world-config.ts';
import { Fleet } from '../engine/fleet/index.ts';

const NUMACTL = `available: 2 nodes (0-1)
node 0 cpus: 0 1 2 3
node 0 size: 16000 MB
node 0 free: 5000 MB
node 1 cpus: 4 5 6 7
node 1 size: 16000 MB
node 1 free: 2000 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`;
const domain = (name: string, mib: number, more = ''): string =>
  `<domain type='kvm'><name>${name}</name><memory unit='MiB'>${mib}</memory><vcpu>2</vcpu>${more}</domain>`;

const factsOf = (text: string, file: string) => readForeign(text, file).value!;

const processOf = (vm: string, mib: Record<number, number>): PlacementFacts => ({
  kind: 'numastat-process',
  nodes: [0, 1],
  processes: [
    {
      pid: 1,
      command: 'qemu',
      vm,
      byNode: Object.entries(mib).map(([node, n]) => ({ node: Number(node), kib: n * 1024 })),
      totalKiB: null,
      ramByNode: null,
      ramBlocks: [],
      ranges: null,
      pages: [],
      byKind: {},
    },
  ],
  resolutionKiB: 0,
  totalByNode: null,
  totalKiB: null,
  hugeUnderstated: false,
});

function imported(vms: readonly string[], placements: readonly PlacementFacts[] = []) {
  const parts = [
    { file: 'host.txt', facts: factsOf(NUMACTL, 'host.txt') },
    ...vms.map((text, i) => ({ file: `vm${i}.xml`, facts: factsOf(text, `vm${i}.xml`) as VmFacts })),
  ];
  const sorted = sortParts(parts);
  return assembleScenario(
    { ...sorted, placements: placements.map((facts) => ({ file: 'numastat.txt', facts })) },
    { rehearsal: false },
  ).value!;
}

describe('memory in use', () => {
  test('that no VM explains is reserved, so that what is free is what the host says', () => {
    const scenario = imported([domain('off', 1000)]);
    expect(scenario.hosts[0]!.nodes.map((node) => node.reservedMiB)).toEqual([11_000, 14_000]);
    expect(scenario.hosts[0]!.nodes.map((node) => node.freeKiB)).toEqual([5000 * 1024, 2000 * 1024]);
  });
  test('of a running VM is its own, where it was measured', () => {
    const scenario = imported([domain('db', 4000)], [processOf('db', { 0: 1000, 1: 3000 })]);
    expect(scenario.vms[0]).toMatchObject({ running: true, measured: { nodes: [{ node: 0 }, { node: 1 }] } });
    expect(scenario.hosts[0]!.nodes.map((node) => node.reservedMiB)).toEqual([10_000, 11_000]);
    const { fleet } = Fleet.create(toWorldConfig(scenario));
    expect([...fleet!.guest(0).backing.pagesByNode(0)].sort()).toEqual([
      [0, 1000 * 256],
      [1, 3000 * 256],
    ]);
  });
  test('that a VM has not touched is assumed, and said', () => {
    const scenario = imported([domain('db', 4000)], [processOf('db', { 1: 3000 })]);
    expect(scenario.vms[0]!.assumed).toEqual([
      { text: 'Where the 1000 MiB lie that it has not touched: with most of its memory.', measure: null },
    ]);
  });
});

describe('a VM that could not start', () => {
  test('is kept with the reason: it needs more than is free', () => {
    const scenario = imported([domain('big', 8000), domain('small', 1000)]);
    expect(scenario.vms.map((vm) => vm.name)).toEqual(['small']);
    expect(scenario.notPlaced?.map(({ vm }) => vm.name)).toEqual(['big']);
    expect(scenario.notPlaced?.[0]?.reason).toContain('larger than its host');
  });
  test('is one that is bound where there is too little', () => {
    const bound = "<numatune><memory mode='strict' nodeset='1'/></numatune>";
    const scenario = imported([domain('a', 1500, bound), domain('b', 1500, bound)]);
    expect(scenario.vms.map((vm) => vm.name)).toEqual(['a']);
    expect(scenario.notPlaced?.map(({ vm }) => vm.name)).toEqual(['b']);
  });
});

describe('texts of several tools about one VM', () => {
  test('are put together: pins do not take away where its vCPUs were seen', () => {
    const vcpuinfo =
      'VCPU:           0\nCPU:            5\nState:          running\nCPU time:       3.1s\nCPU Affinity:   ----yyyy\n';
    const vcpupin = ' VCPU   CPU Affinity\n----------------------\n 0      4-7\n';
    const parts = [
      { file: 'host.txt', facts: factsOf(NUMACTL, 'host.txt') },
      { file: 'db.xml', facts: factsOf(domain('db', 1000), 'db.xml') },
      { file: 'db-vcpuinfo.txt', facts: factsOf(vcpuinfo, 'db-vcpuinfo.txt') },
      { file: 'db-vcpupin.txt', facts: factsOf(vcpupin, 'db-vcpupin.txt') },
    ];
    const scenario = assembleScenario(sortParts(parts), { rehearsal: false }).value!;
    expect(scenario.vms[0]).toMatchObject({ name: 'db', running: true, vcpuCpus: { 0: 5 } });
  });
  test('name a process by its PID', () => {
    const named = { ...processOf('db', {}), kind: 'qemu-cmdline' };
    const measured = processOf('db', { 1: 900 });
    const nameless = { ...measured, processes: measured.processes.map((process) => ({ ...process, vm: null })) };
    expect(imported([domain('db', 1000)], [named, nameless]).vms[0]?.measured).toEqual({
      nodes: [{ node: 1, memoryKiB: 900 * 1024 }],
    });
  });
});
