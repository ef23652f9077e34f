/** Will a live migration end, and end well? */
import { mibFromPages, PAGE_SIZE_BYTES } from '../../../shared/units/index.ts';
import { count, decimal } from '../../../shared/view/number-format.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { Check, Hit, MigrationCheck } from '../check.ts';
import { command, plan, virsh } from '../check.ts';
import { remapText } from '../remap.ts';
import { mostAvailablePages, mostFreeHugePages, SMALL_PAGE_KIB } from '../view.ts';
import { availableOn, cpus, holders, needMib, nodes, pageSize } from '../text.ts';
import { missingOn, roomElsewhere, shortage } from './fit.ts';
import { fitsOneNode } from './locality.ts';

/** Share of the link that a guest may write before a pass no longer gains; chosen on 13 QEMU runs. */
const NEVER_FROM = 0.9;
const SLOW_FROM = 0.5;

const mibps = (bytes: number): string => `${decimal(mibFromPages(bytes / PAGE_SIZE_BYTES))} MiB/s`;

const wontConverge: MigrationCheck = {
  id: 'migration-wont-converge',
  title: 'Live migration will not finish',
  rank: 8,
  source: 'kubevirt#3504; 13 measured QEMU runs',
  about: 'migration',
  needs: ({ facts }) =>
    facts.dirtyBytesPerSec === null || facts.workingSetBytes === null || facts.linkBytesPerSec === null
      ? 'dirty rate, working set and link rate (virsh domdirtyrate-calc; --dirty-mib-s, --working-set-mib)'
      : null,
  find({ facts, vm }) {
    const { dirtyBytesPerSec: dirty, workingSetBytes: set, linkBytesPerSec: link, downtimeLimitMs } = facts;
    if (dirty === null || set === null || link === null || link === 0) return [];
    const within = (link * downtimeLimitMs) / 1000;
    if (set <= within || dirty < SLOW_FROM * link) return [];
    const never = dirty >= NEVER_FROM * link;
    const enoughMs = Math.ceil((1000 * set) / link);
    return [
      {
        severity: never ? 'error' : 'warning',
        vm,
        text: `${vm.name} writes ${mibps(dirty)} over a working set of ${decimal(mibFromPages(set / PAGE_SIZE_BYTES))} MiB; the link carries ${mibps(link)} (${decimal((100 * dirty) / link)} %, threshold ${never ? 90 : 50} %), and ${count(downtimeLimitMs)} ms of downtime send ${decimal(mibFromPages(within / PAGE_SIZE_BYTES))} MiB. ${never ? 'The migration never ends.' : 'The migration takes many passes.'} A limit of ${count(enoughMs)} ms would take the whole working set.`,
        remedy: [
          plan(`The cheapest change that lets ${vm.name} migrate`),
          virsh(`migrate ${vm.name} <uri> --live --auto-converge`),
          virsh(`migrate ${vm.name} <uri> --live --postcopy --postcopy-after-precopy`),
          virsh(`migrate-setmaxdowntime ${vm.name} ${enoughMs}`),
        ],
      },
    ];
  },
};

const topologyChange: MigrationCheck = {
  id: 'migration-topology-change',
  title: 'Guest nodes will not match the destination',
  rank: 14,
  source: 'VMware vCAT; frankdenneman.nl/2022/03/11',
  about: 'migration',
  find({ vm, to }) {
    const size = Math.max(0, ...to.cpuNodes.map((node) => node.totalPages));
    const cells = vm.facts.cells.length;
    const large = vm.cells.find((cell) => cell.pages > size);
    const isFewer = to.cpuNodes.length < cells;
    const isLarger = large !== undefined && (vm.hasCells || fitsOneNode(vm));
    if (!isFewer && !isLarger) return [];
    const what = isFewer
      ? `${vm.name} has ${cells} cells; ${to.name} has ${to.cpuNodes.length} nodes with CPUs`
      : `${vm.name}${large!.id === null ? '' : ` cell ${large!.id}`} has ${needMib(large!.pages)}; the largest node of ${to.name} has ${count(Math.floor(mibFromPages(size)))} MiB`;
    return [
      {
        severity: 'warning',
        vm,
        text: `${what}. The guest goes on with the nodes of its power-on, which are no longer so.`,
        remedy: [plan(`Rehearse the migration of ${vm.name} with a regenerated layout`), virsh(`shutdown ${vm.name}`)],
      },
    ];
  },
};

const nodeMissing: MigrationCheck = {
  id: 'migration-node-missing',
  title: 'Destination lacks the nodes or CPUs it is bound to',
  rank: 15,
  source: 'cloud-hypervisor#8370; OpenNebula one#6772; vdsm#99',
  about: 'migration',
  find({ arriving, to }) {
    const missing = missingOn(arriving, to);
    if (missing.nids.length === 0 && missing.cpus.length === 0) return [];
    const what = [
      ...(missing.nids.length === 0 ? [] : [nodes(missing.nids)]),
      ...(missing.cpus.length === 0 ? [] : [cpus(missing.cpus)]),
    ].join(' and ');
    const remap = remapText(arriving, to);
    const rehearsal =
      remap.nodes === null
        ? []
        : [command('pageshift', `pageshift run <file> --migrate ${arriving.name}=${to.name}:${idList(remap.nodes)}`)];
    return [
      {
        severity: 'error',
        vm: arriving,
        node: missing.nids[0] ?? null,
        text: `${arriving.name} is bound to ${what}; ${to.name} has ${nodes(to.nodes.map((node) => node.nid))} with CPUs ${idList(to.cpus.toSorted((a, b) => a - b))}. libvirt refuses the migration. ${remap.text}`,
        remedy: [
          plan(`Remap ${arriving.name} to nodes of ${to.name}, checked for fit`),
          virsh(`migrate ${arriving.name} <uri> --xml <remapped.xml>`),
          ...rehearsal,
        ],
      },
    ];
  },
};

const migrationShort: MigrationCheck = {
  id: 'migration-short',
  title: 'Destination node is short',
  rank: 22,
  source: 'OpenNebula one#6772; tp-libvirt#3672',
  about: 'migration',
  find({ arriving, to }) {
    const sizes = [...new Set(arriving.cells.map((cell) => cell.pageKib))];
    return sizes.flatMap((pageKib): Hit[] => {
      const isSmall = pageKib === SMALL_PAGE_KIB;
      const cells = arriving.cells.filter((cell) => cell.pageKib === pageKib);
      const anywhere = (isSmall ? to.cpuNodes : to.nodes).map((node) => node.nid);
      const short = shortage(
        cells,
        (cell) => {
          const isHard = cell.binding?.mode === 'strict' || cell.binding?.mode === 'restrictive';
          const bound = isHard ? cell.binding!.nodes.filter((nid) => to.node(nid) !== undefined) : anywhere;
          // Of nodes that are not there migration-node-missing speaks.
          return bound.length === 0 ? anywhere : bound;
        },
        (cell) => (isSmall ? cell.pages : cell.frames),
        (nid) => (isSmall ? mostAvailablePages(to.node(nid)!) : mostFreeHugePages(to.node(nid)!, pageKib)),
      );
      if (short === null) return [];
      const where = `${nodes(short.nids)} of ${to.name}`;
      return [
        {
          severity: 'error',
          vm: arriving,
          cell: short.cells.length === 1 ? short.cells[0]!.id : null,
          node: short.nids.length === 1 ? short.nids[0]! : null,
          text: isSmall
            ? `${arriving.name} needs ${needMib(short.need)} on ${where}: ${availableOn(to, short.nids)}, ${needMib(short.need - short.have)} too little.${holders(to, short.nids)}${roomElsewhere(to, short.need, short.nids)}`
            : `${arriving.name} needs ${count(short.need)} pages of ${pageSize(pageKib)} on ${where}; ${count(short.have)} are free there, ${count(short.need - short.have)} too few.`,
          remedy: [
            plan(`Make room for ${arriving.name} on ${to.name}`),
            virsh(`migrate ${arriving.name} <other uri> --live`),
          ],
        },
      ];
    });
  },
};

export const migrationChecks: readonly Check[] = [wontConverge, topologyChange, nodeMissing, migrationShort];

/** What these say of the destination, checks of a VM on its host would say again. */
export const SAID_OF_DESTINATION: Readonly<Record<string, readonly string[]>> = {
  'migration-node-missing': ['bind-missing'],
  'migration-short': ['fit-strict-short', 'fit-splits', 'fit-host-short', 'huge-short', 'huge-will-split'],
  'migration-topology-change': ['wide-vm-no-guest-numa', 'cell-larger-than-node'],
};
