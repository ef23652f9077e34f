/**
 * The cases of mm-fuzz.ts: swarm options, a guest and a list of operations, all drawn from one seed before anything runs,
 * as plain data that can be shrunk, printed and kept.
 *
 * An operation never names an allocation by its place, only as the n-th of those alive, blocks of several pages first
 * (modulo their number), so every sublist of operations is a valid list too.
 */
import { Prng } from '../engine/core/index.ts';
import type { KernelProfile, LayoutRange, MmConfig, RfcSwitches } from '../../shared/model/config.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import { COMMIT_STEPS, MAX_PAGE_ORDER } from './mm-under-test.ts';
import { CORRECT, DEFAULT_PROFILE, RFC_V3 } from '../../shared/model/config.ts';

/** What may come between two steps of a commit as well. */
export type MmSmallOp =
  | { readonly do: 'hold'; readonly pfn: number; readonly order: number }
  /** Order-0 holds at every `stride`-th page. */
  | { readonly do: 'holdMany'; readonly start: number; readonly count: number; readonly stride: number }
  | { readonly do: 'free' | 'putPcp'; readonly nth: number; readonly count: number }
  | { readonly do: 'drain' }
  /** The state is written down and read back. */
  | { readonly do: 'reload' }
  /** By the model's own allocator and its per-CPU lists. */
  | {
      readonly do: 'alloc';
      readonly order: number;
      readonly cpu: number;
      readonly movable: boolean;
      readonly count: number;
    }
  | { readonly do: 'release'; readonly nth: number; readonly cpu: number; readonly count: number };

export type MmOp =
  | MmSmallOp
  /** A memory block, by its number. */
  | { readonly do: 'plug'; readonly block: number }
  | { readonly do: 'commit'; readonly ranges: readonly LayoutRange[] }
  /** A commit with `between[i]` before step i. */
  | {
      readonly do: 'commitSteps';
      readonly ranges: readonly LayoutRange[];
      readonly between: readonly (readonly MmSmallOp[])[];
    };

export interface MmCase {
  readonly name: string;
  readonly config: MmConfig;
  readonly ops: readonly MmOp[];
}

/** Which defects a case may have: none, those of the series as posted, any subset; or one of these three by seed. */
export type MmProfile = 'correct' | 'rfc-v3' | 'random' | 'any';

const OPS_PER_CASE = 60;
const OPS_PER_LARGE_CASE = 12;
/** Per-CPU lists hold nothing (high = 0) unless a zone has 8192 managed pages: one case in so many is that large. */
const LARGE_CASE_ONE_IN = 10;
/** Single operations of a long case, about. */
const LONG_CASE_OPERATIONS = 3000;
const LARGE_CASE_OPERATIONS = 400;
const LARGE_LONG_CASE_ONE_IN = 50;

export function drawMmCase(seed: number, profile: MmProfile = 'any'): MmCase {
  const prng = new Prng(seed, 'mm-fuzz');
  const large = prng.chance(1, LARGE_CASE_ONE_IN);
  const config = withProfile(large ? drawLargeConfig(prng) : drawMmConfig(prng), seed, profile);
  const weights = drawWeights(prng);
  const ops: MmOp[] = [];
  for (let left = 1 + prng.below(large ? OPS_PER_LARGE_CASE : OPS_PER_CASE); left > 0; left--)
    ops.push(drawOp(prng, config, weights, ops));
  return { name: `seed ${seed}, ${profile}`, config, ops };
}

/**
 * Thousands of operations on a guest of at most 4096 pages, few of them commits; now and then hundreds on one that is large
 * enough for per-CPU lists.
 */
export function drawLongMmCase(seed: number, profile: MmProfile): MmCase {
  const prng = new Prng(seed, 'mm-long');
  const large = prng.chance(1, LARGE_LONG_CASE_ONE_IN);
  const drawn = large ? drawLargeConfig(prng) : drawMmConfig(prng, LONG_CASE_DOUBLINGS);
  const config = withProfile(prng.chance(1, 4) ? withUpperNodes(prng, drawn) : drawn, seed, profile);
  const weights = KINDS.map((kind) => LONG_CASE_WEIGHTS[kind][prng.below(3)]!);
  const ops: MmOp[] = [];
  let alive = 0;
  for (let left = large ? LARGE_CASE_OPERATIONS : LONG_CASE_OPERATIONS; left > 0;) {
    const op = drawOp(prng, config, weights, ops.slice(-RECENT_OPS));
    const births = op.do === 'hold' || op.do === 'holdMany' || op.do === 'alloc';
    const calls = !('count' in op) ? 1 : births ? Math.min(op.count, config.nrPages) : Math.min(op.count, alive);
    // A guess: some holds find no free page. What it is wrong by is a longer or a shorter case.
    alive = births ? Math.min(alive + calls, config.nrPages >> 1) : 'count' in op ? alive - calls : alive;
    left -= calls;
    ops.push(op);
  }
  return { name: `seed ${seed}, ${profile}, long`, config, ops };
}

/** Node 0 has the lowest zone, others what is above it: a layout that gives them of it sets a zone up below theirs. */
function withUpperNodes(prng: Prng, config: MmConfig): MmConfig {
  const nrPages = Math.max(config.nrPages, 2048 + prng.below(2048));
  const dma32 = 1024;
  const nrNodeIds = Math.max(2, config.nrNodeIds);
  const ids = Array.from({ length: nrNodeIds }, (_, i) => i);
  const middle = dma32 + prng.below(nrPages - dma32);
  const bootLayout = [
    { start: 0, end: dma32, nid: 0 },
    { start: dma32, end: middle, nid: 1 },
    { start: middle, end: nrPages, nid: prng.below(nrNodeIds) },
  ];
  return {
    ...config,
    nrPages,
    nrNodeIds,
    zoneStartPfn: [0, dma32, Math.max(config.zoneStartPfn[2], 2 * dma32)],
    distances: ids.map((a) => ids.map((b) => (a === b ? 10 : 20 + Math.abs(a - b)))),
    bootLayout: bootLayout.filter(({ start, end }) => start < end),
  };
}

/** From a stream of its own, so that a seed is the same guest whatever is wrong with it. */
function withProfile(config: MmConfig, seed: number, profile: MmProfile): MmConfig {
  const prng = new Prng(seed, 'mm-profile');
  const which = profile === 'any' ? (['correct', 'rfc-v3', 'random'] as const)[prng.below(3)]! : profile;
  const rfc = which === 'correct' ? CORRECT : which === 'rfc-v3' ? RFC_V3 : drawSwitches(prng);
  const drawn: KernelProfile = { ...config.profile, rfc, memoryBlockPages: 512 << prng.below(5) };
  const withRfc = { ...config, profile: drawn };
  return prng.chance(1, 3) ? withEmptySlots(prng, withRfc) : withRfc;
}

/** One to three memory blocks of small size are holes, to be plugged in, where the guest has so many. */
function withEmptySlots(prng: Prng, config: MmConfig): MmConfig {
  const memoryBlockPages = 512 << prng.below(2);
  const blocks = Math.floor(config.nrPages / memoryBlockPages);
  if (blocks < 2) return config;
  const first = prng.below(blocks);
  const slot = {
    start: first * memoryBlockPages,
    end: Math.min(blocks, first + 1 + prng.below(3)) * memoryBlockPages,
  };
  const isApart = (r: PfnRange): boolean => r.end <= slot.start || r.start >= slot.end;
  const holes = [...config.holes.filter(isApart), slot].sort((a, b) => a.start - b.start);
  const isWhole = slot.end - slot.start >= config.nrPages;
  if (isWhole) return config;
  return {
    ...config,
    holes,
    reserved: config.reserved.filter(isApart),
    profile: { ...config.profile, memoryBlockPages },
  };
}

/** One alone, any subset, or the posted ones with one turned. */
export function drawSwitches(prng: Prng): RfcSwitches {
  const names = Object.keys(CORRECT) as (keyof RfcSwitches)[];
  const lostFlagPermille = [10, 300, 1000][prng.below(3)]!;
  const on = (name: keyof RfcSwitches): boolean | number => (name === 'lostFlagPermille' ? lostFlagPermille : true);
  const shape = prng.below(3);
  const turned = names[prng.below(names.length)]!;
  const isOff = (name: keyof RfcSwitches): boolean => RFC_V3[name] === CORRECT[name];
  const entries = names.map((name) => {
    const is = shape === 0 ? name === turned : shape === 1 ? prng.chance(1, 2) : isOff(name) === (name === turned);
    return [name, is ? on(name) : CORRECT[name]];
  });
  return Object.fromEntries(entries) as RfcSwitches;
}

function drawMmConfig(prng: Prng, doublings = 8): MmConfig {
  const nrPages = drawSize(prng, doublings);
  const nrNodeIds = 1 + prng.below(6);
  const dma32 = prng.chance(1, 2) ? 1024 * (1 + prng.below(3)) : 4096;
  const holes = prng.chance(1, 3) ? drawDisjoint(prng, nrPages, 1 + prng.below(3)) : [];
  const reserved = prng.chance(1, 2) ? subtract(drawDisjoint(prng, nrPages, 1 + prng.below(3)), holes) : [];
  const ids = Array.from({ length: nrNodeIds }, (_, i) => i);
  return {
    nrPages,
    holes,
    reserved,
    zoneStartPfn: [0, dma32, dma32 + 1024 * (1 + prng.below(3))],
    nrNodeIds,
    cpuNode: Array.from({ length: 1 + prng.below(3) }, () => prng.below(nrNodeIds)),
    distances: ids.map((a) => ids.map((b) => (a === b ? 10 : 20 + Math.abs(a - b)))),
    profile: DEFAULT_PROFILE,
    recordedFree: null,
    bootLayout: drawLayout(prng, nrPages, nrNodeIds, []),
  };
}

/** Few nodes and one large zone, whole on one node at boot. */
function drawLargeConfig(prng: Prng): MmConfig {
  const nrPages = 16384 + prng.below(16384);
  const bootLayout = [{ start: 0, end: nrPages, nid: 0 }];
  const small = drawMmConfig(prng);
  return { ...small, nrPages, bootLayout, zoneStartPfn: [0, 1024, 32768] };
}

/** 64 pages, doubled less than so many times, small ones more often; half of them no power of two. */
function drawSize(prng: Prng, doublings: number): number {
  const power = 64 << prng.below(doublings);
  return prng.chance(1, 2) ? power : Math.min(64 << (doublings - 1), power + prng.below(power));
}

/** Up to n disjoint ranges, ascending, that leave most pages alone. */
export function drawDisjoint(prng: Prng, nrPages: number, n: number): PfnRange[] {
  const out: PfnRange[] = [];
  let from = 0;
  for (let i = 0; i < n; i++) {
    const start = from + prng.below(Math.max(1, nrPages >> 1));
    const end = start + 1 + prng.below(Math.max(1, nrPages >> 3));
    if (end > nrPages) break;
    out.push({ start, end });
    from = end;
  }
  return out;
}

const subtract = (ranges: readonly PfnRange[], holes: readonly PfnRange[]): PfnRange[] =>
  ranges.filter((r) => holes.every((h) => h.end <= r.start || h.start >= r.end));

/** Half of the cut points lie inside blocks that the operations before have asked to hold. */
export function drawLayout(prng: Prng, nrPages: number, nrNodeIds: number, before: readonly MmOp[]): LayoutRange[] {
  const shape = prng.below(4);
  const held = before.flatMap((op) => (op.do === 'hold' ? [op] : []));
  // Half on node 0, so that many pages keep their node while their neighbours move.
  const drawNid = (): number => (prng.chance(1, 2) ? 0 : prng.below(nrNodeIds));
  const drawCut = (): number => {
    const block = held.length > 0 && prng.chance(1, 2) ? held[prng.below(held.length)]! : null;
    return block === null ? prng.below(nrPages) : Math.min(nrPages - 1, block.pfn + prng.below(2 ** block.order));
  };
  if (shape === 0) return [{ start: 0, end: nrPages, nid: drawNid() }];
  if (shape === 1) return drawStripes(prng, nrPages, nrNodeIds);
  // Cut points anywhere, so with holes when `keep` drops a range; the first and last are stretched by the commit.
  const cuts = [0, nrPages, ...Array.from({ length: 1 + prng.below(8) }, drawCut)];
  const sorted = [...new Set(cuts)].sort((a, b) => a - b);
  const ranges = sorted.slice(1).map((end, i) => ({ start: sorted[i]!, end, nid: drawNid() }));
  const kept = shape === 2 ? ranges : ranges.filter(() => prng.chance(2, 3));
  return kept.length === 0 ? ranges : kept;
}

function drawStripes(prng: Prng, nrPages: number, nrNodeIds: number): LayoutRange[] {
  const size = prng.chance(1, 2) ? 1 << (2 + prng.below(9)) : 3 + prng.below(700);
  const stripe = Math.max(size, nrPages >> 7);
  const base = prng.below(nrNodeIds);
  const count = 1 + prng.below(nrNodeIds);
  const ranges: LayoutRange[] = [];
  for (let start = 0, k = 0; start < nrPages; start += stripe, k++) {
    ranges.push({ start, end: Math.min(nrPages, start + stripe), nid: (base + (k % count)) % nrNodeIds });
  }
  return ranges;
}

const KINDS = [
  'hold',
  'holdMany',
  'free',
  'putPcp',
  'drain',
  'commit',
  'commitSteps',
  'badCommit',
  'alloc',
  'release',
  'reload',
  'plug',
] as const;

/** Rare, usual, frequent. What looks at every page is rare, so that there are many operations of the others. */
const LONG_CASE_WEIGHTS: Readonly<Record<(typeof KINDS)[number], readonly [number, number, number]>> = {
  hold: [10, 20, 60],
  holdMany: [1, 2, 4],
  free: [10, 20, 40],
  putPcp: [0, 4, 10],
  drain: [0, 1, 1],
  commit: [1, 1, 2],
  commitSteps: [0, 1, 1],
  badCommit: [0, 0, 1],
  alloc: [0, 2, 6],
  release: [0, 2, 6],
  reload: [0, 0, 1],
  plug: [4, 8, 16],
};
/** Frees most of all: they are what a commit must not lose. */
const BETWEEN = [
  'free',
  'free',
  'free',
  'putPcp',
  'putPcp',
  'hold',
  'hold',
  'alloc',
  'release',
  'drain',
  'reload',
] as const;
/** A guest of a long case is 64 pages doubled less than so many times: up to 4096. */
const LONG_CASE_DOUBLINGS = 7;
/** Cut points of layouts are drawn inside blocks held lately. */
const RECENT_OPS = 40;

/** Swarm: each kind of operation is rare, usual or frequent in a case, or absent. */
const drawWeights = (prng: Prng): number[] => KINDS.map(() => [0, 1, 3, 8][prng.below(4)]!);

function drawOp(prng: Prng, config: MmConfig, weights: readonly number[], before: readonly MmOp[]): MmOp {
  const total = weights.reduce((a, b) => a + b, 0);
  let ticket = total === 0 ? 0 : prng.below(total);
  const kind =
    KINDS[
      Math.max(
        0,
        weights.findIndex((w) => (ticket -= w) < 0),
      )
    ]!;
  switch (kind) {
    case 'commit':
      return { do: 'commit', ranges: drawLayout(prng, config.nrPages, config.nrNodeIds, before) };
    case 'commitSteps': {
      const ranges = drawLayout(prng, config.nrPages, config.nrNodeIds, before);
      const between = Array.from({ length: COMMIT_STEPS.length + 1 }, () =>
        Array.from({ length: prng.below(4) }, () => drawSmallOp(prng, config, BETWEEN[prng.below(BETWEEN.length)]!)),
      );
      return { do: 'commitSteps', ranges, between };
    }
    case 'badCommit':
      return { do: 'commit', ranges: drawBadLayout(prng, config) };
    case 'plug':
      return { do: 'plug', block: prng.below(Math.floor(config.nrPages / config.profile.memoryBlockPages) + 1) };
    default:
      return drawSmallOp(prng, config, kind);
  }
}

function drawSmallOp(prng: Prng, config: MmConfig, kind: MmSmallOp['do']): MmSmallOp {
  const order = Math.min(drawOrder(prng), 31 - Math.clz32(config.nrPages));
  const cpu = prng.below(config.cpuNode.length);
  const count = prng.chance(1, 2) ? 1 : 1 + prng.below(50);
  switch (kind) {
    case 'hold':
      return { do: 'hold', pfn: prng.below(Math.ceil(config.nrPages / 2 ** order)) * 2 ** order, order };
    case 'holdMany': {
      const count = 1 + prng.below(Math.max(1, config.nrPages >> 2));
      return { do: 'holdMany', start: prng.below(config.nrPages), count, stride: 1 + prng.below(5) };
    }
    case 'free':
    case 'putPcp':
      return { do: kind, nth: drawNth(prng), count: prng.chance(1, 2) ? 1 : 1 + prng.below(100) };
    case 'drain':
    case 'reload':
      return { do: kind };
    case 'alloc':
      return { do: 'alloc', order, cpu, movable: prng.chance(1, 2), count: order === 0 ? count : 1 };
    case 'release':
      return { do: 'release', nth: drawNth(prng), cpu, count };
  }
}

/** Allocations are counted from the largest: the few large ones are chosen as often as the many single pages. */
const drawNth = (prng: Prng): number => prng.below(prng.chance(1, 2) ? 8 : 1 << 16);

const drawOrder = (prng: Prng): number => (prng.chance(1, 2) ? prng.below(3) : prng.below(MAX_PAGE_ORDER + 1));

/** Mostly wrong in one way; now and then a layout that is right after all, given in any order. */
export function drawBadLayout(prng: Prng, config: Pick<MmConfig, 'nrPages' | 'nrNodeIds'>): LayoutRange[] {
  const good = drawLayout(prng, config.nrPages, config.nrNodeIds, []);
  const i = prng.below(good.length);
  const hurt = (change: Partial<LayoutRange>): LayoutRange[] => good.map((r, j) => (j === i ? { ...r, ...change } : r));
  switch (prng.below(7)) {
    case 0:
      return [];
    case 1:
      return hurt({ nid: config.nrNodeIds });
    case 2:
      return hurt({ nid: -1 });
    case 3:
      return hurt({ end: good[i]!.start });
    case 4:
      return hurt({ end: config.nrPages + 1 });
    case 5:
      return [...good, { ...good[i]!, nid: 0 }];
    default:
      return [...good].reverse();
  }
}
