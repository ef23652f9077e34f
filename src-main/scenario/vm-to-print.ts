/** A VM of a scenario as the forms of other tools are given it. */
import { kibFromPages } from '../../shared/units/index.ts';
import type { VmToPrint } from '../formats/index.ts';
import { idsOf } from './id-list.ts';
import { pagesOf } from './quantity.ts';
import type { ScenarioVm } from './schema.ts';

export function vmToPrint(vm: ScenarioVm): VmToPrint {
  const { placement, binding } = vm;
  // What it is bound to for as long as it runs; else where it is put, where that is a policy.
  const memory =
    binding !== undefined
      ? { mode: binding.mode, nodeset: binding.nodes, placement: 'static' as const }
      : placement.mode === 'strict' || placement.mode === 'preferred' || placement.mode === 'interleave'
        ? { mode: placement.mode, nodeset: placement.nodes, placement: 'static' as const }
        : null;
  const topology = vm.domain?.topology;
  return {
    name: vm.name,
    uuid: null,
    arch: vm.domain?.arch ?? null,
    vcpus: vm.vcpus,
    vcpusCurrent: vm.vcpus,
    memoryKiB: kibFromPages(pagesOf(vm)),
    cells: vm.cells.map((cell) => ({
      id: cell.id,
      cpus: idsOf(cell.cpus),
      memoryKiB: kibFromPages(pagesOf(cell)),
      memAccess: null,
    })),
    distances: vm.distances === null ? null : { ids: vm.distances.ids, matrix: vm.distances.matrix },
    memory,
    memnodes: vm.memnodes.flatMap(({ cell, mode, nodes }) => [{ cell, mode, nodeset: nodes }]),
    vcpupin: Object.fromEntries(Object.entries(vm.vcpupin ?? {}).map(([vcpu, cpus]) => [vcpu, idsOf(cpus)])),
    vcpuCpuset: vm.cpuset === undefined ? null : idsOf(vm.cpuset),
    emulatorpin: vm.emulatorpin === undefined ? null : idsOf(vm.emulatorpin),
    hugepages: (vm.hugepages ?? []).map(({ sizeKiB, cells }) => ({ sizeKiB, nodeset: cells ?? null })),
    cpuTopology: topology === undefined ? null : { ...topology },
  };
}
