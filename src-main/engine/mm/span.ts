/**
 * Spans: the smallest [start, end) of a zone that holds every page with A there, with the holes at a zone's border
 * that lie inside a range of its node (the PCI hole of a node that goes on above 4 GiB belongs to its DMA32). It grows
 * with the target when a layout is published, and shrinks to it when the last stranded page has left.
 *
 * Counters changed: zones.spanStart, spanEnd, hullStart, hullEnd.
 */
import { NR_ZONES, ZONE_NAMES } from './limit.ts';
import { rangeOf } from './memlayout.ts';
import { zoneIndex, hasZoneType, type Mm, zoneTypeEnd } from './mm.ts';
import { hasDefect } from './rfc/rfc-state.ts';

export function growSpan(spanStart: Uint32Array, spanEnd: Uint32Array, zone: number, start: number, end: number): void {
  if (start === end) return;
  if (spanStart[zone] === spanEnd[zone]) {
    spanStart[zone] = start;
    spanEnd[zone] = end;
  } else {
    if (start < spanStart[zone]!) spanStart[zone] = start;
    if (end > spanEnd[zone]!) spanEnd[zone] = end;
  }
}

/**
 * The hull of each zone's target, from the published layout. An RFC guest's has no holes at its ends: its README says so.
 */
export function updateHulls(mm: Mm): void {
  const { hullStart, hullEnd } = mm.zones;
  const tight = hasDefect(mm.config.profile.rfc);
  hullStart.fill(0);
  hullEnd.fill(0);
  for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
    if (!hasZoneType(mm, zoneType)) continue;
    const low = mm.config.zoneStartPfn[zoneType]!;
    const high = zoneTypeEnd(mm, zoneType);
    for (let r = rangeOf(mm.layout, low); r < mm.layout.count && mm.layout.start[r]! < high; r++) {
      const start = Math.max(low, mm.layout.start[r]!);
      const end = Math.min(high, mm.layout.start[r + 1]!);
      if (start >= end) continue;
      const valid = mm.holes.trim(start, end);
      if (valid.start === valid.end) continue;
      const whole = tight ? valid : mm.holes.trim(mm.layout.start[r]!, mm.layout.start[r + 1]!);
      const from = Math.max(start, whole.start);
      growSpan(hullStart, hullEnd, zoneIndex(mm.layout.nid[r]!, zoneType), from, Math.min(end, whole.end));
    }
  }
}

/**
 * The spans of a kernel that boots: the part of the zone that lies between the first and the last page of the node,
 * whosever pages are between (zone_spanned_pages_in_node). A node without pages in the zone spans nothing here.
 */
export function bootSpans(mm: Mm): void {
  const { spanStart, spanEnd, hullStart, hullEnd, present } = mm.zones;
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    let start = Infinity;
    let end = 0;
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const c = zoneIndex(nid, zoneType);
      if (present[c] === 0) continue;
      start = Math.min(start, hullStart[c]!);
      end = Math.max(end, hullEnd[c]!);
    }
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const c = zoneIndex(nid, zoneType);
      if (present[c] === 0) continue;
      spanStart[c] = Math.max(start, mm.config.zoneStartPfn[zoneType]!);
      spanEnd[c] = Math.min(end, zoneTypeEnd(mm, zoneType));
    }
  }
}

/**
 * The span of a zone without stranded pages is the hull of its target. In an RFC guest free pages of other nodes keep it
 * wide too, or it never shrinks.
 */
export function shrinkSpan(mm: Mm, zone: number): void {
  if (mm.rfc !== null && (mm.rfc.switches.spanNeverShrinks || mm.rfc.misplacedOut[zone]! > 0)) return;
  mm.zones.spanStart[zone] = mm.zones.hullStart[zone]!;
  mm.zones.spanEnd[zone] = mm.zones.hullEnd[zone]!;
}

/**
 * Whether a page of a zone lies outside its span (page_outside_zone_boundaries). One reading suffices: nothing grows
 * a span while it is read, which is what patch 28 of the RFC retries for.
 */
export const isOutside = (mm: Mm, pfn: number, zone: number): boolean =>
  pfn < mm.zones.spanStart[zone]! || pfn >= mm.zones.spanEnd[zone]!;

/** What a kernel says of it (bad_range, as patch 29 words it): the page, its node and zone, and both ends. */
export function outsideText(mm: Mm, pfn: number, zone: number): string {
  const hex = (n: number): string => `0x${n.toString(16)}`;
  const where = `node ${Math.floor(zone / NR_ZONES)} zone ${ZONE_NAMES[zone % NR_ZONES]}`;
  return `page ${hex(pfn)} outside ${where} [ ${hex(mm.zones.spanStart[zone]!)} - ${hex(mm.zones.spanEnd[zone]!)} ]`;
}
