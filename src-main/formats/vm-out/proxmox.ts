/** A VM → lines of a Proxmox configuration: numaN, affinity, hugepages. */
import { idList } from '../../../shared/view/id-list.ts';
import type { NumatuneMode } from '../facts.ts';
import type { Printed, VmToPrint } from './form.ts';

const POLICIES: Readonly<Record<NumatuneMode, string>> = {
  strict: 'bind',
  restrictive: 'bind',
  preferred: 'preferred',
  interleave: 'interleave',
};
/** Semicolons, since commas part the properties. */
const list = (ids: readonly number[]): string => idList(ids).replaceAll(',', ';');
const MAX_CELLS = 8;
const union = (sets: readonly (readonly number[])[]): readonly number[] =>
  [...new Set(sets.flat())].sort((a, b) => a - b);

export function proxmoxOut(vm: VmToPrint): Printed {
  const cannotSay: string[] = ['disks, networks and other devices, which Pageshift does not know.'];
  const lines: string[] = [];
  const memory = vm.memoryKiB ?? vm.cells.reduce((sum, { memoryKiB }) => sum + (memoryKiB ?? 0), 0);
  const { sockets = 1, dies = 1, cores, threads = 1 } = vm.cpuTopology ?? {};
  const perSocket = cores === undefined ? Math.ceil(vm.vcpus / sockets) : cores * dies * threads;
  if (threads > 1) cannotSay.push(`${threads} threads of a core: they are cores here.`);
  if (memory % 1024 !== 0) cannotSay.push(`${memory % 1024} KiB of its memory: Proxmox counts whole MiB.`);
  lines.push(`name: ${vm.name.replace(/[^A-Za-z0-9.-]/g, '-')}`);
  if (/[^A-Za-z0-9.-]/.test(vm.name))
    cannotSay.push('its name as it is: Proxmox takes letters, digits, dots and hyphens.');
  lines.push(`sockets: ${sockets}`, `cores: ${perSocket}`, `memory: ${Math.floor(memory / 1024)}`);
  if (vm.vcpusCurrent !== vm.vcpus) lines.push(`vcpus: ${vm.vcpusCurrent}`);
  const whole = vm.memory?.nodeset == null ? null : { mode: vm.memory.mode, nodeset: vm.memory.nodeset };
  const cells =
    vm.cells.length > 0 || whole === null
      ? vm.cells
      : [{ id: 0, cpus: Array.from({ length: vm.vcpus }, (_, cpu) => cpu), memoryKiB: memory, memAccess: null }];
  if (vm.cells.length === 0 && whole !== null)
    cannotSay.push('a guest without cells that is bound to nodes: it gets one cell here.');
  if (cells.length > 0) lines.push('numa: 1');
  if (cells.length > MAX_CELLS)
    cannotSay.push(`${cells.length - MAX_CELLS} of its cells: Proxmox has at most ${MAX_CELLS}.`);
  for (const { id, cpus, memoryKiB } of cells.slice(0, MAX_CELLS)) {
    const bound = vm.memnodes.find(({ cell }) => cell === id) ?? whole;
    const host = bound === null ? '' : `,hostnodes=${list(bound.nodeset)}`;
    const policy = bound === null ? '' : `,policy=${POLICIES[bound.mode]}`;
    lines.push(`numa${id}: cpus=${list(cpus)}${host},memory=${Math.floor((memoryKiB ?? 0) / 1024)}${policy}`);
    if (cpus.length === 0) cannotSay.push(`cell ${id} without vCPUs: Proxmox wants some in each.`);
  }
  if (vm.distances !== null) cannotSay.push('distances between its cells.');
  const pins = Object.values(vm.vcpupin);
  const cpus = union([
    ...pins,
    ...(vm.vcpuCpuset === null ? [] : [vm.vcpuCpuset]),
    ...(vm.emulatorpin === null ? [] : [vm.emulatorpin]),
  ]);
  if (cpus.length > 0) lines.push(`affinity: ${idList(cpus)}`);
  if (pins.length > 0) cannotSay.push('which vCPU runs on which host CPU: affinity is of the whole process.');
  const pages = vm.hugepages[0];
  if (pages !== undefined) lines.push(`hugepages: ${pages.sizeKiB === null ? 'any' : pages.sizeKiB / 1024}`);
  if (vm.hugepages.length > 1) cannotSay.push('huge pages of single cells: all cells have them here.');
  if (vm.uuid !== null) lines.push(`smbios1: uuid=${vm.uuid}`);
  return { text: `${lines.join('\n')}\n`, cannotSay };
}
