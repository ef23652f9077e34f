/**
 * The accounting of one guest as its own kernel reports it: per node, per zone, totals, the laws as equations with
 * their numbers, and the text that `numactl --hardware` prints. All counts are 4 KiB pages.
 *
 * Free pages and spans are by A, everything else by T, as in the snapshot. The laws are those of engine/mm/check.ts.
 */
import { FREE_ORDERS, guestsOf, PAGE_COUNTS, rowAt, rowsOf, ZONE_FIGURES } from '../columns/index.ts';
import type { Figures, PageCount, Snapshot, ZoneFigure } from '../columns/index.ts';
import { numactlMbFromPages } from '../units/index.ts';
import { numactlText } from './numactl.ts';

/** What can be added up over zones and nodes. */
export type PageCounts = Readonly<Record<PageCount, number>>;

interface HostNodeRef {
  /** Index into the snapshot's hosts. */
  readonly host: number;
  readonly nid: number;
}

export interface ZoneRow extends Readonly<Record<ZoneFigure, number>> {
  readonly nid: number;
  /** 0 DMA, 1 DMA32, 2 NORMAL. */
  readonly zone: number;
  readonly zoneName: string;
  /** Free blocks, index = order. */
  readonly freeBlocks: readonly number[];
}

export interface NodeRow extends PageCounts {
  readonly nid: number;
  readonly online: boolean;
  /** The host node that it represents. */
  readonly standsFor: HostNodeRef | null;
  /** node_present_pages as the kernel counts it; differs from presentPages where the kernel has lost a zone. */
  readonly nodePresentPages: number;
  /** nr_zones: 1 + the highest zone that the kernel looks at. */
  readonly nrZones: number;
  /** Pages booked here (A) that have the lookup mark. */
  readonly markedPages: number;
  /** MemTotal of the node in MiB, floored as numactl does: nodePresentPages of 3.10, managedPages of later kernels. */
  readonly sizeMib: number;
  readonly freeMib: number;
  /** Hull of the spans of the node's zones that have one. Spans of nodes may overlap. */
  readonly spannedPages: number;
  readonly zones: readonly ZoneRow[];
}

export interface OwedPair {
  /** A: where the pages are booked. */
  readonly from: number;
  /** T: where they belong. */
  readonly to: number;
  /** Will move when freed. */
  readonly pages: number;
  /** Never freed. */
  readonly pinned: number;
  /** Free, and on the free lists of `from` all the same: what only defects leave behind. */
  readonly misplaced: number;
}

export interface Term {
  readonly name: string;
  readonly pages: number;
  readonly sign: 1 | -1;
}

/** A law with its numbers in place. */
export interface Equation {
  /** As in `Violation.law`. */
  readonly law: string;
  /** What it is about: `node 0`, `all nodes`. */
  readonly scope: string;
  readonly left: readonly Term[];
  readonly relation: '=' | '<=';
  readonly right: readonly Term[];
  readonly leftPages: number;
  readonly rightPages: number;
  readonly closes: boolean;
}

export interface GuestAccounting {
  readonly name: string;
  /** Every possible node, in nid order. */
  readonly nodes: readonly NodeRow[];
  readonly totals: PageCounts;
  readonly owed: readonly OwedPair[];
  readonly equations: readonly Equation[];
  readonly numactlText: string;
}

export const ZONE_NAMES: readonly string[] = ['DMA', 'DMA32', 'NORMAL'];

/** The accounts of the guest with index `guest`. Cost follows its nodes, zones and (at level `blocks`) pageblocks. */
export function guestAccounting(snapshot: Snapshot, guest: number): GuestAccounting {
  const header = guestsOf(snapshot)[guest]!;
  const nodes = nodeRows(snapshot, guest);
  const owed = owedPairs(snapshot, guest);
  return {
    name: header.name,
    nodes,
    totals: sumCounts(nodes),
    owed,
    equations: equations(nodes, owed, header.validPages, actualPages(snapshot, guest)),
    numactlText: numactlHardware(nodes, header.cpuNode, header.distances),
  };
}

/** The nodes of a guest, every possible one, in nid order. */
export function nodeRows(snapshot: Snapshot, guest: number): NodeRow[] {
  const countsPresent = guestsOf(snapshot)[guest]!.era === '3.10';
  const zones = zoneRows(snapshot, guest);
  const [first, end] = rowsOf(snapshot, 'nodes', guest);
  const rows: NodeRow[] = [];
  for (let row = first; row < end; row++) {
    const node = rowAt('nodes', snapshot.tables.nodes, row);
    const own = zones.filter((zone) => zone.nid === node.nid);
    const counts = sumCounts(own);
    rows.push({
      nid: node.nid,
      online: node.online === 1,
      standsFor: node.host < 0 ? null : { host: node.host, nid: node.hostNid },
      nodePresentPages: node.presentPages,
      nrZones: node.nrZones,
      markedPages: node.marked,
      sizeMib: numactlMbFromPages(countsPresent ? node.presentPages : counts.managedPages),
      freeMib: numactlMbFromPages(counts.freePages),
      spannedPages: hullPages(own),
      ...counts,
      zones: own,
    });
  }
  return rows;
}

/** Page counts added up, column by column. */
function sumCounts(rows: readonly PageCounts[]): PageCounts {
  const sum = Object.fromEntries(PAGE_COUNTS.map((name) => [name, 0])) as Record<PageCount, number>;
  for (const row of rows) for (const name of PAGE_COUNTS) sum[name] += row[name];
  return sum;
}

/** The owed matrix of a guest as rows in (from, to) order. */
export function owedPairs(snapshot: Pick<Figures, 'tables'>, guest: number): OwedPair[] {
  const [first, end] = rowsOf(snapshot, 'stranded', guest);
  const { from, to, pages, pinned, misplaced } = snapshot.tables.stranded.columns;
  return Array.from({ length: end - first }, (_, i) => {
    const row = first + i;
    return {
      from: from![row]!,
      to: to![row]!,
      pages: pages![row]!,
      pinned: pinned![row]!,
      misplaced: misplaced![row]!,
    };
  });
}

function zoneRows(snapshot: Snapshot, guest: number): ZoneRow[] {
  const [first, end] = rowsOf(snapshot, 'zones', guest);
  return Array.from({ length: end - first }, (_, i): ZoneRow => {
    const row = rowAt('zones', snapshot.tables.zones, first + i);
    const figures = Object.fromEntries(ZONE_FIGURES.map((name) => [name, row[name]]));
    return {
      nid: row.nid,
      zone: row.zone,
      zoneName: ZONE_NAMES[row.zone] ?? `zone ${row.zone}`,
      ...(figures as Record<ZoneFigure, number>),
      freeBlocks: FREE_ORDERS.map((name) => row[name]),
    };
  });
}

function hullPages(zones: readonly ZoneRow[]): number {
  let start = Infinity;
  let end = 0;
  for (const zone of zones) {
    if (zone.spannedPages === 0) continue;
    start = Math.min(start, zone.spanStartPfn);
    end = Math.max(end, zone.spanStartPfn + zone.spannedPages);
  }
  return end === 0 ? 0 : end - start;
}

/** A counted page by page, per node: only a snapshot with the guest's blocks knows it, else null. */
function actualPages(snapshot: Snapshot, guest: number): ReadonlyMap<number, number> | null {
  const [first, end] = rowsOf(snapshot, 'blocks', guest);
  if (first === end) return null;
  const { nid, freePages: free, usedPages: used, pinnedPages: pinned } = snapshot.tables.blocks.columns;
  const pages = new Map<number, number>();
  for (let row = first; row < end; row++) {
    pages.set(nid![row]!, (pages.get(nid![row]!) ?? 0) + free![row]! + used![row]! + pinned![row]!);
  }
  return pages;
}

function equations(
  nodes: readonly NodeRow[],
  owed: readonly OwedPair[],
  validPages: number,
  actual: ReadonlyMap<number, number> | null,
): Equation[] {
  const all = sumCounts(nodes);
  const shown = nodes.filter((node) => node.online || node.presentPages > 0 || node.spannedPages > 0);
  const scopes = [
    ...shown.map((node) => ({ scope: `node ${node.nid}`, counts: node as PageCounts })),
    { scope: 'all nodes', counts: all },
  ];
  const list = [
    equation('G2', 'all nodes', [plus('present', all.presentPages)], '=', [plus('valid pages', validPages)]),
  ];
  for (const { scope, counts: c } of scopes) list.push(sizeEquation(scope, c));
  for (const { scope, counts: c } of scopes) {
    list.push(
      equation('G2', scope, [plus('present', c.presentPages)], '=', [
        plus('managed', c.managedPages),
        plus('reserved', c.reservedPages),
      ]),
    );
  }
  for (const node of shown) {
    const blocks = node.zones.reduce(
      (sum, zone) => sum + zone.freeBlocks.reduce((s, n, order) => s + n * 2 ** order, 0),
      0,
    );
    list.push(
      equation('G3', `node ${node.nid}`, [plus('free', node.freePages)], '=', [
        plus('pages of the free blocks', blocks),
      ]),
    );
    list.push(
      equation('G4', `node ${node.nid}`, [plus('free', node.freePages)], '<=', [plus('managed', node.managedPages)]),
    );
    if (actual !== null) list.push(actualEquation(node, owed, actual.get(node.nid) ?? 0));
  }
  return list;
}

const sizeEquation = (scope: string, c: PageCounts): Equation =>
  equation('G5', scope, [plus('size', c.presentPages), minus('free', c.freePages)], '=', [
    plus('allocated', c.allocatedPages),
    plus('per-CPU', c.pcpPages),
    plus('reserved', c.reservedPages),
  ]);

function actualEquation(node: NodeRow, owed: readonly OwedPair[], actual: number): Equation {
  const sum = (pairs: readonly OwedPair[]): number =>
    pairs.reduce((total, pair) => total + pair.pages + pair.pinned + pair.misplaced, 0);
  const owedIn = sum(owed.filter((pair) => pair.to === node.nid));
  const owedOut = sum(owed.filter((pair) => pair.from === node.nid));
  return equation('G7', `node ${node.nid}`, [plus('booked here', actual)], '=', [
    plus('present', node.presentPages),
    minus('owed to it', owedIn),
    plus('owed by it', owedOut),
  ]);
}

const plus = (name: string, pages: number): Term => ({ name, pages, sign: 1 });
const minus = (name: string, pages: number): Term => ({ name, pages, sign: -1 });

function equation(
  law: string,
  scope: string,
  left: readonly Term[],
  relation: '=' | '<=',
  right: readonly Term[],
): Equation {
  const total = (terms: readonly Term[]): number => terms.reduce((sum, term) => sum + term.sign * term.pages, 0);
  const leftPages = total(left);
  const rightPages = total(right);
  return {
    law,
    scope,
    left,
    relation,
    right,
    leftPages,
    rightPages,
    closes: relation === '=' ? leftPages === rightPages : leftPages <= rightPages,
  };
}

/**
 * What `numactl --hardware` (2.0.16) prints in the guest, byte for byte: MiB written "MB" and truncated, a blank at the
 * end of both kinds of matrix line, cells padded to three places. Only nodes that are online.
 */
export function numactlHardware(
  nodes: readonly NodeRow[],
  cpuNode: readonly number[],
  distances: readonly (readonly number[])[],
): string {
  const online = nodes.filter((node) => node.online);
  const nids = online.map((node) => node.nid);
  return numactlText({
    nodes: online.map(({ nid, sizeMib, freeMib }) => ({
      id: nid,
      cpus: cpuNode.flatMap((node, cpu) => (node === nid ? [cpu] : [])),
      sizeMib,
      freeMib,
    })),
    distances: { ids: nids, matrix: nids.map((from) => nids.map((to) => distances[from]?.[to] ?? 0)) },
  });
}
