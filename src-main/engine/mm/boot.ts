/**
 * Booting a guest: holes and reserved pages become blocks that nothing touches, every other page is freed to the node
 * of the INITIAL layout. Blocks are freed from the top of memory down, so that the first allocations come from the
 * bottom (lists hand out the newest segment).
 */
import type { MmConfig } from '../../../shared/model/config.ts';
import { assert } from '../core/index.ts';
import { takeRest } from './boot-record.ts';
import { forEachAligned } from './buddy.ts';
import { MIGRATE_MOVABLE, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { createLayout, targetNid, validateLayout } from './memlayout.ts';
import { zoneIndex, createMm, hasZoneType, type Mm, validIn, zoneTypeEnd } from './mm.ts';
import { HOLE, RESERVED, setSpecialRange } from './page.ts';
import { bootRfc, hasDefect } from './rfc/rfc-state.ts';
import { addFreeBlock } from './segment.ts';
import { bootSpans, shrinkSpan, updateHulls } from './span.ts';
import { setUsedRange } from './used-node.ts';
import { updateWatermarks } from './watermark.ts';
import { rebuildZonelists } from './zonelist.ts';

export function bootMm(config: MmConfig): Mm {
  const problems = validateLayout(config.bootLayout, config.nrPages, config.nrNodeIds);
  assert(problems.length === 0, 'boot-layout', { problem: problems[0]?.slug ?? '' });
  const mm = createMm(config, createLayout(config.bootLayout, config.nrPages, 0));
  const { size } = mm.page;
  mm.blockType.fill(MIGRATE_MOVABLE);
  for (let b = 0; b < mm.block.valid.length; b++) {
    const start = b << PAGEBLOCK_ORDER;
    const end = Math.min(start + PAGES_PER_PAGEBLOCK, config.nrPages);
    if (start < end) mm.block.valid[b] = validIn(mm, start, end);
  }
  const holes = [...config.holes];
  if (size > config.nrPages) holes.push({ start: config.nrPages, end: size });
  for (const h of holes) setSpecialRange(mm.page, h.start, h.end, HOLE);
  forEachPiece(mm, config.reserved, (start, end, nid) => reserve(mm, start, end, nid));
  const used = [...config.holes, ...config.reserved].sort((a, b) => a.start - b.start);
  const blocks: { pfn: number; order: number; node: number }[] = [];
  forEachPiece(mm, gaps(used, config.nrPages), (start, end, node) => {
    forEachAligned(start, end, (pfn, order) => blocks.push({ pfn, order, node }));
  });
  countTarget(mm);
  // A node of CPUs alone is online too.
  for (const nid of config.cpuNode) mm.online[nid] = 1;
  for (let i = blocks.length - 1; i >= 0; i--) addFreeBlock(mm, blocks[i]!.pfn, blocks[i]!.order, blocks[i]!.node);
  updateHulls(mm);
  for (let c = 0; c < mm.zoneCount; c++) shrinkSpan(mm, c);
  if (config.recordedFree !== null) takeRest(mm, config.recordedFree, blocks);
  if (!hasDefect(config.profile.rfc)) bootSpans(mm);
  updateWatermarks(mm, 'boot');
  rebuildZonelists(mm, 'boot');
  mm.rfc = bootRfc(mm);
  return mm;
}

/** Reserved pages of one node are in use, for ever. */
function reserve(mm: Mm, start: number, end: number, nid: number): void {
  setSpecialRange(mm.page, start, end, RESERVED);
  for (let pfn = start; pfn < end;) {
    const block = pfn >>> PAGEBLOCK_ORDER;
    const next = Math.min(end, (block + 1) << PAGEBLOCK_ORDER);
    setUsedRange(mm, pfn, next, nid, mm.block.pinned[block] === 0);
    mm.block.pinned[block]! += next - pfn;
    pfn = next;
  }
}

type Range = { readonly start: number; readonly end: number };

/** [0, end) less the ranges. */
function gaps(ranges: readonly Range[], end: number): Range[] {
  const out: Range[] = [];
  let at = 0;
  for (const r of ranges) {
    assert(r.start >= at, 'boot-ranges-overlap', { start: r.start, at });
    if (r.start > at) out.push({ start: at, end: r.start });
    at = r.end;
  }
  if (at < end) out.push({ start: at, end });
  return out;
}

/** Cuts ranges at layout and zone boundaries. */
function forEachPiece(
  mm: Mm,
  ranges: readonly Range[],
  visit: (start: number, end: number, nid: number) => void,
): void {
  const cuts = new Set<number>([...mm.layout.start, ...mm.config.zoneStartPfn]);
  const sorted = [...cuts].sort((a, b) => a - b);
  let c = 0;
  for (const r of ranges) {
    while (c > 0 && sorted[c - 1]! > r.start) c--;
    let at = r.start;
    while (at < r.end) {
      while (c < sorted.length && sorted[c]! <= at) c++;
      const end = Math.min(r.end, sorted[c] ?? r.end);
      visit(at, end, targetNid(mm.layout, at));
      at = end;
    }
  }
}

function countTarget(mm: Mm): void {
  const { present, managed, initialised } = mm.zones;
  for (let r = 0; r < mm.layout.count; r++) {
    const nid = mm.layout.nid[r]!;
    mm.online[nid] = 1;
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      if (!hasZoneType(mm, zoneType)) continue;
      const start = Math.max(mm.layout.start[r]!, mm.config.zoneStartPfn[zoneType]!);
      const end = Math.min(mm.layout.start[r + 1]!, zoneTypeEnd(mm, zoneType));
      if (start >= end) continue;
      const zone = zoneIndex(nid, zoneType);
      const valid = validIn(mm, start, end);
      present[zone]! += valid;
      managed[zone]! += valid - mm.reserved.countIn(start, end);
      if (valid > 0) initialised[zone] = 1;
    }
  }
}
