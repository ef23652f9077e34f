/**
 * Saves and restores a memory manager; a commit under way is saved beside it (commit.ts). Layout tables, range sets and
 * zonelists are derived, so they are left out.
 */
import { type Json, type StateReader, type StateWriter } from '../core/index.ts';
import type { LayoutRange, MmConfig } from '../../../shared/model/config.ts';
import { assert } from '../core/index.ts';
import { createLayout, layoutRanges } from './memlayout.ts';
import { type BeyondCounters, createMm, type Mm, type Topology, ZONE_COLUMNS } from './mm.ts';
import { loadPages, savePages } from './page.ts';
import { RangeSet, without } from './range-set.ts';
import { loadRfc, saveRfc } from './rfc/rfc-state.ts';
import { loadSegments, saveSegments } from './segment-table.ts';
import { loadUsedNodes, saveUsedNodes } from './used-node.ts';
import { rebuildZonelists } from './zonelist.ts';

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** Columns of fixed length, each with its name; every one is written, read and hashed, in this order. */
const COLUMNS: readonly (readonly [name: string, of: (mm: Mm) => Column])[] = [
  ['mm.blockType', (mm) => mm.blockType],
  ['mm.blockValid', (mm) => mm.block.valid],
  ['mm.blockFree', (mm) => mm.block.free],
  ['mm.blockPinned', (mm) => mm.block.pinned],
  ['mm.blockActual', (mm) => mm.block.actual],
  ['mm.online', (mm) => mm.online],
  ['mm.pcpCount', (mm) => mm.pcpCount],
  ['mm.stranded', (mm) => mm.stranded],
  ['mm.strandedPinned', (mm) => mm.strandedPinned],
  ['mm.numaEvent', (mm) => mm.numaEvent],
  ['mm.pageEvent', (mm) => mm.pageEvent],
  ['mm.nodeStat', (mm) => mm.nodeStat],
  ...ZONE_COLUMNS.map((name): readonly [string, (mm: Mm) => Column] => [`mm.${name}`, (mm) => mm.zones[name]]),
];

export function saveMm(mm: Mm, w: StateWriter): void {
  w.json('mm', {
    layoutSeq: mm.layout.seq,
    ranges: layoutRanges(mm.layout) as unknown as Json,
    cacheStart: mm.cacheStart,
    cacheEnd: mm.cacheEnd,
    moved: { ...mm.moved },
    lookups: { ...mm.lookups },
    commitStat: { ...mm.commitStat },
    commits: mm.commits,
    zonelistRebuilds: mm.zonelistRebuilds,
    minFreeKib: mm.minFreeKib,
    ...(mm.bootMarks ? { bootMarks: true } : {}),
  });
  for (const [name, of] of COLUMNS) w.column(name, of(mm));
  savePages(mm.page, w);
  saveSegments(mm.segment, w);
  saveUsedNodes(mm, w);
  saveRfc(mm.rfc, w);
  saveBeyond(mm, w);
  // Copies: a saved state outlives steps, and these lists change in place.
  w.json(
    'pcp',
    Array.from(mm.pcp, (list, i) => [i, [...(list ?? [])]] as const).filter(([, list]) => list.length > 0) as never,
  );
}

/** Written only where there is something: a guest that does as the RFC does has none of it. */
function saveBeyond(mm: Mm, w: StateWriter): void {
  if (mm.plugged.length > 0)
    w.json(
      'plugged',
      mm.plugged.map(({ start, end }) => [start, end]),
    );
  if (mm.topology.generation > 0) w.json('topology', mm.topology as unknown as Json);
  const counters = { ...mm.beyondCounters };
  if (Object.values(counters).some((count) => count > 0)) w.memo('beyondCounters', counters);
}

function loadBeyond(mm: Mm, r: StateReader): void {
  if (r.has('plugged')) {
    const plugged = r.json<readonly (readonly [number, number])[]>('plugged');
    mm.plugged = plugged.map(([start, end]) => ({ start, end }));
    mm.holes = new RangeSet(without(mm.config.holes, mm.plugged));
  }
  if (r.has('topology')) mm.topology = r.json<Topology>('topology');
  if (r.has('beyondCounters')) {
    Object.assign(mm.beyondCounters, r.json<BeyondCounters>('beyondCounters'));
  }
}

interface MmJson {
  readonly layoutSeq: number;
  readonly ranges: readonly LayoutRange[];
  readonly cacheStart: number;
  readonly cacheEnd: number;
  readonly moved: Mm['moved'];
  readonly lookups: Mm['lookups'];
  readonly commitStat: Mm['commitStat'];
  readonly commits: number;
  readonly zonelistRebuilds: number;
  readonly minFreeKib: number;
  readonly bootMarks?: true;
}

export function loadMm(config: MmConfig, r: StateReader): Mm {
  const j = r.json<MmJson>('mm');
  const mm = createMm(config, createLayout(j.ranges, config.nrPages, j.layoutSeq));
  for (const [name, of] of COLUMNS) {
    const column = of(mm);
    const saved = r.shared<Column>(name);
    assert(saved.length === column.length, 'state-column-length', { name, saved: saved.length, have: column.length });
    column.set(saved);
  }
  loadPages(mm.page, r);
  loadSegments(mm.segment, r);
  loadUsedNodes(mm, r);
  for (const [i, list] of r.json<readonly [number, readonly number[]][]>('pcp')) mm.pcp[i] = [...list];
  mm.cacheStart = j.cacheStart;
  mm.cacheEnd = j.cacheEnd;
  Object.assign(mm.moved, j.moved);
  Object.assign(mm.lookups, j.lookups);
  Object.assign(mm.commitStat, j.commitStat);
  mm.commits = j.commits;
  mm.zonelistRebuilds = j.zonelistRebuilds;
  mm.minFreeKib = j.minFreeKib;
  mm.bootMarks = j.bootMarks === true;
  mm.rfc = loadRfc(mm, r);
  loadBeyond(mm, r);
  rebuildZonelists(mm, mm.zonelistRebuilds === 0 ? 'boot' : 'running');
  return mm;
}
