/**
 * Packing by patterns, where sizes repeat: a pattern says how many VMs of each size one bin takes. Columns are made as they are
 * needed (Gilmore and Gomory): the program's prices ask for the pattern that is worth most.
 *
 * (a) Bins of one class are alike; a class has so many. A bin has several nodes, each VM lies wholly on one.
 * (b) The bound is proved where every pattern that was asked for is the most valuable one (`exact`).
 */
import type { MilpSolver } from './milp.ts';
import { ProgramBuilder } from './milp.ts';

/** What one VM of a size takes of each resource. */
export type Demand = readonly number[];

export interface BinClass {
  /** Room of each node. */
  readonly nodes: readonly (readonly number[])[];
  readonly count: number;
  /** What using one costs: 0 for a host that is used already. */
  readonly cost: number;
}

export interface Pattern {
  readonly bin: number;
  /** By node, how many of each size. */
  readonly nodes: readonly (readonly number[])[];
  readonly counts: readonly number[];
}

export interface PatternBound {
  /** Cost of the linear relaxation. */
  readonly value: number;
  /** No packing costs less than the value, rounded up. */
  readonly exact: boolean;
  readonly patterns: readonly Pattern[];
  /** How often each pattern is used in the relaxation. */
  readonly use: readonly number[];
  /** False: not all can be packed. */
  readonly feasible: boolean;
}

const EPSILON = 1e-6;
const MAX_ROUNDS = 400;
/** What a VM that is not packed costs in the relaxation. */
const MISSING = 1e4;

/** @param demands by size. @param counts how many of each. */
export function* patternBound(
  milp: MilpSolver,
  bins: readonly BinClass[],
  demands: readonly Demand[],
  counts: readonly number[],
  first: readonly Pattern[],
  stopped: () => boolean,
): Generator<string, PatternBound, boolean> {
  const patterns: Pattern[] = [];
  const known = new Set<string>();
  const add = (pattern: Pattern): boolean => {
    const key = `${pattern.bin}:${pattern.counts.join(',')}`;
    if (known.has(key)) return false;
    known.add(key);
    patterns.push(pattern);
    return true;
  };
  first.forEach(add);
  const pricers = bins.map(({ nodes }) => nodes.map((room) => new Pricer(room, demands, counts)));
  let exact = pricers.every((nodes) => nodes.every((pricer) => pricer.exact));
  for (let round = 0; ; round++) {
    const { value, use, duals, missing } = relaxed(milp, bins, patterns, counts, stopped);
    if (duals === null) return { value: 0, exact: false, patterns, use, feasible: true };
    let grown = false;
    bins.forEach(({ cost, nodes }, bin) => {
      // The price of a bin of this class is what its number limits.
      const price = cost - duals.bins[bin]!;
      const parts = nodes.map((_, node) => pricers[bin]![node]!.best(duals.sizes));
      const worth = parts.reduce((sum, part) => sum + part.value, 0);
      if (worth <= price + EPSILON) return;
      const of = parts.map((part) => part.counts);
      const total = demands.map((_, size) => of.reduce((sum, node) => sum + node[size]!, 0));
      if (add({ bin, nodes: of, counts: total })) grown = true;
    });
    if (!grown) return { value, exact, patterns, use, feasible: missing < EPSILON };
    if (round >= MAX_ROUNDS || stopped()) {
      exact = false;
      return { value: 0, exact, patterns, use, feasible: true };
    }
    if (yield `column ${patterns.length}`) return { value: 0, exact: false, patterns, use, feasible: true };
  }
}

function relaxed(
  milp: MilpSolver,
  bins: readonly BinClass[],
  patterns: readonly Pattern[],
  counts: readonly number[],
  stopped: () => boolean,
): {
  readonly value: number;
  readonly use: number[];
  readonly missing: number;
  readonly duals: { readonly sizes: readonly number[]; readonly bins: readonly number[] } | null;
} {
  const build = new ProgramBuilder();
  const columns = patterns.map(({ bin }) => build.column(bins[bin]!.cost, 0, Infinity, false));
  const missing = counts.map((count) => build.column(MISSING, 0, count, false));
  counts.forEach((count, size) => {
    build.row(count, Infinity, [
      ...patterns.map(({ counts: of }, i): [number, number] => [columns[i]!, of[size]!]),
      [missing[size]!, 1],
    ]);
  });
  bins.forEach(({ count }, bin) => {
    const terms = patterns.flatMap((pattern, i): [number, number][] => (pattern.bin === bin ? [[columns[i]!, 1]] : []));
    build.row(-Infinity, count, terms);
  });
  const { x, objective, duals } = milp.solve(build.program, { stopped });
  if (x === null || duals === null) return { value: 0, use: patterns.map(() => 0), missing: 0, duals: null };
  const lacking = missing.reduce((sum, column) => sum + x[column]!, 0);
  return {
    value: objective! - lacking * MISSING,
    use: columns.map((column) => x[column]!),
    missing: lacking,
    duals: { sizes: counts.map((_, size) => duals[size]!), bins: bins.map((_, bin) => duals[counts.length + bin]!) },
  };
}

/** The least whole number of bins for the patterns at hand, every size packed at least as often as it is there. */
export function packWith(
  milp: MilpSolver,
  bins: readonly BinClass[],
  patterns: readonly Pattern[],
  counts: readonly number[],
  atLeast: number,
  maxNodes: number,
  stopped: () => boolean,
): { readonly use: readonly number[] | null; readonly optimal: boolean; readonly bound: number | null } {
  const build = new ProgramBuilder();
  const columns = patterns.map(({ bin }) => build.column(bins[bin]!.cost, 0, bins[bin]!.count, true));
  counts.forEach((count, size) => {
    build.row(count, Infinity, patterns.map(({ counts: of }, i) => [columns[i]!, of[size]!] as const)); // prettier-ignore
  });
  bins.forEach(({ count }, bin) => {
    build.row(-Infinity, count, patterns.flatMap((pattern, i) => (pattern.bin === bin ? [[columns[i]!, 1] as const] : []))); // prettier-ignore
  });
  build.row(atLeast, Infinity, patterns.map(({ bin }, i) => [columns[i]!, bins[bin]!.cost] as const)); // prettier-ignore
  const { status, x, bound } = milp.solve(build.program, { stopped, maxNodes });
  return {
    use: x === null ? null : columns.map((column) => Math.round(x[column]!)),
    optimal: status === 'optimal',
    bound,
  };
}

/**
 * A packing by diving: the relaxation's most used patterns are taken as often as they are whole, or once, and what is left is
 * relaxed anew, so that patterns are made for it. Null where not all is packed. All patterns that were made on the way.
 */
export function* dive(
  milp: MilpSolver,
  bins: readonly BinClass[],
  demands: readonly Demand[],
  counts: readonly number[],
  first: PatternBound,
  stopped: () => boolean,
): Generator<
  string,
  { readonly patterns: readonly Pattern[]; readonly use: readonly number[]; readonly packed: boolean },
  boolean
> {
  // prettier-ignore
  const patterns: Pattern[] = [...first.patterns];
  const use = patterns.map(() => 0);
  const left = [...counts];
  const free = bins.map(({ count }) => count);
  let relaxed = first;
  while (left.some((count) => count > 0)) {
    if (stopped()) return { patterns, use, packed: false };
    // What is whole, otherwise the one that is nearest to it.
    const amounts = relaxed.patterns.map((pattern, i) => ({ pattern, amount: relaxed.use[i]! }));
    const whole = amounts.filter(({ amount }) => amount >= 1 - EPSILON);
    const [most] = [...amounts].sort((a, b) => b.amount - a.amount);
    const taken = whole.length > 0 ? whole : most === undefined || most.amount < EPSILON ? [] : [{ pattern: most.pattern, amount: 1 }]; // prettier-ignore
    if (taken.length === 0) return { patterns, use, packed: false };
    for (const { pattern, amount } of taken) {
      const times = Math.min(free[pattern.bin]!, Math.floor(amount + EPSILON));
      if (times === 0) return { patterns, use, packed: false };
      let index = patterns.findIndex(
        ({ bin, counts: of }) => bin === pattern.bin && of.join() === pattern.counts.join(),
      );
      if (index < 0) {
        index = patterns.push(pattern) - 1;
        use.push(0);
      }
      use[index]! += times;
      free[pattern.bin]! -= times;
      pattern.counts.forEach((count, size) => void (left[size] = Math.max(0, left[size]! - times * count)));
    }
    if (left.every((count) => count === 0)) break;
    const rest = bins.map((bin, b) => ({ ...bin, count: free[b]! }));
    relaxed = yield* patternBound(milp, rest, demands, left, [], stopped);
    if (!relaxed.feasible) return { patterns, use, packed: false };
    for (const pattern of relaxed.patterns)
      if (!patterns.some(({ bin, counts: of }) => bin === pattern.bin && of.join() === pattern.counts.join())) {
        patterns.push(pattern);
        use.push(0);
      }
  }
  return { patterns, use, packed: true };
}

/**
 * Exact, with a column for each bin, node and size: how many of that size are there. For few bins, where patterns leave a gap.
 * Bins that are alike are used in their order.
 */
export function packByCounts(
  milp: MilpSolver,
  bins: readonly BinClass[],
  demands: readonly Demand[],
  counts: readonly number[],
  atLeast: number,
  atMost: number,
  maxNodes: number,
  stopped: () => boolean,
): { readonly patterns: readonly Pattern[] | null; readonly bound: number | null; readonly impossible: boolean } {
  const build = new ProgramBuilder();
  const load: [number, number][][] = counts.map(() => []);
  const paid: [number, number][] = [];
  const made: { readonly bin: number; readonly columns: readonly (readonly number[])[] }[] = [];
  bins.forEach(({ nodes, count, cost }, bin) => {
    let before = -1;
    for (let copy = 0; copy < Math.min(count, cost > 0 ? atMost : count); copy++) {
      const used = build.column(cost, 0, 1, true);
      if (cost > 0) paid.push([used, cost]);
      if (before >= 0) build.row(0, Infinity, [[before, 1], [used, -1]]); // prettier-ignore
      before = used;
      const columns = nodes.map((room) => {
        const own = counts.map((most, size) => {
          const fits = demands[size]!.reduce((n, amount, k) => (amount > 0 ? Math.min(n, Math.floor(room[k]! / amount)) : n), most); // prettier-ignore
          return build.column(0, 0, fits, true);
        });
        room.forEach((capacity, k) => {
          const terms = own.map((column, size): [number, number] => [column, demands[size]![k]!]);
          build.row(-Infinity, 0, [...terms, [used, -capacity]]);
        });
        own.forEach((column, size) => void load[size]!.push([column, 1]));
        return own;
      });
      made.push({ bin, columns });
    }
  });
  counts.forEach((count, size) => void build.row(count, count, load[size]!));
  build.row(atLeast, atMost, paid);
  const { status, x, bound } = milp.solve(build.program, { stopped, maxNodes });
  if (status === 'infeasible') return { patterns: null, bound: null, impossible: true };
  if (x === null) return { patterns: null, bound, impossible: false };
  const patterns = made
    .map(({ bin, columns }): Pattern => {
      const nodes = columns.map((own) => own.map((column) => Math.round(x[column]!)));
      return { bin, nodes, counts: counts.map((_, size) => nodes.reduce((sum, node) => sum + node[size]!, 0)) };
    })
    .filter((pattern) => pattern.counts.some((count) => count > 0));
  return { patterns, bound: status === 'optimal' ? bound : null, impossible: false };
}

/** The most valuable set of VMs for one node. */
class Pricer {
  readonly #room: readonly number[];
  readonly #demands: readonly Demand[];
  readonly #most: readonly number[];
  readonly #grid: Grid | null;
  /** Whether what it finds is the best there is. */
  readonly exact: boolean;

  constructor(room: readonly number[], demands: readonly Demand[], counts: readonly number[]) {
    this.#room = room;
    this.#demands = demands;
    this.#most = demands.map((demand, size) =>
      demand.reduce(
        (most, amount, k) => (amount > 0 ? Math.min(most, Math.floor(room[k]! / amount)) : most),
        counts[size]!,
      ),
    );
    this.#grid = gridOf(room, demands, this.#most);
    this.exact = this.#grid !== null;
  }

  best(values: readonly number[]): { readonly value: number; readonly counts: number[] } {
    if (this.#grid !== null) return bestOnGrid(this.#grid, values, this.#most);
    return greedy(this.#room, this.#demands, this.#most, values);
  }
}

interface Grid {
  readonly size: number;
  /** Cells that each size steps over; -1: it does not fit. */
  readonly dims: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

const MAX_CELLS = 200_000;

/** The room of a node in units of what its VMs take; null when that is too fine. */
function gridOf(room: readonly number[], demands: readonly Demand[], most: readonly number[]): Grid | null {
  const used = demands.filter((_, size) => most[size]! > 0);
  const axes = room
    .map((capacity, k) => ({ capacity, k, unit: used.reduce((gcd, demand) => gcdOf(gcd, demand[k]!), 0) }))
    .filter(({ unit }) => unit > 0);
  const dims = axes.map(({ capacity, unit }) => Math.floor(capacity / unit) + 1);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size > MAX_CELLS || dims.length > 3) return null;
  return { size, dims, steps: demands.map((demand) => axes.map(({ k, unit }) => demand[k]! / unit)) };
}

const gcdOf = (a: number, b: number): number => (b === 0 ? a : gcdOf(b, a % b));

/** Dynamic programming over the grid, size by size. */
function bestOnGrid(
  { size, dims, steps }: Grid,
  values: readonly number[],
  most: readonly number[],
): { readonly value: number; readonly counts: number[] } {
  const best = new Float64Array(size);
  const strides: number[] = [];
  let stride = 1;
  for (const dim of dims) {
    strides.push(stride);
    stride *= dim;
  }
  const taken: Uint16Array[] = [];
  const order = [...values.keys()].filter((t) => most[t]! > 0 && values[t]! > EPSILON);
  for (const t of order) {
    const step = steps[t]!;
    const offset = step.reduce((sum, by, axis) => sum + by * strides[axis]!, 0);
    const take = new Uint16Array(size);
    const before = best.slice();
    const value = values[t]!;
    for (let cell = 0; cell < size; cell++) {
      let fits = most[t]!;
      for (let axis = 0; axis < dims.length; axis++) {
        const by = step[axis]!;
        if (by === 0) continue;
        const coordinate = Math.floor(cell / strides[axis]!) % dims[axis]!;
        const n = Math.floor(coordinate / by);
        if (n < fits) fits = n;
      }
      let top = before[cell]!;
      let n = 0;
      for (let k = 1; k <= fits; k++) {
        const sum = before[cell - k * offset]! + k * value;
        if (sum > top + 1e-12) {
          top = sum;
          n = k;
        }
      }
      best[cell] = top;
      take[cell] = n;
    }
    taken.push(take);
  }
  const counts = values.map(() => 0);
  let cell = size - 1;
  for (let i = order.length - 1; i >= 0; i--) {
    const t = order[i]!;
    const n = taken[i]![cell]!;
    counts[t] = n;
    cell -= n * steps[t]!.reduce((sum, by, axis) => sum + by * strides[axis]!, 0);
  }
  return { value: counts.reduce((sum, n, t) => sum + n * values[t]!, 0), counts };
}

/** By value per share of the room; no proof. */
function greedy(
  room: readonly number[],
  demands: readonly Demand[],
  most: readonly number[],
  values: readonly number[],
): { readonly value: number; readonly counts: number[] } {
  const left = [...room];
  const counts = values.map(() => 0);
  const share = (t: number): number =>
    demands[t]!.reduce((sum, amount, k) => sum + (room[k]! > 0 ? amount / room[k]! : 0), 0) || 1e-9;
  const order = [...values.keys()]
    .filter((t) => most[t]! > 0 && values[t]! > EPSILON)
    .sort((a, b) => values[b]! / share(b) - values[a]! / share(a) || a - b);
  for (const t of order) {
    const fits = demands[t]!.reduce(
      (n, amount, k) => (amount > 0 ? Math.min(n, Math.floor(left[k]! / amount)) : n),
      most[t]!,
    );
    counts[t] = fits;
    demands[t]!.forEach((amount, k) => void (left[k]! -= fits * amount));
  }
  return { value: counts.reduce((sum, n, t) => sum + n * values[t]!, 0), counts };
}
