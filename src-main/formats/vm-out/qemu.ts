/** A VM → the command line of QEMU, in a POSIX shell's words. It is paused at its start (-S) and opens no window. */
import { idList } from '../../../shared/view/id-list.ts';
import type { NumatuneMode } from '../facts.ts';
import { shellQuoted } from '../qemu-cmdline/arguments.ts';
import type { Printed, VmToPrint } from './form.ts';

const POLICIES: Readonly<Record<NumatuneMode, string>> = {
  strict: 'bind',
  restrictive: 'bind',
  preferred: 'preferred',
  interleave: 'interleave',
};

interface Policy {
  readonly mode: NumatuneMode;
  readonly nodeset: readonly number[];
}

/** A comma within a value is written twice. */
const value = (text: string): string => text.replaceAll(',', ',,');
/** QEMU takes a range, and each further one by the key again. */
const ranges = (key: string, ids: readonly number[]): string =>
  idList(ids)
    .split(',')
    .map((range) => `,${key}=${range}`)
    .join('');

function backend(vm: VmToPrint, id: string, cell: number | null, kib: number, policy: Policy | null): string {
  const page = vm.hugepages.find(({ nodeset }) => nodeset === null || (cell !== null && nodeset.includes(cell)));
  const parts =
    page === undefined
      ? ['memory-backend-ram', `id=${id}`]
      : [
          'memory-backend-memfd',
          `id=${id}`,
          'hugetlb=on',
          ...(page.sizeKiB === null ? [] : [`hugetlbsize=${page.sizeKiB * 1024}`]),
        ];
  const bound = policy === null ? '' : `${ranges('host-nodes', policy.nodeset)},policy=${POLICIES[policy.mode]}`;
  return `${[...parts, `size=${kib * 1024}`].join(',')}${bound}`;
}

export function qemuOut(vm: VmToPrint): Printed {
  const cannotSay: string[] = ['disks, networks and other devices, which Pageshift does not know.'];
  const pinned = Object.keys(vm.vcpupin).length > 0 || vm.vcpuCpuset !== null || vm.emulatorpin !== null;
  if (pinned)
    cannotSay.push(
      `which host CPUs it runs on: ${[
        ...Object.entries(vm.vcpupin).map(([vcpu, cpus]) => `vCPU ${vcpu} on ${idList(cpus)}`),
        ...(vm.vcpuCpuset === null ? [] : [`all vCPUs on ${idList(vm.vcpuCpuset)}`]),
        ...(vm.emulatorpin === null ? [] : [`the emulator on ${idList(vm.emulatorpin)}`]),
      ].join('; ')}; pin its threads with taskset.`,
    );
  const words: string[] = [];
  const option = (name: string, text: string): void => void words.push(`${name} ${shellQuoted(text)}`);
  const memory = vm.memoryKiB ?? vm.cells.reduce((sum, { memoryKiB }) => sum + (memoryKiB ?? 0), 0);
  const whole: Policy | null = vm.memory?.nodeset == null ? null : { mode: vm.memory.mode, nodeset: vm.memory.nodeset };
  if (whole?.mode === 'restrictive' || vm.memnodes.some(({ mode }) => mode === 'restrictive'))
    cannotSay.push('a restrictive policy: it is strict here.');
  option('-name', `guest=${value(vm.name)}`);
  if (vm.uuid !== null) option('-uuid', vm.uuid);
  const hasCells = vm.cells.length > 0;
  option('-machine', hasCells ? 'q35' : 'q35,memory-backend=pc.ram');
  option('-m', `size=${memory}K`);
  const topology =
    vm.cpuTopology === null
      ? ''
      : Object.entries(vm.cpuTopology)
          .map(([part, n]) => `,${part}=${n}`)
          .join('');
  option('-smp', `cpus=${vm.vcpusCurrent},maxcpus=${vm.vcpus}${topology}`);
  if (!hasCells) option('-object', backend(vm, 'pc.ram', null, memory, whole));
  for (const { id, cpus, memoryKiB } of vm.cells) {
    const own = vm.memnodes.find(({ cell }) => cell === id) ?? whole;
    option('-object', backend(vm, `ram-node${id}`, id, memoryKiB ?? 0, own));
    option('-numa', `node,nodeid=${id}${cpus.length === 0 ? '' : ranges('cpus', cpus)},memdev=ram-node${id}`);
  }
  for (const [i, row] of (vm.distances?.matrix ?? []).entries())
    for (const [j, distance] of row.entries())
      option('-numa', `dist,src=${vm.cells[i]!.id},dst=${vm.cells[j]!.id},val=${distance}`);
  words.push('-nodefaults', '-display none', '-S');
  const program = `qemu-system-${/^[\w-]{1,20}$/.test(vm.arch ?? '') ? vm.arch : 'x86_64'}`;
  return { text: `${[program, ...words].join(' \\\n  ')}\n`, cannotSay };
}
