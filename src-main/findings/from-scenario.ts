/**
 * What a scenario states, as the checks ask for it.
 *
 * (a) Where memory lies: `measured`, else shares that the document states to the page. Any other placement of a running VM
 *     is how the simulation starts, not where the memory is: it is assumed, and not a fact.
 * (b) A binding: `binding`, else a placement that is a policy.
 * (c) VMs that are not placed are asked about like all others; unless the document says that they run, they do not.
 */
import { pagesFromKib } from '../../shared/units/index.ts';
import type { Scenario, ScenarioHost, ScenarioVm } from '../scenario/index.ts';
import { idsOf, pagesOf } from '../scenario/index.ts';
import type { Binding, CellFacts, HostFacts, MigrationFacts, PlacementFacts, PoolFacts, VmFacts } from './facts.ts';

export function factsOf(scenario: Scenario, migration: MigrationFacts | null): PlacementFacts {
  return {
    hosts: scenario.hosts.map(hostFacts),
    vms: [
      ...scenario.vms.map((vm) => vmFacts(vm, vm.running ?? true)),
      ...(scenario.notPlaced ?? []).map(({ vm }) => vmFacts(vm, vm.running ?? false)),
    ],
    migration,
  };
}

const known = <T>(value: T | undefined): T | null => value ?? null;
const pagesOrNull = (kib: number | undefined): number | null => (kib === undefined ? null : pagesFromKib(kib));
const idsOrNull = (list: string | undefined): readonly number[] | null => (list === undefined ? null : idsOf(list));

/** Ordinary pages, which some sources list beside huge ones, are no pool. */
const MAX_BASE_PAGE_KIB = 64;

function hostFacts(host: ScenarioHost): HostFacts {
  const { system } = host;
  const nodes = host.nodes.toSorted((a, b) => a.nid - b.nid);
  return {
    name: host.name,
    nodes: nodes.map((node) => ({
      nid: node.nid,
      cpus: idsOf(node.cpus),
      totalPages: pagesOf(node),
      freePages: pagesOrNull(node.freeKiB),
      availablePages: pagesOrNull(node.availableKiB),
      pools: poolsOf(node),
      freeBlocks: known(node.freeBlocks),
    })),
    distances: distancesOf(
      host.distances,
      nodes.map((node) => node.nid),
    ),
    sockets: known(system?.sockets),
    cores: system?.cores?.map(idsOf) ?? null,
    isolatedCpus: idsOrNull(system?.isolatedCpus),
    numaBalancing: known(system?.numaBalancing),
    numad: known(system?.numad),
    ksm:
      system?.ksm === undefined
        ? null
        : {
            run: system.ksm.run,
            mergeAcrossNodes: system.ksm.mergeAcrossNodes,
            sharedPages: pagesOrNull(system.ksm.sharedKiB),
          },
    isGuest: known(system?.isGuest),
    overcommitsHugePages: known(system?.overcommitsHugepages),
    cpuLoad: system?.cpuLoadPercent === undefined ? null : system.cpuLoadPercent / 100,
  };
}

/** Pools that hold more than the node has cannot be: nothing is known of them then, as in the world. */
function poolsOf(node: ScenarioHost['nodes'][number]): readonly PoolFacts[] | null {
  if (node.hugepages === undefined) return null;
  const pools = node.hugepages
    .filter(({ sizeKiB }) => sizeKiB > MAX_BASE_PAGE_KIB)
    .map(({ sizeKiB, count, free }) => ({ pageKib: sizeKiB, total: count, free: known(free) }));
  const pages = pools.reduce((sum, { pageKib, total }) => sum + total * pagesFromKib(pageKib), 0);
  return pages > pagesOf(node) ? null : pools;
}

function distancesOf(
  distances: ScenarioHost['distances'],
  nids: readonly number[],
): readonly (readonly number[])[] | null {
  if (distances === null) return null;
  const index = new Map(distances.ids.map((id, i) => [id, i]));
  return nids.map((from) => nids.map((to) => distances.matrix[index.get(from)!]![index.get(to)!]!));
}

function vmFacts(vm: ScenarioVm, running: boolean): VmFacts {
  const domain = vm.domain ?? {};
  return {
    name: vm.name,
    host: vm.host,
    running,
    pages: pagesOf(vm),
    vcpus: vm.vcpus,
    maxVcpus: domain.maxVcpus ?? vm.vcpus,
    cells: cellsOf(vm),
    cpuset: idsOrNull(vm.cpuset),
    pins: new Map(Object.entries(vm.vcpupin ?? {}).map(([vcpu, cpus]) => [Number(vcpu), idsOf(cpus)])),
    emulatorPin: idsOrNull(vm.emulatorpin),
    binding: bindingOf(vm),
    bindsAutomatically: domain.automaticPlacement ?? false,
    memnodes: vm.memnodes,
    hugePages: (vm.hugepages ?? []).map(({ sizeKiB, cells }) => ({ pageKib: sizeKiB, cells: known(cells) })),
    measured: running ? measuredOf(vm) : null,
    measuredCells: running ? measuredCellsOf(vm) : null,
    vcpuCpus:
      vm.vcpuCpus === undefined ? null : new Map(Object.entries(vm.vcpuCpus).map(([vcpu, cpu]) => [Number(vcpu), cpu])),
    devices: domain.devices ?? [],
    topology: known(domain.topology),
    arch: known(domain.arch),
    hypervisor: domain.hypervisor ?? 'kvm',
    cpuHotAdd: domain.cpuHotAdd ?? false,
    exposesVnumaOnCpuHotAdd: domain.exposeVnumaOnCpuHotadd ?? false,
    dynamicMemory: domain.dynamicMemory ?? false,
    realtime: domain.realtime ?? false,
    preallocated: domain.preallocated ?? false,
  };
}

function cellsOf(vm: ScenarioVm): CellFacts[] {
  const { distances } = vm;
  return vm.cells.map((cell) => {
    const row = distances?.ids.indexOf(cell.id) ?? -1;
    return {
      id: cell.id,
      vcpus: idsOf(cell.cpus),
      pages: pagesOf(cell),
      distances:
        distances === null || row === -1
          ? null
          : new Map(distances.ids.map((id, i) => [id, distances.matrix[row]?.[i] ?? 0])),
    };
  });
}

function bindingOf(vm: ScenarioVm): Binding | null {
  if (vm.domain?.automaticPlacement === true) return null;
  if (vm.binding !== undefined) return vm.binding;
  const { placement } = vm;
  return placement.mode === 'spread' || placement.mode === 'shares'
    ? null
    : { mode: placement.mode, nodes: placement.nodes };
}

type ByNode = readonly { readonly node: number; readonly memoryKiB: number }[];

function byNode(list: ByNode): Map<number, number> {
  const pages = new Map<number, number>();
  for (const { node, memoryKiB } of list) pages.set(node, (pages.get(node) ?? 0) + pagesFromKib(memoryKiB));
  return pages;
}

function measuredOf(vm: ScenarioVm): ReadonlyMap<number, number> | null {
  if (vm.measured !== undefined) return byNode(vm.measured.nodes);
  if (vm.placement.mode !== 'shares') return null;
  return new Map(vm.placement.shares.map((share) => [share.node, pagesOf(share)]));
}

function measuredCellsOf(vm: ScenarioVm): ReadonlyMap<number, ReadonlyMap<number, number>> | null {
  const cells = vm.measured?.cells;
  return cells === undefined ? null : new Map(cells.map(({ cell, nodes }) => [cell, byNode(nodes)]));
}
