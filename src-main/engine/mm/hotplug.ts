/**
 * Memory that is added while the guest runs: pages that were holes come to exist, all of them free. Patches 25 to 27 of
 * the RFC: the node of a memory block is what the layout in force says of its first page; the initial layout answers
 * "none", and then it is node 0. The pages of a block that has ranges of several nodes go each to its own, as the lookup
 * of their first free sends them.
 *
 * (a) Whole memory blocks only, all of them holes before; outside a commit.
 * (b) Afterwards the guest is as if it had always had them: present, managed, spans, watermarks, per-CPU sizes, zonelists
 *     and links count them. The kernel counts it at once, also that of a guest with the defects of the posted code.
 *
 * Counters changed: holes, plugged, block.valid, zones.present, managed, initialised, online, spans, and through the buddy
 * lists free.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { assert } from '../core/index.ts';
import { forEachAligned } from './buddy.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { createLayout, layoutRanges, rangeOf, targetNid } from './memlayout.ts';
import { linkBlocks } from './memory-block.ts';
import { zoneIndex, type Mm, validIn, zoneTypeOf } from './mm.ts';
import { clearSpecialRange } from './page.ts';
import { joined, RangeSet, without } from './range-set.ts';
import { setUpZone } from './rfc/rfc-commit.ts';
import { addFreeBlock } from './segment.ts';
import { growSpan, updateHulls } from './span.ts';
import { updateWatermarks } from './watermark.ts';
import { rebuildZonelists } from './zonelist.ts';

export interface PlugResult {
  /** Of each memory block, ascending. */
  readonly blocks: readonly { readonly block: number; readonly nid: number }[];
  readonly nodesOnlined: readonly number[];
  readonly zonesPopulated: readonly { readonly nid: number; readonly zone: number }[];
}

/** memory_add_physaddr_to_nid: the node of the memory block that starts at pfn. */
export const nidOfNewBlock = (mm: Mm, pfn: number): number => (isInitial(mm) ? 0 : targetNid(mm.layout, pfn));

/** The layout in force is that of boot: lookups answer "none". */
const isInitial = (mm: Mm): boolean => mm.commits === 0;

/** Pages that may be plugged: whole memory blocks, none of which exists. */
export function mayPlug(mm: Mm, { start, end }: PfnRange): boolean {
  const { memoryBlockPages } = mm.config.profile;
  const whole = start % memoryBlockPages === 0 && end % memoryBlockPages === 0;
  return whole && start >= 0 && start < end && end <= mm.nrPages && validIn(mm, start, end) === 0;
}

export function plugPages(mm: Mm, range: PfnRange): PlugResult {
  assert(!mm.committing && mayPlug(mm, range), 'plug-range', { start: range.start, end: range.end });
  const { memoryBlockPages } = mm.config.profile;
  const blocks: { block: number; nid: number }[] = [];
  for (let pfn = range.start; pfn < range.end; pfn += memoryBlockPages) {
    const nid = nidOfNewBlock(mm, pfn);
    // Patch 27: VM_BUG_ON.
    assert(nid >= 0 && nid < mm.nrNodeIds, 'plug-nid', { pfn, nid, nrNodeIds: mm.nrNodeIds });
    blocks.push({ block: pfn / memoryBlockPages, nid });
  }
  if (isInitial(mm)) giveToNode0(mm, range);
  exist(mm, range);
  const result = { blocks, ...count(mm, range) };
  free(mm, range);
  updateHulls(mm);
  const { spanStart, spanEnd, hullStart, hullEnd } = mm.zones;
  for (let c = 0; c < mm.zoneCount; c++) growSpan(spanStart, spanEnd, c, hullStart[c]!, hullEnd[c]!);
  if (mm.rfc?.switches.sysfsStale === true) linkBlocks(mm, mm.rfc.links);
  updateWatermarks(mm);
  rebuildZonelists(mm, 'running');
  mm.zonelistRebuilds++;
  return result;
}

/** The initial layout has no say in it: for the accounts these pages belong on node 0, whichever range they are in. */
function giveToNode0(mm: Mm, { start, end }: PfnRange): void {
  const rest = layoutRanges(mm.layout).flatMap((r): LayoutRange[] => [
    { ...r, end: Math.min(r.end, start) },
    { ...r, start: Math.max(r.start, end) },
  ]);
  const ranges = [...rest.filter((r) => r.start < r.end), { start, end, nid: 0 }];
  mm.layout = mm.markLayout = createLayout(ranges, mm.nrPages, mm.layout.seq);
  mm.cacheStart = mm.cacheEnd = 0;
}

function exist(mm: Mm, range: PfnRange): void {
  const { start, end } = range;
  mm.plugged = joined([...mm.plugged, range]);
  mm.holes = new RangeSet(without(mm.config.holes, mm.plugged));
  clearSpecialRange(mm.page, start, end);
  for (let b = start >>> PAGEBLOCK_ORDER; b << PAGEBLOCK_ORDER < end; b++) mm.block.valid[b] = PAGES_PER_PAGEBLOCK;
}

/** Calls back for the parts of a range by zone and target. */
function forEachPiece(mm: Mm, { start, end }: PfnRange, visit: (from: number, to: number, nid: number) => void): void {
  const cuts = mm.config.zoneStartPfn.filter((pfn) => pfn > start && pfn < end);
  for (let from = start; from < end;) {
    const range = rangeOf(mm.layout, from);
    const to = Math.min(end, mm.layout.start[range + 1]!, ...cuts.filter((pfn) => pfn > from));
    visit(from, to, mm.layout.nid[range]!);
    from = to;
  }
}

function count(mm: Mm, range: PfnRange): Pick<PlugResult, 'nodesOnlined' | 'zonesPopulated'> {
  const { present, managed, initialised } = mm.zones;
  const nodesOnlined: number[] = [];
  const zonesPopulated: { nid: number; zone: number }[] = [];
  forEachPiece(mm, range, (from, to, nid) => {
    const zoneType = zoneTypeOf(mm, from);
    const zone = zoneIndex(nid, zoneType);
    const pages = to - from;
    if (mm.online[nid] === 0) nodesOnlined.push(nid);
    mm.online[nid] = 1;
    if (present[zone] === 0) zonesPopulated.push({ nid, zone: zoneType });
    if (mm.rfc !== null) {
      setUpZone(mm, mm.rfc, nid, zoneType);
      mm.rfc.populated[zone] = 1;
      mm.rfc.present[zone]! += pages;
      mm.rfc.managed[zone]! += pages;
      mm.rfc.nodePresent[nid]! += pages;
    }
    initialised[zone] = 1;
    present[zone]! += pages;
    managed[zone]! += pages;
  });
  return { nodesOnlined, zonesPopulated };
}

/** From the top down, as boot does, so that the first allocations come from the bottom. */
function free(mm: Mm, range: PfnRange): void {
  const pieces: { pfn: number; order: number; nid: number }[] = [];
  forEachPiece(mm, range, (from, to, nid) => {
    forEachAligned(from, to, (pfn, order) => pieces.push({ pfn, order, nid }));
  });
  for (let i = pieces.length - 1; i >= 0; i--) addFreeBlock(mm, pieces[i]!.pfn, pieces[i]!.order, pieces[i]!.nid);
}
