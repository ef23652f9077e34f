/**
 * What does not hold in an RFC guest, in the order of the laws, each with the switches that explain it. check.ts holds
 * such a guest to everything that no switch explains, so the two together are complete: a wrong figure is either
 * listed here or a broken law.
 */
import { numactlMbFromPages } from '../../../../shared/units/index.ts';
import type { RfcSwitches } from '../../../../shared/model/config.ts';
import { NR_ZONES, ZONE_NAMES } from '../limit.ts';
import { memoryBlockLinks, nrMemoryBlocks, staleLinks } from '../memory-block.ts';
import { targetNid } from '../memlayout.ts';
import type { Mm } from '../mm.ts';
import { HOLE, KIND_MASK, RESERVED, stateOf } from '../page.ts';
import { usedNid } from '../transplant.ts';
import { hasFlag } from './flags.ts';
import { freeNid } from './free-piece.ts';
import { freeByTarget } from './rfc-figures.ts';
import { nrFreePages, type RfcState } from './rfc-state.ts';

export interface MmFault {
  /** G2 to G12 as in check.ts; `links` is the rule of memory blocks, which is none of the twelve. */
  readonly law: string;
  /** null: of the whole guest. */
  readonly nid: number | null;
  /** null: of the whole node. */
  readonly zone: number | null;
  /** What is found and what would be right, in pages. */
  readonly text: string;
  /** Switches that are on and explain it. */
  readonly switches: readonly (keyof RfcSwitches)[];
}

/** Those that may leave a free page on a wrong node, or a page in use without the mark that it needs. */
const MISPLACING = ['splitStuck', 'headOnly', 'mergeUnmoved', 'orderHeadOnly', 'lostFlagPermille'] as const;

const isOn = (rfc: RfcState, name: keyof RfcSwitches): boolean =>
  rfc.switches[name] !== false && rfc.switches[name] !== 0;

/** The switches that are on and may put free pages on a wrong node. Empty: such a page breaks a law. */
export const misplacing = (rfc: RfcState): readonly (keyof RfcSwitches)[] =>
  MISPLACING.filter((name) => isOn(rfc, name));

/** Everything that is wrong; empty for a correct guest. Outside a commit. Cost O(pages) while pages are stranded. */
export function faultsOf(mm: Mm): readonly MmFault[] {
  const { rfc } = mm;
  if (rfc === null) return [];
  return [
    ...countFaults(mm, rfc),
    ...leakFaults(mm, rfc),
    ...placeFaults(mm, rfc),
    ...sizeFaults(mm, rfc),
    ...markFaults(mm, rfc),
    ...zoneFaults(mm, rfc),
    ...watermarkFaults(mm, rfc),
    ...linkFaults(mm, rfc),
  ];
}

const NR_ZONES_ASSIGN = ['nrZonesAssign'] as const;

const zoneName = (nid: number, zoneType: number): string => `node ${nid} ${ZONE_NAMES[zoneType]}`;

const sumOf = (column: Uint32Array, nid: number): number => {
  let sum = 0;
  for (let c = nid * NR_ZONES; c < (nid + 1) * NR_ZONES; c++) sum += column[c]!;
  return sum;
};

/** G2: present and managed that the sweep of counts left as they were. */
function countFaults(mm: Mm, rfc: RfcState): MmFault[] {
  const out: MmFault[] = [];
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const c = nid * NR_ZONES + zoneType;
      const present = mm.zones.present[c]!;
      const managed = mm.zones.managed[c]!;
      if (rfc.present[c] === present && rfc.managed[c] === managed) continue;
      const kept = `${zoneName(nid, zoneType)}: present ${rfc.present[c]}, managed ${rfc.managed[c]}`;
      const why = `the layout gives ${present} and ${managed}, but nr_zones of the node is ${rfc.nrZones[nid]}`;
      out.push({ law: 'G2', nid, zone: zoneType, text: `${kept}; ${why}`, switches: NR_ZONES_ASSIGN });
    }
    const size = sumOf(mm.zones.present, nid);
    const counted = rfc.nodePresent[nid]!;
    if (counted === size) continue;
    const text =
      `node ${nid}: size ${counted} pages (${numactlMbFromPages(counted)} MB); ` +
      `the layout gives ${size} (${numactlMbFromPages(size)} MB)`;
    out.push({ law: 'G2', nid, zone: null, text, switches: NR_ZONES_ASSIGN });
  }
  return out;
}

/** G3: pages on the lists that the counter of free pages leaves out. */
function leakFaults(mm: Mm, rfc: RfcState): MmFault[] {
  const out: MmFault[] = [];
  for (let c = 0; c < mm.zoneCount; c++) {
    if (rfc.freeLeak[c] === 0) continue;
    const nid = Math.floor(c / NR_ZONES);
    const zoneType = c % NR_ZONES;
    const text =
      `${zoneName(nid, zoneType)}: NR_FREE_PAGES is ${nrFreePages(mm, c)}, its lists hold ${mm.zones.free[c]}; ` +
      `${rfc.freeLeak[c]} pages came from per-CPU lists uncounted`;
    out.push({ law: 'G3', nid, zone: zoneType, text, switches: ['pcpFreeLeak'] });
  }
  return out;
}

/** G4: free pages on another node than theirs; and more free than the node has. */
function placeFaults(mm: Mm, rfc: RfcState): MmFault[] {
  const out: MmFault[] = [];
  const switches = misplacing(rfc);
  for (let from = 0; from < mm.nrNodeIds; from++) {
    for (let to = 0; to < mm.nrNodeIds; to++) {
      const pages = rfc.misplaced[from * mm.nrNodeIds + to]!;
      if (pages === 0) continue;
      const text = `${pages} free pages on the lists of node ${from} belong to node ${to}`;
      out.push({ law: 'G4', nid: from, zone: null, text, switches });
    }
    const free = freeOf(mm, from);
    const size = rfc.nodePresent[from]!;
    if (free <= size) continue;
    const text = `node ${from}: ${free} free pages of ${size}`;
    out.push({ law: 'G4', nid: from, zone: null, text, switches: sizeSwitches(mm, rfc, from) });
  }
  return out;
}

function freeOf(mm: Mm, nid: number): number {
  let free = 0;
  for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) free += nrFreePages(mm, nid * NR_ZONES + zoneType);
  return free;
}

/** What makes size or free of a node wrong, as things are. */
function sizeSwitches(mm: Mm, rfc: RfcState, nid: number): (keyof RfcSwitches)[] {
  const switches: (keyof RfcSwitches)[] = [];
  if (rfc.nodePresent[nid] !== sumOf(mm.zones.present, nid)) switches.push('nrZonesAssign');
  if (sumOf(rfc.misplacedOut, nid) !== sumOf(rfc.misplacedIn, nid)) switches.push(...misplacing(rfc));
  if (sumOf(rfc.freeLeak, nid) > 0) switches.push('pcpFreeLeak');
  return switches;
}

/** G5: size less free is what is in use by target. G7: actual is size less what is owed to it, and what it owes. */
function sizeFaults(mm: Mm, rfc: RfcState): MmFault[] {
  const out: MmFault[] = [];
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    const size = rfc.nodePresent[nid]!;
    const free = freeOf(mm, nid);
    let usedByTarget = sumOf(mm.zones.present, nid);
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++)
      usedByTarget -= freeByTarget(mm, rfc, nid * NR_ZONES + zoneType);
    if (size - free === usedByTarget) continue;
    const text = `node ${nid}: size less free is ${size - free}, but ${usedByTarget} pages in use belong to it`;
    out.push({ law: 'G5', nid, zone: null, text, switches: sizeSwitches(mm, rfc, nid) });
  }
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    const owed = strandedNet(mm, nid);
    const misplacedNet = sumOf(rfc.misplacedOut, nid) - sumOf(rfc.misplacedIn, nid);
    const actual = sumOf(mm.zones.present, nid) + owed + misplacedNet;
    const expected = rfc.nodePresent[nid]! + owed;
    if (actual === expected) continue;
    const text = `node ${nid}: ${actual} pages are on it; size less stranded in plus stranded out is ${expected}`;
    const switches = sizeSwitches(mm, rfc, nid).filter((name) => name !== 'pcpFreeLeak');
    out.push({ law: 'G7', nid, zone: null, text, switches });
  }
  return out;
}

function strandedNet(mm: Mm, nid: number): number {
  const { nrNodeIds: k } = mm;
  let net = 0;
  for (let other = 0; other < k; other++) {
    net += mm.stranded[nid * k + other]! + mm.strandedPinned[nid * k + other]!;
    net -= mm.stranded[other * k + nid]! + mm.strandedPinned[other * k + nid]!;
  }
  return net;
}

/** G8: pages in use with A != T that will not be looked up when they are freed. Reserved ones never are. */
function markFaults(mm: Mm, rfc: RfcState): MmFault[] {
  if (!mm.zones.strandedOut.some((pages) => pages > 0)) return [];
  const unmarked = new Uint32Array(mm.nrNodeIds);
  for (let pfn = 0; pfn < mm.nrPages; pfn++) if (lacksMark(mm, rfc, pfn)) unmarked[usedNid(mm, pfn)]!++;
  const out: MmFault[] = [];
  unmarked.forEach((pages, nid) => {
    if (pages === 0) return;
    const text = `${pages} pages in use on node ${nid} belong elsewhere and are not marked: freed, they stay there`;
    out.push({ law: 'G8', nid, zone: null, text, switches: misplacing(rfc) });
  });
  return out;
}

/** Whether a page is in use, not reserved, away from its target, and without its mark. */
export function lacksMark(mm: Mm, rfc: RfcState, pfn: number): boolean {
  if (hasFlag(rfc.flag, pfn) || freeNid(mm, pfn) !== -1) return false;
  const kind = stateOf(mm.page, pfn) & KIND_MASK;
  return kind !== HOLE && kind !== RESERVED && usedNid(mm, pfn) !== targetNid(mm.layout, pfn);
}

/** 1 + the highest zone of a node that has been set up; 0 when none has. */
export function zonesSetUp(mm: Mm, nid: number): number {
  let zones = NR_ZONES;
  while (zones > 0 && mm.zones.initialised[nid * NR_ZONES + zones - 1] === 0) zones--;
  return zones;
}

/** G10: nr_zones is 1 + the highest zone that has been set up. */
function zoneFaults(mm: Mm, rfc: RfcState): MmFault[] {
  const out: MmFault[] = [];
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    const zones = zonesSetUp(mm, nid);
    if (rfc.nrZones[nid] === zones) continue;
    const text = `node ${nid}: nr_zones is ${rfc.nrZones[nid]}, its highest zone is number ${zones - 1}`;
    out.push({ law: 'G10', nid, zone: null, text, switches: NR_ZONES_ASSIGN });
  }
  return out;
}

/** G12: min watermarks are shares of the managed pages that the kernel counts. */
function watermarkFaults(mm: Mm, rfc: RfcState): MmFault[] {
  const out: MmFault[] = [];
  let counted = 0;
  let managed = 0;
  for (let c = 0; c < mm.zoneCount; c++) {
    counted += rfc.managed[c]!;
    managed += mm.zones.managed[c]!;
    if (rfc.managed[c] === mm.zones.managed[c]) continue;
    const nid = Math.floor(c / NR_ZONES);
    const zoneType = c % NR_ZONES;
    const text =
      `${zoneName(nid, zoneType)}: min watermark ${mm.zones.wmarkMin[c]} is the share of ${rfc.managed[c]} managed pages; ` +
      `it has ${mm.zones.managed[c]}`;
    out.push({ law: 'G12', nid, zone: zoneType, text, switches: NR_ZONES_ASSIGN });
  }
  if (counted !== managed) {
    const text = `min_free_kbytes ${mm.minFreeKib} comes from ${counted} managed pages; there are ${managed}`;
    out.push({ law: 'G12', nid: null, zone: null, text, switches: NR_ZONES_ASSIGN });
  }
  return out;
}

/** Memory blocks that are linked under nodes which no page of theirs belongs to. */
function linkFaults(mm: Mm, rfc: RfcState): MmFault[] {
  if (!rfc.switches.sysfsStale) return [];
  const out: MmFault[] = [];
  for (let block = 0; block < nrMemoryBlocks(mm); block++) {
    for (const nid of staleLinks(mm, block)) {
      const linked = memoryBlockLinks(mm, block).join(', ');
      const text = `memory${block} is linked under nodes ${linked}; the layout gives node ${nid} no page of it`;
      out.push({ law: 'links', nid, zone: null, text, switches: ['sysfsStale'] });
    }
  }
  return out;
}
