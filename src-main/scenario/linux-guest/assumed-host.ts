/**
 * A host for a Linux guest of which only the inside is known: a node for each of the guest's, as far apart, with its
 * memory and its CPUs there, so that the guest's own view is true when it starts.
 */
import { PAGES_PER_GIB } from '../../../shared/units/index.ts';
import type { SizedHost } from '../import-host.ts';
import type { VmInput } from '../import-vm.ts';
import type { LinuxGuest } from './guest.ts';

/** With half as much again, and at least 1 GiB more, on each node that has memory: something can move. */
export function assumedHost(name: string, { nodes, distances }: LinuxGuest): SizedHost {
  const withRoom = (pages: number): number => Math.ceil((pages * 1.5) / PAGES_PER_GIB + 1) * PAGES_PER_GIB;
  return {
    name,
    nodes: nodes.map(({ nid, pages, cpus }) => ({
      nid,
      cpus,
      pages: pages === 0 ? 0 : withRoom(pages),
      pools: null,
      freeKiB: null,
      availableKiB: null,
      freeBlocks: null,
      reservedPages: 0,
    })),
    system: undefined,
    devices: new Map(),
    distances,
    strangers: [],
    assumed: [`all of it: a node for each of the guest's, with half as much memory again and 1 GiB more`],
  };
}

/** The guest on its assumed host, each of its nodes preferring the host's of the same id. */
export const linuxVm = (name: string, { nodes, vm }: LinuxGuest, host: string): VmInput => ({
  name,
  host,
  ...vm,
  placement: { mode: 'spread' },
  memnodes: nodes
    .filter(({ pages }) => pages > 0)
    .map(({ nid }) => ({ cell: nid, mode: 'preferred' as const, nodes: [nid] })),
});
