/**
 * Memory plugged into a running guest: a whole DIMM (plugDimm), or one memory block of it by the guest's kernel
 * (probe). The host gives frames for all of it or rejects it; then the pages come into existence in the guest.
 */
import type { PfnRange } from '../../shared/units/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import type { DimmConfig } from '../../shared/model/config.ts';
import { assert } from './core/index.ts';
import type { Transfers } from './transfer/index.ts';
import { without } from './mm/index.ts';
import type { Guest } from './vm/index.ts';

export interface PlugPlace {
  readonly transfers: Transfers;
  readonly guest: Guest;
  /** Of the guest. */
  readonly index: number;
}

type Plugged =
  | { readonly rejection: Rejection; readonly events: null }
  | { readonly rejection: null; readonly events: readonly WorldEvent[] };

/** What of a DIMM is not plugged in yet. */
const restOf = (guest: Guest, { start, end }: DimmConfig): readonly PfnRange[] =>
  without([{ start, end }], guest.memory.state.plugged);

export function whyNotPlugDimm(place: PlugPlace, dimm: number): Rejection | null {
  const { guest } = place;
  const { name, dimms } = guest.config;
  const slot = dimms[dimm];
  if (slot === undefined) return { slug: 'dimm-unknown', vm: name, dimm, dimms: dimms.length };
  const rest = restOf(guest, slot);
  if (rest.length === 0) return { slug: 'dimm-plugged', vm: name, dimm };
  return whyNot(place, slot, rest);
}

function whyNot(
  { transfers, guest, index }: PlugPlace,
  slot: DimmConfig,
  pages: readonly PfnRange[],
): Rejection | null {
  if (guest.committing !== null) {
    return { slug: 'plug-commit', vm: guest.config.name, seq: guest.committing.seq };
  }
  return transfers.whyNotPlug(index, pages, slot.hostNodes);
}

/** @param dimm one that whyNotPlugDimm has let through. */
export function plugDimm(place: PlugPlace, dimm: number, tick: number): readonly WorldEvent[] {
  const slot = place.guest.config.dimms[dimm]!;
  const { rejection, events } = plug(place, slot, restOf(place.guest, slot), tick);
  assert(rejection === null, 'command-checked', { dimm });
  return events;
}

/** One memory block, which lies in a DIMM and is not plugged in. */
export function plugBlock(place: PlugPlace, block: PfnRange, tick: number): Plugged {
  const slot = place.guest.config.dimms.find((d) => d.start <= block.start && block.end <= d.end);
  if (slot === undefined || !place.guest.memory.mayPlug(block)) {
    return { rejection: { slug: 'dimm-none', pfn: block.start }, events: null };
  }
  const rejection = whyNot(place, slot, [block]);
  return rejection === null ? plug(place, slot, [block], tick) : { rejection, events: null };
}

function plug(place: PlugPlace, slot: DimmConfig, pages: readonly PfnRange[], tick: number): Plugged {
  const rejection = place.transfers.plug(place.index, pages, slot.hostNodes);
  if (rejection !== null) return { rejection, events: null };
  return { rejection: null, events: pages.flatMap((range) => [...place.guest.plug(range, tick)]) };
}
