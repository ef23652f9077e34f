/** The host side of a snapshot: tables in the row order that shared/columns states, and headers. */
import type { HostHeader, Table } from '../../../shared/columns/index.ts';
import { tableOf, TableWriter } from '../../../shared/columns/index.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { Backing } from './backing.ts';
import type { HostState } from './host-state.ts';

export function hostNodesTable(state: HostState): Table<'hostNodes'> {
  const rows = state.hosts.flatMap((host) =>
    host.nodes.map(({ nid, frames }) => {
      const { totalPages, freePages, usedPages, reservedPages } = frames;
      return { host: host.index, nid, totalPages, freePages, usedPages, reservedPages };
    }),
  );
  return tableOf('hostNodes', rows);
}

/** Within a guest by start, a primary extent before a second copy's at the same start. */
export function backingTable(state: HostState): Table<'backing'> {
  const copies = new Map(state.migrations.flatMap((m) => (m.copy === null ? [] : [[m.guest, m.copy] as const])));
  const w = new TableWriter('backing', state.guests.length);
  state.guests.forEach(({ backing }, guest) => {
    const copy = copies.get(guest);
    const both = copy === undefined ? [backing] : [backing, copy];
    for (const [source, i] of mergedByStart(both)) {
      const { start, pages, hostNid, frame } = both[source]!.extents[i]!;
      w.push({ guest, start, pages, host: both[source]!.host, hostNid, frame, copy: source });
    }
  });
  return w.table();
}

export function hostHeaders(hosts: readonly HostConfig[]): HostHeader[] {
  return hosts.map((h) => ({
    name: h.name,
    nids: h.nodes.map((n) => n.nid),
    cpus: h.nodes.map((n) => n.cpus),
    distances: h.distances,
  }));
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
