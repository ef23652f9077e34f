/**
 * A host for a Linux guest of which only the inside is known: a node for each of the guest's, as far apart, with its
 * memory and its CPUs there, so that what the guest believes is true when it starts.
 */
import { PAGES_PER_MIB } from '../../../shared/units/index.ts';
import type { HostInput } from '../import-host.ts';
import type { VmInput } from '../import-vm.ts';
import { formatIdList } from '../id-list.ts';
import { quantityFromPages } from '../quantity.ts';
import type { LinuxGuest } from './guest.ts';

const PAGES_PER_GIB = 1024 * PAGES_PER_MIB;

/** With half as much again, and at least 1 GiB more, on each node that has memory: something can move. */
export function assumedHost(name: string, { nodes, vm }: LinuxGuest): HostInput {
  const withRoom = (pages: number): number => Math.ceil((pages * 1.5) / PAGES_PER_GIB + 1) * PAGES_PER_GIB;
  return {
    name,
    nodes: nodes.map(({ nid, pages, cpus }) => ({
      nid,
      cpus: formatIdList(cpus),
      ...quantityFromPages(pages === 0 ? 0 : withRoom(pages)),
    })),
    distances: vm.distances ?? null,
    assumed: [`all of it: a node for each of the guest's, with half as much memory again and 1 GiB more`],
  };
}

/** The guest on a host, each of its nodes bound to the host's of the same id where there is one with memory. */
export function linuxVm(name: string, guest: LinuxGuest, host: HostInput): VmInput {
  const known = new Set(host.nodes.filter(hasMemory).map(({ nid }) => nid));
  const own = guest.nodes.filter(({ pages }) => pages > 0);
  const bound = own.every(({ nid }) => known.has(nid));
  return {
    name,
    host: host.name,
    ...guest.vm,
    placement: { mode: 'spread' },
    memnodes: bound ? own.map(({ nid }) => ({ cell: nid, mode: 'preferred' as const, nodes: [nid] })) : [],
  };
}

const hasMemory = ({ memoryMiB, memoryKiB, memoryPages }: HostInput['nodes'][number]): boolean =>
  (memoryMiB ?? memoryKiB ?? memoryPages ?? 0) > 0;
