/** What all files of an import say together of hosts and VMs, as `pageshift facts` prints it, from the document made of them. */
import { assumptionsOf } from './assumption.ts';
import { isDirtyKnown } from './dirty.ts';
import { idsOf } from './id-list.ts';
import type { WholeFacts } from './published-facts.ts';
import { pagesOf } from './quantity.ts';
import type { Scenario, ScenarioHost, ScenarioVm } from './schema.ts';
import { kibFromPages } from '../../shared/units/index.ts';

type HostPart = WholeFacts['hosts'][number];
type VmPart = WholeFacts['vms'][number];
type ByNode = VmPart['placement']['byNode'];

export function wholeFacts(scenario: Scenario): Omit<WholeFacts, 'files'> {
  const notPlaced = (scenario.notPlaced ?? []).map(({ vm, reason }) => vmPart(vm, reason));
  return {
    hosts: scenario.hosts.map((host) => hostPart(host, scenario.vms)),
    vms: [...scenario.vms.map((vm) => vmPart(vm, null)), ...notPlaced],
    assumptions: assumptionsOf(scenario),
  };
}

/** What is in use and neither free huge pages nor memory of VMs where it was measured. */
function usedByOthersKib(node: ScenarioHost['nodes'][number], host: string, vms: readonly ScenarioVm[]): number | null {
  const free = node.availableKiB ?? node.freeKiB;
  if (free === undefined) return null;
  const inPools = (node.hugepages ?? []).reduce((sum, pool) => sum + (pool.free ?? 0) * pool.sizeKiB, 0);
  const held = vms
    .filter((vm) => vm.host === host && vm.running === true)
    .flatMap((vm) => vm.measured?.nodes ?? [])
    .reduce((sum, each) => sum + (each.node === node.nid ? each.memoryKiB : 0), 0);
  return Math.max(0, kibFromPages(pagesOf(node)) - free - inPools - held);
}

function hostPart({ name, nodes, distances, system, strangers }: ScenarioHost, vms: readonly ScenarioVm[]): HostPart {
  return {
    name,
    nodes: nodes.map((node) => ({
      id: node.nid,
      cpus: [...idsOf(node.cpus)],
      memoryKiB: kibFromPages(pagesOf(node)),
      freeKiB: node.freeKiB ?? null,
      availableKiB: node.availableKiB ?? null,
      usedByOthersKiB: usedByOthersKib(node, name, vms),
      pools: node.hugepages?.map(({ sizeKiB, count, free }) => ({ sizeKiB, total: count, free: free ?? null })) ?? null,
      freeBlocks: node.freeBlocks ?? null,
    })),
    distances,
    system: { ...system },
    strangers: (strangers ?? []).map((each) => ({
      name: each.name,
      pid: each.pid ?? null,
      byNode: byNode(each.nodes),
    })),
  };
}

function vmPart(vm: ScenarioVm, notPlacedBecause: string | null): VmPart {
  const pins = Object.entries(vm.vcpupin ?? {}).map(([vcpu, cpus]) => [vcpu, [...idsOf(cpus)]] as [string, number[]]);
  return {
    name: vm.name,
    host: vm.host,
    running: vm.running ?? null,
    placed: notPlacedBecause === null,
    notPlacedBecause,
    memoryKiB: kibFromPages(pagesOf(vm)),
    vcpus: vm.vcpus,
    cells: vm.cells.map((cell) => ({
      id: cell.id,
      cpus: [...idsOf(cell.cpus)],
      memoryKiB: kibFromPages(pagesOf(cell)),
    })),
    placement: placementOf(vm),
    pins: {
      cpuset: vm.cpuset === undefined ? null : [...idsOf(vm.cpuset)],
      vcpus: Object.fromEntries(pins),
      emulator: vm.emulatorpin === undefined ? null : [...idsOf(vm.emulatorpin)],
      seenOn: { ...vm.vcpuCpus },
    },
    binding: vm.binding === undefined ? null : { mode: vm.binding.mode, nodes: [...vm.binding.nodes] },
    memnodes: vm.memnodes.map(({ cell, mode, nodes }) => ({ cell, mode, nodes: [...nodes] })),
    hugepages: (vm.hugepages ?? []).map(({ sizeKiB, cells }) => ({ sizeKiB, cells: cells ?? null })),
    devices: (vm.domain?.devices ?? []).map(({ name, node }) => ({ name, node })),
    dirty: isDirtyKnown(vm) ? { rateMibPerSec: vm.dirty.rateMiBps, workingSetMib: vm.dirty.workingSetMiB } : null,
  };
}

function placementOf(vm: ScenarioVm): VmPart['placement'] {
  const { measured } = vm;
  if (measured !== undefined) {
    const byCell = measured.cells?.map(({ cell, nodes }) => ({ cell, byNode: byNode(nodes) })) ?? null;
    return { from: 'measured', byNode: byNode(measured.nodes), byCell };
  }
  const isBound = vm.placement.mode !== 'spread' || vm.memnodes.length > 0;
  const from = isBound ? 'policy' : vm.running === true ? 'assumed' : 'none';
  return { from, byNode: [], byCell: null };
}

type KibOnNode = NonNullable<ScenarioVm['measured']>['nodes'][number];

const byNode = (list: readonly KibOnNode[]): ByNode =>
  list.map(({ node, memoryKiB, pageKiB }) => ({ node, kib: memoryKiB, pageKiB: pageKiB ?? null }));
