/**
 * Each guest cell of a new VM on a node of its own, all of one host (Nova's question).
 *
 * (a) Whether it can be: a matching of cells and nodes. Where there is none, Hall's set says why: so many cells that fit only
 *     on these, fewer, nodes.
 * (b) The least distance: every pair of cells counts alike, so the sum depends on the set of nodes alone, and not on which
 *     cell is where. The sets that a matching can fill are searched by branch and bound.
 */
import type { Assignment } from '../model/assignment.ts';
import { placesOf, STAYS, unchanged } from '../model/assignment.ts';
import type { Problem, Vm } from '../model/problem.ts';
import { cpuOf, startUse } from '../model/problem.ts';

export interface HallSet {
  readonly host: number;
  readonly items: readonly number[];
  readonly places: readonly number[];
}

export interface FitResult {
  /** Null: it cannot be. */
  readonly assignment: Assignment | null;
  readonly distance: number | null;
  readonly bound: number | null;
  /** One for each host, where it cannot be. */
  readonly halls: readonly HallSet[];
}

/** Sets looked at: some tenths of a second. */
const MAX_SETS = 300_000;

export function solveFit(problem: Problem, vm: Vm, stopped: () => boolean): FitResult {
  const use = startUse(problem);
  const halls: HallSet[] = [];
  let best: { places: readonly number[]; distance: number } | null = null;
  let bound = Infinity;
  const budget = { sets: MAX_SETS, stopped };
  problem.hosts.forEach((_, host) => {
    const nodes = problem.places.filter((place) => place.host === host).map((place) => place.index);
    const fits = vm.items.map((item) => nodes.map((place) => fitsNow(problem, use, vm, item, place)));
    const matched = matching(fits, nodes.length);
    if (matched.hall !== null) {
      const { cells, columns } = matched.hall;
      halls.push({
        host,
        items: cells.map((cell) => vm.items[cell]!),
        places: columns.map((column) => nodes[column]!),
      });
      return;
    }
    const distance = (a: number, b: number): number => problem.distance(nodes[a]!, nodes[b]!);
    const found = nearestSet(fits, nodes.length, distance, best?.distance ?? Infinity, budget);
    bound = Math.min(bound, found.bound);
    if (found.columns !== null) {
      const places = found.columns.map((column) => nodes[column]!);
      best = { places, distance: found.distance };
    }
  });
  if (best === null) return { assignment: null, distance: null, bound: null, halls };
  const { places, distance } = best as { places: readonly number[]; distance: number };
  const assignment = unchanged(problem);
  vm.items.forEach((item, i) => void (assignment[item] = places[i]!));
  return { assignment, distance, bound: Math.min(bound, distance), halls };
}

/** Whether one cell alone fits on a node as it is now, rules kept. */
function fitsNow(problem: Problem, use: readonly Float64Array[], vm: Vm, index: number, place: number): boolean {
  const item = problem.items[index]!;
  const { final, host } = problem.places[place]!;
  if (item.allowed[place] !== 1) return false;
  const cpu = cpuOf(problem);
  if (use[place]![item.kind]! + item.takes > final[item.kind]!) return false;
  if (item.vcpus > 0 && use[place]![cpu]! + item.vcpus > final[cpu]!) return false;
  // Rules about several VMs, against those that run.
  return problem.groups.every(({ kind, grain, items, rule }) => {
    if (rule < 0 || !items.some((of) => of.some((each) => vm.items.includes(each)))) return true;
    const others = items.flat().filter((each) => !vm.items.includes(each) && problem.items[each]!.at.length > 0);
    const ends = others.flatMap((each) => placesOf(problem.items[each]!, STAYS));
    const same = (other: number): boolean =>
      grain === 'host' ? problem.places[other]!.host === host : other === place;
    return kind === 'apart' ? !ends.some(same) : ends.every(same);
  });
}

interface Matching {
  /** By cell, its column. */
  readonly columns: Int32Array;
  readonly hall: { readonly cells: readonly number[]; readonly columns: readonly number[] } | null;
}

/** Augmenting paths; the first cell that none can reach shows Hall's set: all cells and columns that its paths reach. */
function matching(fits: readonly (readonly boolean[])[], width: number): Matching {
  const columns = new Int32Array(fits.length).fill(-1);
  const cellOf = new Int32Array(width).fill(-1);
  for (let cell = 0; cell < fits.length; cell++) {
    const cells = [cell];
    const from = new Int32Array(width).fill(-1);
    let end = -1;
    for (let i = 0; i < cells.length && end < 0; i++)
      for (let column = 0; column < width && end < 0; column++) {
        if (from[column] !== -1 || !fits[cells[i]!]![column]) continue;
        from[column] = cells[i]!;
        if (cellOf[column] === -1) end = column;
        else cells.push(cellOf[column]!);
      }
    if (end < 0) {
      const reached = [...from.keys()].filter((column) => from[column] !== -1);
      return { columns, hall: { cells: cells.sort((a, b) => a - b), columns: reached } };
    }
    for (let column = end; column >= 0;) {
      const owner = from[column]!;
      const before = columns[owner]!;
      columns[owner] = column;
      cellOf[column] = owner;
      column = before;
    }
  }
  return { columns, hall: null };
}

interface NearestSet {
  /** By cell, its column; null: none is nearer than `limit`. */
  readonly columns: readonly number[] | null;
  readonly distance: number;
  readonly bound: number;
}

function nearestSet(
  fits: readonly (readonly boolean[])[],
  width: number,
  distance: (a: number, b: number) => number,
  limit: number,
  budget: { sets: number; stopped: () => boolean },
): NearestSet {
  const cells = fits.length;
  const usable = Array.from({ length: width }, (_, column) => column).filter((c) => fits.some((row) => row[c]));
  const pair: Float64Array[] = Array.from({ length: width }, () => new Float64Array(width));
  for (const a of usable) for (const b of usable) if (a !== b) pair[a]![b] = distance(a, b) + distance(b, a);
  // A matching of the chosen columns into the cells, grown and shrunk column by column.
  const rowsOf = Array.from({ length: width }, (_, c) => fits.flatMap((row, cell) => (row[c] ? [cell] : [])));
  let best: number[] | null = null;
  let least = limit;
  const chosen: number[] = [];
  const grow = (owner: Int32Array, column: number): Int32Array | null => {
    const next = owner.slice();
    const seen = new Uint8Array(cells);
    const augment = (c: number): boolean => {
      for (const cell of rowsOf[c]!) {
        if (seen[cell] === 1) continue;
        seen[cell] = 1;
        if (next[cell] === -1 || augment(next[cell]!)) {
          next[cell] = c;
          return true;
        }
      }
      return false;
    };
    return augment(column) ? next : null;
  };
  const fillable = (owner: Int32Array, rest: readonly number[]): boolean => {
    let now = owner;
    let size = chosen.length;
    for (const column of rest) {
      if (size === cells) return true;
      const next = grow(now, column);
      if (next === null) continue;
      now = next;
      size++;
    }
    return size === cells;
  };
  /** No set of `need` of `rest` beside the chosen costs less. */
  const boundOf = (sum: number, toChosen: Float64Array, rest: readonly number[], need: number): number => {
    if (need === 0) return sum;
    const costs = rest.map((column) => {
      const others = rest.filter((other) => other !== column).map((other) => pair[column]![other]!);
      others.sort((a, b) => a - b);
      let half = 0;
      for (let i = 0; i < need - 1 && i < others.length; i++) half += others[i]!;
      return toChosen[column]! + half / 2;
    });
    costs.sort((a, b) => a - b);
    let bound = sum;
    for (let i = 0; i < need; i++) bound += costs[i] ?? Infinity;
    return bound;
  };
  const root = boundOf(0, new Float64Array(width), usable, cells);
  let open = Infinity;
  const search = (sum: number, toChosen: Float64Array, owner: Int32Array, rest: readonly number[]): void => {
    const need = cells - chosen.length;
    if (need === 0) {
      if (sum < least) {
        least = sum;
        best = Array.from({ length: cells }, (_, cell) => owner[cell]!);
      }
      return;
    }
    if (rest.length < need) return;
    const bound = boundOf(sum, toChosen, rest, need);
    if (bound >= least) return;
    if (budget.sets-- <= 0 || ((budget.sets & 255) === 0 && budget.stopped())) {
      budget.sets = Math.min(budget.sets, 0);
      open = Math.min(open, bound);
      // Without time for a search: the first set that can be.
      if (best === null && least === Infinity) finish(sum, toChosen, owner, rest);
      return;
    }
    if (!fillable(owner, rest)) return;
    const order = [...rest].sort((a, b) => toChosen[a]! - toChosen[b]! || a - b);
    // With the nearest, then without it.
    const [column] = order as [number];
    const others = rest.filter((other) => other !== column);
    const next = grow(owner, column);
    if (next !== null) {
      chosen.push(column);
      const reach = toChosen.map((value, c) => value + pair[column]![c]!);
      search(sum + toChosen[column]!, reach, next, others);
      chosen.pop();
    }
    search(sum, toChosen, owner, others);
  };
  const finish = (sum: number, toChosen: Float64Array, owner: Int32Array, rest: readonly number[]): void => {
    let now = owner;
    let total = sum;
    let reach = toChosen;
    let need = cells - chosen.length;
    const left = [...rest];
    while (need > 0 && left.length > 0) {
      left.sort((a, b) => reach[a]! - reach[b]! || a - b);
      const column = left.shift()!;
      const next = grow(now, column);
      if (next === null) continue;
      total += reach[column]!;
      reach = reach.map((value, c) => value + pair[column]![c]!);
      now = next;
      need--;
    }
    if (need > 0 || total >= least) return;
    least = total;
    best = Array.from({ length: cells }, (_, cell) => now[cell]!);
  };
  // Greedy sets from each start give the search something to beat.
  for (const start of usable) {
    const owner = grow(new Int32Array(cells).fill(-1), start);
    if (owner === null) continue;
    chosen.push(start);
    finish(0, Float64Array.from(pair[start]!), owner, usable.filter((column) => column !== start)); // prettier-ignore
    chosen.pop();
  }
  search(0, new Float64Array(width), new Int32Array(cells).fill(-1), usable);
  const bound = open === Infinity ? least : Math.max(root, Math.min(open, least));
  return { columns: best, distance: least, bound };
}
