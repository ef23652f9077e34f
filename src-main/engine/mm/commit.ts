/**
 * Committing a memlayout: the RFC's commit as nine transactional steps, one at a time so that they can be watched
 * and so that allocations and frees may come between them.
 *
 *   1-3  begin     validate, expand holes, make the frozen layout; if this fails, nothing has changed
 *   4    online    nodes come online, zones are set up
 *   5    publish   lookups answer from the new layout; target counts and the stranded matrix move over the delta
 *   6    mark      marks are derived from the new layout from here on
 *   7    sweep     free pages of the delta go to their nodes, blocks cut at range boundaries
 *   8    drain     per-CPU lists are emptied, pages on them transplanted
 *   9    settle    spans, watermarks, per-CPU sizes, zonelists
 *
 * Why publish before mark before sweep: a page freed before it is marked lands on its old list, ahead of the sweep; one
 * freed after is transplanted by the free itself. Whatever the moment, it ends on its new node and counts once. A page
 * taken between publish and sweep comes from a list that the sweep has not seen: it is stranded from its first moment
 * (allocInCommit of page-alloc.ts counts it), unless the guest consults the target (consult.ts).
 *
 * Between any two steps the invariants G1, G2, G3, G6, G9 and G10 of check.ts hold, G2 by the layout that lookups
 * answer from. G4, G5, G7, G8 and G12 require free pages to be on their target nodes, and hold again after step 9.
 *
 * Marks are not stored: a page in use is marked when its A is not its T, so step 6 costs nothing. Cost: O(ranges +
 * pageblocks of the delta), whatever is free or in use in them; page by page only where a pageblock has pages in use
 * on several nodes.
 */
import type { LayoutRange } from '../../../shared/model/config.ts';
import type { StateReader, StateWriter } from '../core/index.ts';
import { NR_ZONES } from './limit.ts';
import { createLayout, forEachDelta, type Memlayout, validateLayout } from './memlayout.ts';
import { zoneIndex, type Mm, validIn, zoneTypeEnd } from './mm.ts';
import type { LayoutProblem } from '../../../shared/model/rejection.ts';
import { COMMIT_STEPS, type CommitStep } from '../../../shared/model/commit-trace.ts';
import { countForNode, countRemoved, countUpdated, PCP_SETUP } from './commit-stat.ts';
import { moveStranded } from './owe.ts';
import { pcpDrain } from './pcp.ts';
import { rfcMark, rfcOnline, rfcPublish, rfcSettle } from './rfc/rfc-commit.ts';
import { kernelPresent } from './rfc/rfc-state.ts';
import { rfcSweep } from './rfc/rfc-sweep.ts';
import { growSpan, shrinkSpan, updateHulls } from './span.ts';
import { sweepDelta } from './sweep.ts';
import { updateWatermarks } from './watermark.ts';
import { rebuildZonelists } from './zonelist.ts';

export interface CommitResult {
  readonly seq: number;
  /** Pages whose target changed. */
  readonly deltaPages: number;
  readonly movedSweep: number;
  readonly movedDrain: number;
  /** Zones that had no page by A or T and are given some: what the RFC rebuilt all zonelists for, one by one. */
  readonly zonesPopulated: readonly { readonly nid: number; readonly zone: number }[];
  readonly nodesOnlined: readonly number[];
  /** Stranded after the commit, pinned ones included. */
  readonly strandedPages: number;
}

/** Steps that are done once the layout is published. */
const DONE_PUBLISHED = COMMIT_STEPS.indexOf('publish') + 1;

interface CommitJson {
  readonly done: number;
  readonly deltaPages: number;
  readonly movedSweep: number;
  readonly movedDrain: number;
  readonly populationChanged: boolean;
  readonly zonesPopulated: CommitResult['zonesPopulated'];
  readonly nodesOnlined: readonly number[];
  readonly otherSeq: number;
  readonly zonelist: readonly (readonly number[])[];
}

export type CommitStart =
  { readonly ok: true; readonly commit: Commit } | { readonly ok: false; readonly problems: readonly LayoutProblem[] };

/** Steps 1 to 3. @param seq the layout's number, above that of the one in force. */
export function beginCommit(mm: Mm, ranges: readonly LayoutRange[], seq = mm.layout.seq + 1): CommitStart {
  const problems = validateLayout(ranges, mm.nrPages, mm.nrNodeIds);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, commit: new Commit(mm, createLayout(ranges, mm.nrPages, seq)) };
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

  constructor(mm: Mm, to: Memlayout, from = mm.layout) {
    this.#mm = mm;
    this.#from = from;
    this.#to = to;
  }

  /** Number of the layout that comes, and of the one before. */
  get seq(): number {
    return this.#to.seq;
  }

  get fromSeq(): number {
    return this.#from.seq;
  }

  get target(): Memlayout {
    return this.#to;
  }

  /** CPU map or distances come with the layout: the zonelists are made anew when it is settled. */
  bringsTopology(): void {
    this.#populationChanged = true;
  }

  /** The step to come; null when the commit is complete. */
  get nextStep(): CommitStep | null {
    return COMMIT_STEPS[this.#done] ?? null;
  }

  /** As far as it is done: before `publish` nothing is counted. */
  get result(): CommitResult {
    let strandedPages = 0;
    for (const out of this.#mm.zones.strandedOut) strandedPages += out;
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
        this.#mark();
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
    return this.result;
  }

  /**
   * A commit that is under way, written beside its memory manager: what it has counted, the layout that lookups do not
   * answer from (yet, or any more), and the zonelists, which are those of the layout before until it is settled.
   */
  save(w: StateWriter): void {
    const other = this.#isPublished ? this.#from : this.#to;
    w.json('commit', {
      done: this.#done,
      deltaPages: this.#deltaPages,
      movedSweep: this.#movedSweep,
      movedDrain: this.#movedDrain,
      populationChanged: this.#populationChanged,
      zonesPopulated: [...this.#zonesPopulated],
      nodesOnlined: [...this.#nodesOnlined],
      otherSeq: other.seq,
      zonelist: this.#mm.zonelist.map((zones) => [...zones]),
    });
    w.column('commit.start', other.start);
    w.column('commit.nid', other.nid);
  }

  /** @param mm as it was saved beside it. */
  static load(mm: Mm, r: StateReader): Commit {
    const j = r.json<CommitJson>('commit');
    const start = r.shared<Uint32Array>('commit.start');
    const nids = r.shared<Uint8Array>('commit.nid');
    const ranges = Array.from(nids, (nid, i) => ({ start: start[i]!, end: start[i + 1]!, nid }));
    const other = createLayout(ranges, mm.nrPages, j.otherSeq);
    const published = j.done >= DONE_PUBLISHED;
    const commit = new Commit(mm, published ? mm.layout : other, published ? other : mm.layout);
    commit.#done = j.done;
    commit.#deltaPages = j.deltaPages;
    commit.#movedSweep = j.movedSweep;
    commit.#movedDrain = j.movedDrain;
    commit.#populationChanged = j.populationChanged;
    commit.#zonesPopulated.push(...j.zonesPopulated);
    commit.#nodesOnlined.push(...j.nodesOnlined);
    if (j.done === DONE_PUBLISHED) mm.markLayout = commit.#from;
    mm.zonesAwaitLayout = !published && j.done > 0;
    mm.committing = published && commit.nextStep !== null;
    mm.zonelist = j.zonelist.map((zones) => Uint16Array.from(zones));
    return commit;
  }

  get #isPublished(): boolean {
    return this.#done >= DONE_PUBLISHED;
  }

  #online(): void {
    const { online } = this.#mm;
    for (const nid of this.#to.nid) {
      if (online[nid] === 1) continue;
      online[nid] = 1;
      this.#nodesOnlined.push(nid);
    }
    this.#mm.zonesAwaitLayout = true;
    if (this.#mm.rfc !== null) rfcOnline(this.#mm, this.#mm.rfc, this.#to);
  }

  #publish(): void {
    const mm = this.#mm;
    const before = mm.zones.present.slice();
    const countedBefore = kernelPresent(mm).slice();
    mm.zonesAwaitLayout = false;
    mm.committing = true;
    const ends = Array.from({ length: NR_ZONES }, (_, zoneType) => zoneTypeEnd(mm, zoneType));
    let zoneType = 0;
    forEachDelta(this.#from, this.#to, (start, end, oldNid, newNid) => {
      for (let from = start; from < end;) {
        while (ends[zoneType]! <= from) zoneType++;
        const to = Math.min(end, ends[zoneType]!);
        this.#moveTarget(from, to, zoneType, oldNid, newNid);
        from = to;
      }
      moveStranded(mm, start, end, oldNid, newNid);
    });
    mm.layout = this.#to;
    mm.cacheStart = mm.cacheEnd = 0;
    mm.commits++;
    if (mm.rfc !== null) rfcPublish(mm, mm.rfc, this.#from, this.#to);
    this.#populationChanged = kernelPresent(mm).some((pages, c) => pages > 0 !== countedBefore[c]! > 0);
    const { present, spanStart, spanEnd, hullStart, hullEnd } = mm.zones;
    for (let c = 0; c < mm.zoneCount; c++) {
      const empty = before[c] === 0 && spanStart[c] === spanEnd[c];
      if (present[c]! > 0 && empty) this.#zonesPopulated.push({ nid: Math.floor(c / NR_ZONES), zone: c % NR_ZONES });
    }
    updateHulls(mm);
    for (let c = 0; c < mm.zoneCount; c++) growSpan(spanStart, spanEnd, c, hullStart[c]!, hullEnd[c]!);
  }

  #moveTarget(start: number, end: number, zoneType: number, oldNid: number, newNid: number): void {
    const mm = this.#mm;
    const { present, managed, initialised } = mm.zones;
    const valid = validIn(mm, start, end);
    if (valid === 0) return;
    const managedPages = valid - mm.reserved.countIn(start, end);
    const from = zoneIndex(oldNid, zoneType);
    const to = zoneIndex(newNid, zoneType);
    this.#deltaPages += valid;
    initialised[to] = 1;
    present[to]! += valid;
    managed[to]! += managedPages;
    present[from]! -= valid;
    managed[from]! -= managedPages;
  }

  #mark(): void {
    const mm = this.#mm;
    mm.markLayout = mm.layout;
    if (mm.rfc !== null) rfcMark(mm, mm.rfc, this.#from, this.#to);
  }

  #sweep(): void {
    const mm = this.#mm;
    const moved = countRemoved(mm, () => {
      if (mm.rfc !== null) return rfcSweep(mm, mm.rfc, this.#from, this.#to);
      return sweepDelta(mm, this.#from, this.#to);
    });
    this.#movedSweep = moved;
    mm.moved.sweep += moved;
  }

  /** An empty delta leaves the lists alone: committing the layout in force moves nothing. Marking all does not ask. */
  #drain(): void {
    const before = this.#mm.moved.drain;
    if (this.#deltaPages > 0 || this.#mm.rfc?.switches.markAll === true) {
      pcpDrain(this.#mm);
      this.#mm.commitStat.drains++;
    }
    this.#movedDrain = this.#mm.moved.drain - before;
  }

  #settle(): void {
    const mm = this.#mm;
    mm.committing = false;
    for (let c = 0; c < mm.zoneCount; c++) if (mm.zones.strandedOut[c] === 0) shrinkSpan(mm, c);
    updateWatermarks(mm);
    if (mm.rfc !== null) rfcSettle(mm, mm.rfc);
    for (const { nid } of this.#zonesPopulated) countForNode(mm, nid, PCP_SETUP, 1);
    countUpdated(mm);
    if (this.#populationChanged) {
      rebuildZonelists(mm, 'running');
      mm.zonelistRebuilds++;
    }
    // The posted code rebuilds them once for each zone; rfcSettle has counted that.
    if (mm.rfc !== null) return;
    if (this.#populationChanged) mm.commitStat.withRebuild++;
    else mm.commitStat.withoutRebuild++;
  }
}
