/**
 * Zonelists: for each node, the zones an allocation tries in turn. Only zones with present pages are in one.
 *
 * (a) Nodes: the node itself, then the nearest that is not in the list yet (find_next_best_node): by distance, the
 *     next node before a previous one, one without CPUs before one with; where these tie, the one that fewer lists
 *     have as the first of a distance, then the lowest id. The lists are made in the order of the nodes.
 * (b) A kernel that boots does not know yet which nodes have CPUs: lists made then ignore CPUs.
 * (c) Zones from high to low within a node. In 3.10 all nodes' Normal zones may come first instead, by how much of the
 *     memory is below them (default_zonelist_order, on managed pages: patch 30 of the RFC).
 */
import { ERA_RULES } from './era.ts';
import { NR_ZONES, ZONE_NORMAL } from './limit.ts';
import { zoneIndex, type Mm } from './mm.ts';
import { kernelManaged, kernelPresent } from './rfc/rfc-state.ts';

/** @param when the lists of a kernel that boots, or made anew while it runs: (b). */
export function rebuildZonelists(mm: Mm, when: 'boot' | 'running'): void {
  const present = kernelPresent(mm);
  const orders = fallbackOrders(mm, when);
  const byZone = zonesFirst(mm);
  mm.zonelist = orders.map((nids) => {
    const zones: number[] = [];
    const add = (nid: number, zoneType: number): void => {
      if (present[zoneIndex(nid, zoneType)]! > 0) zones.push(zoneIndex(nid, zoneType));
    };
    if (byZone) {
      for (let z = NR_ZONES - 1; z >= 0; z--) for (const nid of nids) add(nid, z);
    } else {
      for (const nid of nids) for (let z = NR_ZONES - 1; z >= 0; z--) add(nid, z);
    }
    return Uint16Array.from(zones);
  });
}

/**
 * "Fallback order for Node N" of a 6.1 kernel's log, by node id: the node itself, then those with memory. A node that is
 * not online has a list of its own too; in 3.10 it charges nobody.
 */
export function fallbackOrders(mm: Mm, when: 'boot' | 'running'): readonly (readonly number[])[] {
  const present = kernelPresent(mm);
  const nids = Array.from({ length: mm.nrNodeIds }, (_, n) => n);
  const populated = nids.filter((n) => {
    for (let z = 0; z < NR_ZONES; z++) if (present[zoneIndex(n, z)]! > 0) return true;
    return false;
  });
  const hasCpu = new Set(when === 'boot' ? [] : mm.topology.cpuNode);
  const load = new Float64Array(mm.nrNodeIds);
  return nids.map((from) => fallbackOrder(mm, from, populated, hasCpu, load));
}

function fallbackOrder(
  mm: Mm,
  from: number,
  populated: readonly number[],
  hasCpu: ReadonlySet<number>,
  load: Float64Array,
): number[] {
  const { nodeLoad, listsOfPossible } = ERA_RULES[mm.config.profile.era];
  const distance = mm.topology.distances[from]!;
  let onlineNodes = 0;
  for (const online of mm.online) onlineNodes += online;
  const order = [from];
  const left = new Set(populated);
  left.delete(from);
  let before = distance[from]!;
  while (left.size > 0) {
    const next = bestNode(from, distance, left, hasCpu, load);
    if (distance[next] !== before && (listsOfPossible || mm.online[from] === 1))
      load[next] = nodeLoad(load[next]!, onlineNodes, order.length);
    before = distance[next]!;
    left.delete(next);
    order.push(next);
  }
  return order;
}

function bestNode(
  from: number,
  distance: readonly number[],
  nids: ReadonlySet<number>,
  hasCpu: ReadonlySet<number>,
  load: Float64Array,
): number {
  let best = -1;
  let bestWeight = Infinity;
  // Ascending, so the lowest id wins a tie.
  for (const nid of nids) {
    const weight = distance[nid]! + (nid < from ? 1 : 0) + (hasCpu.has(nid) ? 1 : 0);
    if (weight > bestWeight || (weight === bestWeight && load[nid]! >= load[best]!)) continue;
    best = nid;
    bestWeight = weight;
  }
  return best;
}

/**
 * Whether 3.10 orders its lists by zone: not where a node has no Normal zone, nor where the zones below Normal are more
 * than half of the memory, nor where they are most of a node that is not small.
 */
export function zonesFirst(mm: Mm): boolean {
  if (!ERA_RULES[mm.config.profile.era].zoneOrder) return false;
  const present = kernelPresent(mm);
  const managed = kernelManaged(mm);
  const online = Array.from(mm.online.keys()).filter((nid) => mm.online[nid] === 1);
  const below = (nid: number): number => {
    let pages = 0;
    for (let z = 0; z < ZONE_NORMAL; z++) pages += managed[zoneIndex(nid, z)]!;
    return pages;
  };
  if (online.some((nid) => present[zoneIndex(nid, ZONE_NORMAL)] === 0)) return false;
  const lows = online.map(below);
  const totals = online.map((nid, i) => lows[i]! + managed[zoneIndex(nid, ZONE_NORMAL)]!);
  const low = lows.reduce((a, b) => a + b, 0);
  const total = totals.reduce((a, b) => a + b, 0);
  if (low === 0 || low > Math.floor(total / 2)) return false;
  const average = Math.floor(total / (online.length + 1));
  return !lows.some((pages, i) => pages > 0 && totals[i]! > average && pages > Math.floor((totals[i]! * 70) / 100));
}
