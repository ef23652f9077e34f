/**
 * Per-CPU page lists: single pages kept off the buddy lists, one list per (cpu, cell, migrate type). Pages enter at the
 * head and are flushed from the tail. A page whose A is not its T never enters; a page that was on a list when a layout
 * was committed is transplanted when the commit drains the lists.
 *
 * Counters changed: cell.pcp, pcpCount, and through the buddy lists cell.free.
 */
import { addFreeBlock, takeBlock } from './buddy.ts';
import { NO_PFN, NR_MIGRATE_TYPES, NR_ZONES, PAGEBLOCK_ORDER } from './limit.ts';
import { type Mm, pcpSentinel, zoneOf } from './mm.ts';
import { ALLOCATED, PCP } from './page.ts';
import { addPageByTarget, differsFrom, leaveStranded } from './transplant.ts';

function pushHead(mm: Mm, pfn: number, sentinel: number): void {
  const { next, prev } = mm.page;
  const first = next[sentinel]!;
  next[pfn] = first;
  prev[pfn] = sentinel;
  prev[first] = pfn;
  next[sentinel] = pfn;
}

/** Puts a page on a CPU's list without looking at `high`. */
export function pcpPut(mm: Mm, pfn: number, cpu: number): void {
  const cell = mm.page.nid[pfn]! * NR_ZONES + zoneOf(mm, pfn);
  mm.page.state[pfn] = PCP;
  pushHead(mm, pfn, pcpSentinel(mm, cpu, cell, mm.blockType[pfn >>> PAGEBLOCK_ORDER]!));
  mm.pcpCount[cpu * mm.nrCells + cell]!++;
  mm.cell.pcp[cell]!++;
}

/** Flushes the list down by a batch when it has reached `high` (a high of 0 flushes at every free). */
export function pcpTrim(mm: Mm, pfn: number, cpu: number): void {
  const cell = mm.page.nid[pfn]! * NR_ZONES + zoneOf(mm, pfn);
  if (mm.pcpCount[cpu * mm.nrCells + cell]! >= mm.cell.pcpHigh[cell]!) {
    pcpFlush(mm, cpu, cell, mm.cell.pcpBatch[cell]!);
  }
}

/** Takes a page for a CPU, refilling its list by a batch from the cell; NO_PFN if the cell has none. */
export function pcpTake(mm: Mm, cpu: number, cell: number, type: number): number {
  const { next, prev, state } = mm.page;
  const sentinel = pcpSentinel(mm, cpu, cell, type);
  if (next[sentinel] === sentinel) {
    for (let i = mm.cell.pcpBatch[cell]!; i > 0; i--) {
      const pfn = takeBlock(mm, cell, 0, type);
      if (pfn === NO_PFN) break;
      // Appended, so that pages leave in the order they were taken.
      const last = prev[sentinel]!;
      next[last] = pfn;
      prev[pfn] = last;
      next[pfn] = sentinel;
      prev[sentinel] = pfn;
      state[pfn] = PCP;
      mm.pcpCount[cpu * mm.nrCells + cell]!++;
      mm.cell.pcp[cell]!++;
    }
    if (next[sentinel] === sentinel) return NO_PFN;
  }
  const pfn = next[sentinel]!;
  next[sentinel] = next[pfn]!;
  prev[next[pfn]!] = sentinel;
  state[pfn] = ALLOCATED;
  mm.pcpCount[cpu * mm.nrCells + cell]!--;
  mm.cell.pcp[cell]!--;
  return pfn;
}

/** Gives up to `count` pages of (cpu, cell) back, oldest first, round-robin over migrate types. Returns pages transplanted. */
export function pcpFlush(mm: Mm, cpu: number, cell: number, count: number): number {
  const { next, prev, nid } = mm.page;
  let left = Math.min(count, mm.pcpCount[cpu * mm.nrCells + cell]!);
  let transplanted = 0;
  mm.pcpCount[cpu * mm.nrCells + cell]! -= left;
  mm.cell.pcp[cell]! -= left;
  for (let type = 0; left > 0; type = (type + 1) % NR_MIGRATE_TYPES) {
    const sentinel = pcpSentinel(mm, cpu, cell, type);
    const pfn = prev[sentinel]!;
    if (pfn === sentinel) continue;
    prev[sentinel] = prev[pfn]!;
    next[prev[pfn]!] = sentinel;
    if (differsFrom(mm.layout, pfn, 0, nid[pfn]!)) {
      leaveStranded(mm, pfn, 0, false);
      if (addPageByTarget(mm, pfn)) transplanted++;
    } else {
      addFreeBlock(mm, pfn, 0, nid[pfn]!);
    }
    left--;
  }
  return transplanted;
}

/** Empties every list of every CPU; returns the pages transplanted. */
export function pcpDrain(mm: Mm): number {
  let transplanted = 0;
  for (let cpu = 0; cpu < mm.nrCpus; cpu++) {
    for (let cell = 0; cell < mm.nrCells; cell++) {
      const count = mm.pcpCount[cpu * mm.nrCells + cell]!;
      if (count > 0) transplanted += pcpFlush(mm, cpu, cell, count);
    }
  }
  return transplanted;
}
