/**
 * The guest's memory manager as the rest of the engine, the tests and the benchmarks see it. This class holds the state
 * and names its operations; each operation is implemented in a file beside this one.
 */
import type { FreeOrder, Row } from '../../../shared/columns/index.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import type { LayoutRange, MmConfig } from '../../../shared/model/config.ts';
import { type Parts, type StateReader, type StateWriter, wholeOf } from '../core/index.ts';
import { bootMm } from './boot.ts';
import { segmentOfBlock, takeExactly } from './buddy.ts';
import { checkMm, type MmViolation } from './check.ts';
import { beginCommit, Commit, type CommitResult, type CommitStart } from './commit.ts';
import { statsNow } from './commit-stat.ts';
import { forecastCommit, type CommitForecast } from './commit-forecast.ts';
import { forEachFreeBlock } from './free-walk.ts';
import { mayPlug, nidOfNewBlock, plugPages, type PlugResult } from './hotplug.ts';
import { NR_PAGE_ORDERS, NR_ZONES } from './limit.ts';
import { type Memlayout, targetNid, validateLayout } from './memlayout.ts';
import { zoneIndex, type Mm, zoneTypeOf } from './mm.ts';
import type { LayoutProblem } from '../../../shared/model/rejection.ts';
import { ALLOCATED, HELD, HOLE, KIND_MASK, PCP, RESERVED, stateOf } from './page.ts';
import { memoryBlockLinks } from './memory-block.ts';
import { allocPages, freePages, freePagesDirect, freeToPcp, isAllocated, pinBlock } from './page-alloc.ts';
import { pcpDrain } from './pcp.ts';
import { faultsOf, type MmFault, zonesSetUp } from './rfc/faults.ts';
import { flagsIn, hasFlag } from './rfc/flags.ts';
import { flaggedByNode, freeByTarget, pcpByTarget } from './rfc/rfc-figures.ts';
import { kernelManaged, kernelPresent, nrFreePages } from './rfc/rfc-state.ts';
import { nidOf } from './segment-table.ts';
import { isOutside, outsideText } from './span.ts';
import { segmentOfFree } from './segment.ts';
import { loadMm, saveMm } from './state.ts';
import { differsFrom, usedNid } from './transplant.ts';

export type PageState = 'hole' | 'reserved' | 'free' | 'allocated' | 'pcp';

/**
 * Figures of one zone, in pages. present, managed, reserved and allocated are by T; free, pcp and span by A.
 * In an RFC guest present, managed and free are as its kernel counts them; reserved, allocated and pcp by T, as they are.
 */
export interface ZoneFigures extends ZoneColumns {
  readonly spanStart: number;
  readonly initialised: boolean;
  /** Listed free blocks by order, 0 to 10. */
  readonly freeBlocks: readonly number[];
}

/** The figures of the snapshot's table of zones. */
type ZoneColumns = Omit<Row<'zones'>, 'guest' | 'nid' | 'zone' | 'spanStartPfn' | FreeOrder>;

export type CommitOutcome =
  | { readonly ok: true; readonly result: CommitResult }
  | { readonly ok: false; readonly problems: readonly LayoutProblem[] };

export class GuestMm {
  /** The columns themselves. Outside mm/, vm/guest.ts sets `beyond` and tests plant faults; all others only read. */
  readonly state: Mm;

  private constructor(mm: Mm) {
    this.state = mm;
  }

  /** Boots a guest: everything not reserved is free on the node of the boot layout. The config has been validated. */
  static boot(config: MmConfig): GuestMm {
    return new GuestMm(bootMm(config));
  }

  static load(config: MmConfig, r: StateReader): GuestMm {
    return new GuestMm(loadMm(config, r));
  }

  save(w: StateWriter): void {
    saveMm(this.state, w);
  }

  get layout(): Memlayout {
    return this.state.layout;
  }

  get moved(): Readonly<Mm['moved']> {
    return this.state.moved;
  }

  get lookups(): Readonly<Mm['lookups']> {
    return this.state.lookups;
  }

  /** Allocates 2^order pages near a CPU; NO_PFN when no zone may give them. */
  allocPages(order: number, cpu: number, type: number): number {
    return allocPages(this.state, order, cpu, type);
  }

  /** Takes exactly this block out of the free lists, as one allocation; false unless all of it is free on one node. */
  takeBlock(pfn: number, order: number): boolean {
    return takeExactly(this.state, pfn, order, ALLOCATED);
  }

  /** The same, held by hand: see isHeld. */
  holdBlock(pfn: number, order: number): boolean {
    return takeExactly(this.state, pfn, order, HELD);
  }

  /** Whether holdBlock would take it. */
  mayHold(pfn: number, order: number): boolean {
    return segmentOfBlock(this.state, pfn, order) !== -1;
  }

  /** Whether [pfn, pfn + 2^order) is one block taken by holdBlock. */
  isHeld(pfn: number, order: number): boolean {
    return isAllocated(this.state, pfn, order) && stateOf(this.state.page, pfn) === (HELD | order);
  }

  /** Frees an allocation of that order; a single page that need not move goes to the CPU's list. */
  freePages(pfn: number, order: number, cpu: number): void {
    freePages(this.state, pfn, order, cpu);
  }

  /** Frees an allocation without per-CPU lists. */
  freePagesDirect(pfn: number, order: number): void {
    freePagesDirect(this.state, pfn, order);
  }

  /** Frees a single page as freePages does, but leaves the list as long as it gets (tests, `pagectl pcp`). */
  freeToPcp(pfn: number, cpu: number): void {
    freeToPcp(this.state, pfn, cpu);
  }

  /**
   * The LookupNode mark. A correct guest marks the pages in use with A != T, and no other; an RFC guest those whose flag is
   * set, free ones too.
   */
  isMarked(pfn: number): boolean {
    const { state: mm } = this;
    if (mm.rfc !== null) return hasFlag(mm.rfc.flag, pfn);
    const state = this.pageState(pfn);
    return state !== 'free' && state !== 'hole' && differsFrom(mm.markLayout, pfn, 0, usedNid(mm, pfn));
  }

  /** Marked pages by A, index nid. */
  markedByNode(): Uint32Array {
    const { state: mm } = this;
    if (mm.rfc !== null) return flaggedByNode(mm, mm.rfc);
    const marked = new Uint32Array(mm.nrNodeIds);
    mm.zones.strandedOut.forEach((pages, c) => (marked[Math.floor(c / NR_ZONES)]! += pages));
    return marked;
  }

  /** All of them. */
  marksInForce(): number {
    const { state: mm } = this;
    if (mm.rfc !== null) return flagsIn(mm.rfc.flag, 0, mm.nrPages);
    let marks = 0;
    for (const pages of mm.zones.strandedOut) marks += pages;
    return marks;
  }

  markedPages(nid: number): number {
    return this.markedByNode()[nid]!;
  }

  /** Marks an allocation as never freed. */
  pin(pfn: number): void {
    pinBlock(this.state, pfn);
  }

  drainPcp(): void {
    pcpDrain(this.state);
  }

  /** Commits a layout as a whole, or rejects it with every problem it has. */
  commit(ranges: readonly LayoutRange[], seq?: number): CommitOutcome {
    const start = this.beginCommit(ranges, seq);
    return start.ok ? { ok: true, result: start.commit.finish() } : start;
  }

  /** @param seq its number, above that of the layout in force; the next one when not given. */
  beginCommit(ranges: readonly LayoutRange[], seq?: number): CommitStart {
    return beginCommit(this.state, ranges, seq);
  }

  /** The commit that was under way when this was saved. */
  loadCommit(r: StateReader): Commit {
    return Commit.load(this.state, r);
  }

  /** Whether these pages are whole memory blocks that do not exist yet. */
  mayPlug(range: PfnRange): boolean {
    return mayPlug(this.state, range);
  }

  /** The node of the memory block that starts at pfn, if it were plugged now. */
  nidOfNewBlock(pfn: number): number {
    return nidOfNewBlock(this.state, pfn);
  }

  /** They come to exist, free. Outside a commit. */
  plug(range: PfnRange): PlugResult {
    return plugPages(this.state, range);
  }

  /** What committing these ranges, which are a layout, would come to; nothing changes. */
  forecastCommit(ranges: readonly LayoutRange[]): CommitForecast {
    return forecastCommit(this.state, ranges);
  }

  /** All problems of a layout that has not been committed. */
  problemsOf(ranges: readonly LayoutRange[]): readonly LayoutProblem[] {
    return validateLayout(ranges, this.state.nrPages, this.state.nrNodeIds);
  }

  /** T(pfn) for pfn < nrPages. O(1) outside mixed pageblocks. */
  targetNid(pfn: number): number {
    return targetNid(this.state.layout, pfn);
  }

  /** A(pfn). */
  actualNid(pfn: number): number {
    const seg = segmentOfFree(this.state, pfn);
    return seg === -1 ? usedNid(this.state, pfn) : nidOf(this.state.segment, seg);
  }

  pageState(pfn: number): PageState {
    if (segmentOfFree(this.state, pfn) !== -1) return 'free';
    const kind = stateOf(this.state.page, pfn) & KIND_MASK;
    if (kind === HOLE) return 'hole';
    if (kind === RESERVED) return 'reserved';
    return kind === PCP ? 'pcp' : 'allocated';
  }

  /** Whether [pfn, pfn + 2^order) is one allocation. */
  isAllocation(pfn: number, order: number): boolean {
    return isAllocated(this.state, pfn, order);
  }

  /** The size of a node as its kernel counts it (node_present_pages): the pages whose T it is, unless defects say otherwise. */
  presentPages(nid: number): number {
    if (this.state.rfc !== null) return this.state.rfc.nodePresent[nid]!;
    let pages = 0;
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++)
      pages += this.state.zones.present[zoneIndex(nid, zoneType)]!;
    return pages;
  }

  /** 1 + the highest zone of a node that has been set up, as its kernel counts (nr_zones); 0 when none has. */
  nrZones(nid: number): number {
    return this.state.rfc?.nrZones[nid] ?? zonesSetUp(this.state, nid);
  }

  zone(nid: number, zoneType: number): ZoneFigures {
    const { state: mm } = this;
    const { zones, rfc } = mm;
    const c = zoneIndex(nid, zoneType);
    const freePages = rfc === null ? zones.free[c]! : freeByTarget(mm, rfc, c);
    const pcpPages = rfc === null ? zones.pcp[c]! : pcpByTarget(mm, c);
    return {
      presentPages: kernelPresent(mm)[c]!,
      managedPages: kernelManaged(mm)[c]!,
      reservedPages: zones.present[c]! - zones.managed[c]!,
      freePages: nrFreePages(mm, c),
      pcpPages,
      // 0 where a commit that is under way has not yet moved what is free.
      allocatedPages: Math.max(0, zones.managed[c]! - freePages - pcpPages),
      spanStart: zones.spanStart[c]!,
      spannedPages: zones.spanEnd[c]! - zones.spanStart[c]!,
      wmarkMin: zones.wmarkMin[c]!,
      wmarkLow: zones.wmarkLow[c]!,
      wmarkHigh: zones.wmarkHigh[c]!,
      pcpBatch: zones.pcpBatch[c]!,
      pcpHigh: zones.pcpHigh[c]!,
      initialised: zones.initialised[c] === 1,
      freeBlocks: Array.from(zones.nrFree.subarray(c * NR_PAGE_ORDERS, (c + 1) * NR_PAGE_ORDERS)),
    };
  }

  /** Pages in use with A = from and T = to: those that can converge, and pinned ones. */
  stranded(from: number, to: number): { readonly pages: number; readonly pinned: number } {
    const i = from * this.state.nrNodeIds + to;
    return { pages: this.state.stranded[i]!, pinned: this.state.strandedPinned[i]! };
  }

  /** Free pages with A = from and T = to: only defects leave any outside a commit. */
  misplaced(from: number, to: number): number {
    return this.state.rfc?.misplaced[from * this.state.nrNodeIds + to] ?? 0;
  }

  /** What a kernel says of a page that lies outside the span of the zone that it is on; null when it is inside. */
  outsideZone(pfn: number): string | null {
    const { state: mm } = this;
    const zone = zoneIndex(this.actualNid(pfn), zoneTypeOf(mm, pfn));
    return this.pageState(pfn) !== 'hole' && isOutside(mm, pfn, zone) ? outsideText(mm, pfn, zone) : null;
  }

  /** Nodes that memory block memoryN of sysfs is linked under, ascending; none when no page of it exists. */
  memoryBlockLinks(block: number): readonly number[] {
    return memoryBlockLinks(this.state, block);
  }

  /** Counters of the posted code's defects, by name; null for a correct guest. Since boot, but flagsSet is of now. */
  defectCounters(): Readonly<Record<'straddles' | 'flagsSet' | 'flagsLost' | 'lookupsRight', number>> | null {
    const { rfc } = this.state;
    return rfc === null ? null : { ...rfc.counters, flagsSet: flagsIn(rfc.flag, 0, this.state.nrPages) };
  }

  /** The statistics of the RFC author's later tree at this moment (commit-stat.ts says which). */
  stats(): Float64Array {
    return statsNow(this.state);
  }

  /** What does not hold and which defects explain it; empty for a correct guest. Outside a commit only. */
  faults(): readonly MmFault[] {
    return faultsOf(this.state);
  }

  /** Calls back for every free block, ascending by pfn. */
  forEachFreeBlock(visit: (pfn: number, order: number, nid: number, zoneType: number) => void): void {
    const { state: mm } = this;
    forEachFreeBlock(mm, 0, mm.nrPages, (pfn, order, nid) => visit(pfn, order, nid, zoneTypeOf(mm, pfn)));
  }

  /** As check; the guest must not change between two parts. */
  checkInParts(): Parts<readonly MmViolation[]> {
    return checkMm(this.state);
  }

  /** Every broken law; empty when all hold. Outside a commit only. */
  check(): readonly MmViolation[] {
    return wholeOf(this.checkInParts());
  }
}
