/**
 * Saves and restores a fleet. Free frames are not saved: they are the frames that no backing holds, and NodeFrames
 * keeps them in one canonical form.
 */
import type { WorldConfig } from '../../../shared/model/world.ts';
import { assert, type StateColumn, type StateReader, type StateWriter } from '../core/index.ts';
import { Backing, type BackingExtent, framesByNode } from './backing.ts';
import { Fleet, type FleetGuest, homesOf } from './fleet.ts';
import { backingTable } from './fleet-table.ts';
import { guestMemory, withPlugged } from './guest-memory.ts';
import { heldFrames } from './held-frames.ts';
import { Host } from './host.ts';

/** Ids of guests and hosts take 16 bits in a state. */
const MAX_SAVED_IDS = 65_536;

export function saveFleet(fleet: Fleet, w: StateWriter): void {
  const { guests } = fleet;
  for (const [name, column] of Object.entries(savedBacking(fleet))) w.column(`host.backing.${name}`, column);
  w.json(
    'host.generations',
    guests.map((g) => g.generation),
  );
  const plugged = guests.map((g) => g.memory.plugged.map(({ start, end }) => [start, end]));
  if (plugged.some((ranges) => ranges.length > 0)) w.json('host.plugged', plugged);
  // A guest runs where its first page is, unless something is moving it.
  if (guests.some((g) => g.host !== homeOf(g.backing))) {
    w.json(
      'host.runsOn',
      guests.map((g) => g.host),
    );
  }
}

/** With the widths that a state always had: its hash is made of these bytes. */
function savedBacking(fleet: Fleet): Record<string, StateColumn> {
  const { hosts, guests } = fleet;
  assert(Math.max(guests.length, hosts.length) <= MAX_SAVED_IDS, 'host-too-many', {
    guests: guests.length,
    hosts: hosts.length,
  });
  const { guest, start, pages, host, hostNid, frame, copy } = backingTable(fleet).columns;
  return { guest: Uint16Array.from(guest), start, pages, host: Uint16Array.from(host), hostNid, frame, copy };
}

const homeOf = ({ extents }: Backing): number => extents[0]!.host;

export function loadFleet(config: WorldConfig, r: StateReader): Fleet {
  const generations = r.json<number[]>('host.generations');
  const plugged = r.has('host.plugged') ? r.json<[start: number, end: number][][]>('host.plugged') : [];
  const runsOn = r.has('host.runsOn') ? r.json<number[]>('host.runsOn') : [];
  const [primary, copies] = readBackings(config, r);
  const guests = config.guests.map((guest, g): FleetGuest => {
    const backing = primary[g];
    const generation = generations[g];
    assert(backing !== undefined && generation !== undefined, 'host-backing-missing', { guest: guest.name });
    const pages = (plugged[g] ?? []).map(([start, end]) => ({ start, end }));
    const memory = withPlugged(guestMemory(guest), pages);
    return {
      name: guest.name,
      memory,
      host: runsOn[g] ?? homeOf(backing),
      backing,
      copy: copies[g] ?? null,
      generation,
      homes: homesOf(guest),
    };
  });
  const hosts = config.hosts.map((h, i) => Host.unused(h, i));
  for (const { backing, copy, memory } of guests) {
    for (const held of copy === null ? [backing] : [backing, copy]) {
      for (const { area, runs } of heldFrames(held, memory)) {
        for (const { host, hostNid, frames } of framesByNode(runs)) {
          const owner = hosts[host]!;
          hosts[host] = owner.withFrames(hostNid, owner.frames(hostNid, area).claim(frames), area);
        }
      }
    }
  }
  return new Fleet(hosts, guests);
}

/** Primary backings and second copies by guest; no entry where the table has no row. */
function readBackings(
  config: WorldConfig,
  r: StateReader,
): readonly [(Backing | undefined)[], (Backing | undefined)[]] {
  const column = (name: string): Uint32Array => r.shared(`host.backing.${name}`);
  const [guest, start, pages, host] = [column('guest'), column('start'), column('pages'), column('host')];
  const [hostNid, frame, copy] = [column('hostNid'), column('frame'), column('copy')];
  const build = (which: 0 | 1): (Backing | undefined)[] => {
    const found = config.guests.map((): BackingExtent[] => []);
    guest.forEach((g, i) => {
      if (copy[i] !== which) return;
      found[g]!.push({ start: start[i]!, pages: pages[i]!, host: host[i]!, hostNid: hostNid[i]!, frame: frame[i]! });
    });
    return found.map((extents) => (extents.length === 0 ? undefined : new Backing(extents)));
  };
  return [build(0), build(1)];
}
