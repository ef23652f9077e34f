/**
 * Saves and restores a memory manager; a commit under way is saved beside it (commit.ts). Layout tables, range sets and
 * zonelists are derived, so they are left out.
 */
import { type Json, type StateReader, type StateWriter } from '../core/index.ts';
import type { LayoutRange, MmConfig } from '../../../shared/model/config.ts';
import { assert } from '../core/index.ts';
import { createLayout, layoutRanges } from './memlayout.ts';
import { type BeyondCounters, createMm, type Mm, type Topology } from './mm.ts';
import { loadPages, savePages } from './page.ts';
import { RangeSet, without } from './range-set.ts';
import { loadRfc, saveRfc } from './rfc/rfc-state.ts';
import { loadSegments, saveSegments } from './segment-table.ts';
import { loadUsedNodes, saveUsedNodes } from './used-node.ts';
import { rebuildZonelists } from './zonelist.ts';

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** Columns of fixed length, by name; every one is written, read and hashed. */
function columns(mm: Mm): Record<string, Column> {
  const { zones } = mm;
  return {
    blockType: mm.blockType,
    blockValid: mm.block.valid,
    blockFree: mm.block.free,
    blockPinned: mm.block.pinned,
    blockActual: mm.block.actual,
    online: mm.online,
    pcpCount: mm.pcpCount,
    stranded: mm.stranded,
    strandedPinned: mm.strandedPinned,
    numaEvent: mm.numaEvent,
    pageEvent: mm.pageEvent,
    nodeStat: mm.nodeStat,
    ...zones,
  };
}

export function saveMm(mm: Mm, w: StateWriter, prefix: string): void {
  w.json(`${prefix}.mm`, {
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
  for (const [name, column] of Object.entries(columns(mm))) w.column(`${prefix}.mm.${name}`, column);
  savePages(mm.page, w, prefix);
  saveSegments(mm.segment, w, prefix);
  saveUsedNodes(mm, w, prefix);
  saveRfc(mm.rfc, w, `${prefix}.mm`);
  saveBeyond(mm, w, prefix);
  // Copies: a saved state outlives steps, and these lists change in place.
  w.json(
    `${prefix}.pcp`,
    Array.from(mm.pcp, (list, i) => [i, [...(list ?? [])]] as const).filter(([, list]) => list.length > 0) as never,
  );
}

/** Written only where there is something: a guest that does as the RFC does has none of it. */
function saveBeyond(mm: Mm, w: StateWriter, prefix: string): void {
  if (mm.plugged.length > 0)
    w.json(
      `${prefix}.plugged`,
      mm.plugged.map(({ start, end }) => [start, end]),
    );
  if (mm.topology.generation > 0) w.json(`${prefix}.topology`, mm.topology as unknown as Json);
  const counters = { ...mm.beyondCounters };
  if (Object.values(counters).some((count) => count > 0)) w.memo(`${prefix}.beyondCounters`, counters);
}

function loadBeyond(mm: Mm, r: StateReader, prefix: string): void {
  if (r.has(`${prefix}.plugged`)) {
    const plugged = r.json<readonly (readonly [number, number])[]>(`${prefix}.plugged`);
    mm.plugged = plugged.map(([start, end]) => ({ start, end }));
    mm.holes = new RangeSet(without(mm.config.holes, mm.plugged));
  }
  if (r.has(`${prefix}.topology`)) mm.topology = r.json<Topology>(`${prefix}.topology`);
  if (r.has(`${prefix}.beyondCounters`)) {
    Object.assign(mm.beyondCounters, r.json<BeyondCounters>(`${prefix}.beyondCounters`));
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

export function loadMm(config: MmConfig, r: StateReader, prefix: string): Mm {
  const j = r.json<MmJson>(`${prefix}.mm`);
  const mm = createMm(config, createLayout(j.ranges, config.nrPages, j.layoutSeq));
  for (const [name, column] of Object.entries(columns(mm))) {
    const saved = r.shared<Column>(`${prefix}.mm.${name}`);
    assert(saved.length === column.length, 'state-column-length', { name, saved: saved.length, have: column.length });
    column.set(saved);
  }
  loadPages(mm.page, r, prefix);
  loadSegments(mm.segment, r, prefix);
  loadUsedNodes(mm, r, prefix);
  for (const [i, list] of r.json<readonly [number, readonly number[]][]>(`${prefix}.pcp`)) mm.pcp[i] = [...list];
  mm.cacheStart = j.cacheStart;
  mm.cacheEnd = j.cacheEnd;
  Object.assign(mm.moved, j.moved);
  Object.assign(mm.lookups, j.lookups);
  Object.assign(mm.commitStat, j.commitStat);
  mm.commits = j.commits;
  mm.zonelistRebuilds = j.zonelistRebuilds;
  mm.minFreeKib = j.minFreeKib;
  mm.bootMarks = j.bootMarks === true;
  mm.rfc = loadRfc(mm, r, `${prefix}.mm`);
  loadBeyond(mm, r, prefix);
  rebuildZonelists(mm, mm.zonelistRebuilds === 0 ? 'boot' : 'running');
  return mm;
}
