/**
 * Random operations on a guest memory manager and on the naive oracle side by side; after every operation everything
 * that can be asked of both must agree. What is drawn is in mm-draw.ts. Blocks that the model under test chooses itself
 * are judged, not predicted:
 * (a) the block was free (or, alone, on a per-CPU list), aligned and of one node and zone;
 * (b) a refill or flush moved only free pages with A = T, and flushed pages came off a per-CPU list;
 * (c) nothing is refused while a cell has such a block and is above its high watermark for that order.
 */
import type { LayoutRange, MmConfig } from '../engine/config.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { drawMmCase } from './mm-draw.ts';
import type { MmCase, MmOp } from './mm-draw.ts';
import { NaiveMm } from './naive-mm.ts';
import { formatFreeBlocks } from './vectors.ts';
import { NR_ZONES } from './mm-under-test.ts';
import type { CellFigures, MmAllocator, MmMaker, MmUnderTest } from './mm-under-test.ts';
import { shrinkList, shrinkValue } from './shrink.ts';
import type { ShrinkBudget } from './shrink.ts';

export interface MmFailure {
  readonly opIndex: number;
  readonly text: string;
}

/* ---- running a case ---- */

/** Runs the case; the first difference, or null. Never throws: what the model under test throws is a failure too. */
export function runMmCase(maker: MmMaker, mmCase: MmCase): MmFailure | null {
  let opIndex = -1;
  try {
    const naive = new NaiveMm(mmCase.config);
    const mm = maker.boot(mmCase.config);
    const runner = new CaseRunner(naive, mm, mmCase.config);
    const atBoot = runner.compare();
    if (atBoot !== null) return { opIndex, text: atBoot };
    for (const op of mmCase.ops) {
      opIndex++;
      const text = runner.run(op) ?? runner.compare();
      if (text !== null) return { opIndex, text };
    }
    return null;
  } catch (error) {
    return { opIndex, text: `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

/** The oracle, the model under test, and one operation at a time on both. Methods return a difference or null. */
class CaseRunner {
  readonly #naive: NaiveMm;
  readonly #mm: MmUnderTest;
  readonly #config: MmConfig;

  constructor(naive: NaiveMm, mm: MmUnderTest, config: MmConfig) {
    this.#naive = naive;
    this.#mm = mm;
    this.#config = config;
  }

  run(op: MmOp): string | null {
    switch (op.do) {
      case 'hold':
        return this.#hold(op.pfn, op.order);
      case 'holdMany':
        return this.#holdMany(op);
      case 'free':
      case 'putPcp':
        for (const block of this.#live(op.nth, op.count)) this.#free(block, op.do);
        return null;
      case 'drain':
        this.#naive.drainPcp();
        this.#mm.drainPcp();
        return null;
      case 'commit':
        return this.#commit(op.ranges);
      case 'commitSteps':
        return this.#commitSteps(op.ranges, op.frees);
      case 'alloc':
        return this.#repeat(op.count, (allocator) => this.#alloc(allocator, op.order, op.cpu, op.movable));
      case 'release':
        return this.#repeat(op.count, (allocator) => this.#release(allocator, op.nth, op.cpu));
    }
  }

  #hold(pfn: number, order: number): string | null {
    const expected = this.#naive.hold(pfn, order);
    const found = this.#mm.hold(pfn, order);
    return expected === found ? null : `hold ${pfn} order ${order}: expected ${expected}, found ${found}`;
  }

  #holdMany(op: Extract<MmOp, { do: 'holdMany' }>): string | null {
    const end = Math.min(this.#config.nrPages, op.start + op.count * op.stride);
    for (let pfn = op.start; pfn < end; pfn += op.stride) {
      const difference = this.#hold(pfn, 0);
      if (difference !== null) return difference;
    }
    return null;
  }

  /** `count` allocations from the n-th on, the largest first; none when none is alive. */
  #live(nth: number, count: number): (readonly [pfn: number, order: number])[] {
    const live = [...this.#naive.live].sort(([a, m], [b, n]) => n - m || a - b);
    const from = live.length === 0 ? 0 : nth % live.length;
    return live.slice(from, from + count);
  }

  #free([pfn, order]: readonly [number, number], way: 'free' | 'putPcp'): void {
    for (const mm of [this.#naive, this.#mm]) {
      if (way === 'putPcp' && order === 0) mm.putPcp(pfn);
      else mm.free(pfn, order);
    }
  }

  #commit(ranges: readonly LayoutRange[]): string | null {
    const expected = this.#naive.commit(ranges);
    const found = this.#mm.commit(ranges);
    if (expected.ok !== found.ok) return `commit: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
    if (!found.ok && found.problems.length === 0) return 'commit: refused without a reason';
    // zonesPopulated is left to the vectors: a cell whose target pages are all stranded may count as populated or not.
    return null;
  }

  #commitSteps(ranges: readonly LayoutRange[], frees: readonly (readonly number[])[]): string | null {
    const expected = this.#naive.commitSteps(ranges);
    const found = this.#mm.commitSteps(ranges);
    if (expected === null || found === null) {
      return expected === found ? null : 'commitSteps: one accepts, the other refuses';
    }
    for (let step = 0; ; step++) {
      for (const nth of frees[step] ?? []) {
        for (const block of this.#live(nth, 1)) this.#free(block, nth % 2 === 0 ? 'free' : 'putPcp');
      }
      const goesOn = expected.next();
      if (goesOn !== found.next()) return `commitSteps: step ${step} exists in one only`;
      if (!goesOn) return null;
    }
  }

  /** Nothing on a model that does not choose pages itself. */
  #repeat(count: number, once: (allocator: MmAllocator) => string | null): string | null {
    const { allocator } = this.#mm;
    let difference: string | null = null;
    for (let i = 0; allocator !== null && difference === null && i < count; i++) difference = once(allocator);
    return difference;
  }

  #alloc(allocator: MmAllocator, order: number, cpu: number, movable: boolean): string | null {
    const pfn = allocator.alloc(order, cpu, movable);
    if (pfn === null) return this.#judgeRefusal(order) ?? this.#adoptPcpChanges();
    return this.#naive.adoptAlloc(pfn, order) ?? this.#adoptPcpChanges();
  }

  #release(allocator: MmAllocator, nth: number, cpu: number): string | null {
    const block = this.#live(nth, 1)[0];
    if (block === undefined) return null;
    const [pfn, order] = block;
    allocator.free(pfn, order, cpu);
    if (order === 0) this.#naive.putPcp(pfn);
    else this.#naive.free(pfn, order);
    return this.#adoptPcpChanges();
  }

  /** Pages that went between free and per-CPU lists on the way. Any other difference is left for `compare` to find. */
  #adoptPcpChanges(): string | null {
    for (let pfn = 0; pfn < this.#config.nrPages; pfn++) {
      const before = this.#naive.pageKind(pfn);
      const after = this.#mm.pageKind(pfn);
      if (before === after || (after !== 'free' && after !== 'pcp')) continue;
      const illegal = this.#naive.adoptPcp(pfn, after);
      if (illegal !== null) return illegal;
    }
    return null;
  }

  #judgeRefusal(order: number): string | null {
    const cell = this.#naive.cells().find((c) => isAboveHighMark(c, order));
    return cell === undefined
      ? null
      : `alloc order ${order} refused while a cell has ${formatFreeBlocks(cell.freeBlocks)}`;
  }

  /** The first difference between oracle and model under test, or a broken law. */
  compare(): string | null {
    return this.#comparePages() ?? this.#compareCells() ?? this.#compareCounters() ?? this.#mm.check()[0] ?? null;
  }

  #comparePages(): string | null {
    for (let pfn = 0; pfn < this.#config.nrPages; pfn++) {
      const kind = differs(`page ${pfn}: kind`, this.#naive.pageKind(pfn), this.#mm.pageKind(pfn));
      if (kind !== null) return kind;
      const actual = differs(`page ${pfn}: A`, this.#naive.actualNid(pfn), this.#mm.actualNid(pfn));
      if (actual !== null) return actual;
      const target = differs(`page ${pfn}: T`, this.#naive.targetNid(pfn), this.#mm.targetNid(pfn));
      if (target !== null) return target;
    }
    return null;
  }

  #compareCells(): string | null {
    const expected = this.#naive.cells();
    const found = this.#mm.cells();
    for (let i = 0; i < expected.length; i++) {
      const difference = compareCell(`cell ${Math.floor(i / NR_ZONES)}/${i % NR_ZONES}`, expected[i]!, found[i]!);
      if (difference !== null) return difference;
    }
    return differs('cells', expected.length, found.length);
  }

  #compareCounters(): string | null {
    const nodes = this.#config.nrNodeIds;
    const [expected, found] = [this.#naive.stranded(), this.#mm.stranded()];
    for (let i = 0; i < nodes * nodes; i++) {
      const [e, f] = [expected[i]!, found[i]!];
      const at = `stranded ${Math.floor(i / nodes)}->${i % nodes}`;
      const difference = differs(at, e.pages, f.pages) ?? differs(`${at} pinned`, e.pinned, f.pinned);
      if (difference !== null) return difference;
    }
    const [e, f] = [this.#naive.moved(), this.#mm.moved()];
    const moved = differs('moved by sweep', e.sweep, f.sweep) ?? differs('moved by free', e.free, f.free);
    return moved ?? differs('moved by drain', e.drain, f.drain);
  }
}

/** Linux's zone_watermark_ok at the high mark: at each order on the way up, half the mark must be left in larger blocks. */
function isAboveHighMark(c: CellFigures, order: number): boolean {
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

function compareCell(at: string, expected: CellFigures, found: CellFigures): string | null {
  for (const figure of FIGURES) {
    const difference = differs(`${at} ${figure}`, expected[figure], found[figure]);
    if (difference !== null) return difference;
  }
  if (!spansAtLeast(found, expected)) {
    return `${at} span: expected one that holds ${formatSpan(expected)}, found ${formatSpan(found)}`;
  }
  return differs(`${at} free lists`, formatFreeBlocks(expected.freeBlocks), formatFreeBlocks(found.freeBlocks));
}

/** A span may be wider than the pages with A (pages owed to the cell may be in it), but a cell with neither spans nothing. */
function spansAtLeast(found: CellFigures, pages: CellFigures): boolean {
  if (pages.spannedPages === 0) return pages.presentPages > 0 || found.spannedPages === 0;
  const endsAfter = found.spanStart + found.spannedPages >= pages.spanStart + pages.spannedPages;
  return found.spanStart <= pages.spanStart && endsAfter;
}

const formatSpan = (c: CellFigures): string => `[${c.spanStart}, ${c.spanStart + c.spannedPages})`;

/* ---- shrinking and reporting ---- */

const SHRINK_TRIES = 600;
/** Kept for the operations that have become needless at the end. */
const LAST_TRIES = 50;

/** A smaller case that still fails: fewer operations, smaller operations, a plainer guest. */
export function shrinkMmCase(maker: MmMaker, failing: MmCase): MmCase {
  const budget: ShrinkBudget = { left: SHRINK_TRIES };
  const fails = (c: MmCase): boolean => runMmCase(maker, c) !== null;
  const fewerOps = (c: MmCase): MmCase => ({ ...c, ops: shrinkList(c.ops, budget, (ops) => fails({ ...c, ops })) });
  const upToFailure = failing.ops.slice(0, (runMmCase(maker, failing)?.opIndex ?? 0) + 1);
  const short = fewerOps({ ...failing, ops: upToFailure });
  const plain = shrinkValue(short, budget, plainerGuests, fails);
  const small = shrinkValue(plain, budget, smallerOps, fails);
  return { ...small, ops: shrinkList(small.ops, { left: LAST_TRIES }, (ops) => fails({ ...small, ops })) };
}

function* plainerGuests(c: MmCase): Iterable<MmCase> {
  const { config } = c;
  const withConfig = (change: Partial<MmConfig>): MmCase => ({ ...c, config: { ...config, ...change } });
  if (config.nrPages >= 128) yield cutTo(c, config.nrPages >> 1);
  if (config.nrPages > 64) yield cutTo(c, 64);
  if (config.holes.length > 0) yield withConfig({ holes: config.holes.slice(1) });
  if (config.reserved.length > 0) yield withConfig({ reserved: config.reserved.slice(1) });
  if (config.bootLayout.length > 1) yield withConfig({ bootLayout: config.bootLayout.slice(0, -1) });
  if (config.cpuNode.length > 1) yield withConfig({ cpuNode: config.cpuNode.slice(0, 1) });
}

function cutTo(c: MmCase, nrPages: number): MmCase {
  const cut = <R extends PfnRange>(ranges: readonly R[]): R[] =>
    ranges.filter((r) => r.start < nrPages).map((r) => ({ ...r, end: Math.min(r.end, nrPages) }));
  const { config } = c;
  return {
    ...c,
    config: {
      ...config,
      nrPages,
      holes: cut(config.holes),
      reserved: cut(config.reserved),
      bootLayout: cut(config.bootLayout),
    },
    ops: c.ops.map((op) => cutOp(op, nrPages, cut)),
  };
}

/** Places beyond the cut are brought back inside, so that the operation still means something. */
function cutOp(op: MmOp, nrPages: number, cut: (ranges: readonly LayoutRange[]) => LayoutRange[]): MmOp {
  if ('ranges' in op) return { ...op, ranges: cut(op.ranges) };
  if (op.do === 'hold') return { ...op, pfn: op.pfn % nrPages };
  return op.do === 'holdMany' ? { ...op, start: op.start % nrPages } : op;
}

function* smallerOps(c: MmCase): Iterable<MmCase> {
  for (let i = 0; i < c.ops.length; i++) {
    for (const op of smallerOp(c.ops[i]!)) yield { ...c, ops: c.ops.map((old, j) => (j === i ? op : old)) };
  }
}

/** The greatest steps first. */
function* smallerOp(op: MmOp): Iterable<MmOp> {
  if (op.do === 'commitSteps') {
    yield { do: 'commit', ranges: op.ranges };
    for (let i = 0; i < op.frees.length; i++) {
      if (op.frees[i]!.length > 0) yield { ...op, frees: op.frees.map((f, j) => (j === i ? f.slice(1) : f)) };
    }
  }
  if ('ranges' in op && op.ranges.length > 1) {
    const half = op.ranges.length >> 1;
    yield { ...op, ranges: op.ranges.slice(half) };
    yield { ...op, ranges: op.ranges.slice(0, half) };
    if (half <= 4) for (const left of op.ranges) yield { ...op, ranges: op.ranges.filter((r) => r !== left) };
  }
  if ('count' in op && op.count > 1) {
    yield { ...op, count: 1 };
    yield { ...op, count: op.count >> 1 };
  }
  if ('nth' in op && op.nth > 0) {
    yield { ...op, nth: 0 };
    yield { ...op, nth: op.nth >> 1 };
  }
  if (op.do === 'holdMany' && op.count === 1) yield { do: 'hold', pfn: op.start, order: 0 };
}

/** The case and what differs, ready to be pasted into the list of regressions. */
export function formatMmFailure(maker: MmMaker, c: MmCase, failure: MmFailure): string {
  const ops = c.ops.map((op, i) => `    ${JSON.stringify(op)},${i === failure.opIndex ? ' // <- here' : ''}`);
  return [
    `${maker.name}, ${c.name}: operation ${failure.opIndex}: ${failure.text}`,
    `  config: ${JSON.stringify(c.config)},`,
    '  ops: [',
    ...ops,
    '  ],',
  ].join('\n');
}

/** Runs seeds [firstSeed, firstSeed + seeds); the report of the first failing one, shrunk, or null. */
export function fuzzMm(maker: MmMaker, firstSeed: number, seeds: number): string | null {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const drawn = drawMmCase(seed);
    if (runMmCase(maker, drawn) === null) continue;
    const small = shrinkMmCase(maker, drawn);
    return formatMmFailure(maker, small, runMmCase(maker, small)!);
  }
  return null;
}
