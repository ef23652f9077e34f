/**
 * One case of mm-fuzz.ts on the oracle and on the model under test side by side; what both can be asked must agree.
 * (a) After each single call the pages it touched and the sums of what moved are compared. Everything is compared:
 *     thorough, after every operation of the list, and every page between the steps of a commit; brisk, after every
 *     commit, drain and reload and after so many calls. What a brisk run finds late, a thorough one finds where it began.
 * (b) Every figure of the oracle is counted from its pages when it is asked.
 * Blocks that the model under test chooses itself are judged, not predicted:
 * (c) the block was free (or, alone, on a per-CPU list), aligned and of one node and zone;
 * (d) a refill took only free pages; flushed pages came off a per-CPU list and went where a flush takes them;
 * (e) nothing is refused while a zone of a zonelist has such a block and is above its high watermark for that order.
 */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';
import type { MmCase, MmOp, MmSmallOp } from './mm-draw.ts';
import { COMMIT_STEPS, NR_ZONES, isRfcGuest } from './mm-under-test.ts';
import type { ZoneFigures, MmAllocator, MmFactory, MmUnderTest } from './mm-under-test.ts';
import { NaiveMm } from './naive-mm.ts';
import { NaiveRfcMm } from './naive-rfc-mm.ts';
import { formatFreeBlocks } from './vectors.ts';

export interface MmFailure {
  readonly opIndex: number;
  readonly text: string;
}

/** What was done on both sides. */
export interface MmTally {
  /** Single calls: each hold, free, drain, allocation, commit, step of a commit, reload. */
  operations: number;
  commits: number;
  rejectedCommits: number;
  /** Frees that moved pages to another node. */
  transplants: number;
  lookups: number;
  lostMarks: number;
  /** Memory blocks. */
  plugged: number;
  /** Times that everything was compared. */
  comparisons: number;
}

export const newTally = (): MmTally => ({
  operations: 0,
  commits: 0,
  rejectedCommits: 0,
  transplants: 0,
  lookups: 0,
  lostMarks: 0,
  plugged: 0,
  comparisons: 0,
});

export function addTally(sum: MmTally, part: MmTally): void {
  for (const figure of Object.keys(sum) as (keyof MmTally)[]) sum[figure] += part[figure];
}

export type Care = 'thorough' | 'brisk';

/** Runs the case; the first difference, or null. Never throws: what the model under test throws is a failure too. */
export function runMmCase(
  factory: MmFactory,
  mmCase: MmCase,
  care: Care = 'thorough',
  tally: MmTally = newTally(),
): MmFailure | null {
  let opIndex = -1;
  try {
    const { config } = mmCase;
    const oracle = isRfcGuest(config) ? new NaiveRfcMm(config) : new NaiveMm(config);
    const runner = new CaseRunner(oracle, factory.boot(config), config, care, tally);
    let text = runner.compare();
    for (const op of mmCase.ops) {
      if (text !== null) break;
      opIndex++;
      text = runner.run(op) ?? (care === 'thorough' ? runner.compare() : null);
    }
    runner.count();
    text ??= runner.compare();
    return text === null ? null : { opIndex, text };
  } catch (error) {
    return { opIndex, text: `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

/** A live allocation. */
type Block = readonly [pfn: number, order: number];

/** Single operations between two comparisons of everything. */
const COMPARE_EVERY = 100;
/** Comparisons of everything between two of the model's own checks of its laws. */
const CHECK_EVERY = 4;
/** Pages compared of one that is touched whole, besides its last. */
const TOUCHED_PAGES = 8;
/** Below, no zone has the 8192 managed pages that make per-CPU lists longer than nothing. */
const LISTED_PAGES = 8192;

/** The oracle, the model under test, and one operation at a time on both. Methods return a difference or null. */
class CaseRunner {
  readonly #oracle: NaiveMm;
  readonly #mm: MmUnderTest;
  readonly #config: MmConfig;
  readonly #care: Care;
  readonly #tally: MmTally;
  readonly #isRfc: boolean;
  /** In no order that means anything; the blocks of several pages apart, so that they are chosen often enough. */
  readonly #large: Block[] = [];
  readonly #single: Block[] = [];
  /** Pages that the oracle has on per-CPU lists. */
  readonly #listed = new Set<number>();
  /** Its figures need not agree until it is done; its pages must. */
  #inCommit = false;
  #sinceComparison = 0;
  #comparisons = 0;

  constructor(oracle: NaiveMm, mm: MmUnderTest, config: MmConfig, care: Care, tally: MmTally) {
    this.#oracle = oracle;
    this.#mm = mm;
    this.#config = config;
    this.#care = care;
    this.#tally = tally;
    this.#isRfc = oracle instanceof NaiveRfcMm;
  }

  run(op: MmOp): string | null {
    switch (op.do) {
      case 'hold':
        return this.#hold(op.pfn, op.order);
      case 'holdMany':
        return this.#holdMany(op);
      case 'free':
      case 'putPcp':
        return this.#repeat(op.count, () => this.#free(op.nth, op.do));
      case 'drain':
        this.#oracle.drainPcp();
        this.#mm.drainPcp();
        return this.#relist() ?? this.#didAll();
      case 'reload':
        this.#mm.reload();
        return this.#didAll();
      case 'plug':
        return this.#plug(op.block);
      case 'commit':
        return this.#commit(op.ranges);
      case 'commitSteps':
        return this.#commitSteps(op.ranges, op.between);
      case 'alloc':
        return this.#allocate(op.count, (allocator) => this.#alloc(allocator, op.order, this.#cpu(op.cpu), op.movable));
      case 'release':
        return this.#allocate(op.count, (allocator) => this.#release(allocator, op.nth, this.#cpu(op.cpu)));
    }
  }

  /** A shrunk guest may have fewer. */
  #cpu(cpu: number): number {
    return cpu % this.#config.cpuNode.length;
  }

  /** Adds the counters of the whole case to the tally. */
  count(): void {
    const { hit, miss } = this.#oracle.lookups();
    this.#tally.lookups += hit + miss;
    if (this.#oracle instanceof NaiveRfcMm) this.#tally.lostMarks += this.#oracle.lostMarks;
  }

  #hold(pfn: number, order: number): string | null {
    const expected = this.#oracle.hold(pfn, order);
    const found = this.#mm.hold(pfn, order);
    if (expected !== found) return `hold ${pfn} order ${order}: expected ${expected}, found ${found}`;
    if (found) this.#born([pfn, order]);
    return this.#did(pfn, order);
  }

  #holdMany(op: Extract<MmOp, { do: 'holdMany' }>): string | null {
    const end = Math.min(this.#config.nrPages, op.start + op.count * op.stride);
    for (let pfn = op.start; pfn < end; pfn += op.stride) {
      const difference = this.#hold(pfn, 0);
      if (difference !== null) return difference;
    }
    return null;
  }

  #repeat(count: number, once: () => string | null): string | null {
    let difference: string | null = null;
    for (let i = 0; difference === null && i < count; i++) difference = once();
    return difference;
  }

  #born(block: Block): void {
    (block[1] === 0 ? this.#single : this.#large).push(block);
  }

  /** The n-th live allocation, no longer alive; null when none is. */
  #take(nth: number): Block | null {
    const alive = this.#large.length + this.#single.length;
    if (alive === 0) return null;
    const index = nth % alive;
    const [list, i] = index < this.#large.length ? [this.#large, index] : [this.#single, index - this.#large.length];
    const block = list[i]!;
    const last = list.pop()!;
    if (i < list.length) list[i] = last;
    return block;
  }

  #free(nth: number, way: 'free' | 'putPcp'): string | null {
    const block = this.#take(nth);
    if (block === null) return null;
    const [pfn, order] = block;
    const before = this.#oracle.moved().free;
    for (const mm of [this.#oracle, this.#mm]) {
      if (way === 'putPcp' && order === 0) mm.putPcp(pfn);
      else mm.free(pfn, order);
    }
    if (this.#oracle.pageKind(pfn) === 'pcp') this.#listed.add(pfn);
    if (this.#oracle.moved().free > before) this.#tally.transplants++;
    return this.#did(pfn, order);
  }

  #plug(block: number): string | null {
    const { nrPages, profile } = this.#config;
    const start = block * profile.memoryBlockPages;
    const end = start + profile.memoryBlockPages;
    if (end > nrPages) return null;
    const expected = this.#oracle.plug(start, end);
    const found = this.#mm.plug(start, end);
    if (found) this.#tally.plugged++;
    return expected === found ? this.#didAll() : `plug block ${block}: expected ${expected}, found ${found}`;
  }

  #commit(ranges: readonly LayoutRange[]): string | null {
    const expected = this.#oracle.commit(ranges);
    const found = this.#mm.commit(ranges);
    if (expected.ok !== found.ok) return `commit: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
    if (!found.ok && found.problems.length === 0) return 'commit: rejected without a reason';
    if (found.ok) this.#tally.commits++;
    else this.#tally.rejectedCommits++;
    // zonesPopulated is left to the vectors: a zone whose target pages are all stranded may count as populated or not.
    return this.#relist() ?? this.#didAll();
  }

  #commitSteps(ranges: readonly LayoutRange[], between: readonly (readonly MmSmallOp[])[]): string | null {
    const expected = this.#oracle.commitSteps(ranges);
    const found = this.#mm.commitSteps(ranges);
    if (expected === null || found === null) {
      return expected === found ? null : 'commitSteps: one accepts, the other rejects';
    }
    this.#tally.commits++;
    for (let step = 0; ; step++) {
      this.#inCommit = step > 0 && step < COMMIT_STEPS.length;
      for (const op of between[step] ?? []) {
        const difference = this.run(op);
        if (difference !== null) return `before step ${step} of the commit: ${difference}`;
      }
      const goesOn = expected.next();
      if (goesOn !== found.next()) return `commitSteps: step ${step} exists in one only`;
      if (!goesOn) return this.#relist() ?? this.#didAll();
      this.#tally.operations++;
      this.#inCommit = step < COMMIT_STEPS.length - 1;
      const difference = this.#care === 'thorough' ? this.#comparePages() : null;
      if (difference !== null) return `after step ${step} of the commit: ${difference}`;
    }
  }

  /** Nothing on a model that does not choose pages itself. */
  #allocate(count: number, once: (allocator: MmAllocator) => string | null): string | null {
    const { allocator } = this.#mm;
    return allocator === null ? null : this.#repeat(count, () => once(allocator));
  }

  #alloc(allocator: MmAllocator, order: number, cpu: number, movable: boolean): string | null {
    const pfn = allocator.alloc(order, cpu, movable);
    if (pfn === null) return this.#judgeRefusal(order) ?? this.#adoptPcpChanges() ?? this.#did(0, 0);
    this.#refilled(pfn);
    const illegal = this.#oracle.adoptAlloc(pfn, order);
    if (illegal !== null) return illegal;
    this.#born([pfn, order]);
    if (order === 0) this.#listed.delete(pfn);
    return this.#adoptPcpChanges() ?? this.#did(pfn, order);
  }

  #release(allocator: MmAllocator, nth: number, cpu: number): string | null {
    const block = this.#take(nth);
    if (block === null) return null;
    const [pfn, order] = block;
    const before = this.#oracle.moved().free;
    allocator.free(pfn, order, cpu);
    if (order === 0) this.#oracle.putPcp(pfn);
    else this.#oracle.free(pfn, order);
    if (this.#oracle.pageKind(pfn) === 'pcp') this.#listed.add(pfn);
    if (this.#oracle.moved().free > before) this.#tally.transplants++;
    return this.#adoptPcpChanges() ?? this.#did(pfn, order);
  }

  /** After something that may have emptied the lists. */
  #relist(): null {
    for (const pfn of this.#listed) if (this.#oracle.pageKind(pfn) !== 'pcp') this.#listed.delete(pfn);
    return null;
  }

  /**
   * Pages that went between free and per-CPU lists on the way. Any other difference is left for `compare` to find. All
   * pages are looked at when the lists have grown; where they have not, those that the oracle has on them.
   */
  #adoptPcpChanges(): string | null {
    if (this.#care === 'thorough') return this.#adoptEach(pfnsBelow(this.#config.nrPages));
    const listed = this.#adoptEach(this.#listed);
    if (listed !== null || this.#config.nrPages < LISTED_PAGES) return listed;
    const pages = this.#mm.zones().reduce((sum, { pcpPages }) => sum + pcpPages, 0);
    return pages === this.#listed.size ? null : this.#adoptEach(pfnsBelow(this.#config.nrPages));
  }

  #adoptEach(pfns: Iterable<number>): string | null {
    for (const pfn of pfns) {
      const before = this.#oracle.pageKind(pfn);
      const after = this.#mm.pageKind(pfn);
      if (before === 'pcp' && after === 'pcp') this.#refilled(pfn);
      if (before === after || (after !== 'free' && after !== 'pcp')) continue;
      const illegal = this.#oracle.adoptPcp(pfn, after);
      if (illegal !== null) return illegal;
      if (after === 'pcp') this.#listed.add(pfn);
      else this.#listed.delete(pfn);
    }
    return null;
  }

  /** A listed page that has lost its mark was flushed, and taken again. */
  #refilled(pfn: number): void {
    if (!this.#isRfc || this.#oracle.pageKind(pfn) !== 'pcp') return;
    if (!this.#oracle.isMarked(pfn) || this.#mm.isMarked(pfn)) return;
    this.#oracle.adoptPcp(pfn, 'free');
    this.#oracle.adoptPcp(pfn, 'pcp');
  }

  #judgeRefusal(order: number): string | null {
    if (this.#inCommit) return null;
    const zone = this.#oracle.zones().find((c) => c.presentPages > 0 && isAboveHighMark(c, order));
    return zone === undefined
      ? null
      : `alloc order ${order} refused while a zone has ${formatFreeBlocks(zone.freeBlocks)}`;
  }

  /* ---- comparing ---- */

  #did(pfn: number, order: number): string | null {
    this.#tally.operations++;
    this.#sinceComparison++;
    if (this.#care === 'brisk' && this.#sinceComparison >= COMPARE_EVERY) return this.compare();
    return this.#compareTouched(pfn, 2 ** order) ?? this.#compareMoved();
  }

  #didAll(): string | null {
    this.#tally.operations++;
    return this.#care === 'brisk' ? this.compare() : null;
  }

  /** The first difference between oracle and model under test, or a broken law. */
  compare(): string | null {
    this.#sinceComparison = 0;
    this.#tally.comparisons++;
    if (this.#inCommit) return this.#comparePages() ?? this.#compareMoved();
    const checks = this.#care === 'thorough' || this.#comparisons++ % CHECK_EVERY === 0;
    const difference = this.#comparePages() ?? this.#compareCells() ?? this.#compareNodes() ?? this.#compareCounters();
    return difference ?? (checks ? (this.#mm.check()[0] ?? this.#compareFaults()) : null);
  }

  /** What the oracle finds wrong the model must name, and where the oracle finds nothing it must name nothing. */
  #compareFaults(): string | null {
    const expected = this.#oracle.faults();
    const found = this.#mm.faults();
    const unnamed = [...expected].find((law) => !found.has(law));
    if (unnamed !== undefined) return `faults: ${unnamed} does not hold, and is not among ${[...found].join(' ')}`;
    const invented = [...found].find((law) => EXACT_FAULTS.includes(law) && !expected.has(law));
    if (invented !== undefined) return `faults: ${invented} is named, but holds`;
    return expected.size > 0 || found.size === 0 ? null : `faults: none expected, found ${[...found].join(' ')}`;
  }

  #compareTouched(pfn: number, pages: number): string | null {
    const stride = Math.max(1, Math.floor(pages / TOUCHED_PAGES));
    for (let p = pfn; p < Math.min(pfn + pages, this.#config.nrPages); p += stride) {
      const difference = this.#comparePage(p);
      if (difference !== null) return difference;
    }
    return this.#comparePage(Math.min(pfn + pages, this.#config.nrPages) - 1);
  }

  #comparePages(): string | null {
    for (let pfn = 0; pfn < this.#config.nrPages; pfn++) {
      const difference = this.#comparePage(pfn);
      if (difference !== null) return difference;
    }
    return null;
  }

  #comparePage(pfn: number): string | null {
    const kind = this.#oracle.pageKind(pfn);
    if (kind !== this.#mm.pageKind(pfn)) return differs(`page ${pfn}: kind`, kind, this.#mm.pageKind(pfn));
    if (kind === 'hole') return null;
    const actual = this.#oracle.actualNid(pfn);
    if (actual !== this.#mm.actualNid(pfn)) return differs(`page ${pfn}: A`, actual, this.#mm.actualNid(pfn));
    const target = this.#oracle.targetNid(pfn);
    if (target !== this.#mm.targetNid(pfn)) return differs(`page ${pfn}: T`, target, this.#mm.targetNid(pfn));
    if (!this.#isRfc && kind !== 'allocated' && kind !== 'pcp') return null;
    const marked = this.#oracle.isMarked(pfn);
    return marked === this.#mm.isMarked(pfn) ? null : differs(`page ${pfn}: mark`, marked, this.#mm.isMarked(pfn));
  }

  #compareCells(): string | null {
    const expected = this.#oracle.zones();
    const found = this.#mm.zones();
    for (let i = 0; i < expected.length; i++) {
      const at = `zone ${Math.floor(i / NR_ZONES)}/${i % NR_ZONES}`;
      const difference = compareZone(at, expected[i]!, found[i]!) ?? this.#compareSpan(at, i, expected[i]!, found[i]!);
      if (difference !== null) return difference;
    }
    return differs('zones', expected.length, found.length);
  }

  #compareSpan(at: string, zone: number, expected: ZoneFigures, found: ZoneFigures): string | null {
    const wrong = (what: string): string => `${at} span: expected ${what}, found ${formatSpan(found)}`;
    if (!(this.#oracle instanceof NaiveRfcMm)) {
      return spansAtLeast(found, expected) ? null : wrong(`one that holds ${formatSpan(expected)}`);
    }
    if (this.#config.profile.rfc.spanNeverShrinks) {
      return formatSpan(expected) === formatSpan(found) ? null : wrong(formatSpan(expected));
    }
    const widest = this.#oracle.widestSpan(zone);
    const foundEnd = found.spanStart + found.spannedPages;
    if (found.spannedPages > 0 && (found.spanStart < widest.start || foundEnd > widest.end)) {
      return wrong(`none wider than [${widest.start}, ${widest.end})`);
    }
    const holds = found.spanStart <= expected.spanStart && foundEnd >= expected.spanStart + expected.spannedPages;
    return expected.spannedPages === 0 || holds ? null : wrong(`one that holds ${formatSpan(expected)}`);
  }

  #compareNodes(): string | null {
    for (let nid = 0; nid < this.#config.nrNodeIds; nid++) {
      const difference =
        differs(`node ${nid} nr_zones`, this.#oracle.nrZones(nid), this.#mm.nrZones(nid)) ??
        differs(`node ${nid} size`, this.#oracle.nodePresent(nid), this.#mm.nodePresent(nid));
      if (difference !== null) return difference;
    }
    const marked = this.#isRfc
      ? differs('marked by node', String(this.#oracle.markedPages()), String(this.#mm.markedPages()))
      : null;
    return marked ?? differs('links', JSON.stringify(this.#oracle.links()), JSON.stringify(this.#mm.links()));
  }

  #compareCounters(): string | null {
    const nodes = this.#config.nrNodeIds;
    const [expected, found] = [this.#oracle.stranded(), this.#mm.stranded()];
    const [misplaced, foundMisplaced] = [this.#oracle.misplaced(), this.#mm.misplaced()];
    for (let i = 0; i < nodes * nodes; i++) {
      const [e, f] = [expected[i]!, found[i]!];
      const pair = `${Math.floor(i / nodes)}->${i % nodes}`;
      const difference =
        differs(`stranded ${pair}`, e.pages, f.pages) ??
        differs(`stranded ${pair} pinned`, e.pinned, f.pinned) ??
        differs(`misplaced ${pair}`, misplaced[i]!, foundMisplaced[i]!);
      if (difference !== null) return difference;
    }
    return this.#compareMoved();
  }

  #compareMoved(): string | null {
    const [e, f] = [this.#oracle.moved(), this.#mm.moved()];
    if (e.sweep !== f.sweep) return differs('moved by sweep', e.sweep, f.sweep);
    if (e.free !== f.free) return differs('moved by free', e.free, f.free);
    if (e.drain !== f.drain) return differs('moved by drain', e.drain, f.drain);
    // Which of them hit depends on the order in which a list is drained.
    const [l, m] = [this.#oracle.lookups(), this.#mm.lookups()];
    return l.hit + l.miss === m.hit + m.miss ? null : differs('lookups', l.hit + l.miss, m.hit + m.miss);
  }
}

/** Of which the oracle says whether they hold; others are consequences. */
const EXACT_FAULTS = ['G3', 'G8', 'G10', 'links'];

function* pfnsBelow(nrPages: number): Iterable<number> {
  for (let pfn = 0; pfn < nrPages; pfn++) yield pfn;
}

/** Linux's zone_watermark_ok at the high mark: at each order on the way up, half the mark must be left in larger blocks. */
function isAboveHighMark(c: ZoneFigures, order: number): boolean {
  let free = c.freePages - (2 ** order - 1);
  let mark = c.wmarkHigh;
  for (let o = 0; o < order && free > mark; o++) {
    free -= c.freeBlocks[o]! * 2 ** o;
    mark = Math.floor(mark / 2);
  }
  return free > mark && c.freeBlocks.some((count, o) => o >= order && count > 0);
}

const differs = (what: string, expected: unknown, found: unknown): string | null =>
  expected === found ? null : `${what}: expected ${String(expected)}, found ${String(found)}`;

const FIGURES = [
  'presentPages',
  'managedPages',
  'freePages',
  'pcpPages',
  'allocatedPages',
  'reservedPages',
  'wmarkMin',
  'wmarkLow',
  'wmarkHigh',
  'pcpBatch',
  'pcpHigh',
] as const;

function compareZone(at: string, expected: ZoneFigures, found: ZoneFigures): string | null {
  for (const figure of FIGURES) {
    if (expected[figure] !== found[figure]) return differs(`${at} ${figure}`, expected[figure], found[figure]);
  }
  const same = expected.freeBlocks.every((count, order) => count === found.freeBlocks[order]);
  if (same) return null;
  return differs(`${at} free lists`, formatFreeBlocks(expected.freeBlocks), formatFreeBlocks(found.freeBlocks));
}

/** A span may be wider than the pages with A (pages owed to the zone may be in it), but a zone with neither spans nothing. */
function spansAtLeast(found: ZoneFigures, pages: ZoneFigures): boolean {
  if (pages.spannedPages === 0) return pages.presentPages > 0 || found.spannedPages === 0;
  const endsAfter = found.spanStart + found.spannedPages >= pages.spanStart + pages.spannedPages;
  return found.spanStart <= pages.spanStart && endsAfter;
}

const formatSpan = (c: ZoneFigures): string => `[${c.spanStart}, ${c.spanStart + c.spannedPages})`;
