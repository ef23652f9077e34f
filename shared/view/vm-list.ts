/**
 * The list of VMs where there are many: filtered, sorted, and grouped by host or by node. Rows only; nothing is drawn here.
 *
 * (a) Grouped by host, a VM is where it runs, with all its memory. Grouped by node, it is on every node that holds a page of
 *     it, with what it has there, second copies included: the sum of a group is what VMs use of that node.
 * (b) A group without a VM that fits the filter is left out. Sums and counts are of the VMs that fit.
 * (c) VMs that are alike stay in the order of the scenario. What is not known comes last.
 */
import { guestsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { hostMatrix } from './host.ts';
import type { VmHostRow } from './host.ts';
import { lagsOfGuest } from './lag.ts';

export const VM_SORTS = ['score', 'name', 'size', 'owed', 'stale', 'scenario'] as const;
export type VmSort = (typeof VM_SORTS)[number];

export const VM_GROUPS = ['none', 'host', 'node'] as const;
export type VmGrouping = (typeof VM_GROUPS)[number];

export interface VmListOptions {
  readonly filter: string;
  readonly sort: VmSort;
  readonly group: VmGrouping;
  /** Keys of groups. */
  readonly closed: ReadonlySet<string>;
}

export type VmListRow =
  | { readonly kind: 'vm'; readonly key: string; readonly guest: number; readonly pages: number }
  | {
      readonly kind: 'group';
      readonly key: string;
      readonly host: number;
      /** Index into the matrix's nodes; null: the host. */
      readonly node: number | null;
      readonly vms: number;
      readonly pages: number;
      readonly open: boolean;
    };

/** @param fitting how many VMs fit the filter */
export function vmList(
  snapshot: Snapshot,
  { filter, sort, group, closed }: VmListOptions,
): { readonly rows: readonly VmListRow[]; readonly fitting: number } {
  const matrix = hostMatrix(snapshot);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const hostNames = snapshot.header.hosts.map(({ name }) => name.toLowerCase());
  const fits = ({ name, host }: VmHostRow): boolean => {
    const text = `${name.toLowerCase()} ${hostNames[host] ?? ''}`;
    return words.every((word) => text.includes(word));
  };
  const fitting = sorted(words.length === 0 ? [...matrix.vms] : matrix.vms.filter(fits), snapshot, sort);
  const vmRow = (key: string, guest: number, pages: number): VmListRow => ({ kind: 'vm', key, guest, pages });
  if (group === 'none')
    return { rows: fitting.map((vm) => vmRow(`v${vm.guest}`, vm.guest, vm.totalPages)), fitting: fitting.length };

  const groups: { host: number; node: number | null; rows: VmListRow[] }[] =
    group === 'host'
      ? snapshot.header.hosts.map((_, host) => ({ host, node: null, rows: [] }))
      : matrix.nodes.map(({ host }, node) => ({ host, node, rows: [] }));
  for (const { guest, host, parts, totalPages } of fitting) {
    if (group === 'host') groups[host]?.rows.push(vmRow(`h${host}v${guest}`, guest, totalPages));
    else
      for (const { node, pages, copyPages } of parts)
        groups[node]!.rows.push(vmRow(`n${node}v${guest}`, guest, pages + copyPages));
  }
  const rows = groups.flatMap(({ host, node, rows: own }): VmListRow[] => {
    if (own.length === 0) return [];
    const key = node === null ? `h${host}` : `n${node}`;
    const open = !closed.has(key);
    const pages = own.reduce((sum, row) => sum + row.pages, 0);
    return [{ kind: 'group', key, host, node, vms: own.length, pages, open }, ...(open ? own : [])];
  });
  return { rows, fitting: fitting.length };
}

/** Letters by code unit whatever their case, numbers by what they are worth: vm-2 before vm-10. */
export function byName(a: string, b: string): number {
  const [x, y] = [a, b].map((name) => name.toLowerCase().match(/\d+|\D+/g) ?? []);
  for (let i = 0; i < Math.min(x!.length, y!.length); i++) {
    const [s, t] = [x![i]!, y![i]!];
    if (s === t) continue;
    const worth = Number(s) - Number(t);
    if (!Number.isNaN(worth) && worth !== 0) return worth;
    return s < t ? -1 : 1;
  }
  return x!.length - y!.length;
}

function sorted(vms: VmHostRow[], snapshot: Snapshot, sort: VmSort): readonly VmHostRow[] {
  if (sort === 'scenario') return vms;
  if (sort === 'name') return vms.sort((a, b) => byName(a.name, b.name) || a.guest - b.guest);
  const guests = guestsOf(snapshot);
  const key = ({ guest, totalPages, largestNodeShare }: VmHostRow): number => {
    const { owed, stale } = lagsOfGuest(guests[guest]!.lag);
    return { score: largestNodeShare ?? 101, size: -totalPages, owed: -owed, stale: -stale }[sort];
  };
  return vms.sort((a, b) => key(a) - key(b) || a.guest - b.guest);
}
