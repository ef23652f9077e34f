/** Huge pages: are there enough of a size, where they are needed? */
import { PAGES_PER_GIB, pagesFromKib } from '../../../shared/units/index.ts';
import { count } from '../../../shared/view/number-format.ts';
import type { Check, Hit, HostCheck, VmCheck } from '../check.ts';
import { command, plan } from '../check.ts';
import type { NodeFacts } from '../facts.ts';
import type { CellView, HostView, VmView } from '../view.ts';
import { availablePages, mostFreeHugePages, plainPages, poolOf, SMALL_PAGE_KIB } from '../view.ts';
import { mib, nodes, pageSize } from '../text.ts';
import { shortage } from './fit.ts';

/** Proxmox VE leaves 1 GB to the host; doubled for QEMU's own memory. */
const MIN_PLAIN_PAGES = 2 * PAGES_PER_GIB;
const STRANDED_PAGES = 4 * PAGES_PER_GIB;
const STRANDED_SHARE = 0.25;
const TIGHT_SHARE = 0.1;

const POOLS = 'huge page pools (virsh freepages --all, or /sys/devices/system/node/node*/hugepages)';

const unknownPools = (vm: VmView): string | null =>
  vm.usesHugePages && vm.host.nodes.some((node) => node.pools === null) ? POOLS : null;

const resize = (nid: number | string, pageKib: number, pages: string): ReturnType<typeof command> =>
  command('sysfs', `echo ${pages} > /sys/devices/system/node/node${nid}/hugepages/hugepages-${pageKib}kB/nr_hugepages`);

function hugeSizes(vm: VmView): number[] {
  return [...new Set(vm.cells.map((cell) => cell.pageKib))].filter((kib) => kib !== SMALL_PAGE_KIB);
}

const nidsOf = (host: HostView, cell: CellView): number[] =>
  (cell.binding?.nodes ?? host.nodes.map((node) => node.nid)).filter((nid) => host.node(nid) !== undefined);

const freeOn =
  (host: HostView, pageKib: number) =>
  (nid: number): number =>
    mostFreeHugePages(host.node(nid)!, pageKib);

const hugeShort: VmCheck = {
  id: 'huge-short',
  title: 'Not enough huge pages of that size where they are needed',
  rank: 4,
  source: 'kubevirt#6981; kubernetes#132084; Linux hugetlbpage.rst',
  about: 'vm',
  needs: unknownPools,
  find(vm) {
    if (vm.running || unknownPools(vm) !== null) return [];
    return hugeSizes(vm).flatMap((pageKib): Hit[] => {
      const cells = vm.cells.filter((cell) => cell.pageKib === pageKib);
      const short = shortage(
        cells,
        (cell) => nidsOf(vm.host, cell),
        (cell) => cell.frames,
        freeOn(vm.host, pageKib),
      );
      if (short === null) return [];
      const lack = short.need - short.have;
      const room = short.nids.reduce((sum, nid) => sum + (availablePages(vm.host.node(nid)!) ?? 0), 0);
      const overcommits = vm.host.facts.overcommitsHugePages === true && room >= lack * pagesFromKib(pageKib);
      const whole =
        short.nids.length === vm.host.nodes.length && vm.host.nodes.length > 1
          ? 'all nodes together'
          : nodes(short.nids);
      const elsewhere = vm.host.nodes.filter((node) => mostFreeHugePages(node, pageKib) >= short.need);
      const wayOut =
        elsewhere.length === 0
          ? ''
          : ` ${nodes(elsewhere.map((node) => node.nid)).replace('node', 'Node')} has enough.`;
      const others = vm.host.nodes.flatMap((node) => node.pools ?? []).some((pool) => pool.pageKib === pageKib);
      return [
        {
          severity: overcommits ? 'warning' : 'error',
          vm,
          cell: short.cells.length === 1 ? short.cells[0]!.id : null,
          node: short.nids.length === 1 ? short.nids[0]! : null,
          text: `${vm.name} needs ${count(short.need)} pages of ${pageSize(pageKib)} on ${whole}; ${count(short.have)} are free there, ${count(lack)} too few${others ? '' : ` (this host has no pool of ${pageSize(pageKib)})`}. ${overcommits ? 'nr_overcommit_hugepages lets the kernel try to make the rest at the start.' : 'libvirt or QEMU refuses the start: "Insufficient free host memory pages".'}${wayOut}`,
          remedy: [
            plan(`Free ${count(lack)} pages of ${pageSize(pageKib)} on ${whole}`),
            resize(short.nids[0] ?? '<node>', pageKib, `<${count(lack)} more than now>`),
          ],
        },
      ];
    });
  },
};

const hugeWillSplit: VmCheck = {
  id: 'huge-will-split',
  title: 'Huge pages exist, but on no single node',
  rank: 18,
  source: 'Linux hugetlbpage.rst; kubernetes#119851',
  about: 'vm',
  needs: unknownPools,
  find(vm) {
    if (vm.running || vm.isBound || vm.hasCells || unknownPools(vm) !== null) return [];
    return hugeSizes(vm).flatMap((pageKib): Hit[] => {
      const need = vm.cells[0]!.frames;
      const free = vm.host.nodes.map((node) => mostFreeHugePages(node, pageKib));
      const most = Math.max(...free);
      const all = free.reduce((sum, pages) => sum + pages, 0);
      if (most >= need || need > all) return [];
      const nid = vm.host.nodes[free.indexOf(most)]!.nid;
      return [
        {
          severity: 'warning',
          vm,
          node: nid,
          text: `${vm.name} needs ${count(need)} pages of ${pageSize(pageKib)}; node ${nid} has the most free, ${count(most)}, all nodes together ${count(all)}. Its memory will lie on several nodes, and its guest is not told.`,
          remedy: [plan(`Shift the pool of ${pageSize(pageKib)} to one node`), resize(nid, pageKib, '<pages>')],
        },
      ];
    });
  },
};

const hasPool = (node: NodeFacts): boolean => (node.pools ?? []).some((pool) => pool.total > 0);

const poolLeavesHostShort: HostCheck = {
  id: 'pool-leaves-host-short',
  title: 'Pools leave too little for everything else',
  rank: 25,
  source: 'Proxmox VE wiki, NUMA',
  about: 'host',
  find: (host) =>
    host.cpuNodes.flatMap((node): Hit[] => {
      if (!hasPool(node) || plainPages(node) >= MIN_PLAIN_PAGES) return [];
      const pool = node.pools!.find(({ total }) => total > 0)!;
      return [
        {
          severity: 'warning',
          node: node.nid,
          text: `Node ${node.nid}: ${mib(plainPages(node))} of ${mib(node.totalPages)} lie outside of huge page pools (threshold ${mib(MIN_PLAIN_PAGES)}). QEMU, page tables and the kernel compete for them.`,
          remedy: [resize(node.nid, pool.pageKib, '<fewer pages>')],
        },
      ];
    }),
};

const hugeStranded: HostCheck = {
  id: 'huge-stranded',
  title: 'Free huge pages no VM can use',
  rank: 26,
  source: 'kubevirt#6981',
  about: 'host',
  find: (host) =>
    host.nodes.flatMap((node) =>
      (node.pools ?? []).flatMap((pool): Hit[] => {
        const pages = (pool.free ?? 0) * pagesFromKib(pool.pageKib);
        if (pages < STRANDED_PAGES || pages < STRANDED_SHARE * node.totalPages) return [];
        const isWanted = host.vms.some(
          (vm) =>
            !vm.running &&
            vm.cells.some((cell) => cell.pageKib === pool.pageKib && nidsOf(host, cell).includes(node.nid)),
        );
        if (isWanted) return [];
        const available = availablePages(node);
        const isTight = available !== null && available < TIGHT_SHARE * plainPages(node);
        return [
          {
            severity: isTight ? 'warning' : 'note',
            node: node.nid,
            text: `Node ${node.nid}: ${mib(pages)} lie free in its pool of ${pageSize(pool.pageKib)} pages, and no stopped VM can use them${isTight ? `, while ${mib(available)} are available to all else` : ''}. Such memory is lost to everything else.`,
            remedy: [
              resize(node.nid, pool.pageKib, '<fewer pages>'),
              plan(`Bind a VM with pages of ${pageSize(pool.pageKib)} to node ${node.nid}`),
            ],
          },
        ];
      }),
    ),
};

const hugeFragmented: VmCheck = {
  id: 'huge-fragmented',
  title: 'Free memory cannot be made into huge pages',
  rank: 32,
  source: 'Linux hugetlbpage.rst; performance-addon-operators#279',
  about: 'vm',
  needs: (vm) =>
    !vm.running && vm.usesHugePages && vm.host.nodes.every((node) => node.freeBlocks === null)
      ? 'free blocks by order (/proc/buddyinfo)'
      : null,
  find(vm) {
    if (vm.running || unknownPools(vm) !== null) return [];
    return hugeSizes(vm).flatMap((pageKib): Hit[] => {
      const framePages = pagesFromKib(pageKib);
      const order = Math.log2(framePages);
      const cells = vm.cells.filter((cell) => cell.pageKib === pageKib);
      const nids = [...new Set(cells.flatMap((cell) => nidsOf(vm.host, cell)))];
      const on = nids.map((nid) => vm.host.node(nid)!);
      if (on.length === 0 || on.some((node) => node.freeBlocks === null)) return [];
      // The page allocator has no blocks above its largest order: pages of 1 GiB are made at boot.
      if (on.every((node) => order >= node.freeBlocks!.length)) return [];
      const need = cells.reduce((sum, cell) => sum + cell.frames, 0);
      const pool = on.reduce((sum, node) => sum + mostFreeHugePages(node, pageKib), 0);
      const lack = need - pool;
      const blocks = on.reduce((sum, node) => sum + blocksOf(node.freeBlocks!, order), 0);
      const free = on.reduce((sum, node) => sum + node.freeBlocks!.reduce((all, n, i) => all + n * 2 ** i, 0), 0);
      if (lack <= 0 || blocks >= lack || free < lack * framePages) return [];
      return [
        {
          severity: 'warning',
          vm,
          node: on.length === 1 ? on[0]!.nid : null,
          text: `${vm.name} needs ${count(lack)} more pages of ${pageSize(pageKib)} on ${nodes(nids)}; ${mib(free)} are free there, but only ${count(blocks)} blocks are so large. The kernel makes fewer and says nothing.`,
          remedy: [
            plan(`Free ${count(lack)} pages of ${pageSize(pageKib)} on ${nodes(nids)} by compaction`),
            command('sysctl', 'echo 1 > /proc/sys/vm/compact_memory'),
            ...(poolOf(on[0]!, pageKib) === undefined ? [] : [resize(on[0]!.nid, pageKib, '<pages>')]),
          ],
        },
      ];
    });
  },
};

/** How many blocks of an order the free blocks give. */
const blocksOf = (free: readonly number[], order: number): number =>
  free.reduce((sum, n, i) => (i < order ? sum : sum + n * 2 ** (i - order)), 0);

export const hugeChecks: readonly Check[] = [
  hugeShort,
  hugeWillSplit,
  poolLeavesHostShort,
  hugeStranded,
  hugeFragmented,
];
