/**
 * How the hosts' nodes are laid out on a surface: boxes as lstopo draws them while there is room for words in them,
 * small tiles beyond that. Numbers of pixels only; nothing is drawn here.
 *
 * (a) In boxes, memory has the same width in every node, so its area is proportional to its size; the largest node gets
 *     the height there is, and a node too thin to be seen is drawn LEAST_MEMORY high and flagged.
 * (b) Nodes are ordered by host and nid whatever their sizes. Nothing jumps when a page moves.
 * (c) More than MAX_BOXES nodes are tiles; more than MAX_OPEN are collapsed by host, and what is opened is laid out for
 *     itself.
 */
import { idList } from './id-list.ts';
import { plural } from './number-format.ts';

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
const MAX_BOXES = 16;
/** More nodes than this, of several hosts, are collapsed by host. */
const MAX_OPEN = 64;
export const LEAST_MEMORY = 2;
const MEMORY_HEIGHT = { least: 132, most: 460 };
/** A narrower box says its CPUs in words alone. */
export const CELLS_FROM = 200;
/** Head, CPUs, the line below the memory and gaps of a box, with the cells of its CPUs and without. */
const BOX_EXTRA = { cells: 92, words: 74 };
/** Name and padding of a host. */
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
  const extra = nodeWidth < CELLS_FROM ? BOX_EXTRA.words : BOX_EXTRA.cells;
  const each = (height - hostRows * HOST_EXTRA - rows * extra) / rows;
  const memoryHeight = Math.round(Math.max(MEMORY_HEIGHT.least, Math.min(MEMORY_HEIGHT.most, each)));
  if (rows * (memoryHeight + extra) > 3 * height) return tiles;
  return {
    kind: 'boxes',
    columns,
    nodeWidth: Math.min(all > 1 ? BOX_MAX_WIDTH : LONE_WIDTH, nodeWidth),
    memoryHeight,
  };
}

/** Whether there are so many nodes that each host is shown in one line until it is opened. */
export const isCollapsed = (nodes: readonly number[]): boolean =>
  nodes.length > 1 && nodes.reduce((sum, n) => sum + n, 0) > MAX_OPEN;

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
