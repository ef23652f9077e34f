/**
 * Statistics that the RFC's author counted in his later tree, as far as they are not counted elsewhere: by node
 * (nodeStat, index nid * NR_NODE_STATS + one of the numbers below) and for the whole guest (commitStat). Since boot;
 * pages unless said otherwise.
 */
import { NR_NODE_STATS, NR_ZONES } from './limit.ts';
import type { Mm } from './mm.ts';

/** Came to the node when they were freed, per-CPU lists included. */
export const ON_FREE = 0;
/** Came to the node, or left it, in the sweep of a commit. */
export const FREELIST_ADD = 1;
export const FREELIST_REMOVE = 2;
/** Zones of the node whose per-CPU lists were set up because they got their first pages; zones whose sizes were set anew. */
export const PCP_SETUP = 3;
export const PCP_UPDATE = 4;

export function countForNode(mm: Mm, nid: number, stat: number, n: number): void {
  mm.nodeStat[nid * NR_NODE_STATS + stat]! += n;
}

/** Free pages on each node's lists, and what the sweeps have given it so far: to be asked before a sweep and after. */
function listed(mm: Mm): Float64Array {
  const pages = new Float64Array(mm.nrNodeIds);
  mm.zones.free.forEach((free, c) => (pages[Math.floor(c / NR_ZONES)]! += free));
  return pages;
}

/** Counts what leaves each node's lists while `sweep` gives pages to nodes and nothing else happens. */
export function countRemoved(mm: Mm, sweep: () => number): number {
  const before = listed(mm);
  const given = mm.nodeStat.slice();
  const moved = sweep();
  const after = listed(mm);
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    const i = nid * NR_NODE_STATS;
    const came = mm.nodeStat[i + FREELIST_ADD]! - given[i + FREELIST_ADD]!;
    mm.nodeStat[i + FREELIST_REMOVE]! += before[nid]! + came - after[nid]!;
  }
  return moved;
}

/** After the per-CPU sizes have been set: zones that have been set up, as far as the kernel looks at them. */
export function countUpdated(mm: Mm): void {
  for (let c = 0; c < mm.zoneCount; c++) {
    const nid = Math.floor(c / NR_ZONES);
    if (mm.zones.initialised[c] === 0 || (mm.rfc !== null && c % NR_ZONES >= mm.rfc.nrZones[nid]!)) continue;
    countForNode(mm, nid, PCP_UPDATE, 1);
  }
}

/** Numbers before those of the nodes in `statsNow`, by name. */
export const GUEST_STATS = [
  'hit',
  'miss',
  'withRebuild',
  'withoutRebuild',
  'drains',
  'splitPages',
  'lookupsRight',
] as const;

/** All of it at this moment: GUEST_STATS, then NR_NODE_STATS for each node. */
export function statsNow(mm: Mm): Float64Array {
  const { withRebuild, withoutRebuild, drains, splitPages } = mm.commitStat;
  const right = mm.rfc?.counters.lookupsRight ?? 0;
  const guest = [mm.lookups.hit, mm.lookups.miss, withRebuild, withoutRebuild, drains, splitPages, right];
  const stats = new Float64Array(guest.length + mm.nodeStat.length);
  stats.set(guest);
  stats.set(mm.nodeStat, guest.length);
  return stats;
}
