/**
 * Counts what a commit would do without committing: from the counters of whole pageblocks, and from the free bits
 * where a range begins or ends inside one.
 */
import type { LayoutRange } from '../../../shared/model/config.ts';
import { assert, StateCollector, StateReader } from '../core/index.ts';
import { beginCommit } from './commit.ts';
import { PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { createLayout, forEachDelta, targetNid } from './memlayout.ts';
import { type Mm, validIn } from './mm.ts';
import { freeIn } from './segment.ts';
import { loadMm, saveMm } from './state.ts';

export interface CommitForecast {
  /** Present pages by T, index nid. */
  readonly presentPages: readonly number[];
  /**
   * Pages whose target would change: on the buddy or per-CPU lists now, so that the commit itself transplants them. In a
   * guest with the posted code's defects: what its commit would move.
   */
  readonly freePages: number;
  /** The same, in use now (allocated or reserved). */
  readonly usedPages: number;
}

/** @param ranges a layout without problems. */
export function forecastCommit(mm: Mm, ranges: readonly LayoutRange[]): CommitForecast {
  const to = createLayout(ranges, mm.nrPages, mm.layout.seq + 1);
  const presentPages = new Array<number>(mm.nrNodeIds).fill(0);
  for (let r = 0; r < to.count; r++) presentPages[to.nid[r]!]! += validIn(mm, to.start[r]!, to.start[r + 1]!);
  let deltaPages = 0;
  let freePages = 0;
  forEachDelta(mm.layout, to, (start, end) => {
    deltaPages += validIn(mm, start, end);
    freePages += freePagesIn(mm, start, end);
  });
  if (deltaPages > 0) {
    for (const list of mm.pcp) {
      for (const pfn of list ?? []) if (targetNid(mm.layout, pfn) !== targetNid(to, pfn)) freePages++;
    }
  }
  const usedPages = deltaPages - freePages;
  return { presentPages, freePages: mm.rfc === null ? freePages : movedByCommit(mm, ranges), usedPages };
}

/** What the posted code moves follows from its blocks one by one, so a copy of the guest commits it. */
function movedByCommit(mm: Mm, ranges: readonly LayoutRange[]): number {
  const w = new StateCollector();
  saveMm(mm, w);
  const start = beginCommit(loadMm(mm.config, new StateReader(w.done())), ranges);
  assert(start.ok, 'ahead-not-a-layout');
  const { movedSweep, movedDrain } = start.commit.finish();
  return movedSweep + movedDrain;
}

/** Pages of [start, end) on the buddy lists. */
function freePagesIn(mm: Mm, start: number, end: number): number {
  let pages = 0;
  for (let pfn = start; pfn < end;) {
    const block = pfn >>> PAGEBLOCK_ORDER;
    const next = Math.min(end, (block + 1) << PAGEBLOCK_ORDER);
    pages += next - pfn === PAGES_PER_PAGEBLOCK ? mm.block.free[block]! : freeIn(mm, pfn, next);
    pfn = next;
  }
  return pages;
}
