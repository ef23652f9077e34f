/** What is not known, and what cannot be true together. */
import { pagesFromMib } from '../../../shared/units/index.ts';
import type { Check, Hit, HostCheck, MigrationCheck, VmCheck } from '../check.ts';
import { command, virsh } from '../check.ts';
import { mib } from '../text.ts';

const TOLERANCE_SHARE = 0.01;
const TOLERANCE_PAGES = pagesFromMib(64);

const notMeasured: VmCheck = {
  id: 'not-measured',
  title: 'The placement, dirty rate or distances are not known',
  rank: 50,
  source: 'what the input states',
  about: 'vm',
  find(vm) {
    if (!vm.running || vm.facts.measured !== null) return [];
    return [
      {
        severity: 'note',
        vm,
        text: `${vm.name} runs, but where its memory lies was not measured. What depends on it is not found, or assumed.`,
        remedy: [command('numastat', 'numastat -p <pid of its QEMU>')],
      },
    ];
  },
};

const dirtyRateUnknown: MigrationCheck = {
  id: 'not-measured',
  title: 'The placement, dirty rate or distances are not known',
  rank: 50,
  source: 'what the input states',
  about: 'migration',
  find({ facts, vm }) {
    if (facts.dirtyBytesPerSec !== null) return [];
    return [
      {
        severity: 'note',
        vm,
        text: `The dirty rate of ${vm.name} is not known, so nothing can be said of whether its migration ends.`,
        remedy: [virsh(`domdirtyrate-calc ${vm.name} --seconds 1`), virsh(`domstats ${vm.name} --dirtyrate`)],
      },
    ];
  },
};

const totalsDoNotClose: HostCheck = {
  id: 'totals-do-not-close',
  title: 'The figures contradict each other',
  rank: 51,
  source: 'numactl#115 and #147',
  about: 'host',
  find: (host) =>
    host.nodes.flatMap((node): Hit[] => {
      const again = [command('numactl', 'numactl --hardware; numastat -p <pid>, at one moment')];
      if (node.freePages === null) return [];
      if (node.freePages > node.totalPages) {
        return [
          {
            severity: 'note',
            node: node.nid,
            text: `Node ${node.nid}: ${mib(node.freePages)} are free of ${mib(node.totalPages)}. One of the two is wrong.`,
            remedy: again,
          },
        ];
      }
      const used = node.totalPages - node.freePages;
      const held = host.vms.reduce((sum, vm) => sum + (vm.facts.measured?.get(node.nid) ?? 0), 0);
      if (held <= used * (1 + TOLERANCE_SHARE) + TOLERANCE_PAGES) return [];
      return [
        {
          severity: 'note',
          node: node.nid,
          text: `Node ${node.nid}: VMs hold ${mib(held)} by their own figures, but only ${mib(used)} are in use. The inputs are wrong, or of different times.`,
          remedy: again,
        },
      ];
    }),
};

export const measurementChecks: readonly Check[] = [notMeasured, dirtyRateUnknown, totalsDoNotClose];
