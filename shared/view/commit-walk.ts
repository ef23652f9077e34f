/**
 * Walking through commits step by step: each step with every counter that it changed, and the value of each counter
 * after it. The input is the traces as main sends them.
 */
import type { CommitTrace } from '../model/commit-trace.ts';
import { counterOrder } from './counter-name.ts';

/** The current step of a commit; -1: before its first step. */
export interface WalkPlace {
  readonly commit: number;
  readonly step: number;
}

/** The next or the previous step, across commits; null: there is none. */
export function walked(commits: readonly CommitTrace[], place: WalkPlace, direction: 1 | -1): WalkPlace | null {
  const now = commits[place.commit];
  if (now === undefined) return null;
  const step = place.step + direction;
  if (step >= -1 && step < now.steps.length) return { commit: place.commit, step };
  const commit = place.commit + direction;
  const next = commits[commit];
  if (next === undefined) return null;
  return { commit, step: direction > 0 ? -1 : next.steps.length - 1 };
}

/** The same place in a newer list: commits are known by their layout's number, and old ones fall out. */
export function placeAgain(
  before: readonly CommitTrace[],
  place: WalkPlace,
  after: readonly CommitTrace[],
): WalkPlace | null {
  const seq = before[place.commit]?.seq;
  const commit = after.findIndex((each) => each.seq === seq);
  if (commit < 0) return null;
  return { commit, step: Math.min(place.step, after[commit]!.steps.length - 1) };
}

export interface WalkedCounter {
  readonly nid: number | null;
  readonly zone: number | null;
  readonly counter: string;
  /** Before the commit. */
  readonly first: number;
  /** The value after the current step. */
  readonly now: number;
  /** What it was before that step; equal to `now` unless this step changed it. */
  readonly before: number;
  readonly changedHere: boolean;
}

/** Every counter that the commit changes in any step done so far, by node, zone, counter; as of `step`. */
export function walkedCounters(commit: CommitTrace, step: number): WalkedCounter[] {
  const known = new Map<string, { -readonly [K in keyof WalkedCounter]: WalkedCounter[K] }>();
  commit.steps.forEach(({ changes }, i) => {
    for (const { nid, zone, counter, before, after } of changes) {
      const key = `${nid ?? -1} ${zone ?? -1} ${counter}`;
      let row = known.get(key);
      if (row === undefined) {
        row = { nid, zone, counter, first: before, now: before, before, changedHere: false };
        known.set(key, row);
      }
      if (i > step) continue;
      row.before = i === step ? before : after;
      row.now = after;
      row.changedHere = i === step;
    }
  });
  // What a later step changes no longer counts as changed here.
  for (const row of known.values()) if (!row.changedHere) row.before = row.now;
  return [...known.values()].sort(
    (a, b) => (a.nid ?? -1) - (b.nid ?? -1) || (a.zone ?? -1) - (b.zone ?? -1) || counterOrder(a.counter, b.counter),
  );
}

/** Counters by what they are of: a row a (node, zone), then the node, the guest first; a column a counter. */
export interface WalkTable {
  readonly counters: readonly string[];
  readonly rows: readonly {
    readonly nid: number | null;
    readonly zone: number | null;
    /** As `counters`; null: this commit does not change it. */
    readonly cells: readonly (WalkedCounter | null)[];
    readonly changedHere: boolean;
  }[];
}

export function walkTable(counters: readonly WalkedCounter[]): WalkTable {
  const names = [...new Set(counters.map(({ counter }) => counter))].sort(counterOrder);
  const rows = new Map<string, (WalkedCounter | null)[]>();
  for (const each of counters) {
    const key = `${each.nid ?? ''} ${each.zone ?? ''}`;
    let cells = rows.get(key);
    if (cells === undefined) rows.set(key, (cells = names.map(() => null)));
    cells[names.indexOf(each.counter)] = each;
  }
  return {
    counters: names,
    rows: [...rows.values()].map((cells) => {
      const { nid, zone } = cells.find((cell) => cell !== null)!;
      return { nid, zone, cells, changedHere: cells.some((cell) => cell?.changedHere) };
    }),
  };
}
