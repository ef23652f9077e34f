/**
 * The hosts: what each node holds, and which VM holds how much of it. All counts are 4 KiB pages.
 *
 * The score of a VM is its **largest-node share**: of the VM's memory, the percentage that its fullest host node backs,
 * rounded down, so that 100 means all of it on one node. It says how gathered the VM is, not whether it could be better.
 */
import { guestsOf, rowAt, rowsOf } from '../columns/index.ts';
import { percentDown, percentText, shareText, shareTexts } from './share.ts';
import type { Figures, Row, Snapshot } from '../columns/index.ts';

export interface HostNodeRow extends Row<'hostNodes'> {
  readonly hostName: string;
  readonly cpus: readonly number[];
}

/** What a VM has on one host node: pages of either kind are above 0. */
export interface VmPart {
  readonly guest: number;
  /** Index into `HostMatrix.nodes`. */
  readonly node: number;
  readonly pages: number;
  /** Of a migration's second copy, not in `pages`. */
  readonly copyPages: number;
}

export interface VmHostRow {
  readonly guest: number;
  readonly name: string;
  /** Index of the host where it runs. */
  readonly host: number;
  /** Ascending by node; a node without a page of the VM has none. */
  readonly parts: readonly VmPart[];
  /** Pages of its memory per host node, index as `HostMatrix.nodes`. Made when asked for: a world has 4,096 VMs. */
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
  /** What each host node holds, by guest. */
  readonly held: readonly (readonly VmPart[])[];
  /** Sum over the VMs per host node, second copies included. */
  readonly columnPages: readonly number[];
}

/** A snapshot does not change, and many views ask for the same matrix. */
const KNOWN = new WeakMap<Snapshot, HostMatrix>();

/** Every host node in (host, nid) order, every VM, and the pages of each VM on each node. Cost follows the backing's runs. */
export function hostMatrix(snapshot: Snapshot): HostMatrix {
  let matrix = KNOWN.get(snapshot);
  if (matrix === undefined) {
    matrix = makeMatrix(snapshot);
    KNOWN.set(snapshot, matrix);
  }
  return matrix;
}

function makeMatrix(snapshot: Snapshot): HostMatrix {
  const nodes = hostNodeRows(snapshot);
  const index = new Map(nodes.map((node, i) => [nodeKey(node.host, node.nid), i]));
  const held: VmPart[][] = nodes.map(() => []);
  const columnPages = nodes.map(() => 0);
  const vms = guestsOf(snapshot).map(({ name, host }, guest): VmHostRow => {
    const parts = partsOf(snapshot, guest, index);
    let [totalPages, most] = [0, 0];
    for (const part of parts) {
      totalPages += part.pages;
      most = Math.max(most, part.pages);
      held[part.node]!.push(part);
      columnPages[part.node] = columnPages[part.node]! + part.pages + part.copyPages;
    }
    const largestNodeShare = percentDown(most, totalPages);
    return vmRow(nodes.length, { guest, name, host, parts, totalPages, largestNodeShare });
  });
  return { nodes, vms, held, columnPages };
}

function vmRow(nodes: number, row: Omit<VmHostRow, 'pages' | 'copyPages'>): VmHostRow {
  const dense = (of: (part: VmPart) => number): readonly number[] => {
    const list = Array.from({ length: nodes }, () => 0);
    for (const part of row.parts) list[part.node] = of(part);
    return list;
  };
  let [pages, copyPages]: (readonly number[] | null)[] = [null, null];
  return {
    ...row,
    get pages() {
      return (pages ??= dense((part) => part.pages));
    },
    get copyPages() {
      return (copyPages ??= dense((part) => part.copyPages));
    },
  };
}

/** What of a VM's memory each host node has, in the order of the nodes; on its fullest it is its score. */
export const vmShares = ({ pages }: Pick<VmHostRow, 'pages'>): readonly string[] =>
  shareTexts(pages, pages.indexOf(Math.max(0, ...pages)));

export interface MemoryShares {
  readonly used: string;
  readonly reserved: string;
  readonly free: string;
}

/** Of one host node, or of several together. What VMs use and how full it is are rounded down; they stand alone elsewhere. */
export function memoryShares(
  nodes: readonly Pick<HostNodeRow, 'usedPages' | 'reservedPages' | 'freePages' | 'poolFreePages'>[],
): MemoryShares {
  const total = (name: 'usedPages' | 'reservedPages' | 'freePages' | 'poolFreePages'): number =>
    nodes.reduce((sum, node) => sum + node[name], 0);
  const [used, reserved, free] = [total('usedPages'), total('reservedPages'), total('freePages')];
  const inPools = total('poolFreePages');
  const whole = used + reserved + free + inPools;
  const kept = whole === 0 ? null : percentDown(used + reserved, whole)! - percentDown(used, whole)!;
  const isLess = reserved > 0 && (kept === 0 || 200 * reserved < whole);
  return {
    used: shareText(used, whole),
    reserved: isLess ? '<1 %' : percentText(kept),
    free: inPools > 0 ? shareText(free, whole) : shareTexts([used + reserved, free], 0)[1]!,
  };
}

/** Every host node in (host, nid) order. */
export function hostNodeRows(snapshot: Pick<Figures, 'header' | 'tables'>): HostNodeRow[] {
  const { hostNodes } = snapshot.tables;
  return Array.from({ length: hostNodes.rows }, (_, i) => {
    const row = rowAt('hostNodes', hostNodes, i);
    const { name, cpus, nids } = snapshot.header.hosts[row.host]!;
    return { ...row, hostName: name, cpus: cpus[nids.indexOf(row.nid)] ?? [] };
  });
}

function partsOf(snapshot: Snapshot, guest: number, index: ReadonlyMap<number, number>): VmPart[] {
  const [first, end] = rowsOf(snapshot, 'backing', guest);
  const { host, hostNid, pages, copy } = snapshot.tables.backing.columns;
  const parts = new Map<number, { guest: number; node: number; pages: number; copyPages: number }>();
  for (let row = first; row < end; row++) {
    const node = index.get(nodeKey(host[row]!, hostNid[row]!));
    if (node === undefined) continue;
    let part = parts.get(node);
    if (part === undefined) parts.set(node, (part = { guest, node, pages: 0, copyPages: 0 }));
    part[copy[row] === 1 ? 'copyPages' : 'pages'] += pages[row]!;
  }
  return [...parts.values()].filter((part) => part.pages + part.copyPages > 0).sort((a, b) => a.node - b.node);
}

const nodeKey = (host: number, nid: number): number => host * 65536 + nid;
