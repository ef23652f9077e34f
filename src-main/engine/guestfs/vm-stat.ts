/**
 * The counters of /proc/vmstat and its likes by the kernel's names. What the guest does not simulate is 0: it has no page
 * cache, swap, writeback or reclaim, so their counters have nothing to count.
 */
import { NR_ZONES, NUMA_EVENTS, ZONE_NAMES } from '../mm/index.ts';
import { zoneIndex, type Mm } from '../mm/mm.ts';
import { numaEvents } from '../mm/numa-event.ts';
import { freeOf } from './kernel-counters.ts';

/** A counter of a zone; null when it is none of those that the guest has. */
export function zoneStat(mm: Mm, nid: number, zoneType: number, name: string): number {
  if (name === 'nr_free_pages') return freeOf(mm, nid, zoneType);
  if (zoneType >= NR_ZONES) return 0;
  const event = NUMA_EVENTS.findIndex((n) => n === name);
  return event < 0 ? 0 : numaEvents(mm, zoneIndex(nid, zoneType), event);
}

/** The same, of a whole node. */
export function nodeStat(mm: Mm, nid: number, name: string): number {
  let sum = 0;
  for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) sum += zoneStat(mm, nid, zoneType, name);
  return sum;
}

/** Index as mm.pageEvent. */
const PAGE_EVENTS: readonly string[] = [...ZONE_NAMES.map((name) => `pgalloc_${name.toLowerCase()}`), 'pgfree'];

/** The same, of the whole guest, and the events that no node has. */
export function guestStat(mm: Mm, name: string): number {
  const event = PAGE_EVENTS.indexOf(name);
  if (event >= 0) return mm.pageEvent[event]!;
  let sum = 0;
  for (let nid = 0; nid < mm.nrNodeIds; nid++) sum += nodeStat(mm, nid, name);
  return sum;
}

export const statLines = (names: readonly string[], value: (name: string) => number): string =>
  names.map((name) => `${name} ${value(name)}\n`).join('');
