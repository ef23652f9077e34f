/**
 * Managed pages of each zone in a real zoneinfo next to those of the guest made from its boot log, and the reasons for
 * each difference.
 */
import { pagesIn } from '../pfn-range.ts';
import type { BootMap } from './boot-map.ts';
import { inZone, ZONE_NAMES } from './boot-map.ts';
import type { ZoneFacts } from '../../formats/index.ts';

export interface ManagedRow {
  readonly nid: number;
  readonly zone: string;
  readonly present: { readonly real: number; readonly ours: number };
  readonly spanned: { readonly real: number; readonly ours: number };
  readonly startPfn: { readonly real: number | null; readonly ours: number };
  readonly managed: { readonly real: number; readonly ours: number };
  /** real - ours, managed. */
  readonly difference: number;
  readonly because: string;
}

/** A row for each zone that has pages in either. */
export function explainManaged(map: BootMap, zones: readonly ZoneFacts[]): ManagedRow[] {
  const rows: ManagedRow[] = [];
  const nids = [...new Set([...map.ranges.map(({ nid }) => nid), ...zones.map(({ nid }) => nid)])].sort(
    (a, b) => a - b,
  );
  for (const nid of nids) {
    for (const zone of [0, 1, 2] as const) {
      const real = zones.find((each) => each.nid === nid && each.zone === ZONE_NAMES[zone]);
      const row = rowOf(map, nid, zone, real);
      if (row.present.real > 0 || row.present.ours > 0) rows.push(row);
    }
  }
  return rows;
}

function rowOf(map: BootMap, nid: number, zone: 0 | 1 | 2, real: ZoneFacts | undefined): ManagedRow {
  const node = map.ranges.filter((range) => range.nid === nid);
  const own = inZone(node, zone);
  const present = pagesIn(own);
  // Holes at the zone's border are in its span where the node goes on beyond.
  const [span] = inZone([{ start: node[0]?.start ?? 0, end: node.at(-1)?.end ?? 0 }], zone);
  const takings = map.takings
    .filter((taking) => taking.nid === nid && taking.freed === null)
    .map(({ what, ranges }) => ({ what, pages: pagesIn(inZone(ranges, zone)) }))
    .filter(({ pages }) => pages > 0);
  const sums = new Map<string, number>();
  for (const { what, pages } of takings) sums.set(what, (sums.get(what) ?? 0) + pages);
  const managed = present - [...sums.values()].reduce((a, b) => a + b, 0);
  const stated = real === undefined ? 0 : (real.managed ?? real.present);
  const difference = stated - managed;
  return {
    nid,
    zone: ZONE_NAMES[zone],
    present: { real: real?.present ?? 0, ours: present },
    spanned: { real: real?.spanned ?? 0, ours: present === 0 || span === undefined ? 0 : span.end - span.start },
    startPfn: { real: real?.startPfn ?? null, ours: present === 0 ? 0 : (span?.start ?? 0) },
    managed: { real: stated, ours: managed },
    difference,
    because: reason(map, sums, difference, present, real),
  };
}

function reason(
  map: BootMap,
  sums: ReadonlyMap<string, number>,
  difference: number,
  present: number,
  real: ZoneFacts | undefined,
): string {
  const taken = [...sums].map(([what, pages]) => `${pages} ${what}`).join(', ');
  const ours = taken === '' ? 'nothing is taken of it here' : `taken here: ${taken}`;
  if (difference === 0) return `as stated; ${ours}`;
  const plugged = (real?.present ?? 0) - present;
  if (plugged > 0) return `${plugged} pages were plugged in after the boot that the log is of; ${ours}`;
  if (plugged < 0) return `${-plugged} pages of the log's map are not there any more; ${ours}`;
  const unnamed = map.takings
    .filter(({ what }) => what.startsWith('early allocations'))
    .reduce((sum, { ranges }) => sum + pagesIn(ranges), 0);
  const where =
    map.assumed.length > 0
      ? 'where the kernel image lies is not in the log: 16 MiB is assumed'
      : difference < 0
        ? `the kernel has more taken here that its log does not name (page tables, its brk); of such pages the log counts ${unnamed} in all, put at the top of the last node`
        : `of the ${unnamed} pages that the log counts and does not name, put here, so many are on other nodes`;
  return `the guest has ${Math.abs(difference)} pages ${difference < 0 ? 'fewer' : 'more'} than by its log: ${where}; ${ours}`;
}
