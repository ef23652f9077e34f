/** The fleet's tables of a snapshot, in the row order that shared/columns states. */
import { type Table, tableOf, TableWriter } from '../../../shared/columns/index.ts';
import type { Backing } from './backing.ts';
import type { Fleet } from './fleet.ts';
import { figuresOf } from './host.ts';

export function hostNodesTable(fleet: Fleet): Table<'hostNodes'> {
  const rows = fleet.hosts.flatMap((host) =>
    host.nodes.map((node) => ({ host: host.index, nid: node.nid, ...figuresOf(node) })),
  );
  return tableOf('hostNodes', rows);
}

/** Known huge page pools, by node and page size. */
export function poolsTable(fleet: Fleet): Table<'pools'> {
  const rows = fleet.hosts.flatMap((host) =>
    host.nodes.flatMap(({ nid, pools }) =>
      (pools ?? [])
        .map(({ framePages, frames }) => {
          const { ownPages, freePages, usedPages, reservedPages } = frames;
          return { host: host.index, nid, framePages, totalPages: ownPages, freePages, usedPages, reservedPages };
        })
        .sort((a, b) => a.framePages - b.framePages),
    ),
  );
  return tableOf('pools', rows);
}

/** By the guests of a fleet, which never change: every snapshot and every saved state asks. */
const backingTables = new WeakMap<Fleet['guests'], Table<'backing'>>();

/** Within a guest by start, a primary extent before a second copy's at the same start. */
export function backingTable(fleet: Fleet): Table<'backing'> {
  const known = backingTables.get(fleet.guests);
  if (known !== undefined) return known;
  const table = makeBackingTable(fleet);
  backingTables.set(fleet.guests, table);
  return table;
}

function makeBackingTable(fleet: Fleet): Table<'backing'> {
  const w = new TableWriter('backing', fleet.guests.length);
  fleet.guests.forEach(({ backing, copy }, guest) => {
    const both = copy === null ? [backing] : [backing, copy];
    for (const [source, i] of mergedByStart(both)) {
      const { start, pages, host, hostNid, frame } = both[source]!.extents[i]!;
      w.push({ guest, start, pages, host, hostNid, frame, copy: source });
    }
  });
  return w.table();
}

/** [which backing, which extent], by start. */
function* mergedByStart(backings: readonly Backing[]): Generator<readonly [number, number]> {
  const at = backings.map(() => 0);
  for (;;) {
    let next = -1;
    let lowest = Infinity;
    backings.forEach((b, source) => {
      const start = b.extents[at[source]!]?.start ?? Infinity;
      if (start < lowest) [next, lowest] = [source, start];
    });
    if (next < 0) return;
    yield [next, at[next]!++];
  }
}
