/**
 * The oracle: a guest memory manager with one plain array entry a page, where every figure is counted afresh each time
 * it is asked for. It is written from a description of the RFC's correct semantics ("S") in words and from nothing else,
 * so that it and the engine are two independent readings of one text. Slow on purpose; small guests only.
 *
 * Decided where the text leaves it open:
 * (a) ranges are half-open; they may be given in any order; one that is empty, ends past nrPages, overlaps another or
 *     names an impossible node rejects the whole commit;
 * (b) a hole in the layout goes to the lower range; the first range is stretched down to 0, the last up to nrPages;
 *     neighbouring ranges of one node are one;
 * (c) reserved pages keep A for ever and count as pinned when stranded;
 * (d) a span is exactly [first, last] page with that A and zone, so it shrinks as well;
 * (e) a commit sweeps first and drains the per-CPU lists after;
 * (f) a block that lies across two nodes' free pages cannot be held: it is inside no free block;
 * (g) a memory block is linked under the targets of its valid pages;
 * (h) a flush asks the layout in force for each listed page that is not on its target, marked already or not yet;
 * (i) memory that is plugged in before any commit goes to node 0, later to the layout's nodes;
 * (j) a page that is taken inside a commit and has A != T is marked by that, T being of the layout before until the commit
 *     has marked.
 */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';
import { MAX_PAGE_ORDER, NR_ZONES } from './mm-under-test.ts';
import type {
  ZoneFigures,
  CommitOutcome,
  CommitSteps,
  Lookups,
  MmFactory,
  MmUnderTest,
  Moved,
  PageKind,
  Stranded,
} from './mm-under-test.ts';

const NO_NODE = -1;

export class NaiveMm implements MmUnderTest {
  readonly config: MmConfig;
  readonly allocator = null;
  /** One entry a page, index pfn. */
  protected kind: PageKind[] = [];
  protected actual: number[] = [];
  protected target: number[] = [];
  protected zone: number[] = [];
  /** Of the layout before. */
  protected targetBefore: number[] = [];
  /** Must ask the layout when freed. Equal to A != T except in the middle of a commit. */
  protected marked: boolean[] = [];
  /** Order of each live allocation, by its first pfn. */
  readonly live = new Map<number, number>();
  protected movedPages = { sweep: 0, free: 0, drain: 0 };
  protected lookupCount = { hit: 0, miss: 0 };
  /** The layout in force, expanded and sorted, and the range that answered the last lookup. */
  protected layout: LayoutRange[] = [];
  protected cachedRange: LayoutRange | null = null;

  /** Whether the last publish changed the target of a page. */
  protected changed = false;
  /** Accepted since boot. */
  protected commits = 0;
  /** Between the publish of a commit and its end. */
  protected inCommit = false;
  /** The same, after its mark. */
  protected hasMarked = false;
  /** Zones that have ever been the target of a page. */
  protected initialised: boolean[];

  constructor(config: MmConfig) {
    this.config = config;
    this.initialised = new Array<boolean>(config.nrNodeIds * NR_ZONES).fill(false);
    this.layout = this.expand(config.bootLayout);
    for (let pfn = 0; pfn < config.nrPages; pfn++) {
      const inside = (r: { start: number; end: number }): boolean => pfn >= r.start && pfn < r.end;
      const hole = config.holes.some(inside);
      this.kind.push(hole ? 'hole' : config.reserved.some(inside) ? 'reserved' : 'free');
      this.zone.push(zoneTypeOf(config, pfn));
      this.marked.push(false);
    }
    this.target = this.flatten(this.layout);
    this.actual = [...this.target];
    this.initialise();
  }

  hold(pfn: number, order: number): boolean {
    const end = pfn + 2 ** order;
    if (order > MAX_PAGE_ORDER || pfn % 2 ** order !== 0 || end > this.config.nrPages) return false;
    for (let p = pfn; p < end; p++) {
      if (this.kind[p] !== 'free' || this.actual[p] !== this.actual[pfn] || this.zone[p] !== this.zone[pfn])
        return false;
    }
    this.take(pfn, order);
    return true;
  }

  free(pfn: number, order: number): void {
    this.endAllocation(pfn, order);
    const end = pfn + 2 ** order;
    if (this.hasMark(pfn, end)) this.transplantBlock(pfn, end);
    for (let p = pfn; p < end; p++) this.kind[p] = 'free';
  }

  putPcp(pfn: number): void {
    if (this.marked[pfn]) return this.free(pfn, 0);
    this.endAllocation(pfn, 0);
    this.kind[pfn] = 'pcp';
  }

  drainPcp(): void {
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] === 'pcp') this.flush(p);
    }
  }

  protected flush(pfn: number): void {
    if (this.actual[pfn] !== this.target[pfn]) this.lookup(pfn);
    if (this.moveToTarget(pfn)) this.movedPages.drain++;
    this.kind[pfn] = 'free';
  }

  commit(ranges: readonly LayoutRange[]): CommitOutcome {
    const problems = this.problems(ranges);
    if (problems.length > 0) return { ok: false, problems };
    const before = this.populatedZones();
    for (const step of this.steps(ranges)) step();
    const after = this.populatedZones();
    return { ok: true, zonesPopulated: after.filter((is, i) => is && !before[i]).length };
  }

  plug(start: number, end: number): boolean {
    for (let p = start; p < end; p++) if (this.kind[p] !== 'hole') return false;
    this.kind.fill('free', start, end);
    // The layout of boot gives no answer: memory that is added before any commit goes to node 0.
    if (this.commits === 0) this.layout = withRange(this.layout, { start, end, nid: 0 });
    this.target = this.flatten(this.layout);
    for (let p = start; p < end; p++) this.actual[p] = this.target[p]!;
    this.initialise();
    return true;
  }

  commitSteps(ranges: readonly LayoutRange[]): CommitSteps | null {
    if (this.problems(ranges).length > 0) return null;
    const steps = this.steps(ranges);
    return {
      next: (): boolean => {
        const step = steps.shift();
        step?.();
        return step !== undefined;
      },
    };
  }

  private steps(ranges: readonly LayoutRange[]): (() => void)[] {
    const mark = (): void => {
      this.markAll();
      this.hasMarked = true;
    };
    const drain = (): void => {
      this.drainAtCommit();
      this.hasMarked = false;
      this.inCommit = false;
    };
    const publish = (): void => {
      this.publish(ranges);
      this.inCommit = true;
    };
    return [publish, mark, () => this.sweep(), drain];
  }

  targetNid(pfn: number): number {
    return this.target[pfn]!;
  }

  actualNid(pfn: number): number {
    return this.actual[pfn]!;
  }

  pageKind(pfn: number): PageKind {
    return this.kind[pfn]!;
  }

  isMarked(pfn: number): boolean {
    return this.marked[pfn]!;
  }

  zoneTypeOf(pfn: number): number {
    return this.zone[pfn]!;
  }

  zones(): readonly ZoneFigures[] {
    const zones = Array.from({ length: this.config.nrNodeIds * NR_ZONES }, emptyZone);
    for (let p = 0; p < this.config.nrPages; p++) {
      const kind = this.kind[p]!;
      if (kind === 'hole') continue;
      const here = zones[this.actual[p]! * NR_ZONES + this.zone[p]!]!;
      const wanted = zones[this.target[p]! * NR_ZONES + this.zone[p]!]!;
      if (here.spannedPages === 0) here.spanStart = p;
      here.spannedPages = p + 1 - here.spanStart;
      wanted.presentPages++;
      if (kind !== 'reserved') wanted.managedPages++;
      if (kind === 'free') here.freePages++;
      if (kind === 'pcp') wanted.pcpPages++;
      if (kind === 'allocated') wanted.allocatedPages++;
      if (kind === 'reserved') wanted.reservedPages++;
    }
    this.countFreeBlocks(zones);
    this.sizeReserves(zones);
    return zones;
  }

  stranded(): readonly Stranded[] {
    const matrix = Array.from({ length: this.config.nrNodeIds ** 2 }, () => ({ pages: 0, pinned: 0 }));
    for (let p = 0; p < this.config.nrPages; p++) {
      const kind = this.kind[p]!;
      if (kind === 'hole' || kind === 'free' || this.actual[p] === this.target[p]) continue;
      const pair = matrix[this.actual[p]! * this.config.nrNodeIds + this.target[p]!]!;
      if (kind === 'reserved') pair.pinned++;
      else pair.pages++;
    }
    return matrix;
  }

  moved(): Moved {
    return { ...this.movedPages };
  }

  lookups(): Lookups {
    return { ...this.lookupCount };
  }

  check(): readonly string[] {
    return [];
  }

  faults(): ReadonlySet<string> {
    return new Set();
  }

  reload(): void {}

  misplaced(): readonly number[] {
    const { nrNodeIds } = this.config;
    const matrix = new Array<number>(nrNodeIds ** 2).fill(0);
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] !== 'free' || this.actual[p] === this.target[p]) continue;
      matrix[this.actual[p]! * nrNodeIds + this.target[p]!]!++;
    }
    return matrix;
  }

  markedPages(): readonly number[] {
    const pages = new Array<number>(this.config.nrNodeIds).fill(0);
    for (let p = 0; p < this.config.nrPages; p++) if (this.marked[p]) pages[this.actual[p]!]!++;
    return pages;
  }

  nrZones(nid: number): number {
    return this.initialised.slice(nid * NR_ZONES, (nid + 1) * NR_ZONES).lastIndexOf(true) + 1;
  }

  nodePresent(nid: number): number {
    let pages = 0;
    for (let p = 0; p < this.config.nrPages; p++) if (this.target[p] === nid) pages++;
    return pages;
  }

  links(): readonly (readonly number[])[] {
    const { nrPages, profile } = this.config;
    const links: number[][] = [];
    for (let start = 0; start < nrPages; start += profile.memoryBlockPages) {
      const nids = new Set<number>();
      for (let p = start; p < Math.min(nrPages, start + profile.memoryBlockPages); p++) nids.add(this.target[p]!);
      nids.delete(NO_NODE);
      links.push([...nids].sort((a, b) => a - b));
    }
    return links;
  }

  /** Told that the model under test allocated this block: the reason why it must not have, or null. */
  adoptAlloc(pfn: number, order: number): string | null {
    const end = pfn + 2 ** order;
    if (pfn % 2 ** order !== 0 || end > this.config.nrPages)
      return `block ${pfn} order ${order} is misaligned or outside`;
    for (let p = pfn; p < end; p++) {
      const usable = this.kind[p] === 'free' || (order === 0 && this.kind[p] === 'pcp');
      if (!usable) return `allocated block ${pfn} order ${order}: page ${p} is ${this.kind[p]}`;
      if (this.actual[p] !== this.actual[pfn]) return `allocated block ${pfn} order ${order} mixes nodes at page ${p}`;
    }
    this.take(pfn, order);
    return null;
  }

  /** Told that the model under test put a free page on a per-CPU list (refill) or a listed page back (flush). */
  adoptPcp(pfn: number, kind: 'free' | 'pcp'): string | null {
    const from = kind === 'pcp' ? 'free' : 'pcp';
    if (this.kind[pfn] !== from) return `page ${pfn} became ${kind} but was ${this.kind[pfn]}`;
    const owes = this.actual[pfn] !== this.target[pfn];
    if (owes && !this.inCommit) return `page ${pfn} became ${kind} with A != T`;
    if (kind === 'free') this.flush(pfn);
    this.kind[pfn] = kind;
    if (kind === 'pcp' && this.isBornMarked(pfn)) this.marked[pfn] = true;
    return null;
  }

  /** Every reason to reject, naming the range by its place in the list. */
  protected problems(ranges: readonly LayoutRange[]): string[] {
    const out = ranges.length === 0 ? ['no range'] : [];
    ranges.forEach((r, i) => {
      if (r.start < 0 || r.start >= r.end) out.push(`range ${i} is empty`);
      if (r.end > this.config.nrPages) out.push(`range ${i} ends past nrPages`);
      if (r.nid < 0 || r.nid >= this.config.nrNodeIds) out.push(`range ${i} has no such node`);
      ranges.forEach((q, j) => {
        if (j < i && q.start < r.end && r.start < q.end) out.push(`range ${i} overlaps range ${j}`);
      });
    });
    return out;
  }

  protected expand(ranges: readonly LayoutRange[]): LayoutRange[] {
    const sorted = [...ranges].sort((a, b) => a.start - b.start);
    const expanded = sorted.map((r, i) => ({
      start: i === 0 ? 0 : r.start,
      end: sorted[i + 1]?.start ?? this.config.nrPages,
      nid: r.nid,
    }));
    const joined: LayoutRange[] = [];
    for (const r of expanded) {
      const below = joined.at(-1);
      if (below?.nid === r.nid) joined[joined.length - 1] = { ...below, end: r.end };
      else joined.push(r);
    }
    return joined;
  }

  protected publish(ranges: readonly LayoutRange[]): void {
    this.layout = this.expand(ranges);
    this.commits++;
    this.cachedRange = null;
    const before = this.target;
    this.targetBefore = before;
    this.target = this.flatten(this.layout);
    this.changed = this.target.some((nid, p) => nid !== before[p]);
    this.initialise();
  }

  private initialise(): void {
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] !== 'hole') this.initialised[this.target[p]! * NR_ZONES + this.zone[p]!] = true;
    }
  }

  /** An empty delta publishes and does nothing else. */
  protected drainAtCommit(): void {
    if (this.changed) this.drainPcp();
  }

  protected markAll(): void {
    for (let p = 0; p < this.config.nrPages; p++) {
      const inUse = this.kind[p] === 'allocated' || this.kind[p] === 'pcp';
      this.marked[p] = inUse && this.actual[p] !== this.target[p];
    }
  }

  protected sweep(): void {
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] === 'free' && this.moveToTarget(p)) this.movedPages.sweep++;
    }
  }

  /** A block with a marked page: cut by T, each piece to its node. One lookup a piece. */
  protected transplantBlock(start: number, end: number): void {
    for (let p = start; p < end; p++) {
      if (p === start || !this.covers(this.cachedRange, p)) this.lookup(p);
      if (this.moveToTarget(p)) this.movedPages.free++;
    }
  }

  protected covers(range: LayoutRange | null, pfn: number): boolean {
    return range !== null && pfn >= range.start && pfn < range.end;
  }

  protected lookup(pfn: number): void {
    if (this.covers(this.cachedRange, pfn)) {
      this.lookupCount.hit++;
      return;
    }
    this.lookupCount.miss++;
    this.cachedRange = this.layout.find((r) => this.covers(r, pfn))!;
  }

  /** True when the page's node changed. */
  protected moveToTarget(pfn: number): boolean {
    const moves = this.actual[pfn] !== this.target[pfn];
    this.actual[pfn] = this.target[pfn]!;
    this.marked[pfn] = false;
    return moves;
  }

  protected take(pfn: number, order: number): void {
    this.live.set(pfn, order);
    for (let p = pfn; p < pfn + 2 ** order; p++) {
      if (this.isBornMarked(p)) this.marked[p] = true;
      this.kind[p] = 'allocated';
    }
  }

  /** Until a commit has marked, by the layout before. */
  protected isBornMarked(pfn: number): boolean {
    return this.inCommit && this.actual[pfn] !== (this.hasMarked ? this.target[pfn] : this.targetBefore[pfn]);
  }

  protected endAllocation(pfn: number, order: number): void {
    if (this.live.get(pfn) !== order) throw new Error(`freed block ${pfn} order ${order}, which is not an allocation`);
    this.live.delete(pfn);
  }

  protected populatedZones(): boolean[] {
    const populated = new Array<boolean>(this.config.nrNodeIds * NR_ZONES).fill(false);
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] !== 'hole') populated[this.actual[p]! * NR_ZONES + this.zone[p]!] = true;
    }
    return populated;
  }

  protected hasMark(start: number, end: number): boolean {
    for (let p = start; p < end; p++) if (this.marked[p]) return true;
    return false;
  }

  private flatten(layout: readonly LayoutRange[]): number[] {
    const nids = new Array<number>(this.config.nrPages).fill(NO_NODE);
    for (const r of layout) {
      for (let p = r.start; p < r.end; p++) if (this.kind[p] !== 'hole') nids[p] = r.nid;
    }
    return nids;
  }

  private countFreeBlocks(zones: readonly Count[]): void {
    this.forEachFreeBlock((p, order) => zones[this.zoneIndexOf(p)]!.freeBlocks[order]!++);
  }

  /** The unique maximal aligned decomposition of each zone's free set: at each place the largest block that fits. */
  protected forEachFreeBlock(visit: (pfn: number, order: number) => void): void {
    let p = 0;
    while (p < this.config.nrPages) {
      if (this.kind[p] !== 'free') {
        p++;
        continue;
      }
      const zone = this.zoneIndexOf(p);
      let end = p;
      while (end < this.config.nrPages && this.kind[end] === 'free' && this.zoneIndexOf(end) === zone) end++;
      while (p < end) {
        let order = MAX_PAGE_ORDER;
        while (p % (1 << order) !== 0 || p + (1 << order) > end) order--;
        visit(p, order);
        p += 1 << order;
      }
    }
  }

  /** By A. */
  protected zoneIndexOf(pfn: number): number {
    return this.actual[pfn]! * NR_ZONES + this.zone[pfn]!;
  }

  /** Watermarks and per-CPU list sizes. */
  protected sizeReserves(zones: readonly Count[]): void {
    const total = zones.reduce((sum, c) => sum + c.managedPages, 0);
    const minFreeKib = Math.min(65536, Math.max(128, Math.floor(Math.sqrt(total * 4 * 16))));
    const pagesMin = Math.floor(minFreeKib / 4);
    for (const c of zones) {
      c.wmarkMin = total === 0 ? 0 : Math.floor((pagesMin * c.managedPages) / total);
      c.wmarkLow = c.wmarkMin + Math.floor(c.wmarkMin / 4);
      c.wmarkHigh = c.wmarkMin + Math.floor(c.wmarkMin / 2);
      const quarter = Math.max(1, Math.floor(Math.min(128, Math.floor(c.managedPages / 1024)) / 4));
      let power = 1;
      while (power * 2 <= quarter + Math.floor(quarter / 2)) power *= 2;
      c.pcpBatch = Math.max(1, power - 1);
      c.pcpHigh = 6 * (power - 1);
    }
  }
}

/** The ranges with one laid over them. */
function withRange(ranges: readonly LayoutRange[], over: LayoutRange): LayoutRange[] {
  const below = ranges.map((r) => ({ ...r, end: Math.min(r.end, over.start) }));
  const above = ranges.map((r) => ({ ...r, start: Math.max(r.start, over.end) }));
  return [...below, over, ...above].filter((r) => r.start < r.end);
}

/** The highest zone that begins at or below the pfn. */
const zoneTypeOf = (config: MmConfig, pfn: number): number =>
  pfn >= config.zoneStartPfn[2] ? 2 : pfn >= config.zoneStartPfn[1] ? 1 : 0;

export type Count = { -readonly [K in keyof ZoneFigures]: K extends 'freeBlocks' ? number[] : ZoneFigures[K] };

const emptyZone = (): Count => ({
  presentPages: 0,
  managedPages: 0,
  freePages: 0,
  pcpPages: 0,
  allocatedPages: 0,
  reservedPages: 0,
  spanStart: 0,
  spannedPages: 0,
  wmarkMin: 0,
  wmarkLow: 0,
  wmarkHigh: 0,
  pcpBatch: 0,
  pcpHigh: 0,
  freeBlocks: new Array<number>(MAX_PAGE_ORDER + 1).fill(0),
});

export const naiveFactory: MmFactory = { name: 'naive', boot: (config) => new NaiveMm(config) };
