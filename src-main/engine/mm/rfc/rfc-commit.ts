/**
 * What the steps of a commit do differently, or in addition, in an RFC guest. README.md, "Commit, by step".
 *
 * Counters changed: nrZones, present, managed, nodePresent, flags, and the misplaced matrix when the target of free
 * pages changes under them.
 */
import { NR_ZONES } from '../limit.ts';
import { linkBlocks } from '../memory-block.ts';
import { forEachDelta, type Memlayout } from '../memlayout.ts';
import { type Mm, validIn, zoneTypeEnd } from '../mm.ts';
import { HOLE, KIND_MASK, RESERVED, stateOf } from '../page.ts';
import { usedNid } from '../transplant.ts';
import { clearFlag, clearFlags, isLost, setFlag, setFlags } from './flags.ts';
import { forEachFreePiece, freeNid } from './free-piece.ts';
import { countMisplacedTo, countPopulated } from './ledger.ts';
import type { RfcState } from './rfc-state.ts';

/** Zones of the ranges are set up, in the order in which the ranges come. */
export function rfcOnline(mm: Mm, rfc: RfcState, to: Memlayout): void {
  for (let r = 0; r < to.count; r++) {
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const start = Math.max(to.start[r]!, mm.config.zoneStartPfn[zoneType]!);
      const end = Math.min(to.start[r + 1]!, zoneTypeEnd(mm, zoneType));
      if (start < end && validIn(mm, start, end) > 0) setUpZone(mm, rfc, to.nid[r]!, zoneType);
    }
  }
}

/** A zone of a node becomes initialised, and the node's number of zones follows, or is lowered (nrZonesAssign). */
export function setUpZone(mm: Mm, rfc: RfcState, nid: number, zoneType: number): void {
  const { initialised } = mm.zones;
  const zone = nid * NR_ZONES + zoneType;
  if (initialised[zone] === 1) return;
  initialised[zone] = 1;
  rfc.nrZones[nid] = rfc.switches.nrZonesAssign ? zoneType + 1 : Math.max(rfc.nrZones[nid]!, zoneType + 1);
}

/** After the layout is in force: free pages of the delta are owed to others, and the counts are made. */
export function rfcPublish(mm: Mm, rfc: RfcState, from: Memlayout, to: Memlayout): void {
  forEachDelta(from, to, (start, end, oldNid, newNid) => {
    forEachFreePiece(mm, start, end, (first, stop, actual) => {
      countMisplacedTo(mm, rfc, first, actual, oldNid, first - stop);
      countMisplacedTo(mm, rfc, first, actual, newNid, stop - first);
    });
  });
  rfcCount(mm, rfc);
}

/** The sweep of counts: zones from nrZones on are not looked at. */
function rfcCount(mm: Mm, rfc: RfcState): void {
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    if (mm.online[nid] === 0) continue;
    let pages = 0;
    for (let zoneType = 0; zoneType < rfc.nrZones[nid]!; zoneType++) {
      const zone = nid * NR_ZONES + zoneType;
      rfc.present[zone] = mm.zones.present[zone]!;
      rfc.managed[zone] = mm.zones.managed[zone]!;
      pages += rfc.present[zone]!;
    }
    rfc.nodePresent[nid] = pages;
  }
}

export function rfcMark(mm: Mm, rfc: RfcState, from: Memlayout, to: Memlayout): void {
  if (rfc.switches.markAll) markAll(mm, rfc, to.seq);
  else forEachDelta(from, to, (start, end, _oldNid, newNid) => markRun(mm, rfc, start, end, newNid, to.seq));
}

/** Every valid page is marked. */
function markAll(mm: Mm, rfc: RfcState, seq: number): void {
  const { flag, switches, counters } = rfc;
  const lost: number[] = [];
  if (switches.lostFlagPermille > 0) {
    for (let pfn = 0; pfn < mm.nrPages; pfn++) {
      if (!isLost(pfn, seq, switches.lostFlagPermille) || !isTaken(mm, pfn)) continue;
      counters.flagsLost++;
      if (!((flag[pfn >>> 5]! >>> (pfn & 31)) & 1)) lost.push(pfn);
    }
  }
  setFlags(flag, 0, mm.nrPages);
  for (const { start, end } of mm.holes.ranges) clearFlags(flag, start, end);
  for (const pfn of lost) clearFlag(flag, pfn);
}

/** Of a run whose target has changed only what is to move is marked, and what is where it belongs is not. */
function markRun(mm: Mm, rfc: RfcState, start: number, end: number, newNid: number, seq: number): void {
  const { flag, switches, counters } = rfc;
  for (let pfn = start; pfn < end; pfn++) {
    const free = freeNid(mm, pfn);
    if (free === newNid) clearFlag(flag, pfn);
    if (free !== -1) continue;
    const kind = stateOf(mm.page, pfn) & KIND_MASK;
    if (kind === HOLE) continue;
    if (usedNid(mm, pfn) === newNid) clearFlag(flag, pfn);
    else if (kind === RESERVED) continue;
    else if (isLost(pfn, seq, switches.lostFlagPermille)) counters.flagsLost++;
    else setFlag(flag, pfn);
  }
}

/** Allocated, or on a per-CPU list. */
function isTaken(mm: Mm, pfn: number): boolean {
  if (freeNid(mm, pfn) !== -1) return false;
  const kind = stateOf(mm.page, pfn) & KIND_MASK;
  return kind !== HOLE && kind !== RESERVED;
}

/** The links of memory blocks are refreshed: old ones stay. Without sysfsStale they are derived, and nothing is kept. */
export function rfcSettle(mm: Mm, rfc: RfcState): void {
  const before = mm.commitStat.withRebuild;
  for (let zone = 0; zone < mm.zoneCount; zone++) countPopulated(mm, rfc, zone);
  if (mm.commitStat.withRebuild === before) mm.commitStat.withoutRebuild++;
  if (rfc.switches.sysfsStale) linkBlocks(mm, rfc.links);
}
