/** A VM → a KubeVirt VirtualMachine. Where it lies inside its host is the kubelet's to decide, and cannot be said. */
import { idList } from '../../../shared/view/id-list.ts';
import type { Printed, VmToPrint } from './form.ts';

const quantity = (kib: number): string =>
  kib % 1024 ** 2 === 0 ? `${kib / 1024 ** 2}Gi` : kib % 1024 === 0 ? `${kib / 1024}Mi` : `${kib}Ki`;

export function kubevirtOut(vm: VmToPrint): Printed {
  const cannotSay: string[] = ['disks, networks and other devices, which Pageshift does not know.'];
  const memory = vm.memoryKiB ?? vm.cells.reduce((sum, { memoryKiB }) => sum + (memoryKiB ?? 0), 0);
  const { sockets = 1, dies = 1, cores, threads = 1 } = vm.cpuTopology ?? {};
  const dedicated = Object.keys(vm.vcpupin).length > 0;
  const name =
    vm.name
      .toLowerCase()
      .replace(/[^a-z0-9.-]/g, '-')
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') || 'vm';
  if (name !== vm.name) cannotSay.push('its name as it is: Kubernetes takes small letters, digits and hyphens.');
  const bound = [
    ...(vm.memory?.nodeset == null ? [] : [`all of it ${vm.memory.mode} on nodes ${idList(vm.memory.nodeset)}`]),
    ...vm.memnodes.map(({ cell, mode, nodeset }) => `cell ${cell} ${mode} on nodes ${idList(nodeset)}`),
  ];
  if (bound.length > 0) cannotSay.push(`where its memory lies: ${bound.join('; ')}.`);
  const pins = Object.entries(vm.vcpupin).map(([vcpu, cpus]) => `vCPU ${vcpu} on ${idList(cpus)}`);
  if (pins.length > 0) cannotSay.push(`which host CPUs it has: ${pins.join('; ')}; it asks for dedicated ones.`);
  if (vm.cells.length > 0)
    cannotSay.push(`its ${vm.cells.length} cells: with guestMappingPassthrough it has those of the CPUs that it gets.`);
  const pages = vm.hugepages[0];
  if (vm.cells.length > 0 && pages === undefined)
    cannotSay.push('cells without huge pages: KubeVirt passes nodes on with them alone.');
  const lines = [
    'apiVersion: kubevirt.io/v1',
    'kind: VirtualMachine',
    'metadata:',
    `  name: ${/^\d/.test(name) ? `"${name}"` : name}`,
    'spec:',
    '  runStrategy: Manual',
    '  template:',
    '    spec:',
    ...(vm.arch === 'aarch64' ? ['      architecture: arm64'] : []),
    '      domain:',
    '        cpu:',
    `          sockets: ${sockets}`,
    `          cores: ${cores === undefined ? Math.ceil(vm.vcpus / (sockets * threads)) : cores * dies}`,
    `          threads: ${threads}`,
    ...(dedicated || vm.cells.length > 0 ? ['          dedicatedCpuPlacement: true'] : []),
    ...(vm.cells.length > 0 && pages !== undefined
      ? ['          numa:', '            guestMappingPassthrough: {}']
      : []),
    '        memory:',
    `          guest: ${quantity(memory)}`,
    ...(pages === undefined
      ? []
      : ['          hugepages:', `            pageSize: ${quantity(pages.sizeKiB ?? 2048)}`]),
    '        devices: {}',
    ...(vm.uuid === null ? [] : ['        firmware:', `          uuid: ${vm.uuid}`]),
    `        resources: {requests: {memory: ${quantity(memory)}}}`,
  ];
  if (vm.distances !== null) cannotSay.push('distances between its cells.');
  return { text: `${lines.join('\n')}\n`, cannotSay };
}
