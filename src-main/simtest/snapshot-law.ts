/**
 * Conservation, read from a snapshot alone: what any reader of the tables could add up. It knows the formats of
 * shared/snapshot/table.ts and the configuration, nothing of the engine, so it stands beside the engine's own check.
 *
 * (a) host nodes: free + used + reserved = total; total and reserved are the configuration's;
 * (b) backing: every valid guest page once, no two extents share a frame; second copies only under a live migration;
 * (c) cells: present = free + pcp + allocated + reserved; managed = present - reserved; free = sum of its blocks;
 *     present = the layout's valid pages;
 * (d) layout: maximal runs from 0 to nrPages without gaps, of possible nodes;
 * (e) stranded: distinct possible nodes; sums equal to the header's lag; actual(n) = present(n) - in + out;
 * (f) blocks: every valid page once; free per node as in cells; owed pages as in stranded;
 * (g) owed: as many pages as are stranded, per-CPU lists being empty of them between two ticks;
 * (h) nodes: present as in the cells; every page that is owed is marked; no free page is misplaced.
 */
import type { GuestHeader, Snapshot, Table } from '../../shared/snapshot/index.ts';
import type { GuestConfig, WorldConfig } from '../engine/config.ts';
import type { PfnRange } from '../../shared/units/index.ts';

export function snapshotViolations(snapshot: Snapshot, config: WorldConfig): string[] {
  const wrong: string[] = [];
  const same = (what: string, expected: number, found: number): void => {
    if (expected !== found) wrong.push(`${what}: expected ${expected}, found ${found}`);
  };
  checkHosts(snapshot, config, same);
  checkFrames(snapshot, same);
  config.guests.forEach((guest, g) => {
    const header = snapshot.header.guests[g]!;
    const at = guest.name;
    checkBacking(snapshot, header, g, at, same);
    checkCells(snapshot, g, at, same);
    checkLayout(snapshot, guest, header, g, at, same);
    checkStranded(snapshot, header, g, at, same);
    checkNodes(snapshot, g, at, same);
    if (snapshot.header.level === 'blocks') checkBlocks(snapshot, header, g, at, same);
  });
  return wrong;
}

type Same = (what: string, expected: number, found: number) => void;
type Row = Readonly<Record<string, number>>;

/** Rows as objects, only of the guest asked for. */
function rowsOf(table: Table, guest: number): Row[] {
  const owner = table.columns['guest']!;
  const out: Row[] = [];
  for (let i = 0; i < table.rows; i++) if (owner[i] === guest) out.push(rowAt(table, i));
  return out;
}

const allRows = (table: Table): Row[] => Array.from({ length: table.rows }, (_, i) => rowAt(table, i));

function rowAt(table: Table, i: number): Row {
  const row: Record<string, number> = {};
  for (const name in table.columns) row[name] = table.columns[name]![i]!;
  return row;
}

const sum = (list: readonly Row[], column: string): number => list.reduce((total, r) => total + r[column]!, 0);
const where = (list: readonly Row[], column: string, value: number): Row[] => list.filter((r) => r[column] === value);

function checkHosts(snapshot: Snapshot, config: WorldConfig, same: Same): void {
  const found = allRows(snapshot.tables.hostNodes);
  const nodes = config.hosts.flatMap((h, host) => h.nodes.map((n) => ({ ...n, host })));
  same('host nodes', nodes.length, found.length);
  nodes.forEach((n, i) => {
    const row = found[i]!;
    const at = `${config.hosts[n.host]!.name} node ${n.nid}`;
    same(`${at} nid`, n.nid, row['nid']!);
    same(`${at} total`, n.totalPages, row['totalPages']!);
    same(`${at} reserved`, n.reservedPages, row['reservedPages']!);
    same(`${at} free + used + reserved`, n.totalPages, row['freePages']! + row['usedPages']! + row['reservedPages']!);
  });
}

function checkFrames(snapshot: Snapshot, same: Same): void {
  const extents = allRows(snapshot.tables.backing).sort(
    (a, b) => a['host']! - b['host']! || a['hostNid']! - b['hostNid']! || a['frame']! - b['frame']!,
  );
  for (let i = 1; i < extents.length; i++) {
    const [below, above] = [extents[i - 1]!, extents[i]!];
    const sameNode = below['host'] === above['host'] && below['hostNid'] === above['hostNid'];
    const shared = sameNode ? Math.max(0, below['frame']! + below['pages']! - above['frame']!) : 0;
    same(`frames shared on host ${above['host']} node ${above['hostNid']} at ${above['frame']}`, 0, shared);
  }
}

function checkBacking(snapshot: Snapshot, header: GuestHeader, g: number, at: string, same: Same): void {
  const backing = rowsOf(snapshot.tables.backing, g);
  const live = where(backing, 'copy', 0);
  same(`${at} backed pages`, header.validPages, sum(live, 'pages'));
  same(`${at} pages backed on another host`, 0, live.filter((r) => r['host'] !== header.host).length);
  for (let i = 1; i < live.length; i++) {
    const overlap = Math.max(0, live[i - 1]!['start']! + live[i - 1]!['pages']! - live[i]!['start']!);
    same(`${at} pages backed twice at ${live[i]!['start']}`, 0, overlap);
  }
  const migrates = snapshot.header.migrations.some(
    (m) => m.vm === header.name && (m.phase === 'running' || m.phase === 'switchOver'),
  );
  if (!migrates) same(`${at} second copies without a migration`, 0, backing.length - live.length);
}

function checkCells(snapshot: Snapshot, g: number, at: string, same: Same): void {
  for (const c of rowsOf(snapshot.tables.cells, g)) {
    const cell = `${at} cell ${c['nid']}/${c['zone']}`;
    const parts = c['freePages']! + c['pcpPages']! + c['allocatedPages']! + c['reservedPages']!;
    same(`${cell} free + pcp + allocated + reserved`, c['presentPages']!, parts);
    same(`${cell} managed`, c['presentPages']! - c['reservedPages']!, c['managedPages']!);
    let inBlocks = 0;
    for (let order = 0; order <= 10; order++) inBlocks += c[`free${order}`]! * 2 ** order;
    same(`${cell} pages in free blocks`, c['freePages']!, inBlocks);
  }
}

function checkLayout(
  snapshot: Snapshot,
  guest: GuestConfig,
  header: GuestHeader,
  g: number,
  at: string,
  same: Same,
): void {
  const layout = rowsOf(snapshot.tables.layout, g);
  const cells = rowsOf(snapshot.tables.cells, g);
  let end = 0;
  layout.forEach((r, i) => {
    same(`${at} layout range ${i} start`, end, r['start']!);
    same(`${at} layout range ${i} joins the one before`, 0, layout[i - 1]?.['nid'] === r['nid'] ? 1 : 0);
    end = r['end']!;
  });
  same(`${at} layout end`, guest.mm.nrPages, end);
  for (let nid = 0; nid < header.nrNodeIds; nid++) {
    const pages = where(layout, 'nid', nid).reduce((total, r) => total + validIn(guest, r['start']!, r['end']!), 0);
    same(`${at} node ${nid} present`, pages, sum(where(cells, 'nid', nid), 'presentPages'));
  }
  same(`${at} present`, header.validPages, sum(cells, 'presentPages'));
  same(`${at} valid pages`, validIn(guest, 0, guest.mm.nrPages), header.validPages);
}

function validIn(guest: GuestConfig, start: number, end: number): number {
  const inHole = (h: PfnRange): number => Math.max(0, Math.min(end, h.end) - Math.max(start, h.start));
  return end - start - guest.mm.holes.reduce((total, h) => total + inHole(h), 0);
}

function checkStranded(snapshot: Snapshot, header: GuestHeader, g: number, at: string, same: Same): void {
  const stranded = rowsOf(snapshot.tables.stranded, g);
  const bad = stranded.filter((r) => r['from'] === r['to'] || Math.max(r['from']!, r['to']!) >= header.nrNodeIds);
  same(`${at} impossible stranded pairs`, 0, bad.length);
  same(`${at} lag T against A`, sum(stranded, 'pages'), header.lag.targetActual);
  same(`${at} pinned lag`, sum(stranded, 'pinned'), header.lag.pinned);
}

function checkNodes(snapshot: Snapshot, g: number, at: string, same: Same): void {
  const cells = rowsOf(snapshot.tables.cells, g);
  const stranded = rowsOf(snapshot.tables.stranded, g);
  for (const n of rowsOf(snapshot.tables.nodes, g)) {
    const nid = n['nid']!;
    same(`${at} node ${nid} present`, sum(where(cells, 'nid', nid), 'presentPages'), n['presentPages']!);
    const out = where(stranded, 'from', nid);
    same(`${at} node ${nid} marked`, sum(out, 'pages') + sum(out, 'pinned'), n['marked']!);
  }
  same(`${at} misplaced`, 0, sum(stranded, 'misplaced'));
}

function checkBlocks(snapshot: Snapshot, header: GuestHeader, g: number, at: string, same: Same): void {
  const blocks = rowsOf(snapshot.tables.blocks, g);
  const cells = rowsOf(snapshot.tables.cells, g);
  const stranded = rowsOf(snapshot.tables.stranded, g);
  const all = (list: readonly Row[]): number =>
    sum(list, 'freePages') + sum(list, 'usedPages') + sum(list, 'pinnedPages');
  const owed = (list: readonly Row[]): number => sum(list, 'pages') + sum(list, 'pinned');
  same(`${at} pages in blocks`, header.validPages, all(blocks));
  same(`${at} owed pages in blocks`, owed(stranded), sum(blocks, 'owedPages'));
  same(`${at} owed pages by owner`, owed(stranded), sum(rowsOf(snapshot.tables.owed, g), 'pages'));
  for (let nid = 0; nid < header.nrNodeIds; nid++) {
    const [mine, cell] = [where(blocks, 'nid', nid), where(cells, 'nid', nid)];
    same(`${at} node ${nid} free in blocks`, sum(cell, 'freePages'), sum(mine, 'freePages'));
    const out = owed(where(stranded, 'from', nid));
    same(`${at} node ${nid} owed in blocks`, out, sum(mine, 'owedPages'));
    const actual = sum(cell, 'presentPages') - owed(where(stranded, 'to', nid)) + out;
    same(`${at} node ${nid} actual`, actual, all(mine));
  }
}
