/**
 * Conservation, read from a snapshot alone: what any reader of the tables could add up. It knows the formats of
 * shared/columns/table.ts and the configuration, nothing of the engine, so it stands beside the engine's own check.
 *
 * (a) host nodes: free + used + reserved + free in pools = total; total and reserved are the configuration's; each huge page
 *     pool likewise, and its used pages are those that guests with pages of that size hold, whole and aligned;
 * (b) backing: every valid guest page once, no two extents share a frame; second copies only under a live migration;
 *     valid is what was at power-on, and what of the DIMMs was plugged in since;
 * (c) cells: pages in free blocks, on per-CPU lists, allocated and reserved are all valid pages; in each cell present =
 *     free + pcp + allocated + reserved; managed = present - reserved; free = sum of its blocks; present = the layout's
 *     valid pages;
 * (d) layout: maximal runs from 0 to nrPages without gaps, of possible nodes;
 * (e) stranded: distinct possible nodes; sums equal to the header's lag;
 * (f) blocks: every valid page once; free per node as in cells; owed pages as in stranded; actual(n) = the layout's valid
 *     pages of n - in + out, pages in use and misplaced ones;
 * (g) owed: as many pages as are stranded, those on per-CPU lists among them;
 * (h) nodes: present as in the cells; every page that is owed is marked; no free page is misplaced.
 * Of a guest with defects what (c), (g) and (h) say of single cells and nodes need not hold; of one that may be in the
 * middle of a commit, none of what they say, nor actual(n).
 */
import { guestsOf, migrationsOf } from '../../shared/columns/index.ts';
import type { AnyTable, GuestRecord, Snapshot } from '../../shared/columns/index.ts';
import type { GuestConfig, HugePagePool } from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import type { PfnRange } from '../../shared/units/index.ts';

/** @param stepping VMs that may be in the middle of a commit. */
export function snapshotViolations(
  snapshot: Snapshot,
  config: WorldConfig,
  stepping: ReadonlySet<string> = new Set(),
): string[] {
  const wrong: string[] = [];
  const same = (what: string, expected: number, found: number): void => {
    if (expected !== found) wrong.push(`${what}: expected ${expected}, found ${found}`);
  };
  checkHosts(snapshot, config, same);
  checkFrames(snapshot, same);
  config.guests.forEach((guest, g) => {
    const header = guestsOf(snapshot)[g]!;
    const at = guest.name;
    // Only what is true of any guest: its kernel may count otherwise, or be in the middle of a commit.
    const inCommit = stepping.has(guest.name);
    const loose = header.defects.length > 0 || inCommit;
    checkBacking(snapshot, header, g, at, same);
    checkValid(snapshot, guest, g, at, same);
    if (!inCommit) checkCells(snapshot, header, g, loose, at, same);
    checkLayout(snapshot, guest, header, g, loose, at, same);
    checkStranded(snapshot, header, g, at, same);
    if (!loose) checkNodes(snapshot, g, at, same);
    if (snapshot.header.level === 'blocks') checkBlocks(snapshot, header, g, { inCommit }, at, same);
  });
  return wrong;
}

type Same = (what: string, expected: number, found: number) => void;
type Row = Readonly<Record<string, number>>;

/** Rows as objects, only of the guest asked for. */
function rowsOf(table: AnyTable, guest: number): Row[] {
  const owner = table.columns['guest']!;
  const out: Row[] = [];
  for (let i = 0; i < table.rows; i++) if (owner[i] === guest) out.push(rowAt(table, i));
  return out;
}

const allRows = (table: AnyTable): Row[] => Array.from({ length: table.rows }, (_, i) => rowAt(table, i));

function rowAt(table: AnyTable, i: number): Row {
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
    const pools = n.pools ?? [];
    const inPools = pools.reduce((all, pool) => all + pool.framePages * (pool.reservedFrames ?? 0), 0);
    same(`${at} reserved`, n.reservedPages + inPools, row['reservedPages']!);
    const counted = row['freePages']! + row['usedPages']! + row['reservedPages']! + row['poolFreePages']!;
    same(`${at} free + used + reserved + free in pools`, n.totalPages, counted);
    checkPools(snapshot, config, n.host, n.nid, pools, row, same);
  });
}

function checkPools(
  snapshot: Snapshot,
  config: WorldConfig,
  host: number,
  nid: number,
  pools: readonly HugePagePool[],
  node: Row,
  same: Same,
): void {
  const at = `${config.hosts[host]!.name} node ${nid}`;
  const found = where(where(allRows(snapshot.tables.pools), 'host', host), 'nid', nid);
  same(`${at} pools`, pools.length, found.length);
  same(`${at} free in pools`, sum(found, 'freePages'), node['poolFreePages']!);
  for (const { framePages, frames, reservedFrames = 0 } of pools) {
    const pool = where(found, 'framePages', framePages)[0];
    if (pool === undefined) continue;
    const name = `${at} pool of ${framePages}`;
    same(`${name} total`, framePages * frames, pool['totalPages']!);
    same(`${name} reserved`, framePages * reservedFrames, pool['reservedPages']!);
    same(
      `${name} free + used + reserved`,
      pool['totalPages']!,
      pool['freePages']! + pool['usedPages']! + pool['reservedPages']!,
    );
    const held = new Set<number>();
    for (const extent of allRows(snapshot.tables.backing)) {
      if (extent['host'] !== host || extent['hostNid'] !== nid) continue;
      const isHuge = config.guests[extent['guest']!]!.hugePages?.some(
        (range) => range.framePages === framePages && range.start <= extent['start']! && extent['start']! < range.end,
      );
      if (isHuge !== true) continue;
      const end = extent['frame']! + extent['pages']!;
      for (let page = Math.floor(extent['frame']! / framePages); page * framePages < end; page++) held.add(page);
    }
    same(`${name} used`, held.size * framePages, pool['usedPages']!);
  }
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

function checkBacking(snapshot: Snapshot, header: GuestRecord, g: number, at: string, same: Same): void {
  const backing = rowsOf(snapshot.tables.backing, g);
  const live = where(backing, 'copy', 0);
  same(`${at} backed pages`, header.validPages, sum(live, 'pages'));
  same(`${at} pages backed on another host`, 0, live.filter((r) => r['host'] !== header.host).length);
  for (let i = 1; i < live.length; i++) {
    const overlap = Math.max(0, live[i - 1]!['start']! + live[i - 1]!['pages']! - live[i]!['start']!);
    same(`${at} pages backed twice at ${live[i]!['start']}`, 0, overlap);
  }
  const migrates = migrationsOf(snapshot).some(
    (m) => m.vm === header.name && (m.phase === 'running' || m.phase === 'switchOver'),
  );
  if (!migrates) same(`${at} second copies without a migration`, 0, backing.length - live.length);
}

/** The guest's pages: those of the configuration, and whatever of its DIMMs. */
function checkValid(snapshot: Snapshot, guest: GuestConfig, g: number, at: string, same: Same): void {
  const live = validRuns(snapshot, g);
  const { holes, nrPages } = guest.mm;
  const inDimms = guest.dimms.reduce((sum, { start, end }) => sum + overlap(live, start, end), 0);
  same(
    `${at} pages in holes`,
    inDimms,
    holes.reduce((sum, { start, end }) => sum + overlap(live, start, end), 0),
  );
  const atPowerOn = nrPages - holes.reduce((sum, { start, end }) => sum + end - start, 0);
  same(`${at} pages of power-on`, atPowerOn, overlap(live, 0, nrPages) - inDimms);
}

/** Where the guest has pages: its backing. */
function validRuns(snapshot: Snapshot, g: number): readonly PfnRange[] {
  const live = where(rowsOf(snapshot.tables.backing, g), 'copy', 0);
  return live.map((r) => ({ start: r['start']!, end: r['start']! + r['pages']! }));
}

const overlap = (runs: readonly PfnRange[], start: number, end: number): number =>
  runs.reduce((total, r) => total + Math.max(0, Math.min(end, r.end) - Math.max(start, r.start)), 0);

function checkCells(snapshot: Snapshot, header: GuestRecord, g: number, loose: boolean, at: string, same: Same): void {
  let all = 0;
  for (const c of rowsOf(snapshot.tables.zones, g)) {
    const cell = `${at} cell ${c['nid']}/${c['zone']}`;
    let inBlocks = 0;
    for (let order = 0; order <= 10; order++) inBlocks += c[`freeOrder${order}`]! * 2 ** order;
    const used = c['pcpPages']! + c['allocatedPages']! + c['reservedPages']!;
    all += inBlocks + used;
    if (loose) continue;
    same(`${cell} free + pcp + allocated + reserved`, c['presentPages']!, c['freePages']! + used);
    same(`${cell} managed`, c['presentPages']! - c['reservedPages']!, c['managedPages']!);
    same(`${cell} pages in free blocks`, c['freePages']!, inBlocks);
  }
  same(`${at} pages in cells`, header.validPages, all);
}

function checkLayout(
  snapshot: Snapshot,
  guest: GuestConfig,
  header: GuestRecord,
  g: number,
  loose: boolean,
  at: string,
  same: Same,
): void {
  const layout = rowsOf(snapshot.tables.layout, g);
  const cells = rowsOf(snapshot.tables.zones, g);
  let end = 0;
  layout.forEach((r, i) => {
    same(`${at} layout range ${i} start`, end, r['start']!);
    same(`${at} layout range ${i} joins the one before`, 0, layout[i - 1]?.['nid'] === r['nid'] ? 1 : 0);
    end = r['end']!;
  });
  same(`${at} layout end`, guest.mm.nrPages, end);
  for (let nid = 0; !loose && nid < header.nrNodeIds; nid++) {
    same(`${at} node ${nid} present`, targetPages(snapshot, g, nid), sum(where(cells, 'nid', nid), 'presentPages'));
  }
  if (!loose) same(`${at} present`, header.validPages, sum(cells, 'presentPages'));
}

/** Valid pages that the layout gives to the node. */
function targetPages(snapshot: Snapshot, g: number, nid: number): number {
  const live = validRuns(snapshot, g);
  const ranges = where(rowsOf(snapshot.tables.layout, g), 'nid', nid);
  return ranges.reduce((total, r) => total + overlap(live, r['start']!, r['end']!), 0);
}

function checkStranded(snapshot: Snapshot, header: GuestRecord, g: number, at: string, same: Same): void {
  const stranded = rowsOf(snapshot.tables.stranded, g);
  const bad = stranded.filter((r) => r['from'] === r['to'] || Math.max(r['from']!, r['to']!) >= header.nrNodeIds);
  same(`${at} impossible stranded pairs`, 0, bad.length);
  same(`${at} lag T against A`, sum(stranded, 'pages'), header.lag.targetActual);
  same(`${at} pinned lag`, sum(stranded, 'pinned'), header.lag.pinned);
}

function checkNodes(snapshot: Snapshot, g: number, at: string, same: Same): void {
  const cells = rowsOf(snapshot.tables.zones, g);
  const stranded = rowsOf(snapshot.tables.stranded, g);
  for (const n of rowsOf(snapshot.tables.nodes, g)) {
    const nid = n['nid']!;
    same(`${at} node ${nid} present`, sum(where(cells, 'nid', nid), 'presentPages'), n['presentPages']!);
    const out = where(stranded, 'from', nid);
    same(`${at} node ${nid} marked`, sum(out, 'pages') + sum(out, 'pinned'), n['marked']!);
  }
  same(`${at} misplaced`, 0, sum(stranded, 'misplaced'));
}

function checkBlocks(
  snapshot: Snapshot,
  header: GuestRecord,
  g: number,
  { inCommit }: { readonly inCommit: boolean },
  at: string,
  same: Same,
): void {
  const blocks = rowsOf(snapshot.tables.blocks, g);
  const cells = rowsOf(snapshot.tables.zones, g);
  const stranded = rowsOf(snapshot.tables.stranded, g);
  const all = (list: readonly Row[]): number =>
    sum(list, 'freePages') + sum(list, 'usedPages') + sum(list, 'pinnedPages');
  const owed = (list: readonly Row[]): number => sum(list, 'pages') + sum(list, 'pinned');
  const away = (list: readonly Row[]): number => owed(list) + sum(list, 'misplaced');
  same(`${at} pages in blocks`, header.validPages, all(blocks));
  same(`${at} owed pages in blocks`, owed(stranded), sum(blocks, 'owedPages'));
  same(`${at} owed pages by owner and age`, owed(stranded), sum(rowsOf(snapshot.tables.owed, g), 'pages'));
  for (let nid = 0; nid < header.nrNodeIds; nid++) {
    const mine = where(blocks, 'nid', nid);
    same(`${at} node ${nid} free in blocks`, listedPages(where(cells, 'nid', nid)), sum(mine, 'freePages'));
    same(`${at} node ${nid} owed in blocks`, owed(where(stranded, 'from', nid)), sum(mine, 'owedPages'));
    const pinned = sum(where(stranded, 'from', nid), 'pinned');
    same(`${at} node ${nid} owed and pinned in blocks`, pinned, sum(mine, 'owedPinnedPages'));
    // In the middle of a commit free pages are on the way.
    if (inCommit) continue;
    const leaves = away(where(stranded, 'from', nid)) - away(where(stranded, 'to', nid));
    same(`${at} node ${nid} actual`, targetPages(snapshot, g, nid) + leaves, all(mine));
  }
}

/** Pages in free blocks. */
function listedPages(cells: readonly Row[]): number {
  let pages = 0;
  for (const c of cells) for (let order = 0; order <= 10; order++) pages += c[`freeOrder${order}`]! * 2 ** order;
  return pages;
}
