/**
 * The memory of a Linux guest as its zoneinfo and buddyinfo state it: zones with their pages, which of them are
 * managed, and free blocks by order. zoneinfo counts pages and does not say which; where it leaves that open:
 *
 * (a) With the boot log of the same guest, a zone has the log's ranges and takings wherever the numbers of pages agree.
 * (b) Otherwise pages that are missing in a zone's span lie below 1 MiB if it begins there (the firmware's window),
 *     else at the zone's end (the hole for devices below 4 GiB); a span inside another node's is not the other's.
 * (c) Pages that are present and not managed are those of the log's takings, else the first MiB's and then the highest.
 *     Where free blocks would have no room then, they lie between the free blocks instead.
 *
 * Zones are recognised by where they begin, as on x86_64: a Movable zone above 4 GiB counts as Normal there.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import { planFreeBlocks } from '../../engine/mm/free-plan.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import type { FreeAreaFacts, ZoneFacts } from '../../formats/index.ts';
import { byStart, mergeRanges, pagesIn, subtractRanges } from '../pfn-range.ts';
import type { BootMap, ZoneIndex } from './boot-map.ts';
import { inZone, ZONE_NAMES, ZONE_START, zoneOfPfn } from './boot-map.ts';

const LOW_PAGES = 256;
const NR_ORDERS = 11;

/** One zone of a guest. */
export interface ZoneState {
  readonly nid: number;
  readonly zone: ZoneIndex;
  /** Pages that are there, and those of them that are not managed. Ascending, disjoint. */
  readonly ranges: readonly PfnRange[];
  readonly reserved: readonly PfnRange[];
  /** Free blocks by order; null: everything managed is free. */
  readonly free: readonly number[] | null;
  /** The zones of zoneinfo that it represents. */
  readonly stated: readonly ZoneFacts[];
}

/** Severity of a problem: an error stops the reading, a note reports something assumed or found. */
export type Say = (severity: 'error' | 'warning' | 'note', slug: string, message: string, line?: number) => void;

interface GuestZone {
  readonly nid: number;
  readonly zone: ZoneIndex;
  readonly facts: ZoneFacts[];
}

/** Null after an error. @param lists free blocks by zone; null: none are recorded. */
export function zonesOfZoneinfo(
  zones: readonly ZoneFacts[],
  map: BootMap | null,
  lists: readonly FreeAreaFacts[] | null,
  say: Say,
): ZoneState[] | null {
  const guestZones = groupByZone(zones, say);
  if (guestZones === null) return null;
  const states: ZoneState[] = [];
  for (const guestZone of guestZones) {
    const ranges = rangesOfGuestZone(guestZone, guestZones, map, say);
    if (ranges === null) return null;
    const state = stateOfZone(guestZone, ranges, map, lists, say);
    if (state === null) return null;
    states.push(state);
  }
  return states;
}

const nameOf = ({ nid, zone }: { readonly nid: number; readonly zone: ZoneIndex }): string =>
  `node ${nid} zone ${ZONE_NAMES[zone]}`;

const endOf = (facts: ZoneFacts): number => (facts.startPfn ?? 0) + facts.spanned;

/** Zones with pages, by where they begin. */
function groupByZone(zones: readonly ZoneFacts[], say: Say): GuestZone[] | null {
  const guestZones = new Map<string, GuestZone>();
  let sound = true;
  for (const facts of zones) {
    if (facts.present === 0 || facts.zone === 'Device') {
      if (facts.present > 0) say('note', 'guest-device', `node ${facts.nid}: device memory is left out`, facts.line);
      continue;
    }
    if (facts.startPfn === null) {
      say('error', 'zone-start', `node ${facts.nid} zone ${facts.zone} has pages and no start_pfn`, facts.line);
      sound = false;
      continue;
    }
    const zone = zoneOfPfn(facts.startPfn);
    const high = zone === 2 ? Infinity : ZONE_START[zone + 1]!;
    if (endOf(facts) > high) {
      const message = `node ${facts.nid} zone ${facts.zone} reaches beyond ${zone === 0 ? '16 MiB' : '4 GiB'}, where the zones of x86_64 end`;
      say('error', 'zone-unlike-x86', message, facts.line);
      sound = false;
      continue;
    }
    if (facts.zone !== ZONE_NAMES[zone]) {
      const message = `node ${facts.nid}: zone ${facts.zone} from pfn ${facts.startPfn} on is ${ZONE_NAMES[zone]} here`;
      say('note', 'guest-zone-name', message, facts.line);
    }
    const key = `${facts.nid}/${zone}`;
    const guestZone = guestZones.get(key) ?? { nid: facts.nid, zone, facts: [] };
    guestZone.facts.push(facts);
    guestZones.set(key, guestZone);
  }
  if (sound && guestZones.size === 0) {
    say('error', 'guest-no-memory', 'no zone has pages');
    return null;
  }
  return sound ? [...guestZones.values()].sort((a, b) => a.nid - b.nid || a.zone - b.zone) : null;
}

/** Which pages of its span a zone has. */
function rangesOfGuestZone(
  guestZone: GuestZone,
  guestZones: readonly GuestZone[],
  map: BootMap | null,
  say: Say,
): PfnRange[] | null {
  const present = guestZone.facts.reduce((sum, facts) => sum + facts.present, 0);
  if (map !== null) {
    const own = inZone(
      map.ranges.filter(({ nid }) => nid === guestZone.nid),
      guestZone.zone,
    );
    if (pagesIn(own) === present) return own.map(({ start, end }) => ({ start, end }));
  }
  const out: PfnRange[] = [];
  for (const facts of guestZone.facts) {
    const own = rangesOfZone(facts, guestZones, say);
    if (own === null) return null;
    out.push(...own);
  }
  const merged = mergeRanges(out);
  if (pagesIn(merged) === present) return merged;
  say('error', 'zones-overlap', `${nameOf(guestZone)}: its zones overlap each other`, guestZone.facts[0]!.line);
  return null;
}

function rangesOfZone(facts: ZoneFacts, guestZones: readonly GuestZone[], say: Say): PfnRange[] | null {
  const span = { start: facts.startPfn!, end: endOf(facts) };
  // A zone of another node inside this span has its pages there; of two equal ones neither does.
  const inner = guestZones
    .flatMap((guestZone) => guestZone.facts)
    .filter((other) => other !== facts && other.spanned < facts.spanned)
    .map((other) => ({ start: other.startPfn!, end: endOf(other) }))
    .filter((other) => span.start <= other.start && other.end <= span.end);
  const own = subtractRanges(span, mergeRanges(inner));
  const missing = pagesIn(own) - facts.present;
  if (missing < 0) {
    const hint = inner.length > 0 ? ' outside the zones inside it' : '';
    const message = `node ${facts.nid} zone ${facts.zone} has more pages than its span has room${hint}`;
    say('error', 'zones-overlap', message, facts.line);
    return null;
  }
  const low = own.filter(({ start }) => start < LOW_PAGES).map((r) => ({ ...r, end: Math.min(r.end, LOW_PAGES) }));
  const window = topOf(low, Math.min(missing, Math.max(0, pagesIn(low) - 1)));
  const rest = topOf(
    own.flatMap((range) => subtractRanges(range, window)),
    missing - pagesIn(window),
  );
  return own.flatMap((range) => subtractRanges(range, mergeRanges([...window, ...rest])));
}

/** The highest pages of ascending ranges. */
function topOf(ranges: readonly PfnRange[], pages: number): PfnRange[] {
  const out: PfnRange[] = [];
  let left = pages;
  for (const { start, end } of [...ranges].reverse()) {
    const take = Math.min(left, end - start);
    if (take > 0) out.push({ start: end - take, end });
    left -= take;
  }
  return out.sort(byStart);
}

/** The lowest pages of ascending ranges. */
function bottomOf(ranges: readonly PfnRange[], pages: number): PfnRange[] {
  const out: PfnRange[] = [];
  let left = pages;
  for (const { start, end } of ranges) {
    const take = Math.min(left, end - start);
    if (take > 0) out.push({ start, end: start + take });
    left -= take;
  }
  return out;
}

const without = (ranges: readonly PfnRange[], holes: readonly PfnRange[]): PfnRange[] =>
  ranges.flatMap((range) => subtractRanges(range, holes));

function stateOfZone(
  guestZone: GuestZone,
  ranges: readonly PfnRange[],
  map: BootMap | null,
  lists: readonly FreeAreaFacts[] | null,
  say: Say,
): ZoneState | null {
  const { nid, zone, facts } = guestZone;
  const managed = facts.reduce((sum, each) => sum + (each.managed ?? each.present), 0);
  const needed = pagesIn(ranges) - managed;
  const reserved = reservedOf(guestZone, ranges, map, needed);
  const usable = without(ranges, reserved);
  const free = freeOf(guestZone, lists, usable, say);
  const state = { nid, zone, ranges, stated: facts };
  const plan = planFreeBlocks(usable, free);
  if (plan.ok) return { ...state, reserved, free };
  // Their own place may be between the free blocks: any arrangement of all pages leaves room for them.
  const wide = planFreeBlocks(ranges, free);
  if (wide.ok) {
    const blocks = wide.blocks.map(({ pfn, order }) => ({ start: pfn, end: pfn + (1 << order) }));
    const between = without(ranges, mergeRanges(blocks));
    if (pagesIn(between) >= needed) return { ...state, reserved: topOf(between, needed), free };
  }
  const message = `${nameOf(guestZone)} has room for ${plan.room} of its ${free[plan.order]} free blocks of order ${plan.order}`;
  say('error', 'free-lists-no-room', message, facts[0]!.line);
  return null;
}

/** Exactly `needed` pages: the log's takings, then the first MiB's, then the highest. */
function reservedOf(
  guestZone: GuestZone,
  ranges: readonly PfnRange[],
  map: BootMap | null,
  needed: number,
): PfnRange[] {
  const taken = (map?.takings ?? [])
    .filter(({ nid, freed }) => nid === guestZone.nid && freed === null)
    .flatMap((taking) => inZone(taking.ranges, guestZone.zone))
    .flatMap((taking) =>
      ranges.map((r) => ({ start: Math.max(r.start, taking.start), end: Math.min(r.end, taking.end) })),
    )
    .filter(({ start, end }) => start < end);
  const known = bottomOf(mergeRanges(taken), needed);
  const rest = without(ranges, known);
  const low = rest.filter(({ start }) => start < LOW_PAGES).map((r) => ({ ...r, end: Math.min(r.end, LOW_PAGES) }));
  const lowest = bottomOf(low, needed - pagesIn(known));
  const highest = topOf(without(rest, lowest), needed - pagesIn(known) - pagesIn(lowest));
  return mergeRanges([...known, ...lowest, ...highest]);
}

/** Free blocks of a zone by order: those recorded, or as few as hold the pages that zoneinfo counts. */
function freeOf(
  guestZone: GuestZone,
  lists: readonly FreeAreaFacts[] | null,
  usable: readonly PfnRange[],
  say: Say,
): number[] {
  const counted = guestZone.facts.reduce((sum, facts) => sum + facts.free, 0);
  if (lists === null) return decompose(bottomOf(usable, counted));
  const names = new Set(guestZone.facts.map(({ zone }) => zone));
  const own = lists.filter(({ nid, zone }) => nid === guestZone.nid && names.has(zone));
  if (own.length === 0) {
    const message = `${nameOf(guestZone)}: no free lists are recorded, so nothing of it is free`;
    say('warning', 'guest-no-lists', message);
  }
  const blocks = new Array<number>(NR_ORDERS).fill(0);
  for (const list of own) foldOrders(list.blocks).forEach((n, order) => (blocks[order]! += n));
  const listed = blocks.reduce((sum, n, order) => sum + n * 2 ** order, 0);
  if (listed !== counted) {
    const message = `${nameOf(guestZone)}: the free lists hold ${listed} pages, zoneinfo counts ${counted}; the lists are taken`;
    say('note', 'guest-free-differs', message, guestZone.facts[0]!.line);
  }
  return blocks;
}

/** Blocks larger than the largest here are as many of it as they hold. */
export function foldOrders(blocks: readonly number[]): number[] {
  const out = Array.from({ length: NR_ORDERS }, (_, order) => blocks[order] ?? 0);
  blocks.forEach((n, order) => {
    if (order >= NR_ORDERS) out[NR_ORDERS - 1]! += n * 2 ** (order - NR_ORDERS + 1);
  });
  return out;
}

/** The largest aligned blocks of ascending ranges that do not touch, by order. */
function decompose(ranges: readonly PfnRange[]): number[] {
  const blocks = new Array<number>(NR_ORDERS).fill(0);
  for (const { start, end } of mergeRanges(ranges)) {
    for (let pfn = start; pfn < end;) {
      let order = NR_ORDERS - 1;
      while (pfn % 2 ** order !== 0 || pfn + 2 ** order > end) order--;
      blocks[order]!++;
      pfn += 2 ** order;
    }
  }
  return blocks;
}

/** Nodes' ranges of all zones, ascending. */
export const rangesOfZones = (guestZones: readonly ZoneState[]): LayoutRange[] =>
  guestZones.flatMap(({ nid, ranges }) => ranges.map((r) => ({ ...r, nid }))).sort(byStart);
