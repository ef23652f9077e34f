/** Writing a memory manager down and reading it back. Layout tables, range sets and zonelists are derived, so left out. */
import { type Json, type StateReader, type StateWriter } from '../core/index.ts';
import type { LayoutRange, MmConfig } from '../config.ts';
import { assert } from '../core/index.ts';
import { createLayout, layoutRanges } from './memlayout.ts';
import { createMm, type Mm } from './mm.ts';
import { rebuildZonelists } from './zonelist.ts';

/** Columns that make up the state, by name; every one is written, read and hashed. */
function columns(mm: Mm): Record<string, Uint8Array | Uint16Array | Uint32Array> {
  const { page, cell } = mm;
  return {
    state: page.state,
    nid: page.nid,
    flag: page.flag,
    next: page.next,
    prev: page.prev,
    blockType: mm.blockType,
    blockValid: mm.block.valid,
    blockFree: mm.block.free,
    blockPinned: mm.block.pinned,
    blockActual: mm.block.actual,
    online: mm.online,
    pcpCount: mm.pcpCount,
    stranded: mm.stranded,
    strandedPinned: mm.strandedPinned,
    ...cell,
  };
}

export function saveMm(mm: Mm, w: StateWriter, prefix: string): void {
  assert(mm.layout === mm.markLayout, 'save-inside-commit');
  w.json(`${prefix}.mm`, {
    layoutSeq: mm.layout.seq,
    ranges: layoutRanges(mm.layout) as unknown as Json,
    cacheStart: mm.cacheStart,
    cacheEnd: mm.cacheEnd,
    moved: { ...mm.moved },
    lookups: { ...mm.lookups },
    commits: mm.commits,
    zonelistRebuilds: mm.zonelistRebuilds,
    minFreeKib: mm.minFreeKib,
  });
  for (const [name, column] of Object.entries(columns(mm))) w.column(`${prefix}.mm.${name}`, column);
}

interface MmJson {
  readonly layoutSeq: number;
  readonly ranges: readonly LayoutRange[];
  readonly cacheStart: number;
  readonly cacheEnd: number;
  readonly moved: Mm['moved'];
  readonly lookups: Mm['lookups'];
  readonly commits: number;
  readonly zonelistRebuilds: number;
  readonly minFreeKib: number;
}

export function loadMm(config: MmConfig, r: StateReader, prefix: string): Mm {
  const j = r.json<MmJson>(`${prefix}.mm`);
  const mm = createMm(config, createLayout(j.ranges, config.nrPages, j.layoutSeq));
  for (const [name, column] of Object.entries(columns(mm))) {
    const saved = r.column<Uint8Array | Uint16Array | Uint32Array>(`${prefix}.mm.${name}`);
    assert(saved.length === column.length, 'state-column-length', { name, saved: saved.length, have: column.length });
    column.set(saved);
  }
  mm.cacheStart = j.cacheStart;
  mm.cacheEnd = j.cacheEnd;
  Object.assign(mm.moved, j.moved);
  Object.assign(mm.lookups, j.lookups);
  mm.commits = j.commits;
  mm.zonelistRebuilds = j.zonelistRebuilds;
  mm.minFreeKib = j.minFreeKib;
  rebuildZonelists(mm);
  return mm;
}
