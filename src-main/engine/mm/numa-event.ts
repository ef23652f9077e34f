/**
 * NUMA events of allocations, by zone: zone_statistics of the kernel. An allocation counts once, whatever its order.
 *
 * - hit: the zone gave it, and the node was the preferred one; miss: another node was;
 * - foreign: the zone was preferred, another node gave it;
 * - local: the zone gave it to a CPU of its own node; other: to one of another node.
 *
 * And the pages of all allocations by zone, and of all frees (pgalloc_<zone> and pgfree of vmstat).
 *
 * Counters changed: numaEvent, pageEvent.
 */
import { NR_NUMA_EVENTS, NR_ZONES } from './limit.ts';
import type { Mm } from './mm.ts';

const [HIT, MISS, FOREIGN, , LOCAL, OTHER] = [0, 1, 2, 3, 4, 5] as const;

export const numaEvents = (mm: Mm, zone: number, event: number): number => mm.numaEvent[zone * NR_NUMA_EVENTS + event]!;

/** Of pageEvent: pages allocated from each zone come first. */
export const PAGES_FREED = NR_ZONES;

const nidOfZone = (zone: number): number => (zone / NR_ZONES) | 0;

/** An allocation. @param preferred the first zone of the list that was tried. */
export function countAllocation(mm: Mm, preferred: number, zone: number, cpu: number, order: number): void {
  const nid = nidOfZone(zone);
  mm.pageEvent[zone - nid * NR_ZONES]! += 1 << order;
  const events = mm.numaEvent;
  const at = zone * NR_NUMA_EVENTS;
  if (nid === nidOfZone(preferred)) events[at + HIT]!++;
  else {
    events[at + MISS]!++;
    events[preferred * NR_NUMA_EVENTS + FOREIGN]!++;
  }
  events[at + (mm.topology.cpuNode[cpu] === nid ? LOCAL : OTHER)]!++;
}
