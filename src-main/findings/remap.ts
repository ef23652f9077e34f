/** Where the cells of a VM could go on a host that lacks the nodes they are bound to. */
import { pagesFromKib } from '../../shared/units/index.ts';
import { idList } from '../../shared/view/id-list.ts';
import { mib, nodes as nodesText } from './text.ts';
import type { CellView, HostView, VmView } from './view.ts';
import { mostAvailablePages, mostFreeHugePages, SMALL_PAGE_KIB } from './view.ts';

/** Room by node: of ordinary memory in pages, of a huge page size in pages of the host too. */
class Room {
  readonly #host: HostView;
  readonly #taken = new Map<string, number>();

  constructor(host: HostView) {
    this.#host = host;
  }

  of(nid: number, pageKib: number): number {
    const node = this.#host.node(nid)!;
    const all =
      pageKib === SMALL_PAGE_KIB ? mostAvailablePages(node) : mostFreeHugePages(node, pageKib) * pagesFromKib(pageKib);
    return all - (this.#taken.get(`${nid} ${pageKib}`) ?? 0);
  }

  take(nid: number, pageKib: number, pages: number): void {
    const key = `${nid} ${pageKib}`;
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + pages);
  }
}

const needOf = (cell: CellView): number => cell.frames * pagesFromKib(cell.pageKib);

/** Node of each cell, with as few nodes as a greedy choice gives; null where a cell finds no room. */
function remapOf(vm: VmView, host: HostView): ReadonlyMap<CellView, number> | null {
  const nids = host.cpuNodes.filter((node) => node.totalPages > 0).map((node) => node.nid);
  for (const nid of nids) {
    const room = new Room(host);
    const fits = vm.cells.every((cell) => {
      const holds = room.of(nid, cell.pageKib) >= needOf(cell);
      room.take(nid, cell.pageKib, needOf(cell));
      return holds;
    });
    if (fits) return new Map(vm.cells.map((cell) => [cell, nid]));
  }
  const room = new Room(host);
  const placed = new Map<CellView, number>();
  for (const cell of vm.cells.toSorted((a, b) => needOf(b) - needOf(a))) {
    const nid = nids
      .filter((each) => room.of(each, cell.pageKib) >= needOf(cell))
      .toSorted((a, b) => room.of(b, cell.pageKib) - room.of(a, cell.pageKib) || a - b)[0];
    if (nid === undefined) return null;
    room.take(nid, cell.pageKib, needOf(cell));
    placed.set(cell, nid);
  }
  return placed;
}

interface Remap {
  /** A sentence: where it fits, or that it does not. */
  readonly text: string;
  /** Nodes of the remap, ascending; null: there is none. */
  readonly nodes: readonly number[] | null;
}

export function remapText(vm: VmView, host: HostView): Remap {
  const remap = remapOf(vm, host);
  const rooms = host.cpuNodes
    .map((node) => `node ${node.nid} has ${mib(mostAvailablePages(node))} outside of huge page pools`)
    .join(', ');
  if (remap !== null) {
    const nodes = [...new Set(remap.values())].sort((a, b) => a - b);
    const parts = nodes.map((nid) => {
      const ids = [...remap].flatMap(([cell, on]) => (on === nid && cell.id !== null ? [cell.id] : []));
      const what =
        ids.length === 0 ? 'all of it' : `cell${ids.length === 1 ? '' : 's'} ${idList(ids.sort((a, b) => a - b))}`;
      return `${what} to node ${nid}`;
    });
    return { text: `A remap that fits: ${parts.join(', ')}; or no binding (${rooms}).`, nodes };
  }
  const all = new Room(host);
  const isRoom = [...new Set(vm.cells.map((cell) => cell.pageKib))].every((pageKib) => {
    const need = vm.cells.reduce((sum, cell) => sum + (cell.pageKib === pageKib ? needOf(cell) : 0), 0);
    return host.cpuNodes.reduce((sum, node) => sum + Math.max(0, all.of(node.nid, pageKib)), 0) >= need;
  });
  if (isRoom)
    return {
      text: `No remap of whole cells fits; without a binding it fits over ${nodesText(host.cpuNodes.map((node) => node.nid))} (${rooms}).`,
      nodes: null,
    };
  return { text: `It does not fit there at all now, remapped or without a binding (${rooms}).`, nodes: null };
}
