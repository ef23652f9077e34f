/**
 * All hosts and where every guest's memory is, as a value. `apply` makes another fleet of a move and shares with this one
 * all that the move does not touch, so a planner can keep as many as it likes and try moves without a world.
 *
 * A guest holds the frames of its backing (the truth about each page) and those of a second copy, which backs nothing
 * yet: the destination of a migration. Law H1 (check.ts) holds after every move.
 */
import type { PlacementProblem } from '../../../shared/model/placement.ts';
import type { GuestConfig, HomesConfig } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert } from '../core/index.ts';
import { Backing, type BackingExtent, endOf, ExtentRun, framesByNode, type HostNodeRef } from './backing.ts';
import { dealFrames, type DealStep } from './deal.ts';
import { type Area, areaAt, type GuestMemory, guestMemory, withPlugged } from './guest-memory.ts';
import { type HeldFrames, heldFrames } from './held-frames.ts';
import { type FrameKind, Host } from './host.ts';
import { placeGuest } from './placement.ts';

export interface FleetGuest {
  readonly name: string;
  readonly memory: GuestMemory;
  /** Index of the host that runs its CPUs. */
  readonly host: number;
  readonly backing: Backing;
  /** Frames held besides those of the backing, for the pages they will back; null when there are none. */
  readonly copy: Backing | null;
  /** Grows whenever `backing` changes. */
  readonly generation: number;
  readonly homes: HomesConfig;
}

/** Bound to nothing. */
const ANYWHERE: HomesConfig = { cpus: null, allowed: null, named: [], preferred: null };

export const homesOf = ({ homes = ANYWHERE }: GuestConfig): HomesConfig => homes;

/**
 * One change of a fleet, as plain data. `guest` is an index; `steps` say which nodes of a host give how many frames, and
 * have room for them (deal.ts).
 */
export type Move =
  /** Windows of one area of the guest move to other frames of a host. Targets are taken before sources are given back. */
  | {
      readonly type: 'relocate';
      readonly guest: number;
      readonly host: number;
      readonly windows: readonly PfnRange[];
      readonly steps: readonly DealStep[];
    }
  /** A second copy is made room for: frames for all windows of the guest, area by area. */
  | { readonly type: 'reserve'; readonly guest: number; readonly host: number; readonly steps: readonly DealStep[] }
  /** The second copy is given up. */
  | { readonly type: 'release'; readonly guest: number }
  /** Windows of the second copy back their pages from now on; the frames that did are given back. */
  | { readonly type: 'arrive'; readonly guest: number; readonly windows: readonly PfnRange[] }
  /** The guest's CPUs run on another host. */
  | { readonly type: 'run'; readonly guest: number; readonly host: number }
  /** Pages that were holes come to exist, on frames of the host that runs the guest. Whole windows. */
  | {
      readonly type: 'plug';
      readonly guest: number;
      readonly pages: readonly PfnRange[];
      readonly steps: readonly DealStep[];
    };

/** Nodes of different hosts are as far from each other as SLIT can say: unreachable. */
const OTHER_HOST_DISTANCE = 255;

export class Fleet {
  readonly hosts: readonly Host[];
  readonly guests: readonly FleetGuest[];

  constructor(hosts: readonly Host[], guests: readonly FleetGuest[]) {
    this.hosts = hosts;
    this.guests = guests;
  }

  /** Places all guests in order. Null when a guest does not fit; then the problems of all guests are listed. */
  static create(config: WorldConfig): { readonly fleet: Fleet | null; readonly problems: readonly PlacementProblem[] } {
    const hosts = config.hosts.map((h, i) => Host.unused(h, i));
    const problems: PlacementProblem[] = [];
    const guests = config.guests.map((guest): FleetGuest => {
      const host = hosts.findIndex((h) => h.name === guest.host);
      assert(host >= 0, 'guest-host-unknown', { guest: guest.name, host: guest.host });
      const memory = guestMemory(guest);
      const placed = placeGuest(hosts[host]!, guest, memory, config.seed);
      hosts[host] = placed.host;
      problems.push(...placed.problems);
      return {
        name: guest.name,
        memory,
        host,
        backing: placed.backing,
        copy: null,
        generation: 0,
        homes: homesOf(guest),
      };
    });
    return { fleet: problems.length === 0 ? new Fleet(hosts, guests) : null, problems };
  }

  guest(index: number): FleetGuest {
    const guest = this.guests[index];
    assert(guest !== undefined, 'guest-unknown', { guest: index });
    return guest;
  }

  /** The host that runs a guest. */
  hostOf(guest: number): Host {
    return this.hosts[this.guest(guest).host]!;
  }

  /** Row of a node in hostNodesTable. */
  nodeRow({ host, hostNid }: HostNodeRef): number {
    let row = this.hosts[host]!.position(hostNid);
    for (let h = 0; h < host; h++) row += this.hosts[h]!.nodes.length;
    return row;
  }

  distance(from: HostNodeRef, to: HostNodeRef): number {
    return from.host === to.host ? this.hosts[from.host]!.distance(from.hostNid, to.hostNid) : OTHER_HOST_DISTANCE;
  }

  apply(move: Move): Fleet {
    const guest = this.guest(move.guest);
    const { memory, backing } = guest;
    switch (move.type) {
      case 'relocate': {
        const { inside } = backing.split(move.windows);
        const area = areaAt(memory, move.windows[0]?.start ?? 0);
        const { fleet, extents } = this.#taken(move.host, move.windows, move.steps, area);
        const moved = { ...guest, backing: backing.relocated(extents), generation: guest.generation + 1 };
        return fleet.#with(move.guest, moved).#freed(heldFrames(inside, memory));
      }
      case 'reserve': {
        assert(guest.copy === null, 'second-copy-exists', { guest: guest.name });
        const { fleet, extents } = this.#takenFor(move.host, memory.areas, move.steps);
        return fleet.#with(move.guest, { ...guest, copy: Backing.onFrames(extents, memory.valid) });
      }
      case 'release': {
        const { copy } = this.#copied(move.guest);
        return this.#with(move.guest, { ...guest, copy: null }).#freed(heldFrames(copy, memory));
      }
      case 'arrive': {
        const { inside, outside } = this.#copied(move.guest).copy.split(move.windows);
        const frames = [...heldFrames(inside, memory)].flatMap(({ runs }) => runs);
        const left = backing.split(frames.map((f) => ({ start: f.start, end: endOf(f) }))).inside;
        const arrived = {
          ...guest,
          backing: backing.relocated(frames),
          copy: outside.extents.length === 0 ? null : outside,
          generation: guest.generation + 1,
        };
        return this.#with(move.guest, arrived).#freed(heldFrames(left, memory));
      }
      case 'run':
        return this.#with(move.guest, { ...guest, host: move.host });
      case 'plug': {
        assert(guest.copy === null, 'second-copy-exists', { guest: guest.name });
        const area = areaAt(memory, move.pages[0]?.start ?? 0);
        const { fleet, extents } = this.#taken(guest.host, move.pages, move.steps, area);
        const run = new ExtentRun();
        for (const extent of [...backing.extents, ...extents].sort((a, b) => a.start - b.start)) run.push(extent);
        const generation = guest.generation + 1;
        const plugged = {
          ...guest,
          memory: withPlugged(memory, move.pages),
          backing: new Backing(run.extents),
          generation,
        };
        return fleet.#with(move.guest, plugged);
      }
    }
  }

  #copied(index: number): FleetGuest & { readonly copy: Backing } {
    const guest = this.guest(index);
    assert(guest.copy !== null, 'second-copy-missing', { guest: guest.name });
    return { ...guest, copy: guest.copy };
  }

  #with(index: number, guest: FleetGuest): Fleet {
    return new Fleet(this.hosts, this.guests.with(index, guest));
  }

  #taken(
    host: number,
    windows: readonly PfnRange[],
    steps: readonly DealStep[],
    kind: FrameKind,
  ): { readonly fleet: Fleet; readonly extents: readonly BackingExtent[] } {
    const dealt = dealFrames(this.hosts[host]!, windows, steps, kind);
    return { fleet: new Fleet(this.hosts.with(host, dealt.host), this.guests), extents: dealt.extents };
  }

  /** The frames of a whole guest. The steps of each area come after those of the one before, and fill it. */
  #takenFor(
    host: number,
    areas: readonly Area[],
    steps: readonly DealStep[],
  ): { readonly fleet: Fleet; readonly extents: readonly BackingExtent[] } {
    if (areas.length === 1) return this.#taken(host, areas[0]!.windows, steps, areas[0]!);
    const extents: BackingExtent[] = [];
    let after = this.hosts[host]!;
    let next = 0;
    for (const area of areas) {
      const from = next;
      for (let left = area.frames; left > 0; left -= steps[next++]!.frames);
      const dealt = dealFrames(after, area.windows, steps.slice(from, next), area);
      after = dealt.host;
      for (const extent of dealt.extents) extents.push(extent);
    }
    return { fleet: new Fleet(this.hosts.with(host, after), this.guests), extents };
  }

  #freed(held: Iterable<HeldFrames>): Fleet {
    const hosts = [...this.hosts];
    for (const { area, runs } of held) {
      for (const { host, hostNid, frames } of framesByNode(runs)) {
        const owner = hosts[host]!;
        hosts[host] = owner.withFrames(hostNid, owner.frames(hostNid, area).release(frames), area);
      }
    }
    return new Fleet(hosts, this.guests);
  }
}
