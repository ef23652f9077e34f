/**
 * Per-CPU page lists: single pages kept off the buddy lists, one list per (cpu, zone, migrate type). Pages enter at the
 * head and are flushed from the tail. A page whose A is not its T never enters; a page that was on a list when a layout
 * was committed is transplanted when the commit drains the lists.
 *
 * Counters changed: zones.pcp, pcpCount, moved.drain, and through the buddy lists zones.free.
 */
import { takeBlock } from './buddy.ts';
import { NO_PFN, NR_MIGRATE_TYPES, NR_ZONES, PAGEBLOCK_ORDER } from './limit.ts';
import { type Mm, zoneTypeOf } from './mm.ts';
import { clearSpecial, PCP, setSpecial } from './page.ts';
import { rfcGiveBack } from './rfc/rfc-free.ts';
import { addFreeBlock } from './segment.ts';
import { addByTarget, differsFrom, leaveStranded, usedNid } from './transplant.ts';

/** The list of (cpu, zone, type); its last page is the head. */
function listOf(mm: Mm, cpu: number, zone: number, type: number): number[] {
  return (mm.pcp[(cpu * mm.zoneCount + zone) * NR_MIGRATE_TYPES + type] ??= []);
}

/** Puts a page in use, which is not marked, on a CPU's list without looking at `high`. */
export function pcpPut(mm: Mm, pfn: number, cpu: number): void {
  const zone = usedNid(mm, pfn) * NR_ZONES + zoneTypeOf(mm, pfn);
  setSpecial(mm.page, pfn, PCP);
  listOf(mm, cpu, zone, mm.blockType[pfn >>> PAGEBLOCK_ORDER]!).push(pfn);
  mm.pcpCount[cpu * mm.zoneCount + zone]!++;
  mm.zones.pcp[zone]!++;
}

/** Flushes the list that pfn is on by a batch when it has reached `high` (a high of 0 flushes at every free). */
export function pcpTrim(mm: Mm, pfn: number, cpu: number): void {
  const zone = usedNid(mm, pfn) * NR_ZONES + zoneTypeOf(mm, pfn);
  if (mm.pcpCount[cpu * mm.zoneCount + zone]! >= mm.zones.pcpHigh[zone]!) {
    pcpFlush(mm, cpu, zone, mm.zones.pcpBatch[zone]!);
  }
}

/** Takes a page for a CPU, refilling its list by a batch from the zone; NO_PFN if the zone has none. */
export function pcpTake(mm: Mm, cpu: number, zone: number, type: number): number {
  const list = listOf(mm, cpu, zone, type);
  const pfn = list.pop();
  if (pfn === undefined) return takeBatch(mm, list, cpu, zone, type);
  clearSpecial(mm.page, pfn);
  mm.pcpCount[cpu * mm.zoneCount + zone]!--;
  mm.zones.pcp[zone]!--;
  return pfn;
}

/** The page of a CPU's list that is handed out next of those that please, and how many were passed over for it. */
export function pcpTakeWhere(
  mm: Mm,
  cpu: number,
  zone: number,
  type: number,
  pleases: (pfn: number) => boolean,
): { readonly pfn: number; readonly passedOver: number } {
  const list = listOf(mm, cpu, zone, type);
  for (let i = list.length - 1; i >= 0; i--) {
    const pfn = list[i]!;
    if (!pleases(pfn)) continue;
    list.splice(i, 1);
    clearSpecial(mm.page, pfn);
    mm.pcpCount[cpu * mm.zoneCount + zone]!--;
    mm.zones.pcp[zone]!--;
    return { pfn, passedOver: list.length - i };
  }
  return { pfn: NO_PFN, passedOver: 0 };
}

/**
 * A batch from the buddy lists: the first page is handed out, the rest fill the list, which is empty, in the order in
 * which they were taken.
 */
function takeBatch(mm: Mm, list: number[], cpu: number, zone: number, type: number): number {
  const first = takeBlock(mm, zone, 0, type);
  if (first === NO_PFN) return NO_PFN;
  for (let i = mm.zones.pcpBatch[zone]! - 1; i > 0; i--) {
    const pfn = takeBlock(mm, zone, 0, type);
    if (pfn === NO_PFN) break;
    setSpecial(mm.page, pfn, PCP);
    list.push(pfn);
  }
  if (list.length === 0) return first;
  list.reverse();
  mm.pcpCount[cpu * mm.zoneCount + zone]! += list.length;
  mm.zones.pcp[zone]! += list.length;
  return first;
}

/** Gives up to `count` pages of (cpu, zone) back, oldest first, round-robin over migrate types. */
function pcpFlush(mm: Mm, cpu: number, zone: number, count: number): void {
  const left = Math.min(count, mm.pcpCount[cpu * mm.zoneCount + zone]!);
  mm.pcpCount[cpu * mm.zoneCount + zone]! -= left;
  mm.zones.pcp[zone]! -= left;
  taken.fill(0);
  for (let n = 0, type = 0; n < left; type = type + 1 === NR_MIGRATE_TYPES ? 0 : type + 1) {
    const list = listOf(mm, cpu, zone, type);
    if (taken[type] === list.length) continue;
    giveBack(mm, list[taken[type]!++]!);
    n++;
  }
  for (let type = 0; type < NR_MIGRATE_TYPES; type++) {
    const list = listOf(mm, cpu, zone, type);
    // Zones with small lists are flushed whole at every free.
    if (taken[type] === list.length) list.length = 0;
    else list.splice(0, taken[type]);
  }
}

/** Pages that a flush has taken from the list of each type. */
const taken = new Uint32Array(NR_MIGRATE_TYPES);

/** A page leaves its list for the buddy lists of its target; a change of node counts as drained. */
function giveBack(mm: Mm, pfn: number): void {
  const actual = usedNid(mm, pfn);
  clearSpecial(mm.page, pfn);
  if (mm.rfc !== null) {
    rfcGiveBack(mm, mm.rfc, pfn, actual);
    return;
  }
  if (!differsFrom(mm.layout, pfn, 0, actual)) {
    addFreeBlock(mm, pfn, 0, actual);
    return;
  }
  leaveStranded(mm, pfn, 0, actual);
  mm.moved.drain += addByTarget(mm, pfn, 0, actual);
}

/** Empties every list of every CPU. */
export function pcpDrain(mm: Mm): void {
  for (let cpu = 0; cpu < mm.nrCpus; cpu++) {
    for (let zone = 0; zone < mm.zoneCount; zone++) {
      const count = mm.pcpCount[cpu * mm.zoneCount + zone]!;
      if (count > 0) pcpFlush(mm, cpu, zone, count);
    }
  }
}
