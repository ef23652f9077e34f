/** Does memory lie where it is used? */
import { PAGES_PER_GIB, pagesFromMib } from '../../../shared/units/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { Check, Hit, VmCheck } from '../check.ts';
import { command, plan, virsh } from '../check.ts';
import type { CellView, VmView } from '../view.ts';
import { availablePages, capacityPages } from '../view.ts';
import { distance, mib, needMib, nodes, percent, subject } from '../text.ts';

const SCATTERED_BELOW = 0.8;
const AWAY_FROM = 0.2;
const AWAY_NOTE_FROM = 0.05;
const AWAY_LEAST_PAGES = pagesFromMib(512);
const OUTSIDE_LEAST_PAGES = pagesFromMib(256);
const OUTSIDE_FROM = 0.02;
/** Interleaving over distances that differ so much: 31/21 does, 12/11 does not. */
export const FAR_RATIO = 1.4;

const NUMASTAT = 'where the memory of running VMs lies (numastat -p PID, or /proc/PID/numa_maps)';

const unmeasured = (vm: VmView): string | null => (vm.running && vm.facts.measured === null ? NUMASTAT : null);

/** Some node has the CPUs, and some node the memory, for all of a VM. */
export function fitsOneNode(vm: VmView): boolean {
  return vm.host.cpuNodes.some((node) => vm.facts.pages <= capacityPages(node) && vm.facts.vcpus <= node.cpus.length);
}

const sum = (measured: ReadonlyMap<number, number>, of: (nid: number) => boolean = () => true): number => {
  let pages = 0;
  for (const [nid, held] of measured) if (of(nid)) pages += held;
  return pages;
};

const largest = (measured: ReadonlyMap<number, number>): readonly [number, number] | null =>
  [...measured].reduce<readonly [number, number] | null>((a, b) => (a === null || b[1] > a[1] ? b : a), null);

const memoryScattered: VmCheck = {
  id: 'memory-scattered',
  title: 'A VM that fits one node lies over several',
  rank: 1,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 7, 9.3',
  about: 'vm',
  needs: unmeasured,
  find(vm) {
    const { measured, pages } = vm.facts;
    if (!vm.running || measured === null || vm.hasCells || vm.isConfined || pages < PAGES_PER_GIB) return [];
    if (vm.interleaves || !fitsOneNode(vm)) return [];
    const all = sum(measured);
    const most = largest(measured);
    if (most === null || all === 0 || most[1] >= SCATTERED_BELOW * all) return [];
    const others = [...measured.keys()].filter((nid) => nid !== most[0] && measured.get(nid)! > 0);
    const room = vm.host.cpuNodes.find((node) => pages <= capacityPages(node))!;
    return [
      {
        severity: 'warning',
        vm,
        node: most[0],
        text: `${vm.name}: ${percent(most[1], all)} of its memory lies on node ${most[0]} (threshold 80 %), the rest on ${nodes(others)}; it would fit node ${room.nid}. In Red Hat's sample, bringing such VMs together raised local memory from 60–85 % to 99.9 %.`,
        remedy: [
          plan('Every VM local, fewest bytes'),
          virsh(`emulatorpin ${vm.name} <cpus>`),
          virsh(`numatune ${vm.name} --config --nodeset ${room.nid}`),
          command('numactl', `migratepages <pid> ${idList(others)} ${most[0]}`),
        ],
      },
    ];
  },
};

function away(
  vm: VmView,
  vcpus: readonly number[],
  measured: ReadonlyMap<number, number>,
  cell: CellView | null,
): Hit[] {
  const near = vm.cpuNodesOf(vcpus);
  if (near.length === 0 || near.length >= vm.host.cpuNodes.length) return [];
  const isAway = (nid: number): boolean => vm.host.isCpuNode(nid) && !near.includes(nid);
  const all = sum(measured);
  const pages = sum(measured, isAway);
  if (pages < AWAY_LEAST_PAGES || pages < AWAY_NOTE_FROM * all) return [];
  const where = [...measured.keys()].filter((nid) => isAway(nid) && measured.get(nid)! > 0);
  const isWarning = pages >= AWAY_FROM * all;
  return [
    {
      severity: isWarning ? 'warning' : 'note',
      vm,
      cell: cell?.id ?? null,
      node: where[0]!,
      text: `${cell === null ? vm.name : subject(vm, cell)}: ${mib(pages)} of ${mib(all)} (${percent(pages, all)}, threshold ${isWarning ? 20 : 5} %) lie on ${nodes(where)}; its vCPUs run on ${nodes(near)}${distance(vm.host, near[0]!, where[0]!)}. NUMA misses cost 10 % or more.`,
      remedy: [
        plan(`Every VM local (moves ${mib(pages)} of ${vm.name})`),
        command('numactl', `migratepages <pid> ${idList(where)} ${idList(near)}`),
      ],
    },
  ];
}

const memoryAway: VmCheck = {
  id: 'memory-away',
  title: 'Memory lies away from the CPUs that use it',
  rank: 2,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 7, 9.3.2; snabbco/snabb#392',
  about: 'vm',
  needs: unmeasured,
  find(vm) {
    if (!vm.running) return [];
    if (vm.hasCells && vm.facts.measuredCells !== null) {
      return vm.cells.flatMap((cell) => {
        const measured = vm.measuredOf(cell.id);
        return measured === null ? [] : away(vm, cell.vcpus, measured, cell);
      });
    }
    return vm.facts.measured === null ? [] : away(vm, vm.vcpus, vm.facts.measured, null);
  },
};

const memoryPolicyWithoutPins: VmCheck = {
  id: 'memory-policy-without-pins',
  title: 'Memory is bound but the vCPUs may run anywhere',
  rank: 11,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 7, 9.3.2 and 9.2',
  about: 'vm',
  find(vm) {
    const bound = vm.boundNodes;
    if (bound === null || bound.length >= vm.host.cpuNodes.length) return [];
    if (!bound.every((nid) => vm.host.isCpuNode(nid))) return [];
    const allowed = vm.cpuNodes;
    // Vcpus that may never run beside their memory are another cause: cell-crossed.
    if (!allowed.some((nid) => bound.includes(nid)) || allowed.every((nid) => bound.includes(nid))) return [];
    const balancing = vm.host.facts.numaBalancing;
    const seenAway = [...(vm.facts.vcpuCpus?.values() ?? [])].some((cpu) => {
      const nid = vm.host.nodeOfCpu(cpu);
      return nid !== undefined && !bound.includes(nid);
    });
    const isWarning = balancing !== true && (balancing === false || seenAway);
    const why = seenAway
      ? ' One was seen on another node.'
      : balancing === false
        ? ' numa_balancing is off, so nothing brings them back.'
        : '';
    return [
      {
        severity: isWarning ? 'warning' : 'note',
        vm,
        node: bound[0]!,
        text: `${vm.name}: memory is bound to ${nodes(bound)}, vCPUs may run on ${nodes(allowed)}.${why} NUMA misses cost 10 % or more; pinning and memory policy belong together.`,
        remedy: [
          plan(`Pin ${vm.name} where its memory is`),
          virsh(`vcpupin ${vm.name} <vcpu> <cpus of ${nodes(bound)}>`),
        ],
      },
    ];
  },
};

const cellCrossed: VmCheck = {
  id: 'cell-crossed',
  title: 'CPUs and memory of a cell sit on different nodes',
  rank: 12,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 7, 9.3.2',
  about: 'vm',
  find(vm) {
    return vm.cells.flatMap((cell): Hit[] => {
      const near = vm.cpuNodesOf(cell.vcpus);
      const bound = (cell.binding?.nodes ?? []).filter((nid) => vm.host.node(nid) !== undefined);
      if (bound.length === 0 || near.length === 0 || near.length >= vm.host.cpuNodes.length) return [];
      if (near.some((nid) => bound.includes(nid))) return [];
      const isNearest = near.every((nid) => vm.host.node(nid)!.totalPages === 0 && isNearestMemory(vm, nid, bound));
      const away = distance(vm.host, near[0]!, bound[0]!);
      const cost = isNearest
        ? `${nodes(near)} ${near.length === 1 ? 'has' : 'have'} no memory, and this is the nearest.`
        : 'Every access is remote, which costs 10 % or more.';
      return [
        {
          severity: isNearest ? 'note' : 'warning',
          vm,
          cell: cell.id,
          node: bound[0]!,
          text: `${subject(vm, cell)}: vCPUs run on ${nodes(near)}, memory is bound to ${nodes(bound)}${away}. ${cost[0]!.toUpperCase()}${cost.slice(1)}`,
          remedy: [
            plan(`Bring memory and vCPUs of ${vm.name} together`),
            virsh(`numatune ${vm.name} --config --nodeset ${idList(near)}`),
            virsh(`vcpupin ${vm.name} <vcpu> <cpus of ${nodes(bound)}>`),
          ],
        },
      ];
    });
  },
};

function isNearestMemory(vm: VmView, from: number, bound: readonly number[]): boolean {
  const distances = vm.host.nodes.flatMap((node) => {
    const value = node.totalPages > 0 ? vm.host.distance(from, node.nid) : null;
    return value === null ? [] : [{ nid: node.nid, value }];
  });
  const least = Math.min(...distances.map(({ value }) => value));
  return distances.some(({ nid, value }) => value === least && bound.includes(nid));
}

const pinsWithoutMemoryPolicy: VmCheck = {
  id: 'pins-without-memory-policy',
  title: 'vCPUs are pinned but nothing keeps memory there',
  rank: 13,
  source: 'canonical/lxd#7567; Linux zonelists',
  about: 'vm',
  find(vm) {
    if (!vm.isConfined || vm.isBound || vm.facts.measured !== null || vm.usesHugePages) return [];
    const near = vm.cpuNodes;
    if (near.length === 0) return [];
    const rooms = near.map((nid) => availablePages(vm.host.node(nid)!));
    const room = rooms.some((pages) => pages === null) ? null : rooms.reduce<number>((all, pages) => all + pages!, 0);
    const isShort = !vm.running && room !== null && room < vm.facts.pages;
    const there = room === null ? 'what is free there is not stated' : `${mib(room)} are available there`;
    return [
      {
        severity: isShort ? 'warning' : 'note',
        vm,
        node: near[0]!,
        text: `${vm.name} (${needMib(vm.facts.pages)}) is pinned to ${nodes(near)}, and no memory policy keeps its memory there; ${there}. ${isShort ? 'The rest falls' : 'What does not fit would fall'} on the next node by distance.`,
        remedy: [
          plan(`Fit ${vm.name} on ${nodes(near)}`),
          virsh(`numatune ${vm.name} --config --nodeset ${idList(near)}`),
        ],
      },
    ];
  },
};

const memoryOutsideBinding: VmCheck = {
  id: 'memory-outside-binding',
  title: 'Memory lies outside the nodes it is bound to',
  rank: 23,
  source: 'canonical/lxd#15082',
  about: 'vm',
  needs: (vm) => (vm.isBound ? unmeasured(vm) : null),
  find(vm) {
    if (!vm.running) return [];
    const byCell = vm.hasCells && vm.facts.measuredCells !== null;
    const parts = byCell
      ? vm.cells.map((cell) => ({ cell, bound: hard(cell), measured: vm.measuredOf(cell.id), pages: cell.pages }))
      : [{ cell: null, bound: hardNodes(vm), measured: vm.facts.measured, pages: vm.facts.pages }];
    return parts.flatMap(({ cell, bound, measured, pages }): Hit[] => {
      if (bound === null || measured === null) return [];
      const outside = sum(measured, (nid) => !bound.includes(nid));
      if (outside < Math.max(OUTSIDE_LEAST_PAGES, OUTSIDE_FROM * pages)) return [];
      const where = [...measured.keys()].filter((nid) => !bound.includes(nid) && measured.get(nid)! > 0);
      return [
        {
          severity: 'warning',
          vm,
          cell: cell?.id ?? null,
          node: where[0]!,
          text: `${cell === null ? vm.name : subject(vm, cell)} is bound to ${nodes(bound)}, but ${mib(outside)} lie on ${nodes(where)} (${percent(outside, pages)}, threshold 2 % and 256 MiB). The policy was changed while it ran, or ignored.`,
          remedy: [
            plan(`Apply the binding of ${vm.name}`),
            command('numactl', `migratepages <pid> ${idList(where)} ${idList(bound)}`),
          ],
        },
      ];
    });
  },
};

const hard = ({ binding }: CellView): readonly number[] | null =>
  binding?.mode === 'strict' || binding?.mode === 'restrictive' ? binding.nodes : null;

/** Nodes of a VM all of whose cells are bound without exception; null where one is not. */
function hardNodes(vm: VmView): readonly number[] | null {
  return vm.cells.every((cell) => hard(cell) !== null) ? vm.boundNodes : null;
}

const pinsSpanNodes: VmCheck = {
  id: 'pins-span-nodes',
  title: 'A VM without guest NUMA is pinned across nodes it need not span',
  rank: 27,
  source: 'reasoning: the guest cannot tell near from far',
  about: 'vm',
  find(vm) {
    if (vm.facts.cells.length > 1 || vm.floats || vm.vcpus.length < 2 || !fitsOneNode(vm)) return [];
    const perVcpu = vm.vcpus.map((vcpu) => vm.cpuNodesOf([vcpu]));
    const all = vm.cpuNodes;
    if (all.length < 2) return [];
    const each = perVcpu.every((nids) => nids.length === 1);
    const together = vm.isConfined && perVcpu.every((nids) => nids.join() === all.join());
    if (!each && !together) return [];
    if (vm.interleaves && vm.boundNodes?.join() === all.join()) return [];
    const spread = each
      ? all.map((nid) => `${perVcpu.filter((nids) => nids[0] === nid).length} on node ${nid}`).join(', ')
      : `all on ${nodes(all)}`;
    const room = vm.host.cpuNodes.find(
      (node) => vm.facts.pages <= capacityPages(node) && vm.facts.vcpus <= node.cpus.length,
    )!;
    return [
      {
        severity: 'warning',
        vm,
        node: all[0]!,
        text: `${vm.name}: vCPUs are pinned ${spread}; ${vm.facts.vcpus} vCPUs and ${needMib(vm.facts.pages)} fit node ${room.nid}. Its guest sees one node and cannot tell near from far.`,
        remedy: [plan(`${vm.name} in one node`), virsh(`vcpupin ${vm.name} <vcpu> ${idList(room.cpus)}`)],
      },
    ];
  },
};

const interleaveFar: VmCheck = {
  id: 'interleave-far',
  title: 'Interleave spans distant nodes',
  rank: 41,
  source: 'reasoning: far latency in every mix; bandwidth may gain',
  about: 'vm',
  needs: (vm) => (vm.interleaves && vm.host.facts.distances === null ? 'distances (numactl --hardware)' : null),
  find(vm) {
    const nearest = vm.host.distancesAmong(vm.host.nodes.map((node) => node.nid));
    return vm.cells.flatMap((cell): Hit[] => {
      if (cell.binding?.mode !== 'interleave') return [];
      const among = vm.host.distancesAmong(cell.binding.nodes);
      if (among === null || nearest === null || among.most < FAR_RATIO * nearest.least) return [];
      return [
        {
          severity: 'warning',
          vm,
          cell: cell.id,
          node: among.from,
          text: `${subject(vm, cell)} interleaves over ${nodes(cell.binding.nodes)}: distance ${among.most} between ${among.from} and ${among.to}, ${nearest.least} between the nearest nodes (threshold ${FAR_RATIO} times). Every mix has far latency.`,
          remedy: [
            plan(`Fewer, nearer nodes for ${vm.name}`),
            virsh(`numatune ${vm.name} --config --nodeset <near nodes>`),
          ],
        },
      ];
    });
  },
};

export const localityChecks: readonly Check[] = [
  memoryScattered,
  memoryAway,
  memoryPolicyWithoutPins,
  cellCrossed,
  pinsWithoutMemoryPolicy,
  memoryOutsideBinding,
  pinsSpanNodes,
  interleaveFar,
];
