/** Inks of a snapshot's nodes: colour means host node, so a guest node wears the ink of the host node it stands for. */
import type { SnapshotHeader } from '../../shared/columns/index.ts';
import type { NodeRow } from '../../shared/view/accounting.ts';
import { NodeColourTable } from '../../shared/view/node-colour.ts';
import type { NodeColour } from '../../shared/view/node-colour.ts';
import type { InkSet } from './ink.ts';
import type { InkedNode, NodeInks } from './map-canvas.ts';

/** @param nodes of the guest, as nodeRows gives them. */
function nodeInks(
  header: Pick<SnapshotHeader, 'hosts'>,
  nodes: readonly Pick<NodeRow, 'nid' | 'standsFor'>[],
  set: InkSet,
): NodeInks {
  const table = new NodeColourTable(header);
  const byNid = new Map(nodes.map((node) => [node.nid, node]));
  const made = new Map<string, InkedNode>();
  const inked = (key: string, colour: () => NodeColour): InkedNode => {
    let node = made.get(key);
    if (node === undefined) {
      const { index, label } = colour();
      made.set(key, (node = { ink: set.of(index), label }));
    }
    return node;
  };
  return {
    set,
    host: (host, nid) => inked(`${host}:${nid}`, () => table.ofHostNode(host, nid)),
    guest: (nid) => inked(`${nid}`, () => table.ofGuestNode(byNid.get(nid), nid)),
  };
}

/** Gives the same object for a guest while its inks look the same, so that what was painted with them can stay. */
export class InkMemory {
  readonly #kept = new Map<number, { readonly key: string; readonly inks: NodeInks }>();

  inks(
    guest: number,
    header: Pick<SnapshotHeader, 'hosts'>,
    nodes: readonly Pick<NodeRow, 'nid' | 'standsFor'>[],
    set: InkSet,
  ): NodeInks {
    const key = JSON.stringify([
      header.hosts.map(({ nids }) => nids),
      nodes.map(({ nid, standsFor }) => [nid, standsFor]),
    ]);
    const had = this.#kept.get(guest);
    if (had?.key === key && had.inks.set === set) return had.inks;
    const inks = nodeInks(header, nodes, set);
    this.#kept.set(guest, { key, inks });
    return inks;
  }
}
