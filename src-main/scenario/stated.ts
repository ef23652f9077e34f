/** What a document states of its hosts and VMs, for a window. */
import type { PagesOnNode, StatedBinding, StatedDocument, StatedPages, StatedVm } from '../../shared/model/stated.ts';
import { pagesFromKib, pagesFromMib } from '../../shared/units/index.ts';
import { isAbout } from './assumed-value.ts';
import { isDirtyKnown } from './dirty.ts';
import { pagesOf } from './quantity.ts';
import type { Scenario, ScenarioVm } from './schema.ts';

/** Ordinary pages, which some sources list beside huge ones, are no pool. */
const MAX_BASE_PAGE_KIB = 64;

export function statedDocument(scenario: Scenario): StatedDocument {
  return {
    hosts: scenario.hosts.map(({ name, nodes }) => ({
      name,
      nodes: nodes
        .map((node) => ({
          nid: node.nid,
          cpus: node.cpus,
          pages: pagesOf(node),
          reservedPages: pagesFromMib(node.reservedMiB),
          pools:
            node.hugepages
              ?.filter(({ sizeKiB }) => sizeKiB > MAX_BASE_PAGE_KIB)
              .map(({ sizeKiB, count, free }) => ({ pageKib: sizeKiB, total: count, free: free ?? null })) ?? null,
        }))
        .sort((a, b) => a.nid - b.nid),
    })),
    links: scenario.links.map(({ name, hosts, bandwidthMiBps, assumed }) => ({
      ...{ name, hosts, rateMibPerSec: bandwidthMiBps, assumed: assumed === true },
    })),
    vms: scenario.vms.map(statedVm),
    notPlaced: (scenario.notPlaced ?? []).map(({ vm, reason }) => ({ vm: statedVm(vm), reason })),
    sources: (scenario.sources ?? []).map(({ name, format }) => ({ name, format })),
  };
}

function statedVm(vm: ScenarioVm): StatedVm {
  const measured = vm.measured !== undefined && vm.running !== false;
  return {
    name: vm.name,
    host: vm.host,
    pages: pagesOf(vm),
    vcpus: vm.vcpus,
    running: vm.running ?? null,
    cells: vm.cells.map((cell) => ({ id: cell.id, cpus: cell.cpus, pages: pagesOf(cell) })),
    pins: vm.vcpupin ?? {},
    cpuset: vm.cpuset ?? null,
    emulatorpin: vm.emulatorpin ?? null,
    binding: bindingOf(vm),
    memnodes: vm.memnodes.map(({ cell, mode, nodes }) => ({ cell, mode, nodes })),
    backing: backingOf(vm),
    shares: measured ? byNode(vm.measured!.nodes) : sharesOf(vm),
    measured,
    assumedPlacement: assumedPlacement(vm),
    dirty: {
      rateMibPerSec: vm.dirty.rateMiBps,
      workingSetMib: vm.dirty.workingSetMiB,
      known: isDirtyKnown(vm),
    },
  };
}

function assumedPlacement({ assumed = [] }: ScenarioVm): StatedVm['assumedPlacement'] {
  if (assumed.some((each) => isAbout(each, 'placement'))) return 'all';
  return assumed.some((each) => isAbout(each, 'untouched')) ? 'untouched' : null;
}

function bindingOf({ binding, placement }: ScenarioVm): StatedBinding | null {
  if (binding !== undefined) return binding;
  return placement.mode === 'spread' || placement.mode === 'shares'
    ? null
    : { mode: placement.mode, nodes: placement.nodes };
}

function backingOf({ hugepages, backing }: ScenarioVm): StatedPages {
  const [pool] = hugepages ?? [];
  if (pool !== undefined) return { poolKib: pool.sizeKiB };
  return backing.pageKiB === 2048 ? 'transparent' : 'small';
}

const sharesOf = ({ placement }: ScenarioVm): readonly PagesOnNode[] | null =>
  placement.mode === 'shares' ? placement.shares.map((share) => ({ nid: share.node, pages: pagesOf(share) })) : null;

/** A node may be listed for each page size. */
function byNode(list: readonly { readonly node: number; readonly memoryKiB: number }[]): readonly PagesOnNode[] {
  const pages = new Map<number, number>();
  for (const { node, memoryKiB } of list) pages.set(node, (pages.get(node) ?? 0) + pagesFromKib(memoryKiB));
  return [...pages].map(([nid, each]) => ({ nid, pages: each })).sort((a, b) => a.nid - b.nid);
}
