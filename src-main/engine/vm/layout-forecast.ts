/** Which layout a guest will have when its memory has moved: layout deliveries (layout-delivery.ts) over ticks to come. */
import type { LayoutRange, RegenerationConfig } from '../../../shared/model/config.ts';
import type { Backing, HostNodeRef } from '../fleet/index.ts';
import { deliverLayout, type HostTruth, type LayoutDelivery } from './layout-delivery.ts';
import type { NodeMap } from './regeneration.ts';

/** How the backing of a guest would change: in `ticks` ticks, one after the other, from tick `from` on. */
export interface BackingChanges {
  readonly from: number;
  readonly ticks: number;
  /** The backing after the host's step of a tick; asked for in ascending order. */
  readonly at: (tick: number) => Backing;
  /** Host nodes that may ever back a page of it. */
  readonly hostNodes: Iterable<HostNodeRef>;
}

/** Extents that a forecast may walk for layouts delivered along the way. */
const MAX_EXTENTS_WALKED = 2 ** 19;

/** A guest as it stands, as far as its next layouts depend on it. */
interface DeliveryState {
  readonly delivery: LayoutDelivery;
  readonly regeneration: RegenerationConfig;
  /** The layout in force, or that of the commit under way. */
  readonly inForce: readonly LayoutRange[];
  readonly nrPages: number;
  readonly framePages: number;
}

/**
 * The layout that will be in force when all changes have been delivered and no one else commits one; null when no layout
 * is delivered to the guest. Nothing changes.
 *
 * Layouts delivered along the way are derived too, since numbers given to host nodes and ties in coarse windows depend
 * on them: all of them, while that walks at most MAX_EXTENTS_WALKED extents; then only the last.
 */
export function forecastLayout(
  { regeneration, nrPages, framePages, ...now }: DeliveryState,
  truth: HostTruth,
  changes: BackingChanges,
  tick: number,
): readonly LayoutRange[] | null {
  if (!regeneration.enabled) return null;
  const last = changes.from + changes.ticks - 1;
  const truthAt = (at: number): HostTruth => {
    const changed = Math.min(changes.ticks, Math.max(0, at - changes.from + 1));
    return { backing: changes.at(at), generation: truth.generation + changed, distance: truth.distance };
  };
  let { delivery, inForce: target } = now;
  let walked = 0;
  for (let at = tick; ;) {
    const isTooMuch = walked > MAX_EXTENTS_WALKED;
    if (at < last && (isTooMuch || isLastAlone(delivery.map, changes, regeneration, framePages))) at = last;
    const then = truthAt(at);
    const next = deliverLayout(delivery, regeneration, then, at, () => target, nrPages);
    delivery = next.delivery;
    if (next.ranges !== null) {
      target = next.ranges;
      walked += then.backing.extents.length;
    }
    if (delivery.dueTick !== null) at = delivery.dueTick;
    else if (changes.ticks === 0 || at >= last) return target;
    else at = Math.max(at + 1, changes.from);
  }
}

/** Whether the last layout is the same whichever were delivered before it: no numbers to give, no ties in a window. */
function isLastAlone(
  map: NodeMap,
  changes: BackingChanges,
  { granularityPages }: RegenerationConfig,
  framePages: number,
): boolean {
  if (granularityPages > framePages) return false;
  for (const { host, hostNid } of changes.hostNodes) {
    if (!map.nodes.some((ref) => ref?.host === host && ref.hostNid === hostNid)) return false;
  }
  return true;
}
