/**
 * Spans: the smallest [start, end) of a cell that holds every page with A there. It grows with the target when a layout
 * is published, and shrinks to it when the last stranded page has left.
 *
 * Counters changed: cell.spanStart, spanEnd, hullStart, hullEnd.
 */
import { NR_ZONES } from './limit.ts';
import { cellOf, hasZone, type Mm, zoneEnd } from './mm.ts';

export function growSpan(spanStart: Uint32Array, spanEnd: Uint32Array, cell: number, start: number, end: number): void {
  if (start === end) return;
  if (spanStart[cell] === spanEnd[cell]) {
    spanStart[cell] = start;
    spanEnd[cell] = end;
  } else {
    if (start < spanStart[cell]!) spanStart[cell] = start;
    if (end > spanEnd[cell]!) spanEnd[cell] = end;
  }
}

/** The hull of each cell's target, from the published layout. */
export function updateHulls(mm: Mm): void {
  const { hullStart, hullEnd } = mm.cell;
  hullStart.fill(0);
  hullEnd.fill(0);
  for (let zone = 0; zone < NR_ZONES; zone++) {
    if (!hasZone(mm, zone)) continue;
    const low = mm.config.zoneStartPfn[zone]!;
    const high = zoneEnd(mm, zone);
    for (let r = 0; r < mm.layout.count; r++) {
      const start = Math.max(low, mm.layout.start[r]!);
      const end = Math.min(high, mm.layout.start[r + 1]!);
      if (start >= end) continue;
      const valid = mm.holes.trim(start, end);
      growSpan(hullStart, hullEnd, cellOf(mm.layout.nid[r]!, zone), valid.start, valid.end);
    }
  }
}

/**
 * The span of a cell without stranded pages is the hull of its target. In an RFC guest free pages of other nodes keep it
 * wide too, or it never shrinks.
 */
export function shrinkSpan(mm: Mm, cell: number): void {
  if (mm.rfc !== null && (mm.rfc.switches.spanNeverShrinks || mm.rfc.misplacedOut[cell]! > 0)) return;
  mm.cell.spanStart[cell] = mm.cell.hullStart[cell]!;
  mm.cell.spanEnd[cell] = mm.cell.hullEnd[cell]!;
}
