/**
 * Planted faults of RFC guests: oracles that read one rule of engine/mm/rfc/README.md wrong, each in one way. They prove
 * that a comparison would see the rule done wrong.
 */
import type { LayoutRange, MmConfig, RfcSwitches } from '../../shared/model/config.ts';
import { NR_ZONES } from './mm-under-test.ts';
import type { ZoneFigures, MmFactory, Stranded } from './mm-under-test.ts';
import { NaiveRfcMm } from './naive-rfc-mm.ts';

/** Knows nothing of the switch. */
const ignoring = <K extends keyof RfcSwitches>(name: K, off: RfcSwitches[K]): MmFactory => ({
  name: `knows nothing of ${name}`,
  boot: (config) => {
    const rfc = { ...config.profile.rfc, [name]: off };
    return new NaiveRfcMm({ ...config, profile: { ...config.profile, rfc } });
  },
});

/** present is counted anew for every zone, also where nr_zones ends before it. */
class CountsEveryZone extends NaiveRfcMm {
  protected override publish(ranges: readonly LayoutRange[]): void {
    const highest = this.highestZones;
    this.highestZones = highest.map(() => NR_ZONES);
    super.publish(ranges);
    this.highestZones = highest;
  }
}

/** The size of a node is the sum over all its zones. */
class SizeOfEveryZone extends NaiveRfcMm {
  override nodePresent(nid: number): number {
    return this.kernelCounts.slice(nid * NR_ZONES, (nid + 1) * NR_ZONES).reduce((sum, { present }) => sum + present, 0);
  }
}

/** nr_zones is what the layout would give, not what was set up. */
class ForgetsOldZones extends NaiveRfcMm {
  protected override online(): void {
    super.online(new Array<boolean>(this.initialised.length).fill(false));
  }
}

/** Only pages in use are marked. */
class MarksUsedOnly extends NaiveRfcMm {
  protected override setMark(pfn: number, mayBeLost: boolean): void {
    if (mayBeLost) super.setMark(pfn, mayBeLost);
  }
}

/** The number of the layout is no part of the chance. */
class LosesBySamePages extends NaiveRfcMm {
  protected override markAll(): void {
    const { commits } = this;
    this.commits = 1;
    super.markAll();
    this.commits = commits;
  }
}

/** A lost mark is one that is cleared. */
class LosesOldMarks extends NaiveRfcMm {
  protected override setMark(pfn: number, mayBeLost: boolean): void {
    const before = this.lostMarks;
    super.setMark(pfn, mayBeLost);
    if (this.lostMarks > before) this.marked[pfn] = false;
  }
}

/** Marks of free pages can be lost like those of pages in use. */
class LosesFreeMarks extends NaiveRfcMm {
  protected override setMark(pfn: number): void {
    super.setMark(pfn, true);
  }
}

/** A mark that the new layout makes needless stays. */
class KeepsNeedlessMarks extends NaiveRfcMm {
  protected override markAll(): void {
    const before = [...this.marked];
    super.markAll();
    for (const [p, was] of before.entries()) if (was) this.marked[p] = true;
  }
}

/** What the sweep moves keeps its mark. */
class SweepKeepsMarks extends NaiveRfcMm {
  protected override sweepPage(pfn: number, nid: number): void {
    const was = this.marked[pfn]!;
    super.sweepPage(pfn, nid);
    this.marked[pfn] = was;
  }
}

/** The sweep pays no debt of an older layout. */
class SweepsOnlyChanges extends NaiveRfcMm {
  protected override sweepPage(pfn: number, nid: number): void {
    if (this.delta[pfn]) super.sweepPage(pfn, nid);
  }
}

/** The sweep takes misplaced pages along that no change of layout concerns. */
class SweepsEverything extends NaiveRfcMm {
  protected override sweep(): void {
    const { delta } = this;
    this.delta = delta.map(() => true);
    super.sweep();
    this.delta = delta;
  }
}

/** A walk stops at the end of its range, and cuts what is beyond off. */
class WalkStopsAtRange extends NaiveRfcMm {
  protected override walk(blockAt: (pfn: number) => number): void {
    super.walk((pfn) => {
      const order = blockAt(pfn);
      const range = this.layout.find((r) => this.covers(r, pfn))!;
      let fits = order;
      while (fits > 0 && pfn + (1 << fits) > range.end) fits--;
      return fits;
    });
  }
}

/** A commit that changes nothing drains nothing. */
class DrainsOnlyChanges extends NaiveRfcMm {
  protected override drainAtCommit(): void {
    if (this.changed) this.drainPcp();
    this.settle();
  }
}

/** A drained page goes to its target whether it is flagged or not. */
class DrainsUnflagged extends NaiveRfcMm {
  protected override flush(pfn: number): void {
    this.marked[pfn] ||= this.actual[pfn] !== this.target[pfn];
    super.flush(pfn);
  }
}

/** The leak is charged to where the page came from. */
class LeaksAtSource extends NaiveRfcMm {
  protected override flush(pfn: number): void {
    const from = this.zoneIndexOf(pfn);
    const before = [...this.freeLeak];
    super.flush(pfn);
    const to = this.zoneIndexOf(pfn);
    const leaked = this.freeLeak[to]! - before[to]!;
    this.freeLeak[to]! -= leaked;
    this.freeLeak[from]! += leaked;
  }
}

/** A page on which a flag was found needless is freed past the per-CPU list. */
class FlaggedPastPcp extends NaiveRfcMm {
  override putPcp(pfn: number): void {
    if (this.marked[pfn]) this.free(pfn, 0);
    else super.putPcp(pfn);
  }
}

/** Going onto a per-CPU list leaves the flag for the drain. */
class FlagOnPcp extends NaiveRfcMm {
  override putPcp(pfn: number): void {
    const was = this.marked[pfn]! && this.actual[pfn] === this.target[pfn];
    super.putPcp(pfn);
    if (was) this.marked[pfn] = true;
  }
}

/** A needless flag costs no lookup. */
class LooksUpMoversOnly extends NaiveRfcMm {
  protected override takeMark(pfn: number): boolean {
    const before = { ...this.lookupCount };
    const was = super.takeMark(pfn);
    if (this.actual[pfn] === this.target[pfn]) this.lookupCount = before;
    return was;
  }
}

/** The flags of a whole block are cleared when it is freed by its head. */
class HeadClearsAll extends NaiveRfcMm {
  protected override freeByHead(pfn: number, end: number): void {
    super.freeByHead(pfn, end);
    this.marked.fill(false, pfn, end);
  }
}

/** A block freed by its head is cut all the same. */
class HeadCuts extends NaiveRfcMm {
  protected override freeByHead(pfn: number, end: number): void {
    if (this.marked[pfn]) this.transplantBlock(pfn, end);
  }
}

/** A cut block is looked up as one. */
class OneLookupABlock extends NaiveRfcMm {
  protected override transplantBlock(start: number, end: number): void {
    const before = this.lookupCount.hit + this.lookupCount.miss;
    super.transplantBlock(start, end);
    this.lookupCount.hit -= this.lookupCount.hit + this.lookupCount.miss - before - 1;
  }
}

/** Allocation clears the flag. */
class AllocationClearsFlag extends NaiveRfcMm {
  protected override take(pfn: number, order: number): void {
    super.take(pfn, order);
    this.marked.fill(false, pfn, pfn + (1 << order));
  }
}

/** What is allocated inside a commit is left to a mark that has passed. */
class ForgetsBornStranded extends NaiveRfcMm {
  protected override take(pfn: number, order: number): void {
    const { hasMarked } = this;
    this.hasMarked = false;
    super.take(pfn, order);
    this.hasMarked = hasMarked;
  }
}

/** Misplaced pages are counted with the stranded ones. */
class MisplacedIsStranded extends NaiveRfcMm {
  override stranded(): readonly Stranded[] {
    const misplaced = this.misplaced();
    return super.stranded().map(({ pages, pinned }, i) => ({ pages: pages + misplaced[i]!, pinned }));
  }
}

/** A span grows to the target alone, not to what is moved beyond it. */
class SpanOfTargetOnly extends NaiveRfcMm {
  protected override send(pfn: number, nid: number): boolean {
    const spans = this.spans.map((span) => ({ ...span }));
    const moves = super.send(pfn, nid);
    this.spans = spans;
    return moves;
  }
}

/** A stale link lasts one commit. */
class StaleOnce extends NaiveRfcMm {
  #before: readonly (readonly number[])[] = [];

  protected override settle(): void {
    const { linked } = this;
    this.linked = this.#before.length > 0 ? this.#before : linked;
    super.settle();
    this.#before = this.target.length > 0 ? this.fresh() : [];
  }

  private fresh(): readonly (readonly number[])[] {
    const { memoryBlockPages } = this.config.profile;
    return this.linked.map((_, block) => {
      const nids = this.target.slice(block * memoryBlockPages, (block + 1) * memoryBlockPages);
      return [...new Set(nids.filter((nid) => nid >= 0))].sort((a, b) => a - b);
    });
  }
}

/** Plugged memory is counted in zones below nr_zones alone. */
class PlugsBelowNrZones extends NaiveRfcMm {
  override plug(start: number, end: number): boolean {
    const sizes = [...this.nodeSizes];
    const plugged = super.plug(start, end);
    this.nodeSizes = this.nodeSizes.map((size, nid) =>
      this.zone[start]! < this.highestZones[nid]! ? size : sizes[nid]!,
    );
    return plugged;
  }
}

/** Plugged memory sets up its zone without a word to nr_zones. */
class PlugsWithoutOnline extends NaiveRfcMm {
  override plug(start: number, end: number): boolean {
    const highest = [...this.highestZones];
    const plugged = super.plug(start, end);
    this.highestZones = highest;
    return plugged;
  }
}

/** Plugged memory asks the layout of boot. */
class PlugsByBootLayout extends NaiveRfcMm {
  override plug(start: number, end: number): boolean {
    this.commits++;
    const plugged = super.plug(start, end);
    this.commits--;
    return plugged;
  }
}

/** Watermarks are shares of what there is, not of what the kernel counts. */
class MarksByTruth extends NaiveRfcMm {
  override zones(): readonly ZoneFigures[] {
    const { kernelCounts } = this;
    const counted = this.countTarget();
    this.kernelCounts = counted;
    const byTruth = super.zones();
    this.kernelCounts = kernelCounts;
    return super.zones().map((c, i) => ({ ...c, wmarkMin: byTruth[i]!.wmarkMin }));
  }
}

/** A page in use without the mark that it needs is no fault. */
class NamesNoLostMark extends NaiveRfcMm {
  override faults(): ReadonlySet<string> {
    return new Set([...super.faults()].filter((law) => law !== 'G8'));
  }
}

/** Where links may be stale they are said to be. */
class NamesLinksAlways extends NaiveRfcMm {
  override faults(): ReadonlySet<string> {
    return this.rfc.sysfsStale ? new Set([...super.faults(), 'links']) : super.faults();
  }
}

/** Listed pages count as free whether the counter was told or not. */
class NoLeakShown extends NaiveRfcMm {
  override zones(): readonly ZoneFigures[] {
    return super.zones().map((c) => ({
      ...c,
      freePages: c.freeBlocks.reduce((sum, count, order) => sum + count * 2 ** order, 0),
    }));
  }
}

const mutant = (name: string, make: new (config: MmConfig) => NaiveRfcMm): MmFactory => ({
  name,
  boot: (config) => new make(config),
});

export const rfcMutants: readonly MmFactory[] = [
  ignoring('nrZonesAssign', false),
  ignoring('splitStuck', false),
  ignoring('headOnly', false),
  ignoring('mergeUnmoved', false),
  ignoring('orderHeadOnly', false),
  ignoring('pcpFreeLeak', false),
  ignoring('sysfsStale', false),
  ignoring('markAll', false),
  ignoring('spanNeverShrinks', false),
  ignoring('lostFlagPermille', 0),
  mutant('counts present in every zone', CountsEveryZone),
  mutant('sums a size over every zone', SizeOfEveryZone),
  mutant('forgets which zones were set up', ForgetsOldZones),
  mutant('marks pages in use only', MarksUsedOnly),
  mutant('loses marks without the number of the layout', LosesBySamePages),
  mutant('clears what it loses', LosesOldMarks),
  mutant('loses marks of free pages', LosesFreeMarks),
  mutant('keeps needless marks', KeepsNeedlessMarks),
  mutant('keeps the marks of what it sweeps', SweepKeepsMarks),
  mutant('sweeps only what the layout changed', SweepsOnlyChanges),
  mutant('sweeps what the layout did not change', SweepsEverything),
  mutant('cuts a block at the end of its range', WalkStopsAtRange),
  mutant('drains only when the layout changed', DrainsOnlyChanges),
  mutant('drains unflagged pages to their target', DrainsUnflagged),
  mutant('charges the leak to the source', LeaksAtSource),
  mutant('shows no leak', NoLeakShown),
  mutant('names no lost mark', NamesNoLostMark),
  mutant('names stale links where there are none', NamesLinksAlways),
  mutant('frees needlessly flagged pages past the list', FlaggedPastPcp),
  mutant('leaves the flag of a page that goes on a list', FlagOnPcp),
  mutant('looks up only what moves', LooksUpMoversOnly),
  mutant('clears the flags of a block freed by its head', HeadClearsAll),
  mutant('cuts a block freed by its head', HeadCuts),
  mutant('looks a block up once', OneLookupABlock),
  mutant('clears the flag when a page is allocated', AllocationClearsFlag),
  mutant('does not mark what is taken inside a commit', ForgetsBornStranded),
  mutant('counts misplaced pages as stranded', MisplacedIsStranded),
  mutant('grows a span to its target only', SpanOfTargetOnly),
  mutant('keeps a stale link for one commit', StaleOnce),
  mutant('sets watermarks by the truth', MarksByTruth),
  mutant('plugs memory in below nr_zones only', PlugsBelowNrZones),
  mutant('plugs memory in without setting a zone up', PlugsWithoutOnline),
  mutant('plugs memory in by the layout of boot', PlugsByBootLayout),
];
