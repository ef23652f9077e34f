/** How the columns of an RFC guest (rfc-columns.ts) are made, saved and restored, and what its kernel counts. */
import type { RfcSwitches } from '../../../../shared/model/config.ts';
import { assert, type Json, type StateReader, type StateWriter } from '../../core/index.ts';
import { NR_ZONES } from '../limit.ts';
import type { Mm } from '../mm.ts';
import { linkBlocks, linksLength } from '../memory-block.ts';
import type { RfcCounters, RfcState } from './rfc-columns.ts';

export type { RfcState } from './rfc-columns.ts';

export function hasDefect(switches: RfcSwitches): boolean {
  return Object.values(switches).some((value: boolean | number) => value === true || (value as number) > 0);
}

/** Of a guest that has booted: its kernel's counters are right. */
export function bootRfc(mm: Mm): RfcState | null {
  const rfc = emptyRfc(mm);
  if (rfc === null) return null;
  rfc.present.set(mm.zones.present);
  rfc.managed.set(mm.zones.managed);
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const present = mm.zones.present[nid * NR_ZONES + zoneType]!;
      rfc.nodePresent[nid]! += present;
      if (present === 0) continue;
      rfc.nrZones[nid] = zoneType + 1;
      rfc.populated[nid * NR_ZONES + zoneType] = 1;
    }
  }
  if (rfc.switches.sysfsStale) linkBlocks(mm, rfc.links);
  return rfc;
}

function emptyRfc(mm: Mm): RfcState | null {
  const switches = mm.config.profile.rfc;
  if (!hasDefect(switches)) return null;
  const zones = (): Uint32Array => new Uint32Array(mm.zoneCount);
  return {
    switches,
    flag: new Int32Array(mm.page.size >>> 5),
    nrZones: new Uint8Array(mm.nrNodeIds),
    nodePresent: new Uint32Array(mm.nrNodeIds),
    present: zones(),
    managed: zones(),
    freeLeak: zones(),
    misplaced: new Uint32Array(mm.nrNodeIds * mm.nrNodeIds),
    misplacedOut: zones(),
    misplacedIn: zones(),
    populated: new Uint8Array(mm.zoneCount),
    links: new Int32Array(switches.sysfsStale ? linksLength(mm) : 0),
    counters: { straddles: 0, flagsLost: 0, lookupsRight: 0 },
  };
}

const COLUMNS = [
  ...(['flag', 'nrZones', 'nodePresent', 'present', 'managed', 'freeLeak'] as const),
  ...(['misplaced', 'misplacedOut', 'misplacedIn', 'populated', 'links'] as const),
];

/** Nothing is written of a correct guest. */
export function saveRfc(rfc: RfcState | null, w: StateWriter): void {
  if (rfc === null) return;
  w.json('mm.rfc', { ...rfc.counters } as unknown as Json);
  for (const name of COLUMNS) w.column(`mm.rfc.${name}`, rfc[name]);
}

export function loadRfc(mm: Mm, r: StateReader): RfcState | null {
  const rfc = emptyRfc(mm);
  if (rfc === null) return null;
  Object.assign(rfc.counters, r.json<RfcCounters>('mm.rfc'));
  for (const name of COLUMNS) {
    const saved = r.shared<Uint32Array>(`mm.rfc.${name}`);
    assert(saved.length === rfc[name].length, 'state-column-length', {
      name,
      saved: saved.length,
      have: rfc[name].length,
    });
    rfc[name].set(saved);
  }
  return rfc;
}

/** NR_FREE_PAGES of a zone as everything in the guest reads it. */
export function nrFreePages(mm: Mm, zone: number): number {
  const free = mm.zones.free[zone]!;
  return mm.rfc === null ? free : Math.max(0, free - mm.rfc.freeLeak[zone]!);
}

/** Present and managed pages by zone as the guest's kernel counts them. */
export const kernelPresent = (mm: Mm): Uint32Array => (mm.rfc ?? mm.zones).present;
export const kernelManaged = (mm: Mm): Uint32Array => (mm.rfc ?? mm.zones).managed;
