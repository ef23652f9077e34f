/** Signed changes between two states of one guest, in pages, shown next to the figures. */
import { count } from './number-format.ts';
import type { GuestAccounting, NodeRow, ZoneRow } from './accounting.ts';
import type { WorldEvent } from '../model/event.ts';

/** "+61 204", "−12", "±0": a sign is never dropped. */
export const signed = (n: number): string => (n === 0 ? '±0' : n > 0 ? `+${count(n)}` : count(n));

/** The last commit of a VM's layout at or before a tick. */
export interface LastCommit {
  readonly tick: number;
  /** Index into the events. */
  readonly event: number;
}

/** @param events in the order in which they happened */
export function lastCommit(events: readonly WorldEvent[], vm: string, tick: number): LastCommit | null {
  for (let event = events.length - 1; event >= 0; event--) {
    const each = events[event]!;
    if (each.type === 'layoutCommitted' && each.vm === vm && each.tick <= tick) return { tick: each.tick, event };
  }
  return null;
}

/** The same (node, zone), or the same node, of another state. */
export const sameNode = (accounting: GuestAccounting | null, nid: number): NodeRow | undefined =>
  accounting?.nodes.find((node) => node.nid === nid);

export const sameZone = (accounting: GuestAccounting | null, nid: number, zone: number): ZoneRow | undefined =>
  sameNode(accounting, nid)?.zones.find((row) => row.zone === zone);
