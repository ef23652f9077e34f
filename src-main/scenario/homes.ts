/** What binds a VM to nodes of its host, and where its vCPUs may run. */
import type { GuestConfig, HomesConfig, HostNodeConfig } from '../../shared/model/config.ts';
import { idsOf } from './id-list.ts';
import type { ScenarioVm } from './schema.ts';

/** As the engine has it; nothing for a VM that is bound to nothing and whose vCPUs may use all CPUs. */
export function homesOf(vm: ScenarioVm): Pick<GuestConfig, 'homes'> {
  const homes = { cpus: cpusOf(vm), ...boundOf(vm), preferred: preferredOf(vm) };
  const isFree = homes.cpus === null && homes.allowed === null && homes.preferred === null;
  return isFree ? {} : { homes };
}

/** Tells of a node whether one of its CPUs is one that the VM's vCPUs may use. */
export function mayRunOn(vm: ScenarioVm): (node: HostNodeConfig) => boolean {
  const cpus = cpusOf(vm);
  if (cpus === null) return () => true;
  const allowed = new Set(cpus);
  return (node) => node.cpus.some((cpu) => allowed.has(cpu));
}

/** CPUs of all pins, and of the CPU set for vCPUs without one; null: all CPUs of the host. */
function cpusOf(vm: ScenarioVm): readonly number[] | null {
  const lists = Object.values(vm.vcpupin ?? {});
  if (lists.length < vm.vcpus) {
    if (vm.cpuset === undefined) return null;
    lists.push(vm.cpuset);
  }
  return [...new Set(lists.flatMap(idsOf))].sort((a, b) => a - b);
}

/** Bindings that hold for as long as it runs. A preference is none: its memory may be anywhere. */
function boundOf(vm: ScenarioVm): Pick<HomesConfig, 'allowed' | 'named'> {
  const memnodes = vm.memnodes.filter(({ mode, holds }) => holds === true && mode !== 'preferred');
  const apart = new Set(vm.memnodes.map(({ cell }) => cell));
  const leavesRest = vm.cells.length === 0 || vm.cells.some(({ id }) => !apart.has(id));
  const parts = memnodes.map(({ nodes }) => nodes);
  if (vm.binding !== undefined && vm.binding.mode !== 'preferred' && leavesRest) parts.push(vm.binding.nodes);
  if (parts.length === 0) return { allowed: null, named: [] };
  const named = [...new Set(parts.flat())].sort((a, b) => a - b);
  return { allowed: named.filter((nid) => parts.every((nodes) => nodes.includes(nid))), named };
}

const preferredOf = ({ binding }: ScenarioVm): readonly number[] | null =>
  binding?.mode === 'preferred' ? binding.nodes : null;
