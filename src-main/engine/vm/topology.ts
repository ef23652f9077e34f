/**
 * Where a guest's CPUs run, and how far its nodes are from each other, once a layout has moved its memory.
 *
 * (a) The host runs a guest's CPUs where its memory is: in proportion to the pages of each node, in whole CPUs by
 *     largest remainder, among the nodes that represent a host node with CPUs (or no known host node). A CPU stays
 *     where it was at boot as long as its node has a share for it. The result follows from the layout alone.
 * (b) Distances are those of the represented host nodes when the host delivers the layout. Where a node represents
 *     none, and for a layout that no host delivered, the distances before remain.
 * (c) A guest learns of it only with BeyondConfig.topology, together with the layout and as one numbered topology.
 *     Without it the guest keeps the map of boot: a node that it did not boot with has no CPU, and tasks allocate
 *     where the old map says that they are.
 */
import type { HostConfig } from '../../../shared/model/config.ts';
import type { Memlayout } from '../mm/memlayout.ts';
import { type Mm, type Topology, validIn } from '../mm/mm.ts';
import type { NodeMap } from './regeneration.ts';

/** Pages of each node by a layout, index nid. */
export function pagesByNode(mm: Mm, layout: Memlayout): Float64Array {
  const pages = new Float64Array(mm.nrNodeIds);
  for (let r = 0; r < layout.count; r++) {
    pages[layout.nid[r]!]! += validIn(mm, layout.start[r]!, layout.start[r + 1]!);
  }
  return pages;
}

/** (a). Index CPU. */
export function cpusWhereMemoryIs(
  boot: readonly number[],
  pages: ArrayLike<number>,
  map: NodeMap,
  hosts: readonly HostConfig[],
): number[] {
  const nids = Array.from({ length: pages.length }, (_, nid) => nid).filter((nid) => pages[nid]! > 0);
  const withCpus = nids.filter((nid) => mayRunCpus(map, hosts, nid));
  const left = sharesOf(withCpus.length > 0 ? withCpus : nids, pages, boot.length);
  const take = (nid: number): boolean => {
    const share = left.get(nid) ?? 0;
    left.set(nid, share - 1);
    return share > 0;
  };
  const placed = boot.map((nid) => (take(nid) ? nid : -1));
  const free = [...left]
    .sort(([a], [b]) => a - b)
    .flatMap(([nid, share]) => new Array<number>(Math.max(0, share)).fill(nid));
  return placed.map((nid) => (nid === -1 ? free.shift()! : nid));
}

function mayRunCpus(map: NodeMap, hosts: readonly HostConfig[], nid: number): boolean {
  const ref = map.nodes[nid];
  if (ref == null) return true;
  const node = hosts[ref.host]?.nodes.find((each) => each.nid === ref.hostNid);
  return node === undefined || node.cpus.length > 0;
}

/** `count` whole shares in proportion to pages, by largest remainder; ties go to the lowest id. */
function sharesOf(nids: readonly number[], pages: ArrayLike<number>, count: number): Map<number, number> {
  let total = 0;
  for (const nid of nids) total += pages[nid]!;
  const exact = nids.map((nid) => ({ nid, share: (count * pages[nid]!) / total }));
  const shares = new Map(exact.map(({ nid, share }) => [nid, Math.floor(share)]));
  let rest = count - [...shares.values()].reduce((sum, share) => sum + share, 0);
  const byRemainder = [...exact].sort((a, b) => (b.share % 1) - (a.share % 1) || a.nid - b.nid);
  for (const { nid } of byRemainder) if (rest-- > 0) shares.set(nid, shares.get(nid)! + 1);
  return shares;
}

/** (b). `before` where the host has nothing to say. */
export function distancesOfHost(
  before: readonly (readonly number[])[],
  map: NodeMap,
  hosts: readonly HostConfig[],
): readonly (readonly number[])[] {
  const place = map.nodes.map((ref) => {
    if (ref === null) return null;
    const position = hosts[ref.host]?.nodes.findIndex(({ nid }) => nid === ref.hostNid) ?? -1;
    return position < 0 ? null : { host: ref.host, position };
  });
  return before.map((row, from) =>
    row.map((distance, to) => {
      const [a, b] = [place[from] ?? null, place[to] ?? null];
      if (from === to || a === null || b === null || a.host !== b.host) return distance;
      return hosts[a.host]!.distances[a.position]![b.position]!;
    }),
  );
}

/** The next topology; null when it says what the one in force says. */
export function nextTopology(
  now: Topology,
  cpuNode: readonly number[],
  distances: readonly (readonly number[])[],
): Topology | null {
  const same = String(now.cpuNode) === String(cpuNode) && String(now.distances) === String(distances);
  return same ? null : { generation: now.generation + 1, cpuNode, distances };
}
