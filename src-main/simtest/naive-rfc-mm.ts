/**
 * The oracle of RFC guests: the naive model with each defect of the posted code as engine/mm/rfc/README.md states it, and
 * from nothing else. Where a defect leaves the correct model's way alone, that is what it does; nothing of the engine is
 * shared. One plain array entry a page still; what a correct guest could derive is stored here, because the RFC stores it:
 * (a) flags, and what the kernel counts of present, managed and zones, are kept from commit to commit;
 * (b) what has happened to spans and links is kept where a switch makes the past show;
 * (c) everything else is counted afresh from the pages each time it is asked for.
 */
import type { LayoutRange, MmConfig, RfcSwitches } from '../../shared/model/config.ts';
import { MAX_PAGE_ORDER, NR_ZONES, isRfcGuest } from './mm-under-test.ts';
import type { ZoneFigures, MmFactory, PageKind } from './mm-under-test.ts';
import { NaiveMm, naiveFactory } from './naive-mm.ts';
import type { Count } from './naive-mm.ts';

/** Whether the mark of a page in use is lost to a concurrent update of its flags. */
function isMarkLost(pfn: number, seq: number, permille: number): boolean {
  let h = (Math.imul(pfn, 0x9e3779b1) ^ seq) >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> 0) % 1000 < permille;
}

/** [start, end); end 0: none. */
interface Span {
  start: number;
  end: number;
}

export class NaiveRfcMm extends NaiveMm {
  protected readonly rfc: RfcSwitches;
  /** Marks that a concurrent update has undone since boot. */
  lostMarks = 0;
  protected highestZones: number[];
  /** By zone. */
  protected kernelCounts: { present: number; managed: number }[];
  protected freeLeak: number[];
  /** The widest that each may be. */
  protected spans: Span[];
  protected nodeSizes: number[];
  protected linked: readonly (readonly number[])[];
  /** Which targets the last publish changed. */
  protected delta: boolean[] = [];

  constructor(config: MmConfig) {
    super(config);
    this.rfc = config.profile.rfc;
    const counted = this.countTarget();
    this.kernelCounts = counted;
    this.freeLeak = counted.map(() => 0);
    this.spans = counted.map(() => ({ start: 0, end: 0 }));
    this.growToTarget();
    this.highestZones = this.nodes((nid) => super.nrZones(nid));
    this.nodeSizes = this.nodes((nid) => super.nodePresent(nid));
    this.linked = super.links();
  }

  /* ---- a commit ---- */

  protected override publish(ranges: readonly LayoutRange[]): void {
    const before = this.target;
    const knew = [...this.initialised];
    super.publish(ranges);
    this.delta = this.target.map((nid, p) => nid !== before[p]);
    this.online(knew);
    const counted = this.countTarget();
    counted.forEach((count, zone) => {
      if (zone % NR_ZONES < this.highestZones[Math.floor(zone / NR_ZONES)]!) this.kernelCounts[zone] = count;
    });
    this.nodeSizes = this.nodes((nid) => {
      let size = 0;
      for (let zoneType = 0; zoneType < this.highestZones[nid]!; zoneType++)
        size += this.kernelCounts[nid * NR_ZONES + zoneType]!.present;
      return size;
    });
    this.growToTarget();
  }

  /** Range by range, zone by zone: which of a node's zones comes last decides, if the highest is assigned. */
  protected online(knew: readonly boolean[]): void {
    const known = [...knew];
    for (const r of this.layout) {
      for (let p = r.start; p < r.end; p++) {
        if (this.kind[p] === 'hole') continue;
        const zone = r.nid * NR_ZONES + this.zone[p]!;
        if (known[zone]) continue;
        known[zone] = true;
        const nrZones = this.zone[p]! + 1;
        this.highestZones[r.nid] = this.rfc.nrZonesAssign ? nrZones : Math.max(this.highestZones[r.nid]!, nrZones);
      }
    }
  }

  protected override markAll(): void {
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] === 'hole') continue;
      const inUse = this.kind[p] === 'allocated' || this.kind[p] === 'pcp';
      if (this.rfc.markAll) this.setMark(p, inUse);
      else if (this.delta[p] && this.actual[p] === this.target[p]) this.marked[p] = false;
      else if (this.delta[p] && inUse) this.setMark(p, true);
    }
  }

  protected setMark(pfn: number, mayBeLost: boolean): void {
    if (mayBeLost && isMarkLost(pfn, this.commits, this.rfc.lostFlagPermille)) this.lostMarks++;
    else this.marked[pfn] = true;
  }

  protected override sweep(): void {
    if (this.rfc.mergeUnmoved) this.walk((pfn) => this.blockAt(pfn));
    else if (this.rfc.splitStuck || this.rfc.headOnly) this.walkAsBefore();
    else {
      for (let p = 0; p < this.config.nrPages; p++) {
        if (this.kind[p] === 'free' && this.delta[p] && this.actual[p] !== this.target[p])
          this.sweepPage(p, this.target[p]!);
      }
    }
  }

  /** Every block by the pages that it had when the sweep began. */
  protected walkAsBefore(): void {
    const orders = new Array<number>(this.config.nrPages).fill(NO_BLOCK);
    this.forEachFreeBlock((pfn, order) => (orders[pfn] = order));
    this.walk((pfn) => orders[pfn]!);
  }

  /** @param blockAt order of the free block that begins at the page, or NO_BLOCK. */
  protected walk(blockAt: (pfn: number) => number): void {
    for (const { start, end, nid } of this.layout) {
      let pfn = start;
      while (pfn < end) {
        const order = blockAt(pfn);
        const stop = pfn + (1 << order);
        const isRight = this.actual[pfn] === nid;
        if (order === NO_BLOCK || (isRight && (stop <= end || this.rfc.headOnly))) {
          pfn++;
          continue;
        }
        const cuts = isRight || (stop > end && !this.rfc.splitStuck);
        for (let p = pfn; p < stop; p++) this.sweepPage(p, cuts ? this.target[p]! : nid);
        pfn = stop;
      }
    }
  }

  protected sweepPage(pfn: number, nid: number): void {
    this.marked[pfn] = false;
    if (this.send(pfn, nid)) this.movedPages.sweep++;
  }

  /**
   * Order of the maximal free block that begins at the page. The least block that would hold the page and not begin at it
   * reaches as far below it as it is aligned: if that is free and of one zone, the page is inside it.
   */
  protected blockAt(pfn: number): number {
    if (this.kind[pfn] !== 'free') return NO_BLOCK;
    const aligned = pfn === 0 ? MAX_PAGE_ORDER : Math.min(MAX_PAGE_ORDER, 31 - Math.clz32(pfn & -pfn));
    if (aligned < MAX_PAGE_ORDER) {
      const reach = 1 << aligned;
      if (this.isFreeLike(pfn, pfn - reach, pfn) && this.isFreeLike(pfn, pfn + 1, pfn + reach)) return NO_BLOCK;
    }
    let order = 0;
    while (order < aligned && this.isFreeLike(pfn, pfn + (1 << order), pfn + (2 << order))) order++;
    return order;
  }

  /** Whether [start, end) is free and of the page's zone. From above: what differs is mostly near. */
  private isFreeLike(pfn: number, start: number, end: number): boolean {
    if (start < 0 || end > this.config.nrPages) return false;
    for (let p = end - 1; p >= start; p--) {
      if (this.kind[p] !== 'free' || this.actual[p] !== this.actual[pfn] || this.zone[p] !== this.zone[pfn])
        return false;
    }
    return true;
  }

  protected override drainAtCommit(): void {
    if (this.changed || this.rfc.markAll) this.drainPcp();
    this.settle();
  }

  protected settle(): void {
    const now = super.links();
    this.linked = this.rfc.sysfsStale
      ? now.map((nids, block) => [...new Set([...nids, ...this.linked[block]!])].sort((a, b) => a - b))
      : now;
  }

  /** Counted by the kernel at once, also in zones that nr_zones ends before. */
  override plug(start: number, end: number): boolean {
    const knew = [...this.initialised];
    if (!super.plug(start, end)) return false;
    this.online(knew);
    for (let p = start; p < end; p++) {
      const { present, managed } = this.kernelCounts[this.zoneIndexOf(p)]!;
      this.kernelCounts[this.zoneIndexOf(p)] = { present: present + 1, managed: managed + 1 };
      this.nodeSizes[this.actual[p]!]!++;
      this.growSpan(p);
    }
    this.settle();
    return true;
  }

  /* ---- frees ---- */

  override free(pfn: number, order: number): void {
    this.endAllocation(pfn, order);
    const end = pfn + (1 << order);
    if (order === 0 || this.rfc.orderHeadOnly) this.freeByHead(pfn, end);
    else if (this.hasMark(pfn, end)) this.transplantBlock(pfn, end);
    for (let p = pfn; p < end; p++) this.kind[p] = 'free';
  }

  /** Only the first page is asked, and all follow it. */
  protected freeByHead(pfn: number, end: number): void {
    if (!this.takeMark(pfn)) return;
    const nid = this.target[pfn]!;
    for (let p = pfn; p < end; p++) if (this.send(p, nid)) this.movedPages.free++;
  }

  /** One lookup for each range of the layout that the block touches. */
  protected override transplantBlock(start: number, end: number): void {
    for (let p = start; p < end; p++) {
      if (p === start || !this.covers(this.cachedRange, p)) this.lookup(p);
      this.marked[p] = false;
      if (this.send(p, this.target[p]!)) this.movedPages.free++;
    }
  }

  override putPcp(pfn: number): void {
    this.endAllocation(pfn, 0);
    const mustMove = this.takeMark(pfn) && this.actual[pfn] !== this.target[pfn];
    if (mustMove) {
      this.send(pfn, this.target[pfn]!);
      this.movedPages.free++;
    }
    this.kind[pfn] = mustMove ? 'free' : 'pcp';
  }

  protected override flush(pfn: number): void {
    this.kind[pfn] = 'free';
    if (!this.takeMark(pfn) || !this.send(pfn, this.target[pfn]!)) return;
    this.movedPages.drain++;
    if (this.rfc.pcpFreeLeak) this.freeLeak[this.zoneIndexOf(pfn)]!++;
  }

  /** Tests and clears it; a set one costs a lookup. */
  protected takeMark(pfn: number): boolean {
    const was = this.marked[pfn]!;
    this.marked[pfn] = false;
    if (was) this.lookup(pfn);
    return was;
  }

  /** True when the page's node changed. The span of where it goes grows over it. */
  protected send(pfn: number, nid: number): boolean {
    if (this.actual[pfn] === nid) return false;
    this.actual[pfn] = nid;
    this.growSpan(pfn);
    return true;
  }

  protected override isBornMarked(pfn: number): boolean {
    return this.hasMarked && this.kind[pfn] === 'free' && this.actual[pfn] !== this.target[pfn];
  }

  /** A page of a list may be flagged, or on another node than its target, and goes where a flush takes it. */
  override adoptPcp(pfn: number, kind: 'free' | 'pcp'): string | null {
    const from = kind === 'pcp' ? 'free' : 'pcp';
    if (this.kind[pfn] !== from) return `page ${pfn} became ${kind} but was ${this.kind[pfn]}`;
    if (kind === 'free') this.flush(pfn);
    else this.kind[pfn] = 'pcp';
    return null;
  }

  /* ---- figures ---- */

  override zones(): readonly ZoneFigures[] {
    const zones = super.zones() as readonly Count[];
    zones.forEach((c, i) => {
      c.freePages = Math.max(0, c.freePages - this.freeLeak[i]!);
      const span = this.spans[i]!;
      if (this.rfc.spanNeverShrinks) c.spanStart = span.start;
      if (this.rfc.spanNeverShrinks) c.spannedPages = span.end - span.start;
    });
    return zones;
  }

  /** The widest that a span may be that shrinks when it can. */
  widestSpan(zone: number): { readonly start: number; readonly end: number } {
    return this.spans[zone]!;
  }

  protected override sizeReserves(zones: readonly Count[]): void {
    zones.forEach((c, i) => {
      c.presentPages = this.kernelCounts[i]!.present;
      c.managedPages = this.kernelCounts[i]!.managed;
    });
    // Per-CPU sizes are kept where managed is, so they are always those of what the kernel counts.
    super.sizeReserves(zones);
  }

  override nrZones(nid: number): number {
    return this.highestZones[nid]!;
  }

  override nodePresent(nid: number): number {
    return this.nodeSizes[nid]!;
  }

  override links(): readonly (readonly number[])[] {
    return this.linked;
  }

  override faults(): ReadonlySet<string> {
    const counted = this.countTarget();
    const isWrong = (zone: number): boolean =>
      counted[zone]!.present !== this.kernelCounts[zone]!.present ||
      counted[zone]!.managed !== this.kernelCounts[zone]!.managed;
    const lacksMark = (kind: PageKind, p: number): boolean =>
      (kind === 'allocated' || kind === 'pcp') && this.actual[p] !== this.target[p] && !this.marked[p];
    const nids = this.nodes((nid) => nid);
    const laws: Record<string, boolean> = {
      G2:
        counted.some((_, zone) => isWrong(zone)) || nids.some((nid) => super.nodePresent(nid) !== this.nodeSizes[nid]),
      G3: this.freeLeak.some((pages) => pages > 0),
      G4: this.misplaced().some((pages) => pages > 0),
      G8: this.kind.some(lacksMark),
      G10: nids.some((nid) => super.nrZones(nid) !== this.highestZones[nid]),
      links: JSON.stringify(super.links()) !== JSON.stringify(this.linked),
    };
    return new Set(Object.keys(laws).filter((law) => laws[law]));
  }

  private nodes(figure: (nid: number) => number): number[] {
    return Array.from({ length: this.config.nrNodeIds }, (_, nid) => figure(nid));
  }

  protected countTarget(): { present: number; managed: number }[] {
    const counts = Array.from({ length: this.config.nrNodeIds * NR_ZONES }, () => ({ present: 0, managed: 0 }));
    for (let p = 0; p < this.config.nrPages; p++) {
      if (this.kind[p] === 'hole') continue;
      const count = counts[this.target[p]! * NR_ZONES + this.zone[p]!]!;
      count.present++;
      if (this.kind[p] !== 'reserved') count.managed++;
    }
    return counts;
  }

  private growToTarget(): void {
    const { actual } = this;
    this.actual = this.target;
    for (let p = 0; p < this.config.nrPages; p++) if (this.kind[p] !== 'hole') this.growSpan(p);
    this.actual = actual;
  }

  private growSpan(pfn: number): void {
    const span = this.spans[this.zoneIndexOf(pfn)]!;
    if (span.end === 0 || pfn < span.start) span.start = pfn;
    if (pfn >= span.end) span.end = pfn + 1;
  }
}

const NO_BLOCK = -1;

export const rfcFactory: MmFactory = { name: 'naive RFC', boot: (config) => new NaiveRfcMm(config) };

/** The model that says what a guest of this configuration does. */
export const oracleFactory: MmFactory = {
  name: 'oracle',
  boot: (config) => (isRfcGuest(config) ? rfcFactory : naiveFactory).boot(config),
};
