/** Does the memory and do the CPUs suffice? */
import { PAGES_PER_MIB } from '../../../shared/units/index.ts';
import { count, decimal } from '../../../shared/view/number-format.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { Check, Hit, HostCheck, VmCheck } from '../check.ts';
import { command, plan, virsh } from '../check.ts';
import type { CellView, HostView, VmView } from '../view.ts';
import { availablePages, capacityPages, mostAvailablePages, plainPages, SMALL_PAGE_KIB } from '../view.ts';
import { remapText } from '../remap.ts';
import { availableOn, cpus, holders, mib, needMib, nodes } from '../text.ts';

/** RHEL: 5 vCPUs a CPU are usually safe below full load. */
const MAX_VCPUS_PER_CPU = 5;
/** Below it the load is called idle, and overcommitted vCPUs cost nothing yet. */
const IDLE_LOAD = 0.2;

const isHard = ({ binding }: CellView): boolean => binding?.mode === 'strict' || binding?.mode === 'restrictive';

const existing = (host: HostView, nids: readonly number[]): number[] => nids.filter((nid) => host.node(nid));

export interface Shortage {
  readonly cells: readonly CellView[];
  readonly nids: readonly number[];
  readonly need: number;
  readonly have: number;
}

/**
 * The first set of nodes that cannot hold the cells confined to it, among the sets that cells name and all of them
 * together: each binding by itself, and with all those inside of it.
 */
export function shortage(
  cells: readonly CellView[],
  nidsOf: (cell: CellView) => readonly number[],
  needOf: (cell: CellView) => number,
  have: (nid: number) => number,
): Shortage | null {
  const sets = new Map<string, readonly number[]>();
  for (const cell of cells) sets.set(nidsOf(cell).join(), nidsOf(cell));
  const all = [...new Set(cells.flatMap((cell) => nidsOf(cell)))].sort((a, b) => a - b);
  sets.set(all.join(), all);
  for (const nids of sets.values()) {
    const within = new Set(nids);
    const confined = cells.filter((cell) => nidsOf(cell).every((nid) => within.has(nid)));
    const need = confined.reduce((sum, cell) => sum + needOf(cell), 0);
    const room = nids.reduce((sum, nid) => sum + have(nid), 0);
    if (need > room) return { cells: confined, nids, need, have: room };
  }
  return null;
}

/** Where the shortage would be none: nodes that have room for all of it. */
export function roomElsewhere(host: HostView, pages: number, except: readonly number[]): string {
  const fitting = host.nodes.filter(
    (node) => !except.includes(node.nid) && node.cpus.length > 0 && (availablePages(node) ?? 0) >= pages,
  );
  if (fitting.length > 0) return ` It would fit on ${nodes(fitting.map((node) => node.nid))}.`;
  const known = host.nodes.filter((node) => !except.includes(node.nid) && (availablePages(node) ?? 0) > 0);
  if (known.length === 0) return '';
  const most = known.reduce((a, b) => (availablePages(b)! > availablePages(a)! ? b : a));
  return ` No other node has it; node ${most.nid} has the most, ${mib(availablePages(most)!)}.`;
}

const unknownMemory = (vm: VmView): string | null =>
  vm.running || vm.host.nodes.every((node) => availablePages(node) !== null)
    ? null
    : 'the free memory of each node (numactl --hardware, or node meminfo for page cache too)';

const fitStrictShort: VmCheck = {
  id: 'fit-strict-short',
  title: 'VM is bound to nodes that lack the memory',
  rank: 3,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 6, 9.2; kubevirt#6981',
  about: 'vm',
  find(vm) {
    if (vm.running) return [];
    const cells = vm.cells.filter((cell) => isHard(cell) && cell.pageKib === SMALL_PAGE_KIB);
    if (cells.length === 0) return [];
    const short = shortage(
      cells,
      (cell) => existing(vm.host, cell.binding!.nodes),
      (cell) => cell.pages,
      (nid) => mostAvailablePages(vm.host.node(nid)!),
    );
    if (short === null) return [];
    const where = nodes(short.nids);
    return [
      {
        severity: 'error',
        vm,
        cell: short.cells.length === 1 ? short.cells[0]!.id : null,
        node: short.nids.length === 1 ? short.nids[0]! : null,
        text: `${vm.name} needs ${needMib(short.need)} on ${where}: ${availableOn(vm.host, short.nids)}, ${needMib(short.need - short.have)} too little.${holders(vm.host, short.nids)} Its start fails, or the OOM killer ends something.${roomElsewhere(vm.host, short.need, short.nids)}`,
        remedy: [
          plan(`Fit ${vm.name} with the fewest bytes moved`),
          virsh(`freecell ${short.nids[0] ?? '--all'}`),
          virsh(`numatune ${vm.name} --config --nodeset <nodes>`),
          command('qm', 'qm set <id> --numa0 cpus=<vcpus>,hostnodes=<nodes>,memory=<mib>,policy=bind'),
        ],
      },
    ];
  },
};

const isSmallAndFree = (vm: VmView): boolean => !vm.running && !vm.isBound && !vm.usesHugePages;

const fitSplits: VmCheck = {
  id: 'fit-splits',
  title: 'No node can hold this VM now, though one is large enough',
  rank: 7,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 7, 9.3.2',
  about: 'vm',
  needs: unknownMemory,
  find(vm) {
    if (!isSmallAndFree(vm) || vm.hasCells || vm.isConfined) return [];
    const known = vm.host.cpuNodes.filter((node) => availablePages(node) !== null);
    if (known.length < vm.host.cpuNodes.length || known.length < 2) return [];
    const freest = known.reduce((a, b) => (availablePages(b)! > availablePages(a)! ? b : a));
    const largest = known.reduce((a, b) => (capacityPages(b) > capacityPages(a) ? b : a));
    const pages = vm.facts.pages;
    if (availablePages(freest)! >= pages || pages > capacityPages(largest)) return [];
    return [
      {
        severity: 'warning',
        vm,
        node: freest.nid,
        text: `${vm.name} (${needMib(pages)}) fits no node as it stands: node ${freest.nid} has the most available, ${mib(availablePages(freest)!)}, though node ${largest.nid} could hold ${mib(capacityPages(largest))}.${holders(vm.host, [freest.nid])} It would start with remote memory, which costs 10 % or more.`,
        remedy: [
          plan(`${vm.name} in one node, fewest bytes moved`),
          virsh(`numatune ${vm.name} --config --nodeset <node>`),
        ],
      },
    ];
  },
};

/** The only node that a cell is bound to. */
const onlyNode = ({ binding }: CellView): number | null => (binding?.nodes.length === 1 ? binding.nodes[0]! : null);

const overcommitNodeMemory: HostCheck = {
  id: 'overcommit-node-memory',
  title: 'More memory is promised on a node than it has',
  rank: 20,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 6, 9.2',
  about: 'host',
  find(host) {
    return host.nodes.flatMap((node): Hit[] => {
      const bound = host.vms.flatMap((vm) =>
        vm.cells
          .filter((cell) => cell.pageKib === SMALL_PAGE_KIB && onlyNode(cell) === node.nid)
          .map((cell) => ({ vm, cell })),
      );
      const promised = bound.reduce((sum, { cell }) => sum + cell.pages, 0);
      if (promised <= plainPages(node)) return [];
      const names = [...new Set(bound.map(({ vm }) => vm.name))];
      return [
        {
          severity: 'warning',
          node: node.nid,
          text: `VMs bound to node ${node.nid} alone were promised ${needMib(promised)}; it has ${mib(plainPages(node))} outside of huge page pools. These are ${listed(names)}. As they touch their memory, the node swaps or the OOM killer ends one.`,
          remedy: [plan(`Rebalance the VMs of node ${node.nid}`), virsh('numatune <vm> --config --nodeset <nodes>')],
        },
      ];
    });
  },
};

const MAX_NAMES = 6;
const listed = (names: readonly string[]): string =>
  names.length <= MAX_NAMES
    ? names.join(', ')
    : `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`;

const growthExceedsNode: HostCheck = {
  id: 'growth-exceeds-node',
  title: 'VMs will outgrow their node when they touch what they own',
  rank: 24,
  source: 'seamlesscomputing.net/2011/08/20/esxi-and-numa-locality',
  about: 'host',
  needs: (host) =>
    host.vms.some((vm) => vm.running && vm.isBound) &&
    !host.vms.some((vm) => vm.running && vm.isBound && vm.facts.measured !== null)
      ? 'where the memory of running VMs lies (numastat -p PID)'
      : null,
  find(host) {
    return host.nodes.flatMap((node): Hit[] => {
      const available = availablePages(node);
      if (available === null) return [];
      const growing = host.vms.flatMap((vm) => {
        if (!vm.running || vm.facts.preallocated || vm.usesHugePages || vm.facts.measured === null) return [];
        const bound = vm.boundNodes;
        if (bound?.length !== 1 || bound[0] !== node.nid) return [];
        const pages = vm.facts.pages - vm.measuredPages!;
        return pages > 0 ? [{ name: vm.name, pages }] : [];
      });
      const growth = growing.reduce((sum, { pages }) => sum + pages, 0);
      if (growth <= available) return [];
      return [
        {
          severity: 'warning',
          node: node.nid,
          text: `Running VMs bound to node ${node.nid} have yet to touch ${needMib(growth)} of what they own (${listed(growing.map(({ name, pages }) => `${name} ${mib(pages)}`))}); ${availableOn(host, [node.nid])}. The node will swap, or the OOM killer ends one.`,
          remedy: [plan(`Move one VM from node ${node.nid} now`), virsh('setmem <vm> <kib> --live')],
        },
      ];
    });
  },
};

const fitHostShort: VmCheck = {
  id: 'fit-host-short',
  title: 'The nodes with CPUs cannot hold this VM',
  rank: 28,
  source: 'reasoning; hwloc#357 for memory without CPUs',
  about: 'vm',
  find(vm) {
    if (!isSmallAndFree(vm)) return [];
    const nids = vm.host.cpuNodes.map((node) => node.nid);
    const room = vm.host.cpuNodes.reduce((sum, node) => sum + mostAvailablePages(node), 0);
    const short = vm.facts.pages - room;
    if (short <= 0) return [];
    const far = vm.host.nodes.filter((node) => node.cpus.length === 0 && mostAvailablePages(node) >= short);
    const wayOut =
      far.length === 0
        ? ''
        : ` ${nodes(far.map((node) => node.nid))}, without CPUs, could take the rest if it is named: slower memory, used by nobody unasked; on such memory 60 % of workloads lost more than 5 %.`;
    return [
      {
        severity: 'error',
        vm,
        text: `${vm.name} needs ${needMib(vm.facts.pages)}; on the nodes with CPUs (${idList(nids)}), ${availableOn(vm.host, nids)}: ${needMib(short)} too little.${holders(vm.host, nids)} It would swap, or end others.${wayOut.replace(' node', ' Node')}`,
        remedy: [
          plan(`Free ${Math.ceil(short / PAGES_PER_MIB)} MiB for ${vm.name}`),
          ...(far.length === 0
            ? []
            : [virsh(`numatune ${vm.name} --config --mode preferred --nodeset ${idList([...nids, far[0]!.nid])}`)]),
        ],
      },
    ];
  },
};

const overcommitVcpus: HostCheck = {
  id: 'overcommit-vcpus',
  title: 'Too many vCPUs for the CPUs of a node or host',
  rank: 31,
  source: 'Red Hat Enterprise Linux 10, Configuring and managing Linux virtual machines, 17.6.1',
  about: 'host',
  find(host) {
    const confined = new Map<number, number>();
    let all = 0;
    for (const vm of host.vms) {
      if (!vm.running) continue;
      all += vm.facts.vcpus;
      if (host.cpuNodes.length < 2) continue;
      for (const vcpu of vm.vcpus) {
        const nids = vm.cpuNodesOf([vcpu]);
        if (nids.length === 1) confined.set(nids[0]!, (confined.get(nids[0]!) ?? 0) + 1);
      }
    }
    const idle = host.facts.cpuLoad !== null && host.facts.cpuLoad < IDLE_LOAD;
    const hit = (where: string, node: number | null, vcpus: number, count: number): Hit => ({
      severity: idle ? 'note' : 'warning',
      node,
      text: `${where}: ${vcpus} vCPUs of running VMs on ${count} CPUs, ${decimal(vcpus / count)} to 1 (more than ${MAX_VCPUS_PER_CPU} to 1). At load they wait for a CPU.`,
      remedy: [
        plan(node === null ? 'Balance vCPUs over the hosts' : `Balance vCPUs over the nodes of ${host.name}`),
        virsh('vcpupin <vm> <vcpu> <cpus>'),
      ],
    });
    const hits = host.cpuNodes.flatMap((node): Hit[] => {
      const vcpus = confined.get(node.nid) ?? 0;
      return vcpus > MAX_VCPUS_PER_CPU * node.cpus.length
        ? [hit(`Node ${node.nid}`, node.nid, vcpus, node.cpus.length)]
        : [];
    });
    if (hits.length === 0 && host.cpus.length > 0 && all > MAX_VCPUS_PER_CPU * host.cpus.length)
      hits.push(hit(`Host ${host.name}`, null, all, host.cpus.length));
    return hits;
  },
};

/** What of a VM's bindings and pins the host lacks: `node 3`, `CPUs 40-47`. */
export function missingOn(
  vm: VmView,
  host: HostView,
): { readonly nids: readonly number[]; readonly cpus: readonly number[] } {
  const bindings = [...(vm.facts.binding === null ? [] : [vm.facts.binding]), ...vm.facts.memnodes];
  const nids = [...new Set(bindings.flatMap((binding) => binding.nodes))].filter((nid) => host.node(nid) === undefined);
  const lists = [vm.facts.cpuset ?? [], vm.facts.emulatorPin ?? [], ...vm.facts.pins.values()];
  const missing = new Set<number>();
  for (const list of lists) for (const cpu of list) if (host.nodeOfCpu(cpu) === undefined) missing.add(cpu);
  return { nids: nids.sort((a, b) => a - b), cpus: [...missing].sort((a, b) => a - b) };
}

export const FIT = [
  'fit-strict-short',
  'fit-splits',
  'fit-host-short',
  'huge-short',
  'huge-will-split',
  'huge-fragmented',
];

const bindMissing: VmCheck = {
  id: 'bind-missing',
  title: 'VM names a node or CPU that this host does not have',
  rank: 36,
  source: 'libvirt src/util/virnuma.c',
  about: 'vm',
  find(vm) {
    const missing = missingOn(vm, vm.host);
    if (missing.nids.length === 0 && missing.cpus.length === 0) return [];
    const what = [
      ...(missing.nids.length === 0 ? [] : [nodes(missing.nids)]),
      ...(missing.cpus.length === 0 ? [] : [cpus(missing.cpus)]),
    ].join(' and ');
    const has = `nodes ${idList(vm.host.nodes.map((node) => node.nid))} and ${count(vm.host.cpus.length)} CPUs`;
    return [
      {
        severity: 'error',
        vm,
        node: missing.nids[0] ?? null,
        text: `${vm.name} names ${what}, which host ${vm.host.name} does not have (it has ${has}). libvirt refuses the start: "NUMA node ${missing.nids[0] ?? 'N'} is unavailable". ${remapText(vm, vm.host).text}`,
        remedy: [
          plan(`Remap ${vm.name} to nodes of ${vm.host.name}, checked for fit`),
          virsh(`numatune ${vm.name} --config --nodeset <nodes>`),
        ],
        silences: FIT,
      },
    ];
  },
};

const bindMemoryless: VmCheck = {
  id: 'bind-memoryless',
  title: 'VM is bound to a node without memory',
  rank: 46,
  source: 'Linux mm/mempolicy.c; numa_memory_policy.rst',
  about: 'vm',
  find(vm) {
    const cell = vm.cells.find(({ binding }) => {
      const known = existing(vm.host, binding?.nodes ?? []);
      return known.length > 0 && known.every((nid) => vm.host.node(nid)!.totalPages === 0);
    });
    if (cell === undefined) return [];
    const { mode, nodes: nids } = cell.binding!;
    const withMemory = vm.host.nodes.filter((node) => node.totalPages > 0);
    const nearest = withMemory.toSorted(
      (a, b) => (vm.host.distance(nids[0]!, a.nid) ?? 0) - (vm.host.distance(nids[0]!, b.nid) ?? 0),
    )[0];
    return [
      {
        severity: 'error',
        vm,
        cell: cell.id,
        node: nids[0]!,
        text: `${vm.name} is bound (${mode}) to ${nodes(nids)}, which ${nids.length === 1 ? 'has' : 'have'} no memory. The kernel cuts the mask to nodes with memory and refuses an empty one (EINVAL), so it does not start.${nearest === undefined ? '' : ` The nearest node with memory is ${nearest.nid}.`}`,
        remedy: [
          plan(`Bind ${vm.name} to the nearest node with memory`),
          virsh(`numatune ${vm.name} --config --nodeset ${nearest?.nid ?? '<node>'}`),
        ],
        silences: FIT,
      },
    ];
  },
};

export const fitChecks: readonly Check[] = [
  fitStrictShort,
  fitSplits,
  overcommitNodeMemory,
  growthExceedsNode,
  fitHostShort,
  overcommitVcpus,
  bindMissing,
  bindMemoryless,
];
