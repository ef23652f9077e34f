/** Memory without CPUs, and devices. */
import { pagesFromMib } from '../../../shared/units/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { Check, Hit, VmCheck } from '../check.ts';
import { command, plan, virsh } from '../check.ts';
import type { VmView } from '../view.ts';
import { distance, mib, nodes } from '../text.ts';

const FAR_LEAST_PAGES = pagesFromMib(256);
const FAR_FROM = 0.01;

const deviceAway: VmCheck = {
  id: 'device-away',
  title: 'Passed-through device sits on another node',
  rank: 9,
  source: 'Red Hat OpenStack Platform 16.1, NFV Product Guide, 5.1; snabbco/snabb#392',
  about: 'vm',
  needs: (vm) =>
    vm.facts.devices.length > 0 && vm.facts.devices.every((device) => device.node === null)
      ? 'the node of passed-through devices (virsh nodedev-dumpxml, or numa_node of the PCI device)'
      : null,
  find(vm) {
    const near = vm.cpuNodes;
    const placed = vm.facts.devices.filter((device) => device.node !== null && vm.host.node(device.node) !== undefined);
    if (near.length === 0 || placed.length === 0) return [];
    return placed.flatMap(({ name, node }): Hit[] =>
      near.includes(node!)
        ? []
        : [
            {
              severity: 'warning',
              vm,
              node,
              text: `${vm.name} runs on ${nodes(near)}; ${name} is on node ${node}${distance(vm.host, near[0]!, node!)}. Each transfer crosses over: 10 % or more, a third at worst.`,
              remedy: [plan(`Place ${vm.name} at its device`), virsh(`numatune ${vm.name} --config --nodeset ${node}`)],
            },
          ],
    );
  },
};

const memoryOnFarTier: VmCheck = {
  id: 'memory-on-far-tier',
  title: 'Memory lies on nodes without CPUs',
  rank: 21,
  source: 'Pond (ASPLOS 2023); hwloc#357; vllm#39361',
  about: 'vm',
  find(vm) {
    const { host } = vm;
    const far = new Set(
      host.nodes.filter((node) => node.cpus.length === 0 && node.totalPages > 0).map((node) => node.nid),
    );
    if (far.size === 0) return [];
    const named = new Set(vm.cells.flatMap((cell) => cell.binding?.nodes ?? []));
    const cell = vm.cells.find(({ binding }) => binding?.nodes.some((nid) => far.has(nid)));
    if (cell !== undefined) {
      const bound = cell.binding!.nodes;
      const farBound = bound.filter((nid) => far.has(nid));
      const isMixed = bound.some((nid) => host.isCpuNode(nid));
      return [
        hit(
          vm,
          isMixed ? 'warning' : 'note',
          farBound[0]!,
          isMixed
            ? `${vm.name} is bound to ${nodes(bound)}, and ${nodes(farBound)} ${farBound.length === 1 ? 'has' : 'have'} no CPUs: which pages land there is chance`
            : `${vm.name} is bound to ${nodes(farBound)}, which ${farBound.length === 1 ? 'has' : 'have'} no CPUs`,
          idList(farBound),
        ),
      ];
    }
    if (!vm.running || vm.facts.measured === null) return [];
    const there = [...vm.facts.measured].filter(([nid, pages]) => far.has(nid) && !named.has(nid) && pages > 0);
    const pages = there.reduce((sum, [, held]) => sum + held, 0);
    if (pages < Math.max(FAR_LEAST_PAGES, FAR_FROM * vm.facts.pages)) return [];
    const nids = there.map(([nid]) => nid);
    return [
      hit(
        vm,
        'warning',
        nids[0]!,
        `${vm.name}: ${mib(pages)} lie on ${nodes(nids)}, without CPUs, which nothing names (threshold 1 % and 256 MiB)`,
        idList(nids),
      ),
    ];
  },
};

const hit = (vm: VmView, severity: 'warning' | 'note', node: number, what: string, from: string): Hit => ({
  severity,
  vm,
  node,
  text: `${what}. On such memory 60 % of workloads lost more than 5 %.`,
  remedy: [plan('Every VM local'), command('numactl', `migratepages <pid> ${from} <nodes with CPUs>`)],
  silences: ['memory-scattered'],
});

export const tierChecks: readonly Check[] = [deviceAway, memoryOnFarTier];

/** Whose memory a host cannot move while it runs; asked of VMs that one of `MISPLACED` was found in. */
export const MEMORY_CANNOT_MOVE_LIVE = {
  id: 'memory-cannot-move-live',
  title: 'This memory cannot be moved while the VM runs',
  rank: 40,
  source: 'autotest/tp-libvirt#4000 (libvirt 8.0 and later)',
} as const;

export const MISPLACED = ['memory-away', 'memory-scattered', 'memory-outside-binding'];

export function cannotMoveLive(vm: VmView): Hit | null {
  const devices = vm.facts.devices.length > 0;
  const strict = vm.cells.some((cell) => cell.binding?.mode === 'strict');
  if (!vm.running || (!devices && !strict)) return null;
  const why = devices
    ? 'a passed-through device pins its memory (VFIO)'
    : 'it is bound strictly, and libvirt "can\'t change nodeset for strict mode for running domain"';
  return {
    severity: 'note',
    vm,
    text: `${vm.name}: the memory cannot be moved while it runs, as ${why}.`,
    remedy: [virsh(`shutdown ${vm.name}`), command('xml', "mode='restrictive' with memnodes, from the next start on")],
  };
}
