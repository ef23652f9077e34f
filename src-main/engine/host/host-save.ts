/**
 * Writing the host side down and reading it back. Free frames are not written: they are what no backing holds, and
 * FrameSpace keeps them in one canonical form.
 */
import type { StateColumn, StateReader, StateWriter } from '../core/index.ts';
import { assert } from '../core/index.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import type { BackingExtent } from './backing.ts';
import { Backing, framesByNode } from './backing.ts';
import type { Compaction } from './compaction.ts';
import { guestMemory } from './guest-memory.ts';
import { Host } from './host.ts';
import type { GuestBacking, HostState } from './host-state.ts';
import { backingTable } from './host-table.ts';
import type { Migration } from './migration.ts';
import type { Precopy } from './precopy.ts';

/** A migration as written; its second copy is in the backing table. */
type SavedMigration = Omit<Migration, 'copy' | 'precopy'> & { readonly copy: boolean; readonly precopy: Precopy };

/** Ids of guests and hosts take 16 bits in a state. */
const MAX_SAVED_IDS = 65_536;

export function saveHosts(state: HostState, w: StateWriter): void {
  for (const [name, column] of Object.entries(savedBacking(state))) w.column(`host.backing.${name}`, column);
  w.json(
    'host.generations',
    state.guests.map((g) => g.generation),
  );
  const plugged = state.guests.map((g) => g.plugged.map(({ start, end }) => [start, end]));
  if (plugged.some((ranges) => ranges.length > 0)) w.json('host.plugged', plugged);
  w.json(
    'host.compactions',
    state.compactions.map((c) => ({ ...c })),
  );
  w.json(
    'host.migrations',
    state.migrations.map((m) => ({ ...m, precopy: copied(m.precopy), copy: m.copy !== null })),
  );
}

/** With the widths that a state always had: its hash is made of these bytes. */
function savedBacking(state: HostState): Record<string, StateColumn> {
  assert(Math.max(state.guests.length, state.hosts.length) <= MAX_SAVED_IDS, 'host-too-many', {
    guests: state.guests.length,
    hosts: state.hosts.length,
  });
  const { guest, start, pages, host, hostNid, frame, copy } = backingTable(state).columns;
  return { guest: Uint16Array.from(guest), start, pages, host: Uint16Array.from(host), hostNid, frame, copy };
}

export function loadHosts(config: WorldConfig, r: StateReader): HostState {
  const hosts = config.hosts.map((h, i) => new Host(h, i));
  const generations = r.json<number[]>('host.generations');
  const plugged = r.has('host.plugged')
    ? r.json<readonly (readonly (readonly [number, number])[])[]>('host.plugged')
    : [];
  const read = readBackings(config, r);
  const guests = config.guests.map((guest, g): GuestBacking => {
    const backing = read.primary[g];
    const generation = generations[g];
    assert(backing !== undefined && generation !== undefined, 'host-backing-missing', { guest: guest.name });
    const own = (plugged[g] ?? []).map(([start, end]) => ({ start, end }));
    return { name: guest.name, memory: guestMemory(guest, own), plugged: own, backing, generation };
  });
  const migrations = r.json<SavedMigration[]>('host.migrations').map((m): Migration => {
    return { ...m, precopy: copied(m.precopy), copy: m.copy ? (read.copies[m.guest] ?? null) : null };
  });
  const claim = (backing: Backing, grain: number): void => {
    for (const [nid, held] of framesByNode(backing.wholeFrames(grain))) hosts[backing.host]!.frames(nid).claim(held);
  };
  for (const { backing, memory } of guests) claim(backing, memory.grain);
  for (const { copy, guest } of migrations) if (copy !== null) claim(copy, guests[guest]!.memory.grain);
  const compactions = r.json<Compaction[]>('host.compactions').map((c) => ({ ...c }));
  return { config, hosts, guests, compactions, migrations };
}

/** Saved states outlive steps, so nothing that a step changes may be shared with them. */
function copied(precopy: Precopy): Precopy {
  return { ...precopy, rounds: precopy.rounds.map((round) => ({ ...round })) };
}

/** By guest; no entry where the table has no row. */
function readBackings(config: WorldConfig, r: StateReader): Record<'primary' | 'copies', (Backing | undefined)[]> {
  const column = (name: string): Uint32Array => r.column(`host.backing.${name}`);
  const [guest, start, pages, host] = [column('guest'), column('start'), column('pages'), column('host')];
  const [hostNid, frame, copy] = [column('hostNid'), column('frame'), column('copy')];
  const build = (which: 0 | 1): (Backing | undefined)[] => {
    const found = config.guests.map((): { host: number; extents: BackingExtent[] } => ({ host: -1, extents: [] }));
    guest.forEach((g, i) => {
      if (copy[i] !== which) return;
      found[g]!.host = host[i]!;
      found[g]!.extents.push({ start: start[i]!, pages: pages[i]!, hostNid: hostNid[i]!, frame: frame[i]! });
    });
    return found.map((f) => (f.host < 0 ? undefined : new Backing(f.host, f.extents)));
  };
  return { primary: build(0), copies: build(1) };
}
