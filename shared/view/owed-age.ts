/**
 * Owners and ages of the pages that a guest's nodes owe each other, from the snapshot's table `owed`: pages in use with
 * A != T. Those of the kernel are never freed: they are pinned, and counted apart.
 */
import { OWED_OWNERS } from '../model/owed.ts';
import type { OwedOwner } from '../model/owed.ts';
import { rowsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';

interface OwedByAge {
  /** Columns: ages from the youngest to the oldest that occurs. */
  readonly ages: readonly OwedAge[];
  /** Every owner that owes, in the order of OWED_OWNERS; the kernel is not among them. */
  readonly owners: readonly OwedBy[];
  /** The kernel's pages; null: it has none. */
  readonly pinned: OwedBy | null;
  /** Of the owners. */
  readonly totals: readonly number[];
  readonly total: number;
}

interface OwedBy {
  readonly owner: OwedOwner;
  /** By age, as `ages`. */
  readonly pages: readonly number[];
  readonly total: number;
}

/** Ticks [fromTicks, toTicks) since the commit that gave the page the target that it is owed to. */
export interface OwedAge {
  readonly fromTicks: number;
  readonly toTicks: number;
}

const age = (log2: number): OwedAge => ({ fromTicks: 2 ** log2 - 1, toTicks: 2 ** (log2 + 1) - 1 });

/** null: the snapshot does not know it of this guest. */
export function owedByAge(snapshot: Snapshot, guest: number): OwedByAge | null {
  const [block, blockEnd] = rowsOf(snapshot, 'blocks', guest);
  if (block === blockEnd) return null;
  const [first, end] = rowsOf(snapshot, 'owed', guest);
  const { owner, age: ages, pages } = snapshot.tables.owed.columns;
  let oldest = -1;
  for (let row = first; row < end; row++) oldest = Math.max(oldest, ages![row]!);
  const table = OWED_OWNERS.map(() => Array.from({ length: oldest + 1 }, () => 0));
  for (let row = first; row < end; row++) table[owner![row]!]![ages![row]!]! += pages![row]!;
  const sum = (list: readonly number[]): number => list.reduce((total, n) => total + n, 0);
  const all = OWED_OWNERS.map((owner, i): OwedBy => ({ owner, pages: table[i]!, total: sum(table[i]!) })).filter(
    ({ total }) => total > 0,
  );
  const owners = all.filter(({ owner: by }) => by !== 'kernel');
  const totals = Array.from({ length: oldest + 1 }, (_, i) => sum(owners.map((row) => row.pages[i]!)));
  const pinned = all.find(({ owner: by }) => by === 'kernel') ?? null;
  return { ages: totals.map((_, i) => age(i)), owners, pinned, totals, total: sum(totals) };
}

/** Owners as a person reads them. */
export const OWNER_NAMES: Readonly<Record<OwedOwner, string>> = {
  kernel: 'kernel',
  slab: 'slab',
  anonymous: 'anonymous',
  file: 'file',
  huge: 'huge pages',
  byHand: 'held by hand',
  perCpu: 'on a per-CPU list',
};
