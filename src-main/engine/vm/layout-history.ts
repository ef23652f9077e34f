/**
 * The memlayouts that the guest's kernel has, as debugfs shows them: the one in force, the staged one, and those of the
 * backlog. The one in force is also mm's, with neighbouring ranges of one node joined; here ranges are as they were
 * written (the RFC never merges ranges).
 *
 * (a) Sequence numbers are never reused: boot has 0, a staged layout takes the next one when it is made, a layout from
 *     the host or a command takes the next one when it is committed; one that is cleared has used its number up.
 * (b) A committed layout is expanded: it covers [0, nrPages) without holes, ascending, and `filled` lists the
 *     parts that were not written but filled in. It ends where the RFC's ends, one page beyond the guest's memory (an
 *     inclusive end of max_pfn), or where more was written: those pages do not exist and belong to no node.
 * (c) The backlog is at most `profile.backlog` layouts, rounded up to a power of two as the RFC's ring is, and at most
 *     MAX_KEPT_RANGES ranges in all: the oldest are dropped.
 */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { assert, type Json, type StateReader, type StateWriter } from '../core/index.ts';

export type LayoutOrigin = 'boot' | 'debugfs' | 'host' | 'command';

/** A layout that has been committed. */
export interface KeptLayout {
  readonly seq: number;
  readonly origin: LayoutOrigin;
  /** When it was committed; 0 for that of boot. */
  readonly tick: number;
  /** First pfn of each range, and the end of the last one, above nrPages. */
  readonly start: Uint32Array;
  readonly nid: Uint8Array;
  /** Parts of [0, nrPages) that expansion added, ascending. */
  readonly filled: readonly PfnRange[];
  /** The guest's statistics (mm's statsNow) when it came into force, and when the next one did; null while it is. */
  readonly since: Float64Array;
  readonly until: Float64Array | null;
}

/** Ranges as they were written to debugfs, ascending and disjoint; half-open. They may lie beyond the guest's memory. */
export interface StagedLayout {
  readonly seq: number;
  readonly ranges: LayoutRange[];
}

/** Ends that a layout can have, exclusive. */
export const MAX_LAYOUT_PFN = 2 ** 32 - 1;

/** All ranges of the backlog together. */
const MAX_KEPT_RANGES = 2 ** 18;

/** Ranges in any order, disjoint, as a layout over [0, nrPages) (patch 13). At least one range. */
function expand(ranges: readonly LayoutRange[], nrPages: number): Pick<KeptLayout, 'start' | 'nid' | 'filled'> {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  const filled: PfnRange[] = [];
  const fill = (start: number, end: number): void => {
    if (start < Math.min(end, nrPages)) filled.push({ start, end: Math.min(end, nrPages) });
  };
  const start = new Uint32Array(sorted.length + 1);
  fill(0, sorted[0]!.start);
  sorted.forEach((r, i) => {
    if (i > 0) start[i] = r.start;
    fill(r.end, sorted[i + 1]?.start ?? nrPages);
  });
  start[sorted.length] = Math.max(sorted.at(-1)!.end, nrPages + 1);
  return { start, nid: Uint8Array.from(sorted, (r) => r.nid), filled };
}

/** The part of a committed layout that there are pages for, over [0, nrPages). */
export function rangesOf({ start, nid }: Pick<KeptLayout, 'start' | 'nid'>, nrPages: number): LayoutRange[] {
  const ranges: LayoutRange[] = [];
  for (let i = 0; i < nid.length && start[i]! < nrPages; i++) {
    ranges.push({ start: start[i]!, end: Math.min(start[i + 1]!, nrPages), nid: nid[i]! });
  }
  return ranges;
}

/** The smallest power of two from n on; 0 for 0. */
function powerOfTwoFrom(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return n === 0 ? 0 : power;
}

/** Index of the first range that ends above pfn, in ascending disjoint ranges. */
function firstAbove(ranges: readonly LayoutRange[], pfn: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.end > pfn) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Puts a range into a staged layout. @returns the staged range that it overlaps, and then nothing was done. */
export function addRange({ ranges }: StagedLayout, range: LayoutRange): LayoutRange | null {
  const at = firstAbove(ranges, range.start);
  const above = ranges[at];
  if (above !== undefined && above.start < range.end) return above;
  if (above === undefined) ranges.push(range);
  else ranges.splice(at, 0, range);
  return null;
}

/** When a layout is committed, and in what guest. */
export interface CommitMoment {
  readonly nrPages: number;
  readonly tick: number;
  /** Its statistics then. */
  readonly stats: Float64Array;
}

export class LayoutHistory {
  #nextSeq: number;
  #staged: StagedLayout | null;
  #inForce: KeptLayout;
  /** Oldest first. */
  #backlog: readonly KeptLayout[];
  readonly #backlogMost: number;

  private constructor(
    parts: { nextSeq: number; staged: StagedLayout | null; inForce: KeptLayout; backlog: readonly KeptLayout[] },
    backlogMost: number,
  ) {
    this.#nextSeq = parts.nextSeq;
    this.#staged = parts.staged;
    this.#inForce = parts.inForce;
    this.#backlog = parts.backlog;
    this.#backlogMost = backlogMost;
  }

  /** @param backlogMost DNUMA_BACKLOG; -1: no limit but (c). */
  static boot(bootLayout: readonly LayoutRange[], moment: CommitMoment, backlogMost: number): LayoutHistory {
    const { nrPages, tick, stats } = moment;
    const expanded = expand(bootLayout, nrPages);
    const inForce: KeptLayout = { seq: 0, origin: 'boot', tick, ...expanded, since: stats, until: null };
    return new LayoutHistory({ nextSeq: 1, staged: null, inForce, backlog: [] }, backlogMost);
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get staged(): StagedLayout | null {
    return this.#staged;
  }

  get inForce(): KeptLayout {
    return this.#inForce;
  }

  get backlog(): readonly KeptLayout[] {
    return this.#backlog;
  }

  /** Committed layouts, oldest first, the one in force last. */
  get committed(): readonly KeptLayout[] {
    return [...this.#backlog, this.#inForce];
  }

  /** The staged layout; one is made, with the next number, when there is none. */
  stage(): StagedLayout {
    return (this.#staged ??= { seq: this.#nextSeq++, ranges: [] });
  }

  clear(): void {
    this.#staged = null;
  }

  /** A layout of the host or of a command comes into force, under the next number. */
  commit(ranges: readonly LayoutRange[], origin: LayoutOrigin, moment: CommitMoment): KeptLayout {
    return this.#comeIntoForce(this.#nextSeq++, ranges, origin, moment);
  }

  /** The staged layout, which has a range, comes into force and is staged no longer. */
  commitStaged(moment: CommitMoment): KeptLayout {
    assert(this.#staged !== null && this.#staged.ranges.length > 0, 'layout-not-staged');
    const { seq, ranges } = this.#staged;
    this.#staged = null;
    return this.#comeIntoForce(seq, ranges, 'debugfs', moment);
  }

  #comeIntoForce(
    seq: number,
    ranges: readonly LayoutRange[],
    origin: LayoutOrigin,
    { nrPages, tick, stats }: CommitMoment,
  ): KeptLayout {
    this.#retire({ ...this.#inForce, until: stats });
    this.#inForce = { seq, origin, tick, ...expand(ranges, nrPages), since: stats, until: null };
    return this.#inForce;
  }

  #retire(layout: KeptLayout): void {
    const kept = [...this.#backlog, layout];
    const most = this.#backlogMost < 0 ? Infinity : powerOfTwoFrom(this.#backlogMost);
    let ranges = kept.reduce((sum, k) => sum + k.nid.length, 0);
    let from = Math.max(0, kept.length - most);
    for (let i = 0; i < from; i++) ranges -= kept[i]!.nid.length;
    while (ranges > MAX_KEPT_RANGES && from < kept.length) ranges -= kept[from++]!.nid.length;
    this.#backlog = kept.slice(from);
  }

  save(w: StateWriter): void {
    const committed = this.committed;
    w.json('layouts', {
      nextSeq: this.#nextSeq,
      staged: this.#staged === null ? null : { seq: this.#staged.seq, ranges: this.#staged.ranges.map(plain) },
      committed: committed.map(({ seq, origin, tick, filled }) => ({
        seq,
        origin,
        tick,
        filled: filled.map(({ start, end }) => [start, end]),
      })),
    });
    for (const { seq, start, nid, since, until } of committed) {
      w.column(`layout${seq}.start`, start);
      w.column(`layout${seq}.nid`, nid);
      w.column(`layout${seq}.since`, since);
      if (until !== null) w.column(`layout${seq}.until`, until);
    }
  }

  static load(r: StateReader, backlogMost: number): LayoutHistory {
    const saved = r.json<SavedHistory>('layouts');
    const committed = saved.committed.map(({ seq, origin, tick, filled }, i): KeptLayout => {
      const isLast = i === saved.committed.length - 1;
      return {
        seq,
        origin,
        tick,
        start: r.column<Uint32Array>(`layout${seq}.start`),
        nid: r.column<Uint8Array>(`layout${seq}.nid`),
        filled: filled.map(([start, end]) => ({ start, end })),
        since: r.column<Float64Array>(`layout${seq}.since`),
        until: isLast ? null : r.column<Float64Array>(`layout${seq}.until`),
      };
    });
    const inForce = committed.pop();
    assert(inForce !== undefined, 'layout-history-empty');
    const staged = saved.staged === null ? null : { seq: saved.staged.seq, ranges: saved.staged.ranges.map(plain) };
    return new LayoutHistory({ nextSeq: saved.nextSeq, staged, inForce, backlog: committed }, backlogMost);
  }
}

const plain = ({ start, end, nid }: LayoutRange): { start: number; end: number; nid: number } & Json =>
  ({ start, end, nid }) as never;

interface SavedHistory {
  readonly nextSeq: number;
  readonly staged: { readonly seq: number; readonly ranges: readonly LayoutRange[] } | null;
  readonly committed: readonly {
    readonly seq: number;
    readonly origin: LayoutOrigin;
    readonly tick: number;
    readonly filled: readonly (readonly [number, number])[];
  }[];
}
