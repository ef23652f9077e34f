/** How an RFC guest comes by what it keeps (rfc-columns.ts), how that is written down, and what its kernel believes. */
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

/** Of a guest that has booted: it believes the truth. */
export function bootRfc(mm: Mm): RfcState | null {
  const rfc = emptyRfc(mm);
  if (rfc === null) return null;
  rfc.present.set(mm.cell.present);
  rfc.managed.set(mm.cell.managed);
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    for (let zone = 0; zone < NR_ZONES; zone++) {
      const present = mm.cell.present[nid * NR_ZONES + zone]!;
      rfc.nodePresent[nid]! += present;
      if (present === 0) continue;
      rfc.nrZones[nid] = zone + 1;
      rfc.populated[nid * NR_ZONES + zone] = 1;
    }
  }
  if (rfc.switches.sysfsStale) linkBlocks(mm, rfc.links);
  return rfc;
}

function emptyRfc(mm: Mm): RfcState | null {
  const switches = mm.config.profile.rfc;
  if (!hasDefect(switches)) return null;
  const cells = (): Uint32Array => new Uint32Array(mm.nrCells);
  return {
    switches,
    flag: new Int32Array(mm.page.size >>> 5),
    nrZones: new Uint8Array(mm.nrNodeIds),
    nodePresent: new Uint32Array(mm.nrNodeIds),
    present: cells(),
    managed: cells(),
    freeLeak: cells(),
    misplaced: new Uint32Array(mm.nrNodeIds * mm.nrNodeIds),
    misplacedOut: cells(),
    misplacedIn: cells(),
    populated: new Uint8Array(mm.nrCells),
    links: new Int32Array(switches.sysfsStale ? linksLength(mm) : 0),
    counters: { straddles: 0, flagsLost: 0, lookupsRight: 0 },
  };
}

const COLUMNS = [
  ...(['flag', 'nrZones', 'nodePresent', 'present', 'managed', 'freeLeak'] as const),
  ...(['misplaced', 'misplacedOut', 'misplacedIn', 'populated', 'links'] as const),
];

/** Nothing is written of a correct guest. */
export function saveRfc(rfc: RfcState | null, w: StateWriter, prefix: string): void {
  if (rfc === null) return;
  w.json(`${prefix}.rfc`, { ...rfc.counters } as unknown as Json);
  for (const name of COLUMNS) w.column(`${prefix}.rfc.${name}`, rfc[name]);
}

export function loadRfc(mm: Mm, r: StateReader, prefix: string): RfcState | null {
  const rfc = emptyRfc(mm);
  if (rfc === null) return null;
  Object.assign(rfc.counters, r.json<RfcCounters>(`${prefix}.rfc`));
  for (const name of COLUMNS) {
    const saved = r.column<Uint32Array>(`${prefix}.rfc.${name}`);
    assert(saved.length === rfc[name].length, 'state-column-length', {
      name,
      saved: saved.length,
      have: rfc[name].length,
    });
    rfc[name].set(saved);
  }
  return rfc;
}

/** NR_FREE_PAGES of a cell as everything in the guest reads it. */
export function nrFreePages(mm: Mm, cell: number): number {
  const free = mm.cell.free[cell]!;
  return mm.rfc === null ? free : Math.max(0, free - mm.rfc.freeLeak[cell]!);
}

/** Present and managed pages by cell as the guest's kernel believes them. */
export const believedPresent = (mm: Mm): Uint32Array => (mm.rfc ?? mm.cell).present;
export const believedManaged = (mm: Mm): Uint32Array => (mm.rfc ?? mm.cell).managed;
