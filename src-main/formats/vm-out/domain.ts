/** A VM → libvirt's domain XML: all that is known of memory and CPUs, and the least else that libvirt takes. */
import { idList } from '../../../shared/view/id-list.ts';
import type { Printed, VmToPrint } from './form.ts';

const escaped = (text: string): string =>
  text.replace(/[&<>'"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' })[c]!);

export function domainOut(vm: VmToPrint): Printed {
  const lines: string[] = [];
  const add = (depth: number, line: string): void => void lines.push(`${'  '.repeat(depth)}${line}`);
  const memory = vm.memoryKiB ?? vm.cells.reduce((sum, { memoryKiB }) => sum + (memoryKiB ?? 0), 0);
  add(0, "<domain type='kvm'>");
  add(1, `<name>${escaped(vm.name)}</name>`);
  if (vm.uuid !== null) add(1, `<uuid>${escaped(vm.uuid)}</uuid>`);
  add(1, `<memory unit='KiB'>${memory}</memory>`);
  const sized = vm.hugepages.filter(({ sizeKiB }) => sizeKiB !== null);
  if (vm.hugepages.length > 0) {
    add(1, '<memoryBacking>');
    // Without a size all of it has the host's default.
    if (sized.length === 0) add(2, '<hugepages/>');
    else {
      add(2, '<hugepages>');
      for (const { sizeKiB, nodeset } of sized)
        add(3, `<page size='${sizeKiB}' unit='KiB'${nodeset === null ? '' : ` nodeset='${idList(nodeset)}'`}/>`);
      add(2, '</hugepages>');
    }
    add(1, '</memoryBacking>');
  }
  const cpuset = vm.vcpuCpuset === null ? '' : ` cpuset='${idList(vm.vcpuCpuset)}'`;
  const current = vm.vcpusCurrent === vm.vcpus ? '' : ` current='${vm.vcpusCurrent}'`;
  add(1, `<vcpu placement='static'${cpuset}${current}>${vm.vcpus}</vcpu>`);
  const pins = Object.entries(vm.vcpupin);
  if (pins.length > 0 || vm.emulatorpin !== null) {
    add(1, '<cputune>');
    for (const [vcpu, cpus] of pins) add(2, `<vcpupin vcpu='${vcpu}' cpuset='${idList(cpus)}'/>`);
    if (vm.emulatorpin !== null) add(2, `<emulatorpin cpuset='${idList(vm.emulatorpin)}'/>`);
    add(1, '</cputune>');
  }
  if (vm.memory?.nodeset != null || vm.memnodes.length > 0) {
    add(1, '<numatune>');
    if (vm.memory?.nodeset != null) add(2, `<memory mode='${vm.memory.mode}' nodeset='${idList(vm.memory.nodeset)}'/>`);
    for (const { cell, mode, nodeset } of vm.memnodes)
      add(2, `<memnode cellid='${cell}' mode='${mode}' nodeset='${idList(nodeset)}'/>`);
    add(1, '</numatune>');
  }
  add(1, '<os>');
  add(2, `<type arch='${escaped(vm.arch ?? 'x86_64')}'>hvm</type>`);
  add(1, '</os>');
  if (vm.cells.length > 0 || vm.cpuTopology !== null) {
    add(1, '<cpu>');
    if (vm.cpuTopology !== null) {
      const { sockets = 1, dies, cores = 1, threads = 1 } = vm.cpuTopology;
      add(
        2,
        `<topology sockets='${sockets}'${dies === undefined ? '' : ` dies='${dies}'`} cores='${cores}' threads='${threads}'/>`,
      );
    }
    if (vm.cells.length > 0) {
      add(2, '<numa>');
      for (const [i, { id, cpus, memoryKiB }] of vm.cells.entries()) {
        const own = cpus.length === 0 ? '' : ` cpus='${idList(cpus)}'`;
        const row = vm.distances?.matrix[i];
        const cell = `<cell id='${id}'${own} memory='${memoryKiB ?? 0}' unit='KiB'`;
        if (row === undefined) add(3, `${cell}/>`);
        else {
          add(3, `${cell}>`);
          add(4, '<distances>');
          for (const [to, value] of row.entries()) add(5, `<sibling id='${vm.cells[to]!.id}' value='${value}'/>`);
          add(4, '</distances>');
          add(3, '</cell>');
        }
      }
      add(2, '</numa>');
    }
    add(1, '</cpu>');
  }
  add(0, '</domain>');
  return {
    text: `${lines.join('\n')}\n`,
    cannotSay: ['disks, networks and other devices, which Pageshift does not know.'],
  };
}
