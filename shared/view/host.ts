/**
 * The hosts: what each node holds, and which VM holds how much of it. All counts are 4 KiB pages.
 *
 * The score of a VM is its **largest-node share**: of the VM's memory, the percentage that its fullest host node backs,
 * rounded down, so that 100 means all of it on one node. It says how gathered the VM is, not whether it could be better.
 */
import { guestsOf, rowAt, rowsOf } from '../columns/index.ts';
import type { Row, Snapshot } from '../columns/index.ts';

export interface HostNodeRow extends Row<'hostNodes'> {
  readonly hostName: string;
  readonly cpus: readonly number[];
}

export interface VmHostRow {
  readonly guest: number;
  readonly name: string;
  /** Index of the host where it runs. */
  readonly host: number;
  /** Pages of its memory per host node, index as `HostMatrix.nodes`. */
  readonly pages: readonly number[];
  /** Pages of a migration's second copy per host node, not in `pages`. */
  readonly copyPages: readonly number[];
  readonly totalPages: number;
  /** Largest-node share, 0 to 100; null for a VM without memory. */
  readonly largestNodeShare: number | null;
}

export interface HostMatrix {
  readonly nodes: readonly HostNodeRow[];
  readonly vms: readonly VmHostRow[];
  /** Sum over the VMs per host node, second copies included. */
  readonly columnPages: readonly number[];
}

/** Every host node in (host, nid) order, every VM, and the pages of each VM on each node. Cost follows the backing's runs. */
export function hostMatrix(snapshot: Snapshot): HostMatrix {
  const nodes = hostNodeRows(snapshot);
  const index = new Map(nodes.map((node, i) => [nodeKey(node.host, node.nid), i]));
  const vms = guestsOf(snapshot).map((guest, g): VmHostRow => {
    const pages = nodes.map(() => 0);
    const copyPages = nodes.map(() => 0);
    addBacking(snapshot, g, index, pages, copyPages);
    const totalPages = sum(pages);
    const largestNodeShare = totalPages === 0 ? null : Math.floor((100 * Math.max(...pages)) / totalPages);
    return { guest: g, name: guest.name, host: guest.host, pages, copyPages, totalPages, largestNodeShare };
  });
  const columnPages = nodes.map((_, i) => sum(vms.map((vm) => vm.pages[i]! + vm.copyPages[i]!)));
  return { nodes, vms, columnPages };
}

/** Every host node in (host, nid) order. */
export function hostNodeRows(snapshot: Snapshot): HostNodeRow[] {
  const { hostNodes } = snapshot.tables;
  return Array.from({ length: hostNodes.rows }, (_, i) => {
    const row = rowAt('hostNodes', hostNodes, i);
    const { name, cpus, nids } = snapshot.header.hosts[row.host]!;
    return { ...row, hostName: name, cpus: cpus[nids.indexOf(row.nid)] ?? [] };
  });
}

function addBacking(
  snapshot: Snapshot,
  guest: number,
  index: ReadonlyMap<number, number>,
  pages: number[],
  copyPages: number[],
): void {
  const [first, end] = rowsOf(snapshot, 'backing', guest);
  const { host, hostNid, pages: count, copy } = snapshot.tables.backing.columns;
  for (let row = first; row < end; row++) {
    const node = index.get(nodeKey(host![row]!, hostNid![row]!));
    if (node === undefined) continue;
    const into = copy![row] === 1 ? copyPages : pages;
    into[node] = into[node]! + count![row]!;
  }
}

const nodeKey = (host: number, nid: number): number => host * 65536 + nid;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
