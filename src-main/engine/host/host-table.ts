/** The host side of a snapshot: tables in the row order that shared/snapshot states, and headers. */
import type { HostHeader, Table } from '../../../shared/columns/index.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { Backing } from './backing.ts';
import type { HostState } from './host-state.ts';

export function hostNodesTable(state: HostState): Table {
  const rows = state.hosts.flatMap((host) => host.nodes.map((node) => ({ host: host.index, ...node })));
  return {
    rows: rows.length,
    columns: {
      host: Uint16Array.from(rows, (r) => r.host),
      nid: Uint16Array.from(rows, (r) => r.nid),
      totalPages: Uint32Array.from(rows, (r) => r.frames.totalPages),
      freePages: Uint32Array.from(rows, (r) => r.frames.freePages),
      usedPages: Uint32Array.from(rows, (r) => r.frames.usedPages),
      reservedPages: Uint32Array.from(rows, (r) => r.frames.reservedPages),
    },
  };
}

/** Within a guest by start, a primary extent before a second copy's at the same start. */
export function backingTable(state: HostState): Table {
  const sources = state.guests.map(({ backing }, g) => ({
    backing,
    copy: state.migrations.find((m) => m.guest === g && m.copy !== null)?.copy ?? null,
  }));
  const rows = sources.reduce((n, s) => n + s.backing.extents.length + (s.copy?.extents.length ?? 0), 0);
  const columns = {
    guest: new Uint16Array(rows),
    start: new Uint32Array(rows),
    pages: new Uint32Array(rows),
    host: new Uint16Array(rows),
    hostNid: new Uint16Array(rows),
    frame: new Uint32Array(rows),
    copy: new Uint8Array(rows),
  };
  let row = 0;
  sources.forEach(({ backing, copy }, guest) => {
    const both = [backing, ...(copy === null ? [] : [copy])];
    for (const [source, i] of mergedByStart(both)) {
      const extent = both[source]!.extents[i]!;
      columns.guest[row] = guest;
      columns.start[row] = extent.start;
      columns.pages[row] = extent.pages;
      columns.host[row] = both[source]!.host;
      columns.hostNid[row] = extent.hostNid;
      columns.frame[row] = extent.frame;
      columns.copy[row] = source;
      row++;
    }
  });
  return { rows, columns };
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
