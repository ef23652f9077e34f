/**
 * How the hosts' nodes are laid out on a surface: boxes as lstopo draws them while there is room for words in them,
 * small tiles beyond that. Numbers of pixels only; nothing is drawn here.
 *
 * (a) In boxes, memory has the same width in every node, so its area is proportional to its size; the largest node gets
 *     the height there is, and a node too thin to be seen is drawn LEAST_MEMORY high and flagged.
 * (b) Nodes are ordered by host and nid whatever their sizes, VMs within a node by guest. Nothing jumps when a page
 *     moves.
 */
import { idList } from './id-list.ts';
import { plural } from './number-format.ts';
import type { HostMatrix } from './host.ts';

export interface HostLayout {
  readonly kind: 'boxes' | 'tiles';
  /** Nodes of a row, over all hosts. */
  readonly columns: number;
  readonly nodeWidth: number;
  /** Of the largest node's memory, in boxes. */
  readonly memoryHeight: number;
}

export const BOX_LEAST_WIDTH = 96;
const BOX_MAX_WIDTH = 320;
/** Of a node that is alone. */
const LONE_WIDTH = 480;
export const TILE_LEAST_WIDTH = 116;
/** More nodes than this are tiles, however large the window. */
const MAX_BOXES = 32;
export const LEAST_MEMORY = 18;
const MEMORY_HEIGHT = { least: 132, most: 460 };
/** Head, CPUs and gaps of a box; name and padding of a host. */
const BOX_EXTRA = 84;
const HOST_EXTRA = 48;
const GAP = 8;
const HOST_PADDING = 20;

/**
 * @param nodes how many each host has
 * @param width of the surface
 * @param height of what can be seen at once; beyond it one scrolls
 */
export function hostLayout(nodes: readonly number[], width: number, height: number): HostLayout {
  const all = nodes.reduce((sum, n) => sum + n, 0);
  const inner = Math.max(1, width - HOST_PADDING);
  const tileColumns = Math.max(1, Math.floor((inner + GAP) / (TILE_LEAST_WIDTH + GAP)));
  const tiles: HostLayout = {
    kind: 'tiles',
    columns: tileColumns,
    nodeWidth: Math.floor((inner + GAP) / tileColumns) - GAP,
    memoryHeight: 0,
  };
  if (all > MAX_BOXES) return tiles;
  // Side by side if all hosts fit in one row, else one host below the other, its own nodes wrapped.
  const room = (columns: number, hosts: number): number =>
    Math.floor((width - hosts * HOST_PADDING - (hosts - 1) * GAP + GAP * hosts) / columns) - GAP;
  const oneRow = room(Math.max(1, all), Math.max(1, nodes.length));
  const most = Math.max(1, ...nodes);
  let columns = Math.max(1, all);
  let nodeWidth = oneRow;
  let rows = 1;
  let hostRows = 1;
  if (oneRow < BOX_LEAST_WIDTH) {
    const fit = Math.max(1, Math.floor((inner + GAP) / (BOX_LEAST_WIDTH + GAP)));
    columns = evenColumns(most, fit);
    rows = nodes.reduce((sum, n) => sum + Math.ceil(n / columns), 0);
    hostRows = nodes.length;
    nodeWidth = Math.floor((inner + GAP) / columns) - GAP;
  }
  const each = (height - hostRows * HOST_EXTRA - rows * BOX_EXTRA) / rows;
  const memoryHeight = Math.round(Math.max(MEMORY_HEIGHT.least, Math.min(MEMORY_HEIGHT.most, each)));
  if (rows * (memoryHeight + BOX_EXTRA) > 3 * height) return tiles;
  return {
    kind: 'boxes',
    columns,
    nodeWidth: Math.min(all > 1 ? BOX_MAX_WIDTH : LONE_WIDTH, nodeWidth),
    memoryHeight,
  };
}

/** As many columns as give rows of one length, or nearly: 8 nodes in room for 6 are 4 and 4. */
function evenColumns(nodes: number, fit: number): number {
  const rows = Math.max(1, Math.ceil(nodes / fit));
  return Math.max(1, Math.ceil(nodes / rows));
}

/** Height of a node's memory, and whether that is more than its share. */
export function memoryHeight(
  pages: number,
  mostPages: number,
  { memoryHeight: height }: HostLayout,
): { readonly height: number; readonly enlarged: boolean } {
  const exact = mostPages === 0 ? 0 : (height * pages) / mostPages;
  return exact < LEAST_MEMORY ? { height: LEAST_MEMORY, enlarged: pages > 0 } : { height: exact, enlarged: false };
}

export interface MemoryBand {
  readonly id: string;
  /** copy: a migration's second copy. */
  readonly kind: 'vm' | 'copy' | 'reserved' | 'free';
  /** Index of the guest; null for memory of no VM. */
  readonly guest: number | null;
  readonly pages: number;
}

/** What fills a host node, from the top: the VMs, second copies after their own, then reserved, then free. All of it. */
export function memoryBands({ nodes, vms }: HostMatrix, node: number): MemoryBand[] {
  const { reservedPages, freePages } = nodes[node]!;
  const bands: MemoryBand[] = vms.flatMap((vm): MemoryBand[] => [
    { id: `vm${vm.guest}`, kind: 'vm', guest: vm.guest, pages: vm.pages[node]! },
    { id: `copy${vm.guest}`, kind: 'copy', guest: vm.guest, pages: vm.copyPages[node]! },
  ]);
  bands.push({ id: 'reserved', kind: 'reserved', guest: null, pages: reservedPages });
  bands.push({ id: 'free', kind: 'free', guest: null, pages: freePages });
  return bands.filter(({ pages }) => pages > 0);
}

export type CpuPart =
  { readonly kind: 'cpu'; readonly cpu: number } | { readonly kind: 'more'; readonly count: number };

/** CPUs in a limited number of cells, as lstopo abbreviates them: the first, how many more, the last. */
export function factorCpus(cpus: readonly number[], most: number): CpuPart[] {
  const cell = (cpu: number): CpuPart => ({ kind: 'cpu', cpu });
  if (cpus.length <= most) return cpus.map(cell);
  const ends = Math.max(0, most - 1);
  const first = Math.ceil(ends / 2);
  const last = ends - first;
  return [
    ...cpus.slice(0, first).map(cell),
    { kind: 'more', count: cpus.length - ends },
    ...(last === 0 ? [] : cpus.slice(-last).map(cell)),
  ];
}

/** "20 CPUs 0-9,40-49"; "no CPUs". */
export const cpuText = (cpus: readonly number[]): string =>
  cpus.length === 0 ? 'no CPUs' : `${plural(cpus.length, 'CPU')} ${idList([...cpus].sort((a, b) => a - b))}`;

/** How warm a distance is, from 0 (local) to 1 (the farthest of this host). */
export function distanceHeat(distance: number, matrix: readonly (readonly number[])[]): number {
  const all = matrix.flat();
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return most === least ? 0 : (distance - least) / (most - least);
}
