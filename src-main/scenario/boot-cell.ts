/**
 * Where each guest cell of each VM lies at tick 0, counted and not dealt: how much of it is on which node.
 *
 * (a) A part of the memory that is dealt frame by frame gives each cell its share of every node; one that is filled node by
 *     node, or in runs, gives the lower cells the first nodes.
 * (b) Cells are those of the boot layout; a VM without cells is one cell 0. Cells without memory are none.
 * (c) Pages, in the order of the nodes' ids. A VM that does not fit is nowhere.
 */
import type { PlacementRule } from '../../shared/model/config.ts';
import { emptyRoom, placeGuest, wholeRoomByNode } from './fit.ts';
import { runsByNode } from './guest-map.ts';
import type { Scenario, ScenarioVm } from './schema.ts';
import { fitGuest, hostConfig } from './world-config.ts';

export interface BootCell {
  readonly vm: string;
  readonly cell: number;
  readonly pages: number;
  readonly nodes: readonly { readonly nid: number; readonly pages: number }[];
}

/** @param scenario one that was read without errors. */
export function bootCells(scenario: Scenario): BootCell[] {
  const hosts = new Map(scenario.hosts.map((host) => [host.name, hostConfig(host)]));
  const rooms = new Map([...hosts].map(([name, host]) => [name, emptyRoom(host)]));
  return scenario.vms.flatMap((vm) => {
    const host = hosts.get(vm.host)!;
    const room = rooms.get(vm.host)!;
    const guest = fitGuest(vm, host);
    const cells = cellsOf(vm).map((cell) => ({ ...cell, byNode: new Map<number, number>() }));
    for (const rule of guest.placement) {
      const before = wholeRoomByNode(room);
      placeGuest({ ...guest, placement: [rule] }, host, room);
      const after = wholeRoomByNode(room);
      const taken = new Map(
        inOrder(rule, [...before.keys()]).map((nid) => [nid, before.get(nid)! - (after.get(nid) ?? 0)]),
      );
      deal(rule, cells, taken);
    }
    return cells.map(({ cell, pages, byNode }) => ({
      vm: vm.name,
      cell,
      pages,
      nodes: [...byNode]
        .filter(([, of]) => of > 0)
        .map(([nid, of]) => ({ nid, pages: of }))
        .sort((a, b) => a.nid - b.nid),
    }));
  });
}

/** Nodes in the order in which a rule fills them; those that it does not name last. */
const inOrder = ({ nodes }: PlacementRule, nids: readonly number[]): number[] => [
  ...new Set([...nodes.filter((nid) => nids.includes(nid)), ...nids]),
];

interface Cell {
  readonly cell: number;
  readonly pages: number;
  readonly runs: readonly { readonly start: number; readonly end: number }[];
}

/** The cells of a VM with memory, ascending. */
export const cellsOf = (vm: ScenarioVm): Cell[] =>
  [...runsByNode(vm)]
    .map(([cell, runs]) => ({ cell, runs, pages: runs.reduce((sum, run) => sum + run.end - run.start, 0) }))
    .filter(({ pages }) => pages > 0)
    .sort((a, b) => a.cell - b.cell);

/** Gives what a rule has taken to the cells that lie in it. */
function deal(
  rule: PlacementRule,
  cells: readonly (Cell & { readonly byNode: Map<number, number> })[],
  taken: Map<number, number>,
): void {
  const within = cells.map(({ runs }) =>
    runs.reduce((sum, run) => sum + Math.max(0, Math.min(run.end, rule.end) - Math.max(run.start, rule.start)), 0),
  );
  let left = within.reduce((sum, pages) => sum + pages, 0);
  const dealt = rule.mode === 'interleave' || (rule.mode === 'shares' && rule.scatter);
  cells.forEach(({ byNode }, i) => {
    let need = within[i]!;
    if (need === 0) return;
    const part = need / left;
    left -= need;
    const shares = [...taken].map(([nid, pages]) => ({ nid, pages: dealt ? Math.floor(pages * part) : pages }));
    const give = (nid: number, pages: number): void => {
      const given = Math.min(pages, need, taken.get(nid)!);
      byNode.set(nid, (byNode.get(nid) ?? 0) + given);
      taken.set(nid, taken.get(nid)! - given);
      need -= given;
    };
    for (const { nid, pages } of shares) give(nid, pages);
    // What rounding down left over.
    for (const nid of taken.keys()) give(nid, need);
  });
}
