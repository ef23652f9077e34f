/**
 * What an RFC guest keeps besides the columns of every guest: README.md of this folder says what each of them means.
 * `mm.rfc` is null for a guest without any of the defects, which then neither keeps nor computes anything of it.
 *
 * (a) mm.cell.present, managed and free stay the truth: what the layout gives, and what the lists hold. What the kernel
 *     *believes* is here, and everything in the guest that reads a counter reads it here.
 * (b) misplaced, misplacedOut and misplacedIn count free pages with A != T at every moment, also inside a commit.
 * (c) flag is one bit a page, index pfn; pages that do not exist have none set.
 */
import type { RfcSwitches } from '../../config.ts';
import { assert, type Json, type StateReader, type StateWriter } from '../../core/index.ts';
import { NR_ZONES } from '../limit.ts';
import type { Mm } from '../mm.ts';
import { linkBlocks, linksLength } from '../memory-block.ts';

export interface RfcState {
  readonly switches: RfcSwitches;
  /** PG_lookup_node. Words of 32 pages. */
  readonly flag: Int32Array;
  /** Index nid. */
  readonly nrZones: Uint8Array;
  readonly nodePresent: Uint32Array;
  /** As the kernel believes them; by cell. */
  readonly present: Uint32Array;
  readonly managed: Uint32Array;
  /** Pages on the cell's lists that NR_FREE_PAGES does not count; by cell. */
  readonly freeLeak: Uint32Array;
  /** Free pages, index A * nrNodeIds + T, and the same by cell: on its lists and not its own, its own and on others'. */
  readonly misplaced: Uint32Array;
  readonly misplacedOut: Uint32Array;
  readonly misplacedIn: Uint32Array;
  /** Nodes that each memory block is linked under, one bit a node (memory-block.ts); only with sysfsStale. */
  readonly links: Int32Array;
  readonly counters: RfcCounters;
}

/** Since boot. */
export interface RfcCounters {
  /** Blocks that reached beyond their range when the walking sweep came to move or cut them. */
  straddles: number;
  /** Marks that a concurrent flag update undid. */
  flagsLost: number;
  /** Lookups of flagged pages that turned out to be on the right node. */
  lookupsRight: number;
}

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
      if (present > 0) rfc.nrZones[nid] = zone + 1;
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
    links: new Int32Array(switches.sysfsStale ? linksLength(mm) : 0),
    counters: { straddles: 0, flagsLost: 0, lookupsRight: 0 },
  };
}

const COLUMNS = [
  ...(['flag', 'nrZones', 'nodePresent', 'present', 'managed', 'freeLeak'] as const),
  ...(['misplaced', 'misplacedOut', 'misplacedIn', 'links'] as const),
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
