/**
 * Committing a memlayout: the transactional nine steps of spec/dnuma.md section 9, one at a time so that they can be
 * watched and so that frees may come between them.
 *
 *   1-3  begin     validate, expand holes, make the frozen layout; nothing has changed if this refuses
 *   4    online    nodes come online, zones are set up
 *   5    publish   lookups answer from the new layout; target counts and the stranded matrix move over the delta
 *   6    mark      marks are derived from the new layout from here on
 *   7    sweep     free pages of the delta go to their nodes, blocks cut at range boundaries
 *   8    drain     per-CPU lists are emptied, pages on them transplanted
 *   9    settle    spans, watermarks, per-CPU sizes, zonelists
 *
 * Why publish before mark before sweep: a page freed before it is marked lands on its old list, ahead of the sweep; one
 * freed after is transplanted by the free itself. Whatever the moment, it ends on its new node and counts once.
 * Marks are not stored: a page in use is marked when its A is not its T, so step 6 costs nothing.
 * Cost: O(ranges + pageblocks of the delta), whatever is free or in use in them; page by page only where a pageblock has
 * pages in use on several nodes.
 */
import type { LayoutRange } from '../config.ts';
import { NID_MIXED, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import { createLayout, forEachDelta, type LayoutProblem, type Memlayout, validateLayout } from './memlayout.ts';
import { cellOf, hasZone, type Mm, validIn, zoneEnd, zoneOf } from './mm.ts';
import { HOLE, KIND_MASK, PINNED, RESERVED, stateOf } from './page.ts';
import { pcpDrain } from './pcp.ts';
import { freeIn, moveFreePages, segmentOfFree } from './segment.ts';
import { shrinkSpan, usedNid } from './transplant.ts';
import { updateWatermarks } from './watermark.ts';
import { rebuildZonelists } from './zonelist.ts';

export const COMMIT_STEPS = ['online', 'publish', 'mark', 'sweep', 'drain', 'settle'] as const;
export type CommitStep = (typeof COMMIT_STEPS)[number];

export interface CommitResult {
  readonly seq: number;
  /** Pages whose target changed. */
  readonly deltaPages: number;
  readonly movedSweep: number;
  readonly movedDrain: number;
  /** Cells that had no page by A or T and are given some: what the RFC rebuilt all zonelists for, one by one. */
  readonly zonesPopulated: readonly { readonly nid: number; readonly zone: number }[];
  readonly nodesOnlined: readonly number[];
  /** Stranded after the commit, pinned ones included. */
  readonly strandedPages: number;
}

export type CommitStart =
  { readonly ok: true; readonly commit: Commit } | { readonly ok: false; readonly problems: readonly LayoutProblem[] };

/** Steps 1 to 3. The sequence number is taken only by a layout that is valid. */
export function beginCommit(mm: Mm, ranges: readonly LayoutRange[]): CommitStart {
  const problems = validateLayout(ranges, mm.nrPages, mm.nrNodeIds);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, commit: new Commit(mm, createLayout(ranges, mm.nrPages, mm.layout.seq + 1)) };
}

export class Commit {
  readonly #mm: Mm;
  readonly #to: Memlayout;
  readonly #from: Memlayout;
  #done = 0;
  #deltaPages = 0;
  #movedSweep = 0;
  #movedDrain = 0;
  #populationChanged = false;
  readonly #zonesPopulated: { nid: number; zone: number }[] = [];
  readonly #nodesOnlined: number[] = [];

  constructor(mm: Mm, to: Memlayout) {
    this.#mm = mm;
    this.#from = mm.layout;
    this.#to = to;
  }

  /** Does the next step and names it; null when the commit is complete. */
  next(): CommitStep | null {
    const step = COMMIT_STEPS[this.#done];
    if (step === undefined) return null;
    this.#done++;
    switch (step) {
      case 'online':
        this.#online();
        break;
      case 'publish':
        this.#publish();
        break;
      case 'mark':
        this.#mm.markLayout = this.#mm.layout;
        break;
      case 'sweep':
        this.#sweep();
        break;
      case 'drain':
        this.#drain();
        break;
      case 'settle':
        this.#settle();
        break;
    }
    return step;
  }

  /** Does all steps that are left. */
  finish(): CommitResult {
    while (this.next() !== null);
    let strandedPages = 0;
    for (const out of this.#mm.cell.strandedOut) strandedPages += out;
    return {
      seq: this.#to.seq,
      deltaPages: this.#deltaPages,
      movedSweep: this.#movedSweep,
      movedDrain: this.#movedDrain,
      zonesPopulated: this.#zonesPopulated,
      nodesOnlined: this.#nodesOnlined,
      strandedPages,
    };
  }

  #online(): void {
    const { online } = this.#mm;
    for (const nid of this.#to.nid) {
      if (online[nid] === 1) continue;
      online[nid] = 1;
      this.#nodesOnlined.push(nid);
    }
  }

  #publish(): void {
    const mm = this.#mm;
    const before = mm.cell.present.slice();
    mm.committing = true;
    forEachDelta(this.#from, this.#to, (start, end, oldNid, newNid) => {
      for (let zone = 0; zone < NR_ZONES; zone++) {
        const from = Math.max(start, mm.config.zoneStartPfn[zone]!);
        const to = Math.min(end, zoneEnd(mm, zone));
        if (from < to) this.#moveTarget(from, to, zone, oldNid, newNid);
      }
      moveStranded(mm, start, end, oldNid, newNid);
    });
    mm.layout = this.#to;
    mm.cacheStart = mm.cacheEnd = 0;
    mm.commits++;
    const { present, spanStart, spanEnd, hullStart, hullEnd } = mm.cell;
    for (let c = 0; c < mm.nrCells; c++) {
      if (before[c]! > 0 === present[c]! > 0) continue;
      this.#populationChanged = true;
      const empty = spanStart[c] === spanEnd[c];
      if (present[c]! > 0 && empty) this.#zonesPopulated.push({ nid: Math.floor(c / NR_ZONES), zone: c % NR_ZONES });
    }
    updateHulls(mm);
    for (let c = 0; c < mm.nrCells; c++) growSpan(spanStart, spanEnd, c, hullStart[c]!, hullEnd[c]!);
  }

  #moveTarget(start: number, end: number, zone: number, oldNid: number, newNid: number): void {
    const mm = this.#mm;
    const { present, managed, initialised } = mm.cell;
    const valid = validIn(mm, start, end);
    if (valid === 0) return;
    const managedPages = valid - mm.reserved.countIn(start, end);
    const from = cellOf(oldNid, zone);
    const to = cellOf(newNid, zone);
    this.#deltaPages += valid;
    initialised[to] = 1;
    present[to]! += valid;
    managed[to]! += managedPages;
    present[from]! -= valid;
    managed[from]! -= managedPages;
  }

  #sweep(): void {
    const mm = this.#mm;
    let moved = 0;
    forEachDelta(this.#from, this.#to, (start, end, _oldNid, newNid) => {
      moved += sweepRun(mm, start, end, newNid);
    });
    this.#movedSweep = moved;
    mm.moved.sweep += moved;
  }

  /** An empty delta leaves the lists alone: committing the layout in force moves nothing. */
  #drain(): void {
    const before = this.#mm.moved.drain;
    if (this.#deltaPages > 0) pcpDrain(this.#mm);
    this.#movedDrain = this.#mm.moved.drain - before;
  }

  #settle(): void {
    const mm = this.#mm;
    mm.committing = false;
    for (let c = 0; c < mm.nrCells; c++) if (mm.cell.strandedOut[c] === 0) shrinkSpan(mm, c);
    updateWatermarks(mm);
    if (this.#populationChanged) {
      rebuildZonelists(mm);
      mm.zonelistRebuilds++;
    }
  }
}

/** Gives the free pages of [start, end) to newNid, pageblock by pageblock. Returns the pages moved. */
function sweepRun(mm: Mm, start: number, end: number, newNid: number): number {
  let moved = 0;
  for (let pfn = start; pfn < end;) {
    const next = Math.min(end, ((pfn >>> PAGEBLOCK_ORDER) + 1) << PAGEBLOCK_ORDER);
    moved += moveFreePages(mm, pfn, next, newNid);
    pfn = next;
  }
  return moved;
}

function growSpan(spanStart: Uint32Array, spanEnd: Uint32Array, cell: number, start: number, end: number): void {
  if (start === end) return;
  if (spanStart[cell] === spanEnd[cell]) {
    spanStart[cell] = start;
    spanEnd[cell] = end;
  } else {
    if (start < spanStart[cell]!) spanStart[cell] = start;
    if (end > spanEnd[cell]!) spanEnd[cell] = end;
  }
}

/** The hull of each cell's target, from the published layout. */
export function updateHulls(mm: Mm): void {
  const { hullStart, hullEnd } = mm.cell;
  hullStart.fill(0);
  hullEnd.fill(0);
  for (let zone = 0; zone < NR_ZONES; zone++) {
    if (!hasZone(mm, zone)) continue;
    const low = mm.config.zoneStartPfn[zone]!;
    const high = zoneEnd(mm, zone);
    for (let r = 0; r < mm.layout.count; r++) {
      const start = Math.max(low, mm.layout.start[r]!);
      const end = Math.min(high, mm.layout.start[r + 1]!);
      if (start >= end) continue;
      const valid = mm.holes.trim(start, end);
      growSpan(hullStart, hullEnd, cellOf(mm.layout.nid[r]!, zone), valid.start, valid.end);
    }
  }
}

/**
 * Pages in use inside a delta run change what they are owed: from (A, old T) to (A, new T). Where the used pages of a
 * pageblock are on one node they are counted, elsewhere walked.
 */
function moveStranded(mm: Mm, start: number, end: number, oldNid: number, newNid: number): void {
  const { valid, free, pinned, actual } = mm.block;
  for (let pfn = start; pfn < end;) {
    const block = pfn >>> PAGEBLOCK_ORDER;
    const blockEnd = Math.min((block + 1) << PAGEBLOCK_ORDER, mm.nrPages);
    const next = Math.min(blockEnd, end);
    const whole = next === blockEnd && pfn % PAGES_PER_PAGEBLOCK === 0;
    const zone = zoneOf(mm, pfn);
    if (free[block] === valid[block]) {
      // None is in use.
    } else if (actual[block] === NID_MIXED) {
      const only = walkStranded(mm, pfn, next, zone, oldNid, newNid);
      if (whole) actual[block] = only;
    } else if (whole) {
      owe(mm, actual[block]!, zone, oldNid, newNid, valid[block]! - free[block]! - pinned[block]!, false);
      owe(mm, actual[block]!, zone, oldNid, newNid, pinned[block]!, true);
    } else if (pinned[block] === 0 && valid[block] === PAGES_PER_PAGEBLOCK) {
      owe(mm, actual[block]!, zone, oldNid, newNid, next - pfn - freeIn(mm, pfn, next), false);
    } else {
      walkStranded(mm, pfn, next, zone, oldNid, newNid);
    }
    pfn = next;
  }
}

/** The same page by page, inside one pageblock with pages in use. Returns their one A, or NID_MIXED. */
function walkStranded(mm: Mm, start: number, end: number, zone: number, oldNid: number, newNid: number): number {
  let only = -1;
  for (let pfn = start; pfn < end; pfn++) {
    if (segmentOfFree(mm, pfn) !== -1) continue;
    const state = stateOf(mm.page, pfn);
    const kind = state & KIND_MASK;
    if (kind === HOLE) continue;
    const actual = usedNid(mm, pfn);
    owe(mm, actual, zone, oldNid, newNid, 1, kind === RESERVED || (state & PINNED) !== 0);
    only = only === -1 || only === actual ? actual : NID_MIXED;
  }
  return only === -1 ? NID_MIXED : only;
}

function owe(
  mm: Mm,
  actual: number,
  zone: number,
  oldNid: number,
  newNid: number,
  pages: number,
  pinned: boolean,
): void {
  const matrix = pinned ? mm.strandedPinned : mm.stranded;
  const cell = cellOf(actual, zone);
  if (actual !== oldNid) {
    matrix[actual * mm.nrNodeIds + oldNid]! -= pages;
    mm.cell.strandedOut[cell]! -= pages;
  }
  if (actual !== newNid) {
    matrix[actual * mm.nrNodeIds + newNid]! += pages;
    mm.cell.strandedOut[cell]! += pages;
  }
}
