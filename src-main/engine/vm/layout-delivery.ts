/**
 * When the host delivers a layout to a guest, and which: one tick as a function of what has been delivered so far. The
 * guest (guest.ts) steps it in every tick; a forecast steps it over the ticks to come.
 *
 * When the backing changes, or regeneration is set, a delivery is due `delayTicks` later; then the layout is derived
 * from the backing of that moment.
 */
import type { LayoutRange, RegenerationConfig } from '../../../shared/model/config.ts';
import type { Backing, Fleet } from '../fleet/index.ts';
import { deriveLayout, type HostDistance, type NodeMap, remap } from './regeneration.ts';

/** What a layout delivery needs to know of the host. */
export interface HostTruth {
  readonly backing: Backing;
  /** Grows whenever the backing changes. */
  readonly generation: number;
  readonly distance: HostDistance;
}

/** The truth about one guest's memory, as its host has it now. */
export function truthOf(fleet: Fleet, guest: number): HostTruth {
  const { backing, generation } = fleet.guest(guest);
  return { backing, generation, distance: (from, to) => fleet.distance(from, to) };
}

/** Plain data, saved by its holder. */
export interface LayoutDelivery {
  readonly map: NodeMap;
  /** The backing for which a delivery was last made due, or that of boot. Stays behind while regeneration is off. */
  readonly seenGeneration: number;
  readonly dueTick: number | null;
}

/** No generation of a backing: the host has not looked at it under the settings in force. */
export const NOT_SEEN = -1;

/** Whether a layout is on its way, or will be in the next tick because regeneration has just been set. */
export const isDeliveryDue = (delivery: LayoutDelivery, { enabled }: RegenerationConfig): boolean =>
  delivery.dueTick !== null || (enabled && delivery.seenGeneration === NOT_SEEN);

/** Whether `deliverLayout` may give ranges in a tick. @param mayMove the backing may change before it. */
export function mayDeliver(
  { dueTick, seenGeneration }: LayoutDelivery,
  { enabled, delayTicks }: RegenerationConfig,
  { generation }: HostTruth,
  tick: number,
  mayMove: boolean,
): boolean {
  if (dueTick !== null) return dueTick <= tick;
  return enabled && delayTicks === 0 && (mayMove || generation !== seenGeneration);
}

/**
 * Notes a change of backing, and derives the layout that is due.
 * @param target the layout in force, expanded over the guest's pages.
 * @returns ranges: the layout to deliver in this tick; null when none is due. It may equal the one in force.
 */
export function deliverLayout(
  delivery: LayoutDelivery,
  regeneration: RegenerationConfig,
  truth: HostTruth,
  tick: number,
  target: () => readonly LayoutRange[],
  nrPages: number,
): { readonly delivery: LayoutDelivery; readonly ranges: readonly LayoutRange[] | null } {
  let { seenGeneration, dueTick } = delivery;
  if (regeneration.enabled && truth.generation !== seenGeneration) {
    seenGeneration = truth.generation;
    dueTick ??= tick + regeneration.delayTicks;
  }
  if (dueTick === null || tick < dueTick) {
    const changed = seenGeneration !== delivery.seenGeneration || dueTick !== delivery.dueTick;
    return { delivery: changed ? { map: delivery.map, seenGeneration, dueTick } : delivery, ranges: null };
  }
  const inForce = target();
  const map = remap(delivery.map, truth.backing, inForce, truth.distance);
  const ranges = deriveLayout(truth.backing, map, regeneration.granularityPages, nrPages, inForce);
  return { delivery: { map, seenGeneration, dueTick: null }, ranges };
}

export const sameRanges = (a: readonly LayoutRange[], b: readonly LayoutRange[]): boolean =>
  a.length === b.length && a.every((r, i) => r.start === b[i]!.start && r.end === b[i]!.end && r.nid === b[i]!.nid);
