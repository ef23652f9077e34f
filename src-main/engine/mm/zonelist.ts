/**
 * Zonelists: for each node, the cells an allocation tries in turn. Nodes by distance from the preferred one (ties: lowest
 * node id), within a node zones from high to low ("node" order of 3.10). Only cells with present pages are in it.
 */
import { NR_ZONES } from './limit.ts';
import { cellOf, type Mm } from './mm.ts';
import { believedPresent } from './rfc/rfc-state.ts';

export function rebuildZonelists(mm: Mm): void {
  const present = believedPresent(mm);
  const nids = Array.from({ length: mm.nrNodeIds }, (_, n) => n);
  const populated = nids.filter((n) => {
    for (let z = 0; z < NR_ZONES; z++) if (present[cellOf(n, z)]! > 0) return true;
    return false;
  });
  mm.zonelist = nids.map((from) => {
    const distance = mm.topology.distances[from]!;
    const near = [...populated].sort((a, b) => {
      const da = a === from ? 0 : distance[a]!;
      const db = b === from ? 0 : distance[b]!;
      return da - db || a - b;
    });
    const cells: number[] = [];
    for (const n of near) {
      for (let z = NR_ZONES - 1; z >= 0; z--) if (present[cellOf(n, z)]! > 0) cells.push(cellOf(n, z));
    }
    return Uint16Array.from(cells);
  });
}
