/** What the form for a new scenario comes to, before it is made. */
import { MAX_HOSTS, MAX_VMS } from '../../shared/model/limit.ts';
import type { RequestInput } from '../../shared/protocol/request.ts';
import { plural } from '../../shared/view/number-format.ts';

export type HostKind = RequestInput<'document.new'>['hosts'][number];

export const newHostKind = (): HostKind => ({
  ...{ count: 1, nodes: 2, nodeMemoryMiB: 65_536, cpusPerNode: 16, vms: 4, vmMemoryMiB: 16_384 },
});

export interface Totals {
  readonly hosts: number;
  readonly nodes: number;
  readonly vms: number;
  readonly links: number;
  readonly hostMiB: number;
  readonly vmMiB: number;
  /** Why no scenario can be made of them; null: it can. */
  readonly problem: string | null;
}

export function totalsOf(kinds: readonly HostKind[], between: 'all' | 'first' | 'none'): Totals {
  const sum = (of: (kind: HostKind) => number): number => kinds.reduce((all, kind) => all + kind.count * of(kind), 0);
  const hosts = sum(() => 1);
  const vms = sum((kind) => kind.vms);
  const totals = {
    ...{ hosts, vms, nodes: sum(({ nodes }) => nodes) },
    links: between === 'all' ? (hosts * (hosts - 1)) / 2 : between === 'first' ? hosts - 1 : 0,
    hostMiB: sum(({ nodes, nodeMemoryMiB }) => nodes * nodeMemoryMiB),
    vmMiB: sum((kind) => kind.vms * kind.vmMemoryMiB),
  };
  return { ...totals, problem: problemOf(kinds, totals) };
}

function problemOf(kinds: readonly HostKind[], { hosts, vms }: Omit<Totals, 'problem'>): string | null {
  if (hosts > MAX_HOSTS) return `${plural(hosts, 'host')}; a scenario has at most ${MAX_HOSTS}.`;
  if (vms > MAX_VMS) return `${plural(vms, 'VM')}; a scenario has at most ${MAX_VMS}.`;
  const full = kinds.some((kind) => kind.vms * kind.vmMemoryMiB > kind.nodes * kind.nodeMemoryMiB);
  return full ? 'The VMs of a host are to have more memory than the host has.' : null;
}
