/** Is what the guest is told of its nodes true and useful? */
import { count } from '../../../shared/view/number-format.ts';
import { pagesFromKib } from '../../../shared/units/index.ts';
import type { Check, Hit, VmCheck } from '../check.ts';
import { command, plan, virsh } from '../check.ts';
import type { CellView, VmView } from '../view.ts';
import { mib, needMib, nodes, pageSize, percent, subject } from '../text.ts';
import { FIT } from './fit.ts';
import { FAR_RATIO } from './locality.ts';

const STALE_BELOW = 0.8;

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

const wideVmNoGuestNuma: VmCheck = {
  id: 'wide-vm-no-guest-numa',
  title: 'VM is larger than a node and its guest is not told',
  rank: 5,
  source: 'cloudrift.ai, VM NUMA benchmark; VMware vCAT, Architecting a vSphere Compute Platform',
  about: 'vm',
  find(vm) {
    const { cpuNodes } = vm.host;
    if (vm.facts.cells.length > 1 || cpuNodes.length < 2 || vm.facts.hypervisor !== 'kvm') return [];
    const pages = most(cpuNodes.map((node) => node.totalPages));
    const cpus = most(cpuNodes.map((node) => node.cpus.length));
    const cores = most(cpuNodes.map((node) => vm.host.coresOf(node)));
    const isWide = vm.facts.pages > pages || vm.facts.vcpus > cpus;
    if (!isWide && vm.facts.vcpus <= cores) return [];
    return [
      {
        severity: isWide ? 'warning' : 'note',
        vm,
        text: `${vm.name} has ${vm.facts.vcpus} vCPUs and ${needMib(vm.facts.pages)}; the largest node with CPUs has ${cpus} CPUs (${cores} cores) and ${mib(pages)}. Its guest sees one node. ${isWide ? 'STREAM ran 2 to 7 times as fast where guests were told.' : 'Its vCPUs share cores.'}`,
        remedy: [plan(`Cells for ${vm.name}`), virsh(`edit ${vm.name}`), command('qm', 'qm set <id> --numa 1')],
        silences: ['memory-scattered'],
      },
    ];
  },
};

const guestViewStale: VmCheck = {
  id: 'guest-view-stale',
  title: 'Guest nodes no longer match where memory lies',
  rank: 10,
  source: 'frankdenneman.nl/2022/03/11; XPV',
  about: 'vm',
  needs: (vm) =>
    vm.running && vm.facts.cells.length >= 2 && vm.facts.measuredCells === null
      ? 'where the memory of each cell lies (/proc/PID/numa_maps)'
      : null,
  find(vm) {
    if (vm.facts.cells.length < 2 || vm.facts.measuredCells === null) return [];
    const parts = vm.cells.flatMap((cell) => {
      const measured = vm.measuredOf(cell.id);
      if (measured === null || cell.binding?.mode === 'interleave') return [];
      let all = 0;
      let top: readonly [number, number] = [-1, 0];
      for (const [nid, pages] of measured) {
        all += pages;
        if (pages > top[1]) top = [nid, pages];
      }
      return all === 0 ? [] : [{ cell, all, nid: top[0], pages: top[1] }];
    });
    const scattered = parts.find(({ all, pages }) => pages < STALE_BELOW * all);
    if (scattered !== undefined) {
      const { cell, all, nid, pages } = scattered;
      return [stale(vm, cell, nid, `${percent(pages, all)} of its memory lies on node ${nid} (threshold 80 %)`)];
    }
    for (const [i, a] of parts.entries()) {
      const b = parts
        .slice(i + 1)
        .find((other) => other.nid === a.nid && other.cell.binding === null && a.cell.binding === null);
      if (b === undefined || 2 * a.pages <= a.all || 2 * b.pages <= b.all) continue;
      return [stale(vm, b.cell, b.nid, `cell ${a.cell.id} lies mostly on node ${a.nid} too`)];
    }
    return [];
  },
};

const stale = (vm: VmView, cell: CellView, nid: number, what: string): Hit => ({
  severity: 'warning',
  vm,
  cell: cell.id,
  node: nid,
  text: `${subject(vm, cell)}: ${what}. The guest's nodes are as at power-on, and its own placement works against the host's.`,
  remedy: [plan(`Gather ${vm.name} by cell`), command('pageshift', `pageshift run <file> --compact ${vm.name}`)],
});

const vnumaHidden: VmCheck = {
  id: 'vnuma-hidden',
  title: 'A setting hides NUMA from the guest',
  rank: 19,
  source: 'VMware vSphere 8 resource management; frankdenneman.nl/2017/04/14; Petri, Hyper-V dynamic memory',
  about: 'vm',
  find(vm) {
    const { hypervisor, vcpus, pages, cpuHotAdd, exposesVnumaOnCpuHotAdd, dynamicMemory } = vm.facts;
    const cores = most(vm.host.cpuNodes.map((node) => vm.host.coresOf(node)));
    const size = most(vm.host.cpuNodes.map((node) => node.totalPages));
    if (vm.host.cpuNodes.length < 2) return [];
    const isEsxi = hypervisor === 'esxi' && cpuHotAdd && !exposesVnumaOnCpuHotAdd && vcpus > cores;
    const isHyperV = hypervisor === 'hyper-v' && dynamicMemory && (pages > size || vcpus > cores);
    if (!isEsxi && !isHyperV) return [];
    const why = isEsxi ? 'CPU hot add is on' : 'dynamic memory is on';
    return [
      {
        severity: 'warning',
        vm,
        text: `${vm.name}: ${vcpus} vCPUs and ${needMib(pages)} over nodes of ${cores} cores and ${mib(size)}, but ${why}. The guest sees one node.`,
        remedy: [
          command(
            hypervisor,
            isEsxi ? 'Turn off CPU hot add (vcpu.hotadd = "FALSE")' : 'Set-VMMemory <vm> -DynamicMemoryEnabled $false',
          ),
        ],
        silences: ['wide-vm-no-guest-numa'],
      },
    ];
  },
};

const cellSpansNodes: VmCheck = {
  id: 'cell-spans-nodes',
  title: 'One guest cell lies on two host nodes',
  rank: 34,
  source: 'reasoning: the guest calls remote memory local',
  about: 'vm',
  find(vm) {
    if (!vm.hasCells) return [];
    return vm.cells.flatMap((cell): Hit[] => {
      const memnode = vm.facts.memnodes.find((one) => one.cell === cell.id);
      const bound = memnode === undefined || memnode.mode === 'interleave' ? [] : memnode.nodes;
      const over = bound.filter((nid) => vm.host.isCpuNode(nid));
      const each = cell.vcpus.map((vcpu) => vm.cpuNodesOf([vcpu]));
      const held = each.every((nids) => nids.length === 1) ? [...new Set(each.flat())].sort((a, b) => a - b) : [];
      if (over.length < 2 && held.length < 2) return [];
      const what = over.length >= 2 ? `memory is bound to ${nodes(over)}` : `vCPUs are held to ${nodes(held)}`;
      return [
        {
          severity: 'warning',
          vm,
          cell: cell.id,
          node: (over.length >= 2 ? over : held)[0]!,
          text: `${subject(vm, cell)}: ${what}. The guest takes memory of the other node for local.`,
          remedy: [plan(`One node for each cell of ${vm.name}`), virsh(`edit ${vm.name}`)],
        },
      ];
    });
  },
};

const cellLargerThanNode: VmCheck = {
  id: 'cell-larger-than-node',
  title: 'A guest cell is larger than a host node',
  rank: 35,
  source: 'reasoning: a part of the cell is remote, unknown to the guest',
  about: 'vm',
  find(vm) {
    if (!vm.hasCells) return [];
    return vm.cells.flatMap((cell): Hit[] => {
      const usable = (cell.binding?.nodes.flatMap((nid) => vm.host.node(nid) ?? []) ?? vm.host.cpuNodes).filter(
        (node) => node.totalPages > 0,
      );
      const size = most(usable.map((node) => node.totalPages));
      const cpus = most(vm.host.cpuNodes.map((node) => node.cpus.length));
      if (usable.length === 0 || (cell.pages <= size && cell.vcpus.length <= cpus)) return [];
      return [
        {
          severity: 'warning',
          vm,
          cell: cell.id,
          text: `${subject(vm, cell)} has ${needMib(cell.pages)} and ${cell.vcpus.length} vCPUs; the largest node that it may use has ${mib(size)} and ${cpus} CPUs. A part of it is remote, and the guest does not know.`,
          remedy: [plan(`More, smaller cells for ${vm.name}`), virsh(`edit ${vm.name}`)],
        },
      ];
    });
  },
};

const cellsNoDistances: VmCheck = {
  id: 'cells-no-distances',
  title: 'Guest thinks all its nodes are equally far',
  rank: 39,
  source: 'kubevirt#18829',
  about: 'vm',
  needs: (vm) =>
    vm.facts.cells.length >= 3 && vm.host.facts.distances === null ? 'distances (numactl --hardware)' : null,
  find(vm) {
    if (vm.facts.cells.length < 3 || vm.facts.cells.some((cell) => cell.distances !== null)) return [];
    const nids = new Set(vm.cells.flatMap((cell) => cell.binding?.nodes ?? vm.cpuNodesOf(cell.vcpus)));
    const extent = vm.host.distancesAmong([...nids].sort((a, b) => a - b));
    if (extent === null || extent.most < FAR_RATIO * extent.least) return [];
    return [
      {
        severity: 'warning',
        vm,
        text: `${vm.name} has ${vm.facts.cells.length} cells without distances: the host says ${extent.least} to ${extent.most} between their nodes, the guest sees 20 everywhere.`,
        remedy: [virsh(`edit ${vm.name}`)],
      },
    ];
  },
};

/** What QEMU or libvirt would refuse, the first of it; null for a sound definition. */
function refusal(vm: VmView): string | null {
  const { cells, memnodes, pages, binding, bindsAutomatically } = vm.facts;
  const sum = cells.reduce((all, cell) => all + cell.pages, 0);
  if (cells.length > 0 && sum !== pages)
    return `its cells have ${needMib(sum)} together, its memory is ${needMib(pages)}`;
  for (const cell of vm.cells) {
    if (cell.pages % pagesFromKib(cell.pageKib) !== 0)
      return `${subject(vm, cell)} has ${needMib(cell.pages)}, no multiple of its ${pageSize(cell.pageKib)} pages`;
  }
  const ids = new Set(cells.map((cell) => cell.id));
  const stray = memnodes.find((memnode) => !ids.has(memnode.cell));
  if (stray !== undefined) return `a memnode names cell ${stray.cell}, which it does not have`;
  if (memnodes.length > 0 && bindsAutomatically) return "it has memnodes beside placement='auto'";
  const modes = [...(binding === null ? [] : [binding.mode]), ...memnodes.map((memnode) => memnode.mode)];
  if (modes.includes('restrictive') && modes.some((mode) => mode !== 'restrictive'))
    return `mode restrictive stands beside ${modes.find((mode) => mode !== 'restrictive')}`;
  const told = cells.filter((cell) => cell.distances !== null);
  for (const cell of told) {
    for (const [to, value] of cell.distances!) {
      if (!ids.has(to)) return `cell ${cell.id} states a distance to cell ${to}, which it does not have`;
      if (value < 10 || value > 255) return `the distance from cell ${cell.id} to ${to} is ${value} (10 to 255)`;
    }
    // libvirt fills in the way back and the distance to itself; what is left must be stated.
    const lacking = cells.find(
      (other) => other.id !== cell.id && !cell.distances!.has(other.id) && !other.distances?.has(cell.id),
    );
    if (lacking !== undefined) return `the distance from cell ${cell.id} to ${lacking.id} is not stated, others are`;
  }
  return null;
}

const domainRefused: VmCheck = {
  id: 'domain-refused',
  title: 'QEMU or libvirt will refuse this definition',
  rank: 44,
  source: 'measured with QEMU 7.2.22; libvirt docs/formatdomain.rst',
  about: 'vm',
  find(vm) {
    const why = refusal(vm);
    if (why === null) return [];
    return [
      {
        severity: 'error',
        vm,
        text: `${vm.name}: ${why}. QEMU or libvirt refuses to start it.`,
        remedy: [virsh(`edit ${vm.name}`), command('virt-xml-validate', 'virt-xml-validate <file> domain')],
        silences: FIT,
      },
    ];
  },
};

const cellsOdd: VmCheck = {
  id: 'cells-odd',
  title: 'vCPUs without a cell, or sockets cut by cells',
  rank: 48,
  source: 'QEMU patch "validate cluster and NUMA node boundary" (G. Shan, 2023)',
  about: 'vm',
  find(vm) {
    if (!vm.hasCells) return [];
    const cellOf = new Map(vm.cells.flatMap((cell) => cell.vcpus.map((vcpu) => [vcpu, cell.id!] as const)));
    const homeless = Array.from({ length: vm.facts.maxVcpus }, (_, i) => i).filter((vcpu) => !cellOf.has(vcpu));
    if (homeless.length > 0) {
      return [
        {
          severity: 'warning',
          vm,
          text: `${vm.name}: ${count(homeless.length)} of ${vm.facts.maxVcpus} vCPUs are in no cell, the first is ${homeless[0]}. QEMU warns that this "will be removed".`,
          remedy: [virsh(`edit ${vm.name}`)],
        },
      ];
    }
    const { topology, arch } = vm.facts;
    if (topology === null) return [];
    const perSocket = topology.cores * topology.threads;
    for (let socket = 0; socket < topology.sockets; socket++) {
      const first = socket * perSocket;
      const cells = new Set(Array.from({ length: perSocket }, (_, i) => cellOf.get(first + i)));
      cells.delete(undefined);
      if (cells.size < 2) continue;
      const isArm = arch === 'aarch64' || arch === 'arm64';
      return [
        {
          severity: isArm ? 'warning' : 'note',
          vm,
          text: `${vm.name}: socket ${socket} of its guest is cut by cells ${[...cells].join(', ')}. ${isArm ? 'The arm64 guest kernel warns about its scheduling domains.' : 'No host has a socket in two nodes of this kind; schedulers in the guest may guess wrong.'}`,
          remedy: [virsh(`edit ${vm.name}`)],
        },
      ];
    }
    return [];
  },
};

export const guestChecks: readonly Check[] = [
  wideVmNoGuestNuma,
  guestViewStale,
  vnumaHidden,
  cellSpansNodes,
  cellLargerThanNode,
  cellsNoDistances,
  domainRefused,
  cellsOdd,
];
