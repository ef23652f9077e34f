/** Is the host itself in balance? */
import { pagesFromMib } from '../../../shared/units/index.ts';
import type { Check, Hit, HostCheck } from '../check.ts';
import { command, plan } from '../check.ts';
import type { NodeFacts } from '../facts.ts';
import type { HostView } from '../view.ts';
import { availablePages, plainPages } from '../view.ts';
import { mib, nodes, percent } from '../text.ts';

const FULL_BELOW = 0.05;
const EMPTY_FROM = 0.25;
const KSM_PAGES = pagesFromMib(256);
const UNEVEN_RATIO = 1.25;

const share = (node: NodeFacts): number => availablePages(node)! / plainPages(node);

/** Memory of running VMs that is bound to this node alone explains that the node is full. */
function isFullByBinding(host: HostView, node: NodeFacts): boolean {
  let bound = 0;
  for (const vm of host.vms) {
    const nids = vm.boundNodes;
    if (vm.running && nids?.length === 1 && nids[0] === node.nid) bound += vm.facts.pages;
  }
  return 2 * bound >= plainPages(node);
}

const nodeFullBesideEmpty: HostCheck = {
  id: 'node-full-beside-empty',
  title: 'One node is nearly full beside a free one',
  rank: 6,
  source: 'netdata#18818; lkml.iu.edu/hypermail/linux/kernel/1008.0/00478',
  about: 'host',
  needs: ({ cpuNodes }) =>
    cpuNodes.length > 1 && cpuNodes.some((node) => availablePages(node) === null)
      ? 'the free memory of each node (numactl --hardware)'
      : null,
  find(host) {
    const known = host.cpuNodes.filter((node) => availablePages(node) !== null && plainPages(node) > 0);
    const empty = known.filter((node) => share(node) >= EMPTY_FROM);
    if (empty.length === 0) return [];
    return known.flatMap((node): Hit[] => {
      if (share(node) >= FULL_BELOW || isFullByBinding(host, node)) return [];
      const free = empty.reduce((a, b) => (share(b) > share(a) ? b : a));
      return [
        {
          severity: 'warning',
          node: node.nid,
          text: `Node ${node.nid} has ${mib(availablePages(node)!)} of ${mib(plainPages(node))} available (${percent(availablePages(node)!, plainPages(node))}, threshold 5 %), while node ${free.nid} has ${mib(availablePages(free)!)} (${percent(availablePages(free)!, plainPages(free))}). The host reclaims and swaps with memory free.`,
          remedy: [
            plan(`Rebalance: from node ${node.nid} to node ${free.nid}`),
            command('numactl', `migratepages <pid> ${node.nid} ${free.nid}`),
          ],
        },
      ];
    });
  },
};

const balancersCompete: HostCheck = {
  id: 'balancers-compete',
  title: 'Two balancers work at once, or one on a giant VM',
  rank: 37,
  source: 'cloud-hypervisor#7574; scylladb#1120; Red Hat VTOG 7, 9.2',
  about: 'host',
  needs: ({ facts }) =>
    facts.numaBalancing === null ? 'numa_balancing (sysctl kernel.numa_balancing), and whether numad runs' : null,
  find(host) {
    const { numad, numaBalancing } = host.facts;
    if (numaBalancing !== true) return [];
    const off = command('sysctl', 'sysctl kernel.numa_balancing=0');
    if (numad === true) {
      return [
        {
          severity: 'note',
          text: 'numad runs and kernel.numa_balancing is 1: two balancers move the same pages and threads.',
          remedy: [command('systemctl', 'systemctl stop numad'), off],
        },
      ];
    }
    const largest = host.cpuNodes.reduce((pages, node) => Math.max(pages, node.totalPages), 0);
    return host.vms.flatMap((vm): Hit[] =>
      vm.running && vm.floats && !vm.isBound && !vm.hasCells && host.cpuNodes.length > 1 && vm.facts.pages > largest
        ? [
            {
              severity: 'note',
              vm,
              text: `${vm.name} is wider than a node, floats and has no cells, and numa_balancing works on it. A VM of 172 vCPUs and 1.47 TB stalled until it was switched off.`,
              remedy: [off],
            },
          ]
        : [],
    );
  },
};

const ksmAcrossNodes: HostCheck = {
  id: 'ksm-across-nodes',
  title: 'KSM merges pages across nodes',
  rank: 38,
  source: 'Red Hat, Virtualization Tuning and Optimization Guide 7, 9.4',
  about: 'host',
  needs: ({ facts, cpuNodes }) =>
    facts.ksm === null && cpuNodes.length > 1
      ? 'KSM (/sys/kernel/mm/ksm: run, merge_across_nodes, pages_sharing)'
      : null,
  find(host) {
    const { ksm } = host.facts;
    if (ksm === null || !ksm.run || !ksm.mergeAcrossNodes || host.cpuNodes.length < 2) return [];
    const isMuch = ksm.sharedPages !== null && ksm.sharedPages >= KSM_PAGES;
    const shared =
      ksm.sharedPages === null
        ? 'how much it shares is not stated'
        : `${mib(ksm.sharedPages)} are shared (threshold ${mib(KSM_PAGES)})`;
    return [
      {
        severity: isMuch ? 'warning' : 'note',
        text: `KSM runs with merge_across_nodes=1; ${shared}. A merged page is remote to all nodes but one: "significant increase of access latency".`,
        remedy: [
          command(
            'sysfs',
            'echo 2 > /sys/kernel/mm/ksm/run; echo 0 > /sys/kernel/mm/ksm/merge_across_nodes; echo 1 > /sys/kernel/mm/ksm/run',
          ),
        ],
      },
    ];
  },
};

const nodeInterleaving: HostCheck = {
  id: 'node-interleaving',
  title: 'Two sockets but one node',
  rank: 47,
  source: 'VMware vCAT, Architecting a vSphere Compute Platform',
  about: 'host',
  needs: ({ facts, cpuNodes }) =>
    facts.sockets === null && cpuNodes.length === 1 ? 'the number of sockets (virsh capabilities, or lscpu)' : null,
  find(host) {
    const { sockets, isGuest } = host.facts;
    if (sockets === null || sockets < 2 || host.cpuNodes.length !== 1 || isGuest === true) return [];
    return [
      {
        severity: 'warning',
        text: `${host.name} has ${sockets} sockets and one node with CPUs. The firmware interleaves memory over the sockets, so that all of it has an average distance.`,
        remedy: [command('firmware', 'Switch node interleaving off')],
      },
    ];
  },
};

const nodeMemoryUneven: HostCheck = {
  id: 'node-memory-uneven',
  title: 'Memory is unevenly fitted',
  rank: 49,
  source: 'reasoning: all accesses are remote from there',
  about: 'host',
  find(host) {
    const bare = host.cpuNodes.filter((node) => node.totalPages === 0);
    if (bare.length > 0) {
      const nids = bare.map((node) => node.nid);
      return [
        {
          severity: 'warning',
          node: nids[0]!,
          text: `${nids.length === 1 ? 'Node' : 'Nodes'} ${nids.join(', ')} ${nids.length === 1 ? 'has' : 'have'} CPUs and no memory. All accesses from there are remote.`,
          remedy: [command('hardware', 'Move DIMMs'), plan(`Keep VMs off ${nodes(nids)}`)],
        },
      ];
    }
    if (host.cpuNodes.length < 2) return [];
    const sorted = host.cpuNodes.toSorted((a, b) => a.totalPages - b.totalPages);
    const [least, most] = [sorted[0]!, sorted.at(-1)!];
    if (most.totalPages <= UNEVEN_RATIO * least.totalPages) return [];
    return [
      {
        severity: 'note',
        node: least.nid,
        text: `Node ${least.nid} has ${mib(least.totalPages)}, node ${most.nid} ${mib(most.totalPages)} (threshold ${UNEVEN_RATIO} times). The small one fills first.`,
        remedy: [command('hardware', 'Move DIMMs')],
      },
    ];
  },
};

export const balanceChecks: readonly Check[] = [
  nodeFullBesideEmpty,
  balancersCompete,
  ksmAcrossNodes,
  nodeInterleaving,
  nodeMemoryUneven,
];
