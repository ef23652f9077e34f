/**
 * Random operations on a guest memory manager and on the naive oracle side by side, by seed, and what is made of a case
 * that differs: a small one, ready to be kept. What is drawn is in mm-draw.ts, how it is run in mm-case.ts.
 */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { CORRECT } from '../../shared/model/config.ts';
import { newTally, runMmCase } from './mm-case.ts';
import type { MmFailure, MmTally } from './mm-case.ts';
import { drawLongMmCase, drawMmCase } from './mm-draw.ts';
import type { MmCase, MmOp, MmProfile, MmSmallOp } from './mm-draw.ts';
import type { MmFactory } from './mm-under-test.ts';
import { shrinkList, shrinkValue } from './shrink.ts';
import type { ShrinkBudget } from './shrink.ts';

const SHRINK_TRIES = 600;
/** Kept for the operations that have become needless at the end. */
const LAST_TRIES = 50;

/** A smaller case that still fails: fewer operations, smaller operations, a plainer guest. */
export function shrinkMmCase(factory: MmFactory, failing: MmCase): MmCase {
  const budget: ShrinkBudget = { left: SHRINK_TRIES };
  const fails = (c: MmCase): boolean => runMmCase(factory, c) !== null;
  const fewerOps = (c: MmCase): MmCase => ({ ...c, ops: shrinkList(c.ops, budget, (ops) => fails({ ...c, ops })) });
  const upToFailure = failing.ops.slice(0, (runMmCase(factory, failing)?.opIndex ?? 0) + 1);
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
  for (const name of Object.keys(CORRECT) as (keyof typeof CORRECT)[]) {
    const { profile } = config;
    if (profile.rfc[name] === CORRECT[name]) continue;
    yield withConfig({ profile: { ...profile, rfc: { ...profile.rfc, [name]: CORRECT[name] } } });
  }
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
  if (op.do === 'commit') return { ...op, ranges: cut(op.ranges) };
  if (op.do === 'commitSteps') {
    const between = op.between.map((ops) => ops.map((inner) => cutSmallOp(inner, nrPages)));
    return { ...op, ranges: cut(op.ranges), between };
  }
  return op.do === 'plug' ? op : cutSmallOp(op, nrPages);
}

function cutSmallOp(op: MmSmallOp, nrPages: number): MmSmallOp {
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
    yield* smallerBetween(op);
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

/** Fewer operations between the steps, and smaller ones. */
function* smallerBetween(op: Extract<MmOp, { do: 'commitSteps' }>): Iterable<MmOp> {
  for (const [i, ops] of op.between.entries()) {
    const withOps = (less: readonly MmSmallOp[]): MmOp => ({
      ...op,
      between: op.between.map((old, j) => (j === i ? less : old)),
    });
    for (const [k, inner] of ops.entries()) {
      yield withOps(ops.filter((_, j) => j !== k));
      for (const smaller of smallerOp(inner)) {
        if (smaller.do === 'commit' || smaller.do === 'commitSteps' || smaller.do === 'plug') continue;
        yield withOps(ops.map((old, j) => (j === k ? smaller : old)));
      }
    }
  }
}

/** The case and what differs, ready to be pasted into the list of regressions. */
export function formatMmFailure(factory: MmFactory, c: MmCase, failure: MmFailure): string {
  const ops = c.ops.map((op, i) => `    ${JSON.stringify(op)},${i === failure.opIndex ? ' // <- here' : ''}`);
  return [
    `${factory.name}, ${c.name}: operation ${failure.opIndex}: ${failure.text}`,
    `  config: ${JSON.stringify(c.config)},`,
    '  ops: [',
    ...ops,
    '  ],',
  ].join('\n');
}

/** Runs seeds [firstSeed, firstSeed + seeds); the report of the first failing one, shrunk, or null. */
export function fuzzMm(
  factory: MmFactory,
  firstSeed: number,
  seeds: number,
  profile: MmProfile = 'any',
): string | null {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const drawn = drawMmCase(seed, profile);
    if (runMmCase(factory, drawn) !== null) return reportOf(factory, drawn);
  }
  return null;
}

function reportOf(factory: MmFactory, failing: MmCase): string {
  const small = shrinkMmCase(factory, failing);
  return formatMmFailure(factory, small, runMmCase(factory, small)!);
}

export interface DifferentialResult {
  readonly tally: MmTally;
  /** What differs, shrunk; null when nothing does. */
  readonly report: string | null;
}

/** One long case of some thousand operations, compared briskly. */
export function differMm(factory: MmFactory, seed: number, profile: MmProfile): DifferentialResult {
  const drawn = drawLongMmCase(seed, profile);
  const tally = newTally();
  const failure = runMmCase(factory, drawn, 'brisk', tally);
  if (failure === null) return { tally, report: null };
  // A difference that a thorough run does not see would be one of the comparison: it is told as it was found.
  const seen = runMmCase(factory, drawn) !== null;
  return { tally, report: seen ? reportOf(factory, drawn) : formatMmFailure(factory, drawn, failure) };
}
